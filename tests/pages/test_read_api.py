"""What programs that may read are told: deals page by page, statements of a closed month, and who stands where."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cast import CLOSED_MONTH, FIGURES, NOW, Cast, make_cast
from tracker import clock

KEY = "key to read"


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with clock.stopped_at(NOW):
        cast = make_cast(tmp_path_factory.mktemp("cast"))
        yield cast
    cast.database.dispose()


def told(cast: Cast, address: str) -> Any:
    answer = cast.client_of(KEY).get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_deals_are_told_page_by_page_each_once_and_in_order(cast: Cast) -> None:
    keys, after = [], ""
    while True:
        page = told(cast, f"deals?limit=3{after}")
        assert len(page["deals"]) <= 3
        keys += [deal["key"] for deal in page["deals"]]
        if page["next_after"] is None:
            break
        after = f"&after={page['next_after']}"
    assert keys == sorted(f"crm:{rep}{ending}" for rep in FIGURES for ending in ("", "-open"))


def test_one_deal_is_told_whole(cast: Cast) -> None:
    (deal,) = told(cast, "deals?key=crm:anna")["deals"]
    assert deal["amount_minor"] == FIGURES["anna"].sold_minor
    assert deal["credits"] == [{"rep": "anna@firma.dk", "share": "1", "role": "", "overlay": False}]
    assert (deal["status"], deal["effective_on"], deal["ended_on"]) == ("won", "2026-11-12", None)
    assert told(cast, "deals?key=crm:nobody") == {"deals": [], "next_after": None}


def test_the_statements_of_a_closed_month_are_told_and_an_open_one_has_none(cast: Cast) -> None:
    found = told(cast, f"statements?month={CLOSED_MONTH}")["statements"]
    paid = {one["reference"]: one["paid_minor"] for one in found}
    assert paid == {f"{rep}@firma.dk": figures.adjusted_minor for rep, figures in FIGURES.items()}
    assert told(cast, "statements?month=2026-11")["statements"] == []


def test_everybody_stands_where_their_page_says(cast: Cast) -> None:
    (anna,) = [
        one for one in told(cast, "standings")["standings"] if one["reference"] == "anna@firma.dk"
    ]
    (ladder,) = anna["ladders"]
    figures = FIGURES["anna"]
    assert anna["team"] == "North"
    assert ladder["attainment_minor"] == figures.sold_minor
    assert ladder["earned_minor"] == figures.earned_minor
    assert ladder["to_next_step_minor"] == figures.distance_minor
    assert (ladder["rate"], ladder["window"]) == ("7/100", "2026-Q4")


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("deals?limit=0", "limit"),
        ("deals?limit=201", "limit"),
        ("deals?limit=many", "limit"),
        ("deals?key=", "key"),
        ("statements", "month"),
        ("statements?month=2026-13", "month"),
        ("deal-events?source=crm", "event_id"),
        ("deal-events?source=a%20b&event_id=1", "source"),
    ],
)
def test_a_wrong_parameter_is_named(cast: Cast, address: str, field: str) -> None:
    answer = cast.client_of(KEY).get(f"/api/v1/{address}")
    assert answer.status_code == 422
    assert answer.json is not None
    assert [problem["field"] for problem in answer.json["problems"]] == [field]
