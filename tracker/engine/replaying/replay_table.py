"""The tier tables of the replay: read step by step, sharing nothing with the compiled bands of `rates`."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from tracker.engine.agreement.plans import Axis, Component


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of a table, from `starts_at` to where the next one starts; the first also holds all below it.

    Nothing is reached without any attainment.
    """

    starts_at: Fraction
    holds_start: bool
    rate: Fraction
    bonus_minor: Fraction

    def is_reached_at(self, attainment: Fraction) -> bool:
        is_there = attainment >= self.starts_at if self.holds_start else attainment > self.starts_at
        return is_there and attainment > 0


@dataclass(frozen=True, slots=True)
class Table:
    """The steps of a component for one quota; `cap` is the attainment above which nothing more is paid."""

    steps: Sequence[Step]
    cap: Fraction | None

    def pay_whole(self, attainment: Fraction, weight: Fraction) -> Fraction:
        """The rate of the tier reached on everything."""
        reached = self._reached_at(attainment)
        if not reached:
            return self.steps[0].rate * weight
        return (
            reached[-1].rate * weight * self._cut(attainment) / attainment + reached[-1].bonus_minor
        )

    def pay_average(self, attainment: Fraction, weight: Fraction) -> Fraction:
        """What the attainment alone would pay, times the average weight."""
        if attainment < 0:
            return self.steps[0].rate * weight
        if attainment == 0:
            return Fraction(0)
        unweighted = self.climbed(Fraction(0), attainment) + self.bonuses(attainment)
        return unweighted * weight / attainment

    def pay_in_order(self, walked: Sequence[tuple[int, Fraction]]) -> Fraction:
        """Each deal's weight spread evenly over the stretch of attainment that the deal fills; without bonuses."""
        pay, before = Fraction(0), Fraction(0)
        for attainment_minor, weight_minor in walked:
            after = before + attainment_minor
            if attainment_minor:
                pay += self.climbed(before, after) * weight_minor / attainment_minor
            else:
                pay += self._rate_at(before) * weight_minor
            before = after
        return pay

    def climbed(self, low: Fraction, high: Fraction) -> Fraction:
        """What the rates pay from one attainment to another: negative on the way down."""
        if high < low:
            return -self.climbed(high, low)
        low, high, pay = self._cut(low), self._cut(high), Fraction(0)
        for number, step in enumerate(self.steps):
            is_last = number == len(self.steps) - 1
            starts_at = low if number == 0 else max(low, step.starts_at)
            ends_at = high if is_last else min(high, self.steps[number + 1].starts_at)
            pay += step.rate * max(ends_at - starts_at, Fraction(0))
        return pay

    def bonuses(self, attainment: Fraction) -> Fraction:
        return sum((step.bonus_minor for step in self._reached_at(attainment)), Fraction(0))

    def _reached_at(self, attainment: Fraction) -> list[Step]:
        return [step for step in self.steps if step.is_reached_at(self._cut(attainment))]

    def _rate_at(self, attainment: Fraction) -> Fraction:
        if self.cap is not None and attainment > self.cap:
            return Fraction(0)
        return (self._reached_at(attainment) or self.steps[:1])[-1].rate

    def _cut(self, attainment: Fraction) -> Fraction:
        return attainment if self.cap is None else min(attainment, self.cap)


def table_of(component: Component, quota: Fraction) -> Table:
    axis_unit = quota if component.tiers_on is Axis.QUOTA else Fraction(1)
    steps = _curve_steps(component, quota) if component.curve else _tier_steps(component, axis_unit)
    return Table(steps, None if component.cap_at is None else component.cap_at * axis_unit)


def _tier_steps(component: Component, axis_unit: Fraction) -> list[Step]:
    steps: list[Step] = []
    starts_at, holds_start = Fraction(0), False
    for tier in component.tiers:
        rate = tier.rate
        if tier.multiple is not None:
            rate = tier.multiple * (component.target_incentive_minor or 0) / axis_unit
        steps.append(Step(starts_at, holds_start, rate, Fraction(tier.bonus_minor)))
        if tier.up_to is not None:
            starts_at, holds_start = tier.up_to * axis_unit, not tier.owns_bound
    return steps


def _curve_steps(component: Component, quota: Fraction) -> list[Step]:
    """Nothing before the first point, then a line from each point to the next; a jump at a point is its bonus."""
    incentive = component.target_incentive_minor or 0
    points = [(point.at * quota, point.pays * incentive) for point in component.curve]
    first_at, jump = points[0]
    steps = [Step(Fraction(0), False, Fraction(0), Fraction(0))] if first_at > 0 else []
    for (at, pays), (next_at, next_pays) in pairwise(points):
        if next_at == at:
            jump += next_pays - pays
            continue
        slope = (next_pays - pays) / (next_at - at)
        steps.append(Step(at, True, slope, jump))
        jump = Fraction(0)
    steps.append(Step(points[-1][0], True, Fraction(0), jump))
    return steps
