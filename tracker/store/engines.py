"""How the two kinds of database are opened, and how a transaction begins on each."""

import time
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from tracker import clock
from tracker.store.answering import OtherEnd, WatchedConnection

READ, WRITE, MIGRATE = "read", "write", "migrate"
"""What a transaction on SQLite is for: the execution option `tracker_purpose`."""
PAGES_KEPT_KIBIBYTES = 64 * 1024
"""How much of the file a connection to SQLite keeps at hand, once it has read so much: in a store of millions of deals
an event touches pages all over it."""
LOCK_ASK_SECONDS = 0.005
"""How often a write asks again for SQLite's lock while another process has it."""


def engine_for(url: URL, patience_seconds: float) -> Engine:
    """The engine of an address; ValueError for one that is not supported."""
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url, patience_seconds)
    if url.get_backend_name() in ("postgres", "postgresql"):
        return _postgresql_engine(url.set(drivername="postgresql+psycopg"), patience_seconds)
    raise ValueError(f"{url.drivername!r} is not supported; use sqlite:///FILE or postgresql://…")


def _postgresql_engine(url: URL, patience_seconds: float) -> Engine:
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=15,
        pool_timeout=patience_seconds,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"options": f"-c lock_timeout={patience_seconds}s"},
    )
    other_end = OtherEnd(engine.dialect.create_connect_args(url)[1])

    def connect(_dialect: Any, _record: Any, _arguments: Any, parameters: Any) -> WatchedConnection:
        return WatchedConnection.to(other_end, **parameters)

    event.listen(engine, "do_connect", connect)
    return engine


def _sqlite_engine(url: URL, patience_seconds: float) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError(
            "SQLite needs a file: a database in memory would be another for each thread"
        )
    Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=15,
        pool_timeout=patience_seconds,
        hide_parameters=True,
    )
    event.listen(engine, "connect", partial(_prepare_sqlite, patience_seconds))
    event.listen(engine, "begin", partial(_begin_sqlite, patience_seconds))
    return engine


def _busy_timeout(seconds: float) -> str:
    return f"PRAGMA busy_timeout = {round(seconds * 1000)}"


def _prepare_sqlite(patience_seconds: float, driver_connection: Any, _record: Any) -> None:
    driver_connection.isolation_level = None  # else the driver decides when a transaction begins
    driver_connection.execute(_busy_timeout(patience_seconds))
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{PAGES_KEPT_KIBIBYTES}",
    ):
        driver_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(patience_seconds: float, connection: Connection) -> None:
    purpose = connection.get_execution_options().get("tracker_purpose", READ)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if purpose == READ else 'OFF'}")
    if purpose == MIGRATE:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    if purpose == READ:
        connection.exec_driver_sql("BEGIN")
    else:
        asked_seconds = connection.get_execution_options().get("tracker_patience_seconds")
        _begin_writing(connection, patience_seconds, asked_seconds or patience_seconds)


def _begin_writing(connection: Connection, patience_seconds: float, wait_seconds: float) -> None:
    """Take SQLite's lock. Asked for in turns: the driver's own wait would stop every greenlet of the process."""
    give_up_at_seconds = clock.monotonic_seconds() + wait_seconds
    connection.exec_driver_sql(_busy_timeout(0))
    try:
        while not _has_begun(connection, clock.monotonic_seconds() >= give_up_at_seconds):
            time.sleep(LOCK_ASK_SECONDS)
    finally:
        connection.exec_driver_sql(_busy_timeout(patience_seconds))


def _has_begun(connection: Connection, is_last_try: bool) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        name = getattr(error.orig, "sqlite_errorname", "")
        if is_last_try or not name.startswith("SQLITE_BUSY"):
            raise
        return False
    return True
