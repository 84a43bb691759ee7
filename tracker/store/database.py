"""The one database of the company: SQLite by default, PostgreSQL when one process is not enough.

A write is one transaction that owns what it reads. On SQLite every write begins with BEGIN IMMEDIATE: the
driver's default lets two writers read the same total and the last one silently win. On PostgreSQL writers take
row locks in key order (`tracker.flow`). A read sees one moment, however many statements it takes.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection as Connection
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tracker import clock, logs
from tracker.errors import Unavailable

log = logs.log_of(__name__)

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
LOCK_WAIT_SECONDS = 30
LOCK_ASK_SECONDS = 0.005
"""How often a write asks again for SQLite's lock while another process has it."""
BREATH_SECONDS = 0.0002
"""Between two SQLite writes of a process: its sockets are served meanwhile."""

HAS_OUTBOX_ROWS = "tracker_has_outbox_rows"
"""Mark in `Connection.info`: this transaction wrote to the outbox, so its commit wakes the follower."""

_RETRY_LATER = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_READ, _WRITE, _MIGRATE = "read", "write", "migrate"
_PATIENT, _IMPATIENT = f"busy_timeout = {LOCK_WAIT_SECONDS * 1000}", "busy_timeout = 0"


class HasDatabaseUrl(Protocol):
    """The part of the settings that the store needs."""

    @property
    def database_url(self) -> str: ...


class Database:
    """Transactions on one database, for many threads or greenlets of one process."""

    def __init__(self, url: str) -> None:
        self._engine = _engine_for(make_url(url))
        self._listeners: list[Callable[[], None]] = []
        # Under gevent a driver that waits for SQLite's own lock would stop the greenlet that holds it, too.
        self._writer = threading.Lock() if self.dialect == "sqlite" else None

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def url(self) -> URL:
        return self._engine.url

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment and cannot write. Raises Unavailable."""
        with (
            _unavailable_is_said(),
            self._engine.connect() as connection,
            self._as(connection, _READ).begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, undone when it raises. Raises Unavailable."""
        with _unavailable_is_said(), self._one_writer(), self._engine.connect() as connection:
            connection.info.pop(HAS_OUTBOX_ROWS, None)
            with self._as(connection, _WRITE).begin():
                yield connection
            has_news = connection.info.pop(HAS_OUTBOX_ROWS, False)
        if has_news:
            self.notify_committed()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each commit of this process that somebody must hear of."""
        self._listeners.append(listener)

    def notify_committed(self) -> None:
        """Wake the listeners. A listener that fails cannot undo a commit, so it is only logged."""
        for listener in self._listeners:
            try:
                listener()
            except Exception as problem:
                logs.say_fault(log, "a listener failed after a commit, which is kept", problem)

    @contextmanager
    def watched(self) -> Iterator[list[str]]:
        """Every statement that is executed within the block, as it is sent to the database."""
        statements: list[str] = []

        def note(*sent: Any) -> None:
            statements.append(sent[2])

        event.listen(self._engine, "before_cursor_execute", note)
        try:
            yield statements
        finally:
            event.remove(self._engine, "before_cursor_execute", note)

    def dispose(self) -> None:
        self._engine.dispose()

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A write in which SQLite may rebuild tables that others refer to; references are checked at the end."""
        with self._one_writer(), self._engine.connect() as connection:
            with self._as(connection, _MIGRATE).begin():
                if self.dialect == "postgresql":
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7101)")
                yield connection
                if (
                    self.dialect == "sqlite"
                    and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                ):
                    raise RuntimeError("a migration left rows that refer to nothing")
            connection.invalidate()  # its foreign keys are switched off

    def _as(self, connection: Connection, purpose: str) -> Connection:
        if self.dialect == "sqlite":
            return connection.execution_options(tracker_purpose=purpose)
        if purpose == _READ:
            return connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        return connection

    @contextmanager
    def _one_writer(self) -> Iterator[None]:
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=LOCK_WAIT_SECONDS):
            raise Unavailable("The database is busy with another change. Try again in a minute.")
        try:
            yield
        finally:
            # Under gevent nothing else has run since the transaction began, and the next one waits already.
            time.sleep(BREATH_SECONDS)
            self._writer.release()


