"""Asked to stop, a server ends what it has begun or says that it did not; under load, one after the other."""

import json
import select
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.faults.asking import (
    OK,
    Answer,
    assert_told_to_come_back,
    heard_on,
    post,
    signed_in_as,
    won_today,
)
from tests.faults.company import REPS, Company, compare
from tests.faults.deals_sent import Crm
from tests.faults.listening import Listening
from tests.faults.servers import Server, running_fleet
from tests.faults.size import chance, sized
from tests.faults.test_kills import requests_of, writers
from tests.faults.tracing import SYNCS, require_strace, slowed
from tracker.app import create_app
from tracker.config import load_settings

SERVERS = sized(2, 3)
STOP_SECONDS_MAX = 30
CALM_SECONDS = 1.0
BACK_WITHIN_MS = 30_000
PART_EVENTS, PARTS, SYNC_SECONDS = 500, 12, 1.5
"""A batch is committed in such parts; so many take longer than a stop has, at a disk that is so slow."""
SERVICE_RESTART = 1012
"""WebSocket's code for “the server restarts, come again”."""


def test_a_stop_under_load_rolling_through_the_servers_loses_nothing_that_was_answered(
    company: Company, tell: Callable[[str], None]
) -> None:
    rng = chance(f"stops {company.database_url.partition(':')[0]}")
    stops = sized(2, 30)
    with running_fleet(company.folder, company.database_url, SERVERS) as fleet:
        senders = writers(company, fleet.ports, rng)
        senders.start(requests_of(rng))
        try:
            for number in range(stops):
                time.sleep(rng.uniform(0.3, CALM_SECONDS))
                server = fleet.servers[number % SERVERS]
                ask_to_stop(server)
                assert_stopped(server)
                fleet.start()
        finally:
            senders.end()
    sent = senders.read()
    found = compare(company.database_url, sent.acknowledged, sent.requests)
    statuses = dict(sorted(sent.statuses.items()))
    tell(f"{stops} stops, {len(sent.acknowledged)} acknowledged, {found}, {statuses}")


def ask_to_stop(server: Server) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGTERM)


def assert_stopped(server: Server) -> None:
    assert server.process is not None
    assert server.process.wait(STOP_SECONDS_MAX) == 0
    said = server.log.read_text()
    assert "Traceback" not in said
    assert '"library"' not in said, "gunicorn had something to say"


