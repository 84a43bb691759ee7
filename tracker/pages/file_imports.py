"""Importing files of deals on a page: send, say what is what, see what it would change, import; and take it back.

All work on a file is done in a process of its own (tracker.importing); here only what it found is shown.
"""

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, importing
from tracker.errors import TooLarge, Unavailable
from tracker.flow_imports import why_not_undone
from tracker.ingest.files.choices import Choices
from tracker.ingest.files.proposing import Look
from tracker.ingest.files.staging import FILE_BYTES_MAX, Progress, Stage, Staged
from tracker.pages import context
from tracker.pages.authors import own_email
from tracker.pages.i18n import gettext as _
from tracker.pages.import_columns import columns_view, sent_choices
from tracker.pages.import_view import (
    check_view,
    history_view,
    import_view,
    problem_groups,
    progress_view,
    refusal_words,
    undo_view,
)
from tracker.store import imports, sources

blueprint = Blueprint("file_imports", __name__, url_prefix="/import")

FORM_BYTES = 64 * 1024
REASON_LENGTH_MAX = 500
STEPS_OF_FILE = ("look", "check", "write")
STEPS_OF_UNDO = ("undo-check", "undo-write")


@blueprint.get("")
def page() -> str:
    return _start_page()


@blueprint.post("")
@context.takes_bytes(FILE_BYTES_MAX + FORM_BYTES)
def send() -> Response:
    """Take a file, and look at it in the background."""
    _require()
    sent = request.files.get("file")
    content = sent.read(FILE_BYTES_MAX + 1) if sent else b""
    if sent is None or not content:
        return make_response(_start_page(_("Choose the file with the deals first.")), 422)
    try:
        staged = _stage().add_file(sent.filename or _("file"), content, _author(), clock.now())
    except TooLarge:
        return make_response(_start_page(_too_large()), 422)
    except Unavailable:
        return make_response(_start_page(_too_many()), 503)
    importing.start(context.settings(), staged.id, "look")
    return _to(staged)


@blueprint.get("/files/<staged_id>")
def staged_page(staged_id: str) -> Response:
    """Wherever the work on a file is: its progress, or what was found last."""
    staged = _staged(staged_id)
    import_id = _stage().written_id(staged)
    if import_id:
        address = url_for("file_imports.import_page", import_id=import_id, done="yes")
        return make_response(redirect(address, 302))
    return make_response(_staged_page(staged))


@blueprint.get("/files/<staged_id>/progress")
def progress(staged_id: str) -> Response:
    """How far the work is; once it is over the whole page is asked for again."""
    staged = _staged(staged_id)
    if not _stage().is_worked_on(staged.id):
        return context.sent_to(url_for("file_imports.staged_page", staged_id=staged.id))
    said = progress_view(_stage().progress(staged.id) or Progress("look", 0, 0))
    return make_response(
        context.render("file_imports/_progress.html", progress=said, staged=staged)
    )


@blueprint.post("/files/<staged_id>/columns")
def choose_columns(staged_id: str) -> Response:
    """Keep what was chosen; then show it, look at another sheet, or check the file."""
    staged = _staged(staged_id)
    if _is_busy_or_written(staged):
        return _to(staged)
    sheet = request.form.get("sheet", staged.sheet)
    looked = _stage().found(staged.id, "look") or {}
    if sheet != staged.sheet or "header" not in looked:
        staged = _stage().change(staged, sheet=sheet, choices={})
        _start(staged, "look")
        return _to(staged)
    look, before = Look.from_json(looked), Choices.from_json(staged.choices)
    choices = sent_choices(request.form, look, before)
    staged = _stage().change(staged, choices=choices.to_json())
    _stage().say(staged.id, Progress("look", 0, 0))
    if request.form.get("act") == "check" and not choices.missing:
        _start(staged, "check")
        return _to(staged)
    is_refused = request.form.get("act") == "check"
    return make_response(_staged_page(staged, is_refused=is_refused), 422 if is_refused else 200)


@blueprint.post("/files/<staged_id>/again")
def again(staged_id: str) -> Response:
    """Go on with what has stopped, or back to the columns."""
    staged = _staged(staged_id)
    if _is_busy_or_written(staged):
        return _to(staged)
    last = _stage().progress(staged.id)
    if request.form.get("to") == "columns" and staged.choices:
        _stage().say(staged.id, Progress("look", 0, 0))
        return _to(staged)
    steps = STEPS_OF_UNDO if staged.is_undo else STEPS_OF_FILE
    _start(staged, last.step if last and last.step in steps else steps[0])
    return _to(staged)


