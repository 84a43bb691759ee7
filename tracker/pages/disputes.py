"""The disputes of a manager's teams: what the rep doubts and saw, and the answer, the correction or the refusal."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow_disputes
from tracker.access import Principal
from tracker.engine.claims.disputes import Act, Side, State
from tracker.flow_disputes import Overtaken
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.dispute_metrics import (
    DisputeMetrics,
    dispute_metrics,
    first_day_counted,
)
from tracker.pages.dispute_view import DisputeRow, DisputeView, dispute_rows, dispute_view
from tracker.pages.doubts import words_in
from tracker.pages.i18n import gettext as _
from tracker.pages.my_disputes import overtaken
from tracker.store import disputes, outbox, people
from tracker.store.disputes import Dispute
from tracker.store.people import Payee
from tracker.store.types import Connection

blueprint = Blueprint("disputes", __name__, url_prefix="/disputes")

OVER_SHOWN_COUNT = 30


@dataclass(frozen=True, slots=True)
class DisputesPage:
    """The disputes by what they wait for, and what they say about the plan and the figures."""

    open: tuple[DisputeRow, ...]
    answered: tuple[DisputeRow, ...]
    over: tuple[DisputeRow, ...]
    metrics: DisputeMetrics
    now: datetime
    sequence: int


# --- looking -------------------------------------------------------------------------------------------------------


@blueprint.get("")
def page() -> str:
    return context.render("disputes/page.html", page=_page(), zone=_zone())


@blueprint.get("/fragment")
def fragment() -> str:
    return context.render("disputes/_live.html", page=_page())


@blueprint.get("/<int:dispute_id>")
def dispute_page(dispute_id: int) -> str:
    return _dispute_page(dispute_id)


@blueprint.get("/<int:dispute_id>/fragment")
def dispute_fragment(dispute_id: int) -> str:
    with context.database().read() as connection:
        sequence = outbox.last_sequence(connection)
        view = _view(connection, own_dispute(connection, dispute_id))
    return context.render("disputes/_dispute.html", view=view, sequence=sequence)


@blueprint.get("/waiting")
def waiting() -> Response:
    """How many disputes wait, for the menu of a page that is open already."""
    _decider()
    return make_response(str(open_disputes_count()), {"Content-Type": "text/plain; charset=utf-8"})


def open_disputes_count() -> int:
    """How many disputes wait for whoever asks; 0 for people who decide about none."""
    principal = context.person_or_none()
    if principal is None or not access.may_decide_disputes(principal):
        return 0
    with context.database().read() as connection:
        return disputes.count_open(
            connection,
            principal.managed_team_ids,
            access.may_administer(principal),
            principal.payee_id,
        )


# --- doing ---------------------------------------------------------------------------------------------------------


@blueprint.post("/<int:dispute_id>/answer")
def answer(dispute_id: int) -> Response:
    return _act(dispute_id, Act.ANSWER)


@blueprint.post("/<int:dispute_id>/decline")
def decline(dispute_id: int) -> Response:
    return _act(dispute_id, Act.DECLINE)


def _act(dispute_id: int, act: Act) -> Response:
    words, problem = words_in(request.form)
    with context.database().read() as connection:
        found = own_dispute(connection, dispute_id)
        by = email(connection)
    if problem:
        return make_response(_dispute_page(dispute_id, problem=problem, typed=words), 400)
    read_count = request.form.get("read_count", len(found.entries), type=int)
    try:
        flow_disputes.act_on_dispute(
            context.database(), dispute_id, act, words, read_count, by, clock.now()
        )
    except Overtaken:
        return make_response(_dispute_page(dispute_id, problem=overtaken(), typed=words), 409)
    return make_response(redirect(url_for("disputes.dispute_page", dispute_id=dispute_id), 303))


# --- who may -------------------------------------------------------------------------------------------------------


def own_dispute(connection: Connection, dispute_id: int) -> Dispute:
    """A dispute that whoever asks may decide; NotFound for any other."""
    principal = _decider()
    found = disputes.dispute_by_id(connection, dispute_id)
    payee = people.payee(connection, found.doubt.payee_id) if found else None
    if found is None or payee is None or not access.may_decide_dispute(principal, payee):
        context.not_found()
    return found


def email(connection: Connection) -> str:
    person = people.person(connection, context.principal().person_id or 0)
    return person.email if person else ""


def _decider() -> Principal:
    principal = context.principal()
    context.require_function(access.may_decide_disputes(principal))
    return principal


# --- behind them ---------------------------------------------------------------------------------------------------


def _page() -> DisputesPage:
    principal, now = _decider(), clock.now()
    calendar = company_calendar(context.settings())
    with context.database().read() as connection:
        sequence = outbox.last_sequence(connection)
        payees = _payees(connection, principal)
        found = disputes.disputes_of_teams(
            connection,
            principal.managed_team_ids,
            access.may_administer(principal),
            calendar.start_of(first_day_counted(calendar.day_of(now))),
        )
        found = [one for one in found if one.doubt.payee_id in payees]
    names = {payee.id: payee.name for payee in payees.values()}
    reps_count = sum(payee.is_active for payee in payees.values())
    over = [one for one in found if one.state not in (State.OPEN, State.ANSWERED)]
    return DisputesPage(
        open=dispute_rows(_longest_waiting_first(found), names),
        answered=dispute_rows((one for one in found if one.state is State.ANSWERED), names),
        over=dispute_rows(over[:OVER_SHOWN_COUNT], names),
        metrics=dispute_metrics(found, names, reps_count, calendar, calendar.day_of(now)),
        now=now,
        sequence=sequence,
    )


def _longest_waiting_first(found: Sequence[Dispute]) -> list[Dispute]:
    waiting = [one for one in found if one.state is State.OPEN]
    return sorted(waiting, key=lambda one: (one.changed_at, one.id))


def _payees(connection: Connection, principal: Principal) -> dict[int, Payee]:
    """Everybody about whose disputes the person may decide, by id."""
    return {
        payee.id: payee
        for payee in people.payees(connection)
        if access.may_decide_dispute(principal, payee)
    }


def _view(connection: Connection, found: Dispute) -> DisputeView:
    payee = people.payee(connection, found.doubt.payee_id)
    shows_pay = payee is not None and access.may_see_pay(context.principal(), payee)
    calendar = company_calendar(context.settings())
    return dispute_view(connection, found, Side.DECIDER, shows_pay, calendar, clock.now())


def _dispute_page(dispute_id: int, problem: str = "", typed: str = "") -> str:
    with context.database().read() as connection:
        sequence = outbox.last_sequence(connection)
        view = _view(connection, own_dispute(connection, dispute_id))
    notice = _("The deal is corrected and counts at once.") if "corrected" in request.args else ""
    return context.render(
        "disputes/dispute_page.html",
        view=view,
        sequence=sequence,
        zone=_zone(),
        problem=problem,
        notice=notice,
        typed=typed,
    )


def _zone() -> str:
    return context.settings().company_zone.key
