"""One comparison of a source's own list of its deals with ours: gaps are found, fetched where they can be, noted."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tracker import clock
from tracker.errors import Conflict
from tracker.ingest.connectors.shape import Listed
from tracker.ingest.reconciling.comparing import Gap, compare
from tracker.ingest.reconciling.listing import in_order
from tracker.store import reconciliations
from tracker.store.database import Database
from tracker.store.reconciliations import EndKind, FoundGap, OpenGap, Reconciliation
from tracker.store.statements import in_chunks

MENDED_AT_ONCE_COUNT = 100


class Mending(Protocol):
    """How gaps of a source can be mended, if at all."""

    def catch_up(self) -> None:
        """Bring in what is on its way anyway, so that it is no gap."""

    def fetch(self, deal_ids: Sequence[str]) -> None:
        """Bring in these deals as they are now."""


@dataclass(slots=True)
class Comparison:
    """A source to be compared, and what of it was found so far. `mending` is None where the source cannot be asked."""

    database: Database
    source: str
    by: str
    mending: Mending | None = None
    _counts: Counter[str] = field(default_factory=Counter)
    _noted_ids: set[int] = field(default_factory=set)

    def run(self, listed: Iterable[Listed]) -> Reconciliation:
        """Compare, mend and keep what was found.

        Raises Conflict while another process compares this source, what the list raises, Unavailable.
        """
        with self.database.alone(f"reconcile-{self.source}") as is_ours:
            if not is_ours:
                raise Conflict(f"{self.source} is being compared already. Try again in a while.")
            return self._run(listed)

    def _run(self, listed: Iterable[Listed]) -> Reconciliation:
        started_at = clock.now()
        with self.database.read() as connection:
            newest_event_id = reconciliations.newest_event_id(connection)
        with in_order(listed) as theirs:
            if self.mending is not None:
                self.mending.catch_up()
            with self.database.read() as connection:
                gaps = compare(theirs, reconciliations.held_in_order(connection, self.source))
                # What came in while the list was read need not be on it.
                lasting = (
                    gap for gap in gaps if gap.kind != "gone" or gap.event_id <= newest_event_id
                )
                for chunk in in_chunks(lasting):
                    self._note(chunk)
            self._end_others()
            mended_count = self._mend()
            return self._record(started_at, theirs.count, mended_count)

    def _note(self, gaps: Sequence[Gap]) -> None:
        found = [FoundGap(self._key(gap.deal_id), gap.kind, gap.version) for gap in gaps]
        with self.database.read() as connection:
            known = reconciliations.set_aside_keys(connection, [gap.deal_key for gap in found])
        found = [gap for gap in found if gap.deal_key not in known]
        self._counts.update(gap.kind for gap in found)
        with self.database.write() as connection:
            self._noted_ids |= reconciliations.note_gaps(
                connection, self.source, found, self.by, clock.now()
            )

    def _end_others(self) -> None:
        """What an earlier comparison found and this one did not is no gap any more."""
        self._end_each(lambda gap: None if gap.id in self._noted_ids else "agrees")

    def _mend(self) -> int:
        """Fetch what was found; how many gaps that has closed."""
        if self.mending is None:
            return 0
        return self._end_each(self._end_of, self._fetch)

    def _fetch(self, gaps: Sequence[OpenGap]) -> None:
        assert self.mending is not None
        self.mending.fetch([gap.deal_key.removeprefix(f"{self.source}:") for gap in gaps])

    def _end_each(
        self,
        end_of: Callable[[OpenGap], EndKind | None],
        before: Callable[[Sequence[OpenGap]], None] = lambda gaps: None,
    ) -> int:
        """Walk over the open gaps of the source; how many have ended."""
        last_id, ended_count = 0, 0
        while True:
            with self.database.read() as connection:
                gaps = reconciliations.open_gaps(
                    connection, self.source, last_id, MENDED_AT_ONCE_COUNT
                )
            if not gaps:
                return ended_count
            before(gaps)
            ends = {gap.id: end for gap in gaps if (end := end_of(gap)) is not None}
            with self.database.write() as connection:
                reconciliations.end_gaps(connection, ends, self.by, clock.now())
            last_id, ended_count = gaps[-1].id, ended_count + len(ends)

    def _end_of(self, gap: OpenGap) -> EndKind | None:
        """Whether a gap is closed by what was fetched; None while it is not."""
        with self.database.read() as connection:
            held = reconciliations.held(connection, self.source, gap.deal_key)
            is_set_aside = bool(reconciliations.set_aside_keys(connection, [gap.deal_key]))
        if is_set_aside:
            return "set_aside"
        if gap.kind == "gone":
            return "fetched" if held is None or not held.is_alive else None
        return "fetched" if held is not None and held.version >= gap.version else None

    def _record(self, started_at: datetime, listed_count: int, mended_count: int) -> Reconciliation:
        done = Reconciliation(
            source=self.source,
            started_at=started_at,
            listed_count=listed_count,
            missing_count=self._counts["missing"],
            older_count=self._counts["older"],
            gone_count=self._counts["gone"],
            mended_count=mended_count,
            ended_at=clock.now(),
            by=self.by,
        )
        with self.database.write() as connection:
            reconciliations.record(connection, done)
        return done

    def _key(self, deal_id: str) -> str:
        return f"{self.source}:{deal_id}"
