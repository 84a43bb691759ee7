"""Scores of objectives are recorded like deals, pay like deals, and are shown as no deal."""

from datetime import UTC, date, datetime

import pytest

from tests.builders import a_rep
from tracker import flow, flow_objectives
from tracker.engine.deals import DealStatus
from tracker.errors import BadInput, NotFound
from tracker.flow_objectives import Overtaken
from tracker.store import deals, objectives, outbox, team_reads, totals, trail
from tracker.store.database import Database
from tracker.verify import verify

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
DAY = date(2026, 11, 3)

MBO = """
name = "MBO"
currency = "DKK"
window = "quarter"
settlement = "quarter"
[[components]]
key = "nps"
measure = "objective"
where = { objective = "nps" }
target_incentive = "60000"
curve = [ { at = "50%", pays = "0%" }, { at = "100%", pays = "100%" } ]
[[components]]
key = "wins"
measure = "deals"
tiers = [ { per_unit = "100" } ]
"""


@pytest.fixture
def anna(database: Database) -> int:
    with database.write() as connection:
        payee_id = a_rep(connection, "anna@firma.dk", "North")
    flow.activate_plan_version(database, "mbo", date(2026, 1, 1), MBO, "test", AT)
    flow.assign_plan(database, payee_id, "mbo", date(2026, 1, 1), date(2026, 12, 15), "test", AT)
    return payee_id


def score(
    database: Database, payee_id: int, hundredths: int, reason: str = "", **more: int
) -> None:
    flow_objectives.record_score(
        database, payee_id, "nps", DAY, hundredths, "mette", AT, reason, **more
    )


def earned(database: Database, payee_id: int) -> dict[str, dict[str, int]]:
    assert verify(database).differences == ()
    with database.read() as connection:
        return totals.earnings_of(connection, payee_id, "2026-Q4")


def test_a_score_pays_and_a_newer_one_replaces_it(database: Database, anna: int) -> None:
    score(database, anna, 75_00)
    assert earned(database, anna) == {"mbo/nps": {"2026-Q4": 30_000_00}}
    score(database, anna, 100_00, "Two answers came late")
    assert earned(database, anna) == {"mbo/nps": {"2026-Q4": 60_000_00}}
    with database.read() as connection:
        (one,) = objectives.objectives_on(connection, [anna], DAY)
        acts = [entry for entry in trail.entries(connection) if entry.act == "score objective"]
    assert (one.score, one.version, one.counts_on) == (100_00, 2, date(2026, 12, 15))
    assert [(entry.actor, entry.reason) for entry in acts] == [
        ("mette", ""),
        ("mette", "Two answers came late"),
    ]


def test_a_changed_score_needs_a_reason_and_the_same_one_changes_nothing(
    database: Database, anna: int
) -> None:
    score(database, anna, 75_00)
    with pytest.raises(BadInput, match="reason"):
        score(database, anna, 80_00)
    score(database, anna, 75_00)
    with database.read() as connection:
        assert len(list(deals.all_events(connection))) == 1


def test_of_two_who_score_at_once_the_second_is_told(database: Database, anna: int) -> None:
    score(database, anna, 75_00, read_version=0)
    with pytest.raises(Overtaken):
        score(database, anna, 80_00, "Another view", read_version=0)


def test_a_score_is_no_deal_no_win_and_no_news_for_a_wall(database: Database, anna: int) -> None:
    with database.read() as connection:
        before = outbox.last_sequence(connection)
    score(database, anna, 75_00)
    with database.read() as connection:
        told = outbox.changes_after(connection, before)
        assert [(change.kind, change.is_win) for change in told] == [("earnings", False)]
        assert deals.count_deals_of_payee(connection, anna) == 0
        assert deals.deals_of_payee(connection, anna, DealStatus.WON) == []
        won = team_reads.wins_of_team(connection, 1, date(2026, 12, 15))
        assert won == []


def test_only_objectives_of_the_own_plans_can_be_scored(database: Database, anna: int) -> None:
    with pytest.raises(NotFound, match="nps"):
        flow_objectives.record_score(database, anna, "onboarding", DAY, 1, "mette", AT)
    with pytest.raises(NotFound, match="none"):
        flow_objectives.record_score(database, anna, "nps", date(2027, 2, 1), 1, "mette", AT)
