"""Settling a dispute by a correction: the deal's facts to edit, or the deal that was missing to add."""

import re
from dataclasses import dataclass, replace

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow_disputes
from tracker.engine.claims.disputes import Act, Side, possible_acts
from tracker.engine.deals import Deal
from tracker.errors import Conflict
from tracker.flow_disputes import Overtaken
from tracker.ingest.deal_payload import DEAL_ID_LENGTH_MAX
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.deal_form import DealForm, deal_in, empty_deal, form_of, typed_form
from tracker.pages.disputes import email, own_dispute
from tracker.pages.doubts import MISSING, claim_from_json, words_in
from tracker.pages.i18n import gettext as _
from tracker.pages.my_disputes import overtaken
from tracker.store import deals, people
from tracker.store.deals import CORRECTION_SOURCE, StoredDeal
from tracker.store.disputes import Dispute
from tracker.store.people import Payee
from tracker.store.types import Connection

blueprint = Blueprint("corrections", __name__, url_prefix="/disputes")

CHOICE_COUNT = 25
_DEAL_KEY = re.compile(r"[A-Za-z0-9_.-]{1,60}:\S(?:.*\S)?")


@dataclass(frozen=True, slots=True)
class Correction:
    """What is corrected: a deal that is there, or one to add; `before` is the deal the form begins with.

    `others` names people on the deal about whom the reader may not decide: then it is not theirs to correct.
    """

    dispute: Dispute
    payee: Payee
    before: Deal
    stored: StoredDeal | None
    payees: tuple[Payee, ...]
    others: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        return self.stored is None

    @property
    def based_on_event_id(self) -> int | None:
        return None if self.stored is None else self.stored.event_id


@blueprint.get("/<int:dispute_id>/correct")
def correct_page(dispute_id: int) -> str:
    """The form of a deal; which one can be chosen where the dispute names none."""
    with context.database().read() as connection:
        found = own_dispute(connection, dispute_id)
        key = request.args.get("deal", "").strip() or found.doubt.deal_key or ""
        if not key:
            return _choice(connection, found)
        correction = _correction(connection, found, key)
    if correction is None:
        with context.database().read() as connection:
            return _choice(connection, found, key)
    return _form_page(correction, form_of(correction.before, correction.payees))


@blueprint.get("/<int:dispute_id>/add")
def add_page(dispute_id: int) -> str:
    """The form of a deal that was missing, filled in with what the rep knows of it."""
    with context.database().read() as connection:
        correction = _addition(connection, own_dispute(connection, dispute_id))
    return _form_page(correction, form_of(correction.before, correction.payees))


@blueprint.post("/<int:dispute_id>/correct")
def correct(dispute_id: int) -> Response:
    with context.database().read() as connection:
        found = own_dispute(connection, dispute_id)
        key = request.form.get("deal", "") or found.doubt.deal_key or ""
        correction = _correction(connection, found, key) or context.not_found()
    return _settle(correction)


@blueprint.post("/<int:dispute_id>/add")
def add(dispute_id: int) -> Response:
    with context.database().read() as connection:
        correction = _addition(connection, own_dispute(connection, dispute_id))
    key = request.form.get("deal_key", "").strip()
    if not key:
        return _settle(correction)
    problem = ""
    if not _DEAL_KEY.fullmatch(key) or len(key) > DEAL_ID_LENGTH_MAX or not key.isprintable():
        problem = _("Write the source and the id it gives the deal, such as hubspot:d-77.")
    with context.database().read() as connection:
        if not problem and deals.stored_deal(connection, key) is not None:
            problem = _("This deal is there already. Correct it instead of adding it.")
    return _settle(replace(correction, before=replace(correction.before, key=key)), problem)


# --- from the form to the deal -------------------------------------------------------------------------------------


