"""What is shown of files on their way in: progress, what was found, whose pay would change, and what was imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.engine.periods import period_named
from tracker.flow_imports import why_not_undone
from tracker.ingest.files.runs import OUTCOMES
from tracker.ingest.files.spreadsheet_problems import IMPORTED, SheetProblem
from tracker.ingest.files.staging import Progress
from tracker.pages.authors import name_finder
from tracker.pages.formatting import count, period_name
from tracker.pages.i18n import gettext as _
from tracker.pages.import_problems import cell_and_field, problem_words, refusal_sentence
from tracker.pages.unreadable_words import unreadable_words
from tracker.store import imports
from tracker.store.deals import CORRECTION_SOURCE, MANUAL_SOURCE
from tracker.store.imports import StoredImport
from tracker.store.types import Connection

IMPORTS_SHOWN = 30
CELLS_SHOWN = 12
Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProgressView:
    """What is being done, and how far it is in percent; None: nobody knows yet."""

    words: str
    percent: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many rows or deals had one outcome. `tone` is a class of its figure."""

    words: str
    count: int
    tone: str


@dataclass(frozen=True, slots=True)
class PayRow:
    """What one rep earns in a period, before and after."""

    name: str
    period: str
    currency: str
    before_minor: int
    after_minor: int
    late: str

    @property
    def difference_minor(self) -> int:
        return self.after_minor - self.before_minor


@dataclass(frozen=True, slots=True)
class PaySum:
    """By how much all pay in a currency would change, for how many people."""

    currency: str
    difference_minor: int
    people_count: int


@dataclass(frozen=True, slots=True)
class ProblemGroup:
    """One thing that is wrong, and every cell where it is: the first ones, and the others."""

    what: str
    fix: str
    cells: tuple[str, ...]
    more_cells: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.cells) + len(self.more_cells)


@dataclass(frozen=True, slots=True)
class PayView:
    """Whose pay would change."""

    rows: tuple[PayRow, ...]
    sums: tuple[PaySum, ...]


@dataclass(frozen=True, slots=True)
class CheckView:
    """What importing the file would come to."""

    row_count: int
    good_count: int
    outcomes: tuple[Outcome, ...]
    problems: tuple[ProblemGroup, ...]
    unnamed_count: int
    pay: PayView


