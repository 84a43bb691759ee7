"""How safe what is acknowledged is: the settings of the database, its clock, and whether its tables are of today."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from tracker.store import tables
from tracker.store.database import known_revisions, revision_of

SYNCHRONOUS_FULL = 2


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """`weak_settings` would let an acknowledged change be lost with the power; empty when none does.

    `clock` is the database's own (None: it has none of its own), `newest_fact_at` when the latest event was recorded.
    """

    version: str
    weak_settings: tuple[str, ...]
    is_current: bool
    clock: datetime | None
    newest_fact_at: datetime | None


def store_health(connection: Connection) -> StoreHealth:
    """Read at one moment; changes nothing, and works on tables of another version, too."""
    is_current = revision_of(connection) == known_revisions()[0]
    newest = None
    if is_current:
        newest = connection.scalar(select(func.max(tables.deal_event.c.recorded_at)))
    if connection.dialect.name == "sqlite":
        version, weak, now = _sqlite(connection)
    else:
        version, weak, now = _postgresql(connection)
    return StoreHealth(version, weak, is_current, now, newest)


def _sqlite(connection: Connection) -> tuple[str, tuple[str, ...], None]:
    def setting(name: str) -> object:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()

    weak = []
    if setting("journal_mode") != "wal":
        weak.append(f"journal_mode is {setting('journal_mode')}, not wal")
    if setting("synchronous") != SYNCHRONOUS_FULL:
        weak.append("synchronous is not FULL")
    version = connection.exec_driver_sql("SELECT sqlite_version()").scalar()
    return f"SQLite {version}", tuple(weak), None


def _postgresql(connection: Connection) -> tuple[str, tuple[str, ...], datetime]:
    weak = [
        f"{name} is off"
        for name in ("fsync", "full_page_writes", "synchronous_commit")
        if connection.exec_driver_sql(f"SHOW {name}").scalar() == "off"
    ]
    version = connection.exec_driver_sql("SHOW server_version").scalar()
    now = connection.exec_driver_sql("SELECT clock_timestamp()").scalar()
    assert isinstance(now, datetime)
    return f"PostgreSQL {version}", tuple(weak), now.astimezone(UTC)
