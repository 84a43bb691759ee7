"""Where imported rows go: people, quotas, deals and rates, each checked and written its own way."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracker import flow, flow_exchange, flow_imports
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.ingest.deal_payload import Reader
from tracker.ingest.directory import Directory
from tracker.ingest.files import deal_rows, people_rows, quota_rows, rate_rows
from tracker.ingest.files.deal_rows import DealRow
from tracker.ingest.files.importing import REFUSED, CheckRow, LeftOut
from tracker.ingest.files.mapping import Values
from tracker.ingest.files.people_rows import PersonRow
from tracker.store import people, quarantine
from tracker.store.database import Database
from tracker.store.plans import QuotaChange
from tracker.store.types import Connection

NEW, CHANGED, UNCHANGED, OLDER = "new", "changed", "unchanged", "older"
_KINDS = {"duplicate": UNCHANGED, "stale": OLDER, "refused": REFUSED}


@dataclass(frozen=True, slots=True)
class PeopleTarget:
    database: Database
    by: str
    now: datetime
    today: date

    def checking(self, connection: Connection, rows: Sequence[Values]) -> CheckRow[PersonRow]:
        first_days = people_rows.first_days_of_plans(connection)
        return lambda values: people_rows.person_row(values, connection, first_days)

    def name_of(self, item: PersonRow) -> str:
        return people.fold(item.reference)

    def write(self, items: list[PersonRow]) -> Counter[str]:
        with self.database.read() as connection:
            first_days = people_rows.first_days_of_plans(connection)
        changed_count = people_rows.put_people(
            self.database, items, first_days, self.by, self.now, self.today
        )
        return Counter({"added or changed": changed_count, UNCHANGED: len(items) - changed_count})

    def leave_out(self, left: list[LeftOut]) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class QuotasTarget:
    database: Database
    by: str
    now: datetime

    def checking(self, connection: Connection, rows: Sequence[Values]) -> CheckRow[QuotaChange]:
        terms = quota_rows.quota_terms(connection)
        directory = Directory(connection, with_teams=True)
        directory.look_up(values.by_field["rep"] for values in rows if "rep" in values.by_field)
        payee_id_of = directory.payee_id_of
        return lambda values: quota_rows.quota_row(values, payee_id_of, terms)

    def name_of(self, item: QuotaChange) -> str:
        return " ".join(map(str, item.place))

    def write(self, items: list[QuotaChange]) -> Counter[str]:
        changed = flow.change_quotas(self.database, items, self.by, self.now)
        return Counter({"set": len(changed), UNCHANGED: len(items) - len(changed)})

    def leave_out(self, left: list[LeftOut]) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class RatesTarget:
    database: Database
    by: str
    now: datetime

    def checking(self, connection: Connection, rows: Sequence[Values]) -> CheckRow[ExchangeRate]:
        return rate_rows.rate_row

    def name_of(self, item: ExchangeRate) -> str:
        return f"{item.currency} {item.into} {item.day}"

    def write(self, items: list[ExchangeRate]) -> Counter[str]:
        news = flow_exchange.set_exchange_rates(self.database, items, self.by, self.now)
        return Counter({"set": len(news), UNCHANGED: len(items) - len(news)})

    def leave_out(self, left: list[LeftOut]) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class DealsTarget:
    """Deals. What is recorded is part of an import that was begun; a check needs none."""

    database: Database
    now: datetime
    today: date
    source: str
    import_id: int = 0
    sender: str = ""

    def checking(self, connection: Connection, rows: Sequence[Values]) -> CheckRow[DealRow]:
        directory = Directory(connection)
        directory.look_up(deal_rows.references_in(rows))
        reader = Reader(directory.payee_id_of, self.now, self.today)

        def check(values: Values) -> DealRow:
            return deal_rows.deal_row(values, self.source, reader)

        return check

    def name_of(self, item: DealRow) -> str:
        version = item.event.version if item.is_versioned else ""
        return f"{item.event.deal.key} {version}"

    def write(self, items: list[DealRow]) -> Counter[str]:
        with self.database.read() as connection:
            events = deal_rows.named_events(connection, items)
            known = deal_rows.said_before(connection, events)
        outcomes = flow_imports.record_rows(self.database, self.import_id, events, self.now)
        found: Counter[str] = Counter()
        for event, outcome in zip(events, outcomes, strict=True):
            kind = CHANGED if event.deal.key in known else NEW
            found[_KINDS.get(outcome.kind, kind)] += 1
            known.add(event.deal.key)
        found[UNCHANGED] += len(items) - len(events)
        return found

    def leave_out(self, left: list[LeftOut]) -> int:
        """Rows that name their deal wait in the quarantine until they are put right there."""
        with self.database.write() as connection:
            directory = Directory(connection)
            arrived = [
                kept
                for one in left
                if (
                    kept := deal_rows.row_set_aside(
                        connection, one.values, self.source, one.problems, directory, self.today
                    )
                )
            ]
            quarantine.set_aside(connection, self.sender, arrived, self.now)
        return len(arrived)
