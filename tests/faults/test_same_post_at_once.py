"""Fifty equal posts at once, spread over several servers: one effect, and under a key one answer."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

from tests.faults.company import Company, stored_event_ids
from tests.faults.servers import running_fleet
from tests.faults.size import sized
from tests.ingest.records import record
from tracker.store.database import Database

POSTS_COUNT, SERVERS_COUNT = 50, sized(2, 3)
PATIENCE_SECONDS = 60


def posted(company: Company, port: int, body: bytes, name: str = "") -> tuple[int, bytes]:
    """Send a body until it is answered with anything but "later"."""
    headers = {"Authorization": f"Bearer {company.key}", "Content-Type": "application/json"}
    if name:
        headers["Idempotency-Key"] = name
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("POST", "/api/v1/deal-events", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        later = answer.getheader("Retry-After")
        connection.close()
        if later is None or time.monotonic() > give_up_at:
            return answer.status, content
        time.sleep(int(later))


def all_at_once(
    company: Company, ports: list[int], body: bytes, name: str = ""
) -> list[tuple[int, bytes]]:
    """The answers to equal posts that are under way together, on every server in turn."""
    in_turn = [ports[number % len(ports)] for number in range(POSTS_COUNT)]
    with ThreadPoolExecutor(POSTS_COUNT) as threads:
        return list(threads.map(lambda port: posted(company, port, body, name), in_turn))


def test_equal_posts_at_once_have_one_effect_and_one_answer(
    company: Company, tell: Callable[[str], None]
) -> None:
    rounds = sized(2, 20)
    with running_fleet(company.folder, company.database_url, SERVERS_COUNT) as fleet:
        for number in range(rounds):
            body = json.dumps(record(event_id=f"e-{number}", deal_id=f"d-{number}")).encode()
            named = all_at_once(company, fleet.ports, body, f"request-{number}")
            assert {status for status, _ in named} == {200}
            assert len({content for _, content in named}) == 1
            assert {status for status, _ in all_at_once(company, fleet.ports, body)} == {200}
    database = Database(company.database_url)
    assert sorted(stored_event_ids(database)) == sorted(f"e-{number}" for number in range(rounds))
    database.dispose()
    tell(f"{2 * rounds * POSTS_COUNT} equal posts to {SERVERS_COUNT} servers: {rounds} effects")
