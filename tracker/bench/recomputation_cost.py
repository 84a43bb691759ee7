"""What an event costs when sums are kept, beside computing the window from all its deals again."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time

from tracker.bench.engine_cost import CASES, Window

DEALS_COUNTS = (1_000, 10_000)
ROUNDS_COUNT = 3


@dataclass(frozen=True, slots=True)
class RecomputationCost:
    """Microseconds of CPU for one event and for all deals of the window computed again, and the ratio of the two."""

    name: str
    deals_count: int
    event_microseconds: float
    all_microseconds: float
    ratio: float


def recomputation_costs(on_progress: Callable[[str], None]) -> list[RecomputationCost]:
    """Both cases of a window, each with some and with many deals."""
    return [
        _cost(case.name, Window(case.component, deals_count), on_progress)
        for case in CASES
        for deals_count in DEALS_COUNTS
    ]


def _cost(name: str, window: Window, on_progress: Callable[[str], None]) -> RecomputationCost:
    rounds = []
    for number in range(ROUNDS_COUNT):
        on_progress(f"{name} beside all again: round {number + 1} of {ROUNDS_COUNT}")
        event = window.microseconds_per_event()
        started = process_time()
        window.compute_again()
        rounds.append((event, (process_time() - started) * 1e6))
    return RecomputationCost(
        name,
        window.deals_count,
        median(event for event, _ in rounds),
        median(again for _, again in rounds),
        median(again / event for event, again in rounds),
    )
