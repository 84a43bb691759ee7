"""An agreement about pay: dated versions of a plan, each a list of components.

Percentages and factors are exact fractions of one. Money is minor units of the plan's currency. A count (deals,
units) is kept in hundredths, so that a split deal can count as half.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from fractions import Fraction

from tracker.engine.agreement.deal_terms import (
    Churn,
    Clawback,
    Instalments,
    Judged,
    Overlays,
    Reprices,
)
from tracker.engine.agreement.quota_facts import AS_GIVEN, QuotaRules
from tracker.engine.agreement.teams import Sharing, Whose
from tracker.engine.crediting.due import Due
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.periods import Period, PeriodKind, period_containing
from tracker.engine.plan_trials.example_sales import Example

WEIGHT_SCALE = 10_000
"""Payout weights are kept in 1/10,000 of a minor unit; a deal's combined multiplier is rounded to that."""

MONEY_MEASURES = frozenset({"revenue", "margin", "arr", "acv", "mrr", "tcv"})
PRESENCE = "presence"
COUNT_MEASURES = frozenset({"deals", "units", PRESENCE, OBJECTIVE})
"""Kept in hundredths: of one, or of a percent point for the score of an objective."""


class Mode(StrEnum):
    """MARGINAL: each tier's rate on the part inside it. WHOLE: the reached tier's rate on everything (retroactive)."""

    MARGINAL = "marginal"
    WHOLE = "whole"


class Axis(StrEnum):
    """What the bounds of a tier table are written in: an amount of the measure, or a share of the quota."""

    AMOUNT = "amount"
    QUOTA = "quota"


class Stacking(StrEnum):
    """How several multipliers on one deal combine: 1.5 and 1.25 make 1.875, 1.75 or 1.5."""

    PRODUCT = "product"
    SUM_OF_EXCESSES = "sum_of_excesses"
    HIGHEST = "highest"


class WeightPolicy(StrEnum):
    """Where a multiplier or a second measure acts when a marginal table is climbed.

    IN_ORDER: each deal's weight acts on the tiers that deal fell into, by (effective date, deal, line).
    AVERAGE: the table is climbed without weights, and the result scaled by the average weight.
    ON_CREDIT: the multiplier counts towards the tiers too, so deals weigh alike.
    """

    IN_ORDER = "in_order"
    AVERAGE = "average"
    ON_CREDIT = "on_credit"


class OnChange(StrEnum):
    """What a new plan version does inside a running window.

    CONTINUE: the climb goes on from where it was, at the new rates. RESTART: the new version starts at the foot.
    RETRO: the new version's table is used for the whole window.
    """

    CONTINUE = "continue"
    RESTART = "restart"
    RETRO = "retro"


class DrawKind(StrEnum):
    """RECOVERABLE: an advance that later periods give back. NON_RECOVERABLE: a guaranteed minimum, no debt."""

    RECOVERABLE = "recoverable"
    NON_RECOVERABLE = "non_recoverable"


@dataclass(frozen=True, slots=True)
class Tier:
    """One step. `up_to` is its end on the table's axis (None: no end): minor units, or a share of the quota.

    The bound itself belongs to this tier unless `owns_bound` is False. `rate` is money per unit of the measure;
    `multiple` instead pays that many points of the target incentive per point of attainment; `bonus_minor` is
    paid once, when the tier is reached.
    """

    up_to: Fraction | None
    rate: Fraction = Fraction(0)
    multiple: Fraction | None = None
    bonus_minor: int = 0
    owns_bound: bool = True


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """A point of a payout curve: at this share of quota, this share of the target incentive; straight lines between."""

    at: Fraction
    pays: Fraction


