"""The clock: aware, in one place, and told the time by whoever tests."""

import threading
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from tracker import clock

NEW_YEARS_EVE = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_a_stopped_clock_stands_still_and_runs_again_afterwards() -> None:
    with clock.stopped_at(NEW_YEARS_EVE):
        assert clock.now() == clock.now() == NEW_YEARS_EVE
    assert clock.now() != NEW_YEARS_EVE


def test_today_depends_on_where_the_company_is() -> None:
    with clock.stopped_at(NEW_YEARS_EVE):
        assert clock.today(ZoneInfo("UTC")) == date(2026, 12, 31)
        assert clock.today(ZoneInfo("Europe/Copenhagen")) == date(2027, 1, 1)


def test_a_stopped_clock_is_stopped_in_every_thread() -> None:
    seen: list[datetime] = []
    with clock.stopped_at(NEW_YEARS_EVE):
        thread = threading.Thread(target=lambda: seen.append(clock.now()))
        thread.start()
        thread.join()
    assert seen == [NEW_YEARS_EVE]


def test_stopped_clocks_nest_and_survive_an_error() -> None:
    later = NEW_YEARS_EVE + timedelta(hours=1)
    with clock.stopped_at(NEW_YEARS_EVE):
        with pytest.raises(KeyError), clock.stopped_at(later):
            raise KeyError
        assert clock.now() == NEW_YEARS_EVE


def test_a_clock_told_in_another_zone_answers_in_utc() -> None:
    with clock.stopped_at(NEW_YEARS_EVE.astimezone(timezone(timedelta(hours=5)))):
        assert clock.now() == NEW_YEARS_EVE
        assert clock.now().tzinfo is UTC


def test_a_moment_without_a_zone_is_refused() -> None:
    with clock.stopped_at(datetime(2026, 1, 1)), pytest.raises(ValueError, match="no zone"):
        clock.now()
