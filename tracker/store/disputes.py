"""What reps doubt, and everything said and done about it: facts, added and never edited."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select

from tracker.engine.claims.disputes import RULES, Act, State, state_after
from tracker.store.statements import in_chunks, inserted_id
from tracker.store.tables import dispute, dispute_entry, payee

ACTS_THAT_LEAVE_IT_OPEN = sorted(
    {Act.RAISE, *(act for act, rule in RULES.items() if rule.leads_to is State.OPEN)}
)

_SEEN_THEN = ("sheet", "deal_snapshot")
_WHOLE = select(dispute)
_LISTED = select(*(column for column in dispute.c if column.name not in _SEEN_THEN))


@dataclass(frozen=True, slots=True)
class Entry:
    """One act on a dispute. `by` is the e-mail address of whoever did it; `event_id` the deal event of a correction."""

    number: int
    act: Act
    words: str
    at: datetime
    by: str
    event_id: int | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is doubted: a deal, a figure, a statement, or a deal that is missing.

    `sheet` is the explanation the rep saw and `claim` what the rep knows of a missing deal, both as JSON of whoever
    wrote them; `deal_snapshot` is the deal as `deal_snapshot.deal_to_json` writes it.
    """

    payee_id: int
    about: str
    title: str
    line: str = ""
    deal_key: str | None = None
    component_key: str | None = None
    statement_id: int | None = None
    sheet: str | None = None
    deal_snapshot: str | None = None
    claim: str = "{}"


@dataclass(frozen=True, slots=True)
class Dispute:
    """A doubt and what became of it, oldest act first."""

    id: int
    doubt: Doubt
    entries: tuple[Entry, ...]

    @property
    def state(self) -> State:
        return state_after(entry.act for entry in self.entries)

    @property
    def raised_at(self) -> datetime:
        return self.entries[0].at

    @property
    def changed_at(self) -> datetime:
        return self.entries[-1].at

    @property
    def correcting_event_ids(self) -> tuple[int, ...]:
        return tuple(entry.event_id for entry in self.entries if entry.event_id is not None)


# --- recording


def add_dispute(connection: Connection, doubt: Doubt, by: str, at: datetime) -> int:
    """The id of a new dispute. Its first act is still to be added."""
    columns = {field.name: getattr(doubt, field.name) for field in fields(Doubt)}
    values = {**columns, "recorded_at": at, "recorded_by": by}
    return inserted_id(connection, insert(dispute).values(values))


def add_entry(connection: Connection, dispute_id: int, entry: Entry) -> None:
    """Add the next act. The dispute must be locked, or new in this transaction."""
    values = {
        "dispute_id": dispute_id,
        "number": entry.number,
        "act": entry.act.value,
        "words": entry.words,
        "event_id": entry.event_id,
        "recorded_at": entry.at,
        "recorded_by": entry.by,
    }
    connection.execute(insert(dispute_entry).values(values))


def locked_dispute(connection: Connection, dispute_id: int) -> Dispute | None:
    """A dispute nobody else can act on until the transaction ends."""
    lock = select(dispute.c.id).where(dispute.c.id == dispute_id).with_for_update()
    connection.execute(lock)
    return dispute_by_id(connection, dispute_id)


# --- finding


def dispute_by_id(connection: Connection, dispute_id: int) -> Dispute | None:
    return next(iter(_disputes(connection, _WHOLE, dispute.c.id == dispute_id)), None)


def disputes_of_payee(connection: Connection, payee_id: int) -> list[Dispute]:
    """A payee's disputes without what was seen then, the one that changed last first."""
    return _disputes(connection, _LISTED, dispute.c.payee_id == payee_id)


def disputes_of_teams(
    connection: Connection, team_ids: Collection[int], with_teamless: bool, since: datetime
) -> list[Dispute]:
    """The disputes of everybody who is in one of these teams now, or in none, without what was seen then.

    Those raised since an instant, and those that still go on; the one that changed last first.
    """
    members = _members(team_ids, with_teamless)
    going_on = _whose_last_act_is(sorted({*ACTS_THAT_LEAVE_IT_OPEN, Act.ANSWER}))
    is_shown = or_(dispute.c.recorded_at >= since, dispute.c.id.in_(going_on))
    return _disputes(connection, _LISTED, dispute.c.payee_id.in_(members), is_shown)


def count_open(
    connection: Connection,
    team_ids: Collection[int],
    with_teamless: bool,
    without_payee_id: int | None,
) -> int:
    """How many disputes of these teams wait for a decision of somebody who is this payee."""
    conditions: list[ColumnElement[bool]] = [
        dispute.c.payee_id.in_(_members(team_ids, with_teamless)),
        dispute.c.id.in_(_whose_last_act_is(ACTS_THAT_LEAVE_IT_OPEN)),
    ]
    if without_payee_id is not None:
        conditions.append(dispute.c.payee_id != without_payee_id)
    query = select(func.count()).select_from(dispute).where(*conditions)
    return connection.scalar(query) or 0


def count_acts(connection: Connection, team_id: int) -> int:
    """How many acts there are on the disputes of a team: another number than before means that something was said."""
    query = (
        select(func.count())
        .select_from(dispute_entry)
        .join(dispute, dispute.c.id == dispute_entry.c.dispute_id)
        .where(dispute.c.payee_id.in_(_members([team_id], False)))
    )
    return connection.scalar(query) or 0


def _members(team_ids: Collection[int], with_teamless: bool) -> Any:
    in_teams: ColumnElement[bool] = payee.c.team_id.in_(sorted(team_ids))
    if with_teamless:
        in_teams = or_(in_teams, payee.c.team_id.is_(None))
    return select(payee.c.id).where(in_teams)


def _whose_last_act_is(acts: Sequence[Act]) -> Any:
    """The ids of the disputes that one of these acts was done to last."""
    last = (
        select(dispute_entry.c.dispute_id, func.max(dispute_entry.c.number).label("number"))
        .group_by(dispute_entry.c.dispute_id)
        .subquery()
    )
    is_last = and_(
        dispute_entry.c.dispute_id == last.c.dispute_id, dispute_entry.c.number == last.c.number
    )
    found = select(dispute_entry.c.dispute_id).join(last, is_last)
    return found.where(dispute_entry.c.act.in_([act.value for act in acts]))


def _disputes(
    connection: Connection, columns: Select[Any], *conditions: ColumnElement[bool]
) -> list[Dispute]:
    rows = connection.execute(columns.where(*conditions)).all()
    entries = _entries(connection, [row.id for row in rows])
    found = [Dispute(row.id, _doubt(row), tuple(entries[row.id])) for row in rows]
    return sorted(found, key=lambda one: (one.changed_at, one.id), reverse=True)


def _entries(connection: Connection, dispute_ids: Sequence[int]) -> Mapping[int, list[Entry]]:
    entries: dict[int, list[Entry]] = {dispute_id: [] for dispute_id in dispute_ids}
    for chunk in in_chunks(dispute_ids):
        query = select(dispute_entry).where(dispute_entry.c.dispute_id.in_(chunk))
        for row in connection.execute(query.order_by(dispute_entry.c.number)):
            entries[row.dispute_id].append(_entry(row))
    return entries


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        number=row.number,
        act=Act(row.act),
        words=row.words,
        at=row.recorded_at,
        by=row.recorded_by,
        event_id=row.event_id,
    )


def _doubt(row: Row[Any]) -> Doubt:
    read = row._mapping
    return Doubt(**{one.name: read[one.name] for one in fields(Doubt) if one.name in read})
