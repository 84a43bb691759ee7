"""Months are closed by two people, and what a close froze never changes and can be built again."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from sqlalchemy import update

from tests.builders import a_deal, an_event
from tests.store.conftest import AT
from tracker import flow, flow_payroll
from tracker.engine.deals import CreditShare, DealStatus
from tracker.engine.payroll_months.equity import Grant
from tracker.engine.payroll_months.statement import (
    Statement,
    statement_from_text,
    statement_to_text,
)
from tracker.errors import BadInput, Conflict
from tracker.store import equity, ledger, payroll, people, tables, trail
from tracker.store.adjustments import Decision, Proposal
from tracker.store.database import Database
from tracker.store.payroll import StoredStatement
from tracker.verify import verify

IDA, PIA = "ida@firma.dk", "pia@firma.dk"
LATER = datetime(2027, 3, 1, 9, tzinfo=UTC)
DRAWN = """
name = "Drawn"
currency = "DKK"
window = "quarter"
settlement = "month"
[draw]
amount = "50.00"
[[components]]
key = "sales"
measure = "revenue"
tiers = [ {up_to = "1000.00", rate = "5%"}, {rate = "10%"} ]
"""


def a_deal_of(payee_id: int, key: str, month: int, amount_minor: int = 50_000, **changes):
    share = (CreditShare(payee_id, Fraction(1)),)
    day = date(2026, month, 5)
    return a_deal(key, amount_minor, effective_on=day, credit_shares=share, **changes)


def tell(database: Database, *deals, version: int = 1) -> None:
    events = [an_event(deal, version) for deal in deals]
    assert {outcome.kind for outcome in flow.record_deal_events(database, events, AT)} == {
        "recorded"
    }


def close(database: Database, month: str) -> int:
    flow_payroll.request_close(database, month, IDA, LATER.date(), LATER)
    return flow_payroll.approve_close(database, month, PIA, LATER)


def kept(database: Database, payee_id: int) -> list[StoredStatement]:
    with database.read() as connection:
        return payroll.statements_of(connection, payee_id)


def newest(database: Database, payee_id: int) -> Statement:
    return statement_from_text(kept(database, payee_id)[0].lines)


@pytest.fixture
def drawn(database: Database) -> int:
    """A rep with a draw of 50.00 a month."""
    with database.write() as connection:
        payee_id = people.add_payee(connection, "dan@firma.dk", "Dan", None)
    flow.activate_plan_version(database, "drawn", date(2026, 1, 1), DRAWN, IDA, AT)
    flow.assign_plan(database, payee_id, "drawn", date(2026, 1, 1), None, IDA, AT)
    return payee_id


def test_a_close_freezes_what_the_ledger_pays_and_how_it_came(
    database: Database, anna: int
) -> None:
    tell(database, a_deal_of(anna, "d-1", 10, 80_000), a_deal_of(anna, "d-2", 10, 70_000))
    assert close(database, "2026-10") == 1
    (stored,) = kept(database, anna)
    statement = statement_from_text(stored.lines)
    assert (stored.total_minor, stored.version) == (10_000, 1)
    (lines,) = statement.components
    assert lines.earned_minor == statement.earned_minor == statement.paid_minor == 10_000
    assert [(tier.rate, tier.amount_minor) for tier in lines.tiers] == [
        (Fraction(1, 20), 5_000),
        (Fraction(1, 10), 5_000),
    ]
    assert [deal.name for deal in lines.deals] == ["Customer of d-1", "Customer of d-2"]
    assert statement_to_text(statement) == stored.lines
    assert json.loads(stored.lines)["month"] == "2026-10"
    assert verify(database).differences == ()


def test_what_comes_late_is_paid_next_month_and_the_statement_stays(
    database: Database, anna: int
) -> None:
    deal = a_deal_of(anna, "d-1", 10)
    tell(database, deal)
    close(database, "2026-10")
    (before,) = kept(database, anna)
    tell(database, a_deal_of(anna, "d-2", 10, 20_000), a_deal_of(anna, "d-3", 11, 10_000))
    tell(database, replace(deal, status=DealStatus.CANCELLED), version=2)
    close(database, "2026-11")
    statement = newest(database, anna)
    assert [
        (line.kind.value, line.amount_minor, line.corrects_month) for line in statement.posted
    ] == [
        ("commission", 500, ""),
        ("adjustment", 1000, "2026-10"),
        ("clawback", -2500, "2026-10"),
    ]
    assert (statement.paid_minor, statement.debt_minor) == (0, 1000)
    assert kept(database, anna)[1] == before
    with database.read() as connection:
        late = [entry for entry in ledger.entries_of(connection, anna) if entry.corrects_id]
    assert {entry.corrects_id for entry in late} == {before.id}
    assert verify(database).differences == ()


def test_draws_and_their_debts_run_on_from_month_to_month(database: Database, drawn: int) -> None:
    tell(database, a_deal_of(drawn, "d-1", 10, 40_000))
    close(database, "2026-10")
    close(database, "2026-11")
    tell(database, a_deal_of(drawn, "d-2", 12, 300_000))
    close(database, "2026-12")
    figures = [
        (one.month_key, one.total_minor, one.debt_minor) for one in reversed(kept(database, drawn))
    ]
    assert figures == [("2026-10", 5000, 3000), ("2026-11", 5000, 8000), ("2026-12", 19000, 0)]
    statement = newest(database, drawn)
    assert (statement.recovered_minor, statement.advanced_minor) == (8000, 0)
    assert verify(database).differences == ()


def test_two_people_are_behind_every_close(database: Database, anna: int) -> None:
    with pytest.raises(Conflict, match="Nobody has asked"):
        flow_payroll.approve_close(database, "2026-10", PIA, LATER)
    flow_payroll.request_close(database, "2026-10", IDA, LATER.date(), LATER)
    with pytest.raises(Conflict, match="somebody else must approve"):
        flow_payroll.approve_close(database, "2026-10", "IDA@firma.dk", LATER)
    with pytest.raises(Conflict, match="has asked already"):
        flow_payroll.request_close(database, "2026-10", PIA, LATER.date(), LATER)
    flow_payroll.decline_close(database, "2026-10", PIA, "a deal is missing", LATER)
    with pytest.raises(Conflict, match="Nobody has asked"):
        flow_payroll.approve_close(database, "2026-10", PIA, LATER)
    with database.read() as connection:
        assert [entry.act for entry in trail.entries(connection)] == [
            "request close",
            "decline close",
        ]


def test_months_are_closed_in_order_and_not_before_they_end(database: Database, anna: int) -> None:
    with pytest.raises(Conflict, match="is not over yet"):
        flow_payroll.request_close(database, "2027-03", IDA, LATER.date(), LATER)
    close(database, "2026-10")
    with pytest.raises(Conflict, match="the next is 2026-11"):
        flow_payroll.request_close(database, "2026-12", IDA, LATER.date(), LATER)
    with pytest.raises(BadInput, match="is no month"):
        flow_payroll.request_close(database, "2026-Q4", IDA, LATER.date(), LATER)


def test_figures_that_changed_after_the_approver_looked_must_be_seen_first(
    database: Database, anna: int
) -> None:
    flow_payroll.request_close(database, "2026-10", IDA, LATER.date(), LATER)
    tell(database, a_deal_of(anna, "d-1", 10))
    with pytest.raises(flow_payroll.Overtaken, match="changed meanwhile"):
        flow_payroll.approve_close(database, "2026-10", PIA, LATER, seen_entry_id=0)
    with database.read() as connection:
        seen = ledger.last_id(connection, "2026-10")
    assert flow_payroll.approve_close(database, "2026-10", PIA, LATER, seen) == 1


def test_a_reopened_month_gets_another_version_and_the_first_stays(
    database: Database, anna: int
) -> None:
    tell(database, a_deal_of(anna, "d-1", 10))
    close(database, "2026-10")
    first = kept(database, anna)
    tell(database, a_deal_of(anna, "d-2", 10))
    with pytest.raises(BadInput, match="there is none"):
        flow_payroll.reopen_month(database, "2026-10", IDA, " ", LATER)
    with pytest.raises(Conflict, match="the latest is 2026-10"):
        flow_payroll.reopen_month(database, "2026-09", IDA, "wrong", LATER)
    flow_payroll.reopen_month(database, "2026-10", IDA, "a deal was forgotten", LATER)
    tell(database, a_deal_of(anna, "d-3", 10))
    close(database, "2026-10")
    assert [(one.version, one.total_minor) for one in kept(database, anna)] == [
        (2, 7500),
        (1, 2500),
    ]
    assert kept(database, anna)[1:] == first
    close(database, "2026-11")
    assert newest(database, anna).posted[0].corrects_month == "2026-10"
    assert newest(database, anna).paid_minor == 2500
    assert verify(database).differences == ()


def test_a_statement_that_was_tampered_with_is_named(database: Database, anna: int) -> None:
    tell(database, a_deal_of(anna, "d-1", 10))
    close(database, "2026-10")
    (stored,) = kept(database, anna)
    changed = stored.lines.replace("2500", "9500")
    with database.write() as connection:
        connection.execute(update(tables.statement).values(lines=changed, total_minor=9500))
    found = verify(database)
    assert {difference.kind for difference in found.differences} == {"statement"}
    assert "anna@firma.dk 2026-10" in str(found.differences[0])
    assert found.drift_minor


def test_a_ledger_entry_that_was_tampered_with_no_longer_gives_the_statement(
    database: Database, anna: int
) -> None:
    tell(database, a_deal_of(anna, "d-1", 10))
    close(database, "2026-10")
    tell(database, a_deal_of(anna, "d-2", 10))
    close(database, "2026-11")
    with database.write() as connection:
        table = tables.ledger_entry
        late = table.c.kind == "adjustment"
        connection.execute(update(table).where(late).values(kind="clawback"))
    assert {one.kind for one in verify(database).differences} == {"statement"}


def test_an_adjustment_by_hand_needs_two_people_and_is_a_line_of_its_own(
    database: Database, anna: int
) -> None:
    proposal = Proposal(anna, "2026-10", 123_45, "DKK", "Bridge for September")
    number = flow_payroll.propose_adjustment(database, proposal, IDA, LATER)
    with pytest.raises(Conflict, match="somebody else must decide"):
        flow_payroll.decide_adjustment(database, number, Decision.APPROVED, IDA, LATER)
    with pytest.raises(Conflict, match=r"Only ida@firma\.dk can withdraw"):
        flow_payroll.decide_adjustment(database, number, Decision.WITHDRAWN, PIA, LATER, "no")
    with pytest.raises(BadInput, match="there is none"):
        flow_payroll.decide_adjustment(database, number, Decision.DECLINED, PIA, LATER)
    flow_payroll.decide_adjustment(database, number, Decision.APPROVED, PIA, LATER)
    with pytest.raises(flow_payroll.Overtaken, match="approved it already"):
        flow_payroll.decide_adjustment(database, number, Decision.DECLINED, PIA, LATER, "late")
    close(database, "2026-10")
    (line,) = newest(database, anna).posted
    assert (line.kind.value, line.amount_minor, line.reason) == (
        "manual",
        123_45,
        "Bridge for September",
    )
    assert newest(database, anna).paid_minor == 123_45
    assert verify(database).differences == ()


def test_a_proposal_sent_again_while_it_waits_is_the_same_proposal(
    database: Database, anna: int
) -> None:
    proposal = Proposal(anna, "2026-10", 123_45, "DKK", "Bridge for September")
    numbers = [
        flow_payroll.propose_adjustment(database, proposal, by, LATER) for by in (IDA, IDA, PIA)
    ]
    flow_payroll.decide_adjustment(database, numbers[0], Decision.APPROVED, PIA, LATER)
    numbers.append(flow_payroll.propose_adjustment(database, proposal, IDA, LATER))
    assert numbers == [1, 1, 2, 3]


def test_a_declined_adjustment_pays_nothing_and_a_late_one_is_paid_in_the_open_month(
    database: Database, anna: int
) -> None:
    close(database, "2026-10")
    numbers = [
        flow_payroll.propose_adjustment(
            database, Proposal(anna, "2026-10", amount, "DKK", "why"), IDA, LATER
        )
        for amount in (100, -300)
    ]
    flow_payroll.decide_adjustment(database, numbers[0], Decision.DECLINED, PIA, LATER, "no")
    flow_payroll.decide_adjustment(database, numbers[1], Decision.APPROVED, PIA, LATER)
    close(database, "2026-11")
    (line,) = newest(database, anna).posted
    assert (line.amount_minor, line.corrects_month) == (-300, "2026-10")
    assert (newest(database, anna).paid_minor, newest(database, anna).debt_minor) == (0, 300)
    assert verify(database).differences == ()


def test_equity_stands_in_units_beside_the_money(database: Database, anna: int) -> None:
    grant = Grant(anna, "Warrants", 1200, date(2026, 1, 31), over_months=12)
    with database.write() as connection:
        equity.record_grant(connection, grant, IDA, AT)
    tell(database, a_deal_of(anna, "d-1", 10))
    close(database, "2026-10")
    (units,) = newest(database, anna).equity
    assert (units.vested_units, units.vested_in_month_units, units.granted_units) == (
        900,
        100,
        1200,
    )
    assert newest(database, anna).paid_minor == 2500
    with database.write() as connection:
        equity.record_leaving(connection, anna, date(2026, 6, 1), IDA, LATER)
    assert verify(database).differences == (), "what is learned later changes no closed month"
