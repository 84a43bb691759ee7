"""A CSV file, read row by row: never whole in memory, each row with the line it begins on."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tracker.errors import BadInput, Problem
from tracker.ingest.files.cells import Addresses, BadRow, Row
from tracker.ingest.values import shown

SNIFFED = ",;\t|"
LINE_LENGTH_MAX = 4_000_000
"""Of one line: a file without line breaks must not be read whole."""
COLUMNS_MAX = 1_000
COLUMNS_NAMED_MAX = 30
FIELD_LENGTH_MAX = csv.field_size_limit()

_BYTE_ORDER_MARK = "\ufeff"
_UNREADABLE = re.compile("[\udc80-\udcff\0]")
_HEAD_ROW = 1

Cells = tuple[int, int, list[str] | Problem]
"""A row: its number as a spreadsheet counts it, the line it begins on, and its cells, or what is wrong with it."""


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file with a header line. `delimiter` None: the one its header uses most."""

    path: Path
    encoding: str
    delimiter: str | None

    def header(self) -> list[str]:
        """The names of the columns, as the first line has them. Raises BadInput."""
        with self._opened() as file:
            return self._head(_lines(file))[0]

    def addresses(self, columns: frozenset[str]) -> Addresses:
        """What the cells are called. Raises BadInput when the header lacks one of the columns."""
        header = self.header()
        check_header(header, columns, _HEAD_ROW)
        return Addresses("", header)

    def rows(self, columns: frozenset[str]) -> Iterator[Row | BadRow]:
        """Each row, or what is wrong with it. Raises BadInput when the header lacks one of the columns."""
        with self._opened() as file:
            lines = _lines(file)
            header, delimiter = self._head(lines)
            check_header(header, columns, _HEAD_ROW)
            for number, _, read in self._records(lines, header, delimiter):
                if isinstance(read, Problem):
                    yield BadRow(number, _named(number, read))
                else:
                    yield Row(number, dict(zip(header, read, strict=True)))

    def cells(self, columns: frozenset[str]) -> Iterator[Cells]:
        """The same as plain cells in the order of the header, for files of which every microsecond counts."""
        with self._opened() as file:
            lines = _lines(file)
            header, delimiter = self._head(lines)
            check_header(header, columns, _HEAD_ROW)
            yield from self._records(lines, header, delimiter)

    def _records(
        self, lines: Iterator[str], header: Sequence[str], delimiter: str
    ) -> Iterator[Cells]:
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        number = _HEAD_ROW
        while True:
            line = reader.line_num + 2  # lines count from 1, and the header was the first
            number += 1
            try:
                cells = next(reader, None)
            except csv.Error as error:
                yield number, line, _problem_of_csv(error)
                continue
            if cells is None:
                return
            if cells:
                problem = self._problem_of(header, cells)
                yield number, line, problem or [*map(str.strip, cells)]

    def _opened(self) -> TextIO:
        """Undecodable bytes are carried along as marks, so that their line can be named and reading goes on."""
        return self.path.open(encoding=self.encoding, errors="surrogateescape", newline="\n")

    def _head(self, lines: Iterator[str]) -> tuple[list[str], str]:
        """The header's cells, and the delimiter between them. Raises BadInput."""
        first_line = next(lines, "").removeprefix(_BYTE_ORDER_MARK)
        delimiter = self.delimiter or max(SNIFFED, key=first_line.count)
        if first_line.count(delimiter) >= COLUMNS_MAX:
            what = (
                f"has {first_line.count(delimiter) + 1:,} columns; up to {COLUMNS_MAX:,} are read."
            )
            raise BadInput([_named(_HEAD_ROW, Problem("", what, "Keep only those needed."))])
        try:
            cells = next(csv.reader([first_line], delimiter=delimiter), [])
        except csv.Error as error:
            raise BadInput([_named(_HEAD_ROW, _problem_of_csv(error))]) from None
        if _UNREADABLE.search(first_line) and (problem := self._problem_of(cells, cells)):
            raise BadInput([_named(_HEAD_ROW, problem)])
        return [cell.strip() for cell in cells], delimiter

    def _problem_of(self, header: Sequence[str], cells: list[str]) -> Problem | None:
        text = "".join(cells)
        if (not text.isascii() or "\0" in text) and (found := _UNREADABLE.search(text)):
            if found[0] == "\0":
                what, fix = "holds a NUL, which no text does.", "Save the file as CSV again."
                return Problem("", what, fix)
            what = f"is not {self.encoding.upper()}."
            return Problem("", what, 'Declare its encoding, such as encoding = "cp1252".')
        if len(cells) != len(header):
            what = f"has {len(cells)} cells, but the header has {len(header)}."
            return Problem("", what, "Is a delimiter in a text that has no quotes?")
        return None


def check_header(header: Sequence[str], columns: frozenset[str], head_row: int) -> None:
    """Raises BadInput when one of the columns is not in the header, or twice."""
    problems = [
        Problem("", f"the column “{shown(name)}” is there twice.", "Rename one of them.")
        for name in sorted(columns)
        if header.count(name) > 1
    ]
    there = ", ".join(f"“{shown(name)}”" for name in header[:COLUMNS_NAMED_MAX])
    there += ", …" if len(header) > COLUMNS_NAMED_MAX else ""
    problems += [
        Problem("", f"there is no column “{shown(name)}”.", f"There are {there or 'none'}.")
        for name in sorted(columns)
        if name not in header
    ]
    if problems:
        raise BadInput(_named(head_row, problem) for problem in problems)


def _lines(file: TextIO) -> Iterator[str]:
    """The lines of a file; for one that is too long stands what is refused as too long."""
    while line := file.readline(LINE_LENGTH_MAX):
        if len(line) == LINE_LENGTH_MAX and not line.endswith("\n"):
            while (line := file.readline(LINE_LENGTH_MAX)) and not line.endswith("\n"):
                pass
            line = "x" * (FIELD_LENGTH_MAX + 1) + "\n"
        yield line


def _problem_of_csv(error: csv.Error) -> Problem:
    if "field limit" in str(error):
        what = f"is too long: a cell may hold {FIELD_LENGTH_MAX:,} characters."
        return Problem("", what, "Is the quote missing that ends one?")
    return Problem("", f"is not CSV: {error}.", "Look at its quotes.")


def _named(row: int, problem: Problem) -> Problem:
    return Problem(f"row {row}", problem.what, problem.fix)
