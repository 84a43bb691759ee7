"""Many requests share a commit, each is answered after it, and sockets are served while the disk is waited for."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import a_rep
from tracker.store import deals
from tracker.store.database import Database, upgrade
from tracker.verify import verify

ROOT = Path(__file__).parent.parent

START = """
from gevent import monkey
monkey.patch_all()
import json
import sys
import gevent
from tests.ingest.records import NOW, TODAY, record
from tracker import group_writer
from tracker.errors import Stopping, Unavailable
from tracker.ingest import intake
from tracker.ingest.intake import Batch
from tracker.ingest.strict_json import parse_strict
from tracker.ingest.submission import Entry
from tracker.group_writer import GroupWriter
from tracker.store.database import Database

database, rep = Database(sys.argv[1]), sys.argv[2]
told = []
database.on_commit(lambda: told.append(1))
commits = []
record_batches = intake.record_batches

def recorded(own, batches):
    commits.append(sum(len(batch.entries) for batch in batches))
    return record_batches(own, batches)

intake.record_batches = recorded
writer = GroupWriter(database)

def post(number, **changes):
    sent = record(event_id=f"e-{number}", deal_id=f"d-{number}", deal__credits=[{"rep": rep}], **changes)
    (outcome,) = writer.record(Batch([Entry(parse_strict(json.dumps(sent).encode()))], "CRM", NOW, TODAY))
    return outcome.kind
"""

SHARED = """
beats = []

def beat():
    while True:
        beats.append(1)
        gevent.sleep(0.0005)

gevent.spawn(beat)
posts = [gevent.spawn(post, number) for number in range(200)]
gevent.joinall(posts, raise_error=True)
assert {one.value for one in posts} == {"recorded"}
print(len(commits), max(commits), len(told) == len(commits), len(beats) >= len(commits))
"""

SAME = """
posts = [gevent.spawn(post, 1) for _ in range(50)]
posts += [gevent.spawn(post, 1, deal__name="Other")]
gevent.joinall(posts, raise_error=True)
kinds = sorted(one.value for one in posts)
print(kinds.count("recorded"), kinds.count("duplicate"), kinds.count("refused"))
"""

TOO_MUCH = """
group_writer.WAITING_EVENTS_MAX = 3

def try_post(number):
    try:
        return post(number)
    except Unavailable:
        return "later"

posts = [gevent.spawn(try_post, number) for number in range(10)]
gevent.joinall(posts, raise_error=True)
kinds = [one.value for one in posts]
print(kinds.count("recorded"), kinds.count("later"), post(99))
"""

BROKEN = """
def fails(own, batches):
    raise Unavailable("The database is away.")

intake.record_batches = fails
try:
    post(1)
except Unavailable as error:
    print(error.message)
intake.record_batches = recorded
print(post(1))
"""

POISONED = """
def breaks_on_one(own, batches):
    if any(entry.record["event_id"] == "e-7" for batch in batches for entry in batch.entries):
        raise KeyError("nobody thought of this")
    return recorded(own, batches)

intake.record_batches = breaks_on_one

def try_post(number):
    try:
        return post(number)
    except KeyError:
        return "broken"

posts = [gevent.spawn(try_post, number) for number in range(20)]
gevent.joinall(posts, raise_error=True)
print([number for number, one in enumerate(posts) if one.value != "recorded"], posts[7].value)
"""

SLOW = """
native_sleep = monkey.get_original("time", "sleep")

def slowly(own, batches):
    native_sleep(0.7)
    return recorded(own, batches)

intake.record_batches = slowly

def try_post(number):
    try:
        return post(number)
    except Unavailable:
        return "later"
    except Stopping:
        return "broken off"

begun = gevent.spawn(try_post, 1)
gevent.sleep(0.2)
waits = gevent.spawn(try_post, 2)
gevent.sleep(0.1)
"""

PATIENT_FOR_A_MOMENT = """
group_writer.ANSWER_SECONDS_MAX = 0.4
"""

SENT_AGAIN = """
gevent.joinall([begun, waits])
assert writer.waiting_events_count() == 0
group_writer.ANSWER_SECONDS_MAX = 10
print(begun.value, waits.value, try_post(1), try_post(2))
"""

LONG_BATCH = """
def try_parts(number):
    return [try_post(f"{number}-{part}") for part in range(3)]

group_writer.LAST_SECONDS = 10
gevent.joinall([begun, waits])
parts = gevent.spawn(try_parts, "long")
gevent.sleep(0.2)
parts.kill(Stopping, block=False)
parts.join()
print(*parts.value)
"""

PATIENT_AT_THE_LAST = """
group_writer.LAST_SECONDS = 10
"""

TOO_SLOW_FOR_A_STOP = """
group_writer.LAST_SECONDS = 0.1
"""

BREAK_OFF = """
for one in (begun, waits):
    one.kill(Stopping, block=False)
"""

OTHER_WORK = """
group_writer.LAST_SECONDS = 10
native_sleep = monkey.get_original("time", "sleep")
done = []

