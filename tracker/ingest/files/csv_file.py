"""A CSV file, read row by row: never whole in memory, each row with the line it begins on."""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tracker.errors import BadInput, Problem
from tracker.ingest.values import shown

SNIFFED = ",;\t|"

_BYTE_ORDER_MARK = "\ufeff"
_UNDECODED = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins on, and its cells by column, trimmed."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A file with a header line. `delimiter` None: the one its header uses most."""

    path: Path
    encoding: str
    delimiter: str | None

    def header(self) -> list[str]:
        """The names of the columns, as the first line has them."""
        with self._opened() as lines:
            first_line = next(lines, "")
        return _cells_of(first_line.removeprefix(_BYTE_ORDER_MARK), self.delimiter)[0]

    def rows(self, columns: frozenset[str]) -> Iterator[Row | Problem]:
        """Each row, or what is wrong with it. Raises BadInput when the header lacks one of the columns."""
        header = self.header()
        for found in self.cells(columns):
            if isinstance(found, Problem):
                yield found
            else:
                line, cells = found
                yield Row(line, dict(zip(header, cells, strict=True)))

    def cells(self, columns: frozenset[str]) -> Iterator[tuple[int, list[str]] | Problem]:
        """The same as plain cells in the order of the header, for files of which every microsecond counts."""
        with self._opened() as lines:
            first_line = next(lines, "").removeprefix(_BYTE_ORDER_MARK)
            header, delimiter = _cells_of(first_line, self.delimiter)
            _check_header(header, columns)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            while True:
                line = reader.line_num + 2  # lines count from 1, and the header was the first
                try:
                    cells = next(reader, None)
                except csv.Error as error:
                    yield _problem(line, f"is not CSV: {error}.", "Look at its quotes.")
                    continue
                if cells is None:
                    return
                if cells:
                    yield self._problem_of(line, header, cells) or (line, [*map(str.strip, cells)])

    def _opened(self) -> TextIO:
        """Undecodable bytes are carried along as marks, so that their line can be named and reading goes on."""
        return self.path.open(encoding=self.encoding, errors="surrogateescape", newline="\n")

    def _problem_of(self, line: int, header: list[str], cells: list[str]) -> Problem | None:
        text = "".join(cells)
        if not text.isascii() and _UNDECODED.search(text):
            what = f"is not {self.encoding.upper()}."
            return _problem(line, what, 'Declare its encoding, such as encoding = "cp1252".')
        if len(cells) != len(header):
            what = f"has {len(cells)} cells, but the header has {len(header)}."
            return _problem(line, what, "Is a delimiter in a text that has no quotes?")
        return None


def _cells_of(first_line: str, delimiter: str | None) -> tuple[list[str], str]:
    """The header's cells, and the delimiter between them."""
    delimiter = delimiter or max(SNIFFED, key=first_line.count)
    cells = next(csv.reader([first_line], delimiter=delimiter), [])
    return [cell.strip() for cell in cells], delimiter


def _check_header(header: list[str], columns: frozenset[str]) -> None:
    problems = [
        _problem(1, f"the column “{shown(name)}” is there twice.", "Rename one of them.")
        for name in sorted(columns)
        if header.count(name) > 1
    ]
    there = ", ".join(f"“{shown(name)}”" for name in header)
    problems += [
        _problem(1, f"there is no column “{shown(name)}”.", f"There are {there or 'none'}.")
        for name in sorted(columns)
        if name not in header
    ]
    if problems:
        raise BadInput(problems)


def _problem(line: int, what: str, fix: str) -> Problem:
    return Problem(f"line {line}", what, fix)
