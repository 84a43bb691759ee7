"""The doctor finds what is ill, says what to do, and tells it by the exit code."""

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders import a_deal, a_rep, an_event, shared_by
from tests.run_process import free_port, running
from tracker import clock, flow
from tracker.cli import main
from tracker.commands import doctor as doctor_module
from tracker.errors import Problem
from tracker.store import quarantine
from tracker.store.database import Database, upgrade
from tracker.store.quarantine import Arrived

Doctor = Callable[[], tuple[int, dict[str, dict[str, str]]]]


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "var"
    monkeypatch.setenv("TRACKER_DATA", str(folder))
    monkeypatch.setenv("TRACKER_PORT", str(free_port()))
    assert main(["verify", "--json"]) == 0
    return folder


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Runs the command; its exit code and its findings by what was looked at."""

    def run() -> tuple[int, dict[str, dict[str, str]]]:
        capsys.readouterr()
        code = main(["doctor", "--json"])
        return code, {found["what"]: found for found in json.loads(capsys.readouterr().out)}

    return run


def levels(found: dict[str, dict[str, str]]) -> dict[str, str]:
    return {what: finding["level"] for what, finding in found.items()}


def test_a_sound_installation_is_well(data_folder: Path, doctor: Doctor) -> None:
    assert main(["backup"]) == 0
    code, found = doctor()
    assert code == 0
    assert set(levels(found).values()) == {"ok"}, found


def test_what_is_missing_is_a_warning_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doctor: Doctor
) -> None:
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path / "new"))
    code, found = doctor()
    assert code == 0
    assert {what for what, level in levels(found).items() if level == "warning"} >= {
        "drift",
        "backup",
        "tables",
    }
    assert all(finding["fix"] for finding in found.values() if finding["level"] == "warning")


def test_drift_that_was_found_is_a_failure(data_folder: Path, doctor: Doctor) -> None:
    with sqlite3.connect(data_folder / "tracker.sqlite3") as connection:
        connection.execute("UPDATE verification SET drift_minor = 7")
    code, found = doctor()
    assert (code, levels(found)["drift"]) == (1, "failure")


def test_a_clock_behind_what_was_recorded_is_a_failure(data_folder: Path, doctor: Doctor) -> None:
    database = Database(f"sqlite:///{data_folder / 'tracker.sqlite3'}")
    with database.write() as connection:
        rep = a_rep(connection)
    tomorrow = clock.now() + timedelta(days=1)
    flow.record_deal_events(database, [an_event(a_deal(credit_shares=shared_by(rep)))], tomorrow)
    database.dispose()
    code, found = doctor()
    assert (code, levels(found)["clock"]) == (1, "failure")


def test_a_nearly_full_disk_is_a_failure(
    data_folder: Path, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_module, "FREE_BYTES_NEEDED", 10**18)
    code, found = doctor()
    assert (code, levels(found)["disk"]) == (1, "failure")


def test_a_folder_everybody_can_read_is_a_warning(data_folder: Path, doctor: Doctor) -> None:
    data_folder.chmod(0o755)
    code, found = doctor()
    assert (code, levels(found)["privacy"]) == (0, "warning")
    assert "chmod 700" in found["privacy"]["fix"]


def test_a_postgresql_that_does_not_wait_for_the_disk_is_a_failure(
    postgresql_url: str, data_folder: Path, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgresql_url)
    upgrade(database)
    database.dispose()
    monkeypatch.setenv("TRACKER_DATABASE_URL", postgresql_url)
    code, found = doctor()
    assert code == 1
    assert "fsync is off" in found["durability"]["how"]


def test_a_database_that_is_down_is_a_failure_not_a_traceback(
    data_folder: Path, doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", "postgresql://nobody:pA55phrase@127.0.0.1:1/none")
    code, found = doctor()
    assert (code, levels(found)["database"]) == (1, "failure")
    assert "pA55phrase" not in str(found)


def test_events_that_wait_are_counted_and_the_oldest_is_dated(
    data_folder: Path, doctor: Doctor
) -> None:
    database = Database(f"sqlite:///{data_folder / 'tracker.sqlite3'}")
    event = Arrived("crm", "e-1", "crm:d-1", "Nordwind", (), None, None, (Problem("a", "b"),), "{}")
    with database.write() as connection:
        long_ago = clock.now() - timedelta(days=3)
        quarantine.set_aside(connection, "CRM", [event], long_ago)
    database.dispose()
    code, found = doctor()
    assert (code, levels(found)["quarantine"]) == (0, "warning")
    assert "1 event waits" in found["quarantine"]["how"]
    assert f"{long_ago:%Y-%m-%d %H:%M}" in found["quarantine"]["how"]
    assert "(3 days)" in found["quarantine"]["how"]


def test_a_secret_that_others_may_read_is_a_failure(data_folder: Path, doctor: Doctor) -> None:
    (data_folder / "secret_key").write_text("x" * 40)
    (data_folder / "secret_key").chmod(0o640)
    code, found = doctor()
    assert (code, levels(found)["secrets"]) == (1, "failure")
    assert "chmod 600" in found["secrets"]["fix"]


def test_the_running_product_is_asked_how_far_behind_its_screens_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doctor: Doctor
) -> None:
    folder, port = tmp_path / "var", free_port()
    monkeypatch.setenv("TRACKER_DATA", str(folder))
    monkeypatch.setenv("TRACKER_PORT", str(port))
    with running(folder, port):
        _, found = doctor()
        assert (levels(found)["outbox"], levels(found)["privacy"]) == ("ok", "ok")
        assert "0.0 s behind" in found["outbox"]["how"]
        monkeypatch.setattr(doctor_module, "OUTBOX_LAG_SECONDS_MAX", -1)
        code, found = doctor()
        assert (code, levels(found)["outbox"]) == (1, "failure")


def test_an_old_check_is_no_longer_trusted(data_folder: Path, doctor: Doctor) -> None:
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    with sqlite3.connect(data_folder / "tracker.sqlite3") as connection:
        connection.execute("UPDATE verification SET checked_at = ?", [long_ago])
    _, found = doctor()
    assert levels(found)["drift"] == "warning"