def try_work(name, seconds):
    try:
        return writer.run(lambda own: (native_sleep(seconds), done.append(name)) and name)
    except Stopping:
        return "broken off"

works = [gevent.spawn(try_work, name, 0.5) for name in ("begun", "next", "last")]
gevent.sleep(0.2)
for one in works:
    one.kill(Stopping, block=False)
gevent.joinall(works)
print(*(one.value for one in works), writer.run(lambda own: done))
"""

ACKNOWLEDGING = """
def keep_posting(poster):
    for number in range(10_000):
        post(f"{poster}-{number}")
        print(f"{poster}-{number}", flush=True)

gevent.joinall([gevent.spawn(keep_posting, poster) for poster in range(8)])
"""


@pytest.fixture
def anna(database_url: str) -> str:
    database = Database(database_url)
    upgrade(database)
    with database.write() as connection:
        a_rep(connection, "anna@firma.dk")
    database.dispose()
    return "anna@firma.dk"


def run(script: str, database_url: str, anna: str) -> str:
    command = [sys.executable, "-c", START + script, database_url, anna]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_many_requests_share_a_commit_and_the_sockets_are_served_meanwhile(
    database_url: str, anna: str
) -> None:
    commit_count, largest, told_once_each, has_beaten = run(SHARED, database_url, anna).split()
    assert int(commit_count) < 20
    assert int(largest) > 20
    assert (told_once_each, has_beaten) == ("True", "True")


def test_fifty_identical_events_at_once_are_one_and_another_content_is_refused(
    database_url: str, anna: str
) -> None:
    assert run(SAME, database_url, anna) == "1 49 1"
    database = Database(database_url)
    with database.read() as connection:
        assert len(list(deals.all_events(connection))) == 1
    database.dispose()


def test_more_than_the_disk_keeps_up_with_is_told_to_come_back(
    sqlite_url: str, anna: str, database_url: str
) -> None:
    recorded, later, afterwards = run(TOO_MUCH, database_url, anna).split()
    assert int(recorded) + int(later) == 10
    assert int(later) > 0
    assert afterwards == "recorded"


def test_a_commit_that_fails_is_told_to_each_and_the_next_one_works(
    database_url: str, anna: str
) -> None:
    assert run(BROKEN, database_url, anna) == "The database is away.\nrecorded"


def test_what_one_request_breaks_does_not_break_those_beside_it(
    database_url: str, anna: str
) -> None:
    assert run(POISONED, database_url, anna) == "[7] broken"


def test_nobody_waits_longer_than_was_said_and_what_is_sent_again_has_one_effect(
    database_url: str, anna: str
) -> None:
    """The first is being written when the time is over, and is there; the second had not been begun, and is not."""
    script = PATIENT_FOR_A_MOMENT + SLOW + SENT_AGAIN
    assert run(script, database_url, anna) == "later later duplicate recorded"
    assert stored_event_ids(database_url) == ["e-1", "e-2"]


def test_a_request_that_is_broken_off_has_left_nothing_or_is_answered(
    database_url: str, anna: str
) -> None:
    script = PATIENT_AT_THE_LAST + SLOW + BREAK_OFF + SENT_AGAIN
    assert run(script, database_url, anna) == "recorded broken off duplicate recorded"
    assert stored_event_ids(database_url) == ["e-1", "e-2"]


def test_a_request_that_is_broken_off_amid_a_long_commit_is_answered_before_the_end(
    database_url: str, anna: str
) -> None:
    script = TOO_SLOW_FOR_A_STOP + SLOW + BREAK_OFF + SENT_AGAIN
    assert run(script, database_url, anna) == "broken off broken off duplicate recorded"
    assert stored_event_ids(database_url) == ["e-1", "e-2"]


def test_a_request_that_is_broken_off_amid_one_of_its_parts_begins_no_other(
    sqlite_url: str, anna: str, database_url: str
) -> None:
    script = SLOW + LONG_BATCH
    assert run(script, database_url, anna) == "recorded broken off broken off"
    assert "e-long-0" in stored_event_ids(database_url)
    assert "e-long-1" not in stored_event_ids(database_url)


def test_other_work_that_is_broken_off_before_its_turn_is_never_done(
    sqlite_url: str, anna: str, database_url: str
) -> None:
    assert run(OTHER_WORK, database_url, anna) == "begun broken off broken off ['begun']"


def stored_event_ids(database_url: str) -> list[str]:
    database = Database(database_url)
    with database.read() as connection:
        found = sorted(one.event.event_id for one in deals.all_events(connection))
    database.dispose()
    return found


def test_what_was_acknowledged_is_there_after_a_kill(database_url: str, anna: str) -> None:
    command = [sys.executable, "-c", START + ACKNOWLEDGING, database_url, anna]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(300)]
        process.kill()
        acknowledged += process.stdout.read().split("\n")[:-1]
    database = Database(database_url)
    with database.read() as connection:
        stored = [found.event.event_id for found in deals.all_events(connection)]
    assert {f"e-{name.strip()}" for name in acknowledged if name.strip()} <= set(stored)
    assert len(stored) == len(set(stored))
    assert verify(database).differences == ()
    database.dispose()
