"""HubSpot's notices count only when it has signed them, now, whole and to our address; then none of them is lost."""

import hashlib
import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.ingest import signing
from tests.ingest.conftest import Company
from tests.ingest.records import NOW
from tracker.errors import Unavailable
from tracker.store import connections, quarantine
from tracker.store.connections import NewConnection, Wanted

SECRET = "b2f1c3d4-aaaa-bbbb-cccc-0123456789ab"
PATH = "/api/v1/webhooks/hubspot"
PUBLIC = "http://127.0.0.1:8700"
NOW_MILLISECONDS = int(NOW.timestamp() * 1000)
CHANGED = {
    "eventId": 100,
    "subscriptionId": 1,
    "portalId": 62515,
    "occurredAt": NOW_MILLISECONDS - 400,
    "subscriptionType": "deal.propertyChange",
    "attemptNumber": 0,
    "objectId": 4711,
    "propertyName": "amount",
    "propertyValue": "500",
}
BODY = json.dumps([CHANGED]).encode()


def signature(
    body: bytes,
    milliseconds: object = NOW_MILLISECONDS,
    secret: str = SECRET,
    address: str = PUBLIC + PATH,
    method: str = "POST",
) -> dict[str, str]:
    return signing.hubspot(body, milliseconds, secret, address, method)


def connect(company: Company, secret: str = SECRET) -> None:
    new = NewConnection("hubspot", "hubspot", "https://api.hubapi.com", "pat-1", secret)
    with company.database.write() as connection:
        connections.add(connection, new, NOW)


@pytest.fixture
def connected(company: Company) -> Company:
    connect(company)
    return company


def push(
    company: Company, headers: dict[str, str], body: bytes = BODY, path: str = PATH, **more: Any
) -> TestResponse:
    return company.client.post(
        path, data=body, headers=headers, content_type="application/json", **more
    )


def wanted(company: Company) -> list[Wanted]:
    with company.database.read() as connection:
        return connections.oldest_wanted(connection, "hubspot", 100)[0]


def test_a_signed_notice_is_kept_as_a_deal_to_be_fetched(connected: Company) -> None:
    assert push(connected, signature(BODY)).status_code == 200
    assert push(connected, signature(BODY)).status_code == 200
    assert wanted(connected) == [Wanted("4711")]


def test_the_signature_is_what_an_independent_tool_makes_of_it(connected: Company) -> None:
    # openssl dgst -sha256 -hmac "$SECRET" -binary | base64, of the text as HubSpot's page puts it together
    body = b'[{"subscriptionType":"deal.creation","objectId":1}]'
    headers = {
        "X-HubSpot-Signature-v3": "8DLj4amlleoUHR1nU2Aw2O93lolZtcBZ9WeaoX7mCxQ=",
        "X-HubSpot-Request-Timestamp": "1795348800000",
    }
    assert push(connected, headers, body).status_code == 200


@pytest.mark.parametrize(
    ("apart_milliseconds", "status"),
    [(-300_000, 200), (300_000, 200), (-300_001, 401), (300_001, 401)],
)
def test_a_notice_counts_for_five_minutes_either_way(
    connected: Company, apart_milliseconds: int, status: int
) -> None:
    answer = push(connected, signature(BODY, NOW_MILLISECONDS + apart_milliseconds))
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("sent", "signed"),
    [
        ("?a=1&b=2", "?a=1&b=2"),
        ("?at=anna%40firma.dk", "?at=anna@firma.dk"),
        ("?x=%3a%2F%3F%21%24%27%28%29%2A%2C%3B", "?x=:/?!$'()*,;"),
        ("?name=S%C3%B8ren%20%26%20S%C3%B8n", "?name=S%C3%B8ren%20%26%20S%C3%B8n"),
    ],
)
def test_the_address_is_signed_with_its_query_and_some_characters_decoded(
    connected: Company, sent: str, signed: str
) -> None:
    headers = signature(BODY, address=PUBLIC + PATH + signed)
    assert push(connected, headers, path=PATH + sent).status_code == 200
    assert push(connected, signature(BODY), path=PATH + sent).status_code == 401


def test_the_address_is_our_public_one_whatever_the_host_header_says(connected: Company) -> None:
    local = {"base_url": "http://localhost:8700"}
    assert push(connected, signature(BODY), **local).status_code == 200
    elsewhere = signature(BODY, address="http://localhost:8700" + PATH)
    assert push(connected, elsewhere, **local).status_code == 401


