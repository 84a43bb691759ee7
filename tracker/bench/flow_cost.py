"""What one deal event costs from call to commit on SQLite, for a rep with few deals and for one with many."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from tracker import flow
from tracker.engine.deals import CreditShare, Deal, DealEvent, DealStatus
from tracker.store import people
from tracker.store.database import Database, upgrade
from tracker.store.plans import QuotaChange

FEW_DEALS, MANY_DEALS = 100, 20_000
"""Fewer than the engine's own measurement takes: every deal here is a real transaction's row."""
BATCH_COUNT = 500
EVENTS_COUNT = 40
ROUNDS_COUNT = 3
YEAR_STARTS_ON = date(2026, 1, 1)
AT = datetime(2026, 12, 1, tzinfo=UTC)
PLAN = """
name = "Bench"
currency = "DKK"
window = "year"
settlement = "month"
[[components]]
key = "sales"
measure = "revenue"
tiers_on = "quota"
tiers = [ {up_to = "30%", rate = "5%"}, {up_to = "60%", rate = "7%"}, {up_to = "90%", rate = "10%"}, {rate = "12%"} ]
"""
UNEQUAL_WEIGHTS = 'multipliers = [ {where = {product = "Nova"}, factor = "1.5"} ]\n'


@dataclass(frozen=True, slots=True)
class FlowCost:
    """Milliseconds per committed event with few and with many deals, and the ratio of the two."""

    name: str
    few_milliseconds: float
    many_milliseconds: float
    ratio: float


def flow_costs(on_progress: Callable[[str], None]) -> list[FlowCost]:
    """Both cases: sums alone, and the ordered one that looks into days."""
    return [
        _cost("order-free", PLAN, on_progress),
        _cost("ordered", PLAN + UNEQUAL_WEIGHTS, on_progress),
    ]


def _cost(name: str, plan_text: str, on_progress: Callable[[str], None]) -> FlowCost:
    with TemporaryDirectory() as folder:
        on_progress(f"{name}: recording {MANY_DEALS:,} deals")
        with (
            _rep_with(FEW_DEALS, plan_text, Path(folder) / "few") as few,
            _rep_with(MANY_DEALS, plan_text, Path(folder) / "many") as many,
        ):
            pairs = []
            for round_number in range(ROUNDS_COUNT):
                on_progress(f"{name}: round {round_number + 1} of {ROUNDS_COUNT}")
                pairs.append((few.milliseconds_per_event(), many.milliseconds_per_event()))
    ratio = median(slow / fast for fast, slow in pairs)
    return FlowCost(name, median(f for f, _ in pairs), median(m for _, m in pairs), ratio)


@contextmanager
def _rep_with(deals_count: int, plan_text: str, path: Path) -> Iterator["_Rep"]:
    database = Database(f"sqlite:///{path}.sqlite3")
    upgrade(database)
    try:
        yield _Rep(database, deals_count, plan_text)
    finally:
        database.dispose()


class _Rep:
    """One rep on a plan of a year, with this many deals in it."""

    def __init__(self, database: Database, deals_count: int, plan_text: str) -> None:
        self._database, self._deals_count = database, deals_count
        self._random = Random(7)  # noqa: S311
        self._version = 0
        self._payee_id = self._hired(plan_text)
        for first in range(0, deals_count, BATCH_COUNT):
            numbers = range(first, min(first + BATCH_COUNT, deals_count))
            flow.record_deal_events(database, [self._event(number) for number in numbers], AT)

    def milliseconds_per_event(self) -> float:
        started = perf_counter()
        for _ in range(EVENTS_COUNT):
            self._version += 1
            event = self._event(self._random.randrange(self._deals_count))
            flow.record_deal_events(self._database, [event], AT)
        return (perf_counter() - started) / EVENTS_COUNT * 1e3

    def _hired(self, plan_text: str) -> int:
        with self._database.write() as connection:
            team_id = people.add_team(connection, "Bench")
            payee_id = people.add_payee(connection, "rep@bench.example", "Rep", team_id)
        flow.activate_plan_version(self._database, "bench", YEAR_STARTS_ON, plan_text, "bench", AT)
        flow.assign_plan(self._database, payee_id, "bench", YEAR_STARTS_ON, None, "bench", AT)
        quota = QuotaChange(payee_id, "", "2026", self._deals_count * 50_000_00)
        flow.change_quotas(self._database, [quota], "bench", AT)
        return payee_id

    def _event(self, number: int) -> DealEvent:
        return event_of(self._deal(number), self._version + 1)

    def _deal(self, number: int) -> Deal:
        random = self._random
        return Deal(
            key=f"bench:{number}",
            name=f"Customer {number}",
            status=DealStatus.WON,
            effective_on=YEAR_STARTS_ON + timedelta(days=random.randrange(330)),
            currency="DKK",
            amount_minor=random.randrange(1, 100_000_00),
            credit_shares=(CreditShare(self._payee_id, Fraction(1)),),
            properties={"product": random.choice(("Core", "Nova"))},
        )


def event_of(deal: Deal, version: int) -> DealEvent:
    """What the source of a measurement says about a deal."""
    event_id = f"{deal.key}-{version}"
    return DealEvent(
        source="bench",
        event_id=event_id,
        version=version,
        occurred_at=AT,
        deal=deal,
        body_hash=hashlib.sha256(event_id.encode()).hexdigest(),
    )
