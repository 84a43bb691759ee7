"""One request to a server, and how it was answered: with what, when to come back, and how long it took."""

import http.client
import json
import re
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar

from tests.faults.company import Company
from tests.faults.deals_sent import Event
from tracker import clock
from tracker.store import people, sessions
from tracker.store.database import Database

TIMEOUT_SECONDS = 60
UNREADY, OK = 503, 200
TRIES_MAX, PAUSE_SECONDS = 30, 1.0
TOKEN = re.compile(r'name="csrf-token" content="([^"]*)"')


@dataclass(frozen=True)
class Answer:
    """`status` is 0 when the connection ended without an answer."""

    status: int
    seconds: float
    headers: dict[str, str]
    text: str

    @property
    def retry_after_seconds(self) -> int:
        return int(self.headers.get("Retry-After", "0"))


def ask(port: int, path: str, body: str | None = None, **headers: str) -> Answer:
    """GET, or POST with a body. A header's name has underscores for hyphens."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET" if body is None else "POST", path, body, named)
        answer = connection.getresponse()
        text = answer.read().decode()
        return Answer(answer.status, time.monotonic() - began, dict(answer.headers), text)
    except (OSError, http.client.HTTPException):
        return Answer(0, time.monotonic() - began, {}, "")
    finally:
        connection.close()


class Answered(Protocol):
    @property
    def status(self) -> int: ...


Reply = TypeVar("Reply", bound=Answered)


def patiently(asks: Callable[[], Reply]) -> Reply:
    """The answer, once it is another than to come back: then nothing was written."""
    for _ in range(TRIES_MAX):
        answer = asks()
        if answer.status != UNREADY:
            break
        time.sleep(PAUSE_SECONDS)
    return answer


def heard_on(connection: socket.socket) -> Answer:
    """The answer that comes on a connection on which something was sent by hand."""
    began = time.monotonic()
    answer = http.client.HTTPResponse(connection)
    answer.begin()
    text = answer.read().decode()
    return Answer(answer.status, time.monotonic() - began, dict(answer.headers), text)


def post(port: int, key: str, events: Sequence[Event]) -> Answer:
    """Send deal events once."""
    body = json.dumps(events[0] if len(events) == 1 else list(events))
    return ask(
        port,
        "/api/v1/deal-events",
        body,
        Authorization=f"Bearer {key}",
        Content_Type="application/json",
    )


def assert_told_to_come_back(answer: Answer) -> None:
    """Not now, when to come back, and nothing of what it looks like inside."""
    assert answer.status == UNREADY, answer
    assert answer.retry_after_seconds > 0
    assert_says_nothing_of_its_inside(answer)


def assert_says_nothing_of_its_inside(answer: Answer) -> None:
    found = TOKEN.search(answer.text)
    text = (
        answer.text.replace(found[1], "") if found else answer.text
    )  # drawn by chance, as ".pY2o7" once was
    for word in ("Traceback", "sqlite", "psycopg", "sqlalchemy", "OperationalError", ".py"):
        assert word.lower() not in text.lower(), answer.text


def seconds_until_ok(port: int, path: str = "/readyz", seconds_max: float = 60) -> float:
    """How long it takes from now until an address answers 200."""
    began = time.monotonic()
    while ask(port, path).status != OK:
        assert time.monotonic() - began < seconds_max, f"{path} does not come back"
        time.sleep(0.05)
    return time.monotonic() - began


def signed_in_as(company: Company, rep: str) -> str:
    """The Cookie header of a rep of the company."""
    database, now = Database(company.database_url), clock.now()
    with database.write() as connection:
        payee = people.payee_by_reference(connection, rep)
        assert payee is not None
        name = rep.partition("@")[0].capitalize()
        person_id = people.add_person(connection, name, rep, "rep", now, payee.id)
        cookie = f"tracker_session={sessions.open_session(connection, person_id, now)}"
    database.dispose()
    return cookie


def won_today(number: int, rep: str, amount: str = "1000.00") -> Event:
    """A deal that was won today, so that it shows on the rep's page."""
    return {
        "source": "crm",
        "event_id": f"today-e{number}",
        "deal_id": f"today-d{number}",
        "version": 1,
        "occurred_at": "2026-11-20T10:00:00Z",
        "deal": {
            "name": f"Customer {number}",
            "status": "won",
            "effective_on": date.today().isoformat(),
            "currency": "DKK",
            "amount": amount,
            "margin": "100.00",
            "credits": [{"rep": rep, "share": "100%"}],
        },
    }
