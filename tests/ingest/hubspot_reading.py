"""A company that is connected to a HubSpot of its own, and what a test asks of both."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.ingest.fake_hubspot import TOKEN, FakeHubSpot
from tests.ingest.records import NOW
from tracker.engine.deals import Deal
from tracker.flow_connections import Kept
from tracker.ingest.connectors.pulling import Puller
from tracker.store import connections, deals, quarantine
from tracker.store.connections import CrmConnection, NewConnection, Wanted
from tracker.store.quarantine import SetAside

if TYPE_CHECKING:
    from tests.ingest.conftest import Company

ZONE = ZoneInfo("Europe/Copenhagen")


@dataclass
class Read:
    """The company, the CRM it reads, and what reads it."""

    company: "Company"
    crm: FakeHubSpot
    pauses: list[float] = field(default_factory=list)

    def puller(self) -> Puller:
        database = self.company.database
        return Puller(
            database, lambda work: work(database), ZONE, "hubspot", pause=self.pauses.append
        )

    def pull(self, again: bool = False) -> Kept:
        return self.puller().pull(again)

    def connection(self) -> CrmConnection:
        with self.company.database.read() as connection:
            return connections.live_connection(connection, "hubspot")

    def deal(self, deal_id: str | int) -> Deal | None:
        with self.company.database.read() as connection:
            return deals.deal(connection, f"hubspot:{deal_id}")

    def note(self, *wanted: Wanted) -> None:
        with self.company.database.write() as connection:
            connections.want(connection, "hubspot", wanted, NOW)

    def waiting(self) -> list[SetAside]:
        with self.company.database.read() as connection:
            return quarantine.waiting(connection)

    def keys(self) -> list[str]:
        with self.company.database.read() as connection:
            return sorted(stored.deal.key for stored in deals.all_deals(connection))

    def all_keys(self) -> list[str]:
        return sorted(f"hubspot:{deal_id}" for deal_id in self.crm.deals)


def connect(company: "Company", crm: FakeHubSpot, mapping: str = "") -> Read:
    new = NewConnection("hubspot", "hubspot", crm.address, TOKEN, "secret", mapping)
    with company.database.write() as connection:
        connections.add(connection, new, NOW)
    return Read(company, crm)
