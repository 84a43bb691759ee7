"""The `connection` command: CRMs whose deals are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import urlsplit

import click

from tracker import clock
from tracker.config import Settings, command_author, load_settings, origin_of
from tracker.errors import BadInput, Problem
from tracker.flow_connections import connect, disconnect, understand
from tracker.ingest.connectors.asking import LOOPBACK
from tracker.ingest.connectors.deal_mapping import MAPPING_BYTES_MAX, parse_deal_mapping
from tracker.ingest.connectors.kinds import KINDS, PULLED
from tracker.ingest.connectors.shape import Connector, Credential
from tracker.ingest.deal_payload import TAKEN_SOURCES
from tracker.ingest.setting_aside import replay
from tracker.ingest.webhooks.sender_command import NAME
from tracker.store import connections, quarantine, senders
from tracker.store.connections import CrmConnection, NewConnection
from tracker.store.database import Database, opened_database


@click.group()
def connection() -> None:
    """Read the deals of a CRM, and say what its words mean."""


@connection.command()
@click.argument("name")
@click.option("--kind", type=click.Choice(list(KINDS)), required=True, help="Which CRM it is.")
@click.option("--address", default="", help="Where its API answers, if not at the usual place.")
@click.option("--mapping", "mapping_file", type=click.Path(path_type=Path), help="A TOML file.")
@click.option("--token", help="What opens its API; asked for when left out.")
@click.option("--secret", help="What proves its messages; asked for when left out.")
def add(
    name: str,
    kind: str,
    address: str,
    mapping_file: Path | None,
    token: str | None,
    secret: str | None,
) -> None:
    """Connect a CRM. Its deals are known as NAME; prints the address of its webhook."""
    connector = KINDS[kind]
    address = address or connector.DEFAULT_ADDRESS
    token = _asked_for(connector.TOKEN, token)
    chosen = _asked_for(connector.SECRET, secret) if connector.SECRET else token_urlsafe()
    _refuse(
        [
            *_name_problems(name),
            *_credential_problems("--token", connector.TOKEN, token),
            *(_credential_problems("--secret", connector.SECRET, chosen) if chosen else ()),
            *(_address_problems(address) if kind in PULLED else ()),
        ]
    )
    mapping = _mapping_text(mapping_file, connector) if mapping_file else ""
    origin = origin_of(address) if kind in PULLED else ""
    new = NewConnection(name, kind, origin, token, chosen, mapping)
    with _opened() as (settings, database):
        connect(database, new, command_author(), clock.now())
    click.echo(f"{name} is connected. Its webhooks go to:")
    _say_address(settings, connector, name, chosen)


def _say_address(settings: Settings, connector: Connector, name: str, secret: str) -> None:
    query = "" if connector.SECRET else f"?key={secret}"
    click.echo(f"  {settings.public_url}/api/v1/webhooks/{name}{query}")
    if not settings.public_url.startswith("https:"):
        click.echo("TRACKER_PUBLIC_URL is not https yet; no CRM sends there.", err=True)


@connection.command("list")
def list_connections() -> None:
    """Name, kind, how far it is read, what waits, and what is wrong."""
    with _opened() as (_, database), database.read() as connection_:
        for one in connections.all_connections(connection_):
            waiting = connections.wanted_count(connection_, one.name)
            click.echo(f"{one.name:<20} {one.kind:<12} {_state(one, waiting)}")


@connection.command()
@click.argument("name")
def show(name: str) -> None:
    """The stages of a connection and what each means, and its mapping."""
    with _opened() as (_, database), database.read() as connection_:
        crm = connections.live_connection(connection_, name)
        waiting = connections.wanted_count(connection_, name)
    click.echo(f"{crm.name} ({crm.kind}, {crm.address}): {_state(crm, waiting)}")
    for line in PULLED[crm.kind].words(crm) if crm.kind in PULLED else ():
        click.echo(f"  {line}")
    click.echo(crm.mapping or "No mapping of its own.")


@connection.command("map")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
def change_mapping(name: str, file: Path) -> None:
    """Let FILE say what the words of a connection mean, and play again what waited for it.

    Deals that are in stay as they were understood until they change, or until all are read again: pull NAME --again.
    """
    with _opened() as (settings, database):
        text = _mapping_text(file, _connector_of(database, name))
        understand(database, name, text, command_author(), clock.now())
        with database.read() as connection_:
            entries = [
                entry
                for entry in quarantine.waiting(connection_)
                if entry.event.connection_name == name
            ]
        played = replay(database, entries, command_author(), clock.now(), settings.company_zone)
    still_count = sum(one.kind == "waiting" for one in played)
    click.echo(f"Saved. {len(played) - still_count} that waited are used now, {still_count} wait.")


@connection.command("token")
@click.argument("name")
@click.option("--token", help="Asked for when left out.")
def change_token(name: str, token: str | None) -> None:
    """Read the CRM with another access token from now on."""
    with _opened() as (_, database):
        connector = _connector_of(database, name)
        token = _asked_for(connector.TOKEN, token)
        _refuse(_credential_problems("--token", connector.TOKEN, token))
        with database.write() as connection_:
            connections.change_token(connection_, name, token)
    click.echo(f"{name} is read with the new token.")


@connection.command("secret")
@click.argument("name")
@click.option("--secret", help="Asked for when left out, unless we choose it.")
def change_secret(name: str, secret: str | None) -> None:
    """What its messages are proven with from now on; what proved them before counts until the next change."""
    with _opened() as (settings, database):
        connector = _connector_of(database, name)
        chosen = _asked_for(connector.SECRET, secret) if connector.SECRET else token_urlsafe()
        _refuse(_credential_problems("--secret", connector.SECRET, chosen))
        with database.write() as connection_:
            senders.keep_secret(connection_, name, chosen)
    click.echo(f"Messages of {name} are proven anew. They go to:")
    _say_address(settings, connector, name, chosen)


@connection.command()
@click.argument("name")
def remove(name: str) -> None:
    """Read and take nothing more. Its deals stay, and so does its name."""
    with _opened() as (_, database):
        disconnect(database, name, command_author(), clock.now())
    click.echo(f"Nothing more is read from {name}.")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = load_settings()
    with opened_database(settings) as database:
        yield settings, database


def _connector_of(database: Database, name: str) -> Connector:
    with database.read() as connection_:
        return KINDS[connections.live_connection(connection_, name).kind]


def _state(crm: CrmConnection, waiting_count: int) -> str:
    if crm.revoked_at is not None:
        return f"removed {crm.revoked_at:%Y-%m-%d}"
    if crm.kind not in PULLED:
        return "sends by itself"
    read = f"read at {crm.pulled_at:%Y-%m-%d %H:%M} UTC" if crm.pulled_at else "not read yet"
    waits = f", {waiting_count} to be fetched" if waiting_count else ""
    return f"{read}{waits}" + (f"; {crm.trouble}" if crm.trouble else "")


def _mapping_text(file: Path, connector: Connector) -> str:
    """Raises BadInput with everything that is wrong with it."""
    try:
        if file.stat().st_size > MAPPING_BYTES_MAX:
            raise BadInput([Problem(str(file), "is too large.", "Is it the right file?")])
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput([Problem(str(file), "cannot be read.", "Name a text file.")]) from None
    if parse_deal_mapping(text).splits and not connector.HAS_SPLITS:
        what = "are not read from this CRM."
        raise BadInput([Problem("splits", what, "Leave it out; its owner is credited.")])
    return text


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise BadInput(problems)


def _name_problems(name: str) -> list[Problem]:
    if not NAME.fullmatch(name):
        return [Problem("NAME", f"{name!r} is no name.", "Use small letters, digits and -.")]
    if name in TAKEN_SOURCES:
        return [Problem("NAME", f"{name!r} is taken.", "Use the name of the CRM.")]
    return []


def _asked_for(credential: Credential, given: str | None) -> str:
    if given is None:
        given = click.prompt(credential.name, hide_input=True, default="", show_default=False)
    return given.strip()


def _credential_problems(where: str, credential: Credential | None, text: str) -> list[Problem]:
    if credential is None or credential.form.fullmatch(text):
        return []
    return [Problem(where, f"is no {credential.name.partition(' (')[0]}.", credential.hint)]


def _address_problems(address: str) -> list[Problem]:
    fix = "Write https:// and a host, without a path."
    try:
        origin_of(address)
    except ValueError as error:
        return [Problem("--address", f"{error}.", fix)]
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        return [Problem("--address", "is not https, so the token could be read.", fix)]
    return []
