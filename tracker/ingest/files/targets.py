"""Where imported rows go: people, quotas, deals and rates, each checked and written its own way."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from tracker import flow, flow_exchange
from tracker.config import command_author
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.ingest.deal_payload import Reader
from tracker.ingest.directory import Directory
from tracker.ingest.files import deal_rows, people_rows, quota_rows, rate_rows
from tracker.ingest.files.deal_rows import DealRow
from tracker.ingest.files.importing import CheckRow
from tracker.ingest.files.mapping import Values
from tracker.ingest.files.people_rows import PersonRow
from tracker.store import people
from tracker.store.database import Database
from tracker.store.plans import QuotaChange
from tracker.store.types import Connection

UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class PeopleTarget:
    database: Database
    now: datetime
    today: date

    def checking(self, connection: Connection) -> CheckRow[PersonRow]:
        first_days = people_rows.first_days_of_plans(connection)
        return lambda values: people_rows.person_row(values, connection, first_days)

    def name_of(self, item: PersonRow) -> str:
        return people.fold(item.reference)

    def write(self, items: list[PersonRow]) -> Counter[str]:
        with self.database.read() as connection:
            first_days = people_rows.first_days_of_plans(connection)
        changed_count = people_rows.put_people(
            self.database, items, first_days, command_author(), self.now, self.today
        )
        return Counter({"added or changed": changed_count, UNCHANGED: len(items) - changed_count})


@dataclass(frozen=True, slots=True)
class QuotasTarget:
    database: Database
    now: datetime

    def checking(self, connection: Connection) -> CheckRow[QuotaChange]:
        terms = quota_rows.quota_terms(connection)
        payee_id_of = Directory(connection, with_teams=True).payee_id_of
        return lambda values: quota_rows.quota_row(values, payee_id_of, terms)

    def name_of(self, item: QuotaChange) -> str:
        return " ".join(map(str, item.place))

    def write(self, items: list[QuotaChange]) -> Counter[str]:
        changed = flow.change_quotas(self.database, items, command_author(), self.now)
        return Counter({"set": len(changed), UNCHANGED: len(items) - len(changed)})


@dataclass(frozen=True, slots=True)
class RatesTarget:
    database: Database
    now: datetime

    def checking(self, connection: Connection) -> CheckRow[ExchangeRate]:
        return rate_rows.rate_row

    def name_of(self, item: ExchangeRate) -> str:
        return f"{item.currency} {item.into} {item.day}"

    def write(self, items: list[ExchangeRate]) -> Counter[str]:
        news = flow_exchange.set_exchange_rates(self.database, items, command_author(), self.now)
        return Counter({"set": len(news), UNCHANGED: len(items) - len(news)})


@dataclass(frozen=True, slots=True)
class DealsTarget:
    database: Database
    now: datetime
    today: date
    source: str

    def checking(self, connection: Connection) -> CheckRow[DealRow]:
        reader = Reader(Directory(connection).payee_id_of, self.now, self.today)

        def check(values: Values) -> DealRow:
            return deal_rows.deal_row(values, self.source, reader)

        return check

    def name_of(self, item: DealRow) -> str:
        version = item.event.version if item.is_versioned else ""
        return f"{item.event.deal.key} {version}"

    def write(self, items: list[DealRow]) -> Counter[str]:
        with self.database.read() as connection:
            events = deal_rows.named_events(connection, items)
        outcomes = flow.record_deal_events(self.database, events, self.now)
        found = Counter(outcome.kind for outcome in outcomes)
        found["duplicate"] += len(items) - len(events)
        return Counter[str](found)
