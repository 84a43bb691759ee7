"""Deals written down or changed by hand, by administrators: looked at first, with whose pay it changes, then kept."""

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow_by_hand
from tracker.engine.crediting.objectives import is_score
from tracker.engine.deals import Deal, DealStatus
from tracker.errors import Conflict
from tracker.flow_by_hand import ByHand, ChangedMeanwhile
from tracker.ingest.deal_payload import DEAL_ID_LENGTH_MAX, SOURCE_NAME, TAKEN_SOURCES
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.deal_form import DealForm, deal_in, form_of, typed_form
from tracker.pages.disputes import email
from tracker.pages.doubts import words_in
from tracker.pages.i18n import gettext as _
from tracker.store import deals, people
from tracker.store.deal_snapshot import deal_to_json
from tracker.store.deals import MANUAL_SOURCE
from tracker.store.pay_changes import PayChange
from tracker.store.people import Payee
from tracker.store.types import Connection

blueprint = Blueprint("deals_by_hand", __name__, url_prefix="/deals")

FIRST_CURRENCY = "DKK"
_TOKEN = re.compile(r"([0-9]{16})-[0-9a-f]{8}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DealByHand:
    """The deal a form begins with. `others` names who is on it and not for the reader to decide about.

    `token` names this opening of the form, so that it counts once however often it is sent.
    """

    before: Deal
    based_on_event_id: int | None
    payees: tuple[Payee, ...]
    token: str
    others: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        return self.based_on_event_id is None


@blueprint.get("/add")
def add_page() -> str:
    """The empty form of a deal that no source tells of."""
    _require_entitled()
    opened = _addition(_new_token())
    return _page(opened, form_of(opened.before, opened.payees))


@blueprint.get("/change")
def change_page() -> str:
    """Which deal; or its form."""
    _require_entitled()
    key = request.args.get("deal", "").strip()
    if not key:
        return context.render("deals_by_hand/choice.html", typed="", problem="")
    opened = _change(key, _new_token())
    if opened is None:
        problem = _("There is no deal with this id that you can open.")
        return context.render("deals_by_hand/choice.html", typed=key, problem=problem)
    notice = _("It is kept, and counts.") if request.args.get("kept") else ""
    return _page(opened, form_of(opened.before, opened.payees), notice=notice)


@blueprint.post("/add")
def add() -> Response:
    _require_entitled()
    opened = _addition(_sent_token())
    key, problem = request.form.get("deal_key", "").strip(), ""
    source, _colon, deal_id = key.partition(":")
    is_key = SOURCE_NAME.fullmatch(source) and source not in TAKEN_SOURCES and deal_id.strip()
    if key and not (is_key and len(key) <= DEAL_ID_LENGTH_MAX and key.isprintable()):
        problem = _("Write the source and the id it gives the deal, such as hubspot:d-77.")
    if key and not problem:
        opened = replace(opened, before=replace(opened.before, key=key))
    return _take(opened, problem)


@blueprint.post("/change")
def change() -> Response:
    _require_entitled()
    opened = _change(request.form.get("deal", ""), _sent_token()) or context.not_found()
    based_on = request.form.get("based_on", type=int)
    return _take(replace(opened, based_on_event_id=based_on or opened.based_on_event_id))


# --- from the form to the deal -------------------------------------------------------------------------------------


def _take(opened: DealByHand, key_problem: str = "") -> Response:
    """Show what the deal would change; keep it once exactly that was looked at."""
    context.require_function(not opened.others)
    words, words_problem = words_in(request.form)
    typed = typed_form(request.form, opened.payees, opened.before.properties)
    today = company_calendar(context.settings()).day_of(clock.now())
    deal, form = deal_in(typed, opened.before, today)
    found = {**form.problems, "words": words_problem, "deal_key": key_problem}
    form = replace(form, problems={name: what for name, what in found.items() if what})
    if form.problems:
        return make_response(_page(opened, form), 400)
    written = ByHand(deal, opened.based_on_event_id, _begun_at(opened.token), words)
    try:
        return _tried_or_kept(opened, form, written)
    except ChangedMeanwhile:
        problem = _("The deal has changed meanwhile. Open it again, then change it.")
        return make_response(_page(opened, form, problem=problem), 409)
    except Conflict as refusal:
        return make_response(_page(opened, form, problem=refusal.message), 409)


def _tried_or_kept(opened: DealByHand, form: DealForm, written: ByHand) -> Response:
    with context.database().read() as connection:
        by = email(connection)
    seen = _seen(written)
    if request.form.get("step") != "keep" or request.form.get("seen") != seen:
        changes = flow_by_hand.try_by_hand(context.database(), written, by, clock.now())
        return make_response(_page(opened, form, changes=changes, seen=seen))
    flow_by_hand.record_by_hand(context.database(), written, by, clock.now())
    address = url_for("deals_by_hand.change_page", deal=written.deal.key, kept="yes")
    return make_response(redirect(address, 303))


def _seen(written: ByHand) -> str:
    """Names what was looked at: keeping anything else is looking at it first."""
    return hashlib.sha256(deal_to_json(written.deal).encode()).hexdigest()


# --- what is changed -----------------------------------------------------------------------------------------------


def _require_entitled() -> None:
    context.require_function(access.may_record_deals(context.principal()))


def _addition(token: str) -> DealByHand:
    today = company_calendar(context.settings()).day_of(clock.now())
    deal = Deal(f"{MANUAL_SOURCE}:{token}", "", DealStatus.WON, today, FIRST_CURRENCY, 0, ())
    with context.database().read() as connection:
        return DealByHand(deal, None, _payees(connection, set()), token)


def _change(key: str, token: str) -> DealByHand | None:
    """The form of a deal that is there; None for anything else."""
    with context.database().read() as connection:
        stored = deals.stored_deal(connection, key)
        if stored is None or is_score(stored.deal):
            return None
        on_deal = deals.payee_ids_of(stored.deal)
        payees = _payees(connection, on_deal)
        there = {payee.id for payee in payees}
        others = tuple(
            payee.name for payee in people.payees(connection) if payee.id in on_deal - there
        )
    return DealByHand(stored.deal, stored.event_id, payees, token, others)


def _payees(connection: Connection, on_deal: set[int]) -> tuple[Payee, ...]:
    principal = context.principal()
    return tuple(
        payee
        for payee in people.payees(connection)
        if access.may_record_deal(principal, payee)
        and payee.kind == "rep"
        and (payee.is_active or payee.id in on_deal)
    )


def _new_token() -> str:
    return f"{(clock.now() - _EPOCH) // timedelta(microseconds=1):016}-{secrets.token_hex(4)}"


def _sent_token() -> str:
    token = request.form.get("token", "")
    return token if _TOKEN.fullmatch(token) else _new_token()


def _begun_at(token: str) -> datetime:
    return _EPOCH + timedelta(microseconds=int(token.partition("-")[0]))


# --- the page ------------------------------------------------------------------------------------------------------


def _page(
    opened: DealByHand,
    form: DealForm,
    problem: str = "",
    notice: str = "",
    changes: list[PayChange] | None = None,
    seen: str = "",
) -> str:
    return context.render(
        "deals_by_hand/page.html",
        opened=opened,
        form=form,
        shown_problem=problem,
        notice=notice,
        changes=changes,
        seen=seen,
    )
