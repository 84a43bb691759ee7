"""One write, done in a process of its own that ends at once before a given statement: as a kill there would.

Counted is everything that goes to the database: each statement, and each commit. Afterwards the same is done again by
a fresh process, as a client does that had no answer.
"""

import gc
import importlib
import multiprocessing
import os
import sys
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from tests.faults.standing import Standing
from tracker import cli, clock, importing, simulating
from tracker.app import create_app
from tracker.config import Settings, load_settings
from tracker.store.database import opened_database
from tracker.store.engines import READ

CUT = 77
"""The exit code of a process that was cut off."""


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
    """How it was answered (the exit code and nothing, of a command), and how often it asked the database."""

    status: int
    answer: str
    statements: int
    commits: tuple[int, ...]  # those of writes
    modules: frozenset[str] = field(repr=False)  # those that it had loaded in the end


@dataclass(frozen=True)
class _Task:
    environment: dict[str, str]
    request: Request
    cut_before: int  # 0: never
    modules: frozenset[str]  # to be loaded before: else every process after it loads them again


def done_on(company: Standing, request: Request, cut_before: int = 0) -> Done | None:
    """Do it on the company as it stands, in a fresh process; None when it was cut off."""
    return _ready().do(company.environment(), request, cut_before)


@cache
def _ready() -> "_Ready":
    return _Ready()


class _Ready:
    """A process that has everything loaded and nothing open, and forks one for each thing that is to be done."""

    def __init__(self) -> None:
        anew = multiprocessing.get_context(
            "spawn"
        )  # a copy of this one would have its threads' locks
        self._ours, theirs = anew.Pipe()
        anew.Process(target=_fork_on_demand, args=(theirs,), daemon=True).start()
        theirs.close()
        self._modules: frozenset[str] = frozenset()

    def do(self, environment: dict[str, str], request: Request, cut_before: int) -> Done | None:
        self._ours.send(_Task(environment, request, cut_before, self._modules))
        said = self._ours.recv()
        if said == CUT:
            return None
        assert isinstance(said, Done), f"{request} ended with {said}"
        self._modules |= said.modules
        return said


def _fork_on_demand(asked: Connection) -> None:
    """Until nobody asks any more. Each says itself how it went; of one that could not, its exit code is said."""
    with suppress(EOFError):
        while True:
            task: _Task = asked.recv()
            _load(task.modules)
            app = None if task.request.command else _app_on(tuple(task.environment.items()))
            child = os.fork()
            if child == 0:
                _end_with(task, app, asked)
            _, status = os.waitpid(child, 0)
            if status:
                asked.send(os.waitstatus_to_exitcode(status))


def _load(modules: frozenset[str]) -> None:
    for name in modules - sys.modules.keys():
        with suppress(ImportError):  # a migration is loaded from its file, under no name of its own
            importlib.import_module(name)


@lru_cache(maxsize=1)
def _app_on(environment: tuple[tuple[str, str], ...]) -> Flask:
    app = create_app(load_settings(dict(environment)))
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def _end_with(task: _Task, app: Flask | None, told: Connection) -> None:
    """The whole life of a process that does one thing."""
    gc.freeze()  # looking for garbage among what was there before would copy all of it
    code = 1
    try:
        os.environ.update(task.environment)
        told.send(_perform(task.request, app, task.cut_before))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _perform(request: Request, app: Flask | None, cut_before: int) -> Done:
    counter = _Counter(cut_before)
    event.listen(Engine, "before_cursor_execute", counter.note_statement)
    event.listen(Engine, "commit", counter.note_commit)
    _work_here()
    with clock.stopped_at(request.at):
        status, answer = (
            (cli.main(list(request.command)), "") if app is None else _answer(app, request)
        )
    return Done(status, answer, counter.count, tuple(counter.commits), frozenset(sys.modules))


def _work_here() -> None:
    """What a page leaves to a process of its own is done before it answers: its statements count, too."""

    def simulate(settings: Settings, draft_id: int, by: str) -> None:
        with opened_database(settings) as database:
            today = clock.today(settings.company_zone)
            simulating.simulate_draft(database, draft_id, today, by, clock.now())

    importing.start = importing.work
    simulating.start = simulate  # type: ignore[assignment]


class _Counter:
    """Counts what goes to the database, and ends the process when it is time."""

    def __init__(self, cut_before: int) -> None:
        self.count, self.commits = 0, list[int]()
        self._cut_before = cut_before

    def note_statement(self, *_: Any) -> None:
        self.count += 1
        if self.count == self._cut_before:
            os._exit(CUT)

    def note_commit(self, connection: Any) -> None:
        self.note_statement()
        if not _only_reads(connection):
            self.commits.append(self.count)


def _only_reads(connection: Any) -> bool:
    options = connection.get_execution_options()
    return options.get("tracker_purpose") == READ or options.get("postgresql_readonly", False)


def _answer(app: Flask, request: Request) -> tuple[int, str]:
    client = app.test_client()
    for name, value in request.cookies.items():
        client.set_cookie(name, value)
    kind = {"json": request.body} if request.headers.get("kind") == "json" else {}
    headers = {name: value for name, value in request.headers.items() if name != "kind"}
    answer = client.post(request.path, headers=headers, **(kind or {"data": request.body}))
    return answer.status_code, answer.text
