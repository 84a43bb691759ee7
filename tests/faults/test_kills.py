"""A process may be killed at any instant: nothing that was acknowledged is lost, and nothing counts twice."""

import random
import time
from collections.abc import Callable

from tests.faults.company import REPS, Company, compare
from tests.faults.deals_sent import Crm, Event
from tests.faults.senders import Journal, Sender, Senders, read_journals
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized

SERVERS, WRITERS = sized(2, 3), 8
GIVES_UP = 0.2  # a request whose answer was lost may be there or not, as a whole
PAUSE_SECONDS = (0.2, 1.5)
HOT_DEALS = ("hot-1", "hot-2", "hot-3")


def writers(company: Company, ports: list[int], rng: random.Random) -> Senders:
    return Senders(
        [
            Sender(Journal(company.folder / f"journal-{number}"), company.key, ports, rng, GIVES_UP)
            for number in range(WRITERS)
        ]
    )


def requests_of(rng: random.Random) -> Callable[[int], list[Event]]:
    """What each writer sends next: mostly single events, sometimes a batch."""
    crms = [
        Crm(f"w{number}", random.Random(rng.random()), REPS, HOT_DEALS) for number in range(WRITERS)
    ]

    def next_request(number: int) -> list[Event]:
        size = rng.choice((1, 1, 1, 1, 5, 20))
        return [crms[number].next_event() for _ in range(size)]

    return next_request


def test_kill_9_of_any_process_at_any_instant_loses_and_doubles_nothing(
    company: Company, tell: Callable[[str], None]
) -> None:
    rng = chance(f"kills {company.database_url.partition(':')[0]}")
    kills_wanted, kills = sized(6, 110), 0
    with running_fleet(company.folder, company.database_url, SERVERS) as fleet:
        senders = writers(company, fleet.ports, rng)
        senders.start(requests_of(rng))
        try:
            while kills < kills_wanted:
                time.sleep(rng.uniform(*PAUSE_SECONDS))
                kills += fleet.kill_some(rng)
        finally:
            senders.end()
    sent = senders.read()
    found = compare(company.database_url, sent.acknowledged, sent.requests)
    statuses = dict(sorted(sent.statuses.items()))
    tell(f"{kills} kills, {len(sent.acknowledged)} events acknowledged, {found}, {statuses}")


BURST_POSTS = 60
KILL_AFTER_SECONDS_MAX = 20


def test_kill_9_while_events_wait_for_their_commit_keeps_all_or_nothing_of_each(
    company: Company, tell: Callable[[str], None]
) -> None:
    """A burst of requests on one process, which is killed while some of them share a commit and others wait for it."""
    rng = chance(f"bursts {company.database_url.partition(':')[0]}")
    bursts = sized(2, 25)
    crms = [Crm(f"b{number}", random.Random(rng.random()), REPS) for number in range(BURST_POSTS)]
    paths = [company.folder / f"journal-{number}" for number in range(BURST_POSTS)]
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        for _ in range(bursts):
            left = [1] * BURST_POSTS
            burst = Senders(
                [Sender(Journal(path), company.key, fleet.ports, rng, 1.0) for path in paths]
            )
            burst.start(lambda number, left=left: one_event(crms, left, number))
            wait_for_answers(burst, rng.randrange(BURST_POSTS - WRITERS))
            fleet.kill_all()
            burst.finish()
            fleet.start()
    sent = read_journals(paths)
    assert len(sent.acknowledged) < bursts * BURST_POSTS, "no kill came before an answer"
    found = compare(company.database_url, sent.acknowledged, sent.requests)
    tell(f"{bursts} kills amid bursts of {BURST_POSTS}, {found}")


def one_event(crms: list[Crm], left: list[int], number: int) -> list[Event] | None:
    left[number] -= 1
    return [crms[number].next_event()] if left[number] == 0 else None


def wait_for_answers(senders: Senders, count: int) -> None:
    give_up_at = time.monotonic() + KILL_AFTER_SECONDS_MAX
    while senders.answers_count() < count and time.monotonic() < give_up_at:
        time.sleep(0.001)