def create_database(settings: HasDatabaseUrl) -> Database:
    """The database that the settings name; it may still be empty (`upgrade`)."""
    return Database(settings.database_url)


@contextmanager
def opened_database(settings: HasDatabaseUrl) -> Iterator[Database]:
    """The database that the settings name, made and brought up to date first, closed at the end."""
    database = create_database(settings)
    try:
        upgrade(database)
        yield database
    finally:
        database.dispose()


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the tables to a revision of `migrations/`, from whatever they are, in one transaction."""
    with database.migrating() as connection:
        before = revision_of(connection)
        migrate(connection, revision)
        after = revision_of(connection)
    if before != after:
        log.info("migrated", revision_before=before or "none", revision_after=after)


def downgrade(database: Database, revision: str) -> None:
    """Take the tables back to an earlier revision ("-1": one step, "base": none)."""
    with database.migrating() as connection:
        migrate(connection, revision)


def migrate(connection: Connection, revision: str) -> None:
    """Bring the tables to a revision, back when it is "base" or a step such as "-1"; inside `Database.migrating`."""
    from alembic import command  # only at start, and slow to import

    step = command.downgrade if revision == "base" or revision.startswith("-") else command.upgrade
    step(_alembic_config(connection), revision)


def revision_of(connection: Connection) -> str:
    """The migration the tables are at; "" when there are none."""
    from alembic.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision() or ""


def known_revisions() -> list[str]:
    """Every migration this version has, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def _alembic_config(connection: Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _engine_for(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        return _sqlite_engine(url)
    if url.get_backend_name() in ("postgres", "postgresql"):
        return _postgresql_engine(url.set(drivername="postgresql+psycopg"))
    raise ValueError(f"{url.drivername!r} is not supported; use sqlite:///FILE or postgresql://…")


def _postgresql_engine(url: URL) -> Engine:
    return create_engine(
        url,
        pool_size=5,
        max_overflow=15,
        pool_timeout=LOCK_WAIT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"connect_timeout": 5, "options": f"-c lock_timeout={LOCK_WAIT_SECONDS}s"},
    )


def _sqlite_engine(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ValueError(
            "SQLite needs a file: a database in memory would be another for each thread"
        )
    Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=15,
        pool_timeout=LOCK_WAIT_SECONDS,
        hide_parameters=True,
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(driver_connection: Any, _record: Any) -> None:
    driver_connection.isolation_level = None  # else the driver decides when a transaction begins
    for pragma in (
        _PATIENT,
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        driver_connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    purpose = connection.get_execution_options().get("tracker_purpose", _READ)
    connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if purpose == _READ else 'OFF'}")
    if purpose == _MIGRATE:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
    if purpose == _READ:
        connection.exec_driver_sql("BEGIN")
    else:
        _begin_writing(connection)


def _begin_writing(connection: Connection) -> None:
    """Take SQLite's lock. Asked for in turns: the driver's own wait would stop every greenlet of the process."""
    give_up_at_seconds = clock.monotonic_seconds() + LOCK_WAIT_SECONDS
    connection.exec_driver_sql(f"PRAGMA {_IMPATIENT}")
    try:
        while not _has_begun(connection, clock.monotonic_seconds() >= give_up_at_seconds):
            time.sleep(LOCK_ASK_SECONDS)
    finally:
        connection.exec_driver_sql(f"PRAGMA {_PATIENT}")


def _has_begun(connection: Connection, is_last_try: bool) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        name = getattr(error.orig, "sqlite_errorname", "")
        if is_last_try or not name.startswith("SQLITE_BUSY"):
            raise
        return False
    return True


@contextmanager
def _unavailable_is_said() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable(
            "Every connection to the database is in use. Try again in a minute."
        ) from error
    except (OperationalError, InterfaceError) as error:
        if not _may_pass(error):
            raise
        reason = str(error.orig).strip().splitlines()[0]
        raise Unavailable(
            f"The database does not answer ({reason}). Try again in a minute."
        ) from error


def _may_pass(error: DBAPIError) -> bool:
    """Whether the same again later may work: on PostgreSQL every operational error is of that kind."""
    name = getattr(error.orig, "sqlite_errorname", None)
    return name is None or name.startswith(_RETRY_LATER)