def test_what_hubspot_has_not_signed_is_refused_and_leaves_nothing(connected: Company) -> None:
    good = signature(BODY)
    old_text = SECRET.encode() + BODY
    version_1 = {"X-HubSpot-Signature": hashlib.sha256(old_text).hexdigest()}
    bad = [
        {},
        {**version_1, "X-HubSpot-Signature-Version": "v1"},
        {**version_1, "X-HubSpot-Request-Timestamp": str(NOW_MILLISECONDS)},
        {**good, "X-HubSpot-Signature-v3": ""},
        {**good, "X-HubSpot-Request-Timestamp": ""},
        {**good, "X-HubSpot-Request-Timestamp": str(NOW_MILLISECONDS + 1)},
        {**good, "X-HubSpot-Signature-v3": "æøå".encode().decode("latin-1")},
        {**good, "X-HubSpot-Request-Timestamp": "１７"},
        signature(BODY, secret="another"),
        signature(BODY, secret=""),
        signature(BODY, method="PUT"),
        signature(BODY, NOW_MILLISECONDS // 1000),
        signature(BODY + b" "),
    ]
    wire = [{name: _latin(value) for name, value in headers.items()} for headers in bad]
    assert {push(connected, headers).status_code for headers in wire} == {401}
    assert wanted(connected) == []


def _latin(text: str) -> str:
    return text.encode().decode("latin-1") if not text.isascii() else text


def test_a_connection_without_a_secret_takes_no_message_at_all(company: Company) -> None:
    connect(company, secret="")
    assert push(company, signature(BODY, secret="")).status_code == 401
    assert push(company, signature(BODY)).status_code == 401


def test_a_batch_names_deals_of_every_kind_of_notice_and_leaves_others_alone(
    connected: Company,
) -> None:
    at = NOW_MILLISECONDS - 5
    batch = [
        {"subscriptionType": "deal.creation", "objectId": 1, "occurredAt": at},
        {"subscriptionType": "contact.creation", "objectId": 2, "occurredAt": at},
        {"subscriptionType": "deal.deletion", "objectId": 3, "occurredAt": at},
        {
            "subscriptionType": "object.propertyChange",
            "objectTypeId": "0-3",
            "objectId": 4,
            "occurredAt": at,
        },
        {"subscriptionType": "object.propertyChange", "objectTypeId": "0-1", "objectId": 5},
        {
            "subscriptionType": "deal.merge",
            "objectId": 6,
            "primaryObjectId": 6,
            "mergedObjectIds": [7, 8],
            "occurredAt": at,
        },
    ]
    body = json.dumps(batch).encode()
    assert push(connected, signature(body), body).status_code == 200
    assert wanted(connected) == [
        Wanted("1"),
        Wanted("3", at),
        Wanted("4"),
        Wanted("6", at),
        Wanted("7", at),
        Wanted("8", at),
    ]


def test_an_authentic_message_that_cannot_be_read_is_set_aside_and_the_rest_of_it_kept(
    connected: Company,
) -> None:
    odd = {"subscriptionType": "deal.creation", "objectId": "many"}
    for body in (json.dumps([odd, CHANGED]).encode(), b"[{", b'"\xff\x00'):
        assert push(connected, signature(body), body).status_code == 200
    assert wanted(connected) == [Wanted("4711")]
    with connected.database.read() as connection:
        waiting = quarantine.waiting(connection)
    assert [entry.sender for entry in waiting] == ["hubspot"] * 3
    assert json.loads(waiting[0].event.body) == odd


def test_what_cannot_be_kept_now_is_to_be_sent_again(
    connected: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> None:
        raise Unavailable("The disk is full.")

    monkeypatch.setattr(connections, "want", away)
    answer = push(connected, signature(BODY))
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_deal_may_be_noted_again_while_it_is_fetched_and_neither_notice_is_lost(
    connected: Company,
) -> None:
    with connected.database.write() as connection:
        connections.want(connection, "hubspot", [Wanted("1"), Wanted("1", 7)], NOW)
        fetched, notice_ids = connections.oldest_wanted(connection, "hubspot", 100)
        assert fetched == [Wanted("1", 7)]
        connections.want(connection, "hubspot", [Wanted("1")], NOW)
        connections.fulfil(connection, notice_ids)
    assert wanted(connected) == [Wanted("1")]