@dataclass(frozen=True, slots=True)
class Multiplier:
    where: Mapping[str, tuple[str, ...]]
    factor: Fraction
    label: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """One rule of a plan: which deals, what is summed, and the table the sum climbs.

    `measure` climbs the table; `pays_on` is what the rate is applied to when that is something else (margin paid at
    the rate the revenue tier gives). `curve` replaces `tiers`. `deal_cap_minor` limits what one deal may count,
    `cap_at` the attainment that still pays (on the table's axis), `cap_payout_minor` the pay of a window.
    `quota_minor` is the quota a calculation without a database uses for people it is told none for. Only deals from
    `starts_on` to `ends_on` count, both days included (None: no end). `replaces_flat_rate` is what was paid before; it
    pays nothing, and the plan check compares with it. `of` says whose deals count, `shared` how the members of a team
    are paid by what the team earns, `due` on which days presence counts. With `years` a deal comes in `instalments` as
    long as its customer stays, those of each year at that year's rate, the last one for all later years; the tiers are
    then those years.
    """

    key: str
    measure: str
    tiers: tuple[Tier, ...]
    name: str = ""
    pays_on: str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    tiers_on: Axis = Axis.AMOUNT
    mode: Mode = Mode.MARGINAL
    curve: tuple[CurvePoint, ...] = ()
    target_incentive_minor: int | None = None
    multipliers: tuple[Multiplier, ...] = ()
    stacking: Stacking = Stacking.PRODUCT
    multiplier_limit: Fraction | None = None
    weight_policy: WeightPolicy = WeightPolicy.IN_ORDER
    deal_cap_minor: int | None = None
    cap_at: Fraction | None = None
    cap_payout_minor: int | None = None
    quota_minor: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    overlays: Overlays = Overlays.COUNT
    clawback: Clawback | None = None
    churn: Churn = Churn.GROSS
    replaces_flat_rate: Fraction | None = None
    of: Whose = Whose.OWN
    shared: Sharing | None = None
    judged: Judged = Judged.ACCUMULATED
    years: tuple[Fraction, ...] = ()
    instalments: Instalments = Instalments.MONTH
    quota_rules: QuotaRules = AS_GIVEN
    due: Due | None = None

    @property
    def climbs(self) -> bool:
        """Whether deals climb the table together; otherwise each is paid by a tier of its own."""
        return self.judged is Judged.ACCUMULATED and not self.years

    @property
    def has_weights(self) -> bool:
        """Whether two deals of the same attainment may weigh differently in the payout."""
        by_multiplier = bool(self.multipliers) and self.weight_policy is not WeightPolicy.ON_CREDIT
        by_measure = self.pays_on is not None and self.pays_on != self.measure
        by_clawback = self.clawback is not None and self.clawback.reprices is Reprices.DEAL
        return by_multiplier or by_measure or by_clawback or self.overlays is Overlays.PAY_ONLY

    def is_open_on(self, day: date) -> bool:
        """Whether a deal of this day counts at all."""
        begun = self.starts_on is None or self.starts_on <= day
        return begun and (self.ends_on is None or day <= self.ends_on)

    @property
    def is_ordered(self) -> bool:
        """Whether the payout depends on which deal filled which tier: the one case that needs sums by day."""
        several_rates = len({(tier.rate, tier.multiple) for tier in self.tiers}) > 1 or bool(
            self.curve
        )
        several_rates = several_rates or self.cap_at is not None
        in_order = self.weight_policy is not WeightPolicy.AVERAGE
        is_marginal = self.climbs and self.mode is Mode.MARGINAL
        return self.has_weights and in_order and is_marginal and several_rates

    @property
    def needs_quota(self) -> bool:
        return self.tiers_on is Axis.QUOTA or bool(self.curve)


@dataclass(frozen=True, slots=True)
class Draw:
    """The least each settlement period pays, from one day until another; both belong to it, None means no end.

    `recovery_limit_minor` is the most of the debt that one period gives back (None: all it can). With
    `forgives_at_end` what is still owed after the last period of the draw is forgotten.
    """

    amount_minor: int
    kind: DrawKind = DrawKind.RECOVERABLE
    starts_on: date | None = None
    ends_on: date | None = None
    recovery_limit_minor: int | None = None
    forgives_at_end: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """One agreement, as a plan file says it. `year_starts_in_month` names the fiscal year's first month.

    `base_salary_minor` is paid by payroll each year beside the plan; it is shown, and never part of what is earned.
    `examples` are what the author says it earns: a plan that does not earn them cannot be activated.
    """

    name: str
    currency: str
    window: PeriodKind
    settlement: PeriodKind
    components: tuple[Component, ...]
    on_change: OnChange = OnChange.CONTINUE
    year_starts_in_month: int = 1
    draw: Draw | None = None
    base_salary_minor: int | None = None
    exchange_rates: tuple[ExchangeRate, ...] = ()
    examples: tuple[Example, ...] = ()

    def component(self, key: str) -> Component | None:
        return next((component for component in self.components if component.key == key), None)

    def window_of(self, day: date) -> Period:
        return period_containing(day, self.window, self.year_starts_in_month)

    def settlement_period_of(self, day: date) -> Period:
        return period_containing(day, self.settlement, self.year_starts_in_month)


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A plan's text as of a date. `version_id` identifies it for ever; a version in use is never edited."""

    version_id: int
    plan_key: str
    effective_from: date
    plan: Plan


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which plan a payee is on, and when. Both dates belong to it; `ends_on` None means still."""

    payee_id: int
    plan_key: str
    starts_on: date
    ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class PersonalException:
    """What was agreed with one payee instead of what a plan says of a component, on some days (None: no end).

    Caps and tiers replace the plan's; `lifts` names caps that do not hold at all. Rates are then multiplied by
    `rate_factor`, and `add_rate` is added to each. A `draw` replaces the plan's, whatever the component. Of
    exceptions that say the same of a day, the one with the highest id counts; one that `withdraws_id` another says
    nothing but that.
    """

    exception_id: int
    payee_id: int
    component_key: str
    starts_on: date | None = None
    ends_on: date | None = None
    rate_factor: Fraction | None = None
    add_rate: Fraction | None = None
    tiers: tuple[Tier, ...] = ()
    cap_payout_minor: int | None = None
    cap_at: Fraction | None = None
    deal_cap_minor: int | None = None
    lifts: frozenset[str] = frozenset()
    draw: Draw | None = None
    reason: str = ""
    author: str = ""
    withdraws_id: int | None = None

    def holds_on(self, day: date) -> bool:
        return (self.starts_on or date.min) <= day <= (self.ends_on or date.max)
