"""The trail: who did what that changed somebody's pay, when and why. Entries are added, never edited.

Each entry carries the hash of the one before it in its own, so an entry that was edited, removed, inserted or moved
afterwards is found and named (`problems`). Whoever cuts off the end leaves a whole chain; that is found by a head
that was exported before.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, text

from tracker.store import tables
from tracker.store.rehearsal import is_rehearsed

_TRAIL_LOCK = 7105
FIRST_HASH = "0" * 64
"""What the first entry names as the one before it."""

_entry = tables.trail_entry.c


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """One act. `subject` is canonical JSON; `hash` covers everything else, `previous_hash` included."""

    id: int
    at: datetime
    actor: str
    act: str
    subject: str
    reason: str
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class TrailHead:
    """The last entry of the trail at some time, to be kept where this database's owner cannot reach it."""

    id: int
    hash: str

    def __str__(self) -> str:
        return f"{self.id} {self.hash}"


def append(
    connection: Connection,
    act: str,
    actor: str,
    at: datetime,
    subject: Mapping[str, object],
    reason: str = "",
) -> int:
    """Add an act to the trail in the transaction of the act itself; the id of its entry."""
    # An SQLite write has the whole database anyway, and of a rehearsal nothing is kept.
    if connection.dialect.name == "postgresql" and not is_rehearsed(connection):
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_TRAIL_LOCK})"))
    before = head(connection)
    entry = TrailEntry(
        id=before.id + 1,
        at=at,
        actor=actor,
        act=act,
        subject=canonical_json(subject),
        reason=reason,
        previous_hash=before.hash,
        hash="",
    )
    row = asdict(replace(entry, hash=digest_of(entry)))
    connection.execute(insert(tables.trail_entry).values(row))
    return entry.id


def head(connection: Connection) -> TrailHead:
    """The last entry; 0 and the first hash while there is none."""
    row = connection.execute(
        select(_entry.id, _entry.hash).order_by(_entry.id.desc()).limit(1)
    ).one_or_none()
    return TrailHead(0, FIRST_HASH) if row is None else TrailHead(*row)


def entries(connection: Connection) -> list[TrailEntry]:
    """The whole trail, in order."""
    rows = connection.execute(select(tables.trail_entry).order_by(_entry.id))
    return [TrailEntry(**row._mapping) for row in rows]


def canonical_json(value: object) -> str:
    """The one text of a value: sorted keys, no spaces, plain ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest_of(entry: TrailEntry) -> str:
    """The hash an entry must carry."""
    content = asdict(entry) | {"at": entry.at.astimezone(UTC).isoformat()}
    del content["hash"]
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


# --- what was done to it afterwards


def problems(kept: Sequence[TrailEntry], exported: TrailHead | None = None) -> list[str]:
    """What is wrong with a trail read in order of id, each problem naming its entry; none when it is whole."""
    found = [*_misplaced_or_edited(kept), *_broken_links(kept)]
    if exported is not None and exported.id:
        found.extend(_missing_head(kept, exported))
    return found


def _misplaced_or_edited(kept: Sequence[TrailEntry]) -> Iterator[str]:
    """Entries that are not what was hashed. One that fits its hash at another place was moved there."""
    last_id = max((entry.id for entry in kept), default=0)
    for entry in kept:
        if digest_of(entry) == entry.hash:
            continue
        places = (
            place
            for place in range(1, last_id + len(kept) + 2)
            if digest_of(replace(entry, id=place)) == entry.hash
        )
        place = next(places, None)
        moved = f"was moved: it was recorded as entry {place}"
        yield f"entry {entry.id} {'was edited' if place is None else moved}"


def _broken_links(kept: Sequence[TrailEntry]) -> Iterator[str]:
    """Where an entry does not follow the one before it: something went missing, came between, or was replaced."""
    place_of = {FIRST_HASH: 0} | {entry.hash: entry.id for entry in kept}
    before = TrailHead(0, FIRST_HASH)
    for entry in kept:
        if missing := range(before.id + 1, entry.id):
            yield _named(missing, "removed")
        elif entry.previous_hash != before.hash:
            followed = place_of.get(entry.previous_hash)
            if followed is None:
                other = f"is not the one that entry {entry.id} followed"
                yield f"entry {before.id or entry.id} {other}: it was removed or replaced"
            elif followed < before.id:
                yield _named(range(followed + 1, before.id + 1), "inserted")
        before = TrailHead(entry.id, entry.hash)


def _missing_head(kept: Sequence[TrailEntry], exported: TrailHead) -> Iterator[str]:
    if any((entry.id, entry.hash) == (exported.id, exported.hash) for entry in kept):
        return
    last_id = kept[-1].id if kept else 0
    if last_id < exported.id:
        yield _named(range(last_id + 1, exported.id + 1), "removed from the end")
    else:
        yield f"entry {exported.id} is not the one whose hash was exported: the trail was written anew"


def _named(places: range, how: str) -> str:
    if len(places) == 1:
        return f"entry {places[0]} was {how}"
    return f"entries {places[0]} to {places[-1]} were {how}"
