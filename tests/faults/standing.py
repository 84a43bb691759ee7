"""A company as it stands: a folder, and a database in it or on a PostgreSQL; copied, and read out row by row.

What a killed process leaves is compared with what an uncut one does, so all there is belongs to it: every row of every
table, and every file beside the database.
"""

import re
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol, Self

import psycopg
from psycopg import sql

from tests.postgres import PostgresServer

DATABASE_FILE = "tracker.sqlite3"
BY_CHANCE = {"key_hash", "token_hash", "password_hash", "prefix", "secrets", "seconds"}
"""Columns that are drawn by chance, or count the time it took: another each time."""
NEWS = ("kind", "payee_id", "team_id", "deal_key", "is_win")
"""What the outbox says; whether it is a win comes last."""
EVENT_NUMBERS = ("event_id", "last_event_id")
"""Where another table than its own names a deal event by its number."""
STAGED_ID = re.compile(r"\b[0-9a-f]{16}\b")
SCHEMA = "what the tables are"
SCHEMA_ON_POSTGRESQL = """
    SELECT indexdef AS said FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT concat_ws(' ', relname, attname, format_type(atttypid, atttypmod), attnotnull)
    FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0
"""
GONE_SECONDS_MAX = 10

Contents = dict[str, list[str]]
"""The rows of each table, written out, and the files."""


class Rows(NamedTuple):
    columns: tuple[str, ...]
    values: list[list[Any]]

    def only(self, names: tuple[str, ...]) -> list[tuple[Any, ...]]:
        places = [self.columns.index(name) for name in names]
        return [tuple(row[place] for place in places) for row in self.values]


class Kept(NamedTuple):
    """All there is of a company, to the last digit."""

    tables: dict[str, Rows]
    files: list[str]


class Standing(Protocol):
    folder: Path

    def environment(self) -> dict[str, str]:
        """The settings of a process that works on it."""

    def copied(self, name: str) -> Self:
        """The same in a place of its own of this name; what was there is gone."""

    def emptied(self, name: str) -> Self:
        """A place without a company."""

    def kept(self) -> Kept:
        """Everything in the database, if there is one, and every file, once nothing is left of whoever worked on it."""


@dataclass(frozen=True)
class OnSqlite:
    """The database is a file of the folder."""

    folder: Path

    def environment(self) -> dict[str, str]:
        return _settings(self.folder, f"sqlite:///{self.folder / DATABASE_FILE}")

    def copied(self, name: str) -> Self:
        return type(self)(_copied(self.folder, name))

    def emptied(self, name: str) -> Self:
        return type(self)(_emptied(self.folder, name))

    def kept(self) -> Kept:
        return Kept(self._tables(), _files(self.folder))

    def _tables(self) -> dict[str, Rows]:
        if not (self.folder / DATABASE_FILE).exists():
            return {}
        connection = sqlite3.connect(self.folder / DATABASE_FILE)
        try:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            names = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"
            ).fetchall()
            tables = {
                name: _rows(connection.execute(f'SELECT * FROM "{name}"')) for (name,) in names
            }
            return tables | {
                SCHEMA: _rows(
                    connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
                )
            }
        finally:
            connection.close()


@dataclass(frozen=True)
class OnPostgresql:
    """The database is one of a server."""

    folder: Path
    server: PostgresServer
    name: str
    numbers: dict[str, int] = field(default_factory=dict)
    """How far the numbers of each table had come when it was made ready."""

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def environment(self) -> dict[str, str]:
        return _settings(self.folder, self.url)

    def copied(self, name: str) -> Self:
        with self._calm_connection():  # before the first copy, too: so every other begins alike
            pass
        copy = f"test_{name}"
        self.server.drop_database(copy)
        self.server.create_database(self.name, copy)
        return type(self)(_copied(self.folder, name), self.server, copy, self.numbers)

    def emptied(self, name: str) -> Self:
        empty = f"test_{name}"
        self.server.drop_database(empty)
        self.server.create_database(name=empty)
        return type(self)(_emptied(self.folder, name), self.server, empty)

    def _wait_until_alone(self, connection: psycopg.Connection[Any]) -> None:
        others = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = %s AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        give_up_at = time.monotonic() + GONE_SECONDS_MAX
        while connection.execute(others, (self.name,)).fetchone() != (0,):
            assert time.monotonic() < give_up_at, "a process that was killed is still connected"
            time.sleep(0.002)

    def kept(self) -> Kept:
        with self._calm_connection() as connection:
            names = connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
            ).fetchall()
            every = sql.SQL("SELECT * FROM {}")
            with connection.pipeline():
                cursors = {
                    name: connection.execute(every.format(sql.Identifier(name)))
                    for (name,) in names
                }
                cursors[SCHEMA] = connection.execute(SCHEMA_ON_POSTGRESQL)
            tables = {name: _rows(cursor) for name, cursor in cursors.items()}
        return Kept(tables, _files(self.folder))

    @contextmanager
    def _calm_connection(self) -> Iterator[psycopg.Connection[Any]]:
        """What was begun is undone by now, and the numbers it took for that are given back: else ids leave gaps."""
        address = self.url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(address, autocommit=True) as connection:
            self._wait_until_alone(connection)
            self._give_numbers_back(connection)
            yield connection

    def _give_numbers_back(self, connection: psycopg.Connection[Any]) -> None:
        sequences = _sequences(connection)
        if not sequences:
            return
        found = connection.execute(_highest_numbers(sequences)).fetchall()
        next_numbers = [
            max(highest, self.numbers.setdefault(table, highest)) + 1 for table, highest in found
        ]
        connection.execute(
            "SELECT setval(name, next, false) FROM unnest(%s::text[], %s::bigint[]) AS it (name, next)",
            ([sequences[table] for table, _ in found], next_numbers),
        )


