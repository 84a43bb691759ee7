"""What experience says about a plan that can be read: advice with its reason and its figures, in no language yet.

A file with a hole, an overlap, a quota of zero or a printed multiple that disagrees never comes this far: reading it
refuses it. What is left is mostly advice; only a component that no deal can match blocks.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from itertools import combinations
from math import prod

from tracker.engine.agreement.deal_terms import Churn
from tracker.engine.agreement.plans import PRESENCE, Component, Multiplier, Plan, Stacking
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.plan_trials.plan_findings import Advice, Figures, Place, Rule, Severity
from tracker.engine.plan_trials.plan_history import History
from tracker.engine.plan_trials.plan_ladder_advice import (
    below_flat_rate,
    cap_place,
    first_step,
    no_cap,
    quota_reach,
    step_count,
    step_raise,
)

VARIABLES_MOST = 3
RECURRING_MEASURES = frozenset({"arr", "mrr", "acv", "tcv"})
MULTIPLIERS_TRIED_MAX = 12

_PROPERTY = re.compile(r"[a-z][a-z0-9_]*")


def advise(plan: Plan, history: History | None = None) -> list[Advice]:
    """Everything to think about before a plan goes live, in the order of the file; what blocks comes first."""
    found = list(_variables(plan))
    for index, component in enumerate(plan.components):
        place = Place(plan, component, ("components", index), history)
        for rule in _rules_for(component):
            found += rule(place)
    return sorted(found, key=lambda advice: advice.severity is not Severity.BLOCKS)


# --- the plan as a whole ---------------------------------------------------------------------------------------------


def _variables(plan: Plan) -> Iterator[Advice]:
    """What somebody must keep in mind to know their pay: each component, second measure and multiplier."""
    components_count = len(plan.components)
    measures_count = sum(component.pays_on is not None for component in plan.components)
    multipliers_count = sum(len(component.multipliers) for component in plan.components)
    found = components_count + measures_count + multipliers_count
    if found > VARIABLES_MOST:
        figures: Figures = {
            "found_count": found,
            "most_count": VARIABLES_MOST,
            "components_count": components_count,
            "multipliers_count": multipliers_count,
            "measures_count": measures_count,
        }
        yield Advice(Rule.VARIABLES, ("components", 0), "", figures)


# --- clawback and multipliers ----------------------------------------------------------------------------------------


def _no_clawback(place: Place) -> Iterator[Advice]:
    component = place.component
    measure = component.pays_on or component.measure
    stops = component.churn is Churn.NET or bool(component.years)
    takes_back = component.clawback is not None or stops
    if measure in RECURRING_MEASURES and not takes_back:
        yield place.advice(Rule.NO_CLAWBACK, "measure", measure_words=measure)


def _unbounded_multipliers(place: Place) -> Iterator[Advice]:
    component = place.component
    if component.multiplier_limit is not None or component.stacking is Stacking.HIGHEST:
        return
    worst, count = _worst_together(component)
    if count > 1:
        yield place.advice(
            Rule.UNBOUNDED_MULTIPLIERS,
            "multipliers",
            worst_factor=worst,
            together_count=count,
            largest_factor=max(multiplier.factor for multiplier in component.multipliers),
        )


def _worst_together(component: Component) -> tuple[Fraction, int]:
    """The most that multipliers of one deal make together, and how many do it."""
    above = sorted(
        (multiplier for multiplier in component.multipliers if multiplier.factor > 1),
        key=lambda multiplier: -multiplier.factor,
    )[:MULTIPLIERS_TRIED_MAX]
    worst, count = Fraction(1), 0
    for size in range(1, len(above) + 1):
        for together in combinations(above, size):
            factor = _stacked(together, component.stacking)
            if factor > worst and can_meet(component.where, *(one.where for one in together)):
                worst, count = factor, size
    return worst, count


def _stacked(together: tuple[Multiplier, ...], stacking: Stacking) -> Fraction:
    if stacking is Stacking.SUM_OF_EXCESSES:
        return 1 + sum((one.factor - 1 for one in together), Fraction(0))
    return prod((one.factor for one in together), start=Fraction(1))


def can_meet(*filters: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether one deal can pass several filters: under each property they must share a word."""
    properties = {name for where in filters for name in where}
    return all(
        set.intersection(*(set(where[name]) for where in filters if name in where))
        for name in properties
    )


# --- deals that never come -------------------------------------------------------------------------------------------


def _no_deal_possible(place: Place) -> Iterator[Advice]:
    """Filters that ask for a property no deal can have, or contradict each other."""
    for name in place.component.where:
        if not _PROPERTY.fullmatch(name):
            yield place.advice(Rule.NO_DEAL_POSSIBLE, "where", name, property_words=name)
    for index, multiplier in enumerate(place.component.multipliers):
        if not can_meet(place.component.where, multiplier.where):
            clash = ", ".join(sorted(multiplier.where.keys() & place.component.where.keys()))
            path = ("multipliers", index, "where")
            yield place.advice(Rule.MULTIPLIER_NEVER, *path, property_words=clash)


def _no_deal_in_history(place: Place) -> Iterator[Advice]:
    history = place.history
    if history is None or _is_yet_to_come(place, history):
        return
    if not history.components[place.component.key].matched_count:
        yield place.advice(
            Rule.NO_DEAL_IN_HISTORY,
            *(("where",) if place.component.where else ()),
            deals_count=history.deals_count,
        )


def _is_yet_to_come(place: Place, history: History) -> bool:
    """Whether a campaign begins after the last day we know of."""
    begins = place.component.starts_on
    return begins is not None and begins > history.last_day


Rules = Callable[[Place], Iterator[Advice]]

LADDER_RULES: tuple[Rules, ...] = (
    first_step,
    step_raise,
    step_count,
    quota_reach,
    below_flat_rate,
    cap_place,
)
DEAL_RULES: tuple[Rules, ...] = (
    _no_deal_possible,
    _no_deal_in_history,
    _no_clawback,
    _unbounded_multipliers,
)


def _rules_for(component: Component) -> Iterator[Rules]:
    """Nobody climbs the years of a residual, and no deal is behind being there or behind a score."""
    is_of_deals = component.measure not in (PRESENCE, OBJECTIVE)
    if not component.years and component.measure != PRESENCE:
        yield from LADDER_RULES
    if is_of_deals and not component.years:
        yield no_cap
    if is_of_deals:
        yield from DEAL_RULES