def _settle(correction: Correction, key_problem: str = "") -> Response:
    """Record the correction; what is wrong with the form comes back with what was typed."""
    context.require_function(not correction.others)
    words, problem = words_in(request.form)
    typed = typed_form(request.form, correction.payees, correction.before.properties)
    today = company_calendar(context.settings()).day_of(clock.now())
    deal, form = deal_in(typed, correction.before, today)
    found = {**form.problems, "words": problem, "deal_key": key_problem}
    form = replace(form, problems={name: what for name, what in found.items() if what})
    if form.problems:
        return make_response(_form_page(correction, form), 400)
    if deal == correction.before and not correction.is_new:
        return make_response(
            _form_page(correction, form, _("Nothing is changed in the form yet.")), 400
        )
    return _record(correction, form, deal, words)


def _record(correction: Correction, form: DealForm, deal: Deal, words: str) -> Response:
    dispute = correction.dispute
    based_on = request.form.get("based_on", type=int) if not correction.is_new else None
    read_count = request.form.get("read_count", len(dispute.entries), type=int)
    with context.database().read() as connection:
        by = email(connection)
    try:
        flow_disputes.correct_deal(
            context.database(), dispute.id, deal, based_on, words, read_count, by, clock.now()
        )
    except Overtaken:
        return make_response(_form_page(correction, form, overtaken()), 409)
    except Conflict as problem:
        return make_response(_form_page(correction, form, problem.message), 409)
    address = url_for("disputes.dispute_page", dispute_id=dispute.id, corrected="yes")
    return make_response(redirect(address, 303))


# --- what is corrected ---------------------------------------------------------------------------------------------


def _correction(connection: Connection, found: Dispute, key: str) -> Correction | None:
    """The correction of a deal that is there; None for a deal the reader may know nothing of."""
    stored = deals.stored_deal(connection, key)
    payee = people.payee(connection, found.doubt.payee_id)
    if stored is None or payee is None:
        return None
    on_deal = [
        one
        for payee_id in sorted(deals.payee_ids_of(stored.deal))
        if (one := people.payee(connection, payee_id)) is not None
    ]
    principal = context.principal()
    if payee not in on_deal and not any(access.may_see_deals(principal, one) for one in on_deal):
        return None
    others = tuple(one.name for one in on_deal if not access.may_decide_dispute(principal, one))
    payees = _payees(connection, {one.id for one in on_deal})
    return Correction(found, payee, stored.deal, stored, payees, others)


def _addition(connection: Connection, found: Dispute) -> Correction:
    payee = people.payee(connection, found.doubt.payee_id) or context.not_found()
    claim = claim_from_json(found.doubt.claim)
    today = company_calendar(context.settings()).day_of(clock.now())
    number = len(found.entries) + 1
    deal = empty_deal(
        key=f"{CORRECTION_SOURCE}:dispute-{found.id}-{number}",
        name=claim.name or (found.doubt.title if found.doubt.about == MISSING else ""),
        on=claim.on or today,
        amount_minor=claim.amount_minor or 0,
        currency=claim.currency or "DKK",
        payee_id=payee.id,
    )
    return Correction(found, payee, deal, None, _payees(connection, {payee.id}))


def _payees(connection: Connection, on_deal: set[int]) -> tuple[Payee, ...]:
    """Who can be on the deal: the active people the reader decides about, and who is on it already."""
    principal = context.principal()
    return tuple(
        payee
        for payee in people.payees(connection)
        if access.may_decide_dispute(principal, payee) and (payee.is_active or payee.id in on_deal)
    )


# --- the pages -----------------------------------------------------------------------------------------------------


def _form_page(correction: Correction, form: DealForm, problem: str = "") -> str:
    acts = possible_acts(correction.dispute.state, Side.DECIDER)
    return context.render(
        "corrections/page.html",
        correction=correction,
        form=form,
        is_possible=Act.CORRECT in acts,
        shown_problem=problem,
        read_count=len(correction.dispute.entries),
    )


def _choice(connection: Connection, found: Dispute, missing_key: str = "") -> str:
    latest = deals.deals_of_payee(connection, found.doubt.payee_id, limit=CHOICE_COUNT)
    problem = _("There is no deal with this id that you can open.") if missing_key else ""
    return context.render(
        "corrections/choice.html", dispute=found, latest=latest, problem=problem, typed=missing_key
    )
