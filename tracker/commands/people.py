"""The `user` and `key` commands: who may sign in, and which programs may send or read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import click

from tracker import clock, flow_teams, passwords
from tracker.config import Settings, command_author, load_settings
from tracker.errors import BadInput, Conflict, NotFound, Problem
from tracker.store import accounts, keys, links, people
from tracker.store.database import opened_database
from tracker.store.people import Person
from tracker.store.types import Connection

LINK_LIFETIME = timedelta(days=7)
ROLES = ("rep", "manager", "admin")


@click.group()
def user() -> None:
    """Add people who sign in, or help them back in."""


@user.command("add")
@click.option("--name", required=True, help="The person's name, as others see it.")
@click.option("--email", required=True, help="The address the person signs in with.")
@click.option("--role", type=click.Choice(ROLES), default="rep", show_default=True)
@click.option(
    "--team", "team_names", multiple=True, help="A rep's team; a manager's may be several."
)
def add_user(name: str, email: str, role: str, team_names: tuple[str, ...]) -> None:
    """Add a person and print a link that signs them in once."""
    with _writing() as (settings, connection):
        _refuse_bad_person(name, email, role, team_names)
        team_ids = [_team_id(connection, team) for team in team_names]
        payee_id = _payee_for(connection, name, email, team_ids) if role == "rep" else None
        person_id = people.add_person(connection, name, email, role, clock.now(), payee_id)
        for team_id in team_ids if role == "manager" else ():
            people.set_manager(connection, team_id, person_id)
        today = clock.today(settings.company_zone)
        flow_teams.follow_seats(connection, {}, today, command_author(), clock.now())
        _print_link(settings, connection, person_id, name)


@user.command("link")
@click.argument("email")
def link_user(email: str) -> None:
    """Print a link that signs a person in once, for a new or a lost password."""
    with _writing() as (settings, connection):
        person = _person(connection, email)
        _print_link(settings, connection, person.id, person.name)


@user.command("password")
@click.argument("email")
@click.password_option(help="Asked for when left out, which keeps it off the screen.")
def set_password(email: str, password: str) -> None:
    """Set a person's password and sign them out everywhere."""
    if passwords.is_too_short(password) or passwords.is_too_long(password):
        raise BadInput([Problem("password", "has fewer than 12 or more than 1,000 characters.")])
    if passwords.is_easy_to_guess(password, *email.partition("@")[0].split(".")):
        raise BadInput([Problem("password", "is easy to guess.", "Choose another.")])
    password_hash = passwords.hash_password(password)
    with _writing() as (_settings, connection):
        accounts.set_password(connection, _person(connection, email).id, password_hash, clock.now())
    click.echo(f"{email} has a new password and is signed out everywhere.")


@user.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice(ROLES))
def set_role(email: str, role: str) -> None:
    """Make a person rep, manager or admin, and sign them out everywhere."""
    with _writing() as (_settings, connection):
        accounts.set_role(connection, _person(connection, email).id, role, clock.now())
    click.echo(f"{email} is {role} from now on and has to sign in again.")


@user.command("manages")
@click.argument("email")
@click.argument("team_name", metavar="TEAM")
@click.option("--no-longer", is_flag=True, help="Take the team away again.")
def set_managed_team(email: str, team_name: str, no_longer: bool) -> None:
    """Let a manager see a team, or no longer; open pages follow at once."""
    with _writing() as (_settings, connection):
        person = _person(connection, email)
        if person.role != "manager":
            raise Conflict(f"{email} is {person.role}; only a manager manages a team.")
        team = people.team_named(connection, team_name)
        if team is None:
            known = ", ".join(one.name for one in people.teams(connection)) or "none yet"
            raise NotFound(f"There is no team {team_name!r}. The teams are: {known}.")
        people.set_manager(connection, team.id, person.id, is_manager=not no_longer)
        accounts.announce_access_of_team(connection, team.id, clock.now())
    click.echo(f"{email} {'no longer manages' if no_longer else 'manages'} {team_name}.")


