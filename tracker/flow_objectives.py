"""Scoring an objective: a deal event from inside, in one transaction with its entry in the trail.

Who changes a score says why, and names the version they had read: of two people at once the first wins.
"""

import hashlib
from datetime import date, datetime

from tracker import flow
from tracker.engine.crediting.objectives import OBJECTIVE, SCORE_MAX, score_deal
from tracker.engine.deals import DealEvent
from tracker.errors import BadInput, Conflict, NotFound, Problem
from tracker.store import objectives, trail
from tracker.store.database import Database
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.objectives import PayeeObjective
from tracker.store.types import Connection


class Overtaken(Conflict):
    """Somebody else scored the objective since this person read it."""


def record_score(
    database: Database,
    payee_id: int,
    objective: str,
    day: date,
    score: int,
    by: str,
    at: datetime,
    reason: str = "",
    read_version: int | None = None,
) -> PayeeObjective:
    """Score an objective, in hundredths of a percent point, in the window that holds a day; as it stood before.

    Raises NotFound, BadInput, or Overtaken when it is no longer at `read_version`.
    """
    if not 0 <= score <= SCORE_MAX:
        raise BadInput([Problem("score", "is out of range.", "Write 0% to 1000%.")])
    with database.write() as connection:
        before = _found(connection, payee_id, objective, day)
        if read_version is not None and read_version != before.version:
            raise Overtaken("Somebody else has scored this meanwhile. Look at it, then decide.")
        if before.score is not None and before.score != score and not reason.strip():
            raise BadInput([Problem("reason", "is missing.", "Say why the score changes.")])
        if before.score == score:
            return before
        event = _event(before, score, at)
        (outcome,) = flow.record_within(connection, [event], at)
        if outcome.kind != "recorded":
            raise Overtaken("Somebody else has scored this meanwhile. Look at it, then decide.")
        subject = {"event_id": event.event_id, "payee_id": payee_id, "score": score}
        trail.append(connection, "score objective", by, at, subject, reason)
        return before


def _found(connection: Connection, payee_id: int, objective: str, day: date) -> PayeeObjective:
    known = objectives.objectives_on(connection, [payee_id], day)
    found = [one for one in known if one.objective == objective]
    if not found:
        named = ", ".join(one.objective for one in known) or "none"
        raise NotFound(f"There is no objective {objective!r} then; the objectives are: {named}.")
    if len(found) > 1:
        windows = ", ".join(one.window.key for one in found)
        raise Conflict(
            f"Two plans count {objective!r} in different windows ({windows}). "
            "Give one of them another name."
        )
    return found[0]


def _event(before: PayeeObjective, score: int, at: datetime) -> DealEvent:
    deal = score_deal(
        before.key, before.payee_id, before.objective, score, before.counts_on, before.currency
    )
    version = before.version + 1
    return DealEvent(
        source=OBJECTIVE,
        event_id=f"{before.key}/{version}",
        version=version,
        occurred_at=at,
        deal=deal,
        body_hash=hashlib.sha256(deal_to_json(deal).encode()).hexdigest(),
    )
