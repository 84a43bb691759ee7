"""The lines of a statement behind what a member was paid of a team's figure: the part, and of how much."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import Credit, split_component_key
from tracker.engine.earning.explain import LineKind, explain_deals
from tracker.engine.earning.pools import Pool, pool_of
from tracker.engine.earning.totals import TotalKey, cell_changes, total_of_cells
from tracker.engine.payroll_months.posting import month_paying
from tracker.engine.payroll_months.statement import ComponentLines, PaidTier


def lines_of_member(
    payee_id: int,
    currency: str,
    month: str,
    credited: Mapping[TotalKey, Sequence[Credit]],
    book: PlanBook,
) -> Iterator[ComponentLines]:
    """For each team component that pays a member in a window of the month the part so far, as one line.

    Where so few share it that the pool would tell a colleague's pay, there is no line.
    """
    for key in sorted(credited):
        if not book.teams.is_team(key.payee_id) or not book.is_shared(key.component_key):
            continue
        if book.currency_of(split_component_key(key.component_key)[0]) != currency:
            continue
        pool = _pool_so_far(key, credited[key], month, book)
        if pool is not None and pool.is_told and any(pool.parts.get(payee_id, {}).values()):
            yield _lines(pool, payee_id, book)


def _pool_so_far(
    key: TotalKey, credited: Iterable[Credit], month: str, book: PlanBook
) -> Pool | None:
    """What the team earned in a window up to the end of a payroll month."""
    counted = [credit for credit in credited if credit.is_counted]
    start = book.year_starts_in_month(split_component_key(key.component_key)[0])
    figures: dict[str, int] = {}
    for line in explain_deals(counted, book):
        period_key = line.credit.period_key
        if month_paying(period_key, start) <= month:
            figures[period_key] = figures.get(period_key, 0) + line.added_minor
    total = total_of_cells(key, cell_changes([], counted).items())
    return pool_of(total, figures, book)


def _lines(pool: Pool, payee_id: int, book: PlanBook) -> ComponentLines:
    _, own_key = split_component_key(pool.key.component_key)
    component = book.version(pool.plan_version_id).plan.component(own_key)
    part = PaidTier(
        kind=LineKind.SHARE.value,
        number=0,
        starts_at_minor=0,
        up_to_minor=None,
        rate=pool.share_of(payee_id),
        basis_minor=pool.earned_minor,
        amount_minor=sum(pool.parts[payee_id].values()),
        plan_version_id=pool.plan_version_id,
    )
    return ComponentLines(
        component_key=pool.key.component_key,
        name=(component.name or component.key) if component else "",
        measure=component.measure if component else "",
        paid_measure=(component.pays_on or component.measure) if component else "",
        window_key=pool.key.window_key,
        plan_version_ids=(pool.plan_version_id,),
        quota_minor=None,
        attainment_minor=0,
        tiers=(part,),
        deals=(),
    )
