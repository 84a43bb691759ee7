"""A window's total as it would be with some credits more or fewer: what is held, hoped for, or could be taken back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import Credit
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.totals import (
    NOTHING,
    Climb,
    Sums,
    WindowTotal,
    cell_changes,
    day_changes,
)


def supposing(
    total: WindowTotal, come: Collection[Credit] = (), gone: Collection[Credit] = ()
) -> WindowTotal:
    """The total if these credits counted, whatever evidence they lack, and those had never been."""
    counted = [replace(credit, missing_evidence=()) for credit in come]
    cells, alone = dict(total.cells), dict(total.alone)
    for cell, sums in cell_changes(gone, counted).items():
        key = cell.period_key, cell.plan_version_id
        if cell.tier:
            alone[*key, cell.tier] = alone.get((*key, cell.tier), NOTHING) + sums
        else:
            cells[key] = cells.get(key, NOTHING) + sums
    # Where nothing counts yet there is no climb to continue: the credits that come are all of it.
    climb = total.climb if total.cells else Climb((), lambda _: ())
    climb = climb and _climbed(climb, counted, gone)
    return replace(total, cells=cells, alone=alone, climb=climb)


def would_add(total: WindowTotal, held: Sequence[Credit], book: PlanBook) -> int:
    """What held credits would add to their window if their evidence came now, in minor units."""
    after = earned_by_period(supposing(total, held), book)
    before = earned_by_period(total, book)
    return sum(after.values()) - sum(before.values())


def _climbed(climb: Climb, come: Collection[Credit], gone: Collection[Credit]) -> Climb:
    days: dict[date, Sums] = dict(climb.days)
    for (_, day), sums in day_changes(gone, come).items():
        days[day] = days.get(day, NOTHING) + sums
    left_out = set(gone)
    more = _by_day(come)

    def credits_on(day: date) -> list[Credit]:
        kept = [credit for credit in climb.credits_on(day) if credit not in left_out]
        return sorted([*kept, *more.get(day, ())], key=lambda credit: credit.order)

    return Climb(sorted(days.items()), credits_on)


def _by_day(credited: Collection[Credit]) -> Mapping[date, list[Credit]]:
    days: dict[date, list[Credit]] = {}
    for credit in credited:
        days.setdefault(credit.effective_on, []).append(credit)
    return days
