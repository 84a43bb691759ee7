"""The administrator sees what was set aside, says whose it is, and it pays; managers see that money waits."""

from html import unescape

import pytest

from tests.cast import NOW, Cast
from tests.ingest.records import record
from tracker.ingest.intake import take_in
from tracker.ingest.strict_json import Number
from tracker.ingest.submission import Entry
from tracker.store import ledger, quarantine

HOSTILE = "<script>alert(1)</script>@firma.dk"


@pytest.fixture
def stranger(cast: Cast) -> str:
    """Somebody nobody knows has won a deal of 1,234.00 in this quarter."""
    sent = record(
        occurred_at=NOW.isoformat(),
        version=Number("4"),
        deal__amount="1234.00",
        deal__credits=[{"rep": HOSTILE}],
    )
    outcomes = take_in(cast.app.extensions["tracker"], [Entry(sent)], "HubSpot", NOW, NOW.date())
    assert [outcome.kind for outcome in outcomes] == ["quarantined"], outcomes
    return HOSTILE


def seen(cast: Cast, who: str, address: str) -> str:
    page = cast.client_of(who, accept_language="en").get(address, follow_redirects=True).text
    return unescape(page).replace("\xa0", " ")


def test_the_page_shows_the_event_its_sender_and_what_is_wrong(cast: Cast, stranger: str) -> None:
    raw = cast.client_of("ida", accept_language="en").get("/quarantine").text
    assert "<script>alert(1)" not in raw
    page = unescape(raw)
    for text in ("from HubSpot", "no active rep is known", f"Who is {stranger}?", '"1234.00"'):
        assert text in page


def test_saying_whose_it_is_pays_it_and_empties_the_page(cast: Cast, stranger: str) -> None:
    form = {"reference": stranger, "payee_id": str(cast.payee_ids["dan"])}
    answer = cast.client_of("ida", accept_language="en").post(
        "/quarantine/claim", data=form, follow_redirects=True
    )
    assert "1 event is used now, 0 still wait" in answer.text
    assert "Nothing waits" in answer.text
    with cast.database.read() as connection:
        entries = ledger.entries_of(connection, cast.payee_ids["dan"], "2026-Q4")
    assert entries[-1].amount_minor == 86_38


def test_trying_again_too_early_says_what_still_waits(cast: Cast, stranger: str) -> None:
    answer = cast.client_of("ida", accept_language="en").post(
        "/quarantine/1/replay", follow_redirects=True
    )
    assert "0 events are used now, 1 still waits" in answer.text


def test_letting_go_needs_a_reason_which_is_kept(cast: Cast, stranger: str) -> None:
    ida = cast.client_of("ida", accept_language="en")
    assert "Say why" in ida.post("/quarantine/1/discard", follow_redirects=True).text
    with cast.database.read() as connection:
        assert quarantine.waiting_count(connection) == 1
    page = ida.post("/quarantine/1/discard", data={"reason": "a test"}, follow_redirects=True).text
    assert "a test" in page
    assert "Nothing waits" in page


def test_managers_see_the_money_nobody_gets_and_not_whose_it_might_be(
    cast: Cast, stranger: str
) -> None:
    page = seen(cast, "mette", "/team")
    assert "1 won deal of DKK 1,234 belongs to nobody we know" in page
    assert stranger not in page
    assert "belongs to nobody" not in seen(cast, "anna", "/me")
