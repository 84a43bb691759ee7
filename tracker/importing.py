"""Work on a file that was sent by a page, in a process of its own: it must hold up no socket of the server.

The server starts `python3 -m tracker.importing FILE STEP` and needs it no more: progress and findings stand beside the
file (ingest/files/staging.py), so a page that was lost is opened again, and by any process of the server. The steps:

    look         which sheets, columns and words there are, and how it may be meant to be read
    check        every row judged, and the import tried: what it would come to, and whose pay would change
    write        imported
    undo-check   taking an import back, tried
    undo-write   ... and done
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from tracker import clock
from tracker.config import Settings, load_settings
from tracker.errors import BadInput, TrackerError
from tracker.ingest.files import runs
from tracker.ingest.files.choices import Choices, header_hash
from tracker.ingest.files.proposing import look_at
from tracker.ingest.files.runs import Given, Tried
from tracker.ingest.files.spreadsheet_problems import SpreadsheetError
from tracker.ingest.files.staging import Progress, Stage, Staged
from tracker.ingest.files.table import opened_table
from tracker.store import imports
from tracker.store.database import Database, opened_database

PROBLEMS_SHOWN_MAX = 2_000
LEFT_SHOWN_MAX = 1_000

Found = dict[str, Any]


def start(settings: Settings, staged_id: str, step: str) -> None:
    """Begin a step in the background, unless the file is worked on already; returns at once."""
    stage = Stage(settings.data_folder)
    lock = stage.held(staged_id)
    if lock is None:
        return
    try:
        stage.forget_found(staged_id, step)
        stage.say(staged_id, Progress(step, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-m", "tracker.importing", staged_id, step],
            env={
                **os.environ,
                "TRACKER_DATA": str(settings.data_folder),
                "TRACKER_DATABASE_URL": settings.database_url,
            },
            stdin=subprocess.DEVNULL,
            pass_fds=(lock,),  # whoever has it open holds it: from now on that process alone
        )
    finally:
        os.close(lock)
    threading.Thread(target=process.wait, daemon=True).start()


class _Work:
    """One step of one file."""

    def __init__(self, settings: Settings, database: Database, staged: Staged, step: str) -> None:
        self.stage = Stage(settings.data_folder)
        self.database, self.staged, self.step = database, staged, step
        self.now, self.today = clock.now(), clock.today(settings.company_zone)
        self._done, self._total = 0, 0

    def look(self) -> Found:
        with self.database.read() as connection:
            path, name = self.stage.path(self.staged.id), self.staged.name
            look, choices = look_at(connection, path, name, self.staged.sheet)
        self.stage.change(self.staged, sheet=look.sheet, choices=choices.to_json())
        return asdict(look)

    def check(self) -> Found:
        given = self._given()
        self._expect(2)
        report = runs.check(self.database, given, self._on_rows)
        tried = Tried()
        if report.good_count:
            tried = runs.try_out(self.database, given, report, self._on_rows)
        shown = report.problems[:PROBLEMS_SHOWN_MAX]
        return {
            "row_count": report.row_count,
            "good_count": report.good_count,
            "problem_count": report.problem_count,
            "problems": [[one.where, one.what, one.fix] for one in shown],
            **_of_tried(tried),
        }

    def write(self) -> Found:
        given, choices = self._given(), Choices.from_json(self.staged.choices)
        self._expect(2)
        report = runs.check(self.database, given, self._on_rows)
        if report.problems and not self.staged.keeps_going:
            raise BadInput(report.problems[:PROBLEMS_SHOWN_MAX])
        brought = runs.bring_in(self.database, given, report, self._on_rows)
        with self.database.write() as connection:
            remembered = json.dumps(choices.to_json())
            head = header_hash(choices.header)
            imports.remember_mapping(
                connection, choices.source, head, remembered, self.staged.by, self.now
            )
        return {"import_id": brought.import_id, "counts": brought.counts}

    def undo_check(self) -> Found:
        self._expect_deals()
        staged = self.staged
        return _of_tried(
            runs.try_undo(self.database, staged.import_id, staged.by, self.now, self._on_rows)
        )

    def undo_write(self) -> Found:
        self._expect_deals()
        staged = self.staged
        undone = runs.undo(
            self.database, staged.import_id, staged.reason, staged.by, self.now, self._on_rows
        )
        return {"import_id": staged.import_id, "counts": undone.counts}

    def _given(self) -> Given:
        choices = Choices.from_json(self.staged.choices)
        path, mapping = self.stage.path(self.staged.id), choices.mapping
        table = opened_table(path, mapping.encoding, mapping.delimiter, self.staged.sheet)
        return Given(path, self.staged.name, table, mapping, self.staged.by, self.now, self.today)

    def _expect(self, passes: int) -> None:
        looked = self.stage.found(self.staged.id, "look") or {}
        self._total = passes * int(looked.get("row_count", 0))

    def _expect_deals(self) -> None:
        with self.database.read() as connection:
            self._total = imports.event_count(connection, self.staged.import_id)

    def _on_rows(self, count: int) -> None:
        self._done += count
        self.stage.say(self.staged.id, Progress(self.step, self._done, self._total))


_STEPS: dict[str, Callable[[_Work], Found]] = {
    "look": _Work.look,
    "check": _Work.check,
    "write": _Work.write,
    "undo-check": _Work.undo_check,
    "undo-write": _Work.undo_write,
}


def _of_tried(tried: Tried) -> Found:
    left = tried.undone.left
    return {
        "counts": tried.counts,
        "pay_changes": [asdict(one) for one in tried.pay_changes],
        "left": [asdict(one) for one in left[:LEFT_SHOWN_MAX]],
        "left_count": len(left),
    }


def _refusal(error: TrackerError) -> Found:
    """Why a step came to nothing: the problem of a file that is not read, or a sentence, and what is wrong by cell."""
    found: Found = {"refusal": error.message}
    if isinstance(error, SpreadsheetError):
        found |= {"sheet_problem": error.problem.value, "names": error.names}
    if isinstance(error, BadInput):
        found |= {
            "refusal": error.summary,
            "problems": [[one.where, one.what, one.fix] for one in error.problems],
        }
    return found


def work(settings: Settings, staged_id: str, step: str) -> None:
    """Do a step, here and now, and keep what it came to beside the file."""
    stage = Stage(settings.data_folder)
    staged = stage.staged(staged_id)
    if staged is None:
        return
    with opened_database(settings) as database:
        try:
            found = _STEPS[step](_Work(settings, database, staged, step))
        except TrackerError as error:
            found = _refusal(error)
    stage.keep_found(staged_id, step, found)
    # Only now: whoever is stopped on the way still has the file to go on with.
    if stage.written_id(staged):
        stage.discard_file(staged_id)


if __name__ == "__main__":
    work(load_settings(), sys.argv[1], sys.argv[2])
