"""An import from start to end: look at the whole file first, then write it in chunks, or not at all.

The file is read twice, row by row, so that neither its size nor an error on its last line matters.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Protocol, TypeVar

from tracker.errors import BadInput, Problem
from tracker.garbage import collecting_seldom
from tracker.ingest.files.cells import BadRow
from tracker.ingest.files.mapping import FileMapping, Values
from tracker.ingest.files.repetitions import Repetitions
from tracker.ingest.files.table import Table
from tracker.store.database import Database
from tracker.store.types import Connection

CHUNK_ROWS = 500
SET_ASIDE, REFUSED = "set aside", "refused"
PROBLEMS_MAX = 10_000
"""So many problems of a file are named; of more only the number is known."""

Item = TypeVar("Item")
CheckRow = Callable[[Values], Item]


class ImportRefused(BadInput):
    """The file has problems and nothing of it was kept."""

    summary = "Nothing was imported, because of what is wrong in the file:"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that cannot be used as it is, and why."""

    values: Values
    problems: Sequence[Problem]


class Target(Protocol[Item]):
    """What one kind of rows is turned into, and where it goes."""

    def checking(self, connection: Connection, rows: Sequence[Values]) -> CheckRow[Item]:
        """What judges each of some rows, as the database is now; it raises BadInput."""

    def name_of(self, item: Item) -> str:
        """What must not be in the file twice."""

    def write(self, items: list[Item]) -> Counter[str]:
        """Commit some rows; how many of them had which outcome."""

    def leave_out(self, left: list[LeftOut]) -> int:
        """Set aside those of some bad rows that can be used later; how many these are."""


@dataclass
class Report:
    """What an import found in its file. `empty` counts, by field, the rows that say nothing for it.

    `problems` are by row, up to a limit; `repeated` are the rows that say again what an earlier row says.
    """

    row_count: int = 0
    good_count: int = 0
    problem_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    empty: Counter[str] = field(default_factory=Counter)
    repeated: set[int] = field(default_factory=set)
    _rows: list[int] = field(default_factory=list)

    def note(self, row: int, problems: list[Problem]) -> None:
        """Something is wrong with a row."""
        self.problem_count += len(problems)
        kept = problems[: PROBLEMS_MAX - len(self.problems)]
        self.problems.extend(kept)
        self._rows.extend([row] * len(kept))

    def sort(self) -> None:
        """Put the problems in the order of the rows."""
        order = sorted(range(len(self._rows)), key=self._rows.__getitem__)
        self.problems = [self.problems[place] for place in order]
        self._rows.sort()


@dataclass(frozen=True)
class Import(Generic[Item]):
    """One file on its way in. `on_rows` is told of every few hundred rows that are done."""

    database: Database
    table: Table
    mapping: FileMapping
    target: Target[Item]
    on_rows: Callable[[int], None] = lambda _count: None

    @collecting_seldom()
    def check(self) -> Report:
        """Look at every row; nothing is written."""
        report = Report()
        addresses = self.table.addresses(self.mapping.columns)
        with Repetitions() as repetitions:
            for chunk in self._chunks(report):
                for row, item in chunk.good:
                    repetitions.note(self.target.name_of(item), row)
            for row, first in repetitions.found():
                report.repeated.add(row)
                what = f"says the same as row {first} says, or something else of the same."
                report.note(row, [Problem(addresses.of(row), what, "Keep one of the two.")])
        report.good_count -= len(report.repeated)
        report.sort()
        return report

    @collecting_seldom()
    def write(self, checked: Report) -> Counter[str]:
        """Write every row that was found good, some hundred to a transaction; set aside of the others what can be."""
        outcomes: Counter[str] = Counter()
        report = Report()
        for chunk in self._chunks(report):
            items = [item for row, item in chunk.good if row not in checked.repeated]
            outcomes += self.target.write(items)
            if chunk.left_out:
                outcomes[SET_ASIDE] += self.target.leave_out(chunk.left_out)
        outcomes[REFUSED] += report.row_count - report.good_count - outcomes[SET_ASIDE]
        outcomes[REFUSED] += len(checked.repeated)
        return outcomes

    def _chunks(self, report: Report) -> Iterator["_Chunk[Item]"]:
        """The rows some hundred at a time; what is wrong with any is in the report."""
        columns = self.mapping.columns
        addresses = self.table.addresses(columns)
        rows = self.table.rows(columns)
        while read := list(islice(rows, CHUNK_ROWS)):
            chunk: _Chunk[Item] = _Chunk()
            read_values = []
            for row in read:
                if isinstance(row, BadRow):
                    report.note(row.number, [row.problem])
                else:
                    read_values.append(self.mapping.values_of(row, addresses))
            with self.database.read() as connection:
                check = self.target.checking(connection, read_values)
                for values in read_values:
                    _judge(values, check, report, chunk)
            report.row_count += len(read)
            report.good_count += len(chunk.good)
            self.on_rows(len(read))
            yield chunk


@dataclass
class _Chunk(Generic[Item]):
    """Some hundred rows: the good ones with their numbers, and those that are left out."""

    good: list[tuple[int, Item]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def _judge(values: Values, check: CheckRow[Item], report: Report, chunk: _Chunk[Item]) -> None:
    report.empty.update(values.empty)
    try:
        if values.problems:
            raise BadInput(values.problems)
        chunk.good.append((values.row, check(values)))
    except BadInput as refusal:
        report.note(values.row, refusal.problems)
        chunk.left_out.append(LeftOut(values, refusal.problems))
