"""The API does what its document says, and nothing else: Schemathesis finds nothing."""

import os
from pathlib import Path

import pytest

from tests.cast import NOW, make_cast
from tests.contract.conforming import PHASES, put_to_the_test
from tracker import clock
from tracker.store import keys, senders

EXAMPLES_COUNT = int(os.environ.get("TRACKER_TEST_API") or "1")
SEED = int(os.environ.get("TRACKER_TEST_API_SEED") or "2026")


@pytest.mark.api
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Schemathesis' own packages
def test_no_request_that_the_document_describes_or_forbids_finds_it_untrue(tmp_path: Path) -> None:
    with clock.stopped_at(NOW):
        cast = make_cast(tmp_path)
        cast.app.testing = False  # a fault is answered, as it would be
        with cast.database.write() as connection:
            key = keys.create_key(connection, "All", frozenset({"ingest", "read"}), NOW)
            secret = senders.add_sender(connection, "our-crm", "signed", "", NOW)
        found = put_to_the_test(cast.app, key, secret, EXAMPLES_COUNT, SEED)
        cast.database.dispose()
    for operation, count in sorted(found.requests.items()):
        print(f"{operation:30} {count:7,} requests")
    assert found.findings == [], "\n\n".join(found.findings)
    assert found.phases >= PHASES
    assert {status for _, status in found.statuses} >= {200, 401, 405, 415, 422}
    taken = {operation for operation, status in found.statuses if status == 200}
    assert {"POST /deal-events", "POST /webhooks/{name}", "GET /deals"} <= taken
