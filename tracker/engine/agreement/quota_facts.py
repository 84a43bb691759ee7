"""What is said about quotas: by a plan, how they spread and change; by people, what somebody's quota is."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction


class OnQuotaChange(StrEnum):
    """What a quota that changes on a day inside a window does to it.

    RETRO: the quota of the window's last day holds for all of it. PRORATE: one quota, weighted by days. CONTINUE: each
    stretch of days climbs on at its own quota's bounds. RESTART: each stretch starts at the foot.
    """

    RETRO = "retro"
    PRORATE = "prorate"
    CONTINUE = "continue"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class QuotaRules:
    """How a quota given for a year, or for a full window, becomes that of one payee in one window.

    `seasonal` weighs the twelve months of the (fiscal) year, first month first; empty: alike. `ramp` is the share of
    the quota in the month of joining the plan, the month after it, and so on; beyond it the whole. With
    `prorates_days` a window joined or left midway has the share of its days on the plan.
    """

    seasonal: tuple[Fraction, ...] = ()
    ramp: tuple[Fraction, ...] = ()
    prorates_days: bool = False
    on_change: OnQuotaChange = OnQuotaChange.RETRO


AS_GIVEN = QuotaRules()
"""Each window has the quota that was set for it, or an equal part of its year's."""


@dataclass(frozen=True, slots=True)
class QuotaFact:
    """What somebody set as a payee's quota: of one component ("plan/component") or, "", of every one.

    `period_key` names a window, a year (which spreads over its windows), or "" for every window. It holds from
    `valid_from` on (None: from the start). Of facts alike in all that, the one with the highest id counts.
    """

    payee_id: int
    component_key: str
    period_key: str
    amount_minor: int
    valid_from: date | None = None
    fact_id: int = 0
