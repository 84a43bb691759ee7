"""Rows of a deals file -> deal events, by way of the same record and the same checks as the API.

A file that maps no version tells only how things are now. Its deals are therefore compared with what was said last:
one that says the same is left alone, one that says something else becomes the next version. So importing twice changes
nothing, and a change that is taken back is a change again.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from tracker.engine.deals import DealEvent
from tracker.errors import BadInput, Problem
from tracker.ingest.deal_payload import (
    OWN_COUNTS,
    OWN_MEASURES,
    OWN_PROPERTIES,
    Reader,
    with_body_hash,
)
from tracker.ingest.directory import Directory
from tracker.ingest.files.mapping import Kind, Values
from tracker.ingest.setting_aside import to_set_aside
from tracker.ingest.strict_json import JsonValue, written
from tracker.ingest.values import parse_day
from tracker.store import deals
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.quarantine import Arrived
from tracker.store.types import Connection

CREDIT_FIELDS = tuple((f"rep{end}", f"share{end}") for end in ("", "_2", "_3"))
DEAL_TEXTS = (
    *("name", "status", "effective_on", "ended_on", "currency", "stage", "probability"),
    *OWN_PROPERTIES,
)
DEAL_AMOUNTS = ("amount", *OWN_MEASURES, *OWN_COUNTS)
NEXT_STEP_FIELDS = {
    "next_step": "text",
    "next_step_owner": "owner",
    "next_step_due_on": "due_on",
}
OWN_FIELDS = ("deal_id", "version", "occurred_at", "evidence")
EVIDENCE_MARK = ";"
PLACEHOLDER_ID = "to-be-named"

_CREDIT_PATH = re.compile(r"deal\.credits\[(?P<index>\d)\]\.(?P<name>rep|share)")

DEALS = Kind(
    name="deals",
    fields=frozenset(
        (
            *OWN_FIELDS,
            *DEAL_TEXTS,
            *DEAL_AMOUNTS,
            *NEXT_STEP_FIELDS,
            *(name for pair in CREDIT_FIELDS for name in pair),
        )
    ),
    needed=("deal_id", "name", "status", "effective_on", "currency", "rep"),
    dates=frozenset({"effective_on", "ended_on", "next_step_due_on"}),
    numbers=frozenset(DEAL_AMOUNTS),
    has_properties=True,
    has_source=True,
)


@dataclass(frozen=True, slots=True)
class DealRow:
    """The event one row stands for; `is_versioned` when the file itself orders the snapshots of a deal."""

    event: DealEvent
    is_versioned: bool


def references_in(rows: Iterable[Values]) -> Iterator[str]:
    """Whom some rows name, readable or not."""
    for values in rows:
        yield from (values.by_field[rep] for rep, _ in _pairs(values.by_field))


def deal_row(values: Values, source: str, reader: Reader) -> DealRow:
    """The event of a row. Raises BadInput with every problem, each with the line and the field of the mapping."""
    found = values.by_field
    try:
        event = reader.event_without_hash(_record(found, source, reader.today))
    except BadInput as refusal:
        raise BadInput(
            Problem(values.where(_field_of(problem.where, found)), problem.what, problem.fix)
            for problem in refusal.problems
        ) from None
    return DealRow(event, is_versioned="version" in found or "occurred_at" in found)


def named_events(connection: Connection, rows: Sequence[DealRow]) -> list[DealEvent]:
    """The events of rows that say something new, each with the id and version it will always have."""
    said = deals.last_said(connection, _keys_of(rows))
    events = []
    for row in rows:
        key = row.event.deal.key
        if row.is_versioned:
            events.append(_named(row.event))
        elif row.event.deal != said.get(key):
            version = _newest_version(connection, key) + 1 if key in said else 1
            events.append(_named(replace(row.event, version=version)))
    return events


def said_before(connection: Connection, events: Iterable[DealEvent]) -> set[str]:
    """Those deals of these events that are known already."""
    return {stored.deal.key for stored in deals.deals(connection, {e.deal.key for e in events})}


def row_set_aside(
    connection: Connection,
    values: Values,
    source: str,
    problems: Sequence[Problem],
    directory: Directory,
    today: date,
) -> Arrived | None:
    """A row that cannot be used yet, as what it will be once it can; None when it does not name its deal."""
    record = _record(values.by_field, source, today)
    assert isinstance(record, dict)
    if "version" not in record and "occurred_at" not in values.by_field:
        key = f"{source}:{values.by_field.get('deal_id')}"
        record["version"] = str(_newest_version(connection, key) + 1)
    content = hashlib.sha256(written(record).encode()).hexdigest()
    record["event_id"] = f"import-{content[:40]}"
    return to_set_aside(record, problems, directory.payee_id_of)


def _keys_of(rows: Iterable[DealRow]) -> list[str]:
    return sorted({row.event.deal.key for row in rows})


def _newest_version(connection: Connection, key: str) -> int:
    """0 of a deal that is new."""
    events = deals.events_of_deal(connection, key)
    return max((stored.event.version for stored in events), default=0)


def _named(event: DealEvent) -> DealEvent:
    """The id follows from the content, so that the same row is the same event however often it is imported."""
    content = f"{event.version} {deal_to_json(event.deal)}"
    event_id = f"import-{hashlib.sha256(content.encode()).hexdigest()[:40]}"
    return with_body_hash(replace(event, event_id=event_id))


def _record(found: Mapping[str, str], source: str, today: date) -> JsonValue:
    deal: dict[str, JsonValue] = {
        name: found[name] for name in (*DEAL_TEXTS, *DEAL_AMOUNTS) if name in found
    }
    properties: dict[str, JsonValue] = {
        name.removeprefix("properties."): text
        for name, text in found.items()
        if name.startswith("properties.")
    }
    deal["properties"] = properties
    deal["credits"] = _credits(found)
    if evidence := found.get("evidence"):
        deal["evidence"] = [word for word in evidence.split(EVIDENCE_MARK) if word.strip()]
    if next_step := {to: found[name] for name, to in NEXT_STEP_FIELDS.items() if name in found}:
        deal["next_step"] = {**next_step}
    record: dict[str, JsonValue] = {
        "source": source,
        "event_id": PLACEHOLDER_ID,
        "deal_id": found.get("deal_id"),
        "occurred_at": found.get("occurred_at") or _start_of(found.get("effective_on", ""), today),
        "deal": deal,
    }
    return record | ({"version": found["version"]} if "version" in found else {})


def _credits(found: Mapping[str, str]) -> list[JsonValue]:
    parts: list[JsonValue] = []
    for rep, share in _pairs(found):
        part: dict[str, JsonValue] = {"rep": found[rep]}
        parts.append(part | ({"share": found[share]} if share in found else {}))
    return parts


def _pairs(found: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(rep, share) for rep, share in CREDIT_FIELDS if rep in found]


def _start_of(effective_on: str, today: date) -> str:
    """When it happened, as far as a file without times tells; never in the future."""
    day = min(parse_day(effective_on) or today, today)
    return datetime.combine(day, time(), UTC).isoformat()


def _field_of(where: str, found: Mapping[str, str]) -> str:
    """The field of the mapping that a field of the record came from."""
    if match := _CREDIT_PATH.fullmatch(where):
        return _pairs(found)[int(match["index"])][("rep", "share").index(match["name"])]
    name = where.removeprefix("deal.")
    ends = {f"next_step.{to}": field for field, to in NEXT_STEP_FIELDS.items()}
    return "rep" if name == "credits" else ends.get(name, name)
