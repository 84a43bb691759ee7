"""Where a manager scores the objectives of their people, and an administrator everybody's."""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow_objectives
from tracker.access import Principal
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.errors import BadInput, Conflict
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.formatting import measured
from tracker.pages.i18n import gettext as _
from tracker.store import objectives, people
from tracker.store.database import Connection
from tracker.store.objectives import PayeeObjective
from tracker.store.people import Payee

blueprint = Blueprint("objectives", __name__)

REASON_LENGTH_MAX = 500
_SCORE = re.compile(r"([0-9]{1,4}(?:[.,][0-9]{1,2})?)\s*%?")


@dataclass(frozen=True, slots=True)
class ObjectiveRow:
    """One objective of one rep in a window; `score_words` is "" while there is none."""

    payee: Payee
    of: PayeeObjective
    score_words: str


@dataclass(frozen=True, slots=True)
class ObjectivesView:
    """The objectives of one moment: of the windows that run today, or of those before them."""

    rows: tuple[ObjectiveRow, ...]
    is_before: bool
    problem: str
    notice: str
    now: datetime


@blueprint.get("/objectives")
def page() -> str:
    principal = context.principal()
    context.require_function(access.may_score_objectives(principal))
    return _page(principal)


@blueprint.post("/objectives/<int:payee_id>")
def score(payee_id: int) -> Response:
    """Score one objective of a rep, in the window that holds a day."""
    principal = context.principal()
    context.require_function(access.may_score_objectives(principal))
    with context.database().read() as connection:
        payee = people.payee(connection, payee_id)
        by = people.person(connection, principal.person_id or 0)
    if payee is None or by is None or not access.may_score(principal, payee):
        context.not_found()
    try:
        flow_objectives.record_score(
            context.database(),
            payee_id,
            request.form.get("objective", ""),
            _form_day(),
            _form_score(),
            by.email,
            clock.now(),
            request.form.get("reason", "")[:REASON_LENGTH_MAX].strip(),
            request.form.get("version", type=int),
        )
    except BadInput as refusal:
        return make_response(_page(principal, _in_words(refusal)), 400)
    except Conflict:
        problem = _("Somebody else has scored this meanwhile. Look at it, then decide.")
        return make_response(_page(principal, problem), 409)
    before = "before" if request.args.get("window") == "before" else None
    return make_response(redirect(url_for("objectives.page", window=before, done=1), code=303))


# --- behind them --------------------------------------------------------------------------------------------------


def _page(principal: Principal, problem: str = "") -> str:
    now, is_before = clock.now(), request.args.get("window") == "before"
    today = company_calendar(context.settings()).day_of(now)
    with context.database().read() as connection:
        rows = _rows(connection, principal, today, is_before)
    notice = _("Saved. What it pays is worked out already.") if request.args.get("done") else ""
    view = ObjectivesView(rows, is_before, problem, notice if not problem else "", now)
    return context.render("objectives/page.html", view=view)


def _rows(
    connection: Connection, principal: Principal, today: date, is_before: bool
) -> tuple[ObjectiveRow, ...]:
    payees = {
        payee.id: payee
        for payee in people.payees(connection)
        if payee.kind == "rep" and access.may_score(principal, payee)
    }
    found = objectives.objectives_on(connection, list(payees), today)
    if is_before:
        days = {one.window.starts_on - timedelta(days=1) for one in found} or {today}
        found = [
            one
            for day in sorted(days)
            for one in objectives.objectives_on(connection, list(payees), day)
            if one.window.ends_on == day
        ]
    rows = (
        ObjectiveRow(
            payees[one.payee_id],
            one,
            "" if one.score is None else measured(one.score, OBJECTIVE, one.currency),
        )
        for one in found
    )
    return tuple(
        sorted(rows, key=lambda row: (row.payee.name, row.of.window.key, row.of.objective))
    )


def _form_day() -> date:
    try:
        return date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        context.not_found()


def _form_score() -> int:
    """Hundredths of a percent point. Raises BadInput."""
    match = _SCORE.fullmatch(request.form.get("score", "").strip())
    return -1 if match is None else int(Fraction(match[1].replace(",", ".")) * 100)


def _in_words(refusal: BadInput) -> str:
    if any(problem.where == "reason" for problem in refusal.problems):
        return _("Say why the score changes.")
    return _("Write the score in percent, from 0 to 1,000, such as 87.5.")
