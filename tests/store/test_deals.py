"""Deals come back from the database exactly as they went in."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_deal, an_event, shared_by
from tracker import flow
from tracker.engine.deals import CreditShare, Deal, DealStatus, NextStep
from tracker.engine.periods import period_named
from tracker.store import deals
from tracker.store.database import Database
from tracker.store.deal_snapshot import deal_from_json, deal_to_json

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)

words = st.text(max_size=20)
amounts = st.integers(-(10**13), 10**13)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
shares = st.builds(
    CreditShare,
    payee_id=st.integers(1, 10**6),
    share=st.fractions(0, 1),
    role=words,
    is_overlay=st.booleans(),
)
any_deal = st.builds(
    Deal,
    key=words,
    name=words,
    status=st.sampled_from(DealStatus),
    effective_on=days,
    currency=st.sampled_from(["DKK", "JPY"]),
    amount_minor=amounts,
    credit_shares=st.lists(shares, max_size=4).map(tuple),
    measures=st.dictionaries(words, amounts, max_size=3),
    properties=st.dictionaries(words, words, max_size=3),
    evidence=st.frozensets(words, max_size=3),
    next_step=st.none() | st.builds(NextStep, words, words, st.none() | days),
    stage=words,
    probability=st.none() | st.fractions(0, 1),
    ended_on=st.none() | days,
)


@given(any_deal)
def test_a_deal_survives_being_written_down(deal: Deal) -> None:
    text = deal_to_json(deal)
    assert deal_from_json(text) == deal
    assert deal_to_json(deal_from_json(text)) == text


def test_a_deal_written_down_before_customers_could_leave_is_read() -> None:
    deal = a_deal()
    assert "ended_on" not in deal_to_json(deal)
    assert deal_from_json(deal_to_json(deal)) == deal


def test_the_newest_change_is_listed_first_and_pages_do_not_overlap(
    database: Database, anna: int
) -> None:
    events = [
        an_event(a_deal(f"d-{number}"), occurred_at=AT + timedelta(hours=number))
        for number in (3, 1, 4, 2, 5)
    ]
    flow.record_deal_events(database, events, AT)
    with database.read() as connection:
        pages = [
            [stored.deal.key for stored in deals.deals_of_payee(connection, anna, None, None, 2, n)]
            for n in (0, 2, 4)
        ]
        assert deals.count_deals_of_payee(connection, anna) == 5
    assert pages == [["d-5", "d-4"], ["d-3", "d-2"], ["d-1"]]


def test_deals_are_found_by_status_and_window(database: Database, anna: int) -> None:
    flow.record_deal_events(
        database,
        [
            an_event(a_deal("won")),
            an_event(a_deal("open", status=DealStatus.OPEN)),
            an_event(a_deal("earlier", effective_on=date(2026, 9, 30))),
        ],
        AT,
    )
    window = period_named("2026-Q4")
    with database.read() as connection:
        won = deals.deals_of_payee(connection, anna, DealStatus.WON, window)
        assert [stored.deal.key for stored in won] == ["won"]
        assert deals.count_deals_of_payee(connection, anna, None, window) == 2
        assert deals.count_deals_of_payee(connection, anna, DealStatus.WON) == 2


def test_every_event_of_a_deal_is_kept_as_it_was(database: Database, anna: int) -> None:
    first = an_event(a_deal(credit_shares=shared_by(anna)), 1)
    second = an_event(replace(first.deal, probability=Fraction(1, 3)), 2)
    flow.record_deal_events(database, [second, first], AT)
    with database.read() as connection:
        kept = deals.events_of_deal(connection, first.deal.key)
        assert deals.deal(connection, first.deal.key) == second.deal
    assert {stored.event.version: stored.event for stored in kept} == {1: first, 2: second}
    assert {stored.recorded_at for stored in kept} == {AT}
