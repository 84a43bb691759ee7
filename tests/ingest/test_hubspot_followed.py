"""The running product reads a connected HubSpot by itself: whole at first, then what changes; at once what is noted."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from tests.ingest.conftest import Company
from tests.ingest.fake_hubspot import TOKEN, FakeHubSpot, Fault
from tests.ingest.hubspot_reading import Read, connect
from tests.ingest.records import NOW
from tests.ingest.test_hubspot_webhook import PATH, signature
from tests.run_process import ROOT, free_port, running
from tracker import clock
from tracker.errors import NotFound
from tracker.following import Follower
from tracker.store import connections, senders

WAIT_SECONDS = 30


def eventually(is_so: Callable[[], bool]) -> None:
    until_seconds = time.monotonic() + WAIT_SECONDS
    while not is_so():
        assert time.monotonic() < until_seconds, "it never came to be so"
        time.sleep(0.05)


def test_a_signed_notice_moves_the_reps_pay_in_the_running_product(
    company: Company, crm: FakeHubSpot, tmp_path: Path
) -> None:
    crm.put(1, amount="1000")
    connect(company, crm)
    with running(tmp_path, free_port()) as (address, _):
        eventually(lambda: company.earned_minor() == 10_000)
        crm.put(1, amount="3000")
        notice = {"subscriptionType": "deal.propertyChange", "objectId": 1}
        body = json.dumps([notice]).encode()
        with clock.told_by(lambda: datetime.now(UTC)):
            now_milliseconds = int(clock.now().timestamp() * 1000)
        headers = signature(body, now_milliseconds, "secret", address + PATH)
        headers["Content-Type"] = "application/json"
        answer = requests.post(address + PATH, body, headers=headers, timeout=10)
        assert answer.status_code == 200
        eventually(lambda: company.earned_minor() == 30_000)


@pytest.fixture
def seconds() -> Iterator[list[float]]:
    """The seconds since the tests' time that the followers go by, to be moved by the test."""
    passed = [0.0]
    with clock.told_by(lambda: NOW + timedelta(seconds=passed[0])):
        yield passed


def test_it_searches_every_half_minute_and_fetches_at_once_what_is_noted(
    read: Read, seconds: list[float]
) -> None:
    follower = Follower(read.puller())
    follower.look()
    read.crm.put(1)
    requests_count = len(read.crm.requests)
    follower.look()
    assert len(read.crm.requests) == requests_count
    read.note(connections.Wanted("1"))
    follower.look()
    assert read.deal(1) is not None
    read.crm.put(2)
    seconds[0] += 31
    follower.look()
    assert read.deal(2) is not None


def test_a_refused_token_is_left_alone_until_there_is_another(
    read: Read, seconds: list[float]
) -> None:
    with read.company.database.write() as connection:
        connections.change_token(connection, "hubspot", "pat-wrong")
    follower = Follower(read.puller())
    read.crm.put(1)
    read.note(connections.Wanted("1"))
    for _ in range(20):
        follower.look()
        seconds[0] += 31
    assert len(read.crm.requests) == 1
    assert "401" in read.connection().trouble
    with read.company.database.write() as connection:
        connections.change_token(connection, "hubspot", TOKEN)
    follower.look()
    assert read.deal(1) is not None
    assert read.connection().trouble == ""


def test_a_crm_that_asks_for_an_hour_gets_it(read: Read, seconds: list[float]) -> None:
    follower = Follower(read.puller())
    read.crm.faults.append(Fault(429, b'{"policyName":"DAILY"}'))
    follower.look()
    for _ in range(10):
        seconds[0] += 300
        follower.look()
    assert len(read.crm.requests) == 1
    seconds[0] += 900
    follower.look()
    assert len(read.crm.requests) > 1


def test_a_fault_of_the_program_is_said_and_tried_again_later(
    read: Read, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    follower = Follower(read.puller())
    with monkeypatch.context() as broken:
        broken.setattr("tracker.ingest.connectors.hubspot.learn", lambda client: 1 // 0)
        follower.look()
    assert "fault" in read.connection().trouble
    seconds[0] += 61
    follower.look()
    assert read.connection().trouble == ""


def test_it_ends_with_the_connection(read: Read, seconds: list[float]) -> None:
    follower = Follower(read.puller())
    follower.look()
    with read.company.database.write() as connection:
        senders.revoke(connection, "hubspot", clock.now())
    with pytest.raises(NotFound):
        follower.look()


def test_two_processes_search_together_no_more_often_than_one(
    company_on_each: Company, crm: FakeHubSpot, tmp_path: Path
) -> None:
    connect(company_on_each, crm)
    hand = tmp_path / "clock"
    looked = [tmp_path / "looked-1", tmp_path / "looked-2"]

    def set_clock(seconds: int) -> None:
        (tmp_path / "next").write_text(str(int(NOW.timestamp()) + seconds))
        (tmp_path / "next").rename(hand)

    def have_looked(by: list[Path], seconds: int) -> bool:
        moment = str(int(NOW.timestamp()) + seconds)
        return all(one.exists() and one.read_text().split().count(moment) > 3 for one in by)

    set_clock(0)
    url = company_on_each.database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "tests.ingest.following_process", url, str(hand)]
    processes = [subprocess.Popen([*command, str(one)], cwd=ROOT) for one in looked]
    try:
        for step in range(4):
            for seconds in (31 * step, 31 * step + 29):
                set_clock(seconds)
                eventually(lambda seconds=seconds: have_looked(looked, seconds))
                assert len(crm.searches) == step + 1
        processes[0].kill()
        set_clock(200)
        eventually(lambda: have_looked(looked[1:], 200))
        assert len(crm.searches) == 5
    finally:
        for process in processes:
            process.kill()
            process.wait()
