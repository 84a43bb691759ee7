"""Pipedrive: a webhook says which deal changed, the deal is fetched, and nothing is lost however the two meet."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.test import TestResponse

from tests.ingest.conftest import Company
from tests.ingest.fake_pipedrive import TOKEN, FakePipedrive, a_deal, running
from tests.ingest.records import NOW
from tracker.ingest.connectors import pipedrive_api
from tracker.ingest.connectors.asking import CrmAway, CrmRefuses, HttpApi
from tracker.ingest.connectors.kinds import PULLED
from tracker.ingest.connectors.pulling import Puller
from tracker.ingest.connectors.shape import Client
from tracker.store import connections, quarantine
from tracker.store.connections import NewConnection

SECRET = "tracker:a-long-password"


@pytest.fixture
def pipedrive(company: Company) -> Iterator[FakePipedrive]:
    with running() as fake:
        with company.database.write() as connection:
            new = NewConnection("pd", "pipedrive", fake.address, TOKEN, SECRET)
            connections.add(connection, new, NOW)
        yield fake


def webhook(company: Company, deal_id: int, at: str, **options: Any) -> TestResponse:
    meta = {
        "action": "change",
        "entity": "deal",
        "entity_id": str(deal_id),
        "version": "2.0",
        "attempt": 1,
        "timestamp": at,
        **options.get("meta", {}),
    }
    body = json.dumps({"meta": meta, "data": {"id": deal_id, "value": 99_000_000}, "previous": {}})
    credentials = base64.b64encode(options.get("secret", SECRET).encode()).decode()
    headers = options.get("headers", {"Authorization": f"Basic {credentials}"})
    return company.client.post(
        "/api/v1/webhooks/pd", data=body, headers=headers, content_type="application/json"
    )


@pytest.fixture
def puller(company: Company, pipedrive: FakePipedrive) -> Puller:
    def write(work: Any) -> Any:
        return work(company.database)

    return Puller(company.database, write, ZoneInfo("Europe/Copenhagen"), "pd", lambda _: None)


def waiting_count(company: Company) -> int:
    with company.database.read() as connection:
        return len(quarantine.waiting(connection))


def test_a_webhook_is_believed_only_in_which_deal_to_look_at(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    pipedrive.put(a_deal(7))
    answer = webhook(company, 7, "2026-11-22T10:15:00.250Z")
    assert (answer.status_code, company.earned_minor()) == (200, 0)
    puller.fetch_noted()
    assert company.earned_minor() == 50_005
    assert company.deal("pd:7").amount_minor == 500_050


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic " + base64.b64encode(b"tracker:wrong").decode()},
        {"Authorization": "Bearer " + SECRET},
        {"Authorization": "Basic \u00e6".encode().decode("latin-1")},
    ],
)
def test_without_the_password_of_the_webhook_nothing_is_noted(
    company: Company, pipedrive: FakePipedrive, headers: dict[str, str]
) -> None:
    assert webhook(company, 7, "2026-11-22T10:15:00Z", headers=headers).status_code == 401
    with company.database.read() as connection:
        assert connections.wanted_count(connection, "pd") == 0


def test_of_two_changes_in_one_second_the_later_one_counts(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    for milliseconds, value in [("250", 5000.5), ("800", 6000)]:
        pipedrive.put(a_deal(7, value=value))
        webhook(company, 7, f"2026-11-22T10:15:00.{milliseconds}Z")
        puller.fetch_noted()
    assert company.deal("pd:7").amount_minor == 600_000


def test_a_change_no_webhook_told_of_within_the_same_second_is_found_by_reading(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    pipedrive.put(a_deal(7))
    webhook(company, 7, "2026-11-22T10:15:00.250Z")
    puller.fetch_noted()
    pipedrive.put(a_deal(7, value=6000))
    puller.pull()
    assert company.deal("pd:7").amount_minor == 600_000


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipedrive_api, "PAGE_COUNT", 20)


@pytest.mark.usefixtures("small_pages")
def test_reading_brings_every_deal_archived_ones_included_and_again_changes_nothing(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    for number in range(1, 101):
        changed_at = f"2026-11-{number % 20 + 1:02}T10:00:00Z"
        pipedrive.put(a_deal(number, value=1, update_time=changed_at))
    pipedrive.archived_ids = set(range(1, 51))
    assert puller.pull().recorded_count == 100
    asked_count = len(pipedrive.asked)
    assert puller.pull().recorded_count == 0
    assert company.event_count() == 100
    assert len(pipedrive.asked) - asked_count <= 4


@pytest.mark.usefixtures("small_pages")
def test_a_pull_that_ends_anywhere_goes_on_from_there(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    for number in range(1, 101):
        pipedrive.put(a_deal(number, update_time=f"2026-11-22T{number // 10:02}:00:00Z"))
    users_stages_and_two_pages_count = 4
    pipedrive.questions_left = users_stages_and_two_pages_count
    with pytest.raises(CrmAway):
        puller.pull()
    assert company.event_count() == 40
    pipedrive.questions_left = 100
    pipedrive.asked.clear()
    assert puller.pull().recorded_count == 60
    assert "updated_since=2026-11-22T03" in pipedrive.asked[0]
    assert company.event_count() == 100


@pytest.mark.parametrize(
    "failure",
    [
        (429, {"Retry-After": "2"}, b'{"success": false}'),
        (429, {"x-ratelimit-reset": "2"}, b'{"success": false}'),
        (503, {}, b"<html>"),
        (200, {}, b'{"success": true, "data": [{"id": 7,'),
        (200, {"Content-Length": "999"}, b'{"success": true, "data": []}'),
    ],
)
def test_what_passes_is_waited_for_and_nothing_is_missed(
    company: Company,
    pipedrive: FakePipedrive,
    puller: Puller,
    failure: tuple[int, dict[str, str], bytes],
) -> None:
    waits: list[float] = []
    puller.pause = waits.append
    pipedrive.put(a_deal(7))
    pipedrive.failures = [failure, failure]
    assert puller.pull().recorded_count == 1
    assert len(waits) == 2
    if failure[0] == 429:
        assert min(waits) >= 2


def test_a_wrong_token_is_said_and_not_tried_for_ever(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    with company.database.write() as connection:
        connections.change_token(connection, "pd", "b" * 40)
    with pytest.raises(CrmRefuses):
        puller.pull()
    assert len(pipedrive.asked) == 1
    with company.database.read() as connection:
        assert "token" in connections.live_connection(connection, "pd").trouble


@pytest.mark.parametrize(
    ("changes", "status", "day"),
    [
        ({"won_time": "2026-11-21T23:30:00Z"}, "won", "2026-11-22"),
        ({"status": "lost", "lost_time": "2026-11-20T10:00:00Z"}, "lost", "2026-11-20"),
        ({"status": "open"}, "open", "2026-12-01"),
        ({"status": "open", "expected_close_date": None}, "open", "2026-11-01"),
    ],
)
def test_a_deal_counts_on_the_day_that_its_status_names_in_the_time_of_the_company(
    company: Company,
    pipedrive: FakePipedrive,
    puller: Puller,
    changes: dict[str, Any],
    status: str,
    day: str,
) -> None:
    pipedrive.put(a_deal(7, **changes))
    puller.pull()
    deal = company.deal("pd:7")
    assert (deal.status, str(deal.effective_on)) == (status, day)


def test_a_deleted_deal_and_one_that_is_no_more_earn_nothing(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    pipedrive.put(a_deal(7))
    pipedrive.put(a_deal(8))
    puller.pull()
    pipedrive.put(a_deal(7, is_deleted=True, status="deleted", update_time="2026-11-22T11:00:00Z"))
    del pipedrive.deals[8]
    webhook(company, 8, "2026-11-22T11:00:00Z", meta={"action": "delete"})
    puller.pull()
    assert [company.deal(key).status for key in ("pd:7", "pd:8")] == ["cancelled", "cancelled"]
    assert company.earned_minor() == 0


def test_a_new_owner_takes_the_deal_along(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    pipedrive.put(a_deal(7))
    puller.pull()
    pipedrive.put(a_deal(7, owner_id=12, update_time="2026-11-22T11:00:00Z"))
    puller.pull()
    assert [company.earned_minor(rep) for rep in ("anna@firma.dk", "bo@firma.dk")] == [0, 50_005]


def test_an_owner_nobody_knows_waits_to_be_claimed(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    pipedrive.put(a_deal(7, owner_id=99))
    puller.pull()
    with company.database.read() as connection:
        assert quarantine.unclaimed_names(connection) == {"pd: owner 99": 1}


def test_own_fields_and_stages_follow_the_mapping_for_open_deals_only(
    company: Company, pipedrive: FakePipedrive, puller: Puller
) -> None:
    field = "e" * 40
    mapping = (
        f'[stages]\n"1/2" = "won"\n[fields]\nmargin = "{field}"\neffective_on = "close_time"\n'
    )
    with company.database.write() as connection:
        connections.change_mapping(connection, "pd", mapping)
    custom = {field: {"value": 1250.5, "currency": "DKK"}}
    pipedrive.put(a_deal(7, status="open", custom_fields=custom))
    pipedrive.put(a_deal(8, status="lost"))
    puller.pull()
    won, lost = company.deal("pd:7"), company.deal("pd:8")
    assert (won.status, won.measures["margin"], lost.status) == ("won", 125_050, "lost")


def test_a_webhook_of_something_else_is_answered_and_left_and_one_that_says_nothing_is_kept(
    company: Company, pipedrive: FakePipedrive
) -> None:
    person = webhook(company, 7, "2026-11-22T10:15:00Z", meta={"entity": "person"})
    broken = webhook(company, 7, "2026-11-22T10:15:00Z", meta={"entity_id": None})
    assert (person.status_code, broken.status_code, waiting_count(company)) == (200, 200, 1)


def test_the_list_for_comparing_holds_every_deal_that_is_not_deleted(
    company: Company, pipedrive: FakePipedrive
) -> None:
    for number in (1, 2, 3):
        pipedrive.put(a_deal(number))
    pipedrive.put(a_deal(4, is_deleted=True, status="deleted"))
    pipedrive.archived_ids = {2}
    with company.database.read() as connection:
        crm = connections.live_connection(connection, "pd")
    connector = PULLED["pipedrive"]
    client = Client(HttpApi(crm.address, connector.headers(crm)), crm)
    listed = {one.deal_id: one.version for one in connector.listing(client)}
    moment = 1_795_342_500_000
    assert listed == {"1": moment, "2": moment, "3": moment}
