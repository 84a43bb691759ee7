"""The demo company in a temporary folder, served by a real server process on a free port."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tracker import access, clock
from tracker.config import Settings, load_settings
from tracker.demo.company import TEAMS, email_of
from tracker.demo.load import load_company
from tracker.pages.company_calendar import company_calendar
from tracker.store import keys, people, sessions
from tracker.store.database import Database, create_database, upgrade

REP = TEAMS[0].reps[0]
TIMEOUT_SECONDS = 60
STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class CompanyServer:
    """A running server, a rep's session on it and a key to send deals with."""

    port: int
    cookie: str
    ingest_key: str

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def connect(self) -> http.client.HTTPConnection:
        """A connection that is kept open, as a CRM's or a browser's would be."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_SECONDS)


@contextmanager
def company_server(on_progress: Callable[[str], None]) -> Iterator[CompanyServer]:
    """Builds the company, starts the server and stops it in the end. Takes seconds."""
    with TemporaryDirectory() as folder:
        settings = load_settings({"TRACKER_DATA": folder})
        on_progress("building a demo company")
        cookie, ingest_key = _build(settings)
        on_progress("starting a server")
        with running("tracker.cli", Path(folder)) as (_, port):
            yield CompanyServer(port, cookie, ingest_key)


@contextmanager
def running(module: str, folder: Path, **environment: str) -> Iterator[tuple[int, int]]:
    """Starts `MODULE run --port PORT` on a folder; the ids of the process and of the port it answers on."""
    port = _free_port()
    process = _start(module, folder, port, environment)
    try:
        yield process.pid, port
    finally:
        _stop(process)


def post_deal(
    connection: http.client.HTTPConnection, ingest_key: str, record: dict[str, Any]
) -> None:
    """Sends one deal event and reads the answer; AssertionError unless it was recorded."""
    headers = {"Authorization": f"Bearer {ingest_key}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/deal-events", json.dumps(record).encode(), headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != http.HTTPStatus.OK:
        raise AssertionError(f"the server answered {answer.status}: {body[:200]!r}")


def _build(settings: Settings) -> tuple[str, str]:
    database = create_database(settings)
    upgrade(database)
    for _ in load_company(database, company_calendar(settings)):
        pass
    secrets = _let_in(database)
    database.dispose()
    return secrets


def _let_in(database: Database) -> tuple[str, str]:
    now = clock.now()
    with database.write() as connection:
        rep = people.person_by_email(connection, email_of(REP))
        if rep is None:
            raise AssertionError(f"{REP} is not in the demo company")
        token = sessions.open_session(connection, rep.id, now)
        ingest_key = keys.create_key(connection, "Bench", frozenset({"ingest"}), now)
    return f"{access.SESSION_COOKIE}={token}", ingest_key


def _start(
    module: str, folder: Path, port: int, environment: Mapping[str, str]
) -> subprocess.Popen[str]:
    own = {"TRACKER_DATA": str(folder), "TRACKER_DATABASE_URL": ""}
    log = folder / "server.log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", module, "run", "--port", str(port)],
            env={**os.environ, **own, **environment},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        )
    if process.stdout is None or not any(line.startswith("ready") for line in process.stdout):
        raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")
    return process


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
