"""What sources say becomes what people earn, once, in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import func, select

from tests.builders import a_deal, an_event, shared_by
from tracker import flow
from tracker.engine.deals import CreditShare, DealEvent, DealStatus
from tracker.engine.earning.totals import TotalKey
from tracker.engine.periods import period_named
from tracker.errors import Conflict, NotFound
from tracker.store import (
    credits,
    deals,
    ledger,
    outbox,
    people,
    plans,
    standing_reads,
    tables,
    totals,
)
from tracker.store.database import Database
from tracker.store.plans import QuotaChange

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
Q4 = "2026-Q4"

QUOTA_LADDER = """
name = "Quota ladder"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "new"
measure = "revenue"
tiers_on = "quota"
tiers = [ {up_to = "100%", rate = "10%"}, {rate = "20%"} ]
"""

GATED = """
name = "Gated"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
measure = "revenue"
requires = ["icp_match"]
tiers = [ {rate = "10%"} ]
"""

HEAVY = """
name = "Heavy"
currency = "DKK"
window = "year"
settlement = "month"
[[components]]
key = "sales"
measure = "revenue"
tiers = [ {rate = "10%"} ]
multipliers = [ {where = {kind = "giant"}, factor = "10"}, {where = {kind = "giant"}, factor = "9"} ]
"""


def kinds(database: Database, *events: DealEvent, at: datetime = AT) -> list[str]:
    return [outcome.kind for outcome in flow.record_deal_events(database, events, at)]


def earned_minor(database: Database, payee_id: int, window_key: str = Q4) -> int:
    """What is earned, after making sure that the ledger says the same."""
    with database.read() as connection:
        by_component = totals.earnings_of(connection, payee_id, window_key)
        entries = ledger.entries_of(connection, payee_id, window_key)
    earned = sum(sum(by_period.values()) for by_period in by_component.values())
    assert sum(entry.amount_minor for entry in entries) == earned
    return earned


def changes_since(database: Database, sequence: int) -> list[outbox.OutboxChange]:
    with database.read() as connection:
        return outbox.changes_after(connection, sequence)


def last_sequence(database: Database) -> int:
    with database.read() as connection:
        return outbox.last_sequence(connection)


def row_counts(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in tables.metadata.sorted_tables
        }


def add_rep(database: Database, name: str) -> int:
    with database.write() as connection:
        payee_id = people.add_payee(connection, name, name.title(), None)
        plans.assign(connection, payee_id, "ladder", date(2026, 1, 1), None, "test", AT)
    return payee_id


def test_a_won_deal_is_earned_in_its_period_at_the_tiers_it_fills(
    database: Database, anna: int
) -> None:
    # 5 % of the first 1,000.00 and 10 % of the other 500.00.
    assert kinds(database, an_event(a_deal(amount_minor=150_000))) == ["recorded"]
    with database.read() as connection:
        assert totals.earnings_of(connection, anna, Q4) == {"ladder/sales": {"2026-11": 10_000}}
    assert earned_minor(database, anna) == 10_000


def test_a_later_deal_climbs_on_from_the_month_before(database: Database, anna: int) -> None:
    october = a_deal("d-1", 100_000, effective_on=date(2026, 10, 5))
    kinds(database, an_event(a_deal("d-2", 50_000)), an_event(october))
    with database.read() as connection:
        earned = totals.earnings_of(connection, anna, Q4)["ladder/sales"]
    assert earned == {"2026-10": 5_000, "2026-11": 5_000}


def test_a_retry_changes_nothing(database: Database, anna: int) -> None:
    kinds(database, an_event(a_deal()))
    before = row_counts(database)
    assert kinds(database, an_event(a_deal())) == ["duplicate"]
    assert row_counts(database) == before


def test_a_stale_version_is_kept_and_changes_no_figure(database: Database, anna: int) -> None:
    newer, older = an_event(a_deal(amount_minor=100_000), 2), an_event(a_deal(), 1)
    assert kinds(database, newer) == ["recorded"]
    assert kinds(database, older) == ["stale"]
    assert earned_minor(database, anna) == 5_000
    with database.read() as connection:
        assert len(deals.events_of_deal(connection, "d-1")) == 2


def test_the_same_id_with_another_body_is_refused_by_name(database: Database, anna: int) -> None:
    kinds(database, an_event(a_deal(amount_minor=100_000)))
    other = replace(an_event(a_deal(amount_minor=900_000)), event_id="d-1-1", body_hash="other")
    (outcome,) = flow.record_deal_events(database, [other], AT)
    assert (outcome.kind, outcome.is_conflict) == ("refused", True)
    assert "'d-1-1'" in outcome.problem
    assert earned_minor(database, anna) == 5_000


def test_a_batch_has_the_outcomes_its_events_would_have_one_by_one(
    database: Database, anna: int
) -> None:
    first, second, third = (an_event(a_deal(amount_minor=n * 1000), n) for n in (1, 2, 3))
    conflict = replace(second, body_hash="other")
    expected = ["recorded", "recorded", "stale", "duplicate", "refused"]
    assert kinds(database, first, third, second, third, conflict) == expected
    assert earned_minor(database, anna) == 150


def test_versions_that_tie_are_settled_by_the_event_id_in_any_order(
    database: Database, anna: int
) -> None:
    tied = [
        replace(an_event(a_deal(amount_minor=amount), 1), event_id=event_id)
        for event_id, amount in (("b", 60_000), ("a", 20_000))
    ]
    assert kinds(database, tied[0]) == ["recorded"]
    assert kinds(database, tied[1]) == ["stale"]
    assert earned_minor(database, anna) == 3_000


def test_a_deal_that_is_cancelled_and_won_again_earns_as_before(
    database: Database, anna: int
) -> None:
    won = a_deal(amount_minor=100_000)
    kinds(database, an_event(won, 1))
    kinds(database, an_event(replace(won, status=DealStatus.CANCELLED), 2))
    assert earned_minor(database, anna) == 0
    kinds(database, an_event(won, 3))
    assert earned_minor(database, anna) == 5_000


def test_a_deal_moves_between_periods_and_owners(database: Database, anna: int) -> None:
    bo = add_rep(database, "bo")
    deal = a_deal(amount_minor=100_000)
    kinds(database, an_event(deal, 1))
    kinds(database, an_event(replace(deal, effective_on=date(2026, 9, 30)), 2))
    assert (earned_minor(database, anna), earned_minor(database, anna, "2026-Q3")) == (0, 5_000)
    kinds(database, an_event(replace(deal, credit_shares=shared_by(anna, bo)), 3))
    assert (earned_minor(database, anna), earned_minor(database, bo)) == (2_500, 2_500)
    assert earned_minor(database, anna, "2026-Q3") == 0
    with database.read() as connection:
        found = deals.deals_of_payee(connection, bo, DealStatus.WON, period_named(Q4))
        assert [stored.deal.key for stored in found] == ["d-1"]
        assert deals.count_deals_of_payee(connection, anna, DealStatus.OPEN) == 0


def test_a_held_deal_earns_when_its_evidence_arrives(database: Database, anna: int) -> None:
    activate(database, "ladder", GATED, date(2026, 2, 1))
    kinds(database, an_event(a_deal(amount_minor=100_000), 1))
    key = TotalKey(anna, "ladder/sales", Q4)
    with database.read() as connection:
        (held,) = credits.credits_of_total(connection, key, counted=False)
        assert held.missing_evidence == ("icp_match",)
    assert earned_minor(database, anna) == 0
    proven = a_deal(amount_minor=100_000, evidence=frozenset({"icp_match"}))
    kinds(database, an_event(proven, 2))
    assert earned_minor(database, anna) == 10_000


def test_an_unknown_payee_is_refused_and_the_rest_of_the_batch_recorded(
    database: Database, anna: int
) -> None:
    stranger = a_deal("d-2", credit_shares=(CreditShare(999, Fraction(1)),))
    outcomes = flow.record_deal_events(
        database, [an_event(stranger), an_event(a_deal(amount_minor=100_000))], AT
    )
    assert [outcome.kind for outcome in outcomes] == ["refused", "recorded"]
    assert "999" in outcomes[0].problem
    assert earned_minor(database, anna) == 5_000
    with database.read() as connection:
        assert deals.events_of_deal(connection, "d-2") == []


def test_a_total_that_would_not_fit_is_refused_and_the_rest_of_the_batch_recorded(
    database: Database, anna: int
) -> None:
    activate(database, "ladder", HEAVY, date(2026, 2, 1))
    giants = [an_event(a_deal(f"giant-{n}", 10**13, properties={"kind": "giant"})) for n in (1, 2)]
    outcomes = flow.record_deal_events(database, [*giants, an_event(a_deal("d", 1_000))], AT)
    assert [outcome.kind for outcome in outcomes] == ["recorded", "refused", "recorded"]
    assert "too large" in outcomes[1].problem
    assert earned_minor(database, anna, "2026") == 10**13 * 9 + 100
    with database.read() as connection:
        assert deals.deal(connection, "giant-2") is None
        assert credits.credits_of_deals(connection, ["giant-2"]) == []


def test_an_amount_out_of_all_reason_is_refused(database: Database, anna: int) -> None:
    assert kinds(database, an_event(a_deal(amount_minor=10**30))) == ["refused"]
    assert earned_minor(database, anna) == 0


def test_a_failure_in_the_middle_leaves_nothing(
    database: Database, anna: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = row_counts(database)

    def fail(*_: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patch:
        patch.setattr(outbox, "append", fail)
        with pytest.raises(RuntimeError, match="the power went"):
            flow.record_deal_events(database, [an_event()], AT)
    assert row_counts(database) == before
    assert kinds(database, an_event()) == ["recorded"]


def test_everyone_of_a_deal_hears_of_it_and_only_the_first_win_is_a_win(
    database: Database, anna: int
) -> None:
    bo = add_rep(database, "bo")
    deal = a_deal(status=DealStatus.OPEN)
    start = last_sequence(database)
    kinds(database, an_event(deal, 1))
    assert [change.is_win for change in changes_since(database, start)] == [False, False]
    start = last_sequence(database)
    kinds(database, an_event(replace(deal, status=DealStatus.WON), 2))
    won = changes_since(database, start)
    assert [(change.kind, change.payee_id, change.is_win) for change in won] == [
        ("deal", anna, True),
        ("earnings", anna, False),
    ]
    assert won[0].deal_key == "d-1"
    assert won[0].team_id is not None
    start = last_sequence(database)
    moved = replace(deal, status=DealStatus.WON, credit_shares=shared_by(bo))
    kinds(database, an_event(moved, 3))
    heard = {(change.payee_id, change.is_win) for change in changes_since(database, start)}
    assert heard == {(anna, False), (bo, False)}


def test_a_retry_wakes_nobody(database: Database, anna: int) -> None:
    kinds(database, an_event())
    woken: list[bool] = []
    database.on_commit(lambda: woken.append(True))
    kinds(database, an_event())
    assert woken == []
    kinds(database, an_event(a_deal("d-2")))
    assert woken == [True]


def test_a_ledger_entry_names_the_event_behind_it_when_there_is_one(
    database: Database, anna: int
) -> None:
    kinds(database, an_event(a_deal("d-1")))
    kinds(database, an_event(a_deal("d-2")), an_event(a_deal("d-3")))
    with database.read() as connection:
        entries = ledger.entries_of(connection, anna)
        (event,) = deals.events_of_deal(connection, "d-1")
    assert [(entry.cause, entry.cause_id) for entry in entries] == [
        ("deal", event.id),
        ("deal", None),
    ]


def test_what_was_earned_since_an_instant_counts_from_that_instant(
    database: Database, anna: int
) -> None:
    kinds(database, an_event(a_deal("d-1", 100_000)))
    later = AT + timedelta(hours=1)
    kinds(database, an_event(a_deal("d-2", 10_000)), at=later)
    key = TotalKey(anna, "ladder/sales", Q4)
    with database.read() as connection:
        assert standing_reads.earned_since(connection, [anna], later) == {key: 1_000}
        assert standing_reads.earned_since(connection, [anna], AT) == {key: 6_000}


def test_open_deals_earn_nothing_and_leave_no_total(database: Database, anna: int) -> None:
    kinds(database, an_event(a_deal(status=DealStatus.OPEN)))
    counts = row_counts(database)
    assert (counts["credit"], counts["running_total"], counts["ledger_entry"]) == (0, 0, 0)


def test_sums_that_return_to_nothing_leave_no_row(database: Database, anna: int) -> None:
    kinds(database, an_event(a_deal(), 1))
    kinds(database, an_event(a_deal(status=DealStatus.LOST), 2))
    counts = row_counts(database)
    assert (counts["running_total"], counts["running_total_day"], counts["credit"]) == (0, 0, 0)


# --- quotas, plans, assignments


def activate(
    database: Database, plan_key: str, text: str, effective_from: date = date(2026, 1, 1)
) -> int:
    return flow.activate_plan_version(database, plan_key, effective_from, text, "ida", AT)


def set_quota(database: Database, payee_id: int, component_key: str, amount_minor: int) -> int:
    change = QuotaChange(payee_id, component_key, Q4, amount_minor)
    return len(flow.change_quotas(database, [change], "ida", AT))


@pytest.fixture
def on_quota(database: Database, anna: int) -> int:
    """Anna, moved to a ladder on quota with one deal of 1,500.00 won."""
    activate(database, "quota", QUOTA_LADDER)
    with database.write() as connection:
        plans.assign(connection, anna, "ladder", date(2026, 1, 1), date(2026, 1, 2), "test", AT)
    flow.assign_plan(database, anna, "quota", date(2026, 1, 3), None, "test", AT)
    kinds(database, an_event(a_deal(amount_minor=150_000)))
    return anna


def test_a_quota_changes_what_is_earned_without_reading_a_deal(
    database: Database, on_quota: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a quota reads no deal")

    assert earned_minor(database, on_quota) == 0
    monkeypatch.setattr(deals, "deals", refuse)
    monkeypatch.setattr(credits, "credits_of_deals", refuse)
    assert set_quota(database, on_quota, "", 100_000) == 1
    assert earned_minor(database, on_quota) == 10_000 + 10_000
    assert set_quota(database, on_quota, "quota/new", 200_000) == 1
    assert earned_minor(database, on_quota) == 15_000
    assert set_quota(database, on_quota, "", 1) == 1, "the one for the component goes first"
    assert earned_minor(database, on_quota) == 15_000
    with database.read() as connection:
        assert ledger.entries_of(connection, on_quota)[-1].cause == "quota"


def test_setting_the_same_quota_again_changes_nothing(database: Database, on_quota: int) -> None:
    set_quota(database, on_quota, "", 100_000)
    before = row_counts(database)
    assert set_quota(database, on_quota, "", 100_000) == 0
    assert row_counts(database) == before


def test_a_quota_is_heard_by_its_payee(database: Database, on_quota: int) -> None:
    start = last_sequence(database)
    set_quota(database, on_quota, "", 100_000)
    (change,) = changes_since(database, start)
    assert (change.kind, change.payee_id) == ("earnings", on_quota)


def test_a_quota_for_nobody_is_refused(database: Database, anna: int) -> None:
    with pytest.raises(NotFound, match="999"):
        set_quota(database, 999, "", 100)


def test_a_plan_version_pays_deals_from_its_day_on_and_leaves_the_earlier(
    database: Database, anna: int
) -> None:
    october = a_deal("d-1", 100_000, effective_on=date(2026, 10, 5))
    kinds(database, an_event(october), an_event(a_deal("d-2", 100_000)))
    assert earned_minor(database, anna) == 5_000 + 10_000
    flat = GATED.replace('requires = ["icp_match"]', "").replace("10%", "30%")
    activate(database, "ladder", flat, date(2026, 11, 1))
    with database.read() as connection:
        earned = totals.earnings_of(connection, anna, Q4)["ladder/sales"]
        causes = [entry.cause for entry in ledger.entries_of(connection, anna)]
    assert earned == {"2026-10": 5_000, "2026-11": 30_000}
    assert causes[-1] == "plan"


def test_a_second_version_from_the_same_day_is_refused(database: Database, anna: int) -> None:
    with pytest.raises(Conflict, match="never edited"):
        activate(database, "ladder", GATED)


def test_a_version_in_another_currency_is_refused(database: Database, anna: int) -> None:
    with pytest.raises(Conflict, match="SEK"):
        activate(database, "ladder", GATED.replace("DKK", "SEK"), date(2026, 6, 1))


def test_a_version_with_another_fiscal_year_is_refused(database: Database, anna: int) -> None:
    """Two windows would be named 2026-Q1: January to March, and July to September."""
    fiscal = "year_starts_in_month = 7\n" + GATED.strip()
    with pytest.raises(Conflict, match="month 7"):
        activate(database, "ladder", fiscal, date(2026, 7, 1))


def test_assigning_a_plan_pays_the_deals_already_there(database: Database, anna: int) -> None:
    with database.write() as connection:
        bo = people.add_payee(connection, "bo", "Bo", None)
    kinds(database, an_event(a_deal(amount_minor=100_000, credit_shares=shared_by(bo))))
    assert earned_minor(database, bo) == 0
    assert flow.assign_plan(database, bo, "ladder", date(2026, 11, 1), None, "test", AT)
    assert earned_minor(database, bo) == 5_000
    assert not flow.assign_plan(database, bo, "ladder", date(2026, 11, 1), None, "test", AT)
    assert flow.assign_plan(
        database, bo, "ladder", date(2026, 11, 1), date(2026, 11, 1), "test", AT
    )
    assert earned_minor(database, bo) == 0


def test_a_payee_cannot_be_on_one_plan_twice_at_once(database: Database, anna: int) -> None:
    with pytest.raises(Conflict, match=r"^anna@firma\.dk is on plan 'ladder' .* already"):
        flow.assign_plan(database, anna, "ladder", date(2026, 6, 1), None, "test", AT)
    with pytest.raises(Conflict, match="before it starts"):
        flow.assign_plan(database, anna, "other", date(2026, 6, 1), date(2026, 5, 1), "test", AT)


def test_a_payee_is_paid_in_one_currency_at_a_time(database: Database, anna: int) -> None:
    """What is earned in kroner and in euros cannot be one figure."""
    activate(database, "export", GATED.replace("DKK", "EUR"), date(2026, 1, 1))
    with pytest.raises(Conflict, match=r"'ladder' .* DKK; 'export' pays in EUR"):
        flow.assign_plan(database, anna, "export", date(2026, 6, 1), None, "test", AT)
    flow.assign_plan(database, anna, "ladder", date(2026, 1, 1), date(2026, 5, 31), "test", AT)
    assert flow.assign_plan(database, anna, "export", date(2026, 6, 1), None, "test", AT)


def test_an_order_within_a_day_that_changes_pay_is_followed_though_no_sum_changes(
    database: Database, anna: int
) -> None:
    weighted = (
        HEAVY.replace(
            'tiers = [ {rate = "10%"} ]',
            'tiers = [ {up_to = "1000.00", rate = "10%"}, {rate = "20%"} ]',
        )
        .replace(', {where = {kind = "giant"}, factor = "9"}', "")
        .replace('"10"', '"2"')
    )
    activate(database, "ladder", weighted, date(2026, 2, 1))
    plain, heavy = a_deal("a", 100_000), a_deal("b", 100_000, properties={"kind": "giant"})
    kinds(database, an_event(plain, 1), an_event(heavy, 1))
    assert earned_minor(database, anna, "2026") == 10_000 + 2 * 20_000
    swapped: Sequence[DealEvent] = (
        an_event(replace(heavy, key="a"), 2),
        an_event(replace(plain, key="b"), 2),
    )
    kinds(database, *swapped)
    assert earned_minor(database, anna, "2026") == 2 * 10_000 + 20_000
