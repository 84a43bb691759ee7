"""Two lists of deals in the order of their ids -> where they differ. Holds one deal of each in memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tracker.ingest.connectors.shape import Listed
from tracker.store.reconciliations import GapKind, Held


@dataclass(frozen=True, slots=True)
class Gap:
    """A deal that the source has and we lack, that we have as it was before, or that the source no longer has.

    `version` is the source's; 0 where it lists none. `event_id` is the event our deal stands on, 0 for a missing one.
    """

    kind: GapKind
    deal_id: str
    version: int = 0
    event_id: int = 0


def compare(theirs: Iterable[Listed], ours: Iterable[Held]) -> Iterator[Gap]:
    """Every gap, in the order of the ids. Both lists are in that order, each deal once."""
    remaining = iter(ours)
    held = next(remaining, None)
    for listed in theirs:
        while held is not None and held.deal_id < listed.deal_id:
            yield from _gone(held)
            held = next(remaining, None)
        if held is None or held.deal_id != listed.deal_id:
            yield Gap("missing", listed.deal_id, listed.version)
            continue
        if held.version < listed.version:
            yield Gap("older", listed.deal_id, listed.version, held.event_id)
        held = next(remaining, None)
    while held is not None:
        yield from _gone(held)
        held = next(remaining, None)


def _gone(held: Held) -> Iterator[Gap]:
    if held.is_alive:
        yield Gap("gone", held.deal_id, event_id=held.event_id)
