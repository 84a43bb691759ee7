"""Examples of what a plan pays, worked out by the engine: at every step, with every multiplier, for one deal more.

Round figures are chosen for the reader; what they earn is never typed, always paid by the plan itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from tracker.engine.agreement.deal_terms import Judged
from tracker.engine.agreement.plans import (
    COUNT_MEASURES,
    PRESENCE,
    Axis,
    Component,
    Mode,
    Multiplier,
    Plan,
)
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.money import minor_digits, round_to_minor_unit
from tracker.engine.payroll_months.settlement import Settled, settle
from tracker.engine.periods import months_later
from tracker.engine.plan_trials.example_sales import Sale
from tracker.engine.plan_trials.plan_trial import (
    ONE_DEAL,
    TRIAL_YEAR,
    earned_minor,
    sales_of,
    trial,
)

ROUND = (1, 2, 5)
MARGIN_OF_SALE = Fraction(40, 100)
"""What a second measure is of the first in an example, when both are money."""

DRAW_EARNED = (Fraction(1, 3), Fraction(5, 6), Fraction(4, 3), Fraction(5, 3))
"""What four periods in a row earn of their draw: two below it, two above."""


class WorkedKind(StrEnum):
    """SOLD: so much earns so much. ONE_DEAL: a deal on a step. MULTIPLIED: the same deal with a multiplier.

    CROSSING: a deal that passes a bound of a whole ladder. LEAVING: what a customer takes back who leaves.
    YEAR: what a deal pays in one of its years.
    """

    SOLD = "sold"
    ONE_DEAL = "one_deal"
    MULTIPLIED = "multiplied"
    CROSSING = "crossing"
    LEAVING = "leaving"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Worked:
    """One example: so much is sold (or one deal more of this size), and earns this much (or adds it).

    `parts_minor` are what each step pays of it; `before_minor` what was sold before the deal; `number` the step,
    the multiplier (from 1) or the month it is about.
    """

    kind: WorkedKind
    sold_minor: int
    earned_minor: int
    parts_minor: tuple[int, ...] = ()
    before_minor: int = 0
    number: int = 0


def worked_examples(plan: Plan, component: Component, quota_minor: int | None) -> Iterator[Worked]:
    """All examples of one component, for somebody with this quota."""
    if component.measure == PRESENCE:
        return  # nothing is sold: the days and what each pays say it all
    work = _Work(plan, component, quota_minor)
    if component.years:
        yield from work.years()
    else:
        yield from work.sold()
        yield from work.deals()
    yield from work.multiplied()
    yield from work.leaving()


def worked_settlement(plan: Plan) -> tuple[Settled, ...]:
    """Four periods under the plan's draw; none without one."""
    draw = plan.draw
    if draw is None:
        return ()
    day = draw.starts_on or date(TRIAL_YEAR, plan.year_starts_in_month, 1)
    periods = []
    for share in DRAW_EARNED:
        period = plan.settlement_period_of(day)
        periods.append((period, _rounded(draw.amount_minor * share, 100)))
        day = months_later(period.ends_on, 1)
    return tuple(settle(periods, draw))


def second_measure_minor(component: Component, sold_minor: int) -> int:
    """How much of what the rates are paid on goes with so much of what climbs, in an example."""
    measure, paid = component.measure, component.pays_on
    if paid in COUNT_MEASURES:
        return ONE_DEAL
    if measure in COUNT_MEASURES:
        return sold_minor * ONE_DEAL
    return round_to_minor_unit(sold_minor * MARGIN_OF_SALE)


