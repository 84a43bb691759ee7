"""From posting a deal over HTTP to the frame that shows it on an authenticated WebSocket of the rep."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from queue import Queue
from random import Random
from statistics import median, quantiles
from threading import Thread
from time import perf_counter, sleep

from simple_websocket import Client, ConnectionClosed

from tracker import clock
from tracker.bench.company_server import REP, TIMEOUT_SECONDS, CompanyServer, post_deal
from tracker.config import load_settings
from tracker.demo.company import TEAMS
from tracker.demo.history import DealMaker
from tracker.pages.company_calendar import company_calendar

DEALS_COUNT = 200
WARM_UP_COUNT = 5
QUIET_SECONDS = 0.12
"""A room is sent to at most ten times a second; a deal into a quiet room is what is measured."""


@dataclass(frozen=True, slots=True)
class PushLatency:
    """Milliseconds from deal to frame, and those of the cheapest request in the same run to compare with."""

    deals_count: int
    p50_milliseconds: float
    p95_milliseconds: float
    p99_milliseconds: float
    healthz_p50_milliseconds: float
    ratio: float


def push_latency(server: CompanyServer, on_progress: Callable[[str], None]) -> PushLatency:
    """Posts one deal after another, each when the frame of the one before has come."""
    listener = _Listener(server)
    connection = server.connect()
    maker = DealMaker(Random(7), prefix="bench")  # noqa: S311
    pushed, asked = [], []
    for number in range(WARM_UP_COUNT + DEALS_COUNT):
        on_progress(f"deal {number + 1} of {WARM_UP_COUNT + DEALS_COUNT}")
        sleep(QUIET_SECONDS)
        asked.append(_healthz_milliseconds(server))
        customer = f"Bench customer {number + 1}"
        record = _deal(maker, customer)
        started = perf_counter()
        post_deal(connection, server.ingest_key, record)
        pushed.append((listener.arrival_of(customer) - started) * 1e3)
    listener.close()
    connection.close()
    return _latency(pushed[WARM_UP_COUNT:], asked[WARM_UP_COUNT:])


def _latency(pushed: list[float], asked: list[float]) -> PushLatency:
    hundredths = quantiles(pushed, n=100, method="inclusive")
    p50 = median(pushed)
    return PushLatency(
        deals_count=len(pushed),
        p50_milliseconds=p50,
        p95_milliseconds=hundredths[94],
        p99_milliseconds=hundredths[98],
        healthz_p50_milliseconds=median(asked),
        ratio=p50 / median(asked),
    )


def _deal(maker: DealMaker, customer: str) -> dict[str, object]:
    now = clock.now()
    today = company_calendar(load_settings({})).day_of(now)
    record = maker.won(TEAMS[0], REP, today)
    # Office hours may lie ahead of now, and what happens later than now is refused.
    occurred_at = (now - timedelta(seconds=1)).isoformat()
    return {**record, "occurred_at": occurred_at, "deal": {**record["deal"], "name": customer}}


def _healthz_milliseconds(server: CompanyServer) -> float:
    connection = server.connect()
    connection.connect()
    started = perf_counter()
    connection.request("GET", "/healthz")
    connection.getresponse().read()
    elapsed = perf_counter() - started
    connection.close()
    return elapsed * 1e3


class _Listener:
    """An open page of the rep: notes when each fragment came and what it showed."""

    def __init__(self, server: CompanyServer) -> None:
        self._link = Client(
            f"ws://{server.host}/socket.io/?EIO=4&transport=websocket",
            headers={"Cookie": server.cookie, "Origin": f"http://{server.host}"},
        )
        self._arrivals: Queue[tuple[float, str]] = Queue()
        self._link.receive(TIMEOUT_SECONDS)
        self._link.send("40")
        self._wait_until_joined()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def arrival_of(self, customer: str) -> float:
        """When the first fragment with this customer came, by `perf_counter`; queue.Empty when none does."""
        while True:
            arrived, text = self._arrivals.get(timeout=TIMEOUT_SECONDS)
            if f"{customer}<" in text:
                return arrived

    def close(self) -> None:
        self._link.close()
        self._reader.join(TIMEOUT_SECONDS)

    def _wait_until_joined(self) -> None:
        while True:
            text = str(self._link.receive(TIMEOUT_SECONDS))
            if text.startswith("42") and json.loads(text[2:])[0] == "joined":
                return

    def _read(self) -> None:
        try:
            while True:
                text = self._link.receive()
                arrived = perf_counter()
                if text == "2":
                    self._link.send("3")
                elif str(text).startswith('42["fragment"'):
                    self._arrivals.put((arrived, str(text)))
        except ConnectionClosed:
            return
