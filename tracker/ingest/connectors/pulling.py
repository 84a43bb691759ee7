"""Reads a connected CRM: the deals its notices named, then everything that has changed since the last time.

A page of deals and the place behind it are kept in one transaction. So a pull may end anywhere, and the next goes on
from there; what is read twice is known already.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from tracker import clock
from tracker.errors import Conflict, TrackerError, Unavailable
from tracker.flow_connections import Kept, Read, Writer
from tracker.ingest.connectors.asking import CrmAway, CrmRefuses, HttpApi
from tracker.ingest.connectors.kinds import PULLED
from tracker.ingest.connectors.landing import Land
from tracker.ingest.connectors.shape import Client, PulledConnector, Raw
from tracker.store import connections
from tracker.store.connections import CrmConnection, Wanted
from tracker.store.database import Database
from tracker.store.types import Connection

FETCHED_AT_ONCE_COUNT = 100
LEARN_EVERY_SECONDS = 900
LEARN_AGAIN_SECONDS = 60
"""A deal may name a stage or an owner that is new; how soon the CRM is asked for its words again because of that."""

BUSY_SECONDS = 5.0
"""How soon after our own database could not keep what was read."""
AWAY_SECONDS = 60.0
REFUSED_SECONDS = 900.0
"""How soon a CRM that refuses is asked again by itself; a new token is tried at once."""

OnPage = Callable[[Kept, int], None]
"""Called after each page: what is kept so far, and about how many deals are left."""


def nobody_watches(_kept: Kept, _left_count: int) -> None:
    """Where no progress is shown."""


@dataclass(slots=True)
class Puller:
    """Reads one connection. Keep it as long as that is followed: it knows when the CRM's words were learned."""

    database: Database
    write: Writer
    zone: ZoneInfo
    name: str
    pause: Callable[[float], None] = time.sleep
    on_page: OnPage = nobody_watches
    _learned_at_seconds: float | None = field(default=None, init=False)

    def pull(self, again: bool = False) -> Kept:
        """Everything that was noted, and everything that has changed; all deals once more with `again`.

        Raises Conflict while another process reads it, CrmAway, CrmRefuses, NotFound for a connection that was removed,
        or Unavailable.
        """
        with self.database.alone(f"pull-{self.name}") as is_ours:
            if not is_ours:
                raise Conflict(f"{self.name} is being read already. Try again in a moment.")
            if again:
                self._write(lambda connection: connections.move_cursor(connection, self.name, ""))
            return self._saying_trouble(self._pull_all)

    def pull_if_due(self) -> Kept:
        """The same, unless this or another process has searched so lately that it is not time yet, or does now."""
        with self.database.alone(f"pull-{self.name}") as is_ours:
            if not is_ours or not self._connection().may_be_searched(clock.now()):
                return Kept()
            return self._saying_trouble(self._pull_all)

    def fetch_noted(self) -> Kept:
        """Only what was noted. Raises what `pull` does."""
        with self.database.alone(f"pull-{self.name}") as is_ours:
            if not is_ours:
                return Kept()
            return self._saying_trouble(lambda: self._fetch_noted(*self._asked()))

    def _saying_trouble(self, read: Callable[[], Kept]) -> Kept:
        """Whatever ends a reading is kept with the connection, so that its silence is explained."""
        try:
            return read()
        except Exception as error:
            trouble = "A fault of the program; its log says more."
            if isinstance(error, TrackerError):
                trouble = error.message
            at, seconds = clock.now(), _pause_seconds(error)
            with suppress(Unavailable):
                self._write(
                    lambda connection: connections.note_trouble(
                        connection, self.name, trouble, at, seconds
                    )
                )
            raise

    def _pull_all(self) -> Kept:
        started_at = clock.now()
        connector, client = self._asked()
        pause_seconds = connector.SEARCH_EVERY_SECONDS
        self._write(
            lambda connection: connections.note_search(
                connection, self.name, started_at, pause_seconds
            )
        )
        client = self._learned(connector, client, LEARN_EVERY_SECONDS)
        kept = self._fetch_noted(connector, client)
        for page in connector.changed_since(client, client.connection.cursor):
            client = self._knowing(connector, client, page.raws)
            kept += self._keep(page.raws, Read(self.name, cursor=page.cursor))
            self.on_page(kept, page.left_count)
            kept += self._fetch_noted(connector, client)
        self._write(lambda connection: connections.note_pulled(connection, self.name, started_at))
        return kept

    def _fetch_noted(self, connector: PulledConnector, client: Client) -> Kept:
        """Fetch what notices named, until none is left."""
        kept = Kept()
        while True:
            with self.database.read() as connection:
                wanted, notice_ids = connections.oldest_wanted(
                    connection, self.name, FETCHED_AT_ONCE_COUNT
                )
            if not wanted:
                return kept
            fetched = connector.fetch(client, wanted)
            client = self._knowing(connector, client, fetched.raws)
            gone = [one for one in wanted if one.deal_id in set(fetched.gone_ids)]
            read = Read(self.name, notice_ids=notice_ids)
            kept += self._keep(fetched.raws, read, gone)

    def _keep(self, raws: list[Raw], read: Read, gone: Sequence[Wanted] = ()) -> Kept:
        now = clock.now()
        return self.write(lambda own: Land(own, self.zone, now).keep(raws, read, gone))

    def _asked(self) -> tuple[PulledConnector, Client]:
        """The connector, and the API it asks."""
        crm = self._connection()
        connector = PULLED[crm.kind]
        api = HttpApi(crm.address, connector.headers(crm), connector.wait_seconds, self.pause)
        return connector, Client(api, crm)

    def _connection(self) -> CrmConnection:
        with self.database.read() as connection:
            return connections.live_connection(connection, self.name)

    def _knowing(self, connector: PulledConnector, client: Client, raws: list[Raw]) -> Client:
        """The same, having learned the words of these deals as far as the CRM knows them."""
        if all(connector.knows(raw, client.connection) for raw in raws):
            return client
        return self._learned(connector, client, LEARN_AGAIN_SECONDS)

    def _learned(self, connector: PulledConnector, client: Client, after_seconds: float) -> Client:
        """The same, with the CRM's words as they are now, unless they were learned so lately."""
        now_seconds = clock.monotonic_seconds()
        before = self._learned_at_seconds
        if before is not None and now_seconds - before < after_seconds:
            return client
        learned = connector.learn(client)
        self._learned_at_seconds = now_seconds
        if learned != client.connection.learned:
            self._write(lambda connection: connections.learn(connection, self.name, learned))
        return replace(client, connection=replace(client.connection, learned=learned))

    def _write(self, statement: Callable[[Connection], None]) -> None:
        def work(own: Database) -> None:
            with own.write() as connection:
                statement(connection)

        self.write(work)


def _pause_seconds(error: Exception) -> float:
    """How long a CRM is left alone after this."""
    if isinstance(error, CrmAway):
        return max(AWAY_SECONDS, error.retry_after_seconds)
    if isinstance(error, Unavailable):
        return BUSY_SECONDS
    return REFUSED_SECONDS if isinstance(error, CrmRefuses) else AWAY_SECONDS
