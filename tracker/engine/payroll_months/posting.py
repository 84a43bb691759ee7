"""In which payroll month a difference is paid, and what it is called there.

Payroll months are calendar months, closed in order for the whole company. A settlement period is paid in the month
in which it ends; what is learned after that month was closed is paid in the first month that is still open.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tracker.engine.periods import Period, PeriodKind, period_named


class PostingKind(StrEnum):
    """COMMISSION: in its own month. ADJUSTMENT: that month was closed. CLAWBACK: a customer left or the deal fell.

    MANUAL: no deal is behind it; two people agreed on it.
    """

    COMMISSION = "commission"
    ADJUSTMENT = "adjustment"
    CLAWBACK = "clawback"
    MANUAL = "manual"


class Loss(StrEnum):
    """What happened to the deals behind a figure that fell: the customers LEFT, or deals were CANCELLED."""

    LEFT = "left"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Posting:
    """Where a difference goes. `is_late`: the month it belongs to was closed before it was known."""

    month: str
    kind: PostingKind
    is_late: bool


def posting_of(
    origin_month: str, closed_through: str, amount_minor: int, loss: Loss | None = None
) -> Posting:
    """The posting of a difference that belongs to a month, when all months to `closed_through` ("": none) are closed.

    A deal cancelled while its month is open is simply not earned; a customer who left is always told as a clawback.
    """
    is_late = origin_month <= closed_through
    month = month_after(closed_through) if is_late else origin_month
    if amount_minor < 0 and (loss is Loss.LEFT or (loss is Loss.CANCELLED and is_late)):
        return Posting(month, PostingKind.CLAWBACK, is_late)
    return Posting(month, PostingKind.ADJUSTMENT if is_late else PostingKind.COMMISSION, is_late)


def month_paying(period_key: str, year_starts_in_month: int = 1) -> str:
    """The payroll month of a settlement period: the one it ends in.

    >>> month_paying("2026-Q4")
    '2026-12'
    """
    return month_of(period_named(period_key, year_starts_in_month).ends_on)


def month_of(day: date) -> str:
    return f"{day:%Y-%m}"


def month_named(month: str) -> Period:
    """A payroll month as days. Raises ValueError for a text such as 2026-13 or 2026-Q1."""
    period = period_named(month)
    if period.kind is not PeriodKind.MONTH:
        raise ValueError(f"{month!r} is no month; write 2026-11")
    return period


def month_after(month: str) -> str:
    """The next month.

    >>> month_after("2026-12")
    '2027-01'
    """
    year, number = map(int, month.split("-"))
    return f"{year + number // 12:04}-{number % 12 + 1:02}"


def month_before(month: str) -> str:
    """The month before.

    >>> month_before("2027-01")
    '2026-12'
    """
    return month_of(month_named(month).starts_on - timedelta(days=1))
