"""The company's own calendar: which day it is there, and which days nobody sells."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from tracker.config import Settings
from tracker.engine.periods import Period


@dataclass(frozen=True, slots=True)
class CompanyCalendar:
    """A time zone, a country's holidays of the chosen categories, and the company's own days off.

    The default set of Danish holidays leaves out 1 May, 5 June and Christmas Eve (they are "optional"), so a company
    chooses its categories and adds its own days.
    """

    zone: ZoneInfo
    country: str
    categories: tuple[str, ...]
    own_days_off: tuple[date, ...]

    def day_of(self, instant: datetime) -> date:
        """The day an instant falls on where the company is."""
        return instant.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The instant a day begins where the company is."""
        return datetime.combine(day, time(), tzinfo=self.zone)

    def days_off(self, period: Period) -> Collection[date]:
        """Holidays and own days off that can fall in a period."""
        years = range(period.starts_on.year, period.ends_on.year + 1)
        public = (_holidays_in(self.country, self.categories, year) for year in years)
        return frozenset(self.own_days_off).union(*public)


def company_calendar(settings: Settings) -> CompanyCalendar:
    return CompanyCalendar(
        settings.company_zone,
        settings.holiday_country,
        settings.holiday_categories,
        settings.own_days_off,
    )


@cache
def _holidays_in(country: str, categories: tuple[str, ...], year: int) -> frozenset[date]:
    if not country:
        return frozenset()
    return frozenset(holidays.country_holidays(country, years=year, categories=categories))
