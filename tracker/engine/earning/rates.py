"""A tier table, a payout curve and an accelerator are the same thing: bands, each a straight line.

On band k the table pays `intercept + rate * attainment`; k is found by bisection. Everything is exact. The
attainment at which a band ends belongs to the band that ends there, unless its tier says otherwise.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from tracker.engine.agreement.plans import Axis, Component, Mode, Tier
from tracker.engine.crediting.objectives import FULL_SCORE, OBJECTIVE

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Band:
    """One straight stretch of a table: from above `starts_at` to `up_to`, at `rate` per unit of attainment.

    `number` is the tier's number, from 1. `bonus` is paid once the band is reached. `is_cap` marks the stretch
    above a cap, where nothing more is earned.
    """

    number: int
    starts_at: Fraction
    up_to: Fraction | None
    rate: Fraction
    bonus: Fraction
    owns_bound: bool
    intercept: Fraction
    is_cap: bool = False


class RateTable:
    """Bands in order, from zero to no end. `cap_at` is set for a whole table with a cap; a marginal one ends flat."""

    def __init__(self, bands: Sequence[Band], mode: Mode, cap_at: Fraction | None = None) -> None:
        self.bands = tuple(bands)
        self.mode = mode
        self.cap_at = cap_at
        self._bounds = [
            (band.up_to, 0 if band.owns_bound else -1)
            for band in self.bands
            if band.up_to is not None
        ]

    def band_at(self, attainment: Fraction | int) -> Band:
        """The band an attainment is in; below zero the first."""
        return self.bands[bisect_left(self._bounds, (attainment, 0))]

    def value(self, attainment: Fraction | int, weight: Fraction | int | None = None) -> Fraction:
        """What an attainment earns, in minor units, exact. `weight` is what the rate of a whole table is paid on."""
        if self.mode is Mode.WHOLE:
            return self._whole_value(
                Fraction(attainment), Fraction(attainment if weight is None else weight)
            )
        if attainment <= 0:
            return self.bands[0].rate * attainment
        band = self.band_at(attainment)
        return band.intercept + band.rate * attainment

    def bonus_reached(self, attainment: Fraction | int) -> Fraction:
        """The bonuses of all tiers reached, of which a whole table pays only the last."""
        if attainment <= 0:
            return ZERO
        reached = self.band_at(attainment)
        if self.mode is Mode.WHOLE:
            return reached.bonus
        index = self.bands.index(reached)
        return sum((band.bonus for band in self.bands[: index + 1]), ZERO)

    def _whole_value(self, attainment: Fraction, weight: Fraction) -> Fraction:
        if attainment <= 0:
            return self.bands[0].rate * weight
        if self.cap_at is not None and attainment > self.cap_at:
            weight, attainment = weight * self.cap_at / attainment, self.cap_at
        band = self.band_at(attainment)
        return band.rate * weight + band.bonus


def compile_table(component: Component, quota_minor: int | None) -> RateTable | None:
    """The table of a component for a payee with this quota; None when it needs a quota and there is none.

    The quota of an objective is the full score, where nobody set another.
    """
    if quota_minor is None and component.measure == OBJECTIVE:
        quota_minor = FULL_SCORE
    if component.needs_quota and (quota_minor is None or quota_minor <= 0):
        return None
    if component.curve:
        stretches = _curve_stretches(component, quota_minor or 0)
    else:
        stretches = _tier_stretches(component, quota_minor)
    cap_at = _on_axis(component.cap_at, component.tiers_on, quota_minor)
    if component.mode is Mode.WHOLE and not component.curve:
        return RateTable(_with_intercepts(stretches), Mode.WHOLE, cap_at)
    if cap_at is not None:
        stretches = _cut_at(stretches, cap_at)
    return RateTable(_with_intercepts(stretches), Mode.MARGINAL)


def _on_axis(bound: Fraction | None, axis: Axis, quota_minor: int | None) -> Fraction | None:
    if bound is None or axis is Axis.AMOUNT:
        return bound
    return bound * (quota_minor or 0)


def _tier_stretches(component: Component, quota_minor: int | None) -> list[Band]:
    bands: list[Band] = []
    starts_at = ZERO
    for number, tier in enumerate(component.tiers, start=1):
        up_to = _on_axis(tier.up_to, component.tiers_on, quota_minor)
        rate = _tier_rate(tier, component, quota_minor)
        bands.append(
            Band(number, starts_at, up_to, rate, Fraction(tier.bonus_minor), tier.owns_bound, ZERO)
        )
        starts_at = up_to if up_to is not None else starts_at
    return bands


def _tier_rate(tier: Tier, component: Component, quota_minor: int | None) -> Fraction:
    """A tier's rate per unit; a multiple of the target incentive becomes the rate that pays it."""
    if tier.multiple is None:
        return tier.rate
    return tier.multiple * (component.target_incentive_minor or 0) / Fraction(quota_minor or 1)


def _curve_stretches(component: Component, quota_minor: int) -> list[Band]:
    """Bands through the points of a curve: nothing below the first point, level beyond the last."""
    incentive = component.target_incentive_minor or 0
    points = [(point.at * quota_minor, point.pays * incentive) for point in component.curve]
    bands: list[Band] = []
    jump = points[0][1]
    if points[0][0] > 0:
        bands.append(Band(1, ZERO, points[0][0], ZERO, ZERO, False, ZERO))
    for (starts_at, pays), (up_to, then_pays) in pairwise(points):
        if up_to == starts_at:
            jump += then_pays - pays
            continue
        rate = (then_pays - pays) / (up_to - starts_at)
        bands.append(Band(len(bands) + 1, starts_at, up_to, rate, jump, False, ZERO))
        jump = ZERO
    bands.append(Band(len(bands) + 1, points[-1][0], None, ZERO, jump, True, ZERO))
    return bands


def _cut_at(stretches: list[Band], cap_at: Fraction) -> list[Band]:
    """The same bands up to the cap, and a level one above it."""
    kept = [band for band in stretches if band.starts_at < cap_at]
    last = kept[-1]
    if last.up_to is None or last.up_to > cap_at:
        kept[-1] = Band(last.number, last.starts_at, cap_at, last.rate, last.bonus, True, ZERO)
    # The cap itself is still paid: a jump that stands right on it is reached there.
    reached = stretches[len(kept) : len(kept) + 1] if not kept[-1].owns_bound else []
    jump = sum((band.bonus for band in reached), ZERO)
    return [*kept, Band(last.number, cap_at, None, ZERO, jump, True, ZERO, is_cap=True)]


def _with_intercepts(stretches: list[Band]) -> list[Band]:
    bands: list[Band] = []
    value_at_start = ZERO
    for band in stretches:
        value_at_start += band.bonus
        intercept = value_at_start - band.rate * band.starts_at
        bands.append(
            Band(
                band.number,
                band.starts_at,
                band.up_to,
                band.rate,
                band.bonus,
                band.owns_bound,
                intercept,
                band.is_cap,
            )
        )
        if band.up_to is not None:
            value_at_start += band.rate * (band.up_to - band.starts_at)
    return bands
