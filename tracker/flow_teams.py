"""What is said about teams, each act one transaction: who belongs to one, who leads it, with which weight."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from tracker import flow
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.teams import Membership, TeamRole
from tracker.engine.earning.totals import TotalKey
from tracker.errors import Conflict
from tracker.store import memberships, people, plans, totals, trail
from tracker.store.database import Database
from tracker.store.ledger import Cause
from tracker.store.types import Connection


def change_memberships(
    database: Database, facts: Sequence[Membership], by: str, at: datetime, reason: str = ""
) -> int:
    """Record who belongs to teams or leads them; how many of the facts changed anything.

    A change of weight alone re-shares what the teams earned without reading a deal. Raises NotFound or Conflict.
    """
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        return _change(connection, facts, by, at, reason)


def follow_seats(
    connection: Connection,
    seats_before: Mapping[int, int | None],
    today: date,
    by: str,
    at: datetime,
) -> int:
    """Let who moved belong to their new team from today on, and who is new to theirs; how many facts that took.

    A part of the transaction that moved them; `seats_before` are the teams people sat in when it began, by payee.
    """
    plans.hold_plans_alone(connection)
    facts = memberships.facts_to_follow_seats(connection, seats_before, today)
    return _change(connection, facts, by, at, "")


def _change(
    connection: Connection, facts: Sequence[Membership], by: str, at: datetime, reason: str
) -> int:
    _refuse_strangers(connection, facts)
    kept: dict[int, Membership] = {}
    come_or_go: list[Membership] = []
    for fact in facts:
        weights = memberships.weights_before(connection, fact)
        if weights == {fact.weight}:
            continue
        fact_id = memberships.record_membership(connection, fact, by, at)
        trail.append(connection, "change team", by, at, _subject(fact, fact_id), reason)
        kept[fact_id] = fact
        if not all((fact.weight, *weights)):
            come_or_go.append(fact)
    if plans.are_teams_paid(connection):
        _credit_again(connection, come_or_go, at)
        for fact_id, fact in kept.items():
            _share_again(connection, fact, fact_id, at)
    return len(kept)


def _credit_again(connection: Connection, facts: Sequence[Membership], at: datetime) -> None:
    """Credit the deals that count for another team, or for who leads one, since somebody came or went."""
    if not facts:
        return
    sellers: set[int] = set()
    for fact in facts:
        is_led = fact.role is TeamRole.LEADER
        team = fact.team_payee_id
        sellers |= memberships.members_ever(connection, team) if is_led else {fact.payee_id}
    first_day = min(fact.starts_on for fact in facts)
    flow.rebuild(connection, sellers, first_day, "team", None, at)


def _share_again(connection: Connection, fact: Membership, fact_id: int, at: datetime) -> None:
    """Post what the members of the team get of the windows a fact speaks of, now that their weights are others."""
    book = plans.load_plan_book(connection, {fact.team_payee_id})
    keys = [
        key
        for key in totals.totals_of_payees(connection, {fact.team_payee_id})
        if book.is_shared(key.component_key) and _speaks_of(fact, key, book)
    ]
    concerned = flow.post(connection, keys, book, Cause("team", dict.fromkeys(keys, fact_id)), at)
    flow.tell(connection, [], concerned | {fact.payee_id}, at)


def _speaks_of(fact: Membership, key: TotalKey, book: PlanBook) -> bool:
    window = book.window_of(key.component_key, key.window_key)
    is_over = fact.ends_on is not None and fact.ends_on < window.starts_on
    return not is_over and fact.starts_on <= window.ends_on


def _refuse_strangers(connection: Connection, facts: Sequence[Membership]) -> None:
    """Only reps belong to a team or lead it, and only teams are belonged to."""
    flow.require_payees(connection, {fact.payee_id for fact in facts})
    flow.require_payees(connection, {fact.team_payee_id for fact in facts})
    for fact in facts:
        if fact.ends_on is not None and fact.ends_on < fact.starts_on:
            raise Conflict(f"{fact.ends_on} is before {fact.starts_on}. Write the last day last.")
        if not memberships.is_team(connection, fact.team_payee_id):
            raise Conflict(f"{_name(connection, fact.team_payee_id)} is no team.")
        if memberships.is_team(connection, fact.payee_id):
            raise Conflict(
                f"{_name(connection, fact.payee_id)} is a team, and only reps belong to one."
            )


def _name(connection: Connection, payee_id: int) -> str:
    payee = people.payee(connection, payee_id)
    return payee.name if payee else f"Payee {payee_id}"


def _subject(fact: Membership, fact_id: int) -> dict[str, object]:
    return {
        "membership_id": fact_id,
        "team_payee_id": fact.team_payee_id,
        "payee_id": fact.payee_id,
        "role": fact.role.value,
        "starts_on": str(fact.starts_on),
        "ends_on": fact.ends_on and str(fact.ends_on),
        "weight": str(fact.weight),
    }
