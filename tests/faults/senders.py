"""Clients that send deal events until they are answered 2xx, and keep a journal of what they sent and heard.

The journal is synced to the disk before a request leaves, so it is the truth of what may be there; an answer is
written down when it comes. A client that stops without an answer leaves a request that may be there or not.
"""

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.deals_sent import Event

ADDRESS = "/api/v1/deal-events"
TIMEOUT_SECONDS = 40
PAUSE_SECONDS = 0.05
MAY_COME_AGAIN = (429, 503)


class Journal:
    """One client's file: a line before each request, a line after each answer. It may be continued."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self.path = path
        self.answers_count = 0

    def will_send(self, events: Sequence[Event]) -> None:
        self._file.write(json.dumps({"sent": list(events)}) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def answered(self, events: Sequence[Event], status: int) -> None:
        ids = [event["event_id"] for event in events]
        self._file.write(json.dumps({"status": status, "ids": ids}) + "\n")
        self._file.flush()
        self.answers_count += 1

    def close(self) -> None:
        self._file.close()


@dataclass
class Sent:
    """What the journals say: every request once, the ids that were answered 2xx, and every status heard."""

    requests: list[list[Event]] = field(default_factory=list)
    acknowledged: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    tries: Counter[str] = field(default_factory=Counter)  # by the first id of a request


def read_journals(paths: Sequence[Path]) -> Sent:
    found = Sent()
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            if "sent" in entry:
                first = entry["sent"][0]["event_id"]
                found.tries[first] += 1
                if found.tries[first] == 1:
                    found.requests.append(entry["sent"])
                continue
            found.statuses[entry["status"]] += 1
            if 200 <= entry["status"] < 300:
                found.acknowledged.update(entry["ids"])
    return found


class Sender:
    """A client with a connection of its own to one server at a time; another one whenever that fails."""

    def __init__(
        self,
        journal: Journal,
        key: str,
        ports: Sequence[int],
        rng: random.Random,
        gives_up: float = 0.0,
    ) -> None:
        """`gives_up`: how often, when there was no answer, it leaves it at that."""
        self.journal, self._gives_up = journal, gives_up
        self._key, self._ports, self._rng = key, list(ports), rng
        self._connection: http.client.HTTPConnection | None = None

    def send(self, events: Sequence[Event], has_ended: Callable[[], bool] = lambda: False) -> bool:
        """Send until it is answered 2xx; False when it gave up or the time was over first.

        Fails on any answer but 2xx, 429 and 503.
        """
        while True:
            self.journal.will_send(events)
            status = self.post(events)
            if status is not None:
                self.journal.answered(events, status)
                if 200 <= status < 300:
                    return True
                assert status in MAY_COME_AGAIN, f"{status} for {events}"
            if has_ended() or (status is None and self._rng.random() < self._gives_up):
                return False
            time.sleep(PAUSE_SECONDS)

    def post(self, events: Sequence[Event]) -> int | None:
        """One try; the status, or None when there was no whole answer."""
        body = json.dumps(events[0] if len(events) == 1 else list(events))
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            if self._connection is None:
                port = self._rng.choice(self._ports)
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", port, timeout=TIMEOUT_SECONDS
                )
            self._connection.request("POST", ADDRESS, body, headers)
            answer = self._connection.getresponse()
            self._check(answer.status, json.loads(answer.read()))
            return answer.status
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            self.close()
            return None

    def _check(self, status: int, answer: object) -> None:
        """A 2xx that kept something else than it was sent is no acknowledgement."""
        if status == 200:
            assert isinstance(answer, dict)
            kinds = {outcome["outcome"] for outcome in answer["outcomes"]}
            assert kinds <= {"recorded", "duplicate", "stale"}, answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Senders:
    """Several clients, each in a thread of its own, until they are told to end."""

    def __init__(self, senders: Sequence[Sender]) -> None:
        self.senders = senders
        self._has_ended = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=len(senders))
        self._running = []

    def start(self, next_request: Callable[[int], list[Event] | None]) -> None:
        """Let each client, by its number, send what it is given next, until there is nothing or all must end."""
        self._running = [
            self._pool.submit(self._send_on, number, next_request)
            for number in range(len(self.senders))
        ]

    def _send_on(self, number: int, next_request: Callable[[int], list[Event] | None]) -> None:
        sender = self.senders[number]
        try:
            while not self._has_ended.is_set():
                events = next_request(number)
                if events is None:
                    return
                sender.send(events, self._has_ended.is_set)
        finally:
            sender.close()

    def finish(self) -> None:
        """Wait until each has sent all it was given. Raises what went wrong in any."""
        self._pool.shutdown()
        for sender in self.senders:
            sender.journal.close()
        for running in self._running:
            running.result()

    def end(self) -> None:
        """Tell all to end after the request under way, and wait. Raises what went wrong in any."""
        self._has_ended.set()
        self.finish()

    def answers_count(self) -> int:
        """How many answers have come so far."""
        return sum(sender.journal.answers_count for sender in self.senders)

    def read(self) -> Sent:
        return read_journals([sender.journal.path for sender in self.senders])
