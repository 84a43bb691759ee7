"""The one database of the company: SQLite by default, PostgreSQL when one process is not enough.

A write is one transaction that owns what it reads. On SQLite every write begins with BEGIN IMMEDIATE: the
driver's default lets two writers read the same total and the last one silently win. On PostgreSQL writers take
row locks in key order (`tracker.flow`). A read sees one moment, however many statements it takes.
"""

import fcntl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection as Connection
from sqlalchemy import event, inspect, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tracker import clock, logs
from tracker.errors import Conflict, DatabaseFails, Unavailable
from tracker.store.engines import MIGRATE, READ, WRITE, engine_for

log = logs.log_of(__name__)

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
KNOWN_REVISIONS = frozenset(
    file.stem.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*.py")
)
"""The migrations of the version that runs, as they were when it started: a newer one may be put in its place."""
UNWAITED_SECONDS = 0.5
"""How long a change that nobody waits for waits for others."""
DISTRUST_SECONDS = 5
"""So long after a change that could not be kept, none is tried that nobody waits for."""
LOCK_WAIT_SECONDS = 30
"""How long a command waits for others. Whoever answers requests waits for less."""
BREATH_SECONDS = 0.0002
"""Between two SQLite writes of a process: its sockets are served meanwhile."""

HAS_OUTBOX_ROWS = "tracker_has_outbox_rows"
"""Mark in `Connection.info`: this transaction wrote to the outbox, so its commit wakes the follower."""

_ALONE_LOCK = 7106
_RETRY_LATER = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN")
_MIGRATING_LOCK = 7101
_TRY_TO_WRITE = {
    "sqlite": "PRAGMA user_version = 0",
    "postgresql": "SELECT pg_logical_emit_message(true, 'tracker', '')",
}
"""Changes nothing, and yet has to reach the disk when it is committed."""


class HasDatabaseUrl(Protocol):
    """The part of the settings that the store needs."""

    @property
    def database_url(self) -> str: ...


