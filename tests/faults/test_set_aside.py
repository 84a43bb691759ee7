"""An event that cannot be used is set aside, holds nobody up, and counts once when it is played again."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from tests.faults.company import REPS, Company, assert_figures, stored_event_ids
from tests.faults.deals_sent import Crm, Event
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tests.faults.test_natural_keys import outcome_of, post
from tests.run_process import ROOT
from tracker.store import quarantine
from tracker.store.database import Database

STRANGER = "stranger@firma.dk"


def poisoned(event: Event, how: str) -> Event:
    """The event, with something wrong in it that names no other event."""
    deal = dict(event["deal"])
    wrong = {
        "rep": {"credits": [{"rep": STRANGER, "share": "100%"}]},
        "amount": {"amount": "much"},
        "currency": {"currency": "XYZ"},
        "day": {"effective_on": "2026-02-30"},
        "status": {"status": "perhaps"},
        "shares": {"credits": [{"rep": REPS[0], "share": "70%"}]},
        "nothing": {"name": None},
    }
    return event | {"deal": deal | wrong[how]}


POISONS = ("rep", "amount", "currency", "day", "status", "shares", "nothing")


def test_poison_between_good_events_holds_nobody_up_and_counts_once_it_is_put_right(
    company: Company, tell: Callable[[str], None]
) -> None:
    crm, good, bad = Crm("q", chance("poison"), REPS), [], []
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (port,) = fleet.ports
        for how in POISONS:
            before, poison, after = crm.next_event(), crm.next_event(), crm.next_event()
            for event in (before, poisoned(poison, how), after):
                status, body = post(company, port, event)
                is_good = event in (before, after)
                kinds = ("recorded", "stale") if is_good else ("quarantined",)
                assert status == 200
                assert outcome_of(body) in kinds, (how, body)
            good += [before, after]
            bad.append(poison)
        database = Database(company.database_url)
        assert_figures(database, good)
        for poison in bad:  # put right by the sender, twice
            assert outcome_of(post(company, port, poison)[1]) in ("recorded", "stale")
            assert outcome_of(post(company, port, poison)[1]) == "duplicate"
    assert waiting_count(database) == 0
    assert_figures(database, good + bad)
    database.dispose()
    tell(f"{len(POISONS)} poisons between {len(good)} good events: none lost, none held up")


def command(company: Company, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tracker.cli", *words],
        env={
            **os.environ,
            "TRACKER_DATA": str(company.folder),
            "TRACKER_DATABASE_URL": company.database_url,
            "PYTHONPATH": str(ROOT),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_kill_9_while_events_are_played_again_counts_each_once(
    company: Company, tell: Callable[[str], None]
) -> None:
    rng = chance(f"replays {company.database_url.partition(':')[0]}")
    crm, count, kills = Crm("r", rng, REPS), sized(60, 400), sized(2, 15)
    events = [crm.next_event() for _ in range(count)]
    strange = [
        event | {"deal": event["deal"] | {"credits": [{"rep": STRANGER, "share": "100%"}]}}
        for event in events
    ]
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        status, body = post(company, fleet.ports[0], strange)
        assert {one["outcome"] for one in body["outcomes"]} == {"quarantined"}, status
    assert command(company, "quarantine", "claim", STRANGER, REPS[0]).wait(60) == 0
    database = Database(company.database_url)
    for number in range(kills):
        replaying = command(company, "quarantine", "replay", "--all")
        left = count * (kills - number) // (kills + 1)
        while waiting_count(database) > left and replaying.poll() is None:
            time.sleep(rng.uniform(0.0, 0.02))
        replaying.send_signal(signal.SIGKILL)
        assert replaying.wait() == -signal.SIGKILL, "it was over before it was killed"
    two = [command(company, "quarantine", "replay", "--all") for _ in range(2)]
    assert [one.wait(300) for one in two] == [0, 0]
    assert waiting_count(database) == 0
    stored = stored_event_ids(database)
    assert sorted(stored) == sorted(event["event_id"] for event in events)
    mine = [
        event | {"deal": event["deal"] | {"credits": [{"rep": REPS[0], "share": "100%"}]}}
        for event in events
    ]
    assert_figures(database, mine)
    database.dispose()
    tell(f"{count} events played again, {kills} kills meanwhile, then by two at once: each once")


def waiting_count(database: Database) -> int:
    with database.read() as connection:
        return quarantine.waiting_count(connection)
