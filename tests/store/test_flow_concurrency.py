"""Several processes write at once: no total loses a deal, and no writer waits for ever."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.context import SpawnProcess
from typing import Any

import pytest
from sqlalchemy import func, select, text

from tests.builders import a_deal, an_event
from tests.store import writers
from tests.store.test_flow_teams import AT, POOL, SINCE
from tracker import flow, flow_teams
from tracker.engine.agreement.teams import Membership
from tracker.store import deals, ledger, outbox, people, tables, totals
from tracker.store.database import Database
from tracker.store.outbox import OutboxChange
from tracker.store.types import Connection
from tracker.verify import verify

spawning = multiprocessing.get_context("spawn")
PROCESS_COUNT = 4


def started(target: Callable[..., None], *arguments: Any) -> SpawnProcess:
    process = spawning.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def finished(processes: list[SpawnProcess]) -> None:
    for process in processes:
        process.join(240)
    assert [process.exitcode for process in processes] == [0] * len(processes)


@pytest.fixture
def bo(database: Database) -> int:
    with database.write() as connection:
        return people.add_payee(connection, "bo", "Bo", None)


def test_four_processes_writing_the_same_payee_leave_exactly_the_right_total(
    database: Database, database_url: str, anna: int
) -> None:
    start = spawning.Event()
    processes = [
        started(writers.win_deals, database_url, f"p{number}", [anna], 300, start)
        for number in range(PROCESS_COUNT)
    ]
    start.set()
    finished(processes)
    with database.read() as connection:
        (cell,) = connection.execute(select(tables.running_total)).all()
        entries = ledger.entries_of(connection, anna)
        earned = totals.earnings_of(connection, anna, "2026-Q4")["ladder/sales"]
    assert (cell.credit_count, cell.attainment_minor) == (1_200, 120_000)
    # 5 % of the first 1,000.00, 10 % of the other 200.00.
    assert earned == {"2026-11": 7_000}
    assert sum(entry.amount_minor for entry in entries) == 7_000


def test_two_teams_that_share_a_member_lose_nothing_of_the_pool_of_either(
    database: Database, database_url: str, anna: int, bo: int
) -> None:
    """The member's figure is the sum of two parts, each moved by another process."""
    with database.write() as connection:
        carl = people.add_payee(connection, "carl", "Carl", None)
        teams = [
            people.add_payee(connection, f"team:{name}", name, None, kind="team")
            for name in ("north", "south")
        ]
    members = zip([*teams, *teams], [anna, carl, bo, bo], strict=True)
    facts = [Membership(team, payee_id, SINCE) for team, payee_id in members]
    flow_teams.change_memberships(database, facts, "test", AT)
    flow.activate_plan_version(database, "pool", SINCE, POOL, "test", AT)
    for team in teams:
        flow.assign_plan(database, team, "pool", SINCE, None, "test", AT)
    start = spawning.Event()
    processes = [
        started(writers.win_deals, database_url, f"p{number}", [payee_id], 30, start)
        for number, payee_id in enumerate((anna, carl, anna, carl))
    ]
    start.set()
    finished(processes)
    with database.read() as connection:
        parts = [
            sum(totals.earnings_of(connection, payee_id, "2026-Q4")["pool/pool"].values())
            for payee_id in (*teams, anna, bo, carl)
        ]
    assert parts == [60, 60, 30, 60, 30]
    assert verify(database).differences == ()


def test_writers_of_the_same_deals_and_payees_lose_nothing_and_never_wait_for_ever(
    database: Database, database_url: str, anna: int, bo: int
) -> None:
    start = spawning.Event()
    processes = [
        started(writers.fight_over_one_deal, database_url, f"p{number}", [anna, bo, anna], start)
        for number in range(PROCESS_COUNT)
    ]
    start.set()
    finished(processes)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.deal_event)) == 360
        newest = connection.execute(select(tables.deal.c.source_event_id)).scalars().all()
    assert sorted(newest) == ["p3-x-29", "p3-y-29", "p3-z-29"]
    assert verify(database).differences == ()


def test_a_newer_word_on_a_deal_that_comes_while_an_older_one_is_written_stands(
    database: Database, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the deal from the moment on at which the other one has looked at it."""
    first, older, newer = (an_event(a_deal(amount_minor=100 * n), n) for n in (1, 2, 3))
    flow.record_deal_events(database, [first], AT)
    write, others = deals.insert_or_replace, list[Future[Any]]()

    def write_late(connection: Connection, *what: Any) -> None:
        if not others:
            others.append(pool.submit(flow.record_deal_events, database, [newer], AT))
            wait_until_it_waits(database, others[0])
        write(connection, *what)

    monkeypatch.setattr(deals, "insert_or_replace", write_late)
    with ThreadPoolExecutor(1) as pool:
        flow.record_deal_events(database, [older], AT)
        others[0].result()
    with database.read() as connection:
        stored = deals.stored_deal(connection, first.deal.key)
    assert stored is not None
    assert stored.deal.amount_minor == newer.deal.amount_minor
    assert verify(database).differences == ()


def wait_until_it_waits(database: Database, other: Future[Any]) -> None:
    """Until another transaction waits for a row, or has ended. On SQLite it waits from its first moment on."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )
    while database.dialect == "postgresql" and not other.done():
        with database.read() as connection:
            if connection.scalar(waiting):
                return
        time.sleep(0.02)


def test_a_follower_skips_no_change_whose_transaction_commits_late(
    database: Database, database_url: str
) -> None:
    has_place, may_commit, is_done = (spawning.Event() for _ in range(3))
    slow = started(writers.append_slowly, database_url, has_place, may_commit)
    assert has_place.wait(60)
    quick = started(writers.append_at_once, database_url, is_done)
    is_done.wait(3)
    followed = follow(database, 0)
    may_commit.set()
    finished([slow, quick])
    position = followed[-1].sequence if followed else 0
    followed += follow(database, position)
    assert [change.payee_id for change in followed] == [1, 2]


def follow(database: Database, position: int) -> list[OutboxChange]:
    with database.read() as connection:
        return outbox.changes_after(connection, position)
