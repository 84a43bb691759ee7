"""The command that scores objectives."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.store.test_flow_objectives import MBO
from tracker import clock, flow
from tracker.cli import main
from tracker.config import load_settings
from tracker.store import people
from tracker.store.database import Database

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path))
    database = Database(load_settings().database_url)
    with clock.stopped_at(AT):
        assert (
            main(["user", "add", "--name", "Anna", "--email", "anna@firma.dk", "--team", "N"]) == 0
        )
        with database.read() as connection:
            anna = people.payee_by_reference(connection, "anna@firma.dk")
        assert anna is not None
        flow.activate_plan_version(database, "mbo", date(2026, 1, 1), MBO, "test", AT)
        flow.assign_plan(database, anna.id, "mbo", date(2026, 1, 1), None, "test", AT)
        yield database
    database.dispose()


def listed(capsys, *words: str) -> str:
    capsys.readouterr()
    assert main(["objective", "list", *words]) == 0
    return capsys.readouterr().out


def test_a_score_is_given_listed_and_changed_with_a_reason(database: Database, capsys) -> None:
    assert listed(capsys) == "Anna, nps, 2026-Q4: no score\n"
    assert main(["objective", "score", "anna@firma.dk", "nps", "87.5%"]) == 0
    assert listed(capsys) == "Anna, nps, 2026-Q4: 87.5%\n"
    assert main(["objective", "score", "anna@firma.dk", "nps", "90%"]) != 0
    changed = ["objective", "score", "anna@firma.dk", "nps", "90%", "--reason", "Recount"]
    assert main(changed) == 0
    assert listed(capsys) == "Anna, nps, 2026-Q4: 90%\n"
    assert listed(capsys, "--window", "2026-Q3") == "Anna, nps, 2026-Q3: no score\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("anna@firma.dk", "nps", "87.555%"), "no score"),
        (("anna@firma.dk", "nps", "90"), "no score"),
        (("anna@firma.dk", "luck", "90%"), "the objectives are: nps"),
        (("bo@firma.dk", "nps", "90%"), "nobody has this reference"),
        (("anna@firma.dk", "nps", "90%", "--window", "2026-5"), "names no period"),
    ],
)
def test_what_cannot_be_scored_is_refused_in_words(
    database: Database, capsys, words: tuple[str, ...], said: str
) -> None:
    assert main(["objective", "score", *words]) != 0
    assert said in capsys.readouterr().err
