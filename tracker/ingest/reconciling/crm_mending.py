"""Gaps of a connected CRM are mended by the reading of it that goes on anyway: its deals are noted to be fetched."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tracker import clock
from tracker.errors import Conflict
from tracker.ingest.connectors.asking import HttpApi
from tracker.ingest.connectors.kinds import PULLED
from tracker.ingest.connectors.pulling import Puller
from tracker.ingest.connectors.shape import Client, Listed
from tracker.store import connections
from tracker.store.connections import Wanted

TRIES_COUNT = 120
TRY_SECONDS = 1.0
"""Another process may be reading the CRM; it is waited for about two minutes."""


@dataclass(frozen=True, slots=True)
class CrmMending:
    """The connection that `puller` reads. `pause` waits so many seconds."""

    puller: Puller
    pause: Callable[[float], None]

    def catch_up(self) -> None:
        """Read what has changed, or wait for whoever is reading it. Raises what `Puller.pull` does."""
        for _ in range(TRIES_COUNT):
            with suppress(Conflict):
                self.puller.pull()
                return
            self.pause(TRY_SECONDS)

    def fetch(self, deal_ids: Sequence[str]) -> None:
        """Note deals and read them. The notices stay if this ends half-way, and are read by whoever reads next."""
        wanted = [Wanted(deal_id) for deal_id in deal_ids]
        with self.puller.database.write() as connection:
            connections.want(connection, self.puller.name, wanted, clock.now())
        for _ in range(TRIES_COUNT):
            self.puller.fetch_noted()
            if not self._has_noted():
                return
            self.pause(TRY_SECONDS)

    def _has_noted(self) -> bool:
        with self.puller.database.read() as connection:
            return bool(connections.wanted_count(connection, self.puller.name))


def listing_of(puller: Puller) -> Iterator[Listed]:
    """Every deal the CRM has, as it lists them. Raises NotFound, CrmAway, CrmRefuses."""
    with puller.database.read() as connection:
        crm = connections.live_connection(connection, puller.name)
    connector = PULLED[crm.kind]
    api = HttpApi(crm.address, connector.headers(crm), connector.wait_seconds, puller.pause)
    yield from connector.listing(Client(api, crm))
