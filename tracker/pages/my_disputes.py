"""The rep's disputes: saying that something is not right, and following what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow_disputes
from tracker.engine.claims.disputes import Act, Side
from tracker.flow_disputes import Overtaken
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.dispute_view import DisputeRow, DisputeView, dispute_rows, dispute_view
from tracker.pages.doubts import (
    MISSING,
    Claim,
    Pointed,
    claim_in,
    doubt_of,
    pointed_at,
    words_in,
)
from tracker.pages.i18n import gettext as _
from tracker.pages.standings import payee_standing
from tracker.store import disputes, outbox, people
from tracker.store.disputes import Dispute
from tracker.store.people import Payee
from tracker.store.types import Connection

blueprint = Blueprint("my_disputes", __name__, url_prefix="/me/disputes")


@dataclass(frozen=True, slots=True)
class DisputeForm:
    """The form: what is pointed at, what was typed, and what is wrong with it by field."""

    pointed: Pointed
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def asks_for_deal(self) -> bool:
        return self.pointed.about == MISSING


@dataclass(frozen=True, slots=True)
class MyDisputes:
    """The list of the rep's disputes."""

    payee_id: int
    rows: tuple[DisputeRow, ...]
    shown_at: datetime
    sequence: int


# --- looking -------------------------------------------------------------------------------------------------------


@blueprint.get("")
def page() -> str:
    return context.render("my_disputes/page.html", mine=_mine(), zone=_zone())


@blueprint.get("/fragment")
def fragment() -> str:
    return context.render("my_disputes/_live.html", mine=_mine())


@blueprint.get("/<int:dispute_id>")
def dispute_page(dispute_id: int) -> str:
    notice = _("Sent. You see here when it is answered.") if "sent" in request.args else ""
    return _dispute_page(dispute_id, notice=notice)


@blueprint.get("/<int:dispute_id>/fragment")
def dispute_fragment(dispute_id: int) -> str:
    with context.database().read() as connection:
        sequence = outbox.last_sequence(connection)
        view = _view(connection, _own(connection, dispute_id))
    return context.render("my_disputes/_dispute.html", view=view, sequence=sequence)


@blueprint.get("/new")
def new() -> str:
    """The form for what the address points at: in the sheet for htmx, or a page of its own."""
    about, key = request.args.get("about", ""), request.args.get("key", "")
    payee = _own_payee()
    with context.database().read() as connection:
        form = DisputeForm(pointed_at(connection, payee, about, key))
    return _form(form)


@blueprint.post("/new")
def new_about_line() -> str:
    """The same form with something in it already: what a line of the rep's own list says. Nothing is kept yet."""
    payee, typed = _own_payee(), request.form
    with context.database().read() as connection:
        pointed = pointed_at(connection, payee, typed.get("about", ""), typed.get("key", ""))
    return _form(DisputeForm(pointed, typed))


def _form(form: DisputeForm) -> str:
    template = "my_disputes/_form.html" if context.is_htmx() else "my_disputes/form_page.html"
    return context.render(template, form=form)


# --- doing ---------------------------------------------------------------------------------------------------------


@blueprint.post("")
def raise_one() -> Response:
    """Raise a dispute; what is wrong with the form comes back with what was typed."""
    payee, typed = _own_payee(), request.form
    now = clock.now()
    with context.database().read() as connection:
        pointed = pointed_at(connection, payee, typed.get("about", ""), typed.get("key", ""))
        form = replace(DisputeForm(pointed), typed=typed)
        words, problem = words_in(typed)
        claim, problems = _claim(connection, payee, form, now)
        if problem:
            problems["words"] = problem
        if problems:
            form = replace(form, problems=problems)
            return make_response(context.render("my_disputes/form_page.html", form=form), 400)
        doubt = doubt_of(connection, payee, pointed, typed.get("line", ""), claim)
        by = _email(connection)
    dispute_id = flow_disputes.raise_dispute(context.database(), doubt, words, by, now)
    address = url_for("my_disputes.dispute_page", dispute_id=dispute_id, sent="yes")
    return make_response(redirect(address, code=303))


