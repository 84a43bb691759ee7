"""Every address of the pages that import files, with the work that a page starts: here it is done before the answer.

Cut off, both are, as when a machine goes; then the page still shows the file, and whoever sent it goes on from there.
"""

from collections.abc import Callable
from io import BytesIO

from tests.faults.acts import Act
from tests.faults.cutting import Request
from tests.faults.stage import Stage
from tests.pages.test_file_imports import fields_of
from tracker import clock, importing
from tracker.ingest.files.staging import Progress, Staged
from tracker.ingest.files.staging import Stage as Files
from tracker.pages.context import Tracker

FILES: dict[str, Act] = {}
"""By endpoint; several of one endpoint have a word behind it."""

SAID_TWICE: dict[str, set[str]] = {
    # What was sent or asked twice waits twice, and has not counted yet.
    "file_imports.send": {"files"},
    "file_imports.undo": {"files"},
    # As of the commands: what one try counted, the next takes up where it ended.
    "file_imports.write": {"file_import", "file_import_end", "trail_entry", "files"},
    "file_imports.write undo": {"file_import_end", "files"},
}
"""As in `acts`."""

DEALS = "id,name,rep,status,date,amount,currency\n" + "".join(
    f"i-{number},Fjord {number},{rep}@firma.dk,won,2026-11-{number + 1:02},{number}000.50,DKK\n"
    for number, rep in enumerate(["anna", "bo", "cleo", "anna", "olaf"])
)


def of(endpoint: str) -> Callable[[Act], Act]:
    def keep(act: Act) -> Act:
        FILES[endpoint] = act
        return act

    return keep


def parts(stage: Stage) -> Tracker:
    found: Tracker = stage.cast.app.extensions["tracker"]
    return found


def work(stage: Stage, staged: Staged, step: str) -> None:
    with clock.stopped_at(stage.at):
        importing.work(parts(stage).settings, staged.id, step)


def files(stage: Stage) -> Files:
    return Files(stage.company.folder)


def looked_at(stage: Stage) -> tuple[Staged, dict[str, str]]:
    """A file that waits for its columns, and the form that says what they are."""
    staged = files(stage).add_file("deals.csv", DEALS.encode(), "ida@firma.dk", stage.at)
    work(stage, staged, "look")
    with clock.stopped_at(stage.at):
        shown = stage.client("ida").get(f"/import/files/{staged.id}").text
    return staged, fields_of(shown) | {"act": "check"}


def checked(stage: Stage) -> Staged:
    """A file that could be imported."""
    staged, form = looked_at(stage)
    with clock.stopped_at(stage.at):
        importing_here(stage, staged, form)
    return staged


def importing_here(stage: Stage, staged: Staged, form: dict[str, str]) -> None:
    """Keep the columns, as the page does, and do what it starts."""
    answer = stage.client("ida").post(f"/import/files/{staged.id}/columns", data=form | {"act": ""})
    assert answer.status_code == 200, answer.text
    work(stage, staged, "check")
    files(stage).say(staged.id, Progress("check", 0, 0))


def imported(stage: Stage) -> int:
    """The number of an import that is done."""
    staged = checked(stage)
    work(stage, staged, "write")
    found = files(stage).found(staged.id, "write")
    assert found is not None
    return int(found["import_id"])


@of("file_imports.send")
def send(stage: Stage) -> Request:
    return stage.form("ida", "/import", file=(BytesIO(DEALS.encode()), "deals.csv"))


@of("file_imports.choose_columns")
def choose_columns(stage: Stage) -> Request:
    staged, form = looked_at(stage)
    return stage.form("ida", f"/import/files/{staged.id}/columns", **form)


@of("file_imports.again")
def again(stage: Stage) -> Request:
    """The check had stopped on its way."""
    staged = checked(stage)
    files(stage).forget_found(staged.id, "check")
    return stage.form("ida", f"/import/files/{staged.id}/again")


@of("file_imports.write")
def write(stage: Stage) -> Request:
    return stage.form("ida", f"/import/files/{checked(stage).id}/write")


@of("file_imports.write undo")
def write_undo(stage: Stage) -> Request:
    number = imported(stage)
    undo = files(stage).add_undo(number, "deals.csv", "ida@firma.dk", stage.at)
    work(stage, undo, "undo-check")
    files(stage).say(undo.id, Progress("undo-check", 0, 0))
    return stage.form("ida", f"/import/files/{undo.id}/write", reason="The wrong file")


@of("file_imports.undo")
def undo(stage: Stage) -> Request:
    return stage.form("ida", f"/import/{imported(stage)}/undo")


@of("file_imports.discard")
def discard(stage: Stage) -> Request:
    return stage.form("ida", f"/import/files/{checked(stage).id}/discard")
