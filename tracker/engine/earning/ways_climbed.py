"""What every way that open deals can go ends in, on one ladder.

The plain way to know is to add the deals of a way to the total and let the engine pay it; that is what happens where
these deals climb more than one table. Otherwise the climb is continued: what lies before the first open deal is paid
once, ways part only where one wins a deal that another does not, and the steps are taken in whole numbers, because a
thousand ways are walked each time a page is pushed.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, lcm

from tracker.engine.agreement.ladder_terms import LadderTerms
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import WEIGHT_SCALE, Component
from tracker.engine.crediting.credits import Credit
from tracker.engine.earning.climbing import (
    Stretch,
    capped_payout,
    earned_by_period,
    step_gain,
    stretches_of,
)
from tracker.engine.earning.rates import RateTable
from tracker.engine.earning.supposed import supposing
from tracker.engine.earning.totals import NOTHING, Sums, WindowTotal
from tracker.engine.money import round_to_minor_unit

ZERO = Fraction(0)

Step = tuple[Credit, int | None]
"""A credit to come, and the bit of the way that says whether it does; None: it does in every way."""

_Place = tuple[int, int, int]
"""A point of a climb: attainment, weight (1/10,000), and what was gained since the start in the slopes' own unit."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a window ends in, one way."""

    earned_minor: int
    attainment_minor: int


def climbed_ways(
    total: WindowTotal,
    steps: Sequence[Step],
    ways: Sequence[int],
    book: PlanBook,
) -> list[Figure]:
    """The end of each way, in the order of the ways."""
    if not steps:
        return [_paid_plainly(total, [], 0, book)] * len(ways)
    in_order = sorted(steps, key=lambda step: step[0].order)
    continued = _continued(total, in_order, book)
    if continued is not None:
        return continued.figures(ways)
    own = sum(1 << bit for bit in {bit for _, bit in in_order if bit is not None})
    ends = {way: _paid_plainly(total, in_order, way, book) for way in {way & own for way in ways}}
    return [ends[way & own] for way in ways]


def _paid_plainly(total: WindowTotal, steps: Sequence[Step], way: int, book: PlanBook) -> Figure:
    come = [credit for credit, bit in steps if bit is None or way >> bit & 1]
    supposed = supposing(total, come=come)
    earned = earned_by_period(supposed, book)
    return Figure(sum(earned.values()), supposed.attainment_minor)


# --- the climb continued


def _continued(total: WindowTotal, steps: Sequence[Step], book: PlanBook) -> "_Continued | None":
    """The climb from before the first step on; None where these deals climb more than one table, or none."""
    version_ids = {credit.plan_version_id for credit, _ in steps}
    version = book.version(min(version_ids))
    terms = LadderTerms(total.key, book)
    component, table = terms.on(version, terms.window.ends_on) or (None, None)
    stretches = stretches_of(total, book)
    climbs_on = not stretches or stretches[-1].cells[-1].version == version
    is_one_climb = len(version_ids) == 1 and climbs_on and not terms.cuts(version_ids)
    if component is None or table is None or not is_one_climb:
        return None
    if total.alone or not component.climbs:
        return None
    if not stretches:
        return _Continued(component, table, NOTHING, ZERO, steps, 0)
    if component.is_ordered and total.climb and total.climb.days[-1][0] >= steps[0][0].effective_on:
        return _cut_open(total, stretches, component, table, steps)
    sums = sum((cell.sums for cell in stretches[-1].cells), NOTHING)
    exact = sum((stretch.gained for stretch in stretches), ZERO)
    left_behind_minor = total.attainment_minor - sums.attainment_minor
    return _Continued(component, table, sums, exact, steps, left_behind_minor)


def _cut_open(
    total: WindowTotal,
    stretches: Sequence[Stretch],
    component: Component,
    table: RateTable,
    steps: Sequence[Step],
) -> "_Continued | None":
    """An ordered climb in which deals already won come after an open one: those are walked again, in every way."""
    prefix, climb = stretches[0].prefix, total.climb
    is_one_table = len({cell.version.version_id for cell in stretches[0].cells}) == 1
    if len(stretches) > 1 or not is_one_table or prefix is None or climb is None:
        return None
    first_day = steps[0][0].effective_on
    before = sum((sums for day, sums in climb.days if day < first_day), NOTHING)
    later = [
        (credit, None)
        for day, _ in climb.days
        if day >= first_day
        for credit in climb.credits_on(day)
    ]
    exact = prefix.gain(table, NOTHING, before)
    in_order = sorted([*later, *steps], key=lambda step: step[0].order)
    return _Continued(component, table, before, exact, in_order, 0)


