"""Teams as payees, and the dated facts about who belongs to them and who leads them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from fractions import Fraction

from sqlalchemy import ColumnElement, Connection, insert, or_, select

from tracker.engine.agreement.teams import Membership, TeamRole, Teams
from tracker.store import people, tables
from tracker.store.marks import known
from tracker.store.people import Payee, Team
from tracker.store.statements import inserted_id

TEAM, REP = "team", "rep"
SINCE_EVER = date(2000, 1, 1)
"""From when somebody belongs to a team of whom nothing else is known."""

_fact = tables.membership.c


# --- teams


def team_reference(name: str) -> str:
    """What a team is called among the payees: "team:aarhus"."""
    return people.fold(f"team:{name}")


def team_payee(connection: Connection, team: Team) -> Payee | None:
    """A team as a payee, once it is one."""
    found = people.payee_by_reference(connection, team_reference(team.name))
    return found if found is not None and found.kind == TEAM else None


def made_team_payee(connection: Connection, team: Team) -> int:
    """The id of a team as a payee; it is made when it is none yet."""
    found = team_payee(connection, team)
    if found is not None:
        return found.id
    return people.add_payee(connection, team_reference(team.name), team.name, team.id, kind=TEAM)


def is_team(connection: Connection, payee_id: int) -> bool:
    found = people.payee(connection, payee_id)
    return found is not None and found.kind == TEAM


# --- facts


def record_membership(connection: Connection, fact: Membership, by: str, at: datetime) -> int:
    """Add a fact; the newest one that speaks of a day counts. Its id."""
    row = {
        "team_payee_id": fact.team_payee_id,
        "payee_id": fact.payee_id,
        "role": fact.role.value,
        "starts_on": fact.starts_on,
        "ends_on": fact.ends_on,
        "weight": str(fact.weight),
        "recorded_at": at,
        "recorded_by": by,
    }
    return inserted_id(connection, insert(tables.membership).values(row))


def all_memberships(connection: Connection) -> list[Membership]:
    """Every fact, oldest first."""
    return _facts(connection)


def memberships_near(connection: Connection, payee_ids: Collection[int]) -> list[Membership]:
    """Every fact about the teams these payees are, belong to or lead, and about the other teams of their members.

    So the parts of everybody who shares with them can be worked out.
    """
    about = or_(_fact.payee_id.in_(sorted(payee_ids)), _fact.team_payee_id.in_(sorted(payee_ids)))
    own_teams = select(_fact.team_payee_id).where(about)
    members = select(_fact.payee_id).where(_fact.team_payee_id.in_(own_teams))
    teams = select(_fact.team_payee_id).where(_fact.payee_id.in_(members))
    return _facts(connection, _fact.team_payee_id.in_(teams))


def _facts(connection: Connection, *conditions: ColumnElement[bool]) -> list[Membership]:
    columns = (
        _fact.team_payee_id,
        _fact.payee_id,
        _fact.starts_on,
        _fact.ends_on,
        _fact.weight,
        _fact.role,
    )
    query = select(*columns).where(known(connection, tables.membership), *conditions)
    return [
        Membership(row[0], row[1], row[2], row[3], Fraction(row[4]), TeamRole(row[5]))
        for row in connection.execute(query.order_by(_fact.id))
    ]


# --- in step with who sits where


def facts_to_follow_seats(
    connection: Connection, seats_before: Mapping[int, int | None], today: date
) -> list[Membership]:
    """What is to be recorded for whoever sits in another team than before, and for whoever nothing is known of yet.

    The first leave one team today and join the other; the second belong to theirs since ever. What was said of anybody
    else stays as it is. Makes payees of teams that are none yet.
    """
    payee_of = {team.id: made_team_payee(connection, team) for team in people.teams(connection)}
    teams = Teams(all_memberships(connection))
    facts: list[Membership] = []
    for payee in people.payees(connection):
        seat = payee_of.get(payee.team_id or 0)
        if payee.kind != REP:
            continue
        if not teams.teams_of(payee.id):
            facts += [Membership(seat, payee.id, SINCE_EVER)] if seat else []
        elif seats_before.get(payee.id, payee.team_id) != payee.team_id:
            left = payee_of.get(seats_before[payee.id] or 0)
            facts += [Membership(left, payee.id, today, None, Fraction(0))] if left else []
            facts += [Membership(seat, payee.id, today)] if seat else []
    return facts


def weights_before(connection: Connection, fact: Membership) -> set[Fraction]:
    """Every weight that holds, before a new fact, on a day it speaks of."""
    about = (_fact.team_payee_id == fact.team_payee_id, _fact.payee_id == fact.payee_id)
    teams = Teams(_facts(connection, *about))
    of = fact.team_payee_id, fact.payee_id
    days = {fact.starts_on, *(day for day in teams.days_of_change(*of, fact.role) if day in fact)}
    return {teams.weight_on(*of, day, fact.role) for day in days}


def members_ever(connection: Connection, team_payee_id: int) -> set[int]:
    """Everyone any fact ever said belongs to a team."""
    is_member = _fact.role == TeamRole.MEMBER.value
    members = select(_fact.payee_id).where(_fact.team_payee_id == team_payee_id, is_member)
    return set(connection.execute(members).scalars())