@dataclass(frozen=True, slots=True)
class LeftDeal:
    name: str
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class UndoView:
    """What taking an import back would come to."""

    outcomes: tuple[Outcome, ...]
    left: tuple[LeftDeal, ...]
    unnamed_count: int
    pay: PayView


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import in the list."""

    id: int
    name: str
    source: str
    at: datetime
    by: str
    outcomes: tuple[Outcome, ...]
    is_undo: bool
    undoes_id: int | None
    undone_by_id: int | None
    is_interrupted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class HistoryView:
    imports: tuple[ImportRow, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class ImportView:
    """One import. `so_far` is how many changes an interrupted one has recorded."""

    row: ImportRow
    row_count: int
    so_far: int
    can_be_undone: bool
    now: datetime


def progress_view(progress: Progress) -> ProgressView:
    words = {
        "look": _("Reading the file …"),
        "check": _("Judging every row, and trying what it would change …"),
        "write": _("Importing …"),
        "undo-check": _("Trying what taking it back would change …"),
        "undo-write": _("Taking it back …"),
    }
    return ProgressView(words[progress.step], progress.percent if progress.total else None)


def check_view(found: Found) -> CheckView:
    groups = problem_groups(found)
    return CheckView(
        row_count=found["row_count"],
        good_count=found["good_count"],
        outcomes=outcomes_of(found["counts"]),
        problems=groups,
        unnamed_count=found["problem_count"] - sum(group.count for group in groups),
        pay=pay_view(found),
    )


def undo_view(found: Found) -> UndoView:
    left = tuple(_left(one) for one in found["left"])
    return UndoView(
        outcomes=outcomes_of(found["counts"]),
        left=left,
        unnamed_count=found["left_count"] - len(left),
        pay=pay_view(found),
    )


def pay_view(found: Found) -> PayView:
    rows = tuple(_pay_row(one) for one in found["pay_changes"])
    sums = []
    for currency in sorted({row.currency for row in rows}):
        own = [row for row in rows if row.currency == currency]
        difference_minor = sum(row.difference_minor for row in own)
        sums.append(PaySum(currency, difference_minor, len({row.name for row in own})))
    return PayView(rows, tuple(sums))


def outcomes_of(counts: Mapping[str, int]) -> tuple[Outcome, ...]:
    """What became of rows or deals, the weightiest first; what did not happen is left out."""
    words, tones = _outcome_words(), _TONES
    return tuple(
        Outcome(words[kind], counts[kind], tones.get(kind, ""))
        for kind in OUTCOMES
        if counts.get(kind) and kind in words
    )


_TONES = {
    **dict.fromkeys(("new", "changed", "restored"), "gain"),
    **dict.fromkeys(("set aside", "left"), "waiting"),
    **dict.fromkeys(("cancelled", "refused"), "loss"),
}


def _outcome_words() -> dict[str, str]:
    return {
        "new": _("new"),
        "changed": _("changed"),
        "restored": _("as they were before"),
        "cancelled": _("cancelled"),
        "unchanged": _("unchanged"),
        "untouched": _("untouched"),
        "older": _("older than what is known"),
        "left": _("left as they are"),
        "set aside": _("set aside"),
        "refused": _("not used"),
    }


def problem_groups(found: Found) -> tuple[ProblemGroup, ...]:
    """The problems of a file, those that say the same together, by the first cell of each."""
    by_words: dict[tuple[str, str], list[str]] = {}
    for where, what, fix in found.get("problems", ()):
        cell, name = cell_and_field(where)
        by_words.setdefault(problem_words(name, what, fix), []).append(cell)
    return tuple(
        ProblemGroup(what, fix, tuple(cells[:CELLS_SHOWN]), tuple(cells[CELLS_SHOWN:]))
        for (what, fix), cells in by_words.items()
    )


def refusal_words(found: Found) -> str:
    """Why nothing could be done with a file at all."""
    if "sheet_problem" in found:
        return sheet_problem_words(SheetProblem(found["sheet_problem"]), found["names"])
    return refusal_sentence(found["refusal"])


def sheet_problem_words(problem: SheetProblem, names: Sequence[str]) -> str:
    named = ", ".join(names) or _("none")
    own = {
        SheetProblem.TOO_LARGE: _(
            "This file is larger than 20 MB. Divide it, or import it by the command."
        ),
        SheetProblem.TOO_MANY_ROWS: _(
            "There are more than %(count)s rows. Divide the file, or save it as .csv.",
            count=count(IMPORTED.rows),
        ),
        SheetProblem.TOO_MANY_COLUMNS: _(
            "There are more than %(count)s columns. Keep only those of your deals.",
            count=count(IMPORTED.columns),
        ),
        SheetProblem.SEVERAL_SHEETS: _("Several sheets have rows. Which one is it?"),
        SheetProblem.NO_SUCH_SHEET: _("There is no such sheet. There are: %(names)s.", names=named),
        SheetProblem.HIDDEN_SHEET: _(
            "The sheet with the rows is hidden: %(names)s. Unhide it if it is the right one.",
            names=named,
        ),
    }
    return {**unreadable_words(), **own}[problem]


def history_view(connection: Connection, now: datetime) -> HistoryView:
    name_of = name_finder(connection)
    latest = imports.latest(connection, IMPORTS_SHOWN)
    return HistoryView(tuple(_row(one, name_of(one.recorded_by)) for one in latest), now)


def import_view(connection: Connection, found: StoredImport, now: datetime) -> ImportView:
    return ImportView(
        row=_row(found, name_finder(connection)(found.recorded_by)),
        row_count=found.file.row_count,
        so_far=imports.event_count(connection, found.id),
        can_be_undone=why_not_undone(connection, found) is None,
        now=now,
    )


def _row(one: StoredImport, by: str) -> ImportRow:
    return ImportRow(
        id=one.id,
        name=one.file.file_name,
        source=one.file.source,
        at=one.recorded_at,
        by=by,
        outcomes=outcomes_of(one.counts),
        is_undo=one.is_undo,
        undoes_id=one.file.undoes_id,
        undone_by_id=one.undone_by_id,
        is_interrupted=one.ended_at is None,
        reason=one.file.reason,
    )


def _pay_row(one: Mapping[str, Any]) -> PayRow:
    months = [period_name(period_named(month)) for month in one["late_months"]]
    return PayRow(
        name=one["name"],
        period=period_name(period_named(one["period_key"])),
        currency=one["currency"],
        before_minor=one["before_minor"],
        after_minor=one["after_minor"],
        late=", ".join(months),
    )


def _left(one: Mapping[str, str]) -> LeftDeal:
    why = _("%(source)s has said something of it since.", source=one["by"])
    if one["by"] in (CORRECTION_SOURCE, MANUAL_SOURCE):
        why = _("It was corrected by hand since.")
    return LeftDeal(one["name"], one["deal_key"], why)
