"""A CSV or XLSX file from anybody -> rows of cells, within limits. Nothing of it is kept or logged.

What a file is, its first bytes say, not its name. Cells of a CSV are text; those of an XLSX may be numbers, kept as the
exact decimals they are shown as, or days. A formula is what it last came to.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from math import isfinite

from tracker.ingest.files.csv_file import SNIFFED
from tracker.ingest.files.spreadsheet_problems import SheetProblem, SpreadsheetError
from tracker.ingest.files.workbook import COLUMNS_MAX, ROWS_MAX, safe_workbook

FILE_BYTES_MAX = 1024 * 1024
CELL_LENGTH_MAX = 300

Cell = str | date | Fraction

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not empty, with its number in the file."""

    number: int
    cells: tuple[Cell, ...]


def read_spreadsheet(content: bytes) -> list[SheetRow]:
    """The rows of a file: of a workbook, those of the first sheet that has any. Raises SpreadsheetError."""
    if not content.strip():
        raise SpreadsheetError(SheetProblem.EMPTY)
    if len(content) > FILE_BYTES_MAX:
        raise SpreadsheetError(SheetProblem.TOO_LARGE)
    if content.startswith(_OLE):
        raise SpreadsheetError(SheetProblem.OLD_FORMAT)
    rows = _workbook_rows(content) if content.startswith(_ZIP) else _csv_rows(content)
    found = [row for row in rows if any(cell != "" for cell in row.cells)]
    if not found:
        raise SpreadsheetError(SheetProblem.EMPTY)
    return found


# --- CSV


def _csv_rows(content: bytes) -> Iterator[SheetRow]:
    text = _decoded(content)
    first_lines = text[:4000]
    delimiter = max(SNIFFED, key=first_lines.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if reader.line_num > ROWS_MAX:
                raise SpreadsheetError(SheetProblem.TOO_MANY_ROWS)
            if len(cells) > COLUMNS_MAX:
                raise SpreadsheetError(SheetProblem.TOO_MANY_COLUMNS)
            yield SheetRow(reader.line_num, tuple(_text(cell) for cell in cells))
    except csv.Error as error:
        raise SpreadsheetError(SheetProblem.BROKEN) from error


def _decoded(content: bytes) -> str:
    """The text of a file in UTF-8, UTF-16 or, as older programs write, Windows-1252."""
    encodings = ("utf-16",) if content.startswith(_UTF16) else ("utf-8-sig", "cp1252")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SpreadsheetError(SheetProblem.NO_SPREADSHEET)


# --- XLSX


def _workbook_rows(content: bytes) -> list[SheetRow]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    safe = safe_workbook(content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(safe))
        for index, sheet in enumerate(workbook.sheets_metadata):
            is_read = (
                sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
            )
            rows = (
                workbook.get_sheet_by_index(index).to_python(skip_empty_area=False)
                if is_read
                else []
            )
            if len(rows) > 1:
                return [
                    SheetRow(number, tuple(_cell(value) for value in row))
                    for number, row in enumerate(rows, start=1)
                ]
    except Exception as error:  # the reader names its faults in many ways, all of them the file's
        raise SpreadsheetError(SheetProblem.BROKEN) from error
    except BaseException as panic:  # of the native reader, which is no Exception
        if type(panic).__name__ != "PanicException":
            raise
        raise SpreadsheetError(SheetProblem.BROKEN) from None
    return []


def _cell(value: object) -> Cell:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        return Fraction(repr(value)) if isfinite(value) else ""
    return _text(str(value))


def _text(text: str) -> str:
    return text.strip().replace("\N{NO-BREAK SPACE}", " ")[:CELL_LENGTH_MAX]
