"""Who belongs to a team decides what it sells and who is paid, from the day a fact names and at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as listening

from tests.builders import a_deal, a_rep, an_event
from tracker import flow, flow_teams
from tracker.engine.agreement.teams import Membership, TeamRole
from tracker.engine.deals import CreditShare
from tracker.engine.payroll_months.payroll import statements_of_month
from tracker.errors import Conflict
from tracker.store import memberships, outbox, payroll_facts, people, totals, trail
from tracker.store.database import Database
from tracker.verify import verify

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
SINCE = date(2026, 10, 1)
TODAY = date(2026, 11, 3)

POOL = """
name = "Pool"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "pool"
measure = "revenue"
of = "team"
shared = "by_weight"
tiers = [ { rate = "1%" } ]
"""


@contextmanager
def statements_said() -> Iterator[list[str]]:
    """Every statement that is executed within the block."""
    said: list[str] = []

    def listen(connection, cursor, statement, *_rest) -> None:
        said.append(statement)

    listening.listen(Engine, "before_cursor_execute", listen)
    yield said
    listening.remove(Engine, "before_cursor_execute", listen)


@pytest.fixture
def north(database: Database) -> dict[str, int]:
    """Anna and Bo in a team that has a pool, by name; the team is called north."""
    with database.write() as connection:
        ids = {name: a_rep(connection, f"{name}@firma.dk", "North") for name in ("anna", "bo")}
        flow_teams.follow_seats(connection, {}, TODAY, "test", AT)
        team = people.team_named(connection, "North")
        assert team is not None
        ids["north"] = memberships.made_team_payee(connection, team)
    flow.activate_plan_version(database, "pool", SINCE, POOL, "test", AT)
    flow.assign_plan(database, ids["north"], "pool", SINCE, None, "test", AT)
    return ids


def sell(database: Database, payee_id: int, amount_minor: int = 1_000_000, key: str = "d1") -> None:
    deal = a_deal(key, amount_minor, credit_shares=(CreditShare(payee_id, Fraction(1)),))
    outcomes = flow.record_deal_events(database, [an_event(deal)], AT)
    assert [outcome.kind for outcome in outcomes] == ["recorded"]


def earned(database: Database, ids: dict[str, int]) -> dict[str, int]:
    """What stands under each in November, once the whole database has been verified."""
    assert verify(database).differences == ()
    with database.read() as connection:
        found = totals.all_earnings(connection)
    return {
        name: found.get((payee_id, "pool/pool", "2026-Q4", "2026-11"), 0)
        for name, payee_id in ids.items()
    }


def test_a_sale_pays_every_member_of_the_team_at_once(
    database: Database, north: dict[str, int]
) -> None:
    sell(database, north["anna"])
    assert earned(database, north) == {"anna": 5_000, "bo": 5_000, "north": 10_000}


def test_all_members_hear_of_a_sale_and_nobody_else_does(
    database: Database, north: dict[str, int]
) -> None:
    with database.write() as connection:
        a_rep(connection, "olaf@firma.dk", "South")
        before = outbox.last_sequence(connection)
    sell(database, north["anna"])
    with database.read() as connection:
        told = {change.payee_id for change in outbox.changes_after(connection, before)}
    assert told == set(north.values())


def test_a_change_of_weight_shares_again_without_reading_a_deal(
    database: Database, north: dict[str, int]
) -> None:
    sell(database, north["anna"])
    half = Membership(north["north"], north["bo"], SINCE, None, Fraction(1, 2))
    with statements_said() as said:
        flow_teams.change_memberships(database, [half], "test", AT)
    assert not any("FROM deal" in statement for statement in said)
    assert earned(database, north) == {"anna": 6_667, "bo": 3_333, "north": 10_000}


def test_who_leaves_takes_the_deals_after_the_day_along(
    database: Database, north: dict[str, int]
) -> None:
    sell(database, north["anna"])
    sell(database, north["bo"], key="d2")
    gone = Membership(north["north"], north["bo"], date(2026, 11, 1), None, Fraction(0))
    flow_teams.change_memberships(database, [gone], "test", AT)
    assert earned(database, north) == {"anna": 7_480, "bo": 2_520, "north": 10_000}


def test_who_never_belonged_after_all_loses_the_whole_part(
    database: Database, north: dict[str, int]
) -> None:
    sell(database, north["anna"])
    never = Membership(north["north"], north["bo"], date(2000, 1, 1), None, Fraction(0))
    flow_teams.change_memberships(database, [never], "test", AT, "was a mistake")
    assert earned(database, north) == {"anna": 10_000, "bo": 0, "north": 10_000}
    with database.read() as connection:
        (entry,) = [one for one in trail.entries(connection) if one.reason]
    assert (entry.act, entry.reason) == ("change team", "was a mistake")


def test_a_fact_that_changes_nothing_is_not_kept(database: Database, north: dict[str, int]) -> None:
    again = Membership(north["north"], north["bo"], SINCE)
    assert flow_teams.change_memberships(database, [again], "test", AT) == 0
    with database.read() as connection:
        assert len(memberships.all_memberships(connection)) == 2


def test_who_moves_to_another_seat_belongs_there_from_that_day(
    database: Database, north: dict[str, int]
) -> None:
    with database.write() as connection:
        south, before = people.add_team(connection, "South"), people.seats(connection)
        people.change_payee(connection, north["bo"], team_id=south)
        assert flow_teams.follow_seats(connection, before, TODAY, "test", AT) == 2
        assert flow_teams.follow_seats(connection, before, TODAY, "test", AT) == 0
    sell(database, north["bo"])  # the day before
    assert earned(database, north)["north"] == 10_000


def test_what_was_said_of_a_member_stays_when_others_move(
    database: Database, north: dict[str, int]
) -> None:
    gone = Membership(north["north"], north["bo"], TODAY, None, Fraction(0))
    flow_teams.change_memberships(database, [gone], "test", AT)
    with database.write() as connection:
        before = people.seats(connection)
        a_rep(connection, "carl@firma.dk", "North")
        assert flow_teams.follow_seats(connection, before, TODAY, "test", AT) == 1
    with database.read() as connection:
        (*_, newest) = memberships.all_memberships(connection)
    assert newest.payee_id not in north.values()


def test_an_override_follows_who_leads_the_team(database: Database, north: dict[str, int]) -> None:
    with database.write() as connection:
        mette = people.add_payee(connection, "mette@firma.dk", "Mette", None)
    override = POOL.replace('shared = "by_weight"\n', "")
    flow.activate_plan_version(database, "override", SINCE, override, "test", AT)
    flow.assign_plan(database, mette, "override", SINCE, None, "test", AT)
    sell(database, north["anna"])
    leads = Membership(north["north"], mette, SINCE, role=TeamRole.LEADER)
    flow_teams.change_memberships(database, [leads], "test", AT)
    assert earned(database, north)["north"] == 10_000
    with database.read() as connection:
        found = totals.earnings_of(connection, mette, "2026-Q4")
    assert found == {"override/pool": {"2026-11": 10_000}}


def test_a_plan_without_team_components_is_refused_for_a_team(
    database: Database, north: dict[str, int]
) -> None:
    own = POOL.replace('of = "team"\nshared = "by_weight"\n', "")
    flow.activate_plan_version(database, "own", SINCE, own, "test", AT)
    with pytest.raises(Conflict, match="counts what a team sells"):
        flow.assign_plan(database, north["north"], "own", SINCE, None, "test", AT)


def test_a_version_cannot_turn_a_shared_component_into_an_own_one(
    database: Database, north: dict[str, int]
) -> None:
    own = POOL.replace('of = "team"\nshared = "by_weight"\n', "")
    with pytest.raises(Conflict, match="one figure cannot hold both"):
        flow.activate_plan_version(database, "pool", TODAY, own, "test", AT)


def test_only_reps_belong_to_a_team(database: Database, north: dict[str, int]) -> None:
    for team, member in [("north", "north"), ("anna", "bo")]:
        fact = Membership(north[team], north[member], SINCE)
        with pytest.raises(Conflict, match="team"):
            flow_teams.change_memberships(database, [fact], "test", AT)


def test_a_members_statement_opens_the_part_and_the_team_has_none(
    database: Database, north: dict[str, int]
) -> None:
    with database.write() as connection:
        carl = a_rep(connection, "carl@firma.dk", "North")
        flow_teams.follow_seats(connection, {}, TODAY, "test", AT)
    sell(database, north["anna"], 3_000_000)
    with database.read() as connection:
        facts = payroll_facts.facts_now(connection, "2026-11")
    found = {one.payee_id: one for one in statements_of_month("2026-11", facts)}
    assert found.keys() == {north["anna"], north["bo"], carl}
    (lines,) = found[carl].components
    (part,) = lines.tiers
    assert (part.kind, part.rate, part.basis_minor) == ("share", Fraction(1, 3), 30_000)
    assert (part.amount_minor, found[carl].paid_minor) == (10_000, 10_000)


def test_a_statement_does_not_tell_a_pool_that_two_share(
    database: Database, north: dict[str, int]
) -> None:
    sell(database, north["anna"])
    with database.read() as connection:
        facts = payroll_facts.facts_now(connection, "2026-11")
    found = statements_of_month("2026-11", facts)
    assert [(one.paid_minor, one.components) for one in found] == [(5_000, ()), (5_000, ())]
