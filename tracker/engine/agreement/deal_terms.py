"""What a component may say about the life of one deal: customers who leave, instalments, shares beside the split."""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Reprices(StrEnum):
    """What a clawback touches. WINDOW: the deal counts less, and its window is rated again.

    DEAL: the deal keeps its place on the ladder and is paid less, so that no other deal changes its tier.
    """

    WINDOW = "window"
    DEAL = "deal"


class Churn(StrEnum):
    """What a customer who leaves does to the ladder. NET: the deal counts off again on the day. GROSS: nothing."""

    GROSS = "gross"
    NET = "net"


class Judged(StrEnum):
    """What a table is applied to. ACCUMULATED: the sum of a window's deals. EACH: every deal's own size."""

    ACCUMULATED = "accumulated"
    EACH = "each"


class Instalments(StrEnum):
    """In how many parts a year of a residual comes: one each month, or one each year."""

    MONTH = "month"
    YEAR = "year"


class Overlays(StrEnum):
    """What a share beside the split does. COUNT: it climbs the tiers and is paid. PAY_ONLY: it is paid alone."""

    COUNT = "count"
    PAY_ONLY = "pay_only"


@dataclass(frozen=True, slots=True)
class ClawbackStep:
    """Of a customer who leaves before so many months are over, this part of the credit is taken back."""

    within_months: int
    takes: Fraction


@dataclass(frozen=True, slots=True)
class Clawback:
    """What is taken back when a customer leaves early: by the first step in time, or by months not yet earned.

    `steps` are in order of time; the last ends the window, and with `is_by_months` there is one only.
    """

    steps: tuple[ClawbackStep, ...]
    is_by_months: bool = False
    reprices: Reprices = Reprices.WINDOW

    @property
    def within_months(self) -> int:
        return self.steps[-1].within_months
