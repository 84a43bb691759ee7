"""Advice about a component's ladder: its steps, their reach, its caps, and what it replaces."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from tracker.engine.agreement.plans import Axis, Component, Mode, Tier
from tracker.engine.earning.rates import Band, RateTable
from tracker.engine.money import round_to_minor_unit
from tracker.engine.plan_trials.plan_findings import Advice, Place, Rule

RAISE_LEAST, RAISE_USUAL = Fraction(25, 100), Fraction(40, 100)
FIRST_STEP_LEAST, FIRST_STEP_MOST = Fraction(70, 100), Fraction(80, 100)
FIRST_STEP_TOO_FEW, FIRST_STEP_TOO_MANY = Fraction(50, 100), Fraction(90, 100)
QUOTA_LEAST, QUOTA_MOST = Fraction(50, 100), Fraction(70, 100)
CAP_LEAST, CAP_MOST = Fraction(150, 100), Fraction(200, 100)
STEPS_LEAST, STEPS_MOST = 3, 5
COMPARED_AT = (Fraction(100, 100), Fraction(130, 100), Fraction(150, 100))

# --- steps -----------------------------------------------------------------------------------------------------------


def step_count(place: Place) -> Iterator[Advice]:
    """One tier is a flat rate and no ladder; curves have no steps."""
    found = len(place.component.tiers)
    if found > 1 and not STEPS_LEAST <= found <= STEPS_MOST:
        yield place.advice(
            Rule.STEP_COUNT, "tiers", found_count=found, best_least_count=3, best_most_count=4
        )


def step_raise(place: Place) -> Iterator[Advice]:
    """A step that pays less than the one before is a soft cap, and no step up."""
    for index, (lower, upper) in enumerate(pairwise(place.component.tiers), start=1):
        before, after = _pays(lower), _pays(upper)
        if not before or after < before or upper.bonus_minor:
            continue
        raised = after / before - 1
        if raised < RAISE_LEAST:
            yield place.advice(
                Rule.STEP_RAISE,
                *("tiers", index),
                step_count=index + 1,
                before_rate=before,
                after_rate=after,
                raised_share=raised,
                least_share=RAISE_LEAST,
                usual_share=RAISE_USUAL,
                enough_rate=before * (1 + RAISE_LEAST),
            )


def _pays(tier: Tier) -> Fraction:
    return tier.rate if tier.multiple is None else tier.multiple


def first_step(place: Place) -> Iterator[Advice]:
    component, bound = place.component, _first_bound(place.component)
    past = place.history and place.history.components[component.key]
    if bound is None or not past:
        return
    reached = past.reached_share(bound, component.tiers_on is Axis.QUOTA)
    if reached is not None and not FIRST_STEP_LEAST <= reached <= FIRST_STEP_MOST:
        yield place.advice(
            Rule.FIRST_STEP_REACH,
            *(("curve", 0) if component.curve else ("tiers", 0, "up_to")),
            reached_share=reached,
            least_share=FIRST_STEP_LEAST,
            most_share=FIRST_STEP_MOST,
            too_few_share=FIRST_STEP_TOO_FEW,
            too_many_share=FIRST_STEP_TOO_MANY,
        )


def _first_bound(component: Component) -> Fraction | None:
    """Where the first step up begins; None on a flat rate."""
    if component.curve:
        return next((point.at for point in component.curve if point.at > 0), None)
    return component.tiers[0].up_to if component.tiers else None


def quota_reach(place: Place) -> Iterator[Advice]:
    past = place.history and place.history.components[place.component.key]
    reached = past.reached_share(Fraction(1), is_of_quota=True) if past else None
    if reached is not None and not QUOTA_LEAST <= reached <= QUOTA_MOST:
        yield place.advice(
            Rule.QUOTA_REACH,
            *(("quota",) if place.component.quota_minor else ()),
            reached_share=reached,
            least_share=QUOTA_LEAST,
            most_share=QUOTA_MOST,
        )


def below_flat_rate(place: Place) -> Iterator[Advice]:
    """The ladder against the flat rate it replaces, at the quota and above; deals as plain as can be."""
    flat = place.component.replaces_flat_rate
    if flat is None:
        return
    whole = _reference_minor(place)
    for ratio in COMPARED_AT:
        sold = whole * ratio
        pays, paid = (round_to_minor_unit(of) for of in (place.table.value(sold), flat * sold))
        if pays < paid:
            yield place.advice(
                Rule.BELOW_FLAT_RATE,
                "replaces_flat_rate",
                at_share=ratio,
                sold_minor=round_to_minor_unit(sold),
                ladder_minor=pays,
                flat_minor=paid,
                less_minor=paid - pays,
                flat_rate=flat,
            )


def _reference_minor(place: Place) -> Fraction:
    """The quota; of a ladder without one the place where its last step begins."""
    component = place.component
    bounds = [tier.up_to for tier in component.tiers if tier.up_to is not None]
    if component.quota_minor is None and component.tiers_on is Axis.AMOUNT and bounds:
        return bounds[-1]
    return Fraction(place.quota_minor)


# --- caps ------------------------------------------------------------------------------------------------------------


def cap_place(place: Place) -> Iterator[Advice]:
    for key, share in _caps(place):
        if not CAP_LEAST <= share <= CAP_MOST:
            yield place.advice(
                Rule.CAP_PLACE,
                key,
                cap_share=share,
                least_share=CAP_LEAST,
                most_share=CAP_MOST,
            )


def _caps(place: Place) -> Iterator[tuple[str, Fraction]]:
    """Each limit of a component as a share of the quota, by its key; only where a quota is known."""
    component = place.component
    if component.cap_at is not None:
        if component.tiers_on is Axis.QUOTA:
            yield "cap_at", component.cap_at
        elif component.quota_minor:
            yield "cap_at", component.cap_at / component.quota_minor
    yield from _soft_caps(place)
    if component.cap_payout_minor is not None and component.quota_minor:
        stops_at = _where_it_pays(place.table, component.cap_payout_minor)
        if stops_at is not None:
            yield "cap_payout", stops_at / component.quota_minor


def _soft_caps(place: Place) -> Iterator[tuple[str, Fraction]]:
    """Where a step pays less than the one before it."""
    component = place.component
    for lower, upper in pairwise(component.tiers):
        if lower.up_to is None or _pays(upper) >= _pays(lower):
            continue
        if component.tiers_on is Axis.QUOTA:
            yield "tiers", lower.up_to
        elif component.quota_minor:
            yield "tiers", lower.up_to / component.quota_minor


def _where_it_pays(table: RateTable, amount_minor: int) -> Fraction | None:
    """The least attainment that pays so much; None when none does."""
    for band in table.bands:
        base = band.bonus if table.mode is Mode.WHOLE else band.intercept
        if band.rate * band.starts_at + base >= amount_minor:
            return band.starts_at
        stops_at = (amount_minor - base) / band.rate if band.rate else None
        if stops_at is not None and (band.up_to is None or stops_at <= band.up_to):
            return stops_at
    return None


def no_cap(place: Place) -> Iterator[Advice]:
    component, last = place.component, place.table.bands[-1]
    is_bounded = (
        component.cap_at is not None
        or component.cap_payout_minor is not None
        or component.deal_cap_minor is not None
        or last.rate == 0
        or _is_soft_cap(place.table.bands)
    )
    if not is_bounded:
        ten_times = _reference_minor(place) * 10
        yield place.advice(
            Rule.NO_CAP,
            *(("tiers", len(component.tiers) - 1) if component.tiers else ()),
            sold_minor=round_to_minor_unit(ten_times),
            pays_minor=round_to_minor_unit(place.table.value(ten_times)),
            least_share=CAP_LEAST,
            most_share=CAP_MOST,
        )


def _is_soft_cap(bands: tuple[Band, ...]) -> bool:
    """Whether the last stretch pays less for each krone than the one before it."""
    return len(bands) > 1 and bands[-1].rate < bands[-2].rate
