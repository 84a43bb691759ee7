"""Deal events of many requests in one commit: the disk is waited for once for all of them, and by a thread of its own.

A commit waits for the disk, and under gevent the whole process would wait with it. So one native thread writes; while
it commits, what further requests bring is gathered for the next commit. A request is answered when the commit that
holds its events is done, never before. With nothing under way an event does not wait for company.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import gevent
from gevent.event import AsyncResult, Event
from gevent.threadpool import ThreadPool

from tracker import clock, flow, logs
from tracker.engine.deals import DealEvent
from tracker.errors import Unavailable
from tracker.flow import Outcome
from tracker.store.database import Database

log = logs.log_of(__name__)

GROUP_EVENTS_MAX = 500
"""How many events share a commit at most: enough to be fast, few enough for others to get their turn."""
WAITING_EVENTS_MAX = 20_000
"""More than this is more than the disk keeps up with: senders are told to come back, and nothing piles up."""

ANSWER_SECONDS_MAX = 10
"""Nobody is kept waiting longer: most senders have given up by then and come again anyway."""

Result = TypeVar("Result")


@dataclass(slots=True, eq=False)
class _Submission:
    events: Sequence[DealEvent]
    recorded_at: datetime
    outcomes: AsyncResult = field(default_factory=AsyncResult)


class GroupWriter:
    """The one writer of deal events of a process. Make it in the process that serves, after the fork."""

    def __init__(self, database: Database) -> None:
        # The thread has connections of its own: a lock of gevent's must not be shared between threads.
        self._own = database.another()
        self._served = database
        self._thread = ThreadPool(1)
        self._waiting: list[_Submission] = []
        self._has_work = Event()
        gevent.spawn(self._write_for_ever)

    def record(self, events: Sequence[DealEvent], recorded_at: datetime) -> list[Outcome]:
        """Record events and return their outcomes once they are committed.

        Raises Unavailable, also when it takes too long; then they may be recorded or not, and are sent again.
        """
        if self.waiting_events_count() + len(events) > WAITING_EVENTS_MAX:
            raise Unavailable(
                "More deals come in than the disk keeps up with. Send them again in a moment."
            )
        submission = _Submission(events, recorded_at)
        self._waiting.append(submission)
        self._has_work.set()
        try:
            outcomes: list[Outcome] = submission.outcomes.get(timeout=ANSWER_SECONDS_MAX)
        except gevent.Timeout:
            if submission in self._waiting:
                self._waiting.remove(submission)
            raise Unavailable(
                "The disk is busy with other changes. Send these deals again in a moment."
            ) from None
        return outcomes

    def waiting_events_count(self) -> int:
        """How many events wait for their commit, those under way not counted."""
        return sum(len(one.events) for one in self._waiting)

    def run(self, work: Callable[[Database], Result]) -> Result:
        """Do another piece of writing on the thread that writes, and return what comes of it once it is committed."""
        try:
            result: Result = self._thread.apply(work, (self._own,))
        finally:
            self._served.notify_committed()
        return result

    def _write_for_ever(self) -> None:
        while True:
            self._has_work.wait()
            group = self._next_group()
            self._write(group)
            if not self._waiting:
                self._has_work.clear()

    def _next_group(self) -> list[_Submission]:
        """As many submissions as fit one commit, in order; at least one."""
        count = 0
        for number, submission in enumerate(self._waiting):
            count += len(submission.events)
            if number and count > GROUP_EVENTS_MAX:
                group, self._waiting = self._waiting[:number], self._waiting[number:]
                return group
        group, self._waiting = self._waiting, []
        return group

    def _write(self, group: Sequence[_Submission]) -> None:
        events = [event for submission in group for event in submission.events]
        recorded_at = max(submission.recorded_at for submission in group)
        started_seconds = clock.monotonic_seconds()
        try:
            outcomes = self._thread.apply(flow.record_deal_events, (self._own, events, recorded_at))
        except Exception as error:
            logs.say_fault(log, "a group of events was not committed", error)
            self._served.note_written(is_kept=not isinstance(error, Unavailable))
            for submission in group:
                submission.outcomes.set_exception(error)
            return
        for submission in group:
            count = len(submission.events)
            submission.outcomes.set(outcomes[:count])
            outcomes = outcomes[count:]
        self._served.note_written(is_kept=True)
        self._served.notify_committed()
        log.debug(
            "a group of events was committed",
            event_count=len(events),
            request_count=len(group),
            duration_ms=round(1000 * (clock.monotonic_seconds() - started_seconds)),
        )
