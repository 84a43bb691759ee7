"""An event is named by its source and its own id, for ever: at once, in any order, after a restart, it counts once."""

import http.client
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.faults.company import REPS, Company, assert_figures, kept_figures, stored_event_ids
from tests.faults.deals_sent import Crm, Event
from tests.faults.senders import ADDRESS
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tracker.store import deals
from tracker.store.database import Database

POSTS = 50
EVENTS_MAX = 8


def post(company: Company, port: int, body: Any) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {company.key}", "Content-Type": "application/json"}
    try:
        connection.request("POST", ADDRESS, json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_fifty_identical_posts_at_once_have_one_effect_also_after_a_restart(
    company: Company, tell: Callable[[str], None]
) -> None:
    event = Crm("same", chance("same"), REPS).event("e-1", "d-1", 1)
    other = event | {"deal": event["deal"] | {"amount": "1.00"}}
    with running_fleet(company.folder, company.database_url, 2) as fleet:
        first = fifty(company, fleet.ports, event)
        fleet.kill_all()
        fleet.start()
        again = fifty(company, fleet.ports, event)
        conflict, said = post(company, fleet.ports[0], other)
    kinds = Counter(outcome_of(body) for _, body in first)
    assert kinds == {"recorded": 1, "duplicate": POSTS - 1}
    assert {json.dumps(body) for _, body in again} == {json.dumps(again[0][1])}
    assert outcome_of(again[0][1]) == "duplicate"
    assert (conflict, outcome_of(said)) == (409, "refused")
    database = Database(company.database_url)
    assert stored_event_ids(database) == ["e-1"]
    assert_figures(database, [event])
    database.dispose()
    tell(f"{POSTS} identical posts at once, and again after a kill: 1 effect")


def fifty(company: Company, ports: list[int], event: Event) -> list[tuple[int, Any]]:
    with ThreadPoolExecutor(max_workers=POSTS) as pool:
        answers = list(
            pool.map(lambda number: post(company, ports[number % len(ports)], event), range(POSTS))
        )
    assert {status for status, _ in answers} == {200}
    return answers


def outcome_of(body: Any) -> str:
    (outcome,) = body["outcomes"]
    return str(outcome["outcome"])


# --- any order, and twice

PAIRS = (("anna@firma.dk", "bo@firma.dk"), ("carl@firma.dk", "dan@firma.dk"))
"""What the first of a pair does in one deal, the second does in its mirror."""

snapshots = st.fixed_dictionaries(
    {
        "version": st.sampled_from([1, 2, 2, 3, None]),
        "minute": st.integers(0, 3),  # also the same minute twice
        "status": st.sampled_from(["won", "won", "open", "lost", "cancelled"]),
        "amount": st.sampled_from(["0.01", "500000.00", "500000.01", "1999999.99", "33.33"]),
        "day": st.sampled_from(["2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01"]),
        "owners": st.sampled_from([(0,), (1,), (0, 1), (1, 0)]),
    }
)


@st.composite
def orders(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[int]]:
    """Up to eight snapshots of a deal, and an order in which they come, each at least once."""
    found = draw(st.lists(snapshots, min_size=2, max_size=EVENTS_MAX))
    twice = draw(st.lists(st.sampled_from(range(len(found))), max_size=4))
    return found, draw(st.permutations([*range(len(found)), *twice]))


def event_of(snapshot: dict[str, Any], event_id: str, deal_id: str, side: int) -> Event:
    owners = [PAIRS[pair][side] for pair in snapshot["owners"]]
    shares = {1: ("100%",), 2: ("67%", "33%")}[len(owners)]
    event = {
        "source": "crm",
        "event_id": event_id,
        "deal_id": deal_id,
        "version": snapshot["version"],
        "occurred_at": f"2026-11-20T10:0{snapshot['minute']}:00Z",
        "deal": {
            "name": "Mirror",
            "status": snapshot["status"],
            "effective_on": snapshot["day"],
            "currency": "DKK",
            "amount": snapshot["amount"],
            "margin": snapshot["amount"],
            "credits": [
                {"rep": rep, "share": share} for rep, share in zip(owners, shares, strict=True)
            ],
        },
    }
    if snapshot["version"] is None:
        del event["version"]
    return event


def test_any_order_with_duplicates_ends_in_the_same_state_pay_and_ledger(
    company: Company, tell: Callable[[str], None]
) -> None:
    tried = 0

    @settings(
        max_examples=sized(12, 150),
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn=orders())
    def holds(drawn: tuple[list[dict[str, Any]], list[int]]) -> None:
        nonlocal tried
        tried += 1
        found, order = drawn
        for side, indexes in enumerate([range(len(found)), order]):
            for index in indexes:
                deal_id = f"d-{tried}-{side}"
                sent = event_of(found[index], f"{deal_id}-{index}", deal_id, side)
                status, body = post(company, fleet.ports[index % 2], sent)
                assert status == 200, body
        assert_mirrored(database, f"crm:d-{tried}")

    database = Database(company.database_url)
    with running_fleet(company.folder, company.database_url, 2) as fleet:
        holds()
    database.dispose()
    tell(
        f"{tried} deals of up to {EVENTS_MAX} events, each in order and in another with duplicates"
    )


def assert_mirrored(database: Database, key: str) -> None:
    """Both deals are the same, and so is what each of a pair earns; the ledger says so, too."""
    with database.read() as connection:
        straight, shuffled = (deals.stored_deal(connection, f"{key}-{side}") for side in (0, 1))
        assert straight is not None
        assert shuffled is not None
        assert straight.deal.amount_minor == shuffled.deal.amount_minor
        assert straight.deal.status == shuffled.deal.status
        assert straight.deal.effective_on == shuffled.deal.effective_on
        assert straight.changed_at == shuffled.changed_at
    for figures in kept_figures(database):
        for first, second in PAIRS:
            assert of_rep(figures, first) == of_rep(figures, second)


def of_rep(figures: dict[tuple[str, str, str], int], rep: str) -> dict[tuple[str, str], int]:
    return {(place[1], place[2]): minor for place, minor in figures.items() if place[0] == rep}
