"""A CSV or XLSX file from anybody -> rows of cells, within limits. Nothing of it is kept or logged.

What a file is, its first bytes say, not its name. Cells of a CSV are text; those of an XLSX may be numbers, kept as the
exact decimals they are shown as, or days. A formula is what it last came to, if only an error such as #REF!.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from math import isfinite

from tracker.ingest.files.cells import Cell
from tracker.ingest.files.csv_file import SNIFFED
from tracker.ingest.files.spreadsheet_problems import (
    IMPORTED,
    OWN_LIST,
    Limits,
    SheetProblem,
    SpreadsheetError,
)
from tracker.ingest.files.workbook import SafeWorkbook, safe_workbook

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row that is not empty, with its number in the file."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook that has rows. `merged` are the first and last row and column of cells made one."""

    name: str
    is_hidden: bool
    rows: Sequence[SheetRow]
    merged: Sequence[tuple[int, int, int, int]] = ()


def read_spreadsheet(content: bytes, limits: Limits = OWN_LIST) -> list[SheetRow]:
    """The rows of a file: of a workbook, those of the first sheet that has any. Raises SpreadsheetError."""
    if not content.strip():
        raise SpreadsheetError(SheetProblem.EMPTY)
    if len(content) > limits.file_bytes:
        raise SpreadsheetError(SheetProblem.TOO_LARGE, limits)
    if content.startswith(OLE):
        raise SpreadsheetError(SheetProblem.OLD_FORMAT)
    if content.startswith(ZIP):
        in_sight = [one for one in sheets_of(content, limits) if not one.is_hidden]
        found = next((list(one.rows) for one in in_sight if len(one.rows) > 1), [])
    else:
        found = _filled(_csv_rows(content, limits))
    if not found:
        raise SpreadsheetError(SheetProblem.EMPTY)
    return found


def sheets_of(content: bytes, limits: Limits = IMPORTED) -> list[Sheet]:
    """The sheets of a workbook that have rows, hidden ones too, in order. Raises SpreadsheetError."""
    safe = safe_workbook(content, limits)
    try:
        return [sheet for sheet in _sheets(safe, limits) if sheet.rows]
    except SpreadsheetError:
        raise
    except Exception as error:  # the reader names its faults in many ways, all of them the file's
        raise SpreadsheetError(SheetProblem.BROKEN) from error
    except BaseException as panic:  # of the native reader, which is no Exception
        if type(panic).__name__ != "PanicException":
            raise
        raise SpreadsheetError(SheetProblem.BROKEN) from None


def _filled(rows: Iterator[SheetRow]) -> list[SheetRow]:
    return [row for row in rows if any(cell != "" for cell in row.cells)]


# --- CSV


def _csv_rows(content: bytes, limits: Limits) -> Iterator[SheetRow]:
    text = _decoded(content)
    first_lines = text[:4000]
    delimiter = max(SNIFFED, key=first_lines.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if reader.line_num > limits.rows:
                raise SpreadsheetError(SheetProblem.TOO_MANY_ROWS, limits)
            if len(cells) > limits.columns:
                raise SpreadsheetError(SheetProblem.TOO_MANY_COLUMNS, limits)
            yield SheetRow(reader.line_num, tuple(_text(cell, limits) for cell in cells))
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


def _sheets(safe: SafeWorkbook, limits: Limits) -> Iterator[Sheet]:
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(safe.content))
    for index, about in enumerate(workbook.sheets_metadata):
        if about.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_index(index)
        failed = safe.failed_formulas.get(about.name, {})
        _, left = sheet.start or (0, 0)  # columns before the first filled one are not given
        rows = (
            SheetRow(
                number,
                ("",) * left
                + tuple(
                    failed.get((number, place)) or _cell(value, limits)
                    for place, value in enumerate(values, start=left + 1)
                ),
            )
            for number, values in enumerate(sheet.iter_rows(), start=1)
        )
        merged = [
            (first_row + 1, last_row + 1, first_column + 1, last_column + 1)
            for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or ()
        ]
        is_hidden = about.visible is not SheetVisibleEnum.Visible
        yield Sheet(about.name, is_hidden, _filled(rows), merged)


def _cell(value: object, limits: Limits) -> Cell:
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        # 15 digits are what a spreadsheet shows and keeps to; what is beyond them comes from its binary arithmetic.
        return Fraction(f"{value:.15g}") if isfinite(value) else ""
    return _text(str(value), limits)


def _text(text: str, limits: Limits) -> str:
    return text.strip().replace("\N{NO-BREAK SPACE}", " ")[: limits.cell_length]
