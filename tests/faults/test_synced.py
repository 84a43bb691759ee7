"""What is acknowledged has reached the disk: counted there, tried with a disk that fails, and with a server killed.

A real loss of power cannot be tried here: the machine would have to go with it.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.asking import (
    OK,
    UNREADY,
    ask,
    assert_told_to_come_back,
    post,
    seconds_until_ok,
)
from tests.faults.company import REPS, Company, compare, make_company
from tests.faults.deals_sent import Crm, Event
from tests.faults.senders import Journal, Sender, Senders
from tests.faults.servers import Server, running_fleet
from tests.faults.size import chance, sized
from tests.faults.tracing import SYNCS, count_calls, failing, require_strace, traced
from tests.postgres import PostgresServer

TRIES, EVENTS_BETWEEN = 10, 40
DURABLE = "\nmax_connections = 200\n"
"""Nothing is switched off here: this server waits for its disk."""


@pytest.fixture(scope="module")
def durable_postgres() -> Iterator[PostgresServer]:
    with postgres.running_postgres(DURABLE) as server:
        yield server


def doctor(company: Company) -> dict[str, dict[str, str]]:
    environment = {
        **os.environ,
        "TRACKER_DATA": str(company.folder),
        "TRACKER_DATABASE_URL": company.database_url,
    }
    command = [sys.executable, "-m", "tracker.cli", "doctor", "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return {found["what"]: found for found in json.loads(done.stdout)}


def wait_until(is_so: Callable[[], bool], seconds_max: float = 120) -> None:
    give_up_at = time.monotonic() + seconds_max
    while not is_so():
        assert time.monotonic() < give_up_at, "it did not come to it"
        time.sleep(0.02)


def worker_of(server: Server) -> int:
    (number,) = server.worker_ids()
    return number


def integrity(company: Company) -> str:
    path = company.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_every_acknowledged_commit_was_synced(
    sqlite_company: Company, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    require_strace()
    company = sqlite_company
    assert doctor(company)["durability"]["level"] == "ok"
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (server,) = fleet.servers
        synced = syncs_of_posts(company, server, lambda: [worker_of(server)], tmp_path / "trace")
    assert synced >= TRIES
    tell(f"SQLite WAL, FULL by doctor; {synced} syncs for {TRIES} acknowledged commits")


def test_every_acknowledged_commit_was_synced_by_postgresql(
    durable_postgres: PostgresServer, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    """Counted at its own processes; with `synchronous_commit` off it would sync later, and `doctor` says so."""
    require_strace()
    database = durable_postgres.create_database()
    company = make_company(tmp_path / "company", durable_postgres.url(database))
    assert doctor(company)["durability"]["level"] == "ok"
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (server,) = fleet.servers
        of_postgres = durable_postgres.process_ids
        synced = syncs_of_posts(company, server, of_postgres, tmp_path / "trace")
    assert synced >= TRIES
    durable_postgres.set_for(database, "synchronous_commit", "off")
    durability = doctor(company)["durability"]
    assert durability["level"] == "failure"
    assert "synchronous_commit is off" in durability["how"]
    tell(f"PostgreSQL; {synced} syncs by its processes for {TRIES} acknowledged commits")


def syncs_of_posts(
    company: Company, server: Server, process_ids: Callable[[], list[int]], trace: Path
) -> int:
    """How often these processes made sure of the disk while deals were posted, one after the other."""
    crm = Crm("w", chance("synced"), REPS)
    post(server.port, company.key, [crm.next_event()])  # what is done but once, is done
    with traced(process_ids(), trace, "-e", f"trace={SYNCS}"):
        statuses = [post(server.port, company.key, [crm.next_event()]).status for _ in range(TRIES)]
    assert statuses == [OK] * TRIES
    return count_calls(trace, SYNCS)


@pytest.mark.parametrize(("calls", "error"), [(SYNCS, "EIO"), ("pwrite64", "ENOSPC")])
def test_what_the_disk_refused_is_not_acknowledged_and_the_worker_says_so(
    sqlite_company: Company, tmp_path: Path, tell: Callable[[str], None], calls: str, error: str
) -> None:
    require_strace()
    company, crm = sqlite_company, Crm("w", chance(f"disk {error}"), REPS)
    sent: list[list[Event]] = [[crm.next_event()] for _ in range(3 * TRIES)]
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (server,) = fleet.servers
        before = [post(server.port, company.key, events) for events in sent[:TRIES]]
        assert ask(server.port, "/readyz").status == OK
        with failing(worker_of(server), tmp_path / "trace", calls, error):
            meanwhile = [post(server.port, company.key, events) for events in sent[TRIES:-TRIES]]
            assert ask(server.port, "/readyz").status == UNREADY
            assert ask(server.port, "/healthz").status == OK
        well_again = seconds_until_ok(server.port)
        after = [post(server.port, company.key, events) for events in sent[TRIES:]]
    assert {answer.status for answer in before + after} == {OK}
    for answer in meanwhile:
        assert_told_to_come_back(answer)
    assert "recorded" in after[0].text, "what was refused had been kept"
    assert integrity(company) == "ok"
    ids = [events[0]["event_id"] for events in sent]
    found = compare(company.database_url, ids, sent)
    tell(
        f"{error} on {calls}: {len(before)} acknowledged before, {len(meanwhile)} refused (503, unready), "
        f"well {well_again:.1f} s after; {found}"
    )


def test_postgresql_stopped_at_once_under_load_keeps_what_was_acknowledged(
    durable_postgres: PostgresServer, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    rng, stops = chance("immediate"), sized(2, 20)
    url = durable_postgres.url(durable_postgres.create_database())
    company = make_company(tmp_path / "company", url)
    assert doctor(company)["durability"]["level"] == "ok"
    crms = [Crm(f"w{number}", random.Random(rng.random()), REPS) for number in range(4)]
    with running_fleet(company.folder, company.database_url, 2) as fleet:
        senders = Senders(
            [
                Sender(Journal(company.folder / f"journal-{number}"), company.key, fleet.ports, rng)
                for number in range(4)
            ]
        )
        asked_for: list[int] = []

        def next_request(number: int) -> list[Event]:
            asked_for.append(number)
            return [crms[number].next_event()]

        senders.start(next_request)
        returns = []
        try:
            for stop in range(stops):
                wait_until(lambda: len(asked_for) > EVENTS_BETWEEN * (stop + 1))  # noqa: B023
                time.sleep(rng.uniform(0.0, 0.5))
                durable_postgres.stop_at_once()
                time.sleep(rng.uniform(0.0, 0.5))
                durable_postgres.start_again()
                returns += [seconds_until_ok(port) for port in fleet.ports]
        finally:
            senders.end()
    sent = senders.read()
    found = compare(company.database_url, sent.acknowledged, sent.requests)
    tell(
        f"{stops} immediate stops of PostgreSQL, {len(sent.acknowledged)} events acknowledged, {found}, "
        f"{dict(sorted(sent.statuses.items()))}; ready {max(returns):.1f} s after the return at most"
    )
