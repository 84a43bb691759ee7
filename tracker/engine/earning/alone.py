"""Deals that do not climb together: judged one by one by their own size, or paid in instalments by year.

Such a credit carries the number of the tier that pays it, and the sums of a window are kept by that number. So what
they earn is exact without reading a deal: of each tier so many deals and so much weight.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tracker.engine.agreement.exceptions import component_for
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component, Mode, PlanVersion
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.earning.rates import Band, RateTable, compile_table
from tracker.engine.earning.totals import NOTHING, Sums, WindowTotal
from tracker.engine.periods import period_named

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class AloneCell:
    """The deals of one settlement period, plan version and tier. They are always paid by their own version."""

    period_key: str
    version: PlanVersion
    component: Component
    table: RateTable
    tier: int
    sums: Sums

    @property
    def value(self) -> Fraction:
        """What they earn, exact."""
        return value_alone(self.table, self.tier, self.sums)


def alone_cells(total: WindowTotal, book: PlanBook) -> list[AloneCell]:
    """The cells of a window that stand alone, in the order they are paid: by period, then version, then tier.

    Of exceptions those count that hold on the last day of the settlement period.
    """
    _, own_key = split_component_key(total.key.component_key)
    cells: list[tuple[tuple[date, date, int, int], AloneCell]] = []
    for (period_key, version_id, tier), sums in total.alone.items():
        version = book.version(version_id)
        of_plan = version.plan.component(own_key)
        ends_on = period_named(period_key, version.plan.year_starts_in_month).ends_on
        if sums == NOTHING or of_plan is None:
            continue
        component = component_for(book, total.key.payee_id, version, of_plan, ends_on)
        table = compile_table(component, None)
        assert table is not None, "deals that do not climb need no quota"
        place = ends_on, version.effective_from, version_id, tier
        cells.append((place, AloneCell(period_key, version, component, table, tier, sums)))
    return [cell for _, cell in sorted(cells, key=lambda placed: placed[0])]


def value_alone(table: RateTable, tier: int, sums: Sums) -> Fraction:
    """What credits of one tier earn; those below every tier (their number is negative) reach no bonus."""
    band = bands_alone(table, tier)[-1]
    once = band.bonus if table.mode is Mode.WHOLE else band.intercept
    return band.rate * sums.weight + (once * sums.credit_count if tier > 0 else ZERO)


def filled_alone(table: RateTable, tier: int, sums: Sums) -> Iterator[tuple[Band, Fraction]]:
    """How much of these credits each band pays."""
    *below, own = bands_alone(table, tier)
    filled = sums.weight
    for band in below:
        assert band.up_to is not None, "only the last tier is without end"
        full = (band.up_to - band.starts_at) * sums.credit_count
        filled -= full
        yield band, full
    yield own, filled


def bands_alone(table: RateTable, tier: int) -> Sequence[Band]:
    """The bands a credit of a tier is paid by: its own, and in a marginal table those below it."""
    index = min(max(tier, 1), len(table.bands)) - 1
    return table.bands[index if table.mode is Mode.WHOLE else 0 : index + 1]


def bonuses_alone(table: RateTable, tier: int, sums: Sums) -> Iterator[tuple[Band, Fraction]]:
    """The bonuses these credits reached, each its own, by band."""
    for band in bands_alone(table, tier):
        if band.bonus and tier > 0:
            yield band, band.bonus * sums.credit_count
