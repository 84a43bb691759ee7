"""Hints that something was committed. Losing one delays a screen by a poll and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gevent
import psycopg
from psycopg.conninfo import conninfo_to_dict

from tracker import logs
from tracker.store.answering import OtherEnd, WatchedConnection

log = logs.log_of(__name__)

CHANNEL = "tracker_outbox"
RETRY_SECONDS = 1.0
SILENCE_SECONDS = 10.0
"""How long it is quiet before the database is asked whether it is still there."""
POLL_SECONDS_WITH_HINTS = 1.0
POLL_SECONDS_WITHOUT_HINTS = 0.25


def poll_seconds(database_url: str) -> float:
    """How often to look without a hint: SQLite has none that crosses processes."""
    is_postgresql = database_url.startswith("postgresql")
    return POLL_SECONDS_WITH_HINTS if is_postgresql else POLL_SECONDS_WITHOUT_HINTS


def listen_for_ever(database_url: str, wake: Callable[[], None]) -> None:
    """Calls `wake` for every notification of a PostgreSQL database, connecting again when cut."""
    while True:
        try:
            _listen(conninfo_to_dict(database_url.replace("+psycopg", "", 1)), wake)
        except psycopg.Error as problem:
            log.warning("listening for changes was cut", problem=type(problem).__name__)
        gevent.sleep(RETRY_SECONDS)


def _listen(parameters: dict[str, Any], wake: Callable[[], None]) -> None:
    with WatchedConnection.to(OtherEnd(parameters), **parameters, autocommit=True) as connection:
        connection.patience_seconds = SILENCE_SECONDS
        connection.execute(f"LISTEN {CHANNEL}")
        wake()  # for whatever was committed while nobody listened
        for _ in connection.notifies():
            wake()
