"""The `sender` command: systems that push deal events and sign them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import click

from tracker import clock
from tracker.config import Settings, load_settings
from tracker.errors import BadInput, Conflict, Problem
from tracker.ingest.webhooks.receiving import WAYS
from tracker.ingest.webhooks.standard_webhooks import SECRET_PREFIX
from tracker.store import senders
from tracker.store.database import opened_database
from tracker.store.types import Connection

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,58}")
PREFIXES = {"standard": SECRET_PREFIX}


@click.group()
def sender() -> None:
    """Let systems push signed deal events, or stop them."""


@sender.command()
@click.argument("name")
@click.option("--way", type=click.Choice(list(WAYS)), default="standard", show_default=True)
def create(name: str, way: str) -> None:
    """Let a system send; prints its address and, this once, its secret.

    standard: as Standard Webhooks says. signed: a single header of our own.
    """
    if not NAME.fullmatch(name):
        raise BadInput(
            [Problem("NAME", f"{name!r} is no name.", "Use small letters, digits and -.")]
        )
    with _writing() as (settings, connection):
        secret = senders.add_sender(connection, name, way, PREFIXES.get(way, ""), clock.now())
    click.echo(f"It sends to {settings.public_url}/api/v1/webhooks/{name}", err=True)
    click.echo("Keep this secret now; it cannot be shown again:", err=True)
    click.echo(secret)


@sender.command("secret")
@click.argument("name")
def new_secret(name: str) -> None:
    """A new secret; the one before counts until the next change, so nothing is lost on the way."""
    with _writing() as (_, connection):
        known = {one.name: one.way for one in senders.all_senders(connection)}
        _refuse_connected(known, name)
        secret = senders.change_secret(connection, name, PREFIXES.get(known.get(name, ""), ""))
    click.echo(secret)


@sender.command("list")
def list_senders() -> None:
    """Name, way of signing, and since when."""
    with _writing() as (_, connection):
        for one in senders.all_senders(connection):
            state = "revoked" if one.revoked_at else f"since {one.created_at:%Y-%m-%d}"
            click.echo(f"{one.name:<30} {one.way:<10} {state}")


@sender.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Take nothing more from a system."""
    with _writing() as (_, connection):
        known = {one.name: one.way for one in senders.all_senders(connection)}
        _refuse_connected(known, name)
        senders.revoke(connection, name, clock.now())
    click.echo(f"Nothing more is taken from {name}.")


def _refuse_connected(known: Mapping[str, str], name: str) -> None:
    if known.get(name, "") not in ("", *WAYS):
        raise Conflict(f"{name} is a connected CRM. Use: connection secret, connection remove.")


@contextmanager
def _writing() -> Iterator[tuple[Settings, Connection]]:
    settings = load_settings()
    with opened_database(settings) as database, database.write() as connection:
        yield settings, connection
