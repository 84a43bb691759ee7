"""What a deal event costs over HTTP until it is kept, beside a request that does nothing and beside its bare rows."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from tracker.bench import sellers
from tracker.bench.company_server import running
from tracker.bench.posting import NO_OP, Posted, post_all
from tracker.bench.slow_disk import slow_disk_library
from tracker.clock import now
from tracker.config import load_settings
from tracker.store import keys, tables
from tracker.store.database import Database, create_database, upgrade
from tracker.store.statements import all_rows, insert_rows

EVENTS = "/api/v1/deal-events"
REPS_COUNT = 100
CONNECTIONS_COUNT = 64
ROUNDS_COUNT = 5
SINGLES_COUNT = 1500
ONE_BY_ONE_COUNT = 100
BATCHES_COUNT = 6
BATCH_COUNT = 500
BARE_ROUNDS_COUNT = 3
NO_OP_SHARE_MIN = 0.4
BATCH_TIMES_MIN = 8
ROWS_SHARE_MIN = 0.08
WRITTEN = (
    *(tables.deal_event, tables.deal, tables.deal_participant, tables.credit),
    *(tables.running_window, tables.running_total, tables.running_total_day),
    *(tables.earning, tables.ledger_entry, tables.outbox, tables.source_seen, tables.source_watch),
)
"""Every table that a new deal writes to."""


@dataclass(frozen=True, slots=True)
class SinglesCost:
    """Requests a second over many connections: doing nothing, and keeping a deal; with what the server took for each.

    `share` is how many deals are kept in the time of one request that does nothing, `processor_share` the same of
    processor time, which others on the machine disturb less.
    """

    disk: str
    no_op_per_second: float
    kept_per_second: float
    share: float
    processor_share: float


@dataclass(frozen=True, slots=True)
class BatchCost:
    """Events a second: one request after the other, in batches, many at once, and as bare rows.

    `processor_share` is the processor time that the bare rows of an event take, of what it takes in a batch.
    """

    one_by_one_per_second: float
    many_at_once_per_second: float
    batch_per_second: float
    rows_per_second: float
    rows_of_event: float
    times_one_by_one: float
    rows_share: float
    processor_share: float


@dataclass(frozen=True, slots=True)
class PostCost:
    """The singles on this disk and on a slow one (None: nothing here can make one), and the batches."""

    singles: list[SinglesCost]
    batches: BatchCost


class _Sender:
    """Posts deals that nobody has sent before."""

    def __init__(self, port: int, pid: int, key: str) -> None:
        self._place = port, pid, key
        self._random, self._numbers = Random(7), count()  # noqa: S311

    def post(self, path: str, requests_count: int, batch: int = 0, connections: int = 1) -> Posted:
        """Posts so many requests with one deal each, or with a `batch` of them."""
        port, pid, key = self._place
        bodies = [self._body(batch) for _ in range(requests_count)]
        return post_all(port, path, key, bodies, connections, pid)

    def _body(self, batch: int) -> bytes:
        records = [self._record() for _ in range(batch or 1)]
        return json.dumps(records if batch else records[0]).encode()

    def _record(self) -> dict[str, object]:
        rep = self._random.randrange(REPS_COUNT)
        return sellers.record_of(next(self._numbers), 1, rep, self._random)


def post_cost(on_progress: Callable[[str], None]) -> PostCost:
    """Starts a server of its own for each measurement."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        library = slow_disk_library(folder)
        singles = [_singles("as it is", folder / "fast", {}, on_progress)]
        if library is not None:
            slow = {"LD_PRELOAD": str(library)}
            singles.append(_singles("2 ms to keep", folder / "slow", slow, on_progress))
        return PostCost(singles, _batches(folder / "batches", on_progress))


