"""Everything done as it would be done, and nothing kept: a whole run in one transaction that is undone at its end.

So a dry run is no second calculation: what it says is what the write path itself came to. Writers of the same figures
wait meanwhile, and on SQLite all writers do. So what takes longer than a deal or two is rehearsed aside: on a copy.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection

from tracker import clock
from tracker.errors import Unavailable
from tracker.store.database import Database

_REHEARSED = "tracker_rehearsed"
"""Mark in `Connection.info`: nothing of this transaction is kept, so nobody is told of it, and none waits for it."""

_COPY_PREFIX = "rehearsal-"
_LEFT_BEHIND_SECONDS = 24 * 3600
"""A copy that is older was left by a process that was killed."""


class Rehearsal(Database):
    """A database whose transactions are parts of one that is never committed."""

    def __init__(self, connection: Connection) -> None:
        self._engine = connection.engine
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """What has been rehearsed so far can be read, too."""
        yield self._connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: undone by itself when it raises."""
        with self._connection.begin_nested():
            yield self._connection


class _Undone(Exception):
    """Ends the transaction of a rehearsal."""


@contextmanager
def rehearsing(database: Database) -> Iterator[Rehearsal]:
    """Within the block everything may be done; at its end nothing of it was."""
    try:
        with database.write() as connection:
            connection.info[_REHEARSED] = True
            try:
                yield Rehearsal(connection)
            finally:
                del connection.info[_REHEARSED]
            raise _Undone
    except _Undone:
        return


def is_rehearsed(connection: Connection) -> bool:
    """Whether nothing of the transaction is going to be kept."""
    return _REHEARSED in connection.info


@contextmanager
def rehearsing_aside(database: Database) -> Iterator[Rehearsal]:
    """The same where it may take long: of SQLite on a copy, which needs as much room. Raises Unavailable."""
    with _place_for(database) as place, rehearsing(place) as rehearsal:
        yield rehearsal


@contextmanager
def _place_for(database: Database) -> Iterator[Database]:
    if database.dialect != "sqlite":
        yield database
        return
    original = Path(str(database.url.database))
    _clean(original.parent)
    with TemporaryDirectory(prefix=_COPY_PREFIX, dir=original.parent) as folder:
        copied = Path(folder) / original.name
        _copy(original, copied)
        place = Database(f"sqlite:///{copied}")
        try:
            yield place
        finally:
            place.dispose()


def _copy(original: Path, copied: Path) -> None:
    """One moment of a database, while others go on writing to it."""
    try:
        with (
            closing(sqlite3.connect(original)) as source,
            closing(sqlite3.connect(copied)) as target,
        ):
            source.backup(target)
    except (sqlite3.OperationalError, OSError) as error:
        raise Unavailable(
            f"There is no copy of the database to try it on ({error}). Make as much room on the disk as it takes, "
            "then try again."
        ) from error


def _clean(folder: Path) -> None:
    now_seconds = clock.now().timestamp()
    for left in folder.glob(f"{_COPY_PREFIX}*"):
        if now_seconds - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
