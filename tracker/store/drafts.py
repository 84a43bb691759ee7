"""Plan drafts: their texts, the steps taken with each exact text, and the pilots. Added, never edited."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import Connection, insert, select

from tracker.store import tables
from tracker.store.statements import inserted_id

Step = Literal["checked", "simulated", "activated", "discarded"]

_draft, _text, _step, _pilot = (
    tables.plan_draft.c,
    tables.plan_draft_text.c,
    tables.plan_draft_step.c,
    tables.plan_pilot.c,
)


@dataclass(frozen=True, slots=True)
class DraftText:
    """A text as somebody saved it."""

    source_toml: str
    text_hash: str
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class DraftStep:
    """Something done with one exact text, and what it found."""

    step: Step
    text_hash: str
    figures: Mapping[str, Any]
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Pilot:
    """A payee whose figures are computed under a draft's text beside the live plan; both days belong to it."""

    draft_id: int
    text_hash: str
    payee_id: int
    starts_on: date
    ends_on: date
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan on its way: its texts, steps and pilots, oldest first.

    `plan_key` is the plan it becomes a version of, `replaces_key` the live one it is compared with ("" for none).
    """

    id: int
    plan_key: str
    replaces_key: str
    recorded_at: datetime
    recorded_by: str
    texts: tuple[DraftText, ...]
    steps: tuple[DraftStep, ...]
    pilots: tuple[Pilot, ...]

    @property
    def text(self) -> DraftText:
        """The text that counts."""
        return self.texts[-1]

    def done(self, step: Step) -> DraftStep | None:
        """The last time a step was taken with the text that counts."""
        of_text = (one for one in reversed(self.steps) if one.text_hash == self.text.text_hash)
        return next((one for one in of_text if one.step == step), None)

    @property
    def end(self) -> DraftStep | None:
        """The step that ended the draft, whatever its text was; None while it is open."""
        return next((one for one in self.steps if one.step in ("activated", "discarded")), None)

    def piloting(self) -> list[Pilot]:
        """The newest fact about each payee who is in the pilot of the text that counts."""
        newest = {one.payee_id: one for one in self.pilots if one.text_hash == self.text.text_hash}
        return [one for one in newest.values() if one.ends_on >= one.starts_on]


def text_hash(source_toml: str) -> str:
    """The name of an exact text."""
    return sha256(source_toml.encode()).hexdigest()


# --- recording


def add_draft(
    connection: Connection, plan_key: str, replaces_key: str, by: str, at: datetime
) -> int:
    """The id of a new draft, which has no text yet."""
    row = {"plan_key": plan_key, "replaces_key": replaces_key}
    return inserted_id(connection, insert(tables.plan_draft).values(row | _recorded(by, at)))


def add_text(
    connection: Connection, draft_id: int, source_toml: str, by: str, at: datetime
) -> None:
    """Let this text count from now on."""
    row = {
        "draft_id": draft_id,
        "source_toml": source_toml,
        "text_hash": text_hash(source_toml),
    }
    connection.execute(insert(tables.plan_draft_text).values(row | _recorded(by, at)))


def add_step(
    connection: Connection,
    draft: Draft,
    step: Step,
    figures: Mapping[str, Any],
    by: str,
    at: datetime,
) -> None:
    """Record a step with the text that counts."""
    row = {
        "draft_id": draft.id,
        "text_hash": draft.text.text_hash,
        "step": step,
        "figures": json.dumps(figures, ensure_ascii=False),
    }
    connection.execute(insert(tables.plan_draft_step).values(row | _recorded(by, at)))


def add_pilot(
    connection: Connection,
    draft: Draft,
    payee_id: int,
    starts_on: date,
    ends_on: date,
    by: str,
    at: datetime,
) -> None:
    """Put a payee in the pilot of the text that counts; a last day before the first takes them out again."""
    row = {
        "draft_id": draft.id,
        "text_hash": draft.text.text_hash,
        "payee_id": payee_id,
        "starts_on": starts_on,
        "ends_on": ends_on,
    }
    connection.execute(insert(tables.plan_pilot).values(row | _recorded(by, at)))


def _recorded(by: str, at: datetime) -> dict[str, Any]:
    return {"recorded_at": at, "recorded_by": by}


# --- reading


def draft(connection: Connection, draft_id: int) -> Draft | None:
    """One draft, with everything about it."""
    found = drafts(connection, draft_id)
    return found[0] if found else None


def drafts(connection: Connection, draft_id: int | None = None) -> list[Draft]:
    """Every draft, or one, the newest first."""
    query = select(tables.plan_draft).order_by(_draft.id.desc())
    if draft_id is not None:
        query = query.where(_draft.id == draft_id)
    return [
        Draft(
            **row._mapping,
            texts=_texts(connection, row.id),
            steps=_steps(connection, row.id),
            pilots=_pilots(connection, row.id),
        )
        for row in connection.execute(query).all()
    ]


def drafts_piloted_by(connection: Connection, payee_id: int) -> list[Draft]:
    """The drafts that ever had a payee in their pilot, the newest first."""
    query = select(_pilot.draft_id).where(_pilot.payee_id == payee_id).distinct()
    ids = sorted(connection.execute(query).scalars(), reverse=True)
    return [found for draft_id in ids if (found := draft(connection, draft_id)) is not None]


def _texts(connection: Connection, draft_id: int) -> tuple[DraftText, ...]:
    query = select(_text.source_toml, _text.text_hash, _text.recorded_at, _text.recorded_by)
    rows = connection.execute(query.where(_text.draft_id == draft_id).order_by(_text.id))
    return tuple(DraftText(*row) for row in rows)


def _steps(connection: Connection, draft_id: int) -> tuple[DraftStep, ...]:
    query = select(tables.plan_draft_step).where(_step.draft_id == draft_id).order_by(_step.id)
    return tuple(
        DraftStep(
            row.step, row.text_hash, json.loads(row.figures), row.recorded_at, row.recorded_by
        )
        for row in connection.execute(query)
    )


def _pilots(connection: Connection, draft_id: int) -> tuple[Pilot, ...]:
    query = select(tables.plan_pilot).where(_pilot.draft_id == draft_id).order_by(_pilot.id)
    return tuple(
        Pilot(
            row.draft_id,
            row.text_hash,
            row.payee_id,
            row.starts_on,
            row.ends_on,
            row.recorded_at,
            row.recorded_by,
        )
        for row in connection.execute(query)
    )
