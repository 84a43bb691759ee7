"""Sources that have been silent for too long: said on the phone and the manager's page, for silence looks like calm.

Only working hours count, so that nobody is alarmed by a night or a holiday.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Flask, current_app

from tracker import clock, logs
from tracker.engine.periods import PeriodKind, period_containing
from tracker.pages import context
from tracker.pages.company_calendar import CompanyCalendar, company_calendar
from tracker.store import sources
from tracker.store.sources import Watched
from tracker.store.types import Connection

log = logs.log_of(__name__)

REMEMBERED = timedelta(seconds=10)
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


class SilenceWatch:
    """What every page of a process says of silent sources, read once in a while for all of them.

    A calm that is remembered for some seconds is harmless: what it forgets is that a source was heard since, and its
    patience is hours. A silence is not: the page that its end brings up to date must not say it any more. So while a
    source is silent everything is read anew.
    """

    def __init__(self) -> None:
        self._found: list[Silence] = []
        self._said: set[str] = set()
        self._found_at: datetime | None = None

    def to_say(self) -> list[ToSay]:
        """Each source that sends by itself, for a page that stays open and must say a silence in time."""
        now = clock.now()
        if not self._is_fresh(now):
            self._look(now)
        return [ToSay(one, one.silent_at <= now, now) for one in self._found]

    def forget(self) -> None:
        """Read anew for the next page: somebody has chosen another patience."""
        self._found_at = None

    def _is_fresh(self, now: datetime) -> bool:
        if self._found_at is None or any(one.silent_at <= now for one in self._found):
            return False
        return self._found_at <= now < self._found_at + REMEMBERED

    def _look(self, now: datetime) -> None:
        with context.database().read() as connection:
            self._found = silences(connection, company_calendar(context.settings()))
        self._found_at = now
        silent = {one.source for one in self._found if one.silent_at <= now}
        for source in sorted(silent - self._said):
            log.warning("a source fell silent", source=source)
        for source in sorted(self._said - silent):
            log.info("a source is heard again", source=source)
        self._said = silent


def install(app: Flask) -> None:
    """Give templates `silences_to_say()`."""
    watch = SilenceWatch()
    app.extensions["silence_watch"] = watch
    app.jinja_env.globals["silences_to_say"] = watch.to_say


def watch_of_app() -> SilenceWatch:
    watch: SilenceWatch = current_app.extensions["silence_watch"]
    return watch


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
