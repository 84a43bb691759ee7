"""Where the demo may build its company, and when it builds it anew."""

from datetime import date
from itertools import islice
from pathlib import Path

import pytest

from tests.builders import a_rep
from tracker import clock
from tracker.config import Settings, load_settings
from tracker.demo import load
from tracker.demo.load import load_company, make_room
from tracker.errors import Conflict
from tracker.pages.company_calendar import company_calendar
from tracker.store import people
from tracker.store.database import opened_database


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"TRACKER_DATA": str(tmp_path)})


@pytest.fixture
def today(settings: Settings) -> date:
    return company_calendar(settings).day_of(clock.now())


def build(settings: Settings, day_count: int | None = None) -> None:
    """The company with so many days of its history; without a number to the end."""
    with opened_database(settings) as database:
        for _ in islice(load_company(database, company_calendar(settings)), day_count):
            pass


def payee_count(settings: Settings) -> int:
    with opened_database(settings) as database, database.read() as connection:
        return len(people.payees(connection))


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_company_whose_building_was_stopped_is_built_anew(
    settings: Settings, today: date, tmp_path: Path, is_kept: bool
) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert make_room(settings, today, is_kept)
    build(settings, day_count=1)
    assert make_room(settings, today, is_kept)
    assert payee_count(settings) == 0
    assert (tmp_path / "notes.txt").exists()


def test_a_company_with_its_whole_history_stays_for_the_day_or_as_long_as_it_is_kept(
    settings: Settings, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load, "history", lambda _today: [])
    build(settings)
    tomorrow = date.fromordinal(today.toordinal() + 1)
    assert not make_room(settings, today, is_kept=False)
    assert not make_room(settings, tomorrow, is_kept=True)
    assert payee_count(settings) > 0
    assert make_room(settings, tomorrow, is_kept=False)
    assert payee_count(settings) == 0


def test_the_database_of_a_real_company_is_left_alone(settings: Settings, today: date) -> None:
    with opened_database(settings) as database, database.write() as connection:
        a_rep(connection)
    with pytest.raises(Conflict, match="real company"):
        make_room(settings, today, is_kept=True)
    assert payee_count(settings) == 1
