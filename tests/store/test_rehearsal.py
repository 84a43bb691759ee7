"""What is rehearsed is done in full, kept nowhere, and holds up nobody else."""

import os
from pathlib import Path

import pytest

from tests.builders import a_deal, an_event, shared_by
from tests.store.conftest import AT
from tracker import flow
from tracker.errors import Unavailable
from tracker.store import deals, people, rehearsal, totals
from tracker.store.database import Database
from tracker.store.rehearsal import rehearsing, rehearsing_aside

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""PostgreSQL needs no copy."""


def sold(key: str, payee_id: int) -> object:
    return an_event(a_deal(key, 100_00, credit_shares=shared_by(payee_id)))


def test_what_is_rehearsed_is_seen_inside_and_gone_afterwards(
    database: Database, anna: int
) -> None:
    with rehearsing(database) as tried:
        flow.record_deal_events(tried, [sold("crm:1", anna)], AT)  # type: ignore[list-item]
        with tried.read() as connection:
            earned = totals.earnings_of(connection, anna, "2026-Q4")
    assert sum(sum(periods.values()) for periods in earned.values()) == 5_00
    with database.read() as connection:
        assert deals.deal(connection, "crm:1") is None
        assert totals.earnings_of(connection, anna, "2026-Q4") == {}


def test_others_write_while_something_is_rehearsed_aside(database: Database, anna: int) -> None:
    with database.write() as connection:
        bo = people.add_payee(connection, "bo@firma.dk", "Bo", None)
    with rehearsing_aside(database) as tried:
        flow.record_deal_events(tried, [sold("crm:1", anna)], AT)  # type: ignore[list-item]
        flow.record_deal_events(database, [sold("crm:2", bo)], AT)  # type: ignore[list-item]
    with database.read() as connection:
        assert deals.deal(connection, "crm:1") is None
        assert deals.deal(connection, "crm:2") is not None


@on_sqlite
def test_a_copy_is_deleted_also_one_that_was_left_behind(database: Database, anna: int) -> None:
    folder = Path(str(database.url.database)).parent
    left = folder / "rehearsal-left"
    left.mkdir()
    os.utime(left, (0, 0))
    with rehearsing_aside(database):
        (copy,) = folder.glob("rehearsal-*")
        assert copy.stat().st_mode & 0o077 == 0, "it holds everybody's pay"
    assert list(folder.glob("rehearsal-*")) == []


@on_sqlite
def test_without_room_for_a_copy_it_is_said(
    database: Database, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:

    def full(*_about: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(rehearsal.sqlite3, "connect", full)
    with (
        pytest.raises(Unavailable, match="Make as much room on the disk"),
        rehearsing_aside(database),
    ):
        pass
