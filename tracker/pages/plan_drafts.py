"""The studio: a plan's draft written as a form or a text, checked while it is typed, simulated, piloted, activated."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow_drafts, simulating, trials
from tracker.engine.plan_files.plan_file import SIZE_BYTES_MAX, PlanFileError
from tracker.errors import BadInput, Conflict
from tracker.pages import context
from tracker.pages.authors import own_email
from tracker.pages.draft_check import Check, check_of
from tracker.pages.draft_fields import sent_form, sent_text
from tracker.pages.draft_view import DraftPage, draft_page
from tracker.pages.i18n import gettext as _
from tracker.store import drafts, plans
from tracker.store.drafts import Draft

blueprint = Blueprint("plan_drafts", __name__, url_prefix="/plans/drafts")

FIRST_TEXT = """\
name = "A new plan"
currency = "DKK"
window = "quarter"
settlement = "month"

[[components]]
key = "sales"
name = "Sales"
measure = "revenue"
tiers_on = "quota"
tiers = [
  { up_to = "80%", rate = "8%" },
  { up_to = "100%", rate = "10%" },
  { rate = "13%" },
]
"""


@blueprint.post("")
def start() -> Response:
    """A new draft: of a plan there is, from its newest text, or of a new one."""
    _require_admin()
    replaces = request.form.get("replaces", "")[:100]
    plan_key = request.form.get("plan_key", "").strip()[:100] or replaces
    with context.database().read() as connection:
        versions = plans.plan_versions(connection, replaces) if replaces else []
        by = own_email(connection)
    if replaces and not versions:
        context.not_found()
    if not flow_drafts.PLAN_KEY.fullmatch(plan_key):
        return make_response(redirect(url_for("plans.page", problem="key"), 303))
    text = versions[-1].source_toml if versions else FIRST_TEXT
    draft_id = flow_drafts.start_draft(
        context.database(), plan_key, replaces, text, by, clock.now()
    )
    return _to(draft_id)


@blueprint.get("/<int:draft_id>")
def page(draft_id: int) -> str:
    notices = {
        "saved": _("Saved."),
        "checked": _("Checked. Nothing stands in the way."),
        "simulated": _("Simulated."),
        "piloting": _("The pilot runs. Its people see both figures."),
        "ended": _("The pilot is over."),
        "activated": _("Activated. Figures it touches have changed already."),
        "discarded": _("Put away. It stays readable."),
    }
    return _render(draft_id, notice=notices.get(request.args.get("done", ""), ""))


@blueprint.post("/<int:draft_id>")
def save(draft_id: int) -> Response:
    """Let the text that was sent count."""
    text = sent_text()
    if len(text.encode()) > SIZE_BYTES_MAX:
        return _refused(draft_id, _("A plan this long cannot be kept."))
    return _act(draft_id, "saved", lambda by: _save(draft_id, text, by), typed=text)


@blueprint.post("/<int:draft_id>/preview")
def preview(draft_id: int) -> str:
    """What the check says of what is typed right now; nothing is kept."""
    _draft(draft_id)
    text = sent_text()
    return context.render(
        "plan_drafts/_check.html", check=check_of(text), source_toml=text, shows_text=_is_form()
    )


@blueprint.post("/<int:draft_id>/rows")
def rows(draft_id: int) -> str:
    """The form with a row more or less; without htmx the whole page with it."""
    draft = _draft(draft_id)
    form = sent_form()
    if context.is_htmx():
        return context.render("plan_drafts/_form.html", form=form, draft=draft)
    return _render(draft_id, typed=sent_text())


@blueprint.post("/<int:draft_id>/check")
def check(draft_id: int) -> Response:
    """Check the kept text against the past of its people, and record that it was."""
    draft = _draft(draft_id)
    today = clock.today(context.settings().company_zone)
    with context.database().read() as connection:
        found = check_of(
            draft.text.source_toml,
            lambda plan: trials.draft_past(connection, plan, draft.replaces_key, today),
        )
    if found.is_blocked:
        return _refused(draft_id, _("Something has to be put right first. The check says what."))
    return _act(draft_id, "checked", lambda by: _record_check(draft_id, found, by))


@blueprint.post("/<int:draft_id>/simulate")
def simulate(draft_id: int) -> Response:
    """Start the simulation, which takes some seconds in a process of its own."""
    draft = _draft(draft_id)
    if draft.done("checked") is None:
        return _refused(draft_id, _("Check the text first: a changed text starts again."))
    with context.database().read() as connection:
        by = own_email(connection)
    run = simulating.start(context.settings(), draft_id, by)
    if context.is_htmx():
        return make_response(context.render("plan_drafts/_progress.html", draft=draft, run=run))
    return _to(draft_id)


@blueprint.get("/<int:draft_id>/simulation")
def simulation(draft_id: int) -> Response:
    """How far the simulation is; once it is over the page is shown anew."""
    draft = _draft(draft_id)
    run = simulating.run_of(draft_id)
    answer = make_response(context.render("plan_drafts/_progress.html", draft=draft, run=run))
    if run is None or (run.is_over and not run.problem):
        answer.headers["HX-Redirect"] = url_for(
            "plan_drafts.page", draft_id=draft_id, done="simulated", _anchor="simulation"
        )
    return answer


@blueprint.post("/<int:draft_id>/pilot")
def start_pilot(draft_id: int) -> Response:
    """Put people in the pilot for whole windows."""
    _draft(draft_id)
    payee_ids = set(request.form.getlist("payee_id", type=int))
    if len(payee_ids) not in flow_drafts.PILOT_PEOPLE:
        return _refused(draft_id, _("A pilot has three to five people."))
    days = [_day(text) for text in request.form.get("span", "").split("/")]
    if len(days) != 2 or None in days:
        return _refused(draft_id, _("Choose how long the pilot lasts."))
    starts_on, ends_on = days[0] or date.min, days[1] or date.min
    return _act(
        draft_id,
        "piloting",
        lambda by: flow_drafts.start_pilot(
            context.database(), draft_id, payee_ids, starts_on, ends_on, by, clock.now()
        ),
    )


@blueprint.post("/<int:draft_id>/pilot/end")
def end_pilot(draft_id: int) -> Response:
    return _act(
        draft_id,
        "ended",
        lambda by: flow_drafts.end_pilot(context.database(), draft_id, by, clock.now()),
    )


@blueprint.post("/<int:draft_id>/activate")
def activate(draft_id: int) -> Response:
    """Let the exact text that was checked and simulated pay from a day on."""
    draft = _draft(draft_id)
    if draft.done("checked") is None or draft.done("simulated") is None:
        return _refused(draft_id, _("This text pays nobody before it was checked and simulated."))
    day = _day(request.form.get("effective_from", ""))
    if day is None:
        return _refused(draft_id, _("Choose the first day it pays."))
    with context.database().read() as connection:
        versions = plans.plan_versions(connection, draft.plan_key)
    if any(version.effective_from == day for version in versions):
        return _refused(
            draft_id, _("The plan has a version from that day already. Choose another day.")
        )
    return _act(
        draft_id,
        "activated",
        lambda by: flow_drafts.activate_draft(context.database(), draft_id, day, by, clock.now()),
    )


@blueprint.post("/<int:draft_id>/discard")
def discard(draft_id: int) -> Response:
    return _act(
        draft_id,
        "discarded",
        lambda by: flow_drafts.discard_draft(context.database(), draft_id, by, clock.now()),
    )


# --- behind them -----------------------------------------------------------------------------------------------------


def _require_admin() -> None:
    context.require_function(access.may_administer(context.principal()))


def _draft(draft_id: int) -> Draft:
    _require_admin()
    with context.database().read() as connection:
        return drafts.draft(connection, draft_id) or context.not_found()


def _is_form() -> bool:
    return "source_toml" not in request.form


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _save(draft_id: int, text: str, by: str) -> None:
    flow_drafts.save_text(context.database(), draft_id, text, by, clock.now())


def _record_check(draft_id: int, found: Check, by: str) -> None:
    flow_drafts.record_check(context.database(), draft_id, found.figures, by, clock.now())


def _act(
    draft_id: int, done: str, act: Callable[[str], object], typed: str | None = None
) -> Response:
    """Do something with a draft, and show what came of it; where it cannot be done, the page says why."""
    _draft(draft_id)
    with context.database().read() as connection:
        by = own_email(connection)
    try:
        act(by)
    except (Conflict, BadInput, PlanFileError) as error:
        status = error.http_status if isinstance(error, Conflict) else 400
        problem = _("This could not be done: %(why)s", why=str(error))
        return make_response(_render(draft_id, problem=problem, typed=typed), status)
    return _to(draft_id, done)


def _refused(draft_id: int, problem: str) -> Response:
    _draft(draft_id)
    return make_response(_render(draft_id, problem=problem), 400)


def _render(draft_id: int, problem: str = "", notice: str = "", typed: str | None = None) -> str:
    draft = _draft(draft_id)
    now = clock.now()
    with context.database().read() as connection:
        view: DraftPage = draft_page(
            connection,
            draft,
            "text" if "source_toml" in request.form else request.values.get("as", "form"),
            clock.today(context.settings().company_zone),
            now,
            problem,
            notice,
            typed,
        )
    return context.render("plan_drafts/page.html", page=view)


def _to(draft_id: int, done: str = "") -> Response:
    address = url_for(
        "plan_drafts.page",
        draft_id=draft_id,
        done=done or None,
        **{"as": "text" if "source_toml" in request.form else None},  # type: ignore[arg-type]
    )
    return make_response(redirect(address, code=303))
