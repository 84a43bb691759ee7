"""Sources that have been silent for too long: said on the phone and the manager's page, for silence looks like calm.

Only working hours count, so that nobody is alarmed by a night or a holiday.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from jinja2 import Environment

from tracker import clock
from tracker.engine.periods import PeriodKind, period_containing
from tracker.pages import context
from tracker.pages.company_calendar import CompanyCalendar, company_calendar
from tracker.store import sources
from tracker.store.sources import Watched
from tracker.store.types import Connection

DAY_BEGINS, DAY_ENDS = time(8), time(17)
DAYS_MAX = 60
"""No patience is longer; it also bounds the walk over days off."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that is silent from `silent_at` on unless it is heard before; heard last at `last_at`."""

    source: str
    last_at: datetime
    silent_at: datetime


def silences(connection: Connection, calendar: CompanyCalendar) -> list[Silence]:
    """Each source that sends by itself, with the moment its silence has to be said."""
    return [
        _silence_of(one, calendar) for one in sources.watched(connection) if one.silent_after_hours
    ]


def _silence_of(source: Watched, calendar: CompanyCalendar) -> Silence:
    last_at = source.last_recorded_at
    silent_at = after_working_hours(last_at, source.silent_after_hours, calendar)
    return Silence(source.name, last_at, silent_at)


@dataclass(frozen=True, slots=True)
class ToSay:
    """A silence as a page shows it: now, or from its moment on if nothing is heard until then."""

    silence: Silence
    is_now: bool
    now: datetime


def install(environment: Environment) -> None:
    """Give templates `silences_to_say()`: what a page that stays open must know to say it in time."""
    environment.globals["silences_to_say"] = _silences_to_say


def _silences_to_say() -> list[ToSay]:
    now, calendar = clock.now(), company_calendar(context.settings())
    with context.database().read() as connection:
        return [ToSay(one, one.silent_at <= now, now) for one in silences(connection, calendar)]


def after_working_hours(start: datetime, hours: int, calendar: CompanyCalendar) -> datetime:
    """The moment so many working hours after another."""
    left = timedelta(hours=hours)
    day = calendar.day_of(start)
    for _ in range(DAYS_MAX):
        if _is_working_day(calendar, day):
            begins = max(start, datetime.combine(day, DAY_BEGINS, tzinfo=calendar.zone))
            ends = datetime.combine(day, DAY_ENDS, tzinfo=calendar.zone)
            if ends - begins >= left:
                return begins + left
            left -= max(ends - begins, timedelta())
        day += timedelta(days=1)
    return datetime.combine(day, DAY_ENDS, tzinfo=calendar.zone)


def _is_working_day(calendar: CompanyCalendar, day: date) -> bool:
    return day.weekday() < 5 and day not in calendar.days_off(
        period_containing(day, PeriodKind.YEAR)
    )
