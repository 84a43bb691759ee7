"""The days on which somebody's presence is paid: named ones, the ends of periods, or so many months after joining."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tracker.engine.periods import PeriodKind, months_later, period_containing


@dataclass(frozen=True, slots=True)
class Due:
    """Exactly one of the three says when: `days`, the last day of `every` such period, or months after joining."""

    days: tuple[date, ...] = ()
    every: PeriodKind | None = None
    after_months: tuple[int, ...] = ()

    def between(
        self, first: date, last: date, joined_on: date, year_starts_in_month: int
    ) -> Iterator[date]:
        """The due days from one day to another, both included, of somebody who joined on a day."""
        yield from (day for day in self.days if first <= day <= last)
        for months in self.after_months:
            if first <= (day := months_later(joined_on, months)) <= last:
                yield day
        day = first
        while self.every is not None and day <= last:
            period = period_containing(day, self.every, year_starts_in_month)
            if period.ends_on <= last:
                yield period.ends_on
            day = period.ends_on + timedelta(days=1)
