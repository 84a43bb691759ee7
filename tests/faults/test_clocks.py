"""Every process has a clock of its own, and they disagree: no money moves. What does is written down here."""

import hashlib
import hmac
import http.client
import itertools
import json
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import libfaketime
import pytest

from tests.faults.company import REPS, Company, compare
from tests.faults.deals_sent import Crm, Event
from tests.faults.senders import Journal, Sender, Senders, Sent
from tests.faults.servers import Fleet, Server, running_fleet
from tests.faults.size import RUN, chance, sized
from tracker import access
from tracker.store import deals, people, senders, sessions
from tracker.store.database import Database

LIBRARY = Path(libfaketime.__file__).parent / "vendor/libfaketime/src/libfaketime.so.1"
APART = (timedelta(minutes=-10), timedelta(0), timedelta(minutes=10))
WRITERS = 6

# In the company's zone, a few minutes before or at: the end of a year; the hour that is not; the hour that is twice;
# a day that most years lack.
MOMENTS = {
    "year end": datetime(2026, 12, 31, 22, 55, tzinfo=UTC),
    "spring forward": datetime(2027, 3, 28, 1, 0, tzinfo=UTC),
    "fall back": datetime(2026, 10, 25, 1, 0, tzinfo=UTC),
    "29 February": datetime(2028, 2, 28, 22, 55, tzinfo=UTC),
}
TRIED = list(MOMENTS) if RUN == "long" else ["year end"]


def clock_of(told: str) -> dict[str, str]:
    """The variables that give a process another clock; waits are measured truly all the same."""
    return {
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME": told,
        "FAKETIME_CACHE_DURATION": "1",  # seconds; asked anew at every look it takes most of the time
        "DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "TZ": "UTC",
    }


def send_all(company: Company, fleet: Fleet, moment: datetime, name: str) -> Sent:
    """Each writer has its own server, and so its own clock; some deals are changed by all."""
    rng, updates = chance(name), sized(6, 60)
    own = [
        Crm(f"{name}-{number}", random.Random(rng.random()), REPS, ("hot-1", "hot-2"), moment)
        for number in range(WRITERS)
    ]
    left = [updates] * WRITERS

    def next_request(number: int) -> list[Event] | None:
        left[number] -= 1
        return [own[number].next_event()] if left[number] >= 0 else None

    senders = [
        Sender(
            Journal(company.folder / f"journal-{name}-{number}"),
            company.key,
            [fleet.ports[number % len(fleet.ports)]],
            rng,
        )
        for number in range(WRITERS)
    ]
    sending = Senders(senders)
    sending.start(next_request)
    sending.finish()
    sent = sending.read()
    assert len(sent.acknowledged) == WRITERS * updates
    return sent


@pytest.mark.parametrize("name", TRIED)
def test_clocks_ten_minutes_apart_move_no_money(
    company: Company, name: str, tell: Callable[[str], None]
) -> None:
    moment = MOMENTS[name]
    clocks = {
        number: clock_of(f"@{moment + apart:%Y-%m-%d %H:%M:%S}")
        for number, apart in enumerate(APART)
    }
    with running_fleet(company.folder, company.database_url, len(APART), clocks) as fleet:
        sent = send_all(company, fleet, moment, name.replace(" ", "-"))
    found = compare(company.database_url, sent.acknowledged, sent.requests)
    tell(f"{name}, clocks at -10, 0 and +10 minutes: {found}")


def test_a_clock_that_steps_back_an_hour_amid_the_run_moves_no_money(
    company: Company, tell: Callable[[str], None]
) -> None:
    told, now = company.folder / "clock", datetime.now(UTC)
    told.write_text("+0")
    clock = clock_of("+0") | {"FAKETIME_TIMESTAMP_FILE": str(told)}
    del clock["FAKETIME"]
    with running_fleet(company.folder, company.database_url, 1, {0: clock}) as fleet:
        before = send_all(company, fleet, now, "before")
        told.write_text("-1h")
        time.sleep(2)  # as long as a clock may be remembered, and longer
        after = send_all(company, fleet, now, "after")
    requests = before.requests + after.requests
    found = compare(company.database_url, before.acknowledged | after.acknowledged, requests)
    assert is_stepped_back(company), "the server's clock never stepped back"
    tell(f"the clock steps back an hour: {found}")


def is_stepped_back(company: Company) -> bool:
    database = Database(company.database_url)
    with database.read() as connection:
        moments = [stored.recorded_at for stored in deals.all_events(connection)]
    database.dispose()
    steps = [later - earlier for earlier, later in itertools.pairwise(moments)]
    return min(steps) < timedelta(minutes=-50)


def test_what_clocks_apart_do_to_signed_requests_and_sessions(sqlite_company: Company) -> None:
    """A signature is taken within five minutes of the server's own clock; a session holds at every one."""
    company = sqlite_company
    secret, cookie = sender_and_session(company)
    clocks = {
        number: clock_of(f"{apart.total_seconds():+.0f}s") for number, apart in enumerate(APART)
    }
    with running_fleet(company.folder, company.database_url, len(APART), clocks) as fleet:
        pushed = [push(server, secret) for server in fleet.servers]
        seen = [status_of(server, "GET", "/company", None, cookie) for server in fleet.servers]
    assert pushed == [401, 200, 401]
    assert seen == [200, 200, 200]


def sender_and_session(company: Company) -> tuple[str, Mapping[str, str]]:
    database, now = Database(company.database_url), datetime.now(UTC)
    with database.write() as connection:
        secret = senders.add_sender(connection, "erp", "signed", "", now)
        ida = people.add_person(connection, "Ida", "ida@firma.dk", "admin", now)
        token = sessions.open_session(connection, ida, now)
    database.dispose()
    return secret, {"Cookie": f"{access.SESSION_COOKIE}={token}"}


def push(server: Server, secret: str) -> int:
    """Sign an event by the true time and send it."""
    event = Crm("push", chance("push"), REPS).next_event()
    body, seconds = json.dumps(event).encode(), int(datetime.now(UTC).timestamp())
    signed = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "Tracker-Signature": f"t={seconds},v1={signed}",
        "Content-Type": "application/json",
    }
    return status_of(server, "POST", "/api/v1/webhooks/erp", body, headers)


def status_of(
    server: Server, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, path, body, dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()
