"""A file with a table in it, CSV or XLSX: its first bytes say which, not its name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tracker.errors import Problem
from tracker.ingest.files.cells import Addresses, BadRow, Cell, Row, cell_text
from tracker.ingest.files.csv_file import CsvFile, check_header
from tracker.ingest.files.spreadsheet import OLE, ZIP, Sheet, SheetRow, sheets_of
from tracker.ingest.files.spreadsheet_problems import IMPORTED, SheetProblem, SpreadsheetError

HEAD_ROWS_MAX = 15
"""How far down the head of a sheet is looked for: people write a title above it."""
MERGED_MAX = 1_000
"""So many merged places of a sheet are looked for in its rows; one is enough to refuse it."""
SNIFFED_BYTES = 4096
FIRST_BYTES = 16
"""A NUL among these: the file is a program's own, such as a picture."""
UTF16 = (b"\xff\xfe", b"\xfe\xff")


class Table(Protocol):
    """Rows under a head of column names, read one by one."""

    def header(self) -> list[str]:
        """The names of the columns. Raises BadInput."""

    def addresses(self, columns: frozenset[str]) -> Addresses:
        """What the cells are called. Raises BadInput when the header lacks one of the columns."""

    def rows(self, columns: frozenset[str]) -> Iterator[Row | BadRow]:
        """Each row, or what is wrong with it. Raises BadInput when the header lacks one of the columns."""


@dataclass(frozen=True, slots=True)
class SheetTable:
    """The table of a sheet. Its head is the first row with all columns that are asked for, or else the first row."""

    sheet: Sheet

    def header(self) -> list[str]:
        return _texts(self.sheet.rows[0])

    def first_rows(self) -> list[list[str]]:
        """Those one of which is the head."""
        return [_texts(row) for row in self.sheet.rows[:HEAD_ROWS_MAX]]

    def addresses(self, columns: frozenset[str]) -> Addresses:
        header = _texts(self.sheet.rows[self._head(columns)])
        return Addresses(self.sheet.name, header)

    def rows(self, columns: frozenset[str]) -> Iterator[Row | BadRow]:
        head = self._head(columns)
        header = _texts(self.sheet.rows[head])
        addresses = Addresses(self.sheet.name, header)
        used = [place for place, name in enumerate(header, start=1) if name in columns]
        for row in self.sheet.rows[head + 1 :]:
            if any(cell != "" for cell in row.cells[: len(header)]):
                problem = self._problem_of(row, used, addresses)
                if problem is not None:
                    yield BadRow(row.number, problem)
                else:
                    yield Row(row.number, _by_name(header, row))

    def _head(self, columns: frozenset[str]) -> int:
        """The place of the head among the rows."""
        first_rows = self.sheet.rows[:HEAD_ROWS_MAX]
        fitting = (n for n, row in enumerate(first_rows) if columns <= set(_texts(row)))
        head = next(fitting, 0)
        check_header(_texts(first_rows[head]), columns, first_rows[head].number)
        return head

    def _problem_of(
        self, row: SheetRow, used: Sequence[int], addresses: Addresses
    ) -> Problem | None:
        """What is wrong with a row that shares a cell with others: only the first of them has the value."""
        for first_row, last_row, first_column, last_column in self.sheet.merged[:MERGED_MAX]:
            within = [place for place in used if first_column <= place <= last_column]
            if first_row <= row.number <= last_row and within:
                where = addresses.of(row.number, addresses.header[within[0] - 1])
                what = (
                    "belongs to cells that are merged into one, and only the first has the value."
                )
                return Problem(where, what, "Take them apart, and fill in each.")
        return None


def opened_table(path: Path, encoding: str, delimiter: str | None, sheet: str = "") -> Table:
    """The table of a file; of a workbook that of the named sheet, or of the only one with rows.

    Raises SpreadsheetError.
    """
    with path.open("rb") as file:
        begins = file.read(SNIFFED_BYTES)
    if not begins.strip():
        raise SpreadsheetError(SheetProblem.EMPTY)
    if begins.startswith(OLE):
        raise SpreadsheetError(SheetProblem.OLD_FORMAT)
    if begins.startswith(ZIP):
        return SheetTable(chosen_sheet(workbook_sheets(path), sheet))
    if begins.startswith(UTF16):
        encoding = "utf-16"
    elif b"\0" in begins[:FIRST_BYTES]:
        raise SpreadsheetError(SheetProblem.NO_SPREADSHEET)
    return CsvFile(path, encoding, delimiter)


def workbook_sheets(path: Path) -> list[Sheet]:
    """The sheets of a workbook that have rows. Raises SpreadsheetError."""
    if path.stat().st_size > IMPORTED.file_bytes:
        raise SpreadsheetError(SheetProblem.TOO_LARGE)
    return sheets_of(path.read_bytes())


def chosen_sheet(sheets: Sequence[Sheet], name: str) -> Sheet:
    """The sheet of a name; without one, the only sheet in sight. Raises SpreadsheetError."""
    in_sight = [sheet for sheet in sheets if not sheet.is_hidden]
    names = tuple(sheet.name for sheet in in_sight)
    if name:
        found = [sheet for sheet in sheets if sheet.name == name]
        if found and found[0].is_hidden:
            raise SpreadsheetError(SheetProblem.HIDDEN_SHEET, names=(name,))
        if not found:
            raise SpreadsheetError(SheetProblem.NO_SUCH_SHEET, names=names)
        return found[0]
    if not in_sight and sheets:
        hidden = tuple(sheet.name for sheet in sheets)
        raise SpreadsheetError(SheetProblem.HIDDEN_SHEET, names=hidden)
    if not in_sight:
        raise SpreadsheetError(SheetProblem.EMPTY)
    if len(in_sight) > 1:
        raise SpreadsheetError(SheetProblem.SEVERAL_SHEETS, names=names)
    return in_sight[0]


def _texts(row: SheetRow) -> list[str]:
    texts = [cell_text(cell) for cell in row.cells]
    while texts and not texts[-1]:
        texts.pop()
    return texts


def _by_name(header: Sequence[str], row: SheetRow) -> dict[str, Cell]:
    cells = (*row.cells, *[""] * (len(header) - len(row.cells)))
    return dict(zip(header, cells, strict=False))
