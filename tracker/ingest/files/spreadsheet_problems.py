"""Why a file cannot be read. Pages say it in the person's language; a command says the English sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tracker.errors import TrackerError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a file is read; a workbook is held in memory, and may unpack to so many bytes."""

    file_bytes: int
    rows: int
    columns: int
    unpacked_bytes: int
    cell_length: int


MEGABYTE = 1024 * 1024
OWN_LIST = Limits(MEGABYTE, 5_000, 100, 24 * MEGABYTE, 300)
"""Of the list a rep keeps, which is read in the process that serves everybody."""
IMPORTED = Limits(20 * MEGABYTE, 100_000, 200, 160 * MEGABYTE, 32_767)
"""Of a workbook that is imported. A CSV file is read row by row, and may have any number of rows."""


class SheetProblem(StrEnum):
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NO_SPREADSHEET = "no_spreadsheet"
    OLD_FORMAT = "old_format"  # or one with a password: both look the same from outside
    LOCKED = "locked"
    MACROS = "macros"
    BROKEN = "broken"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    SEVERAL_SHEETS = "several_sheets"
    NO_SUCH_SHEET = "no_such_sheet"
    HIDDEN_SHEET = "hidden_sheet"


SENTENCES: Mapping[SheetProblem, str] = {
    SheetProblem.EMPTY: "There is nothing in this file.",
    SheetProblem.TOO_LARGE: "This workbook is larger than {megabytes} MB. Save it as .csv: that may be of any size.",
    SheetProblem.NO_SPREADSHEET: "This is no spreadsheet we can read. Save it as .xlsx or .csv.",
    SheetProblem.OLD_FORMAT: (
        "This is an older Excel file, or one with a password. Save it as .xlsx without a password, or as .csv."
    ),
    SheetProblem.LOCKED: "This file has a password. Save it without one.",
    SheetProblem.MACROS: "There are macros in this file. Save it as .xlsx without them, or as .csv.",
    SheetProblem.BROKEN: "This file is damaged. Open it, save it again as .xlsx or .csv, and try that.",
    SheetProblem.UNPACKS_TOO_LARGE: (
        "This file unpacks to far more than a table needs. Copy the rows into a new file, or save it as .csv."
    ),
    SheetProblem.TOO_MANY_ROWS: "There are more than {rows:,} rows. Save it as .csv, or divide it.",
    SheetProblem.TOO_MANY_COLUMNS: "There are more than {columns:,} columns. Keep only those that are needed.",
    SheetProblem.SEVERAL_SHEETS: "Several sheets have rows: {names}. Say which one to read.",
    SheetProblem.NO_SUCH_SHEET: "There is no sheet of that name with rows in it. There are: {names}.",
    SheetProblem.HIDDEN_SHEET: "The sheet with the rows is hidden: {names}. Unhide it if it is the right one.",
}


class SpreadsheetError(TrackerError):
    """A file that is not read; `problem` says why, `names` are the sheets it is about."""

    http_status = 422

    def __init__(
        self, problem: SheetProblem, limits: Limits = IMPORTED, names: tuple[str, ...] = ()
    ) -> None:
        super().__init__(
            SENTENCES[problem].format(
                megabytes=limits.file_bytes // MEGABYTE,
                rows=limits.rows,
                columns=limits.columns,
                names=", ".join(f"“{name}”" for name in names) or "none",
            )
        )
        self.problem, self.names = problem, names
