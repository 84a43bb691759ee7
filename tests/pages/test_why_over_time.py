"""What time does to a deal stands on its sheet: until when it can be taken back, what was, and each residual year."""

import re
from datetime import date
from fractions import Fraction
from html import unescape

import pytest

from tests.builders import a_deal, an_event
from tests.cast import NOW, Cast
from tracker import flow, flow_calendar, flow_exchange
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import CreditShare
from tracker.store import accounts
from tracker.verify import verify

PLAN = """
name = "Over time"
currency = "DKK"
window = "quarter"
settlement = "month"
"""
LADDER = 'tiers = [ {up_to = "2000", rate = "10%"}, {rate = "20%"} ]'
RESIDUAL = (
    '[[components]]\nkey = "residual"\nname = "Recurring"\nmeasure = "arr"\nyears = [ "10%", "5%" ]'
)


def component(*lines: str) -> str:
    return "\n".join(
        ["[[components]]", 'key = "sales"', 'name = "New sales"', 'measure = "revenue"', *lines]
    )


def sheet(
    cast: Cast, component: str, locale: str = "en", address: str = "", **fields: object
) -> str:
    """What Anna reads of a deal of 1,000.00 from 5 October under a plan of this component."""
    text, since = PLAN + component, date(2026, 10, 1)
    flow.activate_plan_version(cast.database, "over_time", since, text, "ida", NOW)
    anna = cast.payee_ids["anna"]
    last_day = date(2026, 9, 30)
    flow.assign_plan(cast.database, anna, "cast", date(2026, 1, 1), last_day, "test", NOW)
    flow.assign_plan(cast.database, anna, "over_time", since, None, "test", NOW)
    share = (CreditShare(anna, Fraction(1)),)
    day = date(2026, 10, 5)
    deal = a_deal("t-1", 1000_00, credit_shares=share, effective_on=day, **fields)
    flow.record_deal_events(cast.database, [an_event(deal)], NOW)
    flow_calendar.roll_until(cast.database, date(2027, 12, 31), NOW)
    with cast.database.write() as connection:
        accounts.set_choices(connection, cast.person_ids["anna"], locale, "auto", True, NOW)
    answer = cast.client_of("anna").get(address or "/me/deals/t-1")
    assert answer.status_code == 200
    assert verify(cast.database).differences == ()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split()).replace("\u00a0", " ")


BY_MONTHS = 'clawback = { within_months = 12, takes = "by_months_remaining" }'


def test_a_deal_says_from_when_it_is_fully_yours(cast: Cast) -> None:
    shown = sheet(cast, component(BY_MONTHS, LADDER))
    assert "Fully yours on" in shown
    assert "5 Oct 2027" in shown
    assert "earned month by month over 12 months" in shown


@pytest.mark.parametrize("locale", ["en", "da", "sv"])
def test_what_was_taken_back_is_told_with_its_reason(cast: Cast, locale: str) -> None:
    shown = sheet(cast, component(BY_MONTHS, LADDER), locale, ended_on=date(2027, 1, 5))
    words = {
        "en": ("Taken back", "after 3 full months", "25%"),
        "da": ("Trukket tilbage", "efter 3 hele måneder", "25 %"),
        "sv": ("Återkrävt", "efter 3 hela månader", "25 %"),
    }[locale]
    for word in (*words, "150"):
        assert word in shown


def test_a_customer_who_left_late_takes_nothing_back(cast: Cast) -> None:
    shown = sheet(cast, component(BY_MONTHS, LADDER), ended_on=date(2027, 10, 5))
    assert "Fully yours on" in shown
    assert "Taken back" not in shown


def test_churn_counted_net_has_a_section_of_its_own(cast: Cast) -> None:
    shown = sheet(cast, component('churn = "net"', LADDER), ended_on=date(2026, 12, 1))
    assert "the plan counts net" in shown
    assert "1 Dec 2026" in shown


def test_a_residual_is_told_year_by_year(cast: Cast) -> None:
    measures = {"arr": 1200_00}
    shown = sheet(cast, RESIDUAL, measures=measures)
    assert "12 instalments, 10% of DKK 1,200" in shown
    assert "3 instalments, 5% of DKK 300" in shown
    assert "Year 2 and later" in shown
    of_component = sheet_of_component(cast, "residual")
    assert "10% of DKK 300" in of_component
    assert "Year by year, while the customer stays" in of_component


def test_a_deal_judged_by_itself_says_so(cast: Cast) -> None:
    shown = sheet(cast, component('judged = "each"', LADDER), address="/me/why/over_time/sales")
    assert "Each deal by its own size" in shown
    assert "10% of DKK 3,000" in shown


def test_a_deal_outside_a_campaign_names_its_days(cast: Cast) -> None:
    days = 'from = "2026-11-01"\nuntil = "2026-11-30"'
    shown = sheet(cast, component(days, LADDER))
    assert "Only deals from 1 Nov 2026 to 30 Nov 2026 count." in shown


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("en", "Converted €1,000 × 7.4605 DKK 7,460.50"),
        ("da", "Omregnet 1.000 € × 7,4605 7.460,50 kr."),
        ("sv", "Omräknat 1 000 € × 7,4605 7 460,50 Dkr"),
    ],
)
def test_a_deal_in_another_currency_says_by_which_rate_it_counts(
    cast: Cast, locale: str, words: str
) -> None:
    rate = ExchangeRate("EUR", "DKK", date(2026, 10, 1), "7.4605")
    flow_exchange.set_exchange_rates(cast.database, [rate], "ida", NOW)
    shown = sheet(cast, component(LADDER), locale, currency="EUR")
    assert words in shown


def test_a_deal_nobody_can_convert_names_its_currency(cast: Cast) -> None:
    shown = sheet(cast, component(LADDER), currency="EUR")
    assert "There is no exchange rate for EUR → DKK on its day." in shown


def test_the_first_view_stands_for_deals_that_do_not_climb(cast: Cast) -> None:
    shown = sheet(cast, RESIDUAL, address="/me", measures={"arr": 1200_00})
    assert "Over time" in shown
    assert "10% of everything" in shown
    of_each = component('judged = "each"', LADDER)
    assert "235" in sheet_with_another_plan(cast, of_each)


def sheet_of_component(cast: Cast, key: str) -> str:
    answer = cast.client_of("anna").get(f"/me/why/over_time/{key}")
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split()).replace("\u00a0", " ")


def sheet_with_another_plan(cast: Cast, component: str) -> str:
    text = PLAN.replace("Over time", "Second") + component
    flow.activate_plan_version(cast.database, "second", date(2026, 10, 1), text, "ida", NOW)
    anna = cast.payee_ids["anna"]
    flow.assign_plan(cast.database, anna, "second", date(2026, 10, 1), None, "test", NOW)
    answer = cast.client_of("anna").get("/me")
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())
