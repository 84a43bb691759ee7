"""The demo company in a temporary folder, served by a real server process on a free port."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
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
        port = _free_port()
        process = _start(Path(folder), port)
        try:
            yield CompanyServer(port, cookie, ingest_key)
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


def _start(folder: Path, port: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker.cli", "run", "--port", str(port)],
        env={
            **os.environ,
            "TRACKER_DATA": str(folder),
            "TRACKER_DATABASE_URL": "",
            "TRACKER_LOG_LEVEL": "warning",  # a line for each request would bury the progress
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if process.stdout is None or not any(line.startswith("ready") for line in process.stdout):
        raise AssertionError("the server did not start; what it said stands above")
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
