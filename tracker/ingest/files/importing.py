"""An import from start to end: look at the whole file first, then write it in chunks, or not at all.

The file is read twice, row by row, so that neither its size nor an error on its last line matters.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Protocol, TypeVar

from tracker.errors import BadInput, Problem
from tracker.ingest.files.cells import Addresses, BadRow, Row
from tracker.ingest.files.mapping import FileMapping, Values
from tracker.ingest.files.repetitions import Repetitions
from tracker.ingest.files.table import Table
from tracker.store.database import Database
from tracker.store.types import Connection

CHUNK_ROWS = 500
PROBLEMS_MAX = 10_000
"""So many problems of a file are named; of more only the number is known."""

Item = TypeVar("Item")
CheckRow = Callable[[Values], Item]


class ImportRefused(BadInput):
    """The file has problems and nothing of it was kept."""

    summary = "Nothing was imported, because of what is wrong in the file:"


class Target(Protocol[Item]):
    """What one kind of rows is turned into, and where it goes."""

    def checking(self, connection: Connection) -> CheckRow[Item]:
        """What judges a row, as the database is now; it raises BadInput."""

    def name_of(self, item: Item) -> str:
        """What must not be in the file twice."""

    def write(self, items: list[Item]) -> Counter[str]:
        """Commit some rows; how many of them had which outcome."""


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

    def check(self) -> Report:
        """Look at every row; nothing is written."""
        report = Report()
        addresses = self.table.addresses(self.mapping.columns)
        with Repetitions() as repetitions:
            for chunk in self._chunks(report):
                for row, item in chunk:
                    repetitions.note(self.target.name_of(item), row)
            for row, first in repetitions.found():
                report.repeated.add(row)
                what = f"says the same as row {first} says, or something else of the same."
                report.note(row, [Problem(addresses.of(row), what, "Keep one of the two.")])
        report.good_count -= len(report.repeated)
        report.sort()
        return report

    def write(self, checked: Report) -> Counter[str]:
        """Write every row that was found good, some hundred to a transaction."""
        outcomes: Counter[str] = Counter()
        for chunk in self._chunks(Report()):
            outcomes += self.target.write(
                [item for row, item in chunk if row not in checked.repeated]
            )
        return outcomes

    def _chunks(self, report: Report) -> Iterator[list[tuple[int, Item]]]:
        """The good rows with their numbers; what is wrong with the others is in the report."""
        columns = self.mapping.columns
        addresses = self.table.addresses(columns)
        rows = self.table.rows(columns)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            with self.database.read() as connection:
                check = self.target.checking(connection)
                judged = [
                    (row.number, item)
                    for row in chunk
                    if (item := self._judge(row, check, addresses, report)) is not None
                ]
            report.row_count += len(chunk)
            report.good_count += len(judged)
            self.on_rows(len(chunk))
            yield judged

    def _judge(
        self, row: Row | BadRow, check: CheckRow[Item], addresses: Addresses, report: Report
    ) -> Item | None:
        if isinstance(row, BadRow):
            report.note(row.number, [row.problem])
            return None
        values = self.mapping.values_of(row, addresses)
        report.empty.update(values.empty)
        try:
            if values.problems:
                raise BadInput(values.problems)
            return check(values)
        except BadInput as refusal:
            report.note(row.number, refusal.problems)
            return None
