"""Credits for being there: one for each due day on which a payee is on the plan. No deal is behind them.

They ride the ways of every credit; the key of the deal they do not have says so.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import WEIGHT_SCALE, Assignment, Component, Plan, PlanVersion
from tracker.engine.crediting.credits import ONE_DEAL, Credit, component_key_of

PRESENCE_PREFIX = "presence:"
"""How the deal key of a presence begins; a source's deals begin with the source."""


def is_presence(deal_key: str) -> bool:
    return deal_key.startswith(PRESENCE_PREFIX)


def pays_for_presence(plan: Plan) -> bool:
    return any(component.due is not None for component in plan.components)


def payees_paid_for_presence(book: PlanBook) -> set[int]:
    """Everyone who is, was or will be on a plan that pays for being there."""
    plan_keys = {one.plan_key for one in book.versions if pays_for_presence(one.plan)}
    return {one.payee_id for one in book.assignments() if one.plan_key in plan_keys}


def presences_of(book: PlanBook, payee_ids: Iterable[int] | None = None) -> list[Credit]:
    """The presence of these payees, or of all, on every due day until the book's horizon."""
    wanted = None if payee_ids is None else set(payee_ids)
    return [
        credit
        for assignment in book.assignments()
        if wanted is None or assignment.payee_id in wanted
        for credit in _of_assignment(assignment, book)
    ]


def _of_assignment(assignment: Assignment, book: PlanBook) -> Iterator[Credit]:
    stretches = book.stretches_on(assignment.payee_id, assignment.plan_key)
    joined_on = next(first for first, last in stretches if first <= assignment.starts_on <= last)
    last_of_all = min(book.until or date.min, assignment.ends_on or date.max)
    for version, ends_on in book.stretches_of(assignment.plan_key):
        first = max(assignment.starts_on, version.effective_from)
        last = min(last_of_all, ends_on)
        for component in version.plan.components:
            if component.due is None or assignment.starts_on == date.min:
                continue  # who has no first day has joined nothing
            start = version.plan.year_starts_in_month
            days = component.due.between(first, last, joined_on, start)
            for day in sorted(set(days)):
                yield _presence(assignment.payee_id, day, version, component)


def _presence(payee_id: int, day: date, version: PlanVersion, component: Component) -> Credit:
    return Credit(
        deal_key=f"{PRESENCE_PREFIX}{day.isoformat()}",
        component_key=component_key_of(version, component),
        payee_id=payee_id,
        line=0,
        plan_version_id=version.version_id,
        window_key=version.plan.window_of(day).key,
        period_key=version.plan.settlement_period_of(day).key,
        effective_on=day,
        attainment_minor=ONE_DEAL,
        weight_scaled=ONE_DEAL * WEIGHT_SCALE,
        capped_off_minor=0,
        missing_evidence=(),
    )
