"""Many processes write at once about the same few people: every total is the oracle's, to the øre, all the time."""

import random
from collections.abc import Callable

from tests.faults.company import REPS, Company, assert_figures, compare
from tests.faults.deals_sent import Crm, Event
from tests.faults.senders import Journal, Sender, Senders, read_journals
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tracker.store.database import Database

WRITERS = 8
HOT_DEALS = tuple(f"hot-{number}" for number in range(12))
TRIES_USUAL_MAX = 4  # the first and three more
MANY_TRIES_PERCENT_MAX = 1


def crms(rng: random.Random) -> list[Crm]:
    return [
        Crm(f"w{number}", random.Random(rng.random()), REPS, HOT_DEALS) for number in range(WRITERS)
    ]


def said_by(own: list[Crm], count: int) -> Callable[[int], list[Event] | None]:
    """So many single events from each writer."""
    left = [count] * WRITERS

    def next_request(number: int) -> list[Event] | None:
        left[number] -= 1
        return [own[number].next_event()] if left[number] >= 0 else None

    return next_request


def test_totals_are_exact_however_many_processes_write_at_once(
    company: Company, tell: Callable[[str], None]
) -> None:
    rng = chance(f"writers {company.database_url.partition(':')[0]}")
    server_count, rounds = sized(2, WRITERS), 2
    updates, own = sized(40, 500), crms(rng)
    paths = []
    with running_fleet(company.folder, company.database_url, server_count) as fleet:
        for part in range(
            rounds
        ):  # between them nothing is under way, and everything must be right
            senders = Senders(
                [
                    Sender(
                        Journal(company.folder / f"journal-{part}-{number}"),
                        company.key,
                        [fleet.ports[number % server_count]],
                        rng,
                    )
                    for number in range(WRITERS)
                ]
            )
            senders.start(said_by(own, updates // rounds))
            senders.finish()
            paths += [sender.journal.path for sender in senders.senders]
            sent = read_journals(paths)
            assert_quiet(company, sent.requests)
    found = compare(company.database_url, sent.acknowledged, sent.requests)
    assert len(sent.acknowledged) == WRITERS * updates
    often = sum(tries > TRIES_USUAL_MAX for tries in sent.tries.values())
    assert 100 * often <= MANY_TRIES_PERCENT_MAX * len(sent.tries)
    assert set(sent.statuses) <= {200, 429, 503}
    statuses = dict(sorted(sent.statuses.items()))
    tell(f"{server_count} processes, {WRITERS} x {updates} updates, {found}, {statuses}")


def assert_quiet(company: Company, requests: list[list[Event]]) -> None:
    database = Database(company.database_url)
    assert_figures(database, [event for request in requests for event in request])
    database.dispose()
