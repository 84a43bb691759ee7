"""An upgrade may be killed before any of its statements: then it has not happened, and the next start does it again."""

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.faults.asking import OK, UNREADY, ask, assert_told_to_come_back, post
from tests.faults.company import AT, REPS, Company, assert_figures, make_company
from tests.faults.cutting import Request, done_on
from tests.faults.deals_sent import Crm, Event
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tests.faults.standing import OnPostgresql, OnSqlite, Standing
from tests.faults.sweeping import Sweep
from tests.postgres import PostgresServer
from tests.run_process import free_port
from tracker.app import create_app
from tracker.config import load_settings
from tracker.store.database import Database, downgrade, known_revisions, revision_of
from tracker.store.tables import metadata

EVENTS = 40
EARLIER = ("0017", "0014", "0010", "0005")
"""Upgraded from with deals in the tables, the newest first: each is taken back to in turn."""
START = Request(AT, command=("verify",))
"""A start: like any other it upgrades first, and then it says whether every figure is right."""
NEWER = "9999"


@pytest.fixture(params=["sqlite", "postgresql"])
def standing(request: pytest.FixtureRequest, swift_path: Path) -> Iterator[Standing]:
    """A place for a company, without a table yet."""
    folder = swift_path / "before"
    folder.mkdir()
    if request.param == "sqlite":
        yield OnSqlite(folder)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database() as name:
        yield OnPostgresql(folder, server, name)


def seed(standing: Standing) -> list[Event]:
    """A company with deals, as they came in."""
    environment = standing.environment()
    company = make_company(standing.folder, environment["TRACKER_DATABASE_URL"])
    crm = Crm("w", chance("upgrades"), REPS)
    events = [crm.next_event() for _ in range(EVENTS)]
    database = Database(company.database_url)
    app = create_app(load_settings(environment), database)
    key = {"Authorization": f"Bearer {company.key}"}
    answer = app.test_client().post("/api/v1/deal-events", json=events, headers=key)
    assert answer.status_code == OK, answer.text
    database.dispose()
    return events


def take_back(standing: Standing, revision: str) -> None:
    database = opened(standing)
    while revision_in(database) > revision:
        downgrade(database, "-1")
    database.dispose()


def opened(standing: Standing) -> Database:
    return Database(standing.environment()["TRACKER_DATABASE_URL"])


def revision_in(database: Database) -> str:
    with database.read() as connection:
        return revision_of(connection)


def kill_an_upgrade(standing: Standing, revision: str) -> str:
    """What starts first upgrades; it is killed before each of its statements, and the next start does it."""
    sweep = Sweep(standing, START, {"verification"})
    assert sweep.uncut.status == 0
    assert len(sweep.uncut.commits) == 2, (
        "the upgrade is one transaction, what `verify` notes another"
    )
    last = sweep.uncut.commits[0] + 1  # behind the commit
    points = points_until(last, chance(f"upgrades from {revision}"))
    assert sweep.wrong_when_cut_at(points) == {}
    assert len(sweep.left) == 2, "it has happened or it has not; half of it was left"
    return f"from {revision or 'nothing'} at {len(points)} of {last} points"


def points_until(last: int, rng: random.Random) -> list[int]:
    """Before which statements to kill: all, or both sides of the commit and some before them."""
    others = rng.sample(range(1, last + 1), sized(5, last))
    return sorted({last - 1, last, *others})


def assert_upgraded(standing: Standing, events: list[Event]) -> None:
    """Tables are those of this version, nothing was lost, and every figure is the oracle's."""
    assert done_on(standing, START) is not None
    database = opened(standing)
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert_figures(database, events)
    database.dispose()


def test_an_upgrade_killed_before_any_statement_is_done_by_the_next_start(
    standing: Standing, tell: Callable[[str], None]
) -> None:
    told = [kill_an_upgrade(standing, "")]
    events = seed(standing)
    for revision in EARLIER if sized(0, 1) else (chance("earlier").choice(EARLIER),):
        take_back(standing, revision)
        told.append(kill_an_upgrade(standing, revision))
        assert_upgraded(standing.copied("upgraded"), events)
    tell(f"an upgrade killed {', '.join(told)}; the next start did it, every figure as before")


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
