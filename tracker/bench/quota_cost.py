"""A new quota for every rep of a large company: which deals that reads, and what it takes for each rep."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

from tracker import flow
from tracker.bench.flow_cost import AT, PLAN, YEAR_STARTS_ON, event_of
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.store import people, plans
from tracker.store.database import Database, upgrade
from tracker.store.plans import QuotaChange

REPS_COUNT = 1_000
FEW_DEALS, MANY_DEALS = 1, 10
"""For each rep."""
BATCH_COUNT = 500
ROUNDS_COUNT = 3

_READS_DEALS = re.compile(r"\b(?:FROM|JOIN)\s+(?:deal\w*|credit)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class QuotaCost:
    """Milliseconds of CPU per rep with few and with many deals each, and how many statements read deals or credits."""

    reps_count: int
    few_milliseconds: float
    many_milliseconds: float
    ratio: float
    deal_reads_count: int


def quota_cost(on_progress: Callable[[str], None]) -> QuotaCost:
    """Changes everybody's quota in one go, in two companies that differ only in how much was sold."""
    with (
        TemporaryDirectory() as folder,
        _company(Path(folder) / "few", FEW_DEALS, on_progress) as few,
        _company(Path(folder) / "many", MANY_DEALS, on_progress) as many,
    ):
        rounds = []
        for number in range(ROUNDS_COUNT):
            on_progress(f"quotas: round {number + 1} of {ROUNDS_COUNT}")
            rounds.append((few.changed(number), many.changed(number)))
    return QuotaCost(
        REPS_COUNT,
        median(few for few, _ in rounds),
        median(many for _, many in rounds),
        median(many / few for few, many in rounds),
        few.deal_reads_count + many.deal_reads_count,
    )


@contextmanager
def _company(
    path: Path, deals_count: int, on_progress: Callable[[str], None]
) -> Iterator["_Company"]:
    on_progress(f"quotas: {REPS_COUNT:,} reps with {deals_count} deals each")
    database = Database(f"sqlite:///{path}.sqlite3")
    upgrade(database)
    try:
        yield _Company(database, deals_count)
    finally:
        database.dispose()


class _Company:
    """Reps on one plan of a year, each with so many deals in it."""

    def __init__(self, database: Database, deals_count: int) -> None:
        self._database = database
        self.deal_reads_count = 0
        flow.activate_plan_version(database, "bench", YEAR_STARTS_ON, PLAN, "bench", AT)
        with database.write() as connection:
            team_id = people.add_team(connection, "Bench")
            self._payee_ids = [
                people.add_payee(connection, f"rep{number}@bench.example", "Rep", team_id)
                for number in range(REPS_COUNT)
            ]
            for payee_id in self._payee_ids:
                plans.assign(connection, payee_id, "bench", YEAR_STARTS_ON, None, "bench", AT)
        events = [
            event_of(_deal(payee_id, number), 1)
            for payee_id in self._payee_ids
            for number in range(deals_count)
        ]
        for first in range(0, len(events), BATCH_COUNT):
            flow.record_deal_events(database, events[first : first + BATCH_COUNT], AT)

    def changed(self, number: int) -> float:
        """Milliseconds per rep of a new quota for everybody."""
        quotas = [
            QuotaChange(payee_id, "", "2026", 500_000_00 + number) for payee_id in self._payee_ids
        ]
        with self._database.watched() as statements:
            started = process_time()
            flow.change_quotas(self._database, quotas, "bench", AT)
            taken = process_time() - started
        self.deal_reads_count += sum(bool(_READS_DEALS.search(one)) for one in statements)
        return taken / REPS_COUNT * 1e3


def _deal(payee_id: int, number: int) -> Deal:
    return Deal(
        key=f"bench:{payee_id}-{number}",
        name="Customer",
        status=DealStatus.WON,
        effective_on=YEAR_STARTS_ON,
        currency="DKK",
        amount_minor=100_000_00 + number,
        credit_shares=(CreditShare(payee_id, Fraction(1)),),
    )
