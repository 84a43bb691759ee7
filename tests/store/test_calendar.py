"""The calendar brings what residuals pay: up to a day that is a fact, while payee and customer stay."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from tests.builders import a_deal, a_plan_text, an_event
from tracker import flow, flow_calendar
from tracker.engine.deals import CreditShare
from tracker.store import people, totals, trail
from tracker.store.database import Database
from tracker.verify import verify

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
SINCE, SOLD_ON, TODAY = date(2026, 1, 1), date(2026, 10, 15), date(2026, 11, 30)
RESIDUAL = a_plan_text('years = ["10%", "5%"]', "year", measure="arr")


@pytest.fixture
def anna(database: Database) -> int:
    """A rep on a residual plan who sold 1,200.00 a year on 15 October."""
    with database.write() as connection:
        payee_id = people.add_payee(connection, "anna@firma.dk", "Anna", None)
    flow.activate_plan_version(database, "ae", SINCE, RESIDUAL, "ida", AT)
    flow.assign_plan(database, payee_id, "ae", SINCE, None, "ida", AT)
    sell(database, payee_id)
    return payee_id


def sell(database: Database, anna: int, version: int = 1, **changes: date) -> None:
    share, measures = (CreditShare(anna, Fraction(1)),), {"arr": 120_000}
    deal = a_deal("d-1", 0, effective_on=SOLD_ON, measures=measures, credit_shares=share, **changes)
    flow.record_deal_events(database, [an_event(deal, version)], AT)


def paid(database: Database, anna: int, year: str = "2026") -> list[int]:
    """What each month of a year earned, zeros left out."""
    assert verify(database).differences == ()
    with database.read() as connection:
        months = totals.earnings_of(connection, anna, year).get("ae/sales", {})
    return [earned_minor for _, earned_minor in sorted(months.items()) if earned_minor]


def test_the_calendar_is_rolled_to_the_end_of_next_month_and_twice_is_no_news(
    database: Database, anna: int
) -> None:
    assert paid(database, anna) == [1000]
    assert flow_calendar.roll_calendar(database, TODAY, AT)
    assert paid(database, anna) == [1000, 1000, 1000]
    assert not flow_calendar.roll_calendar(database, TODAY, AT)
    assert flow_calendar.roll_calendar(database, date(2026, 12, 1), AT)
    assert paid(database, anna, "2027") == [1000]
    with database.read() as connection:
        rolls = [one for one in trail.entries(connection) if one.act == "roll calendar"]
    assert len(rolls) == 2


def test_it_is_never_rolled_back(database: Database, anna: int) -> None:
    flow_calendar.roll_until(database, date(2027, 12, 31), AT)
    assert not flow_calendar.roll_until(database, date(2026, 12, 31), AT)
    assert paid(database, anna, "2027") == [1000] * 9 + [500] * 3


def test_what_fell_due_goes_when_the_customer_is_known_to_have_left(
    database: Database, anna: int
) -> None:
    flow_calendar.roll_until(database, date(2026, 12, 31), AT)
    sell(database, anna, version=2, ended_on=date(2026, 11, 15))
    assert paid(database, anna) == [1000, 1000]


def test_a_payee_who_leaves_the_plan_is_paid_no_later_instalment(
    database: Database, anna: int
) -> None:
    flow_calendar.roll_until(database, date(2026, 12, 31), AT)
    flow.assign_plan(database, anna, "ae", SINCE, date(2026, 12, 14), "ida", AT)
    assert paid(database, anna) == [1000, 1000]


def test_a_newer_version_of_the_plan_leaves_what_was_sold_before_it_alone(
    database: Database, anna: int
) -> None:
    flow_calendar.roll_until(database, date(2026, 12, 31), AT)
    better = RESIDUAL.replace("10%", "50%")
    flow.activate_plan_version(database, "ae", date(2026, 11, 1), better, "ida", AT)
    assert paid(database, anna) == [1000, 1000, 1000]
