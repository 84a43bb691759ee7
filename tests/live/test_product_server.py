"""The real application behind the gateway, changed by another process, on both databases."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from tests.live.conftest import Toy, free_port
from tests.live.raw_client import RawClient, Refused
from tracker import clock
from tracker.live import hints
from tracker.store import outbox, people, sessions
from tracker.store.database import Database, upgrade
from tracker.store.outbox import OutboxChange
from tracker.store.tokens import token_hash


class ProductServer(Toy):
    module = "tests.live.product_server"


@dataclass
class Company:
    """A rep and her manager, signed in, and a server for them."""

    database: Database
    server: ProductServer
    team_id: int
    payee_id: int
    rep_cookie: str
    manager_cookie: str

    def say(self, change: OutboxChange) -> None:
        with self.database.write() as connection:
            outbox.append(connection, [change], clock.now())


@pytest.fixture
def company(database_url: str, tmp_path: Path) -> Iterator[Company]:
    database = Database(database_url)
    upgrade(database)
    with database.write() as connection:
        now = clock.now()
        team_id = people.add_team(connection, "Team Nord")
        payee_id = people.add_payee(connection, "anna@firma.dk", "Anna", team_id)
        anna = people.add_person(connection, "Anna", "anna@firma.dk", "rep", now, payee_id)
        mette = people.add_person(
            connection, "Mette", "mette@firma.dk", "manager", now, locale="da"
        )
        people.set_manager(connection, team_id, mette)
        cookies = [
            f"tracker_session={sessions.open_session(connection, who, now)}"
            for who in (anna, mette)
        ]
    port = free_port()
    server = ProductServer(
        port,
        TRACKER_DATABASE_URL=database_url,
        TRACKER_DATA=str(tmp_path),
        TRACKER_PORT=str(port),
    )
    yield Company(database, server, team_id, payee_id, *cookies)
    server.stop()
    database.dispose()


def test_a_change_committed_by_another_process_reaches_rep_and_manager(company: Company) -> None:
    with (
        RawClient(company.server.port, Cookie=company.rep_cookie) as rep,
        RawClient(company.server.port, Cookie=company.manager_cookie) as manager,
    ):
        assert rep.join() == {"sequences": {f"rep:{company.payee_id}": 0}}
        assert manager.join() == {"sequences": {f"manager:{company.team_id}": 0}}
        company.say(OutboxChange("earnings", company.payee_id, company.team_id))
        heard_by_rep = rep.next_event("fragment")
        heard_by_manager = manager.next_event("fragment")
    assert heard_by_rep["html"] == f"rep {company.payee_id} in en"
    assert heard_by_manager["html"] == f"manager {company.team_id} in da"
    assert heard_by_rep["sequence"] == heard_by_manager["sequence"] > 0


def test_a_revoked_session_loses_its_socket_and_gets_no_other(company: Company) -> None:
    with RawClient(company.server.port, Cookie=company.rep_cookie) as rep:
        rep.join()
        with company.database.write() as connection:
            key = token_hash(company.rep_cookie.partition("=")[2])
            sessions.revoke_session(connection, key, clock.now())
            change = OutboxChange("access", company.payee_id, company.team_id)
            outbox.append(connection, [change], clock.now())
        assert rep.next_event("signed_out") == {}
        rep.read_to_the_end()
    with pytest.raises(Refused) as refused:
        RawClient(company.server.port, Cookie=company.rep_cookie)
    assert refused.value.status == 401


def test_a_manager_who_loses_a_team_hears_nothing_more_of_it(company: Company) -> None:
    with RawClient(company.server.port, Cookie=company.manager_cookie) as manager:
        manager.join()
        with company.database.write() as connection:
            mette = people.person_by_email(connection, "mette@firma.dk")
            assert mette is not None
            people.set_manager(connection, company.team_id, mette.id, is_manager=False)
            outbox.append(connection, [OutboxChange("access")], clock.now())
        assert manager.next_event("resync") == {"reason": "scope_changed"}
        company.say(OutboxChange("earnings", company.payee_id, company.team_id))
        assert "fragment" not in "".join(manager.read_to_the_end())
    with RawClient(company.server.port, Cookie=company.manager_cookie) as manager:
        assert manager.join() == {"sequences": {}}


def test_postgresql_wakes_the_follower_and_a_cut_listener_listens_again(
    postgresql_url: str,
) -> None:
    database = Database(postgresql_url)
    upgrade(database)
    woken, is_over = threading.Semaphore(0), threading.Event()

    def wake() -> None:
        woken.release()
        if is_over.is_set():
            raise SystemExit

    def listen() -> None:
        with suppress(SystemExit):
            hints.listen_for_ever(postgresql_url, wake)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert woken.acquire(timeout=10)  # it looks once when it begins
    with database.write() as connection:
        outbox.append(connection, [OutboxChange("earnings", 1, 1)], clock.now())
    assert woken.acquire(timeout=10)
    is_over.set()
    cut_listeners(postgresql_url)
    assert woken.acquire(timeout=10)  # connected again, it looks once more
    listener.join(timeout=10)
    database.dispose()


def cut_listeners(database_url: str) -> None:
    conninfo = database_url.replace("+psycopg", "", 1)
    with psycopg.connect(conninfo, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
