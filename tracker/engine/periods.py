"""Windows and periods: stretches of days with a name.

A *window* is what a tier ladder climbs in; a *settlement period* is what is paid. Both are a `Period`; a window
holds one or more settlement periods. Names sort in time: "2026-11", "2026-Q4", "2026". With a fiscal year that
does not start in January a quarter or year is named after the calendar year in which the fiscal year starts.
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache


class PeriodKind(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


ONE_DAY = timedelta(days=1)
MONTHS_IN = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days: `starts_on` and `ends_on` both belong to it."""

    key: str
    kind: PeriodKind
    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day <= self.ends_on


@lru_cache(maxsize=4096)
def period_containing(day: date, kind: PeriodKind, year_starts_in_month: int = 1) -> Period:
    """The period of a kind that a day falls in.

    >>> period_containing(date(2026, 11, 22), PeriodKind.QUARTER).key
    '2026-Q4'
    >>> period_containing(date(2026, 3, 1), PeriodKind.YEAR, year_starts_in_month=7).key
    '2025'
    """
    if kind is PeriodKind.MONTH:
        return _stretch(f"{day:%Y-%m}", kind, day.year, day.month)
    months_into_year = (day.month - year_starts_in_month) % 12
    year = day.year if day.month >= year_starts_in_month else day.year - 1
    index = months_into_year // MONTHS_IN[kind]
    key = f"{year:04}" if kind is PeriodKind.YEAR else f"{year:04}-Q{index + 1}"
    first_month = year_starts_in_month + index * MONTHS_IN[kind]
    return _stretch(key, kind, year + (first_month - 1) // 12, (first_month - 1) % 12 + 1)


@lru_cache(maxsize=4096)
def period_named(key: str, year_starts_in_month: int = 1) -> Period:
    """The period with a name such as "2026-11", "2026-Q4" or "2026". Raises ValueError for any other text."""
    try:
        if "Q" in key:
            year, quarter = key.split("-Q")
            kind, months = PeriodKind.QUARTER, 3 * (int(quarter) - 1)
        elif "-" in key:
            return period_containing(date.fromisoformat(f"{key}-01"), PeriodKind.MONTH)
        else:
            kind, months, year = PeriodKind.YEAR, 0, key
        month = year_starts_in_month + months
        first_day = date(int(year) + (month - 1) // 12, (month - 1) % 12 + 1, 1)
        period = period_containing(first_day, kind, year_starts_in_month)
    except ValueError:
        period = None
    if period is None or period.key != key:
        raise ValueError(f"{key!r} names no period; write 2026-11, 2026-Q4 or 2026")
    return period


def _stretch(key: str, kind: PeriodKind, year: int, month: int) -> Period:
    last_month = month + MONTHS_IN[kind] - 1
    last_year, last_month = year + (last_month - 1) // 12, (last_month - 1) % 12 + 1
    ends_on = date(last_year, last_month, monthrange(last_year, last_month)[1])
    return Period(key, kind, date(year, month, 1), ends_on)


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the last day of a month that is too short.

    >>> months_later(date(2024, 2, 29), 12), months_later(date(2026, 1, 31), 1)
    (datetime.date(2025, 2, 28), datetime.date(2026, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def full_months(since: date, until: date) -> int:
    """How many whole months lie between two days; never less than none.

    >>> full_months(date(2026, 1, 31), date(2026, 2, 28)), full_months(date(2026, 1, 15), date(2026, 2, 14))
    (1, 0)
    """
    months = (until.year - since.year) * 12 + until.month - since.month
    return max(0, months if months_later(since, months) <= until else months - 1)


def days_of_change(stretches: Iterable[tuple[date | None, date | None]]) -> set[date]:
    """The days on which one of these stretches begins, or has just ended; None: it has no beginning, or no end."""
    days: set[date] = set()
    for starts_on, ends_on in stretches:
        if starts_on is not None:
            days.add(starts_on)
        if ends_on is not None and ends_on < date.max:
            days.add(ends_on + ONE_DAY)
    return days


def days_of(period: Period) -> Iterator[date]:
    """Every day of a period, in order."""
    for offset in range((period.ends_on - period.starts_on).days + 1):
        yield period.starts_on + timedelta(days=offset)


def working_days(period: Period, days_off: Collection[date]) -> list[date]:
    """The days of a period that are neither Saturday, Sunday nor a day off of the company."""
    return [day for day in days_of(period) if day.weekday() < 5 and day not in days_off]