@user.command("deactivate")
@click.argument("email")
def deactivate(email: str) -> None:
    """End a person's access at once. Their deals and earnings stay."""
    with _writing() as (_settings, connection):
        accounts.deactivate(connection, _person(connection, email).id, clock.now())
    click.echo(f"{email} can no longer sign in.")


@user.command("list")
def list_users() -> None:
    """List everybody who can sign in, or once could."""
    with _writing() as (_settings, connection):
        for person in people.people(connection):
            state = "" if person.is_active else "  (deactivated)"
            click.echo(f"{person.email:<40} {person.role:<8} {person.name}{state}")


@click.group()
def key() -> None:
    """Make, list or revoke API keys."""


@key.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(keys.SCOPES),
    multiple=True,
    required=True,
    help="ingest: send deal events. read: read everybody's figures. metrics: how the product is doing.",
)
def create_key(name: str, scopes: tuple[str, ...]) -> None:
    """Make a key for a program. It is shown this once and kept only as a hash."""
    with _writing() as (_settings, connection):
        text = keys.create_key(connection, name, frozenset(scopes), clock.now())
    click.echo("Keep this key now; it cannot be shown again:", err=True)
    click.echo(text)


@key.command("list")
def list_keys() -> None:
    """List the keys: number, beginning, scopes, last use."""
    with _writing() as (_settings, connection):
        for one in keys.all_keys(connection):
            used = f"used {one.last_used_at:%Y-%m-%d}" if one.last_used_at else "never used"
            state = "revoked" if one.revoked_at else used
            scopes = " ".join(sorted(one.scopes))
            click.echo(f"{one.id:>4}  {one.prefix}…  {scopes:<12} {state:<16} {one.name}")


@key.command("revoke")
@click.argument("number", type=int)
def revoke_key(number: int) -> None:
    """Stop a key, by its number in the list."""
    with _writing() as (_settings, connection):
        if not keys.revoke_key(connection, number, clock.now()):
            raise NotFound(f"There is no key number {number} that works. See “key list”.")
    click.echo(f"Key {number} is revoked.")


@contextmanager
def _writing() -> Iterator[tuple[Settings, Connection]]:
    """One transaction on the company's database, its tables brought up to date first."""
    settings = load_settings()
    with opened_database(settings) as database, database.write() as connection:
        yield settings, connection


def _print_link(settings: Settings, connection: Connection, person_id: int, name: str) -> None:
    token = links.make_sign_in_link(connection, person_id, clock.now() + LINK_LIFETIME)
    click.echo(f"A link that signs {name} in once, good for 7 days:")
    click.echo(f"  {settings.public_url}/link/{token}")


def _person(connection: Connection, email: str) -> Person:
    person = people.person_by_email(connection, email)
    if person is None:
        raise NotFound(f"Nobody signs in as {email}. See “user list”.")
    return person


def _refuse_bad_person(name: str, email: str, role: str, team_names: tuple[str, ...]) -> None:
    problems = []
    if not name.strip() or len(name) > 200 or not name.isprintable():
        problems.append(Problem("--name", "is empty, too long or not plain text."))
    before, _at, after = email.partition("@")
    if not before or "." not in after or not email.isprintable() or " " in email:
        problems.append(Problem("--email", f"{email!r} is no address.", "Write anna@firma.dk."))
    if role == "rep" and len(team_names) != 1:
        problems.append(Problem("--team", "a rep is in one team.", "Give --team once."))
    if problems:
        raise BadInput(problems)


def _team_id(connection: Connection, name: str) -> int:
    """The team of a name; a new one is made, since its first person has to come from somewhere."""
    found = people.team_named(connection, name)
    if found is not None:
        return found.id
    click.echo(f"New team: {name}")
    return people.add_team(connection, name)


def _payee_for(connection: Connection, name: str, email: str, team_ids: list[int]) -> int:
    """Who earns: the payee with this reference, such as an imported one, else a new one."""
    found = people.payee_by_reference(connection, email)
    if found is None:
        return people.add_payee(connection, email, name, team_ids[0])
    if people.person_of_payee(connection, found.id) is not None:
        raise Conflict(f"Somebody already signs in for {email}. See “user list”.")
    return found.id