def test_a_page_of_a_server_that_stops_comes_again_by_itself_and_shows_what_came_meanwhile(
    sqlite_company: Company, browser: Browser, tell: Callable[[str], None]
) -> None:
    company, rep = sqlite_company, REPS[0]
    cookie = signed_in_as(company, rep)
    name, _, value = cookie.partition("=")
    context = browser.new_context(locale="en-GB")
    with (
        running_fleet(company.folder, company.database_url, 1) as fleet,
        Listening(fleet.ports[0], cookie) as other_page,
    ):
        (server,) = fleet.servers
        address = f"http://127.0.0.1:{server.port}"
        context.add_cookies([{"name": name, "value": value, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/me")
        expect(page.locator("body[data-link=live]")).to_be_visible(timeout=BACK_WITHIN_MS)
        page.evaluate("window.isStillTheSame = true")
        ask_to_stop(server)
        other_page.wait_for_the_end()
        assert other_page.goodbye_code == SERVICE_RESTART
        assert not other_page.is_signed_off
        assert other_page.events("signed_out") == []
        assert_stopped(server)
        record_elsewhere(company, rep)
        stopped_at = time.monotonic()
        fleet.start()
        expect(page.locator("#live")).to_contain_text("31.70", timeout=BACK_WITHIN_MS)
        expect(page.locator("body[data-link=live]")).to_be_visible(timeout=BACK_WITHIN_MS)
        assert page.evaluate("window.isStillTheSame"), "the page was loaded anew"
        seconds = time.monotonic() - stopped_at
        context.close()
    tell(
        f"sockets told to come again ({SERVICE_RESTART}); the figure right {seconds:.1f} s after the start"
    )


def record_elsewhere(company: Company, rep: str) -> None:
    """A deal that comes while the server is away, by way of another process."""
    settings = load_settings({"TRACKER_DATABASE_URL": company.database_url})
    app = create_app(settings)
    sent = app.test_client().post(
        "/api/v1/deal-events",
        json=won_today(1, rep),
        headers={"Authorization": f"Bearer {company.key}"},
    )
    assert sent.status_code == OK
    app.extensions["tracker"].database.dispose()


def test_a_request_that_cannot_finish_before_the_stop_is_told_so_and_has_left_nothing(
    sqlite_company: Company, tell: Callable[[str], None]
) -> None:
    company = sqlite_company
    held, halved = won_today(1, REPS[0]), won_today(2, REPS[0])
    path = company.database_url.removeprefix("sqlite:///")
    with (
        running_fleet(company.folder, company.database_url, 1) as fleet,
        closing(sqlite3.connect(path, isolation_level=None)) as other_program,
    ):
        (server,) = fleet.servers
        other_program.execute("BEGIN EXCLUSIVE")
        answers: list[Answer] = []
        waiting = threading.Thread(
            target=lambda: answers.append(post(server.port, company.key, [held]))
        )
        waiting.start()
        with (
            closing(half_sent(server.port, company.key, halved)) as half,
            closing(kept_alive(server.port)) as idle,
        ):
            time.sleep(0.5)  # until all of it is under way
            ask_to_stop(server)
            assert idle.recv(1) == b""
            assert not is_readable(half), (
                "a connection on which nothing is asked was kept to the last"
            )
            answers.append(heard_on(half))
        waiting.join()
        assert_stopped(server)
        other_program.execute("ROLLBACK")
        for answer in answers:
            assert_told_to_come_back(answer)
        nothing = compare(company.database_url, [], [[held], [halved]])
        assert nothing.stored == 0, "what was told to come again had been kept"
        fleet.start()
        assert [post(server.port, company.key, [one]).status for one in (held, halved)] == [OK, OK]
    ids = [held["event_id"], halved["event_id"]]
    found = compare(company.database_url, ids, [[held], [halved]])
    slowest = max(answer.seconds for answer in answers)
    tell(f"one waits for its disk, one is half sent: 503 after {slowest:.1f} s at most; {found}")


def test_a_long_batch_that_the_stop_breaks_off_is_told_so_and_counts_once_when_it_comes_again(
    sqlite_company: Company, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    require_strace()
    company, crm = sqlite_company, Crm("w", chance("long batch"), REPS)
    parts = [[crm.next_event() for _ in range(PART_EVENTS)] for _ in range(PARTS)]
    events = [event for part in parts for event in part]
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (server,) = fleet.servers
        (worker,) = server.worker_ids()
        first = [crm.next_event()]
        assert post(server.port, company.key, first).status == OK  # what is done but once, is done
        answers: list[Answer] = []
        sending = threading.Thread(
            target=lambda: answers.append(post(server.port, company.key, events))
        )
        with slowed(worker, tmp_path / "trace", SYNCS, SYNC_SECONDS):
            sending.start()
            time.sleep(SYNC_SECONDS)  # until its first parts are under way
            ask_to_stop(server)
            sending.join()
            assert_stopped(server)
        (told,) = answers
        assert_told_to_come_back(told)
        begun = compare(company.database_url, [], [first, *parts])
        assert 1 < begun.stored < len(events), "it was over before the stop broke it off"
        fleet.start()
        assert post(server.port, company.key, events).status == OK
    ids = [event["event_id"] for event in first + events]
    found = compare(company.database_url, ids, [first, *parts])
    tell(
        f"{PARTS} parts of a batch at a disk that takes {SYNC_SECONDS} s for each: {told.status} "
        f"{told.seconds - SYNC_SECONDS:.1f} s after the stop with {begun.stored} events kept; {found}"
    )


def is_readable(connection: socket.socket) -> bool:
    return bool(select.select([connection], [], [], 0)[0])


def half_sent(port: int, key: str, event: object) -> socket.socket:
    """A connection on which half of a request has been sent."""
    body = json.dumps(event).encode()
    head = (
        f"POST /api/v1/deal-events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(("127.0.0.1", port), timeout=STOP_SECONDS_MAX)
    connection.sendall(head.encode() + body[: len(body) // 2])
    return connection


def kept_alive(port: int) -> socket.socket:
    """A connection on which a request was answered, and the next may come."""
    connection = socket.create_connection(("127.0.0.1", port), timeout=STOP_SECONDS_MAX)
    connection.sendall(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert heard_on(connection).status == OK
    return connection
