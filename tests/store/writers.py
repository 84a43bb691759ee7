"""What the other processes of a test do. Each has its own connections, as each web process has."""

from datetime import UTC, datetime
from multiprocessing.synchronize import Event

from tests.builders import a_deal, an_event, shared_by
from tracker import flow
from tracker.store import outbox
from tracker.store.database import Database
from tracker.store.outbox import OutboxChange

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)


def win_deals(url: str, name: str, payee_ids: list[int], count: int, start: Event) -> None:
    """As a process of its own, when told: record `count` deals."""
    database = Database(url)
    start.wait(60)
    record_wins(database, name, payee_ids, count)
    database.dispose()


def record_wins(database: Database, name: str, payee_ids: list[int], count: int) -> None:
    """Record `count` deals of 1.00 for each of these payees, one transaction each."""
    for number in range(count):
        deal = a_deal(f"{name}-{number}", 100 * len(payee_ids), credit_shares=shared_by(*payee_ids))
        (outcome,) = flow.record_deal_events(database, [an_event(deal)], AT)
        assert outcome.kind == "recorded", outcome


def fight_over_one_deal(url: str, name: str, payee_ids: list[int], start: Event) -> None:
    """Amend one and the same deal again and again, in batches that touch the payees in another order."""
    database = Database(url)
    start.wait(60)
    for number in range(30):
        owners = payee_ids[number % 2 :] + payee_ids[: number % 2]
        deals = [
            a_deal(key, 100 * (number + 1), credit_shares=shared_by(owner))
            for key, owner in zip(("x", "y", "z"), owners, strict=False)
        ]
        events = [an_event(deal, number, event_id=f"{name}-{deal.key}-{number}") for deal in deals]
        flow.record_deal_events(database, events[::-1], AT)
    database.dispose()


def append_slowly(url: str, has_place: Event, may_commit: Event) -> None:
    """Take a place in the outbox, and commit only when told."""
    database = Database(url)
    with database.write() as connection:
        outbox.append(connection, [OutboxChange("access", payee_id=1)], AT)
        has_place.set()
        may_commit.wait(60)
    database.dispose()


def append_at_once(url: str, is_done: Event) -> None:
    """Take a place in the outbox and commit."""
    database = Database(url)
    with database.write() as connection:
        outbox.append(connection, [OutboxChange("access", payee_id=2)], AT)
    is_done.set()
    database.dispose()
