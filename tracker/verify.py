"""The product checks itself: every figure computed again from the facts alone, and compared.

The facts are the events, plan versions, assignments and quotas. What is earned comes from `engine.replaying`, which
shares no code with the incremental path; the sums in between are rebuilt from the newest snapshots.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from typing import NamedTuple, TypeVar

from tracker import clock
from tracker.engine.crediting.credits import credits_of
from tracker.engine.crediting.presence import presences_of
from tracker.engine.deals import Deal, DealEvent
from tracker.engine.earning.totals import (
    NOTHING,
    CellKey,
    Sums,
    TotalKey,
    cell_changes,
    day_changes,
)
from tracker.from_facts import earned_from, newest_deals
from tracker.store import credits, deals, ledger, people, plans, totals, trail
from tracker.store.database import Database
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.trail import TrailHead
from tracker.store.types import Connection
from tracker.store.verifications import StoredVerification, record_verification
from tracker.verify_statements import statement_problems

Key = TypeVar("Key", bound=Hashable)
Figure = TypeVar("Figure", int, Sums)


class Difference(NamedTuple):
    """Something kept that is not what the facts give. `drift_minor`: by how much it misstates what is earned."""

    kind: str
    name: str
    expected: str
    found: str
    drift_minor: int = 0

    def __str__(self) -> str:
        if self.kind == "trail":
            return f"trail: {self.name}"
        return f"{self.kind} {self.name}: {self.found} is kept, {self.expected} is right"


@dataclass(frozen=True, slots=True)
class Verification:
    """What a check found. Without differences everything kept is exactly what the facts give."""

    deal_count: int
    payee_count: int
    seconds: float
    differences: tuple[Difference, ...]

    @property
    def drift_minor(self) -> int:
        return sum(difference.drift_minor for difference in self.differences)


def verify(database: Database, trail_head: TrailHead | None = None) -> Verification:
    """Compute everything again as of one moment, note the result in the database and return it.

    The trail must be whole and, where an exported head of it is given, still hold that entry.
    """
    started_seconds = clock.monotonic_seconds()
    with database.read() as connection:
        events = [stored.event for stored in deals.all_events(connection)]
        newest = newest_deals(events)
        differences = (
            *_differences(connection, events, newest),
            *_trail_differences(connection, trail_head),
        )
        payee_count = len(people.payees(connection))
    seconds = clock.monotonic_seconds() - started_seconds
    verification = Verification(len(newest), payee_count, seconds, differences)
    _record(database, verification)
    return verification


def _differences(
    connection: Connection, events: list[DealEvent], newest: Mapping[str, Deal]
) -> Iterator[Difference]:
    book = plans.load_plan_book(connection)
    given = [credit for deal in newest.values() for credit in credits_of(deal, book)]
    given += presences_of(book)
    names = {payee.id: payee.reference for payee in people.payees(connection)}
    earned = earned_from(events, connection)
    yield from _compared("earning", earned, totals.all_earnings(connection), 0, names)
    yield from _compared("ledger", earned, ledger.figure_sums(connection), 0, names)
    cells, days = cell_changes([], given), day_changes([], given)
    yield from _compared("running total", cells, totals.all_cells(connection), NOTHING, names)
    yield from _compared("day total", days, totals.all_days(connection), NOTHING, names)
    yield from _set_differences("credit", given, credits.all_credits(connection))
    kept = (stored.deal for stored in deals.all_deals(connection))
    yield from _set_differences("deal", map(deal_to_json, newest.values()), map(deal_to_json, kept))
    for problem in statement_problems(connection, names):
        yield Difference("statement", *astuple(problem))


def _trail_differences(connection: Connection, head: TrailHead | None) -> Iterator[Difference]:
    for problem in trail.problems(trail.entries(connection), head):
        yield Difference("trail", problem, "a whole chain", "this")


def _compared(
    kind: str,
    expected: Mapping[Key, Figure],
    found: Mapping[Key, Figure],
    nothing: Figure,
    names: Mapping[int, str],
) -> Iterator[Difference]:
    for key in sorted(expected.keys() | found.keys(), key=repr):
        right, kept = expected.get(key, nothing), found.get(key, nothing)
        if right == kept:
            continue
        drift_minor = abs(kept - right) if isinstance(kept, int) and isinstance(right, int) else 0
        yield Difference(kind, _name(key, names), str(right), str(kept), drift_minor)


def _set_differences(
    kind: str, expected: Iterable[Hashable], found: Iterable[Hashable]
) -> Iterator[Difference]:
    right, kept = set(expected), set(found)
    for item in sorted(right - kept, key=repr):
        yield Difference(kind, str(item), "this", "nothing like it")
    for item in sorted(kept - right, key=repr):
        yield Difference(kind, str(item), "nothing like it", "this")


def _name(key: Hashable, names: Mapping[int, str]) -> str:
    """Payee, component, window, and what else is in a key, in words."""
    words = [key] if not isinstance(key, tuple) else list(key)
    flat = [part for word in words for part in _parts(word)]
    return " ".join([names.get(int(flat[0]), flat[0]), *flat[1:]])


def _parts(word: object) -> list[str]:
    if isinstance(word, TotalKey | CellKey):
        return [str(part) for part in astuple(word)]
    return [str(word)]


def _record(database: Database, verification: Verification) -> None:
    with database.write() as connection:
        record_verification(
            connection,
            StoredVerification(
                clock.now(),
                verification.drift_minor,
                verification.deal_count,
                verification.payee_count,
                f"{verification.seconds:.3f}",
            ),
        )
