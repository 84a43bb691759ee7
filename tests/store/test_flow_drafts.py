"""A plan draft from its first text to what people are paid by; every step with one exact text."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from tests.builders import a_deal, a_plan_text, an_event
from tests.store.conftest import AT, LADDER
from tracker import flow, flow_drafts, flow_exceptions, simulating, trials
from tracker.engine.agreement.plans import PersonalException
from tracker.engine.deals import CreditShare
from tracker.engine.plan_files.plan_file import PlanFileError
from tracker.errors import BadInput, Conflict, NotFound
from tracker.store import drafts, ledger, people, plans, totals, trail
from tracker.store.database import Database
from tracker.store.drafts import Draft

TODAY = date(2026, 11, 1)
BY = "ida@firma.dk"
STEEPER = LADDER.replace("10%", "20%")
Q4 = date(2026, 10, 1), date(2026, 12, 31)


def a_draft(database: Database, text: str = STEEPER, replaces: str = "ladder") -> int:
    return flow_drafts.start_draft(database, "ladder", replaces, text, BY, AT)


def read(database: Database, draft_id: int) -> Draft:
    with database.read() as connection:
        found = drafts.draft(connection, draft_id)
    assert found is not None
    return found


def check(database: Database, draft_id: int) -> None:
    flow_drafts.record_check(database, draft_id, {"advice": []}, BY, AT)


def simulate(database: Database, draft_id: int) -> None:
    simulating.simulate_draft(database, draft_id, TODAY, BY, AT)


def sell(database: Database, payee_id: int, amount_minor: int, day: date) -> None:
    deal = a_deal(
        f"d-{payee_id}-{day}",
        amount_minor,
        effective_on=day,
        credit_shares=(CreditShare(payee_id, Fraction(1)),),
    )
    flow.record_deal_events(database, [an_event(deal)], AT)


def colleagues(database: Database, count: int) -> list[int]:
    with database.write() as connection:
        ids = [people.add_payee(connection, f"r{n}@firma.dk", f"R{n}", None) for n in range(count)]
        for one in ids:
            plans.assign(connection, one, "ladder", date(2026, 1, 1), None, "test", AT)
    return ids


def test_a_draft_becomes_the_plan_people_are_paid_by(database: Database, anna: int) -> None:
    sell(database, anna, 3_000_00, date(2026, 11, 2))
    draft_id = a_draft(database)
    check(database, draft_id)
    simulate(database, draft_id)
    flow_drafts.activate_draft(database, draft_id, date(2026, 10, 1), BY, AT)
    with database.read() as connection:
        versions = plans.plan_versions(connection, "ladder")
        earned = totals.earnings_of(connection, anna, "2026-Q4")
    assert [version.source_toml for version in versions] == [LADDER, STEEPER]
    assert versions[-1].recorded_by == BY
    assert earned == {"ladder/sales": {"2026-11": 50_00 + 400_00}}
    end = read(database, draft_id).end
    assert end is not None
    assert (end.step, end.recorded_by) == ("activated", BY)


def test_a_text_pays_nobody_before_it_was_checked_and_simulated(
    database: Database, anna: int
) -> None:
    draft_id = a_draft(database)
    with pytest.raises(Conflict, match="Check the text"):
        flow_drafts.activate_draft(database, draft_id, TODAY, BY, AT)
    with pytest.raises(Conflict, match="Check the text"):
        simulate(database, draft_id)
    check(database, draft_id)
    with pytest.raises(Conflict, match="Simulate the text"):
        flow_drafts.activate_draft(database, draft_id, TODAY, BY, AT)
    with database.read() as connection:
        assert len(plans.plan_versions(connection, "ladder")) == 1


def test_a_changed_text_starts_again(database: Database, anna: int) -> None:
    draft_id = a_draft(database)
    check(database, draft_id)
    simulate(database, draft_id)
    assert flow_drafts.save_text(database, draft_id, STEEPER + "\n", BY, AT)
    assert read(database, draft_id).done("checked") is None
    with pytest.raises(Conflict, match="changed text starts again"):
        flow_drafts.activate_draft(database, draft_id, TODAY, BY, AT)
    assert not flow_drafts.save_text(database, draft_id, STEEPER + "\n", BY, AT)
    flow_drafts.save_text(database, draft_id, STEEPER, BY, AT)
    assert read(database, draft_id).done("simulated") is not None, "this exact text was"


def test_figures_of_another_text_are_not_kept(database: Database, anna: int) -> None:
    draft_id = a_draft(database)
    check(database, draft_id)
    with pytest.raises(Conflict, match="changed while"):
        flow_drafts.record_simulation(database, draft_id, "0" * 64, {}, BY, AT)


def test_a_text_that_is_no_plan_can_be_kept_but_not_checked(database: Database, anna: int) -> None:
    draft_id = a_draft(database, "name = ")
    with pytest.raises(PlanFileError):
        check(database, draft_id)
    assert read(database, draft_id).text.source_toml == "name = "


@pytest.mark.parametrize(("key", "replaces"), [("AE SMB", "ladder"), ("", ""), ("ae", "nowhere")])
def test_a_draft_needs_a_key_and_a_plan_that_is_there(
    database: Database, anna: int, key: str, replaces: str
) -> None:
    with pytest.raises(BadInput):
        flow_drafts.start_draft(database, key, replaces, LADDER, BY, AT)


def test_an_ended_draft_is_left_alone(database: Database, anna: int) -> None:
    draft_id = a_draft(database)
    flow_drafts.discard_draft(database, draft_id, BY, AT)
    with pytest.raises(Conflict, match="discarded"):
        flow_drafts.save_text(database, draft_id, LADDER, BY, AT)
    with pytest.raises(NotFound):
        flow_drafts.save_text(database, 999, LADDER, BY, AT)


def test_every_step_stands_in_the_trail_with_its_author(database: Database, anna: int) -> None:
    draft_id = a_draft(database)
    check(database, draft_id)
    simulate(database, draft_id)
    flow_drafts.activate_draft(database, draft_id, date(2027, 1, 1), BY, AT)
    with database.read() as connection:
        acts = [(entry.act, entry.actor) for entry in trail.entries(connection)]
    assert acts == [
        (act, BY)
        for act in (
            "draft plan",
            "check plan draft",
            "simulate plan draft",
            "activate plan version",
            "activate plan draft",
        )
    ]


# --- the pilot


@pytest.fixture
def piloted(database: Database, anna: int) -> int:
    """A draft that Anna and two colleagues try in the fourth quarter."""
    draft_id = a_draft(database)
    check(database, draft_id)
    simulate(database, draft_id)
    flow_drafts.start_pilot(database, draft_id, [anna, *colleagues(database, 2)], *Q4, BY, AT)
    return draft_id


def test_a_pilot_shows_both_figures_and_pays_one(
    database: Database, anna: int, piloted: int
) -> None:
    sell(database, anna, 9_000_00, date(2026, 9, 30))
    sell(database, anna, 3_000_00, date(2026, 11, 2))
    with database.read() as connection:
        found = trials.pilot_figures(connection, read(database, piloted))
        earned = totals.earnings_of(connection, anna, "2026-Q4")
        entries = ledger.entries_of(connection, anna, "2026-Q4")
    assert (found[0].tried_minor, found[0].live_minor) == (450_00, 250_00)
    assert found[0].difference_minor == 200_00
    assert earned == {"ladder/sales": {"2026-11": 250_00}}
    assert sum(entry.amount_minor for entry in entries) == 250_00, "the trial plan pays nobody"
    assert [one.tried_minor for one in found[1:]] == [0, 0]


@pytest.mark.parametrize("count", [1, 5])
def test_a_pilot_has_three_to_five_people(database: Database, anna: int, count: int) -> None:
    draft_id = a_draft(database)
    check(database, draft_id)
    simulate(database, draft_id)
    with pytest.raises(BadInput, match="3 to 5"):
        flow_drafts.start_pilot(
            database, draft_id, [anna, *colleagues(database, count)], *Q4, BY, AT
        )


def test_a_pilot_lasts_whole_windows_of_both_plans(database: Database, anna: int) -> None:
    draft_id = a_draft(database, a_plan_text(window="month"))
    check(database, draft_id)
    simulate(database, draft_id)
    payees = [anna, *colleagues(database, 2)]
    for ends_on in (date(2026, 10, 31), date(2026, 12, 30)):
        with pytest.raises(BadInput, match="whole windows"):
            flow_drafts.start_pilot(database, draft_id, payees, Q4[0], ends_on, BY, AT)
    flow_drafts.start_pilot(database, draft_id, payees, *Q4, BY, AT)


def test_a_pilot_waits_for_the_simulation(database: Database, anna: int) -> None:
    draft_id = a_draft(database)
    check(database, draft_id)
    with pytest.raises(Conflict, match="Simulate the text"):
        flow_drafts.start_pilot(database, draft_id, [anna], *Q4, BY, AT)


def test_a_pilot_ends_by_an_act_or_by_another_text(
    database: Database, anna: int, piloted: int
) -> None:
    flow_drafts.save_text(database, piloted, LADDER, BY, AT)
    assert read(database, piloted).piloting() == []
    flow_drafts.save_text(database, piloted, STEEPER, BY, AT)
    assert len(read(database, piloted).piloting()) == 3
    flow_drafts.end_pilot(database, piloted, BY, AT + timedelta(days=1))
    assert read(database, piloted).piloting() == []
    with pytest.raises(Conflict, match="No pilot"):
        flow_drafts.end_pilot(database, piloted, BY, AT)


def test_a_first_plan_is_tried_on_everybody(database: Database, anna: int) -> None:
    sell(database, anna, 3_000_00, date(2026, 8, 1))
    draft_id = a_draft(database, replaces="")
    check(database, draft_id)
    simulate(database, draft_id)
    found = read(database, draft_id).done("simulated")
    assert found is not None
    assert found.figures["scenarios"][0]["new_minor"] == 450_00
    assert not found.figures["is_compared"]


# --- what was earned until now


def test_until_now_is_what_the_ledger_has_personal_exceptions_included(
    database: Database, anna: int
) -> None:
    exception = PersonalException(
        0, anna, "ladder/sales", add_rate=Fraction(1, 100), reason="Agreed"
    )
    flow_exceptions.agree(database, exception, BY, AT)
    for day in (date(2026, 2, 3), date(2026, 5, 4), date(2026, 8, 5)):
        sell(database, anna, 1_777_77, day)
    draft_id = a_draft(database, LADDER)
    check(database, draft_id)
    simulate(database, draft_id)
    found = read(database, draft_id).done("simulated")
    assert found is not None
    (outcome,) = found.figures["outcomes"]
    with database.read() as connection:
        earned = sum(entry.amount_minor for entry in ledger.entries_of(connection, anna))
    assert outcome["old_minor"] == outcome["new_minor"] == earned


def test_a_pilot_adds_its_difference_to_what_is_really_earned(
    database: Database, anna: int, piloted: int
) -> None:
    sell(database, anna, 3_000_00, date(2026, 11, 2))
    exception = PersonalException(
        0, anna, "ladder/sales", add_rate=Fraction(1, 100), reason="Agreed"
    )
    flow_exceptions.agree(database, exception, BY, AT)
    with database.read() as connection:
        found = trials.pilot_figures(connection, read(database, piloted))[0]
        earned = totals.earnings_of(connection, anna, "2026-Q4")
    assert found.live_minor == earned["ladder/sales"]["2026-11"] == 250_00 + 30_00
    assert found.tried_minor == 450_00 + 30_00
