"""Transactions do what every write relies on."""

import sqlite3
import threading
import traceback
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tracker.errors import Unavailable
from tracker.store import database as database_module
from tracker.store import outbox, people
from tracker.store.database import Database, upgrade

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)


class Broken(Exception):
    pass


def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def add_team_and_break() -> None:
        with database.write() as connection:
            people.add_team(connection, "North")
            raise Broken

    with pytest.raises(Broken):
        add_team_and_break()
    with database.read() as connection:
        assert people.teams(connection) == []


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as connection:
        people.add_team(connection, "North")
    with database.write() as connection:
        people.add_team(connection, "North")
        assert [team.name for team in people.teams(connection)] == ["North"]


def test_a_read_sees_one_moment_however_many_statements_it_takes(database: Database) -> None:
    with database.read() as reading:
        assert people.teams(reading) == []
        with database.write() as writing:
            people.add_team(writing, "North")
        assert people.teams(reading) == []


def test_a_write_on_sqlite_holds_the_database_from_its_first_moment(
    sqlite_url: str, tmp_path: Path
) -> None:
    database = Database(sqlite_url)
    stranger = sqlite3.connect(tmp_path / "tracker.sqlite3", timeout=0, isolation_level=None)
    with (
        closing(stranger),
        database.write(),
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        stranger.execute("BEGIN IMMEDIATE")
    database.dispose()


def test_sqlite_waits_for_the_disk_and_keeps_references(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    with database.read() as connection:
        pragmas = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    assert pragmas == ["wal", 2, 1, 30_000]
    database.dispose()


def test_references_are_kept_after_a_migration_too(empty_sqlite_url: str) -> None:
    database = Database(empty_sqlite_url)
    upgrade(database)
    with database.read() as connection:
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.dispose()


def test_a_database_that_is_away_is_said_plainly() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match="does not answer"), database.read():
        pass


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a file"):
        Database("sqlite://")


def test_listeners_are_woken_after_the_commit_and_only_for_news(database: Database) -> None:
    seen: list[int] = []

    def count_changes() -> None:
        with database.read() as connection:
            seen.append(len(outbox.changes_after(connection, 0)))

    database.on_commit(count_changes)
    with database.write() as connection:
        people.add_team(connection, "North")
    assert seen == []
    with database.write() as connection:
        outbox.append(connection, [outbox.OutboxChange("access", payee_id=1)], AT)
        assert seen == []
    assert seen == [1]


def test_a_failing_listener_cannot_undo_a_commit(database: Database) -> None:
    def fail() -> None:
        raise Broken

    database.on_commit(fail)
    with database.write() as connection:
        outbox.append(connection, [outbox.OutboxChange("access", payee_id=1)], AT)
    with database.read() as connection:
        assert len(outbox.changes_after(connection, 0)) == 1


def test_writers_of_one_process_wait_for_each_other(database: Database) -> None:
    with database.write() as connection:
        people.put_setting(connection, "count", "0")

    def add_one() -> None:
        for _ in range(20):
            with database.write() as connection:
                connection.execute(
                    text("SELECT 1 FROM setting WHERE name = 'count' FOR UPDATE")
                    if database.dialect == "postgresql"
                    else text("SELECT 1")
                )
                count = int(people.setting(connection, "count", "0"))
                people.put_setting(connection, "count", str(count + 1))

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as connection:
        assert people.setting(connection, "count", "0") == "80"


def test_no_value_of_a_statement_reaches_a_log(database: Database) -> None:
    pay = str(187_000 + 450)
    with pytest.raises(DBAPIError) as error, database.write() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:pay)"), {"pay": pay})
    assert pay not in "".join(traceback.format_exception(error.value))


def test_after_a_change_that_could_not_be_kept_another_is_tried_and_others_left_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.require_writable()
    database.note_written(is_kept=False)
    with pytest.raises(Unavailable, match="a moment ago"):
        database.require_writable()
    database.write_if_possible(lambda connection: people.add_team(connection, "North"))
    monkeypatch.setattr(database_module, "DISTRUST_SECONDS", 0)
    database.require_writable()
    database.write_if_possible(lambda connection: people.add_team(connection, "South"))
    with database.read() as connection:
        assert [team.name for team in people.teams(connection)] == ["South"]
        assert connection.scalar(text("SELECT 1")) == 1