@dataclass(frozen=True, slots=True)
class _Continued:
    """A climb from a place on: the credits still to be walked, in order, along one table.

    `exact` is what the window has earned by then; `left_behind_minor` its attainment that lies on other stretches.
    """

    component: Component
    table: RateTable
    sums: Sums
    exact: Fraction
    steps: Sequence[Step]
    left_behind_minor: int

    def figures(self, ways: Sequence[int]) -> list[Figure]:
        """Where each way ends. Ways walk together until one wins what another does not."""
        slopes = _slopes(self.table, [credit for credit, _ in self.steps])
        is_ordered = self.component.is_ordered
        start = self.sums.attainment_minor, self.sums.weight_scaled, 0
        groups: list[tuple[_Place, list[int]]] = [(start, list(dict.fromkeys(ways)))]
        for credit, bit in self.steps:
            groups = [
                parted
                for place, group in groups
                for parted in self._parted(place, group, credit, bit, slopes, is_ordered)
            ]
        figures = [(self._figure(place, slopes, is_ordered), group) for place, group in groups]
        ends = {way: figure for figure, group in figures for way in group}
        return [ends[way] for way in ways]

    def _parted(
        self,
        place: _Place,
        group: list[int],
        credit: Credit,
        bit: int | None,
        slopes: "_Slopes",
        is_ordered: bool,
    ) -> Iterator[tuple[_Place, list[int]]]:
        won = group if bit is None else [way for way in group if way >> bit & 1]
        if won:
            attainment, weight, gained = place
            if is_ordered:
                gained += slopes.gain(attainment, credit)
            end = attainment + credit.attainment_minor, weight + credit.weight_scaled, gained
            yield end, won
        if len(won) < len(group):
            yield place, [way for way in group if not way >> (bit or 0) & 1]

    def _figure(self, place: _Place, slopes: "_Slopes", is_ordered: bool) -> Figure:
        attainment, weight, gained = place
        if is_ordered:
            exact = self.exact + Fraction(gained, slopes.unit)
            if slopes.has_bonuses:
                exact += self.table.bonus_reached(attainment)
                exact -= self.table.bonus_reached(self.sums.attainment_minor)
        else:
            step = Sums(
                0, 0, attainment - self.sums.attainment_minor, weight - self.sums.weight_scaled
            )
            exact = self.exact + step_gain(self.table, self.component, self.sums, step)
        earned_minor = round_to_minor_unit(capped_payout(exact, self.component))
        return Figure(earned_minor, attainment + self.left_behind_minor)


# --- a table in whole numbers


@dataclass(frozen=True, slots=True)
class _Slopes:
    """A marginal table for whole attainments, without its bonuses. Gains are in 1/`unit` of a minor unit, all whole.

    `bounds` are the last whole attainments of the bands but the last; `common` is a common multiple of the attainments.
    """

    bounds: Sequence[int]
    rates: Sequence[int]
    intercepts: Sequence[int]
    has_bonuses: bool
    common: int
    unit: int

    def gain(self, attainment: int, credit: Credit) -> int:
        """What a credit gains from a place on: its weight spread evenly over the attainment it fills."""
        step = credit.attainment_minor
        if not step:
            rate = self.rates[bisect_left(self.bounds, attainment)]
            return rate * credit.weight_scaled * self.common
        climbed = self._height(attainment + step) - self._height(attainment)
        return climbed * credit.weight_scaled * (self.common // step)

    def _height(self, attainment: int) -> int:
        band = bisect_left(self.bounds, attainment)
        return self.intercepts[band] + self.rates[band] * attainment


def _slopes(table: RateTable, credited: Sequence[Credit]) -> _Slopes:
    """The table scaled so that every gain of these credits is whole."""
    flat = [
        (band.rate, band.intercept - sum(one.bonus for one in table.bands[: index + 1]))
        for index, band in enumerate(table.bands)
    ]
    scale = lcm(*(part.denominator for pair in flat for part in pair))
    common = lcm(*(credit.attainment_minor or 1 for credit in credited))
    return _Slopes(
        bounds=[
            floor(band.up_to) if band.owns_bound else ceil(band.up_to) - 1
            for band in table.bands
            if band.up_to is not None
        ],
        rates=[int(rate * scale) for rate, _ in flat],
        intercepts=[int(intercept * scale) for _, intercept in flat],
        has_bonuses=any(band.bonus for band in table.bands),
        common=common,
        unit=scale * common * WEIGHT_SCALE,
    )
