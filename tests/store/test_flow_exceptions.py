"""What is agreed with one person changes their figures, reads no deal where it need not, and is kept as facts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from sqlalchemy import Engine, event

from tests.builders import a_deal, a_plan_text, a_rep, an_event, quota_in_force
from tracker import flow, flow_exceptions
from tracker.engine.agreement.exceptions import draw_for
from tracker.engine.agreement.plans import Draw, PersonalException, Tier
from tracker.engine.deals import CreditShare
from tracker.errors import Conflict, NotFound
from tracker.store import exceptions, ledger, people, plans, totals, trail
from tracker.store.database import Database
from tracker.store.plans import QuotaChange
from tracker.verify import verify

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
SINCE = date(2026, 1, 1)
LADDER = """tiers_on = "quota"
seasonal = [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2]
tiers = [ { up_to = "100%", rate = "5%" }, { rate = "10%" } ]"""
DEAL_TABLES = ("deal", "deal_event", "deal_participant", "credit")


@pytest.fixture
def anna(database: Database) -> int:
    """Anna on a ladder of quarters, with a year's quota of 1,500.00 and a deal of 1,000.00 in November."""
    with database.write() as connection:
        payee_id = a_rep(connection)
    flow.activate_plan_version(database, "ae", SINCE, a_plan_text(LADDER), "ida", AT)
    flow.assign_plan(database, payee_id, "ae", SINCE, None, "ida", AT)
    flow.change_quotas(database, [QuotaChange(payee_id, "", "2026", 150_000)], "ida", AT)
    sell(database, payee_id, "d1", 100_000)
    return payee_id


def sell(database: Database, payee_id: int, key: str, amount_minor: int) -> None:
    shares = (CreditShare(payee_id, Fraction(1)),)
    day = date(2026, 11, 12)
    deal = a_deal(key, amount_minor, credit_shares=shares, effective_on=day)
    flow.record_deal_events(database, [an_event(deal)], AT)


def earned(database: Database, payee_id: int) -> int:
    with database.read() as connection:
        return sum(
            minor
            for periods in totals.earnings_of(connection, payee_id, "2026-Q4").values()
            for minor in periods.values()
        )


def agree(database: Database, payee_id: int, **terms: object) -> int:
    exception = PersonalException(0, payee_id, "ae/sales", reason="two territories", **terms)
    return flow_exceptions.agree(database, exception, "ida@firma.dk", AT)


@contextmanager
def statements_on(*tables: str) -> Iterator[list[str]]:
    """The statements that speak of one of these tables."""
    found: list[str] = []

    def note(_connection, _cursor, statement: str, *_: object) -> None:
        words = statement.replace("\n", " ").replace(",", " ").split()
        if any(table in words for table in tables):
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_a_quota_of_a_year_falls_on_its_quarters_by_the_season(
    database: Database, anna: int
) -> None:
    with database.read() as connection:
        quarters = [
            quota_in_force(connection, anna, "ae/sales", f"2026-Q{quarter}")
            for quarter in (1, 2, 3, 4)
        ]
    assert quarters == [30_000, 30_000, 30_000, 60_000]
    assert earned(database, anna) == 60_000 // 20 + 40_000 // 10


def test_rates_and_limits_are_agreed_without_reading_a_deal(database: Database, anna: int) -> None:
    with statements_on(*DEAL_TABLES) as said:
        agree(database, anna, rate_factor=Fraction(2))
        assert earned(database, anna) == 14_000
        agree(database, anna, add_rate=Fraction(1, 100))
        assert earned(database, anna) == 15_000
        agree(database, anna, cap_payout_minor=9_999)
        assert earned(database, anna) == 9_999
        agree(database, anna, lifts=frozenset({"cap_payout"}))
        agree(database, anna, tiers=(Tier(None, Fraction(1, 10)),))
        assert earned(database, anna) == 21_000
    assert said == []
    assert verify(database).differences == ()


def test_a_limit_per_deal_is_agreed_from_a_day_on(database: Database, anna: int) -> None:
    agree(database, anna, deal_cap_minor=50_000, starts_on=date(2026, 11, 13))
    assert earned(database, anna) == 7_000, "the deal was won before"
    agree(database, anna, deal_cap_minor=50_000, starts_on=date(2026, 11, 12))
    assert earned(database, anna) == 2_500
    assert verify(database).differences == ()


def test_what_is_taken_back_has_never_held(database: Database, anna: int) -> None:
    number = agree(database, anna, rate_factor=Fraction(2))
    flow_exceptions.withdraw(database, number, "the wrong Anna", "ida@firma.dk", AT)
    assert earned(database, anna) == 7_000
    with pytest.raises(Conflict, match="withdrawn already"):
        flow_exceptions.withdraw(database, number, "again", "ida@firma.dk", AT)
    with pytest.raises(NotFound, match="no exception 99"):
        flow_exceptions.withdraw(database, 99, "what", "ida@firma.dk", AT)
    with database.read() as connection:
        facts = exceptions.exceptions(connection, {anna})
        acts = [(entry.act, entry.reason) for entry in trail.entries(connection)][-2:]
        assert ledger.entries_of(connection, anna)[-1].cause == "exception"
    assert [(fact.withdraws_id, fact.author) for fact in facts] == [
        (None, "ida@firma.dk"),
        (number, "ida@firma.dk"),
    ]
    assert acts == [
        ("agree exception", "two territories"),
        ("withdraw exception", "the wrong Anna"),
    ]
    assert verify(database).differences == ()


def test_a_draw_of_ones_own_goes_before_the_plans(database: Database, anna: int) -> None:
    own = PersonalException(0, anna, "ae/", draw=Draw(3_000_000), reason="new in the north")
    flow_exceptions.agree(database, own, "ida@firma.dk", AT)
    with database.read() as connection:
        book = plans.load_plan_book(connection, {anna})
    (version,) = book.versions_for(anna, date(2026, 11, 1))
    assert draw_for(book, anna, version) == Draw(3_000_000)


def test_quotas_of_a_thousand_reps_change_without_reading_a_deal(database: Database) -> None:
    with database.write() as connection:
        team_id = people.add_team(connection, "North")
        reps = [
            people.add_payee(connection, f"r{n}@firma.dk", f"R {n}", team_id) for n in range(1_000)
        ]
    continued = a_plan_text('on_quota_change = "continue"\n' + LADDER)
    flow.activate_plan_version(database, "ae", SINCE, continued, "ida", AT)
    for rep in reps[:3]:
        flow.assign_plan(database, rep, "ae", SINCE, None, "ida", AT)
        sell(database, rep, f"d{rep}", 100_000)
    yearly = [QuotaChange(rep, "", "2026", 150_000) for rep in reps]
    halved = [QuotaChange(rep, "", "2026", 75_000, date(2026, 11, 15)) for rep in reps]
    with statements_on(*DEAL_TABLES) as said:
        assert len(flow.change_quotas(database, yearly, "ida", AT)) == 1_000
        assert len(flow.change_quotas(database, halved, "ida", AT)) == 1_000
    assert said == []
    assert [earned(database, rep) for rep in reps[:4]] == [7_000, 7_000, 7_000, 0]
    sell(database, reps[0], "late", 10_000)
    assert verify(database).differences == ()
