"""Systems that sign what they push: their names, how they sign, and the secrets that count.

A secret is kept as it is, because a signature can be checked with nothing less; it is shown once and never listed.
"""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from tracker.errors import Conflict, NotFound
from tracker.store.tables import sender as sender_table

SECRET_BYTES = 32
SECRETS_KEPT = 2
"""The new and the one before, so that a secret can be changed without losing what is on its way."""

_sender = sender_table.c


@dataclass(frozen=True, slots=True)
class Sender:
    """Who may send; `way` is how they sign, `secrets` the newest first."""

    name: str
    way: str
    secrets: Sequence[str] = field(repr=False)
    created_at: datetime
    revoked_at: datetime | None


def add_sender(connection: Connection, name: str, way: str, prefix: str, at: datetime) -> str:
    """A new sender; the secret returned is shown this once. Raises Conflict for a name that is taken."""
    secret = _new_secret(prefix)
    add_known(connection, name, way, secret, at)
    return secret


def add_known(connection: Connection, name: str, way: str, secret: str, at: datetime) -> None:
    """A new sender that has made its own secret; "" while it may not push. Raises Conflict for a name that is taken."""
    if connection.scalar(select(_sender.name).where(_sender.name == name)) is not None:
        raise Conflict(f"There is a sender {name!r} already. Choose another name.")
    connection.execute(
        insert(sender_table).values(name=name, way=way, secrets=secret, created_at=at)
    )


def change_secret(connection: Connection, name: str, prefix: str) -> str:
    """A new secret for a sender; the one before counts until the next change. Raises NotFound."""
    secret = _new_secret(prefix)
    keep_secret(connection, name, secret)
    return secret


def keep_secret(connection: Connection, name: str, secret: str) -> None:
    """The same with a secret the sender has made itself. Raises NotFound."""
    found = live_sender(connection, name)
    if found is None:
        raise NotFound(f"There is no sender {name!r} that may send. See “sender list”.")
    kept = [secret, *found.secrets][:SECRETS_KEPT]
    connection.execute(
        update(sender_table).where(_sender.name == name).values(secrets=" ".join(kept))
    )


def revoke(connection: Connection, name: str, at: datetime) -> None:
    """Take nothing more from a sender. Raises NotFound."""
    if live_sender(connection, name) is None:
        raise NotFound(f"There is no sender {name!r} that may send. See “sender list”.")
    connection.execute(update(sender_table).where(_sender.name == name).values(revoked_at=at))


def live_sender(connection: Connection, name: str) -> Sender | None:
    return next(
        (one for one in all_senders(connection) if one.name == name and not one.revoked_at), None
    )


def all_senders(connection: Connection) -> list[Sender]:
    rows = connection.execute(select(sender_table).order_by(_sender.name))
    return [
        Sender(row.name, row.way, row.secrets.split(), row.created_at, row.revoked_at)
        for row in rows
    ]


def _new_secret(prefix: str) -> str:
    return prefix + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()
