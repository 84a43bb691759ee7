"""While the product serves, connected CRMs are read: at once what a notice names, and every so often what changed.

One greenlet for each connection, so that a slow CRM holds up no other. Among several processes one reads at a time, and
all of them together search no more often than one would.
What is read is written by the one thread that writes.
"""

from dataclasses import dataclass

import gevent

from tracker import clock, logs
from tracker.config import Settings
from tracker.errors import NotFound, Unavailable
from tracker.flow_connections import Writer
from tracker.ingest.connectors.asking import CrmAway, CrmRefuses
from tracker.ingest.connectors.kinds import PULLED
from tracker.ingest.connectors.pulling import BUSY_SECONDS, Puller
from tracker.store import connections
from tracker.store.connections import CrmConnection
from tracker.store.database import Database

log = logs.log_of(__name__)

LOOK_SECONDS = 0.5
"""How often it is looked for notices and for new connections."""


def follow_for_ever(settings: Settings, database: Database, write: Writer) -> None:
    """Follow every connection there is or will be, until the server stops. Runs in a greenlet."""
    followers: dict[str, gevent.Greenlet] = {}
    while True:
        try:
            for crm in _live(database):
                if crm.name not in followers or followers[crm.name].dead:
                    puller = Puller(database, write, settings.company_zone, crm.name)
                    followers[crm.name] = gevent.spawn(Follower(puller).follow)
        except Unavailable:
            pass  # the pages say so; the next look may succeed
        gevent.sleep(10 * LOOK_SECONDS)


def _live(database: Database) -> list[CrmConnection]:
    with database.read() as connection:
        return [one for one in connections.live_connections(connection) if one.kind in PULLED]


@dataclass(slots=True)
class Follower:
    """Follows one connection until it is removed. When it is searched next is known to all processes."""

    puller: Puller
    rest_until_seconds: float = 0.0

    def follow(self) -> None:
        try:
            while True:
                self.look()
                gevent.sleep(LOOK_SECONDS)
        except NotFound:
            return  # it was removed

    def look(self) -> None:
        """Read what there is to read now. Raises NotFound once the connection was removed."""
        name = self.puller.name
        if clock.monotonic_seconds() < self.rest_until_seconds:
            return
        try:
            self._read()
        except CrmAway:
            log.warning("a CRM does not answer", source=name)
        except CrmRefuses:
            log.error("a CRM refuses to be read", source=name)
        except NotFound:
            raise
        except Unavailable:
            self.rest_until_seconds = clock.monotonic_seconds() + BUSY_SECONDS
        except Exception as problem:
            logs.say_fault(log, "a CRM could not be read", problem)

    def _read(self) -> None:
        name = self.puller.name
        with self.puller.database.read() as connection:
            crm = connections.live_connection(connection, name)
            is_noted = bool(connections.oldest_wanted(connection, name, 1)[0])
        if crm.may_be_searched(clock.now()):
            self.puller.pull_if_due()
        elif is_noted and not crm.trouble:
            self.puller.fetch_noted()
