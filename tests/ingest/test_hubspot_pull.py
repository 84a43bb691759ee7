"""HubSpot is read whole and then as it changes, whatever it answers meanwhile: nothing is lost or counts twice."""

import http.client
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ingest.conftest import Company
from tests.ingest.fake_hubspot import TOKEN, FakeHubSpot, Fault, running_hubspot
from tests.ingest.hubspot_reading import Read, connect
from tests.ingest.records import NOW
from tests.run_process import ROOT
from tracker import flow_connections
from tracker.errors import Conflict
from tracker.flow_connections import Kept
from tracker.ingest.connectors import hubspot, hubspot_api
from tracker.ingest.connectors.asking import CrmAway, CrmRefuses, HttpApi
from tracker.ingest.connectors.shape import Client
from tracker.store import connections, deals
from tracker.store.connections import Wanted
from tracker.verify import verify


def fill(crm: FakeHubSpot, count: int, after_ms: int = 1000) -> None:
    for number in range(1, count + 1):
        crm.put(number, after_ms, amount="1000")


def test_everything_comes_in_and_a_second_pull_changes_nothing(
    company_on_each: Company, crm: FakeHubSpot
) -> None:
    read = connect(company_on_each, crm)
    fill(crm, 250, after_ms=5000)
    assert read.pull().recorded_count == 250
    assert read.keys() == read.all_keys()
    earned_minor = read.company.earned_minor()
    assert earned_minor > 0
    event_count, requests_count = read.company.event_count(), len(crm.requests)
    again = read.pull()
    assert (again.recorded_count, again.waiting_count) == (0, 0)
    assert len(crm.requests) - requests_count < 8
    assert (read.company.event_count(), read.company.earned_minor()) == (event_count, earned_minor)
    assert read.pull(again=True).known_count > 250
    assert (read.company.event_count(), read.company.earned_minor()) == (event_count, earned_minor)
    assert verify(read.company.database).differences == ()


def test_what_changes_later_is_caught_up_with_in_a_single_page(read: Read) -> None:
    fill(read.crm, 30, after_ms=60_000)
    read.pull()
    earned_minor = read.company.earned_minor()
    read.crm.put(7, amount="2500.50")
    searches_count = len(read.crm.searches)
    assert read.pull().recorded_count == 1
    assert len(read.crm.searches) == searches_count + 1
    assert read.company.earned_minor() - earned_minor == 15_005
    moved = read.deal(7)
    assert moved is not None
    assert moved.amount_minor == 250_050


def test_a_deal_that_is_found_late_is_not_missed(read: Read) -> None:
    read.crm.put(1)
    read.crm.put(2)
    late, read.crm.deals["1"]["archived"] = read.crm.deals["1"], True  # not in the index yet
    read.pull()
    late["archived"] = False
    assert read.pull().recorded_count == 1
    assert read.keys() == read.all_keys()


def test_a_deal_that_changes_while_pages_are_read_hides_no_other(read: Read) -> None:
    fill(read.crm, 350)
    seen = iter(range(1, 40))

    def edit(path: str) -> None:
        if path.endswith("/search"):
            read.crm.put(next(seen), amount="5")

    read.crm.on_request = edit
    read.pull()
    read.crm.on_request = lambda path: None
    assert read.keys() == read.all_keys()


