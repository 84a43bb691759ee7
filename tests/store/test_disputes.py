"""What is said about a dispute is kept; a correction pays, until the source speaks again; of two, one wins."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders import a_deal, an_event, shared_by
from tests.store.conftest import AT
from tracker import flow, flow_disputes
from tracker.engine.claims.disputes import Act, State
from tracker.errors import Conflict, NotFound
from tracker.flow_disputes import Overtaken
from tracker.store import deals, disputes, outbox, people, totals, trail
from tracker.store.database import Database
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.disputes import Dispute, Doubt
from tracker.verify import verify

ANNA, METTE = "anna@firma.dk", "mette@firma.dk"
LATER = AT + timedelta(days=5)


@pytest.fixture
def dispute_id(database: Database, anna: int) -> int:
    """Anna doubts a deal of 400.00 that the CRM said at version 4."""
    deal = a_deal("crm:d-1", 40_000, credit_shares=shared_by(anna))
    flow.record_deal_events(database, [an_event(deal, 4)], AT)
    doubt = Doubt(anna, "deal", deal.name, deal_key=deal.key, deal_snapshot=deal_to_json(deal))
    return flow_disputes.raise_dispute(database, doubt, "It was 600.", ANNA, AT)


def found(database: Database, dispute_id: int) -> Dispute:
    with database.read() as connection:
        dispute = disputes.dispute_by_id(connection, dispute_id)
    assert dispute
    return dispute


def stored(database: Database, key: str = "crm:d-1") -> deals.StoredDeal:
    with database.read() as connection:
        kept = deals.stored_deal(connection, key)
    assert kept
    return kept


def earned_minor(database: Database, anna: int) -> int:
    with database.read() as connection:
        return sum(totals.earnings_of(connection, anna, "2026-Q4")["ladder/sales"].values())


def act(database: Database, dispute_id: int, which: Act, read_count: int, by: str = METTE) -> None:
    flow_disputes.act_on_dispute(database, dispute_id, which, "Words.", read_count, by, LATER)


def correct(
    database: Database, dispute_id: int, amount_minor: int, read_count: int = 1, **changes: object
) -> None:
    kept = stored(database)
    deal = replace(kept.deal, amount_minor=amount_minor, **changes)
    flow_disputes.correct_deal(
        database, dispute_id, deal, kept.event_id, "As signed.", read_count, METTE, LATER
    )


def drift_minor(database: Database) -> int:
    return verify(database).drift_minor


def test_every_act_is_kept_with_its_author_and_its_words(
    database: Database, dispute_id: int
) -> None:
    act(database, dispute_id, Act.ANSWER, 1)
    act(database, dispute_id, Act.REPLY, 2, ANNA)
    act(database, dispute_id, Act.DECLINE, 3)
    dispute = found(database, dispute_id)
    assert dispute.state is State.DECLINED
    assert [(entry.act, entry.by) for entry in dispute.entries] == [
        (Act.RAISE, ANNA),
        (Act.ANSWER, METTE),
        (Act.REPLY, ANNA),
        (Act.DECLINE, METTE),
    ]
    assert dispute.entries[0].words == "It was 600."


def test_a_correction_pays_at_once_and_the_sum_stays_provable(
    database: Database, dispute_id: int, anna: int
) -> None:
    assert earned_minor(database, anna) == 2_000
    correct(database, dispute_id, 60_000)
    assert earned_minor(database, anna) == 3_000
    dispute = found(database, dispute_id)
    assert dispute.state is State.CORRECTED
    assert dispute.correcting_event_ids == (stored(database).event_id,)
    assert drift_minor(database) == 0


def test_what_the_source_says_next_counts_and_what_it_said_before_does_not(
    database: Database, dispute_id: int, anna: int
) -> None:
    correct(database, dispute_id, 60_000)
    deal = replace(stored(database).deal, amount_minor=10_000)
    late = an_event(deal, 3, event_id="late")
    again = an_event(replace(deal, amount_minor=40_000), 4, event_id="crm:d-1-4")
    outcomes = flow.record_deal_events(database, [late, again], LATER)
    assert [outcome.kind for outcome in outcomes] == ["stale", "duplicate"]
    assert earned_minor(database, anna) == 3_000
    flow.record_deal_events(database, [an_event(deal, 5)], LATER)
    assert earned_minor(database, anna) == 500
    assert stored(database).event_id not in found(database, dispute_id).correcting_event_ids
    assert drift_minor(database) == 0


def test_a_second_correction_stands_above_the_first(
    database: Database, dispute_id: int, anna: int
) -> None:
    correct(database, dispute_id, 60_000)
    flow_disputes.act_on_dispute(database, dispute_id, Act.REOPEN, "No.", 2, ANNA, LATER)
    kept = stored(database)
    flow_disputes.correct_deal(
        database,
        dispute_id,
        replace(kept.deal, amount_minor=80_000),
        kept.event_id,
        "Sorry.",
        3,
        METTE,
        LATER + timedelta(seconds=1),
    )
    assert earned_minor(database, anna) == 4_000
    assert drift_minor(database) == 0


@pytest.mark.parametrize("letter", ["x", "~", "å", "\U0001f600"])
def test_a_correction_stands_above_an_id_of_any_length(
    database: Database, anna: int, letter: str
) -> None:
    deal = a_deal("crm:long", 40_000, credit_shares=shared_by(anna))
    flow.record_deal_events(database, [an_event(deal, event_id=letter * 200)], AT)
    doubt = Doubt(anna, "deal", deal.name, deal_key=deal.key)
    dispute_id = flow_disputes.raise_dispute(database, doubt, "It was 600.", ANNA, AT)
    kept = stored(database, deal.key)
    flow_disputes.correct_deal(
        database,
        dispute_id,
        replace(deal, amount_minor=60_000),
        kept.event_id,
        "Yes.",
        1,
        METTE,
        LATER,
    )
    assert earned_minor(database, anna) == 3_000


def test_of_two_who_decide_at_once_the_first_wins_and_the_other_is_told(
    database: Database, dispute_id: int, anna: int
) -> None:
    act(database, dispute_id, Act.DECLINE, 1)
    with pytest.raises(Overtaken, match="Somebody else has written"):
        correct(database, dispute_id, 60_000, read_count=1)
    with pytest.raises(Overtaken, match="not possible"):
        correct(database, dispute_id, 60_000, read_count=2)
    assert earned_minor(database, anna) == 2_000, "the loser's correction left nothing"
    assert found(database, dispute_id).state is State.DECLINED


def test_a_deal_that_moved_under_the_corrector_is_not_overwritten(
    database: Database, dispute_id: int, anna: int
) -> None:
    before = stored(database)
    flow.record_deal_events(database, [an_event(replace(before.deal, amount_minor=99), 5)], LATER)
    with pytest.raises(Overtaken, match="The deal has changed"):
        flow_disputes.correct_deal(
            database, dispute_id, before.deal, before.event_id, "Yes.", 1, METTE, LATER
        )
    assert found(database, dispute_id).state is State.OPEN


def test_a_missing_deal_is_added_below_whatever_its_source_will_say(
    database: Database, dispute_id: int, anna: int
) -> None:
    missing = a_deal("crm:d-2", 20_000, credit_shares=shared_by(anna))
    flow_disputes.correct_deal(database, dispute_id, missing, None, "Added.", 1, METTE, LATER)
    assert earned_minor(database, anna) == 3_000
    own = an_event(replace(missing, amount_minor=10_000), 0, event_id="0")
    (outcome,) = flow.record_deal_events(database, [own], LATER)
    assert outcome.kind == "recorded"
    assert earned_minor(database, anna) == 2_500
    assert drift_minor(database) == 0


def test_a_correction_that_cannot_be_recorded_leaves_the_dispute_as_it_was(
    database: Database, dispute_id: int
) -> None:
    with pytest.raises(Conflict, match="no payee"):
        correct(database, dispute_id, 60_000, credit_shares=shared_by(999))
    assert found(database, dispute_id).state is State.OPEN
    with pytest.raises(NotFound):
        act(database, 999, Act.ANSWER, 1)


def test_the_rep_and_the_team_hear_of_every_act(database: Database, dispute_id: int) -> None:
    with database.read() as connection:
        before = outbox.last_sequence(connection)
    act(database, dispute_id, Act.ANSWER, 1)
    with database.read() as connection:
        (change,) = outbox.changes_after(connection, before)
    assert change.kind == "dispute"
    assert change.payee_id
    assert change.team_id
    assert not change.is_win


def test_a_correction_and_a_refusal_stand_in_the_trail_with_their_reason(
    database: Database, dispute_id: int
) -> None:
    act(database, dispute_id, Act.ANSWER, 1)
    correct(database, dispute_id, 60_000, read_count=2)
    act(database, dispute_id, Act.REOPEN, 3, ANNA)
    act(database, dispute_id, Act.DECLINE, 4)
    with database.read() as connection:
        told = [(entry.act, entry.actor, entry.reason) for entry in trail.entries(connection)]
    assert told == [("correct deal", METTE, "As signed."), ("decline dispute", METTE, "Words.")]


def test_what_waits_is_counted_for_the_teams_that_wait(
    database: Database, dispute_id: int, anna: int
) -> None:
    with database.read() as connection:
        payee = people.payee(connection, anna)
        assert payee
        assert payee.team_id
        own, none = frozenset({payee.team_id}), frozenset[int]()
        assert disputes.count_open(connection, own, False, None) == 1
        assert disputes.count_open(connection, own, False, anna) == 0
        assert disputes.count_open(connection, none, True, None) == 0
        assert [one.id for one in disputes.disputes_of_teams(connection, own, False, LATER)] == [
            dispute_id
        ]
    act(database, dispute_id, Act.ANSWER, 1)
    with database.read() as connection:
        assert disputes.count_open(connection, own, False, None) == 0


def test_what_the_source_said_last_is_known_beside_the_correction(
    database: Database, dispute_id: int
) -> None:
    correct(database, dispute_id, 60_000, effective_on=date(2026, 11, 9))
    with database.read() as connection:
        said = deals.last_said(connection, ["crm:d-1"])
    assert said["crm:d-1"].amount_minor == 40_000
    assert stored(database).deal.effective_on == date(2026, 11, 9)


def test_what_is_over_is_listed_only_since_the_day_asked_for(
    database: Database, dispute_id: int, anna: int
) -> None:
    act(database, dispute_id, Act.DECLINE, 1)
    with database.read() as connection:
        payee = people.payee(connection, anna)
        assert payee
        assert payee.team_id
        own = frozenset({payee.team_id})
        assert disputes.disputes_of_teams(connection, own, False, LATER) == []
        (listed,) = disputes.disputes_of_teams(connection, own, False, AT)
    assert listed.doubt.deal_snapshot is None, "lists do not read what was seen then"
    assert found(database, dispute_id).doubt.deal_snapshot


def test_a_button_pressed_twice_raises_one_dispute(database: Database, anna: int) -> None:
    doubt = Doubt(anna, "figure", "Earned", component_key="ladder/sales", sheet="{}")
    ids = {
        flow_disputes.raise_dispute(database, doubt, words, ANNA, AT + timedelta(seconds=seconds))
        for words, seconds in (("Wrong.", 0), ("Wrong.", 2), ("Wrong!", 3), ("Wrong.", 90))
    }
    assert len(ids) == 3
