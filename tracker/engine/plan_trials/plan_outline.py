"""What a plan says, in order and in no language: topics, the steps of each ladder, and examples the engine works out.

A topic is there when the plan says something about it; whoever puts it in words finds the values in the plan itself.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from tracker.engine.agreement.deal_terms import Churn, Judged, Overlays, Reprices
from tracker.engine.agreement.plans import (
    COUNT_MEASURES,
    Axis,
    Component,
    DrawKind,
    Mode,
    Plan,
    Tier,
)
from tracker.engine.agreement.quota_facts import OnQuotaChange
from tracker.engine.agreement.teams import Whose
from tracker.engine.crediting.objectives import FULL_SCORE, OBJECTIVE
from tracker.engine.payroll_months.settlement import Settled
from tracker.engine.plan_trials.plan_findings import ASSUMED_COUNT, ASSUMED_QUOTA_MINOR
from tracker.engine.plan_trials.plan_worked import Worked, worked_examples, worked_settlement


class Topic(StrEnum):
    """Something a plan can say. The first ones are about the plan, the others about one component."""

    PERIODS = "periods"
    FISCAL_YEAR = "fiscal_year"
    SEVERAL_COMPONENTS = "several_components"
    BASE_SALARY = "base_salary"
    DRAW = "draw"
    DRAW_GUARANTEE = "draw_guarantee"
    DRAW_RECOVERY = "draw_recovery"
    DRAW_FORGIVEN = "draw_forgiven"
    EXCHANGE = "exchange"
    ON_CHANGE = "on_change"

    COUNTS = "counts"
    WHERE = "where"
    DAYS = "days"
    DUE = "due"
    TEAM = "team"
    SHARED = "shared"
    PAYS_ON = "pays_on"
    EVIDENCE = "evidence"
    FLAT = "flat"
    LADDER = "ladder"
    YEARS = "years"
    INSTALMENTS = "instalments"
    CURVE = "curve"
    BOUNDS = "bounds"
    TARGET_INCENTIVE = "target_incentive"
    MULTIPLIER = "multiplier"
    STACKING = "stacking"
    WEIGHTS = "weights"
    OVERLAYS = "overlays"
    JUDGED = "judged"
    DEAL_CAP = "deal_cap"
    CAP_AT = "cap_at"
    CAP_PAYOUT = "cap_payout"
    CLAWBACK = "clawback"
    CLAWBACK_REPRICES = "clawback_reprices"
    CHURN = "churn"
    QUOTA = "quota"
    SEASONAL = "seasonal"
    RAMP = "ramp"
    PRORATE = "prorate"
    QUOTA_CHANGE = "quota_change"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: from where to where on its axis, and the tier that says what it pays."""

    number: int
    starts_at: Fraction
    tier: Tier


@dataclass(frozen=True, slots=True)
class ComponentOutline:
    """One component: its topics in order, its steps, and what some sales earn at a quota (assumed, or the file's)."""

    component: Component
    topics: tuple[Topic, ...]
    rungs: tuple[Rung, ...]
    quota_minor: int | None
    worked: tuple[Worked, ...]


@dataclass(frozen=True, slots=True)
class Outline:
    """A whole plan. `draw` are some periods, each with what it earned and what the draw makes of it."""

    plan: Plan
    topics: tuple[Topic, ...]
    components: tuple[ComponentOutline, ...]
    draw: tuple[Settled, ...]


def outline_of(plan: Plan, quotas: Mapping[str, int]) -> Outline:
    """What a plan says, with examples at these quotas (by component), at the file's, or at made-up ones."""
    return Outline(
        plan,
        tuple(_plan_topics(plan)),
        tuple(
            _component_outline(plan, component, quotas.get(component.key))
            for component in plan.components
        ),
        worked_settlement(plan),
    )


def _component_outline(
    plan: Plan, component: Component, quota_minor: int | None
) -> ComponentOutline:
    quota = None
    if component.needs_quota:
        quota = quota_minor or component.quota_minor or _assumed_quota(component)
    return ComponentOutline(
        component,
        tuple(_component_topics(component)),
        tuple(_rungs(component)),
        quota,
        tuple(worked_examples(plan, component, quota)),
    )


def _assumed_quota(component: Component) -> int:
    if component.measure == OBJECTIVE:
        return FULL_SCORE
    return ASSUMED_COUNT if component.measure in COUNT_MEASURES else ASSUMED_QUOTA_MINOR