def _singles(
    disk: str, folder: Path, environment: dict[str, str], on_progress: Callable[[str], None]
) -> SinglesCost:
    key = _company(folder)
    with running("tracker.bench.no_op_server", folder, **environment) as (pid, port):
        sender = _Sender(port, pid, key)
        for path in (NO_OP, EVENTS):
            sender.post(path, SINGLES_COUNT // 5, connections=CONNECTIONS_COUNT)
        pairs = []
        for number in range(ROUNDS_COUNT):
            on_progress(f"single deals, disk {disk}: round {number + 1} of {ROUNDS_COUNT}")
            pairs.append(
                tuple(
                    sender.post(path, SINGLES_COUNT, connections=CONNECTIONS_COUNT)
                    for path in (NO_OP, EVENTS)
                )
            )
    return SinglesCost(
        disk,
        median(nothing.count / nothing.seconds for nothing, _ in pairs),
        median(kept.count / kept.seconds for _, kept in pairs),
        median(nothing.seconds / kept.seconds for nothing, kept in pairs),
        median(nothing.processor_seconds / kept.processor_seconds for nothing, kept in pairs),
    )


def _batches(folder: Path, on_progress: Callable[[str], None]) -> BatchCost:
    key = _company(folder / "posted")
    with running("tracker.cli", folder / "posted") as (pid, port):
        sender = _Sender(port, pid, key)
        sender.post(EVENTS, 20)
        rounds = []
        for number in range(BATCHES_COUNT):
            on_progress(f"batches of {BATCH_COUNT}: {number + 1} of {BATCHES_COUNT}")
            one_by_one = sender.post(EVENTS, ONE_BY_ONE_COUNT)
            at_once = sender.post(EVENTS, SINGLES_COUNT // 3, connections=CONNECTIONS_COUNT)
            batch = sender.post(EVENTS, 1, BATCH_COUNT)
            rounds.append(
                (
                    one_by_one.count / one_by_one.seconds,
                    at_once.count / at_once.seconds,
                    BATCH_COUNT / batch.seconds,
                    batch.processor_seconds / BATCH_COUNT,
                )
            )
    on_progress("the same rows, bare")
    bare = _bare_rows(folder)
    one_by_one_rate, at_once_rate, batch_rate, batch_seconds = (
        median(rates) for rates in zip(*rounds, strict=True)
    )
    return BatchCost(
        one_by_one_rate,
        at_once_rate,
        batch_rate,
        bare.per_second,
        bare.rows_of_event,
        median(batch / one for one, _, batch, _ in rounds),
        batch_rate / bare.per_second,
        bare.processor_seconds / batch_seconds,
    )


def _company(folder: Path) -> str:
    """Builds a company in a folder; a key to send deals with."""
    with _opened(folder) as database:
        sellers.hire(database, REPS_COUNT, SINGLES_COUNT // REPS_COUNT)
        with database.write() as connection:
            return keys.create_key(connection, "Bench", frozenset({"ingest"}), now())


@contextmanager
def _opened(folder: Path) -> Iterator[Database]:
    database = create_database(load_settings({"TRACKER_DATA": str(folder)}))
    try:
        yield database
    finally:
        database.dispose()


@dataclass(frozen=True, slots=True)
class _BareRows:
    """Events a second, how many rows stand for one, and the processor time for one."""

    per_second: float
    rows_of_event: float
    processor_seconds: float


def _bare_rows(folder: Path) -> _BareRows:
    """Inserts every row that was written once more into empty tables, those of 500 events in a transaction."""
    with _opened(folder / "posted") as database, database.read() as connection:
        rows = {table: all_rows(connection, table) for table in WRITTEN}
    events_count = len(rows[tables.deal_event])
    transactions_count = max(1, events_count // BATCH_COUNT)
    times = []
    for number in range(BARE_ROUNDS_COUNT):
        bare = Database(f"sqlite:///{folder}/bare-{number}.sqlite3")
        upgrade(bare)
        started, before = perf_counter(), process_time()
        for part in range(transactions_count):
            with bare.write() as connection:
                for table in WRITTEN:
                    insert_rows(connection, table, rows[table][part::transactions_count])
        times.append((perf_counter() - started, process_time() - before))
        bare.dispose()
    seconds, processor_seconds = (median(of) for of in zip(*times, strict=True))
    return _BareRows(
        events_count / seconds,
        sum(map(len, rows.values())) / events_count,
        processor_seconds / events_count,
    )
