"""One write, done in a process of its own that ends at once before a given statement: as a kill there would.

Counted is everything that goes to the database: each statement, and each commit. Afterwards the same is done again by
a fresh process, as a client does that had no answer, and what the database holds is compared with the uncut write.
"""

import json
import multiprocessing
import os
import shutil
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from tracker import cli, clock
from tracker.app import create_app
from tracker.config import load_settings

CUT = 77
"""The exit code of a process that was cut off."""

forking = multiprocessing.get_context("forkserver")
forking.set_forkserver_preload([__name__, "tracker.ingest.import_command"])


@dataclass(frozen=True)
class Request:
    """What is done: a request to the application, or a command; at a moment, since clocks stand still here."""

    at: datetime
    path: str = ""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Done:
    """How it was answered (the exit code, of a command), and how often it asked the database."""

    status: int
    statements: int
    commits: tuple[int, ...]  # those of writes


def perform(folder: Path, request: Request, cut_before: int, told: Path) -> None:
    """Runs in a process of its own. `cut_before` 0: never."""
    os.environ["TRACKER_DATA"] = str(folder)
    os.environ["TRACKER_PUBLIC_URL"] = "http://localhost"
    counter = _Counter(cut_before)
    event.listen(Engine, "before_cursor_execute", counter.note_statement)
    event.listen(Engine, "commit", counter.note_commit)
    with clock.stopped_at(request.at):
        status = _command(request) if request.command else _request(request)
    told.write_text(json.dumps([status, counter.count, counter.commits]))


class _Counter:
    """Counts what goes to the database, and ends the process when it is time."""

    def __init__(self, cut_before: int) -> None:
        self.count, self.commits = 0, list[int]()
        self._cut_before, self._is_writing = cut_before, False

    def note_statement(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self._is_writing |= statement == "BEGIN IMMEDIATE"
        self._note()

    def note_commit(self, _connection: Any) -> None:
        self._note()
        if self._is_writing:
            self.commits.append(self.count)
        self._is_writing = False

    def _note(self) -> None:
        self.count += 1
        if self.count == self._cut_before:
            os._exit(CUT)


def _request(request: Request) -> int:
    app = create_app(load_settings())
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    for name, value in request.cookies.items():
        client.set_cookie(name, value)
    kind = {"json": request.body} if request.headers.get("kind") == "json" else {}
    headers = {name: value for name, value in request.headers.items() if name != "kind"}
    answer = client.post(request.path, headers=headers, **(kind or {"data": request.body}))
    return answer.status_code


def _command(request: Request) -> int:
    return cli.main(list(request.command))


def done_in(folder: Path, request: Request, cut_before: int = 0) -> Done | None:
    """Do it on the company in this folder; None when it was cut off."""
    told = folder / "told.json"
    process = forking.Process(target=perform, args=(folder, request, cut_before, told))
    process.start()
    process.join()
    if process.exitcode == CUT:
        return None
    assert process.exitcode == 0, f"{request} ended with {process.exitcode}"
    status, statements, commits = json.loads(told.read_text())
    return Done(status, statements, tuple(commits))


def copied(folder: Path, copy: Path) -> Path:
    """The company as it stood, in a place of its own."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return copy


Contents = dict[str, list[str]]
"""The rows of each table, written out."""

# What is drawn by chance, or counts the time it took, is another each time.
BY_CHANCE = {"key_hash", "token_hash", "password_hash", "prefix", "secrets", "seconds"}
NEWS = "SELECT kind, payee_id, team_id, deal_key, is_win FROM outbox"


def contents(folder: Path) -> Contents:
    """Every row of every table, but for what is drawn by chance; nothing where there is no database."""
    if not (folder / "tracker.sqlite3").exists():
        return {}
    connection = sqlite3.connect(folder / "tracker.sqlite3")
    try:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'"
        ).fetchall()
        found = {name: _rows(connection, name) for (name,) in names}
        if (
            "outbox" in found
        ):  # news may be told again, and sequences leave gaps; a win is told once
            calm = connection.execute(
                NEWS.replace("SELECT", "SELECT DISTINCT") + " WHERE NOT is_win"
            )
            wins = connection.execute(NEWS + " WHERE is_win")
            found["outbox"] = sorted(map(repr, [*calm, *wins]))
        return found
    finally:
        connection.close()


def _rows(connection: sqlite3.Connection, table: str) -> list[str]:
    found = connection.execute(f'SELECT * FROM "{table}"')
    kept = [index for index, column in enumerate(found.description) if column[0] not in BY_CHANCE]
    return sorted(repr(tuple(row[index] for index in kept)) for row in found)


def is_changed(before: Path, after: Path) -> bool:
    """Whether any row is another, also one that is drawn by chance."""
    dumps = []
    for folder in (before, after):
        if not (folder / "tracker.sqlite3").exists():
            return True
        with sqlite3.connect(folder / "tracker.sqlite3") as connection:
            dumps.append(list(connection.iterdump()))
        connection.close()
    return dumps[0] != dumps[1]


def differences(right: Contents, found: Contents) -> dict[str, list[str]]:
    """By table, the rows that only one of them has."""
    return {
        name: sorted({*right.get(name, ())} ^ {*found.get(name, ())}) or ["not as often"]
        for name in right.keys() | found.keys()
        if right.get(name) != found.get(name)
    }
