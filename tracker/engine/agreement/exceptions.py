"""What holds for one payee instead of what their plan says: the one place that applies personal exceptions."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TypeVar

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component, Draw, PersonalException, PlanVersion, Tier

_Limit = TypeVar("_Limit", int, Fraction)

CAPS = ("cap_payout", "cap_at", "deal_cap")
"""Limits of a component that an exception can lift."""


def exceptions_on(
    book: PlanBook, payee_id: int, component_key: str, day: date
) -> list[PersonalException]:
    """The exceptions that hold for a payee and component ("plan/component") on a day, in the order they were made."""
    return [
        exception
        for exception in book.exceptions_of(payee_id)
        if exception.component_key == component_key and exception.holds_on(day)
    ]


def component_for(
    book: PlanBook, payee_id: int, version: PlanVersion, component: Component, day: date
) -> Component:
    """A component of a plan version as it holds for a payee on a day."""
    if not book.exceptions_of(payee_id):
        return component
    component_key = f"{version.plan_key}/{component.key}"
    return with_exceptions(component, exceptions_on(book, payee_id, component_key, day))


def with_exceptions(component: Component, exceptions: Iterable[PersonalException]) -> Component:
    """The component with exceptions applied in the order given: a later one wins over what an earlier one says."""
    factor, added = Fraction(1), Fraction(0)
    for exception in exceptions:
        if not component.climbs:  # then tiers are numbers on credits, and no sum reaches a limit
            lifts = exception.lifts - {"cap_at"}
            exception = replace(exception, tiers=(), cap_at=None, lifts=lifts)
        factor = exception.rate_factor or factor
        added = added if exception.add_rate is None else exception.add_rate
        component = replace(
            component,
            tiers=exception.tiers or component.tiers,
            cap_payout_minor=_cap(
                exception, "cap_payout", exception.cap_payout_minor, component.cap_payout_minor
            ),
            cap_at=_cap(exception, "cap_at", exception.cap_at, component.cap_at),
            deal_cap_minor=_cap(
                exception, "deal_cap", exception.deal_cap_minor, component.deal_cap_minor
            ),
        )
    component = replace(component, tiers=_within(component.tiers, component.cap_at))
    if factor == 1 and not added:
        return component
    curve = tuple(replace(point, pays=point.pays * factor) for point in component.curve)
    tiers = tuple(_at_rate(tier, factor, added) for tier in component.tiers)
    years = tuple(rate * factor + added for rate in component.years)
    return replace(component, tiers=tiers, curve=curve, years=years)


def draw_for(book: PlanBook, payee_id: int, version: PlanVersion) -> Draw | None:
    """The draw a payee has on a plan: their own, whatever the plan says, or the plan's. One of nothing is none."""
    own = [
        exception.draw
        for exception in book.exceptions_of(payee_id)
        if exception.draw is not None and exception.component_key == f"{version.plan_key}/"
    ]
    draw = own[-1] if own else version.plan.draw
    return draw if draw is not None and draw.amount_minor else None


def _cap(
    exception: PersonalException, name: str, own: _Limit | None, before: _Limit | None
) -> _Limit | None:
    return None if name in exception.lifts else before if own is None else own


def _within(tiers: tuple[Tier, ...], cap_at: Fraction | None) -> tuple[Tier, ...]:
    """The tiers that can be reached below a limit on attainment."""
    if cap_at is None:
        return tiers
    reached = [
        tier
        for before, tier in zip([None, *tiers], tiers, strict=False)
        if before is None
        or before.up_to is None
        or before.up_to < cap_at
        or (before.up_to == cap_at and not before.owns_bound)
    ]
    return tuple(reached)


def _at_rate(tier: Tier, factor: Fraction, added: Fraction) -> Tier:
    """A tier at a payee's own rate; what is added is added to a rate, never to a multiple of the target incentive."""
    if tier.multiple is not None:
        return replace(tier, multiple=tier.multiple * factor)
    return replace(tier, rate=tier.rate * factor + added)
