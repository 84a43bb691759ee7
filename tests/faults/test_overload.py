"""Five times as much comes in as can be kept up with: some is kept, the rest told to come back, nobody waits long."""

import queue
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles

from tests.faults.asking import (
    OK,
    UNREADY,
    Answer,
    ask,
    assert_told_to_come_back,
    post,
    signed_in_as,
)
from tests.faults.company import REPS, Company, compare
from tests.faults.deals_sent import Crm, Event
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tracker import clock
from tracker.store import keys
from tracker.store.database import Database

SENDERS, AT_ONCE, TIMES = 8, 300, 5
NORMAL_WITHIN_SECONDS, SLACK = 10, sized(4, 1)


@dataclass
class Load:
    """Deals sent by many at once, and every answer."""

    company: Company
    port: int
    crm: Crm
    sent: list[list[Event]] = field(default_factory=list)
    answers: list[tuple[list[Event], Answer]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_request(self) -> list[Event]:
        with self._lock:
            self.sent.append([self.crm.next_event()])
            return self.sent[-1]

    def send(self, events: list[Event]) -> Answer:
        answer = post(self.port, self.company.key, events)
        with self._lock:
            self.answers.append((events, answer))
        return answer

    def send_as_fast_as_answered(self, seconds: float) -> float:
        """How many a second are kept when each sender waits for its answer before it sends the next."""
        end = time.monotonic() + seconds
        kept: Counter[int] = Counter()

        def keep_sending() -> None:
            while time.monotonic() < end:
                kept[self.send(self.next_request()).status] += 1

        together(keep_sending, SENDERS)
        return kept[OK] / seconds

    def send_at(self, per_second: float, seconds: float) -> int:
        """Send at this pace whatever is answered; how many had to be left out since this sender itself was late."""
        due: queue.SimpleQueue[list[Event] | None] = queue.SimpleQueue()
        idle = threading.Semaphore(AT_ONCE)

        def send_due() -> None:
            while (events := due.get()) is not None:
                self.send(events)
                idle.release()

        threads = [threading.Thread(target=send_due) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        left_out, began = 0, time.monotonic()
        for number in range(round(per_second * seconds)):
            time.sleep(max(0.0, began + number / per_second - time.monotonic()))
            if idle.acquire(blocking=False):
                due.put(self.next_request())
            else:
                left_out += 1
        for _ in threads:
            due.put(None)
        for thread in threads:
            thread.join()
        return left_out


def together(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def p99_seconds(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98] if len(seconds) > 1 else seconds[0]


class Watch(threading.Thread):
    """Looks at a page and at the metrics while the load is on."""

    def __init__(self, port: int, cookie: str, key: str) -> None:
        super().__init__()
        self.pages: list[Answer] = []
        self.most: Counter[str] = Counter()
        self._port, self._cookie, self._key = port, cookie, key
        self._is_over = threading.Event()

    def run(self) -> None:
        while not self._is_over.wait(0.3):
            self.pages.append(ask(self._port, "/me", Cookie=self._cookie))
            text = ask(self._port, "/metrics", Authorization=f"Bearer {self._key}").text
            for name, value in re.findall(
                r"^(tracker_(?:waiting_events|deliveries)\S*) (\S+)$", text, re.M
            ):
                self.most[name] = max(self.most[name], round(float(value)))

    def end(self) -> None:
        self._is_over.set()
        self.join()


def seconds_until_normal(load: Load, normal_seconds: float) -> float:
    """How long until all of a second's requests are kept, the slowest as fast as usual (twice, for a busy machine)."""
    began = time.monotonic()
    while True:
        looked = time.monotonic()
        found = list[Answer]()
        while time.monotonic() - looked < 1 or not found:
            found.append(load.send(load.next_request()))
        are_kept = all(answer.status == OK for answer in found)
        if are_kept and p99_seconds([one.seconds for one in found]) <= 2 * normal_seconds:
            return looked - began
        assert looked - began < NORMAL_WITHIN_SECONDS * SLACK, "it does not come back to normal"


def test_five_times_the_capacity_is_refused_not_suffered(
    sqlite_company: Company, tell: Callable[[str], None]
) -> None:
    company, seconds = sqlite_company, sized(8, 60)
    cookie = signed_in_as(company, REPS[0])
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (port,) = fleet.ports
        load = Load(company, port, Crm("w", chance("overload"), REPS))
        load.send_as_fast_as_answered(1)  # what is done but once, is done
        capacity = load.send_as_fast_as_answered(3)
        normal_seconds = p99_seconds([answer.seconds for _, answer in load.answers[SENDERS:]])
        before = len(load.answers)
        watch = Watch(port, cookie, metrics_key(company))
        watch.start()
        left_out = load.send_at(TIMES * capacity, seconds)
        watch.end()
        overloaded = [answer for _, answer in load.answers[before:]]
        well_again = seconds_until_normal(load, normal_seconds)
    statuses = Counter(answer.status for answer in overloaded)
    for answer in overloaded:
        if answer.status != OK:
            assert_told_to_come_back(answer)
    assert statuses[OK] > 0
    assert statuses[UNREADY] > 0, "nobody was turned away"
    assert {page.status for page in watch.pages} == {OK}
    assert watch.most["tracker_deliveries_limit"] < AT_ONCE, "a limit that is never reached is none"
    assert watch.most["tracker_deliveries"] <= watch.most["tracker_deliveries_limit"]
    assert watch.most["tracker_waiting_events"] <= watch.most["tracker_waiting_events_limit"]
    kept = [events for events, answer in load.answers if answer.status == OK]
    ids = [event["event_id"] for events in kept for event in events]
    found = compare(company.database_url, ids, load.sent)
    tell(
        f"capacity {capacity:.0f}/s, sent {len(overloaded) / seconds:.0f}/s for {seconds} s ({left_out} left out by "
        f"the sender), {dict(sorted(statuses.items()))}, slowest answer {max(a.seconds for a in overloaded):.1f} s, "
        f"most under way {watch.most['tracker_deliveries']} of {watch.most['tracker_deliveries_limit']}, most waiting "
        f"for a commit {watch.most['tracker_waiting_events']} of {watch.most['tracker_waiting_events_limit']}, "
        f"a page p99 {p99_seconds([page.seconds for page in watch.pages]):.1f} s; p99 {normal_seconds * 1000:.0f} ms "
        f"before, back to that {well_again:.0f} s after; {found}"
    )


def metrics_key(company: Company) -> str:
    database = Database(company.database_url)
    with database.write() as connection:
        key = keys.create_key(connection, "Prometheus", frozenset({"metrics"}), clock.now())
    database.dispose()
    return key
