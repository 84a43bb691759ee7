"""What a payee's agreement comes to on target, base salary included: a part of the why of what is earned."""

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Plan
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.earning.on_target import base_minor, on_target_minor
from tracker.pages.formatting import money
from tracker.pages.i18n import gettext as _
from tracker.pages.sheets import Row, Section
from tracker.pages.standings import PayeeStanding


def on_target_sections(standing: PayeeStanding, book: PlanBook) -> list[Section]:
    """The window at exactly 100 % of quota: base and commission, and their sum; nothing without a base salary."""
    if standing.window is None:
        return []
    plans = _plans_of(standing, book)
    base = sum(
        base_minor(plan.base_salary_minor or 0, standing.window, plan.year_starts_in_month)
        for plan in plans.values()
    )
    if not base:
        return []
    rows = [Row(_("Base salary, paid by payroll"), money(base, standing.currency))]
    commission = 0
    for one in standing.together:
        plan_key, own_key = split_component_key(one.component_key)
        component = plans[plan_key].component(own_key) if plan_key in plans else None
        target = on_target_minor(component, one.quota_minor) if component else None
        if target is not None:
            rows.append(Row(one.component_name, money(target, standing.currency)))
            commission += target
    total = Row(_("Together"), money(base + commission, standing.currency))
    return [Section(_("At 100%% of quota"), tuple(rows), total)]


def _plans_of(standing: PayeeStanding, book: PlanBook) -> dict[str, Plan]:
    """The plans behind the headline, each once, as they are at the end of the window."""
    assert standing.window is not None
    plan_keys = {split_component_key(one.component_key)[0] for one in standing.together}
    versions = book.versions_of_window(standing.payee.id, standing.window.ends_on)
    return {version.plan_key: version.plan for version in versions if version.plan_key in plan_keys}
