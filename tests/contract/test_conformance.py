"""The API does what its document says, and nothing else: Schemathesis finds nothing."""

import os
from functools import partial
from pathlib import Path

import pytest

from tests.cast import NOW, Cast, make_cast
from tests.contract.conforming import (
    ANY_SIGNATURE,
    PHASES,
    Found,
    Sender,
    put_as_sender,
    put_to_the_test,
)
from tests.ingest import signing
from tracker import clock
from tracker.contract.crm_messages import SALESFORCE_EXAMPLE
from tracker.contract.webhooks import WAYS
from tracker.store import connections, keys, senders
from tracker.store.connections import NewConnection

EXAMPLES_COUNT = int(os.environ.get("TRACKER_TEST_API") or "1")
SEED = int(os.environ.get("TRACKER_TEST_API_SEED") or "2026")

KINDS_OF_SENDERS = [way for way in WAYS if way != "signed" or EXAMPLES_COUNT > 1]
"""One is left out where there is little time: it sends the same bodies as those of “standard”."""

SECRET = "a-secret-of-a-crm"
PASSWORD = "a-long-password"
ORGANIZATION = SALESFORCE_EXAMPLE["Body"]["notifications"]["OrganizationId"]
SIGNED = {"api_key": ANY_SIGNATURE}

pytestmark = [
    pytest.mark.api,
    # of Schemathesis' own packages
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def test_no_request_that_the_document_describes_or_forbids_finds_it_untrue(tmp_path: Path) -> None:
    with clock.stopped_at(NOW):
        cast = _cast(tmp_path)
        with cast.database.write() as connection:
            key = keys.create_key(connection, "All", frozenset({"ingest", "read"}), NOW)
            senders.add_sender(connection, "our-crm", "signed", "", NOW)
        found = put_to_the_test(cast.app, key, EXAMPLES_COUNT, SEED)
        cast.database.dispose()
    _tell(found)
    assert found.phases >= PHASES
    assert {status for _, status in found.statuses} >= {200, 401, 405, 415, 422}
    taken = {operation for operation, status in found.statuses if status == 200}
    assert {"POST /deal-events", "GET /deals"} <= taken


@pytest.mark.parametrize("way", KINDS_OF_SENDERS)
def test_no_message_of_any_kind_of_sender_finds_the_document_untrue(
    tmp_path: Path, way: str
) -> None:
    with clock.stopped_at(NOW):
        cast = _cast(tmp_path)
        found = put_as_sender(cast.app, way, _sender(cast, way), EXAMPLES_COUNT, SEED)
        cast.database.dispose()
    _tell(found, way)
    assert {status for _, status in found.statuses} >= {200, 401, 405, 415}


def _cast(folder: Path) -> Cast:
    cast = make_cast(folder)
    cast.app.testing = False  # a fault is answered, as it would be
    return cast


def _sender(cast: Cast, way: str) -> Sender:
    """A sender of this kind, known to the company."""
    seconds = int(NOW.timestamp())
    with cast.database.write() as connection:
        if way == "signed":
            secret = senders.add_sender(connection, "our-crm", way, "", NOW)
            sign = partial(signing.plain, seconds=seconds, secret=secret)
            return Sender("our-crm", {"signature": SIGNED}, sign)
        if way == "standard":
            secret = senders.add_sender(connection, "our-crm", way, "whsec_", NOW)
            sign = partial(signing.standard, seconds=seconds, secret=secret)
            names = ("webhookId", "webhookTimestamp", "webhookSignature")
            return Sender("our-crm", dict.fromkeys(names, SIGNED), sign)
        if way == "hubspot":
            _connect(connection, way, "pat-1", SECRET)
            address = "http://localhost/api/v1/webhooks/hubspot"
            sign = partial(
                signing.hubspot, milliseconds=seconds * 1000, secret=SECRET, address=address
            )
            proof = dict.fromkeys(("hubspotSignature", "hubspotTime"), SIGNED)
            return Sender(way, proof, sign, is_never_refused=True)
        if way == "pipedrive":
            _connect(connection, way, "a" * 40, f"tracker:{PASSWORD}")
            user = {"username": "tracker", "password": PASSWORD}
            return Sender(way, {"pipedriveUser": user}, is_never_refused=True)
        _connect(connection, way, ORGANIZATION, SECRET)
        return Sender(way, {"salesforceKey": {"api_key": SECRET}}, organization=ORGANIZATION)


def _connect(connection, kind: str, token: str, secret: str) -> None:
    connections.add(
        connection, NewConnection(kind, kind, "https://crm.invalid", token, secret), NOW
    )


def _tell(found: Found, way: str = "") -> None:
    for operation, count in sorted(found.requests.items()):
        print(f"{operation:30} {way:10} {count:7,} requests")
    assert found.findings == [], "\n\n".join(found.findings)
