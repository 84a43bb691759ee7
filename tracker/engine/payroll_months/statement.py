"""What one payee is paid for one payroll month, with every line behind it; and the same as text, for ever.

A statement is frozen as text when its month is closed. Whoever checks it builds it again from the facts known then
(`engine.payroll`) and must get the same text, and with it the same hash. So the text holds exactly these fields.
"""

import json
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Any

from tracker.engine.payroll_months.posting import PostingKind


@dataclass(frozen=True, slots=True)
class PostedLine:
    """What the ledger posted to the month under one name. `corrects_month`: the closed month it belongs to, or "".

    A manual line has no component; `adjustment_id` and `reason` say where it comes from.
    """

    kind: PostingKind
    component_key: str
    window_key: str
    period_key: str
    amount_minor: int
    corrects_month: str = ""
    adjustment_id: int = 0
    reason: str = ""

    @property
    def order(self) -> tuple[int, str, str, str, int]:
        place = list(PostingKind).index(self.kind)
        return place, self.component_key, self.window_key, self.period_key, self.adjustment_id


@dataclass(frozen=True, slots=True)
class PaidTier:
    """So much of the measure (`basis_minor`) at this rate; as `engine.explain` tells it."""

    kind: str
    number: int
    starts_at_minor: int
    up_to_minor: int | None
    rate: Fraction
    basis_minor: int
    amount_minor: int
    plan_version_id: int


@dataclass(frozen=True, slots=True)
class PaidDeal:
    """What one credit of the month added, and the tiers and rates it met."""

    deal_key: str
    part: int
    name: str
    effective_on: date
    attainment_minor: int
    added_minor: int
    tier_numbers: tuple[int, ...]
    rates: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class ComponentLines:
    """One component and window as it stood: its tiers from the window's beginning, and the deals of the month.

    `measure` is what climbs the tiers, `paid_measure` what their rates are paid on.

    The amounts of the deals sum to what the month earned here.
    """

    component_key: str
    name: str
    measure: str
    paid_measure: str
    window_key: str
    plan_version_ids: tuple[int, ...]
    quota_minor: int | None
    attainment_minor: int
    tiers: tuple[PaidTier, ...]
    deals: tuple[PaidDeal, ...]

    @property
    def earned_minor(self) -> int:
        """What the deals of the month earned here."""
        return sum(deal.added_minor for deal in self.deals)


@dataclass(frozen=True, slots=True)
class VestedUnits:
    """A grant of equity at the end of the month, in units: beside the money, never in it."""

    name: str
    granted_units: int
    vested_units: int
    vested_in_month_units: int
    forfeited_units: int


@dataclass(frozen=True, slots=True)
class Statement:
    """One payee, payroll month and currency, in minor units.

    Earned is the sum of what was posted. `draw_kind` and `draw_period` are "" in a month that pays no draw.
    """

    payee_id: int
    month: str
    currency: str
    posted: tuple[PostedLine, ...]
    components: tuple[ComponentLines, ...]
    earned_minor: int
    draw_kind: str
    draw_period: str
    draw_minor: int
    debt_before_minor: int
    paid_minor: int
    debt_minor: int
    forgiven_minor: int
    equity: tuple[VestedUnits, ...] = ()

    def posted_minor(self, kind: PostingKind) -> int:
        """The sum of what was posted under a name."""
        return sum(line.amount_minor for line in self.posted if line.kind is kind)

    @property
    def advanced_minor(self) -> int:
        """What the draw or guarantee adds to what was earned."""
        return max(0, self.paid_minor - max(0, self.earned_minor))

    @property
    def recovered_minor(self) -> int:
        """What is held back for what was owed."""
        return max(0, max(0, self.earned_minor) - self.paid_minor)

    @property
    def carried_minor(self) -> int:
        """What a negative month cannot pay, and owes."""
        return max(0, -self.earned_minor)


def lines_hash(text: str) -> str:
    """What identifies the lines of a statement."""
    return sha256(text.encode()).hexdigest()


def statement_to_text(statement: Statement) -> str:
    """The one text of a statement: JSON with sorted keys, no spaces, exact figures."""
    plain = asdict(statement)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)


def statement_from_text(text: str) -> Statement:
    """The statement that `statement_to_text` wrote."""
    told = json.loads(text)
    posted = (PostedLine(**line | {"kind": PostingKind(line["kind"])}) for line in told["posted"])
    components = (_component_from(component) for component in told["components"])
    equity = (VestedUnits(**grant) for grant in told.get("equity", ()))
    read = {"posted": tuple(posted), "components": tuple(components), "equity": tuple(equity)}
    return Statement(**told | read)


def _component_from(told: dict[str, Any]) -> ComponentLines:
    tiers = (PaidTier(**tier | {"rate": Fraction(tier["rate"])}) for tier in told["tiers"])
    return ComponentLines(
        **told
        | {
            "plan_version_ids": tuple(told["plan_version_ids"]),
            "tiers": tuple(tiers),
            "deals": tuple(_deal_from(deal) for deal in told["deals"]),
        }
    )


def _deal_from(told: dict[str, Any]) -> PaidDeal:
    return PaidDeal(
        **told
        | {
            "effective_on": date.fromisoformat(told["effective_on"]),
            "tier_numbers": tuple(told["tier_numbers"]),
            "rates": tuple(Fraction(rate) for rate in told["rates"]),
        }
    )
