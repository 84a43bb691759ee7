"""What was authentic but could not be used: the administrator puts the reason right, plays it again or lets it go."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock
from tracker.ingest.setting_aside import replay
from tracker.pages import context
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.store import people, quarantine
from tracker.store.people import Payee
from tracker.store.quarantine import SetAside

blueprint = Blueprint("quarantine", __name__, url_prefix="/quarantine")

SHOWN_COUNT = 50
ENDED_COUNT = 20
REASON_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A name nobody is known by, and how many events wait for it."""

    reference: str
    events_count: int


@dataclass(frozen=True, slots=True)
class QuarantineView:
    """The page: what waits (the oldest first, as many as are shown), the names to claim, what has ended lately."""

    waiting: tuple[SetAside, ...]
    waiting_count: int
    names: tuple[UnknownName, ...]
    payees: tuple[Payee, ...]
    ended: tuple[SetAside, ...]
    now: datetime
    notice: str


@blueprint.get("")
def page() -> str:
    context.require_function(access.may_administer(context.principal()))
    with context.database().read() as connection:
        names = quarantine.unclaimed_names(connection)
        view = QuarantineView(
            waiting=tuple(quarantine.waiting(connection, SHOWN_COUNT)),
            waiting_count=quarantine.waiting_count(connection),
            names=tuple(UnknownName(name, count) for name, count in names.most_common()),
            payees=tuple(payee for payee in people.payees(connection) if payee.is_active),
            ended=tuple(quarantine.ended(connection, ENDED_COUNT)),
            now=clock.now(),
            notice=_notice(),
        )
    return context.render("quarantine/page.html", view=view)


@blueprint.post("/replay")
def replay_all() -> Response:
    context.require_function(access.may_administer(context.principal()))
    with context.database().read() as connection:
        waiting = quarantine.waiting(connection)
    return _played(waiting)


@blueprint.post("/<int:entry_id>/replay")
def replay_one(entry_id: int) -> Response:
    context.require_function(access.may_administer(context.principal()))
    return _played([_entry(entry_id)])


@blueprint.post("/<int:entry_id>/discard")
def discard(entry_id: int) -> Response:
    """Let an entry go, with the reason that stays beside it."""
    principal = context.principal()
    context.require_function(access.may_administer(principal))
    entry = _entry(entry_id)
    reason = request.form.get("reason", "").strip()[:REASON_LENGTH_MAX]
    if not reason:
        return _sent_back(problem="reason")
    with context.database().write() as connection:
        quarantine.end(connection, [entry.id], "discarded", principal.name, reason, clock.now())
    return _sent_back(done="discarded")


@blueprint.post("/claim")
def claim() -> Response:
    """A name nobody knew is this person; what waited for it is played again at once."""
    principal = context.principal()
    context.require_function(access.may_administer(principal))
    reference = request.form.get("reference", "").strip()
    payee_id = request.form.get("payee_id", type=int)
    with context.database().write() as connection:
        payee = people.payee(connection, payee_id) if payee_id is not None else None
        context.require(payee is not None and bool(reference))
        assert payee is not None
        quarantine.claim(connection, reference, payee.id, principal.name, clock.now())
        waiting = quarantine.waiting_for(connection, reference)
    return _played(waiting)


def _entry(entry_id: int) -> SetAside:
    with context.database().read() as connection:
        entry = quarantine.entry(connection, entry_id)
    if entry is None:
        context.not_found()
    return entry


def _played(entries: list[SetAside]) -> Response:
    zone, principal = context.settings().company_zone, context.principal()
    played = replay(context.database(), entries, principal.name, clock.now(), zone)
    still_count = sum(one.kind == "waiting" for one in played)
    return _sent_back(played=str(len(played) - still_count), still=str(still_count))


def _sent_back(**said: str) -> Response:
    return make_response(redirect(f"{url_for('quarantine.page')}?{urlencode(said)}", code=303))


def _notice() -> str:
    if request.args.get("problem") == "reason":
        return _("Say why it is not needed; the reason is kept.")
    if request.args.get("done") == "discarded":
        return _("Discarded. It stays in the list below.")
    played = request.args.get("played", type=int)
    if played is None:
        return ""
    still = request.args.get("still", 0, type=int)
    used = ngettext(
        "%(count)s event is used now", "%(count)s events are used now", played, count=played
    )
    waits = ngettext("%(count)s still waits", "%(count)s still wait", still, count=still)
    return f"{used}, {waits}."
