"""A deal by hand is looked at before it is kept, kept once, and counts until its source speaks."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.builders import a_deal, an_event
from tests.cast import FIGURES, NOW, Cast, make_cast
from tests.ingest.records import record
from tracker import clock, flow, verify
from tracker.store import deals, sources, trail

SEEN = 'name="seen" value="'
TOKEN = "1764145800000000-0badcafe"


@pytest.fixture
def cast(tmp_path: Path) -> Iterator[Cast]:
    with clock.stopped_at(NOW):
        cast = make_cast(tmp_path)
        yield cast
    cast.database.dispose()


def typed(cast: Cast, **changes: str) -> dict[str, str]:
    form = {
        "token": TOKEN,
        "name": "Handshake A/S",
        "status": "won",
        "effective_on": "2026-11-19",
        "currency": "DKK",
        "amount": "100.000,00",
        "credit.0.payee_id": str(cast.payee_ids["anna"]),
        "credit.0.share": "100%",
        "words": "Signed on paper",
    }
    return form | changes


def sent(cast: Cast, form: dict[str, str], to: str = "add", who: str = "ida") -> TestResponse:
    return cast.client_of(who, accept_language="en").post(f"/deals/{to}", data=form)


def kept(cast: Cast, form: dict[str, str], to: str = "add") -> TestResponse:
    """Look, then keep what was looked at."""
    looked = sent(cast, form, to)
    assert looked.status_code == 200, looked.text
    _, _, after = looked.text.partition(SEEN)
    return sent(cast, form | {"step": "keep", "seen": after.partition('"')[0]}, to)


def earned_minor(cast: Cast, rep: str = "anna") -> int:
    page = cast.client_of("key to read").get("/api/v1/earnings").json
    assert page is not None
    (payee,) = [one for one in page["payees"] if one["reference"] == f"{rep}@firma.dk"]
    return sum(component["earned_minor"] for component in payee["components"])


def deal_told(cast: Cast, key: str) -> Any:
    page = cast.client_of("key to read").get("/api/v1/deals", query_string={"key": key}).json
    assert page is not None
    return page["deals"][0] if page["deals"] else None


def test_whose_pay_would_change_is_shown_and_nothing_is_kept(cast: Cast) -> None:
    looked = sent(cast, typed(cast))
    assert "Anna Lund" in looked.text
    assert re.search(r"\+\s*DKK\s*7,000", looked.text)
    assert "Keep it" in looked.text
    assert earned_minor(cast) == FIGURES["anna"].earned_minor
    assert deal_told(cast, f"manual:{TOKEN}") is None


def test_a_kept_deal_pays_at_once_and_stands_in_the_trail(cast: Cast) -> None:
    assert kept(cast, typed(cast)).status_code == 303
    assert earned_minor(cast) == FIGURES["anna"].earned_minor + 7_000_00
    with cast.database.read() as connection:
        (entry,) = [one for one in trail.entries(connection) if one.act == "record deal by hand"]
    assert (entry.actor, entry.reason) == ("ida@firma.dk", "Signed on paper")
    assert f"manual:{TOKEN}" in entry.subject
    with cast.database.read() as connection:
        assert "manual" not in [one.name for one in sources.all_sources(connection, NOW)]
    assert verify.verify(cast.database).differences == ()


def test_the_same_form_sent_twice_is_one_deal(cast: Cast) -> None:
    form = typed(cast)
    looked = sent(cast, form)
    seen = looked.text.partition(SEEN)[2].partition('"')[0]
    answers = [sent(cast, form | {"step": "keep", "seen": seen}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert earned_minor(cast) == FIGURES["anna"].earned_minor + 7_000_00
    with cast.database.read() as connection:
        assert len(deals.events_of_deal(connection, f"manual:{TOKEN}")) == 1


def test_what_was_edited_after_the_look_is_looked_at_again(cast: Cast) -> None:
    looked = sent(cast, typed(cast))
    seen = looked.text.partition(SEEN)[2].partition('"')[0]
    edited = typed(cast, amount="900.000,00", step="keep", seen=seen)
    assert sent(cast, edited).status_code == 200
    assert earned_minor(cast) == FIGURES["anna"].earned_minor


def test_a_changed_deal_counts_until_its_source_speaks_again(cast: Cast) -> None:
    with cast.database.read() as connection:
        stored = deals.stored_deal(connection, "crm:anna")
    assert stored is not None
    form = typed(cast, deal="crm:anna", based_on=str(stored.event_id), amount="200.000,00")
    form["token"] = f"{int(NOW.timestamp() * 1_000_000):016}-0badcafe"
    assert kept(cast, form, "change").status_code == 303
    assert kept(cast, form, "change").status_code == 303, "sent again, it is the same"
    assert deal_told(cast, "crm:anna")["amount_minor"] == 200_000_00
    assert earned_minor(cast) == 14_000_00
    with cast.database.read() as connection:
        assert len(deals.events_of_deal(connection, "crm:anna")) == 2
        behind = deals.event_by_id(connection, stored.event_id)
    next_word = an_event(a_deal("crm:anna", 300_000_00), version=behind.version + 1)
    flow.record_deal_events(cast.database, [next_word], NOW + timedelta(hours=1))
    assert deal_told(cast, "crm:anna")["amount_minor"] == 300_000_00


def test_a_deal_that_changed_meanwhile_is_not_overwritten(cast: Cast) -> None:
    with cast.database.read() as connection:
        stored = deals.stored_deal(connection, "crm:bo")
    assert stored is not None
    wrong = typed(cast, deal="crm:anna", based_on=str(stored.event_id))
    answer = sent(cast, wrong, "change")
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text


def test_everything_wrong_with_the_form_is_said_at_once(cast: Cast) -> None:
    wrong = typed(cast, name="", amount="lots", words="", deal_key="nonsense")
    answer = sent(cast, wrong)
    assert answer.status_code == 400
    for name in ("name", "amount", "words", "deal_key"):
        assert f'id="problem-{name}"' in answer.text


@pytest.mark.parametrize("key", ["correction:1", "manual:1", "hub spot:1", "hubspot:"])
def test_a_key_that_no_source_can_give_is_refused(cast: Cast, key: str) -> None:
    answer = sent(cast, typed(cast, deal_key=key))
    assert answer.status_code == 400
    assert "hubspot:d-77" in answer.text


def test_the_name_of_the_source_is_not_for_others_to_use(cast: Cast) -> None:
    answer = cast.client_of("key to ingest").post(
        "/api/v1/deal-events", json=record(source="manual")
    )
    assert answer.status_code == 422
