"""The command that grants equity, in units beside the money."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracker import clock
from tracker.cli import main
from tracker.config import load_settings
from tracker.store.database import Database

ANNA = ("user", "add", "--name", "Anna Lund", "--email", "anna@firma.dk", "--team", "North")
GRANT = (
    *("equity", "grant", "anna@firma.dk", "--name", "Warrants", "--units", "1200"),
    *("--from", "2025-01-01", "--over-months", "48"),
)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path))
    database = Database(load_settings().database_url)
    with clock.stopped_at(datetime(2026, 11, 24, 12, tzinfo=UTC)):
        assert main(list(ANNA)) == 0
        yield database
    database.dispose()


def listed(capsys) -> str:
    capsys.readouterr()
    assert main(["equity", "list"]) == 0
    return capsys.readouterr().out


def test_a_grant_is_listed_with_what_is_vested_and_what_comes_next(
    database: Database, capsys
) -> None:
    assert main([*GRANT, "--cliff-months", "12", "--every-months", "3"]) == 0
    assert listed(capsys) == "Anna Lund, Warrants: 525 of 1200 units vested, 75 on 2027-01-01\n"


def test_who_leaves_forfeits_the_rest_and_who_comes_back_does_not(
    database: Database, capsys
) -> None:
    assert main(list(GRANT)) == 0
    assert main(["equity", "left", "anna@firma.dk", "--on", "2026-01-31"]) == 0
    assert "300 of 1200 units vested, 900 forfeited" in listed(capsys)
    assert main(["equity", "left", "anna@firma.dk", "--not-after-all"]) == 0
    assert "forfeited" not in listed(capsys)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--every-months", "5"), "--every-months"),
        (("--cliff-months", "60"), "--cliff-months"),
        (("--units", "0"), "--units"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_by_its_option(
    database: Database, capsys, more: tuple[str, ...], said: str
) -> None:
    assert main([*GRANT, *more]) != 0
    assert said in capsys.readouterr().err
    assert listed(capsys) == ""


def test_the_same_grant_sent_again_is_not_a_second_one(database: Database, capsys) -> None:
    assert main(list(GRANT)) == 0
    assert main(list(GRANT)) != 0
    assert "is not granted it twice" in capsys.readouterr().err
    assert listed(capsys).count("Warrants") == 1
