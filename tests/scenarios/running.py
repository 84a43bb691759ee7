"""The incremental path in memory: each deal retracts its old credits and asserts its new ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import Credit, credits_of
from tracker.engine.crediting.presence import presences_of
from tracker.engine.deals import Deal
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.pools import Pool, figures_of_members, pool_of
from tracker.engine.earning.totals import (
    NOTHING,
    CellKey,
    Climb,
    Sums,
    TotalKey,
    WindowTotal,
    cell_changes,
    day_changes,
    total_of_cells,
)

Earned = dict[tuple[int, str, str, str], int]
"""Minor units by payee, component, window and settlement period."""


@dataclass
class RunningTotals:
    """What the store keeps, kept in dictionaries."""

    book: PlanBook
    credited: dict[str, list[Credit]] = field(default_factory=dict)
    cells: dict[CellKey, Sums] = field(default_factory=dict)
    days: dict[tuple[TotalKey, date], Sums] = field(default_factory=dict)

    def record(self, deal: Deal) -> None:
        self._replace(deal.key, credits_of(deal, self.book))

    def record_presence(self) -> None:
        """Everybody on a plan is there on its due days, as far as the calendar goes."""
        self._replace("presence", presences_of(self.book))

    def _replace(self, key: str, new: list[Credit]) -> None:
        old = self.credited.get(key, [])
        for cell, sums in cell_changes(old, new).items():
            self.cells[cell] = self.cells.get(cell, NOTHING) + sums
        for day, sums in day_changes(old, new).items():
            self.days[day] = self.days.get(day, NOTHING) + sums
        self.credited[key] = new

    def earned(self) -> Earned:
        """What totals earned, and what members get of what their teams did."""
        figures = {key: earned_by_period(self.total(key), self.book) for key in self.totals()}
        parts = figures_of_members(self.pools(figures))
        assert not figures.keys() & parts.keys()
        return {
            (key.payee_id, key.component_key, key.window_key, period_key): earned_minor
            for key, periods in (figures | parts).items()
            for period_key, earned_minor in periods.items()
        }

    def pools(self, figures: Mapping[TotalKey, Mapping[str, int]]) -> list[Pool]:
        pools = [pool_of(self.total(key), figures[key], self.book) for key in figures]
        return [pool for pool in pools if pool is not None]

    def totals(self) -> list[TotalKey]:
        return sorted({cell.total for cell in self.cells})

    def total(self, key: TotalKey) -> WindowTotal:
        cells = {cell: sums for cell, sums in self.cells.items() if cell.total == key}
        days = [(day, sums) for (total, day), sums in sorted(self.days.items()) if total == key]
        together = [credit for credit in self.credits(key) if not credit.tier]
        climb = Climb(
            days, lambda day: [credit for credit in together if credit.effective_on == day]
        )
        return total_of_cells(key, cells.items(), climb)

    def credits(self, key: TotalKey) -> list[Credit]:
        """The counted credits of a total, in order."""
        counted = [
            credit
            for credits_of_deal in self.credited.values()
            for credit in credits_of_deal
            if credit.is_counted
            and (credit.payee_id, credit.component_key, credit.window_key)
            == (key.payee_id, key.component_key, key.window_key)
        ]
        return sorted(counted, key=lambda credit: credit.order)

    def held(self) -> list[Credit]:
        return [
            credit
            for credits_of_deal in self.credited.values()
            for credit in credits_of_deal
            if not credit.is_counted
        ]
