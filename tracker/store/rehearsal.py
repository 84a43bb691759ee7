"""Everything done as it would be done, and nothing kept: a whole run in one transaction that is undone at its end.

So a dry run is no second calculation: what it says is what the write path itself came to.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from tracker.store.database import Database

_REHEARSED = "tracker_rehearsed"
"""Mark in `Connection.info`: nothing of this transaction is kept, so nobody is told of it, and none waits for it."""


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
    """Within the block everything may be done; at its end nothing of it was. Others' writes of the same wait."""
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
