"""Rows of a people file -> teams, reps, those who sign in, their managers, and who is on which plan."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracker import flow, flow_teams
from tracker.engine.agreement.plans import Assignment
from tracker.errors import BadInput, Problem
from tracker.ingest.deal_payload import FIRST_DAY, REFERENCE_LENGTH_MAX
from tracker.ingest.fields import Fields
from tracker.ingest.files.mapping import Kind, RowFields, Values
from tracker.store import accounts, people, plans
from tracker.store.database import Database
from tracker.store.types import Connection

PEOPLE = Kind(
    name="people",
    fields=frozenset(
        {"reference", "name", "email", "team", "manager", "manager_email", "plan", "plan_from"}
    ),
    needed=("reference",),
    dates=frozenset({"plan_from"}),
)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One rep. Empty text: the file does not say."""

    reference: str
    name: str
    email: str
    team: str
    manager: str
    manager_email: str
    plan_key: str
    plan_from: date | None


def first_days_of_plans(connection: Connection) -> dict[str, date]:
    """Each plan that can be assigned, and the first day it is in effect."""
    first_days: dict[str, date] = {}
    for version in plans.plan_versions(connection):
        first_days.setdefault(version.plan_key, version.effective_from)
    return first_days


def person_row(values: Values, connection: Connection, first_days: Mapping[str, date]) -> PersonRow:
    """The rep of a row. Raises BadInput with every problem."""
    problems: list[Problem] = []
    fields = RowFields(values, problems)
    reference = fields.text("reference", required=True, length_max=REFERENCE_LENGTH_MAX)
    row = PersonRow(
        reference=reference,
        name=fields.text("name") or reference,
        email=_email(fields, "email"),
        team=fields.text("team"),
        manager=fields.text("manager"),
        manager_email=_email(fields, "manager_email"),
        plan_key=_plan_key(fields, first_days),
        plan_from=fields.day("plan_from", FIRST_DAY, date.max),
    )
    payee = people.payee_by_reference(connection, reference)
    _check_email_is_free(fields, row, connection, payee)
    if payee is not None and row.plan_key in first_days:
        starts_on = _plan_start(row, plans.assignments(connection, [payee.id]), first_days)
        new = Assignment(payee.id, row.plan_key, starts_on) if starts_on else None
        if new and (reason := plans.why_not(connection, new)):
            fields.complain("plan_from" if row.plan_from else "plan", reason, "")
    if problems:
        raise BadInput(problems)
    return row


def _email(fields: Fields, name: str) -> str:
    email = fields.text(name, length_max=REFERENCE_LENGTH_MAX)
    if email and not _EMAIL.fullmatch(email):
        fields.complain(name, f"“{email[:60]}” is no e-mail address.", "Write name@company.dk.")
    return email


def _plan_key(fields: Fields, first_days: Mapping[str, date]) -> str:
    key = fields.text("plan")
    if key and key not in first_days:
        known = ", ".join(first_days) or "none yet"
        fix = f"Known are {known}; “python3 -m tracker plan activate” adds one."
        fields.complain("plan", f"there is no plan “{key}”.", fix)
    return key


def _check_email_is_free(
    fields: Fields, row: PersonRow, connection: Connection, payee: people.Payee | None
) -> None:
    person = people.person_by_email(connection, row.email) if row.email else None
    if person is not None and person.payee_id not in (None, payee.id if payee else None):
        what = f"{row.email} already signs in as another rep."
        fields.complain("email", what, "Correct the address, or the reference.")


def _plan_start(
    row: PersonRow, own: Sequence[Assignment], first_days: Mapping[str, date]
) -> date | None:
    """The day from which a row puts its rep on its plan; None where that is, or has been, so already.

    A file says who comes onto a plan, never who leaves it, so it must not undo that somebody has left.
    """
    starts_on = row.plan_from or first_days[row.plan_key]
    known = [assignment for assignment in own if assignment.plan_key == row.plan_key]
    is_known = any(assignment.starts_on == starts_on for assignment in known)
    return None if is_known or (known and row.plan_from is None) else starts_on


def put_people(
    database: Database,
    rows: Sequence[PersonRow],
    first_days: Mapping[str, date],
    by: str,
    at: datetime,
    today: date,
) -> int:
    """Add or correct these reps and all that goes with them; how many rows changed anything.

    Whoever sits in another team than before belongs to it from today on.
    """
    with database.write() as connection:
        seats_before = people.seats(connection)
        changed = {row.reference: _put_person(connection, row, at) for row in rows}
        flow_teams.follow_seats(connection, seats_before, today, by, at)
        payee_ids = {row.reference: _payee_id(connection, row.reference) for row in rows}
        own = plans.assignments(connection, set(payee_ids.values()))
    for row in rows:
        payee_id = payee_ids[row.reference]
        of_payee = [assignment for assignment in own if assignment.payee_id == payee_id]
        if row.plan_key and (starts_on := _plan_start(row, of_payee, first_days)):
            changed[row.reference] |= flow.assign_plan(
                database, payee_id, row.plan_key, starts_on, None, by, at
            )
    return sum(changed.values())


def _payee_id(connection: Connection, reference: str) -> int:
    payee = people.payee_by_reference(connection, reference)
    assert payee is not None
    return payee.id


def _put_person(connection: Connection, row: PersonRow, at: datetime) -> bool:
    team_id, is_team_new = _put_team(connection, row.team)
    payee_id, is_payee_new = _put_payee(connection, row, team_id, at)
    is_changed = is_team_new or is_payee_new
    if row.email and people.person_by_email(connection, row.email) is None:
        people.add_person(connection, row.name, row.email, "rep", at, payee_id)
        is_changed = True
    if row.manager_email and team_id is not None:
        is_changed |= _put_manager(connection, row, team_id, at)
    return is_changed


def _put_team(connection: Connection, name: str) -> tuple[int | None, bool]:
    if not name:
        return None, False
    team = people.team_named(connection, name)
    return (team.id, False) if team else (people.add_team(connection, name), True)


def _put_payee(
    connection: Connection, row: PersonRow, team_id: int | None, at: datetime
) -> tuple[int, bool]:
    """Somebody who left stays away, whatever the file says; what the file does not say stays as it is."""
    payee = people.payee_by_reference(connection, row.reference)
    if payee is None:
        return people.add_payee(connection, row.reference, row.name, team_id), True
    team_id = payee.team_id if team_id is None else team_id
    if (payee.name, payee.team_id) == (row.name, team_id):
        return payee.id, False
    people.change_payee(connection, payee.id, name=row.name, team_id=team_id)
    for seen_by in {payee.team_id, team_id}:
        if seen_by is not None:
            accounts.announce_access_of_team(connection, seen_by, at)
    if person := people.person_of_payee(connection, payee.id):
        accounts.announce_access_of_person(connection, person.id, at)
    return payee.id, True


def _put_manager(connection: Connection, row: PersonRow, team_id: int, at: datetime) -> bool:
    person = people.person_by_email(connection, row.manager_email)
    if person is None:
        name = row.manager or row.manager_email
        person_id = people.add_person(connection, name, row.manager_email, "manager", at)
    else:
        person_id = person.id
        if person.role == "rep":
            accounts.set_role(connection, person_id, "manager", at)
        if team_id in people.teams_managed_by(connection, person_id):
            return person.role == "rep"
    people.set_manager(connection, team_id, person_id)
    accounts.announce_access_of_person(connection, person_id, at)
    return True
