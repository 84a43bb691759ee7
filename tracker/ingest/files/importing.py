"""An import from start to end: look at the whole file first, then write it in chunks, or not at all.

The file is read twice, so that neither its size nor an error on its last line matters.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, Protocol, TypeVar

from tracker.errors import BadInput, Problem
from tracker.ingest.files.csv_file import CsvFile, Row
from tracker.ingest.files.mapping import FileMapping, Values
from tracker.store.database import Database
from tracker.store.types import Connection

CHUNK_ROWS = 500

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
    """What an import found in its file. `empty` counts, by field, the rows that say nothing for it."""

    row_count: int = 0
    good_count: int = 0
    problems: list[Problem] = field(default_factory=list)
    empty: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Import(Generic[Item]):
    """One file on its way in. `on_rows` is told of every few hundred rows that are done."""

    database: Database
    file: CsvFile
    mapping: FileMapping
    target: Target[Item]
    on_rows: Callable[[int], None] = lambda _count: None

    def check(self) -> Report:
        """Look at every row; nothing is written."""
        report = Report()
        for _ in self._chunks(report):
            pass
        return report

    def write(self) -> Counter[str]:
        """Write every row that is good, some hundred to a transaction."""
        outcomes: Counter[str] = Counter()
        for items in self._chunks(Report()):
            outcomes += self.target.write(items)
        return outcomes

    def _chunks(self, report: Report) -> Iterator[list[Item]]:
        lines_of_names: dict[str, int] = {}
        rows = self.file.rows(_columns_of(self.mapping))
        while chunk := list(islice(rows, CHUNK_ROWS)):
            with self.database.read() as connection:
                check = self.target.checking(connection)
                judged = [self._judge(row, check, lines_of_names, report) for row in chunk]
            items = [item for item in judged if item is not None]
            report.row_count += len(chunk)
            report.good_count += len(items)
            self.on_rows(len(chunk))
            yield items

    def _judge(
        self, row: Row | Problem, check: CheckRow[Item], lines: dict[str, int], report: Report
    ) -> Item | None:
        if isinstance(row, Problem):
            report.problems.append(row)
            return None
        values = self.mapping.values_of(row.line, row.cells)
        report.empty.update(values.empty)
        try:
            if values.problems:
                raise BadInput(values.problems)
            item = check(values)
        except BadInput as refusal:
            report.problems.extend(refusal.problems)
            return None
        first_line = lines.setdefault(self.target.name_of(item), row.line)
        if first_line != row.line:
            what = f"says the same as line {first_line} says, or something else of the same."
            report.problems.append(Problem(f"line {row.line}", what, "Keep one of the two."))
            return None
        return item


def _columns_of(mapping: FileMapping) -> frozenset[str]:
    return frozenset(name for rule in mapping.rules.values() for name in rule.all_columns)
