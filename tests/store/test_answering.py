"""A PostgreSQL that falls silent is noticed soon; one that is only slow is waited for."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.faults.proxy import Proxy, proxied
from tracker.errors import Unavailable
from tracker.store import answering
from tracker.store.database import Database

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
