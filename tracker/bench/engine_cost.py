"""What one event costs the engine in a window of 100 deals and in one of 100,000: it should hardly matter."""

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from random import Random
from statistics import median
from time import process_time

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import (
    Assignment,
    Axis,
    Component,
    Multiplier,
    Plan,
    PlanVersion,
    Tier,
)
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.crediting.credits import Credit, credits_of
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.paying import Terms, pay
from tracker.engine.earning.totals import (
    NOTHING,
    Climb,
    Sums,
    TotalKey,
    WindowTotal,
    cell_changes,
    day_changes,
)
from tracker.engine.periods import PeriodKind

FEW_DEALS, MANY_DEALS = 100, 100_000
EVENTS_COUNT = 400
ROUNDS_COUNT = 5
YEAR_STARTS_ON = date(2026, 1, 1)
TIERS = (
    Tier(Fraction(3, 10), Fraction(5, 100)),
    Tier(Fraction(6, 10), Fraction(7, 100)),
    Tier(Fraction(9, 10), Fraction(10, 100)),
    Tier(None, Fraction(12, 100)),
)


@dataclass(frozen=True, slots=True)
class Case:
    """A component to measure, and how much more an event may cost with many deals."""

    name: str
    component: Component
    limit: float


_LADDER = Component("sales", "revenue", TIERS, tiers_on=Axis.QUOTA)
_NOVA = Multiplier({"product": ("Nova",)}, Fraction(3, 2))
CASES = (
    Case("order-free", _LADDER, 2.0),
    Case("ordered", replace(_LADDER, multipliers=(_NOVA,)), 5.0),
)


@dataclass(frozen=True, slots=True)
class EngineCost:
    """Microseconds of CPU per event with few and with many deals, and the ratio of the two."""

    name: str
    few_microseconds: float
    many_microseconds: float
    ratio: float
    limit: float


def engine_costs(on_progress: Callable[[str], None]) -> list[EngineCost]:
    """Both cases: sums alone, and the ordered one that looks into days."""
    return [_cost(case, on_progress) for case in CASES]


def _cost(case: Case, on_progress: Callable[[str], None]) -> EngineCost:
    few, many = Window(case.component, FEW_DEALS), Window(case.component, MANY_DEALS)
    pairs = []
    for round_number in range(ROUNDS_COUNT):
        on_progress(f"{case.name}: round {round_number + 1} of {ROUNDS_COUNT}")
        pairs.append((few.microseconds_per_event(), many.microseconds_per_event()))
    ratio = median(slow / fast for fast, slow in pairs)
    few_microseconds, many_microseconds = (median(times) for times in zip(*pairs, strict=True))
    return EngineCost(case.name, few_microseconds, many_microseconds, ratio, case.limit)


@dataclass
class Window:
    """One rep's year, kept as the store keeps it: cells, sums by day, and the credits of each day in order."""

    component: Component
    deals_count: int
    random: Random = field(default_factory=lambda: Random(7))  # noqa: S311
    cells: dict[tuple[str, int], Sums] = field(default_factory=dict)
    days: dict[date, Sums] = field(default_factory=dict)
    credits_by_day: dict[date, list[Credit]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plan = Plan("Bench", "DKK", PeriodKind.YEAR, PeriodKind.MONTH, (self.component,))
        version = PlanVersion(1, "bench", YEAR_STARTS_ON, plan)
        quota = QuotaFact(1, "", "2026", self.deals_count * 50_000_00)
        on_plan = [Assignment(1, "bench", YEAR_STARTS_ON)]
        self.book = PlanBook([version], on_plan, quotas=[quota])
        self.deals = [self._deal(number) for number in range(self.deals_count)]
        for deal in self.deals:
            self._apply([], credits_of(deal, self.book))

    def microseconds_per_event(self) -> float:
        started = process_time()
        for _ in range(EVENTS_COUNT):
            self._amend_one()
        return (process_time() - started) / EVENTS_COUNT * 1e6

    def compute_again(self) -> None:
        """All deals of the window paid from scratch, as `calc` does it."""
        plan = next(iter(self.book.versions)).plan
        pay(self.deals, Terms(plan, self.book, YEAR_STARTS_ON))

    def _amend_one(self) -> None:
        number = self.random.randrange(self.deals_count)
        before = credits_of(self.deals[number], self.book)
        self.deals[number] = replace(
            self.deals[number], amount_minor=self.random.randrange(1, 100_000_00)
        )
        self._apply(before, credits_of(self.deals[number], self.book))
        earned_by_period(self._total(), self.book)

    def _total(self) -> WindowTotal:
        climb = None
        if self.component.is_ordered:
            climb = Climb(sorted(self.days.items()), lambda day: self.credits_by_day[day])
        return WindowTotal(TotalKey(1, "bench/sales", "2026"), self.cells, climb)

    def _apply(self, retracted: list[Credit], asserted: list[Credit]) -> None:
        for cell, change in cell_changes(retracted, asserted).items():
            key = cell.period_key, cell.plan_version_id
            self.cells[key] = self.cells.get(key, NOTHING) + change
        for (_, day), change in day_changes(retracted, asserted).items():
            self.days[day] = self.days.get(day, NOTHING) + change
        for credit in retracted:
            self.credits_by_day[credit.effective_on].remove(credit)
        for credit in asserted:
            of_day = self.credits_by_day.setdefault(credit.effective_on, [])
            insort(of_day, credit, key=lambda kept: kept.order)

    def _deal(self, number: int) -> Deal:
        return Deal(
            key=f"bench:{number}",
            name="Bench",
            status=DealStatus.WON,
            effective_on=YEAR_STARTS_ON + timedelta(days=self.random.randrange(365)),
            currency="DKK",
            amount_minor=self.random.randrange(1, 100_000_00),
            credit_shares=(CreditShare(1, Fraction(1)),),
            properties={"product": self.random.choice(("Core", "Nova"))},
        )
