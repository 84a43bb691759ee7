"""A store of millions of deals, built once by importing a file, and what an event costs in it beside a small one.

Both stores hold a thousand deals for each rep, and a batch has the same shape in both: so many deals of ten reps.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep, time_ns

from tracker import flow
from tracker.bench import sellers
from tracker.bench.flow_cost import event_of
from tracker.store import people
from tracker.store.database import Database

DEALS_OF_REP = 1000
MONTHS_COUNT = 12
SMALL_DEALS = 10_000
BATCH_REPS = 10
BATCH_COUNT = 500
BATCHES_COUNT = 10
COST_LIMIT = 1.5
SHARES_LOOKED_AT = (10, 50, 100)
LOOK_SECONDS = 0.5
FILE, MAPPING, BUILT = "deals.csv", "deals.toml", "built.json"
MAPPING_TEXT = """
source = "bench"
[fields]
deal_id = "deal"
name = "customer"
rep = "rep"
status = { text = "won" }
effective_on = "day"
amount = "amount"
currency = { text = "DKK" }
product = { text = "Core" }
"""


@dataclass(frozen=True, slots=True)
class Built:
    """How a store was built: megabytes of memory the import held when so many percent of the deals were there."""

    deals_count: int
    reps_count: int
    file_megabytes: float
    store_megabytes: float
    check_seconds: float
    import_seconds: float
    memory_megabytes: dict[str, float]


def built_store(folder: Path, deals_count: int, say: Callable[[str], None]) -> Built:
    """Builds a store in a folder, or says how the one that is there was built."""
    if (folder / BUILT).exists():
        return Built(**json.loads((folder / BUILT).read_text()))
    folder.mkdir(parents=True, exist_ok=True)
    reps_count = max(BATCH_REPS, deals_count // DEALS_OF_REP)
    with opened(folder) as database:
        say(f"hiring {reps_count:,} reps")
        sellers.hire(database, reps_count, DEALS_OF_REP)
    say(f"writing a file of {deals_count:,} deals")
    _write_file(folder, deals_count, reps_count)
    seconds, memory = _import(folder, deals_count, say)
    built = Built(
        deals_count,
        reps_count,
        _megabytes(folder / FILE),
        _megabytes(folder / "tracker.sqlite3"),
        *seconds,
        memory,
    )
    (folder / BUILT).write_text(json.dumps(asdict(built)))
    return built


@contextmanager
def opened(folder: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{folder}/tracker.sqlite3")
    try:
        yield database
    finally:
        database.dispose()


def _write_file(folder: Path, deals_count: int, reps_count: int) -> None:
    """Deals of a year, one month after the other and each month's by rep, as they stand in the lists of its closes."""
    random = Random(7)  # noqa: S311
    month_days = sellers.YEAR_DAYS // MONTHS_COUNT
    (folder / MAPPING).write_text(MAPPING_TEXT)
    with (folder / FILE).open("w") as file:
        file.write("deal,customer,rep,day,amount\n")
        for number in range(deals_count):
            month, place = divmod(MONTHS_COUNT * number, deals_count)
            rep = sellers.email_of(reps_count * place // deals_count)
            day = sellers.day_numbered(month_days * month + random.randrange(month_days))
            amount = random.randrange(1, 100_000)
            file.write(f"{number},Customer {number},{rep},{day},{amount}.00\n")


def _import(
    folder: Path, deals_count: int, say: Callable[[str], None]
) -> tuple[tuple[float, float], dict[str, float]]:
    """Imports the file by the command, and looks at its memory meanwhile."""
    command = [sys.executable, "-m", "tracker.cli", "import", "deals", str(folder / FILE)]
    process = subprocess.Popen(
        [*command, "--mapping", str(folder / MAPPING)],
        env={**os.environ, "TRACKER_DATA": str(folder), "TRACKER_DATABASE_URL": ""},
        stdout=subprocess.DEVNULL,
    )
    started, first_at, memory = perf_counter(), None, dict[str, float]()
    held = 0.0
    while process.poll() is None:
        held = _memory_megabytes(process.pid) or held
        count = _deals_count(folder)
        if count and first_at is None:
            first_at = perf_counter()
        share = 100 * count // deals_count
        say(f"{count:,} deals imported, {held:.0f} MB of memory")
        for looked_at in SHARES_LOOKED_AT:
            if share >= looked_at:
                memory.setdefault(str(looked_at), held)
        sleep(LOOK_SECONDS)
    if process.returncode:
        raise AssertionError(
            f"the import ended with {process.returncode}; what it said stands above"
        )
    memory.setdefault("100", held)
    first_at = first_at or started
    return (first_at - started, perf_counter() - first_at), memory


def _memory_megabytes(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    held = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(held[0]) / 1024 if held else 0.0


def _deals_count(folder: Path) -> int:
    address = f"file:{folder}/tracker.sqlite3?mode=ro"
    with sqlite3.connect(address, uri=True, timeout=30) as connection:
        return int(connection.execute("SELECT max(id) FROM deal_event").fetchone()[0] or 0)


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1_000_000


@dataclass(frozen=True, slots=True)
class LargeCost:
    """Milliseconds of processor time an event takes in a small store and in the large one, and the ratio."""

    built: Built
    small_milliseconds: float
    large_milliseconds: float
    ratio: float


def large_cost(folder: Path | None, deals_count: int, say: Callable[[str], None]) -> LargeCost:
    """Builds both stores, the large one in a folder that stays, or in one that goes (None)."""
    with TemporaryDirectory() as temporary:
        large, small = folder or Path(temporary) / "large", Path(temporary) / "small"
        built = built_store(large, deals_count, lambda step: say(f"large store, {step}"))
        built_store(small, SMALL_DEALS, lambda step: say(f"small store, {step}"))
        pairs = []
        with opened(small) as few, opened(large) as many:
            stores = _Store(few), _Store(many)
            for number in range(BATCHES_COUNT):
                say(f"batch {number + 1} of {BATCHES_COUNT} in each store")
                pairs.append([store.milliseconds_per_event() for store in stores])
    few_times, many_times = (median(times) for times in zip(*pairs[1:], strict=True))
    return LargeCost(built, few_times, many_times, median(many / few for few, many in pairs[1:]))


class _Store:
    """A built store that is sent new deals of some of its reps."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._random = Random()  # noqa: S311 - other deals each time, also in a store that stays
        self._numbers = count(time_ns())  # like those of a CRM: each is higher than the one before
        with database.read() as connection:
            self._payee_ids = [payee.id for payee in people.payees(connection)]

    def milliseconds_per_event(self) -> float:
        """Of processor time: what waiting for others takes on a shared machine says nothing of the store."""
        random = self._random
        payee_ids = random.sample(self._payee_ids, BATCH_REPS)
        deals = [
            sellers.deal_of(str(next(self._numbers)), payee_ids[place % BATCH_REPS], random)
            for place in range(BATCH_COUNT)
        ]
        started = process_time()
        flow.record_deal_events(self._database, [event_of(deal, 1) for deal in deals], sellers.AT)
        return (process_time() - started) / BATCH_COUNT * 1e3
