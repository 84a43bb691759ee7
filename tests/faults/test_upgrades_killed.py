"""An upgrade may be killed before any of its statements: then it has not happened, and the next start does it again."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event

from tests.faults.asking import OK, UNREADY, ask, assert_told_to_come_back, post
from tests.faults.company import REPS, Company, assert_figures
from tests.faults.deals_sent import Crm, Event
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tests.postgres import PostgresServer
from tests.run_process import free_port
from tracker.app import create_app
from tracker.config import load_settings
from tracker.store.database import Database, downgrade, known_revisions, revision_of, upgrade
from tracker.store.tables import metadata

EVENTS, KILLED = 40, 9
EARLIER = ("0005", "0010", "0014", "0017")
NEWER = "9999"


@dataclass
class Seeded:
    """A company with deals, at an earlier revision, to be copied as often as wanted."""

    company: Company
    events: list[Event]
    server: PostgresServer | None

    def back_to(self, revision: str) -> None:
        database = Database(self.company.database_url)
        while revision_in(database) > revision:
            downgrade(database, "-1")
        database.dispose()

    @contextmanager
    def copied(self) -> Iterator[str]:
        """The address of a copy, gone at the end."""
        if self.server is None:
            path = Path(self.company.database_url.removeprefix("sqlite:///"))
            for file in path.parent.glob("copy.sqlite3*"):
                file.unlink()
            shutil.copy(path, path.with_name("copy.sqlite3"))
            yield f"sqlite:///{path.with_name('copy.sqlite3')}"
        else:
            template = self.company.database_url.partition("?")[0].rpartition("/")[2]
            name = self.server.create_database(template)
            yield self.server.url(name)
            self.server.drop_database(name)


@pytest.fixture
def seeded(request: pytest.FixtureRequest, company: Company) -> Seeded:
    crm = Crm("w", chance("upgrades"), REPS)
    events = [crm.next_event() for _ in range(EVENTS)]
    environment = {
        "TRACKER_DATA": str(company.folder),
        "TRACKER_DATABASE_URL": company.database_url,
    }
    database = Database(company.database_url)
    app = create_app(load_settings(environment), database)
    key = {"Authorization": f"Bearer {company.key}"}
    answer = app.test_client().post("/api/v1/deal-events", json=events, headers=key)
    assert answer.status_code == OK, answer.text
    if database.dialect == "sqlite":  # so that the file alone is the whole of it
        with sqlite3.connect(company.database_url.removeprefix("sqlite:///")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    is_file = company.database_url.startswith("sqlite")
    return Seeded(company, events, None if is_file else request.getfixturevalue("postgres_server"))


def revision_in(database: Database) -> str:
    with database.read() as connection:
        return revision_of(connection)


def statements_of_an_upgrade(url: str) -> int:
    database = Database(url)
    with database.watched() as statements:
        upgrade(database)
    database.dispose()
    return len(statements)


def upgrade_until(url: str, statement_number: int) -> int:
    """Upgrade in a process of its own that ends, without a word, before this statement; its exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # forked beside threads: it only upgrades
        child = os.fork()
    if child == 0:
        seen = 0

        def end_before(*_sent: Any) -> None:
            nonlocal seen
            if seen == statement_number:
                os._exit(KILLED)
            seen += 1

        try:
            database = Database(url)
            event.listen(database._engine, "before_cursor_execute", end_before)
            upgrade(database)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def assert_upgraded(url: str, events: list[Event]) -> None:
    """Tables are those of this version, nothing was lost, and every figure is the oracle's."""
    database = Database(url)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert_figures(database, events)
    database.dispose()


def points(total: int, rng: random.Random) -> list[int]:
    """Before which statements to kill: all, or the first, the last and some between."""
    wanted = sized(7, total)
    if wanted >= total:
        return list(range(total))
    return sorted({0, total - 1, *rng.sample(range(total), wanted - 2)})


def test_an_upgrade_killed_before_any_statement_is_done_by_the_next_start(
    seeded: Seeded, tell: Callable[[str], None]
) -> None:
    kind = seeded.company.database_url.partition(":")[0].partition("+")[0]
    rng, told = chance(f"upgrades {kind}"), []
    earlier = EARLIER if sized(0, 1) else (rng.choice(EARLIER),)
    for revision in sorted(earlier, reverse=True):
        seeded.back_to(revision)
        with seeded.copied() as url:
            total = statements_of_an_upgrade(url)
            assert_upgraded(url, seeded.events)
        tried = points(total, rng)
        for number in tried:
            with seeded.copied() as url:
                assert upgrade_until(url, number) == KILLED
                database = Database(url)
                assert revision_in(database) == revision, "half an upgrade is there"
                upgrade(database)
                database.dispose()
                assert_upgraded(url, seeded.events)
        told.append(f"from {revision} {len(tried)} of {total} statements")
    tell(f"{kind}: killed before {', '.join(told)}; the next start did it, every figure as before")


def test_a_process_that_a_newer_version_has_overtaken_neither_writes_nor_starts(
    company: Company,
) -> None:
    crm = Crm("w", chance("overtaken"), REPS)
    kept = crm.next_event()
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (port,) = fleet.ports
        assert post(port, company.key, [kept]).status == OK
        newer = Database(company.database_url)
        with newer.migrating() as connection:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{NEWER}'")
        assert_told_to_come_back(post(port, company.key, [crm.next_event()]))
        assert ask(port, "/readyz").status == UNREADY
    environment = {
        **os.environ,
        "TRACKER_DATA": str(company.folder),
        "TRACKER_DATABASE_URL": company.database_url,
    }
    command = [sys.executable, "-m", "tracker.cli", "run", "--port", str(free_port())]
    started = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert started.returncode == 1
    assert "newer version" in started.stderr
    assert "Traceback" not in started.stderr
    with newer.migrating() as connection:
        newest = known_revisions()[0]
        connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{newest}'")
    assert_figures(newer, [kept])
    newer.dispose()
