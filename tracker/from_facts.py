"""What follows from the facts alone, as they are or were known at some marks: for whoever checks what is kept."""

from collections.abc import Iterable

from tracker.engine.deals import Deal, DealEvent
from tracker.engine.replaying.replay import Earned, replay
from tracker.store import exceptions, memberships, plans
from tracker.store.deals import Rank, rank_of
from tracker.store.exchange import KnownRates
from tracker.store.horizon import horizon
from tracker.store.types import Connection


def newest_deals(events: Iterable[DealEvent]) -> dict[str, Deal]:
    """The deal that each key stands for after all these events, whatever their order."""
    newest: dict[str, tuple[Rank, Deal]] = {}
    for event in events:
        standing = newest.get(event.deal.key)
        if standing is None or rank_of(event) > standing[0]:
            newest[event.deal.key] = rank_of(event), event.deal
    return {key: deal for key, (_, deal) in newest.items()}


def earned_from(events: Iterable[DealEvent], connection: Connection) -> Earned:
    """What these events earn under what was agreed, by the replay that shares no code with the incremental path."""
    return replay(
        events,
        plans.parsed_versions(connection),
        plans.assignments(connection),
        plans.quota_facts(connection),
        memberships=memberships.all_memberships(connection),
        exceptions=exceptions.exceptions(connection),
        until=horizon(connection),
        exchange_rates=KnownRates(connection),
    )