class _Work:
    def __init__(self, plan: Plan, component: Component, quota_minor: int | None) -> None:
        self.plan, self.component, self.quota_minor = plan, component, quota_minor
        self.unit = (
            ONE_DEAL if component.measure in COUNT_MEASURES else 10 ** minor_digits(plan.currency)
        )
        self.bounds = self._bounds()
        self.deal_minor = self._typical_deal()

    def sold(self) -> Iterator[Worked]:
        """Below, at and above every step."""
        for sold_minor in self._places():
            found = trial(
                self.plan,
                self._sales(sold_minor),
                self.component.key,
                self.quota_minor,
            )
            parts = tuple(line.amount_minor for of in found for line in of.lines)
            earned = sum(of.earned_minor for of in found)
            yield Worked(WorkedKind.SOLD, sold_minor, earned, parts)

    def deals(self) -> Iterator[Worked]:
        """What one deal is worth on each step, or what it adds when it crosses a bound of a whole ladder."""
        is_alone = self.component.judged is Judged.EACH or self.component.measure == OBJECTIVE
        if not self.bounds or is_alone:
            return
        if self.component.mode is Mode.WHOLE:
            for number, bound in enumerate(self.bounds, start=2):
                before = max(0, bound - self.deal_minor // 2)
                yield self._one_more(WorkedKind.CROSSING, before, number)
            return
        for number, start in enumerate([0, *self.bounds], start=1):
            yield self._one_more(WorkedKind.ONE_DEAL, start, number)

    def years(self) -> Iterator[Worked]:
        """What one deal pays in each of the years that differ."""
        day = self._first_day()
        sales = self._sales(self.deal_minor, Sale({}, effective_on=day))
        before = 0
        for number in range(1, len(self.component.years) + 1):
            last_day = months_later(day, 12 * number) - timedelta(days=1)
            until = earned_minor(self.plan, sales, self.component.key, self.quota_minor, last_day)
            yield Worked(WorkedKind.YEAR, self.deal_minor, until - before, number=number)
            before = until

    def multiplied(self) -> Iterator[Worked]:
        """The same deal at the foot of the ladder, with each multiplier."""
        for number, multiplier in enumerate(self.component.multipliers, start=1):
            sale = self._multiplied_sale(multiplier)
            earned = self._earned(sales_of(self.component, self.deal_minor, sale))
            plain = self._earned(self._sales(self.deal_minor))
            yield Worked(
                WorkedKind.MULTIPLIED, self.deal_minor, earned, before_minor=plain, number=number
            )

    def leaving(self) -> Iterator[Worked]:
        """What is taken back of one deal whose customer leaves half-way through the time of the clawback."""
        clawback = self.component.clawback
        if clawback is None:
            return
        months = max(1, clawback.within_months // 2)
        day = self._first_day()
        stays = self._sales(self.deal_minor, Sale({}, effective_on=day))
        left = Sale({}, effective_on=day, ended_on=months_later(day, months))
        kept = self._earned(self._sales(self.deal_minor, left))
        earned = self._earned(stays)
        yield Worked(
            WorkedKind.LEAVING, self.deal_minor, earned - kept, before_minor=earned, number=months
        )

    def _first_day(self) -> date:
        return self.component.starts_on or date(TRIAL_YEAR, self.plan.year_starts_in_month, 1)

    def _one_more(self, kind: WorkedKind, before_minor: int, number: int) -> Worked:
        before = self._sales(before_minor) if before_minor else []
        after = [*before, *self._sales(self.deal_minor)]
        added = self._earned(after) - self._earned(before)
        return Worked(kind, self.deal_minor, added, before_minor=before_minor, number=number)

    def _earned(self, sales: Sequence[Sale]) -> int:
        return earned_minor(self.plan, sales, self.component.key, self.quota_minor)

    def _sales(self, sold_minor: int, like: Sale | None = None) -> list[Sale]:
        return sales_of(self.component, sold_minor, self._with_second_measure(sold_minor, like))

    def _multiplied_sale(self, multiplier: Multiplier) -> Sale:
        words = {name: words[0] for name, words in multiplier.where.items()}
        role = words.pop("role", "")
        like = Sale({}, properties=words, role=role)
        return self._with_second_measure(self.deal_minor, like)

    def _with_second_measure(self, sold_minor: int, like: Sale | None) -> Sale:
        like = like or Sale({})
        paid = self.component.pays_on
        if paid is None or paid == self.component.measure:
            return like
        measures = {paid: second_measure_minor(self.component, sold_minor)}
        return Sale(measures, like.properties, like.effective_on, like.ended_on, like.role)

    def _bounds(self) -> list[int]:
        """Where steps begin, in units of the measure."""
        component = self.component
        bounds = [tier.up_to for tier in component.tiers if tier.up_to is not None]
        if component.curve:
            bounds = [point.at for point in component.curve if point.at > 0]
        scale = (self.quota_minor or 0) if component.tiers_on is Axis.QUOTA else 1
        return list(dict.fromkeys(round_to_minor_unit(bound * scale) for bound in bounds))

    def _places(self) -> list[int]:
        """Half-way up each step, at its end, and some way beyond the last; on a flat rate one round figure."""
        if not self.bounds:
            return [self.deal_minor * 10]
        places = [_rounded(self.bounds[0] / Fraction(2), self.unit), self.bounds[0]]
        for lower, upper in pairwise(self.bounds):
            places += [_rounded((lower + upper) / Fraction(2), self.unit), upper]
        places.append(_rounded(self.bounds[-1] * Fraction(5, 4), self.unit))
        return list(dict.fromkeys(place for place in places if place > 0))

    def _typical_deal(self) -> int:
        """A tenth of the first step as a round figure; of a count one."""
        if self.component.measure in COUNT_MEASURES:
            return ONE_DEAL
        size = Fraction(self.bounds[0], 10) if self.bounds else Fraction(10_000 * self.unit)
        return _round_figure(size, self.unit)


def _rounded(amount: Fraction, unit: int) -> int:
    """To whole units, so that nobody has to read decimals."""
    return round_to_minor_unit(amount / unit) * unit


def _round_figure(amount: Fraction, unit: int) -> int:
    """The largest 1, 2 or 5 with noughts that is not above an amount; at least one unit."""
    best, scale = unit, unit
    while scale <= amount:
        best = max(digit * scale for digit in ROUND if digit * scale <= amount)
        scale *= 10
    return best