def test_more_deals_than_one_search_gives_come_in_also_when_they_all_changed_at_once(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.ingest.fake_hubspot.RESULTS_MAX", 300)
    fill(read.crm, 120)
    for number in range(1000, 1400):
        read.crm.put(number, after_ms=0)  # an import: all at the same millisecond
    fill(read.crm, 30)
    read.pull()
    assert read.keys() == read.all_keys()
    assert all(not asked.get("after") for asked in read.crm.searches)


@pytest.mark.parametrize("page_number", [1, 2, 3])
def test_a_fault_between_deals_and_cursor_leaves_neither(
    read: Read, monkeypatch: pytest.MonkeyPatch, page_number: int
) -> None:
    fill(read.crm, 250)
    moves = []
    move_cursor = connections.move_cursor

    def fail_once(*arguments: object) -> None:
        moves.append(arguments)
        if len(moves) == page_number:
            raise RuntimeError("pulled the plug")
        move_cursor(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(flow_connections.connections, "move_cursor", fail_once)
    with pytest.raises(RuntimeError):
        read.pull()
    kept_count = min(250, 100 * (page_number - 1))
    assert abs(len(read.keys()) - kept_count) <= page_number
    assert "fault" in read.connection().trouble
    read.pull()
    assert read.keys() == read.all_keys()
    assert read.connection().trouble == ""
    assert verify(read.company.database).differences == ()


def kill_at(process: subprocess.Popen[bytes], search_number: int) -> Callable[[str], None]:
    """Ends the process, as a power cut would, while it waits for the answer to this search."""
    searches: list[str] = []

    def look(path: str) -> None:
        searches.extend([path] if path.endswith("/search") else [])
        if len(searches) == search_number:
            process.kill()

    return look


def test_a_pull_that_is_killed_goes_on_where_it_was(read: Read, tmp_path: Path) -> None:
    fill(read.crm, 450)
    environment = {
        **os.environ,
        "TRACKER_DATA": str(tmp_path),
        "TRACKER_DATABASE_URL": str(read.company.database.url),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-m", "tracker.cli", "pull", "hubspot"]
    for search_number in (2, 3):
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
            read.crm.on_request = kill_at(process, search_number)
            assert process.wait(60) == -signal.SIGKILL
    read.crm.on_request = lambda path: None
    assert 0 < len(read.keys()) < 450
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    assert "recorded" in result.stdout
    assert TOKEN not in result.stdout + result.stderr
    assert read.keys() == read.all_keys()
    assert read.company.event_count() == 450
    assert verify(read.company.database).differences == ()


def test_only_one_process_reads_a_connection(company_on_each: Company, crm: FakeHubSpot) -> None:
    read = connect(company_on_each, crm)
    with read.company.database.alone("pull-hubspot") as is_alone:
        assert is_alone
        with pytest.raises(Conflict):
            read.pull()
        assert read.puller().fetch_noted() == Kept()
    assert read.pull() == Kept()


CUT = Fault(body=b'{"total": 1, "results": [{"id": "1"', cut_at=None)
LIMITED = Fault(
    429,
    b'{"status":"error","errorType":"RATE_LIMIT","policyName":"SECONDLY","message":"too many"}',
    {"Retry-After": "7"},
)


def test_what_passes_is_waited_for_as_long_as_it_asks_and_loses_nothing(read: Read) -> None:
    faults = [
        LIMITED,
        Fault(429, b'{"policyName":"TEN_SECONDLY_ROLLING"}'),
        Fault(500, b"oops"),
        Fault(502, b"<html>"),
        Fault(503, b"", {"Retry-After": "3"}),
        Fault(504, b""),
        CUT,
        Fault(cut_at=10),
        Fault(body=b"<html>maintenance</html>"),
        Fault(body=b"\xff\xfe"),
    ]
    fill(read.crm, 320)
    for fault in faults:
        read.crm.faults.extend([fault, None])
    read.pull()
    read.pull()
    assert read.keys() == read.all_keys()
    assert len(read.pauses) == len(faults)
    assert (read.pauses[0], read.pauses[4]) == (7, 3)
    assert min(read.pauses) >= 0.5
    assert read.connection().trouble == ""


def test_a_limit_by_the_day_is_left_alone_until_later(read: Read) -> None:
    body = b'{"status":"error","errorType":"RATE_LIMIT","policyName":"DAILY"}'
    read.crm.faults.append(Fault(429, body))
    with pytest.raises(CrmAway) as away:
        read.pull()
    assert away.value.retry_after_seconds == hubspot_api.DAILY_WAIT_SECONDS
    assert read.pauses == []


def test_a_crm_that_stays_away_is_given_up_for_now_and_is_said_to_be(read: Read) -> None:
    read.crm.faults.extend([Fault(500, b"")] * 6)
    with pytest.raises(CrmAway):
        read.pull()
    assert "500" in read.connection().trouble
    assert len(read.crm.requests) == 6
    assert read.pauses == sorted(read.pauses, key=lambda pause: pause > 0)
    assert max(read.pauses) <= 30
    read.crm.put(1)
    assert read.pull().recorded_count == 1
    assert read.connection().trouble == ""


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_refused_stops_at_once_with_a_message_that_does_not_hold_it(
    read: Read, status: int
) -> None:
    read.crm.faults.append(Fault(status, b'{"message":"This app has no scope crm.objects.deals"}'))
    with pytest.raises(CrmRefuses) as refused:
        read.pull()
    assert len(read.crm.requests) == 1
    assert "scope" in refused.value.message
    assert TOKEN not in refused.value.message
    assert read.connection().trouble == refused.value.message


def test_a_redirect_is_not_followed_and_the_token_goes_nowhere_else(read: Read) -> None:
    with running_hubspot(NOW) as other:
        read.crm.faults.append(Fault(302, b"", {"Location": f"{other.address}/crm/v3/owners"}))
        with pytest.raises(CrmRefuses):
            read.pull()
        assert other.requests == []
    for address in ("http://api.hubapi.com", "http://10.0.0.1"):
        with pytest.raises(CrmRefuses):
            HttpApi(address, {})


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    by_tls = HttpApi("https://api.hubapi.com", {})._connection()
    assert isinstance(by_tls, http.client.HTTPSConnection)
    assert by_tls._context.verify_mode is ssl.CERT_REQUIRED  # type: ignore[attr-defined]
    assert by_tls._context.check_hostname  # type: ignore[attr-defined]


def test_an_answer_is_limited_in_size_and_in_time(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracker.ingest.connectors.asking.ANSWER_BYTES_MAX", 50_000)
    monkeypatch.setattr("tracker.ingest.connectors.asking.SILENT_SECONDS_MAX", 0.2)
    large, slow = Fault(body=b"[" + b" " * 60_000 + b"]"), Fault(delay_seconds=0.5)
    read.crm.put(1)
    read.crm.faults.extend([large, slow])
    assert read.pull().recorded_count == 1
    assert len(read.pauses) == 2


def test_what_a_notice_names_is_fetched_and_moves_the_reps_pay(read: Read) -> None:
    read.pull()
    read.crm.put(5, amount="1234.5")
    read.note(Wanted("5"), Wanted("5"))
    assert read.puller().fetch_noted().recorded_count == 1
    assert read.company.earned_minor() == 12_345
    with read.company.database.read() as connection:
        assert connections.wanted_count(connection, "hubspot") == 0


def test_a_notice_stays_until_its_deal_is_in(read: Read) -> None:
    read.crm.put(5)
    read.note(Wanted("5"))
    read.crm.faults.extend([None, None, None, *[Fault(500, b"")] * 6])
    with pytest.raises(CrmAway):
        read.pull()
    with read.company.database.read() as connection:
        assert connections.wanted_count(connection, "hubspot") == 1
    read.pull()
    assert read.deal(5) is not None


def test_a_deal_in_the_bin_is_cancelled_and_one_taken_out_again_counts_again(read: Read) -> None:
    read.crm.put(5, amount="1000")
    read.pull()
    earned_minor = read.company.earned_minor()
    read.crm.bin(5)
    for _ in range(2):
        read.note(Wanted("5", read.crm.now_ms))
        read.pull()
        assert read.company.earned_minor() == 0
    read.crm.restore(5)
    read.note(Wanted("5", read.crm.now_ms))
    read.pull()
    assert read.company.earned_minor() == earned_minor
    assert verify(read.company.database).differences == ()


def test_a_deal_that_hubspot_no_longer_has_at_all_is_cancelled_as_it_was_known(
    read: Read,
) -> None:
    read.crm.put(5, amount="1000")
    read.crm.put(6, dealstage="unheard of")
    read.pull()
    for deal_id in (5, 6):
        read.crm.purge(deal_id)
    read.note(Wanted("5", read.crm.now_ms + 10), Wanted("6"), Wanted("7"))
    read.pull()
    read.note(Wanted("5"))
    read.pull()
    gone = read.deal(5)
    assert gone is not None
    assert (gone.status, gone.name) == ("cancelled", "Deal 5")
    assert read.company.earned_minor() == 0
    assert read.company.event_count() == 2
    assert read.waiting() == []


def test_a_merged_deal_counts_once(read: Read) -> None:
    read.crm.put(5, amount="1000")
    read.crm.put(6, amount="700")
    read.pull()
    read.crm.purge(6)
    read.crm.put(5, amount="1700", hs_merged_object_ids="6")
    read.pull()  # without a notice, too
    assert read.company.earned_minor() == 17_000
    merged = read.deal(6)
    assert merged is not None
    assert merged.status == "cancelled"


def test_every_deal_is_listed_with_its_version(read: Read) -> None:
    fill(read.crm, 230)
    read.crm.bin(7)
    read.pull()
    crm = read.connection()
    client = Client(HttpApi(crm.address, hubspot.headers(crm)), crm)
    listed = {one.deal_id: one.version for one in hubspot.listing(client)}
    assert len(listed) == 229
    with read.company.database.read() as connection:
        known = deals.events_of_deal(connection, "hubspot:9")
    assert listed["9"] == known[-1].event.version


def test_progress_says_how_many_are_left(read: Read) -> None:
    fill(read.crm, 250)
    said: list[tuple[int, int]] = []
    puller = read.puller()
    puller.on_page = lambda kept, left_count: said.append((kept.count, left_count))
    puller.pull()
    assert [left for _, left in said][-1] == 0
    assert said[0] == (100, 150)