def _sequences(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Every table that numbers its rows, and by what."""
    found = connection.execute(
        "SELECT relname, pg_get_serial_sequence(quote_ident(relname), attname) FROM pg_class"
        " JOIN pg_attribute ON attrelid = pg_class.oid AND attname = 'id'"
        " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    ).fetchall()
    return {table: sequence for table, sequence in found if sequence}


def _highest_numbers(sequences: dict[str, str]) -> sql.Composed:
    each = sql.SQL("SELECT {}, coalesce(max(id), 0) FROM {}")
    return sql.SQL(" UNION ALL ").join(
        each.format(sql.Literal(table), sql.Identifier(table)) for table in sequences
    )


def _settings(folder: Path, database_url: str) -> dict[str, str]:
    return {
        "TRACKER_DATA": str(folder),
        "TRACKER_DATABASE_URL": database_url,
        "TRACKER_PUBLIC_URL": "http://localhost",
    }


def _copied(folder: Path, name: str) -> Path:
    copy = folder.parent / name
    shutil.rmtree(copy, ignore_errors=True)
    return Path(shutil.copytree(folder, copy))


def _emptied(folder: Path, name: str) -> Path:
    empty = folder.parent / name
    empty.mkdir()
    return empty


def _rows(cursor: Any) -> Rows:
    return Rows(
        tuple(column[0] for column in cursor.description), [list(row) for row in cursor.fetchall()]
    )


def contents(kept: Kept) -> Contents:
    """Every row and every file, but for what is drawn by chance."""
    tables = _without_gaps(kept.tables)
    found = {name: _written_out(rows) for name, rows in tables.items()}
    if "outbox" in found:  # news may be told again, and sequences leave gaps; a win is told once
        news = tables["outbox"].only(NEWS)
        wins = [one for one in news if one[-1]]
        found["outbox"] = sorted(map(repr, [*({*news} - {*wins}), *wins]))
    found["files"] = [STAGED_ID.sub("…", one) for one in kept.files]
    return found


def _without_gaps(tables: dict[str, Rows]) -> dict[str, Rows]:
    """With new numbers for deal events: PostgreSQL leaves out that of one that was there already."""
    if "deal_event" not in tables:
        return tables
    numbers = sorted(number for (number,) in tables["deal_event"].only(("id",)))
    places = {number: place for place, number in enumerate(numbers, start=1)}
    return {
        name: _renumbered(rows, ("id",) if name == "deal_event" else EVENT_NUMBERS, places)
        for name, rows in tables.items()
    }


def _renumbered(rows: Rows, names: tuple[str, ...], places: dict[int, int]) -> Rows:
    named = [index for index, column in enumerate(rows.columns) if column in names]
    values = [
        [places.get(value) if index in named else value for index, value in enumerate(row)]
        for row in rows.values
    ]
    return Rows(rows.columns, values) if named else rows


def _written_out(rows: Rows) -> list[str]:
    kept = tuple(name for name in rows.columns if name not in BY_CHANCE)
    return sorted(map(repr, rows.only(kept)))


def _files(folder: Path) -> list[str]:
    """Every file beside the database, and what is in it."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(
        f"{path.relative_to(folder)}: {path.read_bytes()!r}"
        for path in paths
        if not path.name.startswith(DATABASE_FILE)
    )


def differences(right: Contents, found: Contents, may_differ: set[str]) -> Contents:
    """By table, the rows that only one of them has. Tables that `may_differ` are not looked at."""
    return {
        name: sorted({*right.get(name, ())} ^ {*found.get(name, ())}) or ["not as often"]
        for name in (right.keys() | found.keys()) - may_differ
        if right.get(name) != found.get(name)
    }
