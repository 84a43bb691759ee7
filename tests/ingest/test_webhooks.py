"""A pushed event counts only when its sender has signed it, now and whole; otherwise nothing of it is kept."""

import base64
import json
from collections.abc import Callable, Mapping

import pytest
from werkzeug.test import TestResponse

from tests.ingest.conftest import Company
from tests.ingest.records import NOW, record
from tests.ingest.signing import plain, standard
from tests.ingest.test_api import outcomes_of
from tracker.cli import main
from tracker.store import senders

BODY = json.dumps(record()).encode()
NOW_SECONDS = int(NOW.timestamp())
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()

Headers = Mapping[str, str]
Signed = Callable[..., dict[str, str]]


WAYS: dict[str, Signed] = {"standard": standard, "signed": plain}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def secret(company: Company, way: str) -> str:
    with company.database.write() as connection:
        prefix = "whsec_" if way == "standard" else ""
        return senders.add_sender(connection, "erp", way, prefix, NOW)


def push(company: Company, headers: Headers, body: bytes = BODY, name: str = "erp") -> TestResponse:
    return company.client.post(
        f"/api/v1/webhooks/{name}",
        data=body,
        headers=dict(headers),
        content_type="application/json",
    )


def test_a_signed_event_is_recorded_and_a_repetition_is_a_duplicate(
    company: Company, way: str, secret: str
) -> None:
    answers = [push(company, WAYS[way](BODY, NOW_SECONDS, secret)) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert [outcomes_of(answer)[0][1] for answer in answers] == ["recorded", "duplicate"]
    assert company.earned_minor() == 5_000_000


@pytest.mark.parametrize(
    ("apart_seconds", "status"), [(-300, 200), (300, 200), (-301, 401), (301, 401)]
)
def test_a_signature_counts_for_five_minutes_either_way(
    company: Company, way: str, secret: str, apart_seconds: int, status: int
) -> None:
    assert push(company, WAYS[way](BODY, NOW_SECONDS + apart_seconds, secret)).status_code == status


def test_what_was_changed_on_the_way_or_signed_by_another_is_refused(
    company: Company, way: str, secret: str
) -> None:
    signed = WAYS[way](BODY, NOW_SECONDS, secret)
    later = WAYS[way](BODY, NOW_SECONDS + 1, secret)
    name = "Tracker-Signature" if way == "signed" else "webhook-timestamp"
    forged = {**signed, name: later[name].replace("v1=", "v1=00")}
    other = WAYS[way](BODY, NOW_SECONDS, SECRET)
    answers = [
        push(company, signed, BODY.replace(b"500000", b"900000")),
        push(company, signed, BODY + b" "),
        push(company, forged),
        push(company, other),
        push(company, {}),
        push(company, signed, name="crm"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert company.event_count() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Tracker-Signature": ""},
        {"Tracker-Signature": "v1=00"},
        {"Tracker-Signature": "t=,v1="},
        {"Tracker-Signature": "t=１２,v1=00"},
        {"Tracker-Signature": f"t={'9' * 400},v1=00"},
        {"Tracker-Signature": f"t={NOW_SECONDS},v1=\u00e6"},
        {"webhook-id": "a", "webhook-timestamp": str(NOW_SECONDS), "webhook-signature": "v2,00"},
        {"webhook-id": "a", "webhook-timestamp": "now", "webhook-signature": "v1,00"},
        {
            "webhook-id": "a",
            "webhook-timestamp": str(NOW_SECONDS),
            "webhook-signature": "v1,\u00e6",
        },
    ],
)
def test_a_broken_header_is_refused_and_never_a_fault(
    company: Company, secret: str, headers: Headers
) -> None:
    wire = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    assert push(company, wire).status_code == 401


def test_a_changed_secret_loses_nothing_on_the_way_and_the_next_change_ends_the_old_one(
    company: Company, way: str, secret: str
) -> None:
    prefix = "whsec_" if way == "standard" else ""
    for known, status in [(secret, 200), (secret, 401)]:
        with company.database.write() as connection:
            newest = senders.change_secret(connection, "erp", prefix)
        assert push(company, WAYS[way](BODY, NOW_SECONDS, known)).status_code == status
        assert push(company, WAYS[way](BODY, NOW_SECONDS, newest)).status_code == 200


def test_one_of_several_signatures_is_enough(company: Company, way: str, secret: str) -> None:
    right, wrong = (WAYS[way](BODY, NOW_SECONDS, key) for key in (secret, SECRET))
    name = "Tracker-Signature" if way == "signed" else "webhook-signature"
    between = "," if way == "signed" else " "
    both = wrong[name].removeprefix(f"t={NOW_SECONDS},") + between + right[name]
    assert push(company, {**right, name: both}).status_code == 200


def test_an_authentic_event_that_cannot_be_used_is_set_aside(
    company: Company, way: str, secret: str
) -> None:
    body = json.dumps(record(deal__currency="XYZ")).encode()
    answer = push(company, WAYS[way](body, NOW_SECONDS, secret), body)
    assert (answer.status_code, outcomes_of(answer)[0][1]) == (200, "quarantined")


def test_a_sender_is_made_listed_and_stopped_by_command(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", str(company.database.url))
    assert main(["sender", "create", "Our ERP"]) == 1
    assert main(["sender", "create", "erp"]) == 0
    said = capsys.readouterr()
    secret = said.out.strip()
    assert "/api/v1/webhooks/erp" in said.err
    assert push(company, standard(BODY, NOW_SECONDS, secret)).status_code == 200
    assert main(["sender", "create", "erp"]) == 1
    assert main(["sender", "list"]) == 0
    assert secret not in capsys.readouterr().out
    assert main(["sender", "secret", "erp"]) == 0
    assert main(["sender", "revoke", "erp"]) == 0
    assert main(["sender", "revoke", "erp"]) == 1
    assert push(company, standard(BODY, NOW_SECONDS, secret)).status_code == 401
