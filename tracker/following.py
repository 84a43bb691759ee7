"""While the product serves, connected CRMs are read: at once what a notice names, and every so often what changed.

One greenlet for each connection, so that a slow CRM holds up no other; among several processes one reads at a time.
What is read is written by the one thread that writes.
"""

from dataclasses import dataclass, field

import gevent

from tracker import clock, logs
from tracker.config import Settings
from tracker.errors import Conflict, NotFound, Unavailable
from tracker.flow_connections import Writer
from tracker.ingest.connectors.asking import CrmAway, CrmRefuses
from tracker.ingest.connectors.kinds import PULLED
from tracker.ingest.connectors.pulling import Puller
from tracker.store import connections
from tracker.store.connections import CrmConnection
from tracker.store.database import Database

log = logs.log_of(__name__)

LOOK_SECONDS = 0.5
"""How often it is looked for notices and for new connections."""
BUSY_SECONDS = 5.0
"""How soon after our own database could not keep what was read."""
AWAY_SECONDS = 60.0
REFUSED_SECONDS = 900.0
"""How soon a CRM that refuses is asked again by itself; a new token is tried at once."""


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
    """Follows one connection until it is removed."""

    puller: Puller
    search_at_seconds: float = 0.0
    _token: str = field(default="", repr=False)

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
        try:
            with self.puller.database.read() as connection:
                crm = connections.live_connection(connection, name)
                is_noted = bool(connections.oldest_wanted(connection, name, 1)[0])
            is_new_token, self._token = crm.token != self._token, crm.token
            if is_new_token or clock.monotonic_seconds() >= self.search_at_seconds:
                self._wait(PULLED[crm.kind].SEARCH_EVERY_SECONDS)
                self.puller.pull()
            elif is_noted and not crm.trouble:
                self.puller.fetch_noted()
        except CrmAway as error:
            self._wait(max(AWAY_SECONDS, error.retry_after_seconds))
            log.warning("a CRM does not answer", source=name)
        except CrmRefuses:
            self._wait(REFUSED_SECONDS)
            log.error("a CRM refuses to be read", source=name)
        except NotFound:
            raise
        except Conflict:
            self._wait(LOOK_SECONDS)
        except Unavailable:
            self._wait(BUSY_SECONDS)
        except Exception as problem:
            self._wait(AWAY_SECONDS)
            logs.say_fault(log, "a CRM could not be read", problem)

    def _wait(self, seconds: float) -> None:
        self.search_at_seconds = clock.monotonic_seconds() + seconds
