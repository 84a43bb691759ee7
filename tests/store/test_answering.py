"""A PostgreSQL that falls silent is noticed soon; one that is only slow is waited for."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.faults.proxy import Proxy, proxied
from tracker.errors import Unavailable
from tracker.store import answering
from tracker.store.answering import OtherEnd, Silent
from tracker.store.database import Database

ASKING = 20
SOON_SECONDS = (
    15  # two are promised; a busy machine may take longer, TCP would take a quarter of an hour
)


@pytest.fixture
def line(postgresql_url: str) -> Iterator[tuple[Proxy, Database]]:
    """A database behind a proxy, with a connection that waits in its pool."""
    with proxied(postgresql_url) as (proxy, url):
        database = Database(url)
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
        yield proxy, database
        database.dispose()


@pytest.mark.parametrize("failure", ["blackhole", "refuse", "reset"])
def test_a_lost_database_is_said_soon_and_found_again(
    line: tuple[Proxy, Database], failure: str
) -> None:
    proxy, database = line
    proxy.set(failure)
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(Unavailable), database.read() as connection:
            connection.execute(text("SELECT 1"))
        assert time.monotonic() - began < SOON_SECONDS
    proxy.set("pass")
    time.sleep(answering.ASKING_SECONDS * 2)
    with database.read() as connection:
        assert connection.scalar(text("SELECT 1")) == 1


def test_all_who_ask_while_nobody_answers_are_told_so() -> None:
    def is_silent(_: int) -> bool:
        try:
            other_end.require()
        except Silent:
            return True
        return False

    with socket.create_server(("127.0.0.1", 0)) as silent, ThreadPoolExecutor(ASKING) as pool:
        other_end = OtherEnd({"host": "127.0.0.1", "port": silent.getsockname()[1]})
        assert all(pool.map(is_silent, range(ASKING)))
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()  # one had asked for all


def test_a_statement_under_way_is_given_up_when_nobody_answers_any_more(
    line: tuple[Proxy, Database],
) -> None:
    proxy, database = line

    def write_and_lose_the_line() -> None:
        with database.write() as connection:
            proxy.set("blackhole")
            connection.execute(text("SELECT 1"))

    with pytest.raises(Unavailable):
        write_and_lose_the_line()


def test_a_slow_statement_is_waited_for(line: tuple[Proxy, Database]) -> None:
    _, database = line
    seconds = 2.5 * answering.PATIENCE_SECONDS
    with database.read() as connection:
        assert connection.scalar(text(f"SELECT 7 FROM pg_sleep({seconds})")) == 7
