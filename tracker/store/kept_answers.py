"""What requests with an Idempotency-Key were answered, so that the same is answered again.

A claim is written first in the transaction that records what the request says, and its answer last: a crash leaves
both or neither, and of two equal requests the second waits for the first.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from tracker.store import tables
from tracker.store.statements import ignoring

KEPT_FOR = timedelta(days=7)

_kept = tables.kept_answer.c


@dataclass(frozen=True, slots=True, order=True)
class Claim:
    """A client's own name for a request, and the hash that tells that it is the same request.

    A long request is committed in parts, each with a claim of its own.
    """

    client: str
    key: str
    part: int
    request_hash: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """What was answered under a key. `outcomes` is "" while the transaction that made the claim still goes on."""

    request_hash: str
    outcomes: str


def stake(connection: Connection, claim: Claim, at: datetime) -> KeptAnswer | None:
    """Claim a key; None when it is ours now, else what was answered under it before.

    Waits for another transaction that has claimed it.
    """
    row = {
        "client": claim.client,
        "key": claim.key,
        "part": claim.part,
        "request_hash": claim.request_hash,
        "outcomes": "",
        "recorded_at": at,
    }
    statement = ignoring(connection.dialect.name, tables.kept_answer, "part")
    if connection.execute(statement, row).one_or_none() is not None:
        return None
    return found(connection, claim)


def found(connection: Connection, claim: Claim) -> KeptAnswer | None:
    """What was answered under the same key, whatever was asked."""
    query = select(_kept.request_hash, _kept.outcomes).where(_is(claim))
    row = connection.execute(query).one_or_none()
    return None if row is None else KeptAnswer(row.request_hash, row.outcomes)


def keep(connection: Connection, claim: Claim, outcomes: str) -> None:
    """Keep the answer of a claim that is ours."""
    connection.execute(update(tables.kept_answer).where(_is(claim)).values(outcomes=outcomes))


def give_up(connection: Connection, claim: Claim) -> None:
    """Let the key be used again: nothing came of the request."""
    connection.execute(delete(tables.kept_answer).where(_is(claim)))


def prune(connection: Connection, now: datetime) -> None:
    """Forget the answers that need be kept no longer."""
    connection.execute(delete(tables.kept_answer).where(_kept.recorded_at < now - KEPT_FOR))


def _is(claim: Claim) -> ColumnElement[bool]:
    return and_(_kept.client == claim.client, _kept.key == claim.key, _kept.part == claim.part)
