"""Whatever is sent, the answer is clear, and either an event is there whole or not at all."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingest.conftest import Company
from tests.ingest.records import record, shares
from tracker.store import deals
from tracker.verify import verify

CLEAR = {200, 400, 409, 413, 415, 422}
"""What a sender of anything may be answered: never a fault of the program."""

HOSTILE = st.sampled_from(
    [
        *(None, True, False, [], {}, "", " ", "\x00", "\x1b[31m", "\ud800", "１２", "-0", "1/3"),
        *(0, -1, 2**63, 10**30, 1e300, 0.1, "1e9", "NaN", "9" * 30, "n" * 10_000, "100%"),
        *("9999-12-31", "2026-02-30", "0001-01-01", "2026-11-22", "2026-11-22T10:15:00Z"),
        *(["a"] * 200, [[[[]]]], {"a": {"b": {}}}, shares("1/3", "1/3", "1/3")),
    ]
)
PATHS: list[tuple[str | int, ...]] = [
    *((name,) for name in ("source", "event_id", "deal_id", "version", "occurred_at", "deal")),
    *(("deal", name) for name in record()["deal"]),
    *(("deal", name) for name in ("arr", "units", "stage", "probability", "properties", "other")),
    ("deal", "credits", 0, "rep"),
    ("deal", "credits", 0, "share"),
    ("deal", "credits", 0, "overlay"),
    ("deal", "next_step", "due_on"),
    ("deal", "evidence", 0),
]
ONE_COMPANY = settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


def bent(changes: list[tuple[tuple[str | int, ...], Any]]) -> dict[str, Any]:
    event = copy.deepcopy(record())
    for path, value in changes:
        place: Any = event
        for step in path[:-1]:
            place = place[step] if _has(place, step) else {}
        if isinstance(place, dict) or _has(place, path[-1]):
            place[path[-1]] = value
    return event


def _has(place: Any, step: str | int) -> bool:
    if isinstance(step, int):
        return isinstance(place, list) and len(place) > step
    return isinstance(place, dict) and step in place


CHANGES = st.lists(st.tuples(st.sampled_from(PATHS), HOSTILE), min_size=1, max_size=3)


@pytest.fixture
def whole_or_not_at_all(company: Company) -> Callable[[Any], None]:
    """Sends a body and compares what is there after it with what was there before."""

    def send(body: Any, **options: Any) -> None:
        before = company.event_count()
        answer = company.post(body, **options)
        assert answer.status_code in CLEAR, answer.data
        outcomes = (answer.json or {}).get("outcomes", [])
        recorded = sum(outcome["outcome"] in ("recorded", "stale") for outcome in outcomes)
        assert company.event_count() == before + recorded
        for outcome in outcomes:
            assert (outcome["outcome"] in ("refused", "quarantined")) == bool(outcome["problems"])

    return send


@ONE_COMPANY
@given(changes=CHANGES)
def test_a_bent_event_is_recorded_whole_or_told_by_name_why_not(
    whole_or_not_at_all: Callable[[Any], None], changes: list[tuple[tuple[str | int, ...], Any]]
) -> None:
    whole_or_not_at_all(json.dumps(bent(changes)).encode())


@ONE_COMPANY
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_answered_clearly(
    whole_or_not_at_all: Callable[[Any], None], body: bytes
) -> None:
    whole_or_not_at_all(body)


@settings(ONE_COMPANY, max_examples=25)
@given(events=st.lists(CHANGES, max_size=6), as_lines=st.booleans())
def test_figures_never_drift_whatever_a_batch_holds(
    company: Company, events: list[list[tuple[tuple[str | int, ...], Any]]], as_lines: bool
) -> None:
    batch = [
        {**bent(changes), "event_id": f"e-{place}", "version": place}
        for place, changes in enumerate(events)
    ]
    if as_lines:
        lines = "\n".join(json.dumps(event) for event in batch).encode()
        answer = company.post(lines, content_type="application/x-ndjson")
    else:
        answer = company.post(json.dumps(batch).encode())
    assert answer.status_code in CLEAR
    assert verify(company.database).drift_minor == 0
    with company.database.read() as connection:
        for known in deals.all_deals(connection):
            assert sum(s.share for s in known.deal.credit_shares if not s.is_overlay) == 1