class Database:
    """Transactions on one database, for many threads or greenlets of one process."""

    def __init__(self, url: str, patience_seconds: float = LOCK_WAIT_SECONDS) -> None:
        """`patience_seconds`: how long to wait for others who write, or for a connection."""
        self._patience_seconds = patience_seconds
        self._engine = engine_for(make_url(url), patience_seconds)
        self._listeners: list[Callable[[], None]] = []
        self._has_tables = False
        self._failed_at_seconds: float | None = None
        self.writes_count = 0
        """Changes committed by way of this object: whoever remembers an answer of the database asks again after one."""
        # Under gevent a driver that waits for SQLite's own lock would stop the greenlet that holds it, too.
        self._writer = threading.Lock() if self.dialect == "sqlite" else None

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @property
    def url(self) -> URL:
        return self._engine.url

    def another(self) -> "Database":
        """The same with connections of its own, for a thread that may not share locks with this one's users."""
        return Database(self.url.render_as_string(hide_password=False), self._patience_seconds)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment and cannot write. Raises Unavailable."""
        with (
            _unavailable_is_said(),
            self._engine.connect() as connection,
            self._as(connection, READ).begin(),
        ):
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed when the block ends, undone when it raises. Raises Unavailable."""
        with self._written(self._patience_seconds) as connection:
            yield connection

    @contextmanager
    def _written(self, patience_seconds: float) -> Iterator[Connection]:
        try:
            with (
                _unavailable_is_said(),
                self._one_writer(patience_seconds),
                self._engine.connect() as connection,
            ):
                connection.info.pop(HAS_OUTBOX_ROWS, None)
                connection.execution_options(tracker_patience_seconds=patience_seconds)
                with self._as(connection, WRITE).begin():
                    self._refuse_newer_tables(connection)
                    yield connection
                self.writes_count += 1
                has_news = connection.info.pop(HAS_OUTBOX_ROWS, False)
        except DatabaseFails:
            self.note_written(is_kept=False)
            raise
        self.note_written(is_kept=True)
        if has_news:
            self.notify_committed()

    def note_written(self, is_kept: bool) -> None:
        """Whether the last change could be kept; where not, `require_writable` tries another."""
        self._failed_at_seconds = None if is_kept else clock.monotonic_seconds()

    def require_writable(self) -> None:
        """Where the last change could not be kept, try whether one can be now. Raises Unavailable when not.

        Not at once: on a full disk a small one may fit where no other does.
        """
        if self._has_just_failed():
            raise DatabaseFails("A change could not be kept a moment ago.")
        if self._failed_at_seconds is not None:
            with self.write() as connection:
                connection.exec_driver_sql(_TRY_TO_WRITE[self.dialect])

    def write_if_possible(self, change: Callable[[Connection], object]) -> None:
        """A change that nobody waits for, such as when somebody was here last: left out while none can be kept."""
        if self._has_just_failed():
            return
        with suppress(Unavailable), self._written(UNWAITED_SECONDS) as connection:
            change(connection)

    @contextmanager
    def alone(self, purpose: str) -> Iterator[bool]:
        """Whether nobody else, in any process, is within a block of this purpose; it does not wait.

        A process that ends, however it does, leaves the block. Raises Unavailable.
        """
        with (
            self._alone_by_file(purpose)
            if self._writer
            else self._alone_by_session(purpose) as is_alone
        ):
            yield is_alone

    @contextmanager
    def _alone_by_file(self, purpose: str) -> Iterator[bool]:
        with open(f"{self.url.database}.{purpose}.lock", "wb") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True

    @contextmanager
    def _alone_by_session(self, purpose: str) -> Iterator[bool]:
        key = zlib.crc32(purpose.encode()) - 2**31
        with _unavailable_is_said(), self._engine.connect() as pooled:
            connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
            take = f"SELECT pg_try_advisory_lock({_ALONE_LOCK}, {key})"
            is_alone = bool(connection.exec_driver_sql(take).scalar())
            try:
                yield is_alone
            finally:
                if is_alone:
                    connection.exec_driver_sql(f"SELECT pg_advisory_unlock({_ALONE_LOCK}, {key})")

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
        with self._one_writer(self._patience_seconds), self._engine.connect() as connection:
            with self._as(connection, MIGRATE).begin():
                self._hold_tables(connection, "pg_advisory_xact_lock")
                yield connection
                if (
                    self.dialect == "sqlite"
                    and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                ):
                    raise RuntimeError("a migration left rows that refer to nothing")
            connection.invalidate()  # its foreign keys are switched off

    def _has_just_failed(self) -> bool:
        at_seconds = self._failed_at_seconds
        now_seconds = clock.monotonic_seconds()
        return at_seconds is not None and now_seconds - at_seconds < DISTRUST_SECONDS

    def _refuse_newer_tables(self, connection: Connection) -> None:
        """A process that a newer version has overtaken would keep figures that are no longer right."""
        self._hold_tables(connection, "pg_advisory_xact_lock_shared")
        if not self._has_tables:
            self._has_tables = _has_tables(connection)
        if self._has_tables and _noted_revision(connection) not in KNOWN_REVISIONS | {""}:
            raise DatabaseFails(
                "The tables belong to a newer version of the tracker. Stop this one and start that one."
            )

    def _hold_tables(self, connection: Connection, function: str) -> None:
        """Keep the tables from being migrated until the transaction ends. An SQLite write has them anyway."""
        if self.dialect == "postgresql":
            connection.exec_driver_sql(f"SELECT {function}({_MIGRATING_LOCK})")

    def _as(self, connection: Connection, purpose: str) -> Connection:
        if self.dialect == "sqlite":
            return connection.execution_options(tracker_purpose=purpose)
        if purpose == READ:
            return connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        return connection

    @contextmanager
    def _one_writer(self, patience_seconds: float) -> Iterator[None]:
        if self._writer is None:
            yield
            return
        if not self._writer.acquire(timeout=patience_seconds):
            raise Unavailable("The database is busy with another change. Try again in a minute.")
        try:
            yield
        finally:
            # Under gevent nothing else has run since the transaction began, and the next one waits already.
            time.sleep(BREATH_SECONDS)
            self._writer.release()


def create_database(
    settings: HasDatabaseUrl, patience_seconds: float = LOCK_WAIT_SECONDS
) -> Database:
    """The database that the settings name; it may still be empty (`upgrade`)."""
    return Database(settings.database_url, patience_seconds)


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
    """Bring the tables to a revision of `migrations/`, from whatever they are, in one transaction.

    Raises Conflict when a newer version of the tracker has been there.
    """
    with _unavailable_is_said(), database.migrating() as connection:
        before = revision_of(connection)
        if before not in KNOWN_REVISIONS | {""}:
            raise Conflict(
                f"The tables belong to a newer version of the tracker (at {before}). Start that version; "
                "to go back to this one, restore a backup that it made into an empty database."
            )
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
    return _noted_revision(connection) if _has_tables(connection) else ""


def known_revisions() -> list[str]:
    """Every migration this version has, the newest first."""
    from alembic.script import ScriptDirectory

    return [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table("alembic_version")


def _noted_revision(connection: Connection) -> str:
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar() or ""


def _alembic_config(connection: Connection) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@contextmanager
def _unavailable_is_said() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise Unavailable(
            "Every connection to the database is in use. Try again in a minute."
        ) from error
    except DBAPIError as error:
        if not _may_pass(error):
            raise
        reason = str(error.orig).strip().splitlines()[0]
        raise DatabaseFails(
            f"The database does not answer ({reason}). Try again in a minute."
        ) from error


def _may_pass(error: DBAPIError) -> bool:
    """Whether the same again later may work: on PostgreSQL every operational error is of that kind.

    So is whatever was said of a connection that was cut meanwhile.
    """
    if error.connection_invalidated:
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    name = getattr(error.orig, "sqlite_errorname", None)
    return name is None or name.startswith(_RETRY_LATER)
