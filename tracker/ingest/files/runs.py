"""What a person does with a file: looks it through, tries it, imports it, takes it back; by a command or on a page."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tracker import flow_imports
from tracker.flow_imports import Undone
from tracker.ingest.files.deal_rows import DEALS
from tracker.ingest.files.importing import Import, Report, Target
from tracker.ingest.files.mapping import FileMapping, Kind
from tracker.ingest.files.people_rows import PEOPLE
from tracker.ingest.files.quota_rows import QUOTAS
from tracker.ingest.files.rate_rows import RATES
from tracker.ingest.files.table import Table
from tracker.ingest.files.targets import DealsTarget, PeopleTarget, QuotasTarget, RatesTarget
from tracker.store import imports, pay_changes
from tracker.store.database import Database
from tracker.store.imports import FileImport
from tracker.store.pay_changes import PayChange
from tracker.store.rehearsal import Rehearsal, rehearsing_aside

KINDS: dict[str, Kind] = {kind.name: kind for kind in (PEOPLE, QUOTAS, DEALS, RATES)}
OUTCOMES = (
    *("new", "added or changed", "set", "changed", "restored", "cancelled"),
    *("unchanged", "untouched", "older", "left", "set aside", "refused"),
)
"""What becomes of a row, or of a deal whose import is undone, in the order it is told."""
FILE_NAME_LENGTH_MAX = 200

OnRows = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Given:
    """A file, how it is read, and who brings it. `name` is what people call it; nothing is opened by it."""

    path: Path
    name: str
    table: Table
    mapping: FileMapping
    by: str
    at: datetime
    today: date

    @property
    def is_deals(self) -> bool:
        return self.mapping.kind is DEALS


@dataclass(frozen=True, slots=True)
class Brought:
    """What importing a file came to. `import_id` 0: only imports of deals have a number."""

    import_id: int
    counts: Counter[str]


@dataclass
class Tried:
    """What something would come to: outcomes, whose pay would change, and, of an undoing, the deals it would leave."""

    counts: Counter[str] = field(default_factory=Counter)
    pay_changes: list[PayChange] = field(default_factory=list)
    undone: Undone = field(default_factory=Undone)


def check(database: Database, given: Given, on_rows: OnRows) -> Report:
    """Look every row of a file over."""
    job = Import(database, given.table, given.mapping, _target(database, given, 0), on_rows)
    return job.check()


def bring_in(database: Database, given: Given, checked: Report, on_rows: OnRows) -> Brought:
    """Import the good rows of a file that was checked."""
    import_id = _begun(database, given, checked) if given.is_deals else 0
    job = Import(database, given.table, given.mapping, _target(database, given, import_id), on_rows)
    counts = job.write(checked)
    if import_id:
        flow_imports.end_import(database, import_id, counts, given.at)
    return Brought(import_id, counts)


def try_out(database: Database, given: Given, checked: Report, on_rows: OnRows) -> Tried:
    """What importing the file would come to, by importing it and keeping nothing."""
    with _tried(database, given.at) as (rehearsal, tried):
        tried.counts = bring_in(rehearsal, given, checked, on_rows).counts
    return tried


def undo(
    database: Database, import_id: int, reason: str, by: str, at: datetime, on_deals: OnRows
) -> Undone:
    """Take an import back; what became of its deals. Raises NotFound or Conflict."""
    undo_id = flow_imports.begin_undo(database, import_id, reason, by, at)
    undone, after_key = Undone(), ""
    while True:
        before = undone.counts.total()
        after_key = flow_imports.undo_some(database, import_id, undo_id, after_key, at, undone)
        if not after_key:
            break
        on_deals(undone.counts.total() - before)
    flow_imports.end_import(database, undo_id, undone.counts, at)
    return undone


def try_undo(database: Database, import_id: int, by: str, at: datetime, on_deals: OnRows) -> Tried:
    """What taking an import back would come to."""
    with _tried(database, at) as (rehearsal, tried):
        tried.undone = undo(rehearsal, import_id, "", by, at, on_deals)
        tried.counts = tried.undone.counts
    return tried


@contextmanager
def _tried(database: Database, at: datetime) -> Iterator[tuple[Rehearsal, Tried]]:
    tried = Tried()
    with rehearsing_aside(database) as rehearsal:
        with rehearsal.read() as connection:
            last_id = pay_changes.last_entry_id(connection)
        yield rehearsal, tried
        with rehearsal.read() as connection:
            tried.pay_changes = pay_changes.pay_changes(connection, last_id, at)


def _begun(database: Database, given: Given, checked: Report) -> int:
    """The import of this file: one that was interrupted goes on, or else a new one."""
    file = FileImport(
        source=given.mapping.source,
        file_name=given.name[:FILE_NAME_LENGTH_MAX],
        file_hash=_hash_of(given.path),
        row_count=checked.row_count,
    )
    with database.read() as connection:
        interrupted = imports.interrupted(connection, file.file_hash)
    if interrupted is not None and interrupted.file.source == file.source:
        return interrupted.id
    return flow_imports.begin_import(database, file, given.by, given.at)


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _target(database: Database, given: Given, import_id: int) -> Target[Any]:
    kind = given.mapping.kind
    if kind is PEOPLE:
        return PeopleTarget(database, given.by, given.at, given.today)
    if kind is QUOTAS:
        return QuotasTarget(database, given.by, given.at)
    if kind is RATES:
        return RatesTarget(database, given.by, given.at)
    sender = f"{given.name[: FILE_NAME_LENGTH_MAX - 20]} ({given.by})"[:FILE_NAME_LENGTH_MAX]
    return DealsTarget(database, given.at, given.today, given.mapping.source, import_id, sender)
