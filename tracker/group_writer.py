"""Deal events of many requests in one commit: the disk is waited for once for all of them, and by a thread of its own.

A commit waits for the disk, and under gevent the whole process would wait with it. So one native thread writes; while
it commits, what further requests bring is gathered for the next commit. A request is answered when the commit that
holds its events is done, never before. With nothing under way an event does not wait for company.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import gevent
from gevent.event import AsyncResult, Event
from gevent.threadpool import ThreadPool

from tracker import clock, logs
from tracker.errors import DatabaseFails, Stopping, Unavailable
from tracker.ingest import intake
from tracker.ingest.intake import Batch, EventOutcome
from tracker.store.database import Database
from tracker.store.quarantine import QuarantineFull

log = logs.log_of(__name__)

GROUP_EVENTS_MAX = 500
"""How many events share a commit at most: enough to be fast, few enough for others to get their turn."""
WAITING_EVENTS_MAX = 20_000
"""More than this is more than the disk keeps up with: senders are told to come back, and nothing piles up."""

ANSWER_SECONDS_MAX = 10
"""Nobody is kept waiting longer: most senders have given up by then and come again anyway."""

LAST_SECONDS = 1
"""How much longer what a stop finds begun is waited for; the process itself ends a second later."""

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Submission:
    batch: Batch
    outcomes: AsyncResult = field(default_factory=AsyncResult)

    @property
    def count(self) -> int:
        return len(self.batch.entries)


class _Turn:
    """A piece of work that is begun or withdrawn, whichever comes first, in whichever thread."""

    def __init__(self, work: Callable[[Database], Any]) -> None:
        self._left = [work]

    def take(self, own: Database) -> Any:
        """What the work comes to; None where it was withdrawn, and nobody waits."""
        try:
            work = self._left.pop()
        except IndexError:
            return None
        return work(own)

    def is_withdrawn(self) -> bool:
        """Whether it had not been begun, and is not any more."""
        try:
            self._left.pop()
        except IndexError:
            return False
        return True


def _concerns_all(error: Exception) -> bool:
    """Whether a write failed for a reason that the submissions in it have nothing to do with."""
    return isinstance(error, Unavailable) and not isinstance(error, QuarantineFull)


class GroupWriter:
    """The one writer of deal events of a process. Make it in the process that serves, after the fork."""

    def __init__(self, database: Database) -> None:
        # The thread has connections of its own: a lock of gevent's must not be shared between threads.
        self._own = database.another()
        self._served = database
        self._thread = ThreadPool(1)
        self._waiting: list[_Submission] = []
        self._has_work = Event()
        self._broken_off = set[gevent.Greenlet]()
        gevent.spawn(self._write_for_ever)

    def record(self, batch: Batch) -> list[EventOutcome]:
        """Record a batch and return what became of it once it is committed.

        Raises Unavailable, also when it takes too long; then it may be recorded or not, and is sent again.
        """
        self._refuse_after_a_stop()
        submission = _Submission(batch)
        if self.waiting_events_count() + submission.count > WAITING_EVENTS_MAX:
            raise Unavailable(
                "More deals come in than the disk keeps up with. Send them again in a moment."
            )
        self._waiting.append(submission)
        self._has_work.set()
        try:
            return self._outcomes_of(submission)
        except gevent.Timeout:
            self._withdraw(submission)
            raise Unavailable(
                "The disk is busy with other changes. Send these deals again in a moment."
            ) from None

    def _outcomes_of(self, submission: _Submission) -> list[EventOutcome]:
        """Waits for them. Raises gevent.Timeout, and Stopping."""
        with gevent.Timeout(ANSWER_SECONDS_MAX):
            try:
                outcomes: list[EventOutcome] = submission.outcomes.get()
            except Stopping:
                if self._withdraw(submission):
                    raise
                outcomes = self._at_the_last(submission.outcomes)
            return outcomes

    def _withdraw(self, submission: _Submission) -> bool:
        """Whether it still waited for its turn, and does no more."""
        is_waiting = submission in self._waiting
        if is_waiting:
            self._waiting.remove(submission)
        return is_waiting

    def waiting_events_count(self) -> int:
        """How many events wait for their commit, those under way not counted."""
        return sum(one.count for one in self._waiting)

    def run(self, work: Callable[[Database], Result]) -> Result:
        """Do another piece of writing on the thread that writes, and return what comes of it once it is committed."""
        self._refuse_after_a_stop()
        turn = _Turn(work)
        try:
            written = self._thread.spawn(turn.take, self._own)
            try:
                result: Result = written.get()
            except Stopping:
                if turn.is_withdrawn():
                    raise
                result = self._at_the_last(written)
        finally:
            self._served.notify_committed()
        return result

    def _at_the_last(self, begun: AsyncResult) -> Any:
        """What comes of writing that a stop found begun, where that is soon; else nobody can say whether it is kept.

        Raises Stopping.
        """
        self._broken_off.add(gevent.getcurrent())
        try:
            return begun.get(timeout=LAST_SECONDS)
        except gevent.Timeout:
            raise Stopping from None

    def _refuse_after_a_stop(self) -> None:
        """Of a request with several pieces of writing the stop may find one begun; then it begins no other."""
        if gevent.getcurrent() in self._broken_off:
            raise Stopping

    def _write_for_ever(self) -> None:
        while True:
            self._has_work.wait()
            if self._waiting:  # else all of them gave up meanwhile
                self._write(self._next_group())
            if not self._waiting:
                self._has_work.clear()

    def _next_group(self) -> list[_Submission]:
        """As many submissions as fit one commit, in order; at least one."""
        count = 0
        for number, submission in enumerate(self._waiting):
            count += submission.count
            if number and count > GROUP_EVENTS_MAX:
                group, self._waiting = self._waiting[:number], self._waiting[number:]
                return group
        group, self._waiting = self._waiting, []
        return group

    def _write(self, group: Sequence[_Submission]) -> None:
        batches = [submission.batch for submission in group]
        started_seconds = clock.monotonic_seconds()
        try:
            outcomes = self._thread.apply(intake.record_batches, (self._own, batches))
        except Exception as error:
            if len(group) > 1 and not _concerns_all(error):
                for submission in group:  # what one of them breaks must not break the others
                    self._write([submission])
                return
            logs.say_fault(log, "a group of events was not committed", error)
            self._served.note_written(is_kept=not isinstance(error, DatabaseFails))
            for submission in group:
                submission.outcomes.set_exception(error)
            return
        for submission, of_batch in zip(group, outcomes, strict=True):
            submission.outcomes.set(of_batch)
        self._served.note_written(is_kept=True)
        self._served.notify_committed()
        log.debug(
            "a group of events was committed",
            event_count=sum(submission.count for submission in group),
            request_count=len(group),
            duration_ms=round(1000 * (clock.monotonic_seconds() - started_seconds)),
        )