def _rungs(component: Component) -> Iterator[Rung]:
    starts_at = Fraction(0)
    for number, tier in enumerate(component.tiers, start=1):
        yield Rung(number, starts_at, tier)
        starts_at = starts_at if tier.up_to is None else tier.up_to


def _plan_topics(plan: Plan) -> Iterator[Topic]:
    yield Topic.PERIODS
    if plan.year_starts_in_month != 1:
        yield Topic.FISCAL_YEAR
    if len(plan.components) > 1:
        yield Topic.SEVERAL_COMPONENTS
    if plan.base_salary_minor is not None:
        yield Topic.BASE_SALARY
    if plan.draw is not None:
        yield Topic.DRAW
        is_gift = plan.draw.kind is DrawKind.NON_RECOVERABLE
        yield Topic.DRAW_GUARANTEE if is_gift else Topic.DRAW_RECOVERY
        if plan.draw.forgives_at_end:
            yield Topic.DRAW_FORGIVEN
    if plan.exchange_rates:
        yield Topic.EXCHANGE
    yield Topic.ON_CHANGE


def _component_topics(component: Component) -> Iterator[Topic]:
    yield Topic.COUNTS
    yield from _which_deals(component)
    yield from _what_it_pays(component)
    yield from _what_multiplies(component)
    yield from _what_limits(component)
    yield from _what_is_taken_back(component)
    if component.replaces_flat_rate is not None:
        yield Topic.REPLACED


def _which_deals(component: Component) -> Iterator[Topic]:
    present = {
        Topic.WHERE: bool(component.where) and component.measure != OBJECTIVE,
        Topic.DUE: component.due is not None,
        Topic.DAYS: component.starts_on is not None or component.ends_on is not None,
        Topic.TEAM: component.of is Whose.TEAM,
        Topic.SHARED: component.shared is not None,
        Topic.EVIDENCE: bool(component.requires),
        Topic.OVERLAYS: component.overlays is not Overlays.COUNT,
        Topic.JUDGED: component.judged is Judged.EACH,
    }
    yield from (topic for topic, is_said in present.items() if is_said)


def _what_it_pays(component: Component) -> Iterator[Topic]:
    present = {
        Topic.PAYS_ON: component.pays_on not in (None, component.measure),
        Topic.QUOTA: component.quota_minor is not None,
        Topic.SEASONAL: bool(component.quota_rules.seasonal),
        Topic.RAMP: bool(component.quota_rules.ramp),
        Topic.PRORATE: component.quota_rules.prorates_days,
        Topic.QUOTA_CHANGE: component.quota_rules.on_change is not OnQuotaChange.RETRO,
        Topic.INSTALMENTS: bool(component.years),
        Topic.YEARS: bool(component.years),
        Topic.CURVE: bool(component.curve),
        Topic.FLAT: len(component.tiers) == 1 and not component.years,
        Topic.LADDER: len(component.tiers) > 1 and not component.years,
        Topic.BOUNDS: any(tier.up_to is not None for tier in component.tiers),
        Topic.TARGET_INCENTIVE: component.target_incentive_minor is not None,
    }
    yield from (topic for topic, is_said in present.items() if is_said)


def _what_multiplies(component: Component) -> Iterator[Topic]:
    several = len(component.multipliers) > 1
    has_steps = len(component.tiers) > 1 and component.mode is Mode.MARGINAL
    has_second = component.pays_on not in (None, component.measure)
    present = {
        Topic.MULTIPLIER: bool(component.multipliers),
        Topic.STACKING: several or component.multiplier_limit is not None,
        Topic.WEIGHTS: has_steps and (bool(component.multipliers) or has_second),
    }
    yield from (topic for topic, is_said in present.items() if is_said)


def _what_limits(component: Component) -> Iterator[Topic]:
    present = {
        Topic.DEAL_CAP: component.deal_cap_minor is not None,
        Topic.CAP_AT: component.cap_at is not None,
        Topic.CAP_PAYOUT: component.cap_payout_minor is not None,
    }
    yield from (topic for topic, is_said in present.items() if is_said)


def _what_is_taken_back(component: Component) -> Iterator[Topic]:
    if component.clawback is not None:
        yield Topic.CLAWBACK
        if component.clawback.reprices is not Reprices.WINDOW or len(component.tiers) > 1:
            yield Topic.CLAWBACK_REPRICES
    if component.churn is not Churn.GROSS:
        yield Topic.CHURN


def is_on_quota(component: Component) -> bool:
    return component.tiers_on is Axis.QUOTA


def is_retroactive(component: Component) -> bool:
    return component.mode is Mode.WHOLE and not component.curve
