"""The company that is broken here, and the comparison at the end: what was acknowledged is there, once, and pays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tests.builders import a_rep
from tests.faults import oracle
from tests.faults.deals_sent import Event
from tests.faults.oracle import PLAN, Figures
from tracker import flow
from tracker.store import deals, keys, ledger, people, totals
from tracker.store.database import Database, upgrade
from tracker.verify import verify

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
REPS = tuple(f"{name}@firma.dk" for name in ("anna", "bo", "carl", "dan", "eva"))


@dataclass(frozen=True)
class Company:
    """Five reps on one plan, and a key that may send deals."""

    folder: Path
    database_url: str
    key: str


def make_company(folder: Path, database_url: str) -> Company:
    """Make it in an empty database; nothing stays open."""
    folder.mkdir(exist_ok=True)
    database = Database(database_url)
    upgrade(database)
    with database.write() as connection:
        payee_ids = [a_rep(connection, rep) for rep in REPS]
        key = keys.create_key(connection, "CRM", frozenset({"ingest", "read"}), AT)
    flow.activate_plan_version(database, "fault", date(2026, 1, 1), PLAN, "test", AT)
    for payee_id in payee_ids:
        flow.assign_plan(database, payee_id, "fault", date(2026, 1, 1), None, "test", AT)
    database.dispose()
    return Company(folder, database_url, key)


def stored_event_ids(database: Database) -> list[str]:
    with database.read() as connection:
        return [stored.event.event_id for stored in deals.all_events(connection)]


def kept_figures(database: Database) -> tuple[Figures, Figures]:
    """What the database says everybody earns, and the sums of its ledger; by rep, component and month."""
    with database.read() as connection:
        reps = {payee.id: payee.reference for payee in people.payees(connection)}
        found = totals.all_earnings(connection), ledger.figure_sums(connection)
    earned, posted = (
        {
            (reps[payee_id], component.partition("/")[2], period): amount_minor
            for (payee_id, component, _, period), amount_minor in one.items()
            if amount_minor
        }
        for one in found
    )
    return earned, posted


@dataclass(frozen=True)
class Comparison:
    """How many events there are, and how many of those that were never answered."""

    stored: int
    unanswered: int
    unanswered_kept: int

    def __str__(self) -> str:
        return (
            f"{self.stored} events stored, 0 lost, 0 doubled, "
            f"{self.unanswered_kept} of {self.unanswered} never answered are kept"
        )


def compare(
    database_url: str, acknowledged: Iterable[str], sent: Iterable[list[Event]]
) -> Comparison:
    """Hold the database against what was sent, in requests, and acknowledged.

    Nothing acknowledged is lost; each id is there once; of a request all is there, or nothing; every figure is the
    oracle's, and so is the ledger; and the product's own recomputation finds no difference.
    """
    database = Database(database_url)
    try:
        stored_ids = stored_event_ids(database)
        stored = set(stored_ids)
        by_id = {event["event_id"]: event for request in sent for event in request}
        answered = set(acknowledged)
        assert answered <= stored, f"lost: {sorted(answered - stored)[:10]}"
        assert len(stored_ids) == len(stored), "an event is there twice"
        assert stored <= by_id.keys(), "an event was never sent"
        for request in sent:
            there = [event["event_id"] in stored for event in request]
            assert all(there) or not any(there), f"half a request is there: {request}"
        assert_figures(database, [by_id[event_id] for event_id in stored_ids])
        unanswered = by_id.keys() - answered
        return Comparison(len(stored), len(unanswered), len(unanswered & stored))
    finally:
        database.dispose()


def assert_figures(database: Database, events: Iterable[Mapping[str, object]]) -> None:
    """Every figure and every sum of the ledger is the oracle's, and the product finds no drift in itself."""
    right = {place: minor for place, minor in oracle.earned_by(events).items() if minor}
    earned, posted = kept_figures(database)
    assert earned == right
    assert posted == right
    verification = verify(database)
    assert verification.differences == ()
    assert verification.drift_minor == 0
