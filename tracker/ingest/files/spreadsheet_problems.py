"""Why a spreadsheet cannot be read. What a person is told is said by the page, in the person's language."""

from enum import StrEnum

from tracker.errors import TrackerError


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


class SpreadsheetError(TrackerError):
    """A file that is not read; `problem` says why."""

    http_status = 422

    def __init__(self, problem: SheetProblem) -> None:
        super().__init__(f"The spreadsheet cannot be read: {problem.replace('_', ' ')}.")
        self.problem = problem
