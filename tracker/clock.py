"""The only place that asks what time it is, so that tests and the demo can say it themselves."""

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def _system_now() -> datetime:
    return datetime.now(UTC)


# Plain module state, not a context variable: the feed, the follower and the requests run in other threads and
# greenlets than the one that set it, and all must agree.
_ask: Callable[[], datetime] = _system_now


def now() -> datetime:
    """The present moment, in UTC and aware of it."""
    return _ask()


def today(zone: ZoneInfo) -> date:
    """The date on the wall calendar in this zone."""
    return now().astimezone(zone).date()


def monotonic_seconds() -> float:
    """Seconds from an arbitrary start that never run backwards: for measuring waits, never for dates."""
    return time.monotonic()


@contextlib.contextmanager
def told_by(ask: Callable[[], datetime]) -> Iterator[None]:
    """Within the block the time is what `ask` answers; it must be aware."""
    global _ask
    before, _ask = _ask, lambda: _aware(ask())
    try:
        yield
    finally:
        _ask = before


def stopped_at(moment: datetime) -> contextlib.AbstractContextManager[None]:
    """Within the block the time stands still at this moment."""
    return told_by(lambda: moment)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone, so it is no moment. Give it one, for example UTC.")
    return moment.astimezone(UTC)