@blueprint.post("/<int:dispute_id>/reply")
def reply(dispute_id: int) -> Response:
    """Say something more; a dispute that was over is opened again by it."""
    return _act(dispute_id, (Act.REPLY, Act.REOPEN))


@blueprint.post("/<int:dispute_id>/withdraw")
def withdraw(dispute_id: int) -> Response:
    return _act(dispute_id, (Act.WITHDRAW,))


def _act(dispute_id: int, acts: tuple[Act, ...]) -> Response:
    """Do the one of these acts that is possible now."""
    words, problem = words_in(request.form)
    if Act.WITHDRAW in acts and not words:
        problem = ""
    with context.database().read() as connection:
        view = _view(connection, _own(connection, dispute_id))
        by = _email(connection)
    if problem:
        return make_response(_dispute_page(dispute_id, problem=problem, typed=words), 400)
    read_count = request.form.get("read_count", view.read_count, type=int)
    act = next((act for act in acts if act in view.acts), acts[0])
    try:
        flow_disputes.act_on_dispute(
            context.database(), dispute_id, act, words, read_count, by, clock.now()
        )
    except Overtaken:
        return make_response(_dispute_page(dispute_id, problem=overtaken(), typed=words), 409)
    return make_response(redirect(url_for("my_disputes.dispute_page", dispute_id=dispute_id), 303))


def overtaken() -> str:
    return _("Somebody else was quicker. Read how it stands now, then decide again.")


# --- behind them ---------------------------------------------------------------------------------------------------


def _own_payee() -> Payee:
    """The payee of whoever is signed in; NotFound for people who do not sell."""
    principal = context.principal()
    with context.database().read() as connection:
        payee = people.payee(connection, principal.payee_id) if principal.payee_id else None
    if payee is None or not access.may_dispute(principal, payee):
        context.not_found()
    return payee


def _own(connection: Connection, dispute_id: int) -> Dispute:
    """A dispute of whoever is signed in; NotFound for any other."""
    payee = _own_payee()
    found = disputes.dispute_by_id(connection, dispute_id)
    if found is None or found.doubt.payee_id != payee.id:
        context.not_found()
    return found


def _mine() -> MyDisputes:
    payee = _own_payee()
    with context.database().read() as connection:
        sequence = outbox.sequence_of_payee(connection, payee.id)
        found = disputes.disputes_of_payee(connection, payee.id)
    return MyDisputes(payee.id, dispute_rows(found, {}), clock.now(), sequence)


def _view(connection: Connection, found: Dispute) -> DisputeView:
    calendar = company_calendar(context.settings())
    return dispute_view(connection, found, Side.REP, True, calendar, clock.now())


def _dispute_page(dispute_id: int, notice: str = "", problem: str = "", typed: str = "") -> str:
    with context.database().read() as connection:
        sequence = outbox.last_sequence(connection)
        view = _view(connection, _own(connection, dispute_id))
    return context.render(
        "my_disputes/dispute_page.html",
        view=view,
        sequence=sequence,
        zone=_zone(),
        notice=notice,
        problem=problem,
        typed=typed,
    )


def _claim(
    connection: Connection, payee: Payee, form: DisputeForm, now: datetime
) -> tuple[Claim, dict[str, str]]:
    if not form.asks_for_deal:
        return Claim(), {}
    calendar = company_calendar(context.settings())
    currency = payee_standing(connection, payee.id, calendar, now).currency or "DKK"
    return claim_in(form.typed, currency, calendar.day_of(now))


def _email(connection: Connection) -> str:
    person = people.person(connection, context.principal().person_id or 0)
    return person.email if person else ""


def _zone() -> str:
    return context.settings().company_zone.key
