"""Deals in other currencies through the write path: converted once, again when a rate is news, and explained."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from tests.builders import a_deal, an_event
from tracker import flow, flow_exchange, trials
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import CreditShare
from tracker.engine.earning.paying import pay
from tracker.store import credits, plans, totals, trail
from tracker.store.database import Database
from tracker.verify import verify

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


def sell(database: Database, anna: int, key: str, day: date, currency: str = "EUR") -> None:
    share = (CreditShare(anna, Fraction(1)),)
    deal = a_deal(key, 100_00, effective_on=day, currency=currency, credit_shares=share)
    flow.record_deal_events(database, [an_event(deal)], AT)


def set_rate(database: Database, quoted: str, day: date = OCTOBER) -> int:
    rate = ExchangeRate("EUR", "DKK", day, quoted)
    return len(flow_exchange.set_exchange_rates(database, [rate], "ida", AT))


def earned_minor(database: Database, anna: int) -> int:
    with database.read() as connection:
        by_component = totals.earnings_of(connection, anna, "2026-Q4")
    return sum(sum(periods.values()) for periods in by_component.values())


def test_a_deal_waits_for_its_first_rate_and_follows_a_corrected_one(
    database: Database, anna: int
) -> None:
    sell(database, anna, "d-1", date(2026, 10, 20))
    assert earned_minor(database, anna) == 0
    set_rate(database, "7.00")
    assert earned_minor(database, anna) == 35_00
    set_rate(database, "8.00")
    assert earned_minor(database, anna) == 40_00
    assert verify(database).differences == ()


def test_a_rate_touches_the_deals_from_its_day_on_alone(database: Database, anna: int) -> None:
    set_rate(database, "7.00")
    sell(database, anna, "d-1", date(2026, 10, 31))
    sell(database, anna, "d-2", NOVEMBER)
    set_rate(database, "8.00", NOVEMBER)
    with database.read() as connection:
        found = credits.credits_of_deals(connection, ["d-1", "d-2"])
    assert [(one.rate, one.attainment_minor) for one in found] == [
        ("7.00", 700_00),
        ("8.00", 800_00),
    ]
    assert {(one.currency, one.original_minor) for one in found} == {("EUR", 100_00)}
    assert verify(database).differences == ()


@pytest.mark.parametrize(("quoted", "news_count"), [("7.00", 0), ("7.0", 1)])
def test_the_same_rate_again_is_no_news(
    database: Database, anna: int, quoted: str, news_count: int
) -> None:
    set_rate(database, "7.00")
    assert set_rate(database, quoted) == news_count


def test_each_rate_is_in_the_trail_with_its_author(database: Database) -> None:
    set_rate(database, "7.4605")
    with database.read() as connection:
        (entry,) = [one for one in trail.entries(connection) if one.act == "set exchange rate"]
    assert entry.actor == "ida"
    assert '"rate":"7.4605"' in entry.subject


def test_an_amount_as_the_own_currency_is_not_converted(database: Database, anna: int) -> None:
    set_rate(database, "7.00")
    sell(database, anna, "d-1", NOVEMBER, "DKK")
    with database.read() as connection:
        (credit,) = credits.credits_of_deals(connection, ["d-1"])
        assert plans.load_plan_book(connection).exchange.on("EUR", "SEK", NOVEMBER) is None
    assert (credit.attainment_minor, credit.currency, credit.rate) == (100_00, "", "")


def test_a_plan_is_tried_on_the_deals_of_its_days_at_the_rates_that_are_known(
    database: Database, anna: int
) -> None:
    set_rate(database, "7.00")
    sell(database, anna, "d-1", NOVEMBER)
    share, early = (CreditShare(anna, Fraction(1)),), date(2026, 10, 31)
    left = a_deal("d-2", 100_00, effective_on=early, ended_on=NOVEMBER, credit_shares=share)
    flow.record_deal_events(database, [an_event(left)], AT)
    with database.read() as connection:
        (version,) = trials.versions_of(connection, "ladder")
        days = trials.Days(NOVEMBER, date(2026, 11, 30))
        trial = trials.live_trial(connection, version.plan, "ladder", days)
    assert [deal.key for deal in trial.deals] == ["d-1"]
    for terms in (trial.old, trial.new):
        assert terms is not None
        (paid,) = pay(trial.deals, terms).payees
        assert paid.total_minor == 35_00
