"""The `team` command: who belongs to a team that earns, who leads it, from which day on and with which weight."""

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import click

from tracker import clock, flow_teams
from tracker.commands.files import Day
from tracker.config import command_author, load_settings
from tracker.engine.agreement.teams import Membership, TeamRole, Teams
from tracker.errors import BadInput, NotFound, Problem
from tracker.store import accounts, memberships, people
from tracker.store.database import Database, opened_database
from tracker.store.people import Payee
from tracker.store.types import Connection

_WEIGHT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}|/[1-9][0-9]{0,5})?")

from_option = click.option(
    "--from", "starts_on", type=Day(), help="The first day this holds; without it: today."
)
until_option = click.option(
    "--until", "ends_on", type=Day(), help="The last day; without it: until further notice."
)
no_longer_option = click.option("--no-longer", is_flag=True, help="From that day on not any more.")
reason_option = click.option("--reason", default="", help="Kept in the trail.")


@click.group()
def team() -> None:
    """Say who belongs to a team and who leads it: what members sell counts for the team's plan.

    People imported into a team, or moved to another, follow by themselves from the day they are.
    """


@team.command("list")
def list_teams() -> None:
    """List every team as a payee, with who belongs to it and who leads it today."""
    settings = load_settings()
    with opened_database(settings) as database, database.write() as connection:
        _seat_newcomers(connection)
        today, names = clock.today(settings.company_zone), _names(connection)
        teams = Teams(memberships.all_memberships(connection))
        for found in people.teams(connection):
            click.echo(f"{found.name}: {memberships.team_reference(found.name)}")
            payee = memberships.team_payee(connection, found)
            for line in _people_of(payee.id, teams, today, names) if payee else ():
                click.echo(f"  {line}")


def _people_of(
    team_payee_id: int, teams: Teams, today: date, names: dict[int, str]
) -> Iterator[str]:
    """Who leads a team and who belongs to it, in words."""
    for role in (TeamRole.LEADER, TeamRole.MEMBER):
        for payee_id in teams.ever_in(team_payee_id, role):
            weight = teams.weight_on(team_payee_id, payee_id, today, role)
            if weight:
                with_weight = f", weight {weight}" if role is TeamRole.MEMBER else ""
                yield f"{role.value}: {names[payee_id]}{with_weight}"


@team.command()
@click.argument("team_name", metavar="TEAM")
@click.argument("reference", metavar="REP")
@click.option("--weight", default="1", show_default=True, help="In what is shared, such as 0.5.")
@from_option
@until_option
@no_longer_option
@reason_option
def member(
    team_name: str,
    reference: str,
    weight: str,
    starts_on: date | None,
    ends_on: date | None,
    no_longer: bool,
    reason: str,
) -> None:
    """Let a rep belong to a team with a weight, or no longer."""
    counted = Fraction(0) if no_longer else _weight(weight)
    _record(team_name, reference, TeamRole.MEMBER, counted, (starts_on, ends_on), reason)
    said = "no longer belongs" if no_longer else "belongs"
    click.echo(f"{reference} {said} to {team_name}.")


@team.command()
@click.argument("team_name", metavar="TEAM")
@click.argument("reference", metavar="REP")
@from_option
@until_option
@no_longer_option
@reason_option
def leader(
    team_name: str,
    reference: str,
    starts_on: date | None,
    ends_on: date | None,
    no_longer: bool,
    reason: str,
) -> None:
    """Let somebody earn by what a team sells, or no longer. A manager who signs in becomes a payee by this."""
    counted = Fraction(0) if no_longer else Fraction(1)
    _record(team_name, reference, TeamRole.LEADER, counted, (starts_on, ends_on), reason)
    click.echo(f"{reference} {'no longer leads' if no_longer else 'leads'} {team_name}.")


def _record(
    team_name: str,
    reference: str,
    role: TeamRole,
    weight: Fraction,
    days: tuple[date | None, date | None],
    reason: str,
) -> None:
    settings = load_settings()
    with opened_database(settings) as database:
        team_payee_id, payee_id = _payee_ids(database, team_name, reference, role)
        starts_on = days[0] or clock.today(settings.company_zone)
        fact = Membership(team_payee_id, payee_id, starts_on, days[1], weight, role)
        flow_teams.change_memberships(database, [fact], command_author(), clock.now(), reason)


def _payee_ids(
    database: Database, team_name: str, reference: str, role: TeamRole
) -> tuple[int, int]:
    """The team and the person as payees; both are made when they are none yet."""
    with database.write() as connection:
        _seat_newcomers(connection)
        found = people.team_named(connection, team_name)
        if found is None:
            known = ", ".join(one.name for one in people.teams(connection)) or "none yet"
            raise NotFound(f"There is no team {team_name!r}. The teams are: {known}.")
        payee = people.payee_by_reference(connection, reference) or _payee_of_person(
            connection, reference, role
        )
        if payee is None:
            what = "Import people first, or check the spelling."
            raise BadInput([Problem(reference, "nobody has this reference.", what)])
        return memberships.made_team_payee(connection, found), payee.id


def _seat_newcomers(connection: Connection) -> None:
    """Whoever sat in a team before teams could earn belongs to it."""
    today = clock.today(load_settings().company_zone)
    flow_teams.follow_seats(connection, {}, today, command_author(), clock.now())


def _payee_of_person(connection: Connection, email: str, role: TeamRole) -> Payee | None:
    """The payee of somebody who signs in; a manager who comes to lead a team is made one."""
    person = people.person_by_email(connection, email)
    if person is None:
        return None
    if person.payee_id is None and role is TeamRole.LEADER:
        payee_id = people.add_payee(connection, person.email, person.name, None)
        people.change_person(connection, person.id, payee_id=payee_id)
        accounts.announce_access_of_person(connection, person.id, clock.now())
        return people.payee(connection, payee_id)
    return None if person.payee_id is None else people.payee(connection, person.payee_id)


def _weight(text: str) -> Fraction:
    weight = Fraction(text) if _WEIGHT.fullmatch(text) else Fraction(0)
    if weight <= 0:
        what = f"{text!r} is no weight above zero."
        raise BadInput([Problem("--weight", what, "Write 1, 0.5 or 1/3.")])
    return weight


def _names(connection: Connection) -> dict[int, str]:
    return {payee.id: payee.name for payee in people.payees(connection)}
