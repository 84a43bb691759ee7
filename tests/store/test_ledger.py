"""What is learned after a month was closed is paid in the next, and names what it corrects."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from tests.builders import a_deal, an_event
from tests.store.conftest import AT
from tracker import flow
from tracker.engine.deals import CreditShare, DealStatus
from tracker.store import deals, ledger, marks, payroll, plans
from tracker.store.database import Database
from tracker.store.ledger import LedgerEntry
from tracker.store.payroll import Act


def an_october_deal(payee_id: int, key: str = "d-1", **changes):
    share = (CreditShare(payee_id, Fraction(1)),)
    return a_deal(key, 50_000, effective_on=date(2026, 10, 5), credit_shares=share, **changes)


def close(database: Database, month: str) -> None:
    with database.write() as connection:
        known = marks.marks_now(connection)
        payroll.add_act(connection, month, Act.CLOSED, known, "ida", AT, "")


def entries(database: Database, payee_id: int) -> list[LedgerEntry]:
    with database.read() as connection:
        return ledger.entries_of(connection, payee_id)


def postings(database: Database, payee_id: int) -> list[tuple[str, str, int]]:
    found = entries(database, payee_id)
    return [(entry.posting_month, entry.kind, entry.amount_minor) for entry in found]


def test_a_late_deal_is_an_adjustment_in_the_open_month(database: Database, anna: int) -> None:
    flow.record_deal_events(database, [an_event(an_october_deal(anna))], AT)
    close(database, "2026-10")
    flow.record_deal_events(database, [an_event(an_october_deal(anna, "d-2"))], AT)
    assert postings(database, anna) == [
        ("2026-10", "commission", 2500),
        ("2026-11", "adjustment", 2500),
    ]


def test_a_cancelled_deal_of_a_closed_month_is_clawed_back(database: Database, anna: int) -> None:
    deal = an_october_deal(anna)
    flow.record_deal_events(database, [an_event(deal)], AT)
    close(database, "2026-10")
    cancelled = replace(deal, status=DealStatus.CANCELLED)
    flow.record_deal_events(database, [an_event(cancelled, 2)], AT)
    assert postings(database, anna)[1] == ("2026-11", "clawback", -2500)


def test_a_smaller_amount_of_a_closed_month_is_an_adjustment(database: Database, anna: int) -> None:
    deal = an_october_deal(anna)
    flow.record_deal_events(database, [an_event(deal)], AT)
    close(database, "2026-10")
    flow.record_deal_events(database, [an_event(replace(deal, amount_minor=20_000), 2)], AT)
    assert postings(database, anna)[1] == ("2026-11", "adjustment", -1500)


def test_a_reopened_month_takes_what_is_its_own_again(database: Database, anna: int) -> None:
    close(database, "2026-09")
    close(database, "2026-10")
    with database.write() as connection:
        payroll.add_act(connection, "2026-10", Act.REOPENED, {}, "ida", AT, "a deal was forgotten")
        assert payroll.closed_through(connection) == "2026-09"
    flow.record_deal_events(database, [an_event(an_october_deal(anna))], AT)
    assert postings(database, anna) == [("2026-10", "commission", 2500)]


def test_facts_recorded_after_the_marks_are_not_there(database: Database, anna: int) -> None:
    flow.record_deal_events(database, [an_event(an_october_deal(anna))], AT)
    with database.read() as connection:
        known = marks.marks_now(connection)
    flow.record_deal_events(database, [an_event(an_october_deal(anna, "d-2"))], AT)
    with database.read() as connection:
        with marks.as_of(connection, known):
            assert [stored.event.deal.key for stored in deals.all_events(connection)] == ["d-1"]
            assert len(plans.assignments(connection)) == 1
        assert len(list(deals.all_events(connection))) == 2
        with marks.as_of(connection, {}):
            assert plans.assignments(connection) == []
