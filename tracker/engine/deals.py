"""A deal as its source last described it: a full snapshot, versioned. The newest version wins."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction

from tracker.engine.values import value


class DealStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class CreditShare:
    """Who takes part in a deal, and with how much of it. Shares that are not overlays sum to one."""

    payee_id: int
    share: Fraction
    role: str = ""
    is_overlay: bool = False
    is_whole: bool = field(init=False, repr=False, compare=False)
    """Asked of every deal of a long list, where comparing fractions would cost as much as the rest."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "is_whole", self.share == 1)


@dataclass(frozen=True, slots=True)
class NextStep:
    """What happens next on an open deal, who does it, and when."""

    text: str
    owner: str
    due_on: date | None


@value
class Deal:
    """One sale. Amounts are minor units of `currency`; `effective_on` is the day it counts from, in the company's zone,
    `ended_on` the day the customer left.

    `measures` holds what the source said beside the amount, by name: margin, arr, acv, mrr, tcv (minor units) and
    units (hundredths). `properties` holds what plans filter on: product, segment, kind, region and any other word.
    """

    key: str
    name: str
    status: DealStatus
    effective_on: date
    currency: str
    amount_minor: int
    credit_shares: tuple[CreditShare, ...]
    measures: Mapping[str, int] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    evidence: frozenset[str] = frozenset()
    next_step: NextStep | None = None
    stage: str = ""
    probability: Fraction | None = None
    ended_on: date | None = None


@dataclass(frozen=True, slots=True)
class DealEvent:
    """What a source told us about one deal: a snapshot with a version.

    `event_id` is the source's own and makes a retry harmless. `version` orders the snapshots of one deal; a source
    without versions uses the time in microseconds. `body_hash` tells a retry from another event with the same id.
    """

    source: str
    event_id: str
    version: int
    occurred_at: datetime
    deal: Deal
    body_hash: str