@blueprint.post("/files/<staged_id>/write")
def write(staged_id: str) -> Response:
    """Import the file, or take the import back, as it was shown."""
    staged = _staged(staged_id)
    if _is_busy_or_written(staged):
        return _to(staged)
    if staged.is_undo:
        reason = request.form.get("reason", "").strip()[:REASON_LENGTH_MAX]
        if not reason:
            problem = _("Say why; it is kept with the import and in the trail.")
            return make_response(_staged_page(staged, problem), 422)
        _start(_stage().change(staged, reason=reason), "undo-write")
        return _to(staged)
    if (_stage().found(staged.id, "check") or {}).get("good_count"):
        keeps_going = request.form.get("keeps_going") == "yes"
        _start(_stage().change(staged, keeps_going=keeps_going), "write")
    return _to(staged)


@blueprint.post("/files/<staged_id>/discard")
def discard(staged_id: str) -> Response:
    """Put a file away that is not to be imported."""
    staged = _staged(staged_id)
    if _is_busy_or_written(staged):
        return _to(staged)
    _stage().discard(staged.id)
    return make_response(redirect(url_for("file_imports.page", done="away"), 303))


@blueprint.get("/<int:import_id>")
def import_page(import_id: int) -> str:
    """What an import came to, and the way to take it back."""
    _require()
    with context.database().read() as connection:
        found = imports.import_by_id(connection, import_id) or context.not_found()
        view = import_view(connection, found, clock.now())
    return context.render(
        "file_imports/import_page.html", view=view, is_done=request.args.get("done") == "yes"
    )


@blueprint.post("/<int:import_id>/undo")
def undo(import_id: int) -> Response:
    """Find out what taking an import back would change."""
    _require()
    with context.database().read() as connection:
        found = imports.import_by_id(connection, import_id) or context.not_found()
        refusal = why_not_undone(connection, found)
        by = own_email(connection)
    if refusal is not None:
        return make_response(
            redirect(url_for("file_imports.import_page", import_id=import_id), 303)
        )
    try:
        staged = _stage().add_undo(import_id, found.file.file_name, by, clock.now())
    except Unavailable:
        return make_response(_start_page(_too_many()), 503)
    _start(staged, "undo-check")
    return _to(staged)


# --- what is shown -------------------------------------------------------------------------------------------------


def _start_page(problem: str = "") -> str:
    _require()
    with context.database().read() as connection:
        view = history_view(connection, clock.now())
    notice = _("Put away; nothing was imported.") if request.args.get("done") == "away" else ""
    return context.render(
        "file_imports/page.html",
        view=view,
        on_their_way=_stage().on_their_way(),
        problem=problem,
        notice=notice,
        bytes_max=FILE_BYTES_MAX,
        too_large=_too_large(),
    )


def _staged_page(staged: Staged, problem: str = "", is_refused: bool = False) -> str:
    """The file's page, by how far the work on it is."""
    stage = _stage()
    last = stage.progress(staged.id) or Progress("look", 0, 0)
    found = stage.found(staged.id, last.step)
    shown: dict[str, object] = {"staged": staged, "problem": problem}
    if stage.is_worked_on(staged.id):
        return _shown("working", progress=progress_view(last), **shown)
    if found is None:
        return _shown("stopped", progress=progress_view(last), **shown)
    if "refusal" in found:
        refused = {"problem": refusal_words(found), "problems": problem_groups(found)}
        names = found.get("names", ()) if found.get("sheet_problem") == "several_sheets" else ()
        return _shown("refused", **{**shown, **refused}, names=names)
    if last.step == "undo-check":
        return _shown("undo", undo=undo_view(found), **shown)
    if last.step == "check":
        return _shown("check", check=check_view(found), **shown)
    with context.database().read() as connection:
        known = [one.name for one in sources.all_sources(connection, clock.now())]
    choices = Choices.from_json(staged.choices)
    columns = columns_view(Look.from_json(found), choices, known, is_refused)
    return _shown("columns", columns=columns, **shown)


def _shown(state: str, **values: object) -> str:
    return context.render("file_imports/staged_page.html", state=state, **values)


# --- what is asked -------------------------------------------------------------------------------------------------


def _require() -> None:
    context.require_function(access.may_import_files(context.principal()))


def _stage() -> Stage:
    return Stage(context.settings().data_folder)


def _staged(staged_id: str) -> Staged:
    _require()
    return _stage().staged(staged_id) or context.not_found()


def _is_busy_or_written(staged: Staged) -> bool:
    """Whether work is under way, or all done: whoever clicks once more is shown its progress, or what it came to."""
    return _stage().is_worked_on(staged.id) or _stage().written_id(staged) != 0


def _start(staged: Staged, step: str) -> None:
    importing.start(context.settings(), staged.id, step)


def _author() -> str:
    with context.database().read() as connection:
        return own_email(connection)


def _to(staged: Staged) -> Response:
    return make_response(redirect(url_for("file_imports.staged_page", staged_id=staged.id), 303))


def _too_large() -> str:
    return _("This file is larger than 20 MB. Divide it, or import it by the command.")


def _too_many() -> str:
    return _("Too many files wait to be imported. Import or put away one of them, then try again.")
