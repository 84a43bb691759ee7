"""Walls: the code an unpaired one shows, and the page where a manager confirms, names and removes them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from urllib.parse import urlencode

import segno
from flask import Blueprint, Response, make_response, redirect, request, url_for
from markupsafe import Markup

from tracker import access, clock
from tracker.access import SCREEN_COOKIE, Principal
from tracker.errors import TooMany
from tracker.pages import context
from tracker.pages.context import SCREEN_COOKIE_SECONDS, public
from tracker.pages.i18n import gettext as _
from tracker.store import accounts, people, screens
from tracker.store.people import Team
from tracker.store.screens import Pairing, Screen
from tracker.store.tokens import token_hash
from tracker.store.types import Connection

blueprint = Blueprint("screens", __name__)

NAME_LENGTH_MAX = 60
LIVE_WITHIN = timedelta(seconds=60)
"""A wall heard of within this time counts as live: it says it is there every 20 seconds at least."""


@dataclass(frozen=True, slots=True)
class PairingView:
    """What an unpaired wall shows."""

    code_left: str
    code_right: str
    address: str
    qr_svg: Markup


@dataclass(frozen=True, slots=True)
class ScreenRow:
    screen: Screen
    team_name: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class ScreensView:
    """The manager's page of walls; `code` and `name` are what was typed into the form."""

    rows: tuple[ScreenRow, ...]
    teams: tuple[Team, ...]
    address: str
    now: datetime
    code: str = ""
    name: str = ""
    problem: str = ""
    notice: str = ""


# --- the wall itself -------------------------------------------------------------------------------------------------


@blueprint.get("/screen/pairing")
@public
def pairing_page() -> Response:
    """The code to confirm. A browser that is paired already goes to its wall."""
    return _pairing_answer("screens/pairing.html")


@blueprint.get("/screen/pairing/code")
@public
def pairing_code() -> Response:
    """The same code for the page's own asking every few seconds; once confirmed it leads to the wall."""
    return _pairing_answer("screens/_pairing.html")


@blueprint.get("/screen/link/<token>")
@public
def open_screen(token: str) -> Response:
    """A wall paired beforehand, by the link its maker was given once."""
    with context.database().read() as connection:
        found = access.principal_of_screen(connection, token_hash(token))
    context.require(found is not None)
    response = make_response(redirect("/screen"))
    context.set_cookie(response, SCREEN_COOKIE, token, SCREEN_COOKIE_SECONDS)
    return response


def _pairing_answer(template: str) -> Response:
    if context.screen_or_none() is not None:
        return context.sent_to("/screen")
    token, pairing = _shown_pairing()
    response = make_response(context.render(template, view=pairing_view(pairing)))
    context.set_cookie(response, SCREEN_COOKIE, token, SCREEN_COOKIE_SECONDS)
    return response


def _shown_pairing() -> tuple[str, Pairing]:
    """The code this device shows already, or a fresh one."""
    token, now = context.cookie(SCREEN_COOKIE), clock.now()
    with context.database().read() as connection:
        shown = screens.pairing_of_device(connection, token, now) if token else None
    if shown is not None and shown.screen_id is None:
        return token, shown
    with context.database().write() as connection:
        started = screens.start_pairing(connection, now)
    if started is None:
        wait_seconds = int(screens.CODE_LIFETIME.total_seconds())
        raise TooMany("Too many screens wait to be paired. Try again in ten minutes.", wait_seconds)
    return started


def pairing_view(pairing: Pairing) -> PairingView:
    """The code in two halves, easier to read aloud, and the address behind the QR code."""
    path = f"{url_for('screens.pair_page')}?{urlencode({'code': pairing.code})}"
    half = len(pairing.code) // 2
    return PairingView(
        code_left=pairing.code[:half],
        code_right=pairing.code[half:],
        address=f"{_own_host()}{url_for('screens.screens_page')}",
        qr_svg=_qr_svg(context.settings().public_url + path),
    )


def _own_host() -> str:
    """The address people type, without the scheme that browsers add."""
    return context.settings().public_url.split("://")[1]


def _qr_svg(address: str) -> Markup:
    drawn = BytesIO()
    segno.make(address, error="m").save(
        drawn,
        kind="svg",
        xmldecl=False,
        svgns=True,
        svgclass="qr",
        lineclass="qr-dots",
        omitsize=True,
        border=2,
    )
    return Markup(drawn.getvalue().decode())  # noqa: S704 drawn here from an address of our own


# --- the manager's page ----------------------------------------------------------------------------------------------


@blueprint.get("/screens")
def screens_page() -> str:
    _require_managing()
    notices = {
        "paired": _("The screen is paired. It shows its wall within a few seconds."),
        "saved": _("Saved."),
        "removed": _("The screen is removed. It shows a new code now."),
    }
    return _page(notice=notices.get(request.args.get("done", ""), ""))


@blueprint.get("/screens/pair")
def pair_page() -> str:
    """The same page with the code of a scanned QR filled in; pairing still takes a press."""
    _require_managing()
    return _page(code=screens.tidy_code(request.args.get("code", "")[:20]))


@blueprint.post("/screens/pair")
def pair() -> Response:
    principal = _require_managing()
    code = screens.tidy_code(request.form.get("code", "")[:20])
    name = request.form.get("name", "").strip()
    team_id = request.form.get("team_id", type=int) or 0
    context.require(access.may_pair_screen(principal, team_id))
    problem = _problem_with_name(name) or _pair(principal, code, name, team_id)
    if problem:
        return make_response(_page(code=code, name=name[:NAME_LENGTH_MAX], problem=problem), 400)
    return _back("paired")


@blueprint.post("/screens/<int:screen_id>")
def change(screen_id: int) -> Response:
    """Rename a wall, or make it calm."""
    principal = _require_managing()
    name = request.form.get("name", "").strip()
    with context.database().write() as connection:
        found = _own_screen(connection, principal, screen_id)
        problem = _problem_with_name(name)
        if not problem:
            is_calm = request.form.get("is_calm") == "yes"
            screens.change_screen(connection, found.id, name, is_calm)
            accounts.announce_access_of_team(connection, found.team_id, clock.now())
    return make_response(_page(problem=problem), 400) if problem else _back("saved")


@blueprint.post("/screens/<int:screen_id>/revoke")
def revoke(screen_id: int) -> Response:
    principal = _require_managing()
    with context.database().write() as connection:
        found = _own_screen(connection, principal, screen_id)
        screens.revoke_screen(connection, found.id, clock.now())
        accounts.announce_access_of_team(connection, found.team_id, clock.now())
    return _back("removed")


def _pair(principal: Principal, code: str, name: str, team_id: int) -> str:
    """Pair the device that shows a code; what is wrong, or ""."""
    now = clock.now()
    with context.database().write() as connection:
        shown = screens.pairing_with_code(connection, code, now)
        if shown is None:
            return _(
                "No screen shows this code now. Codes last ten minutes; type the one it shows."
            )
        paired = shown.screen_id is None and screens.confirm_pairing(
            connection, code, name, team_id, principal.person_id or 0, now
        )
    return "" if paired else _("This code has been used. Wait until the screen shows its wall.")


def _require_managing() -> Principal:
    principal = context.principal()
    context.require_function(access.may_manage_screens(principal))
    return principal


def _own_screen(connection: Connection, principal: Principal, screen_id: int) -> Screen:
    found = screens.screen_by_id(connection, screen_id)
    if found is None or not access.may_pair_screen(principal, found.team_id):
        context.not_found()
    return found


def _problem_with_name(name: str) -> str:
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        return _("Give the screen a name of at most 60 characters, such as Sales floor.")
    return ""


def _page(code: str = "", name: str = "", problem: str = "", notice: str = "") -> str:
    principal, now = context.principal(), clock.now()
    with context.database().read() as connection:
        own = [
            team for team in people.teams(connection) if access.may_pair_screen(principal, team.id)
        ]
        found = screens.screens_of_teams(connection, frozenset(team.id for team in own))
    names = {team.id: team.name for team in own}
    rows = tuple(ScreenRow(one, names[one.team_id], _is_live(one, now)) for one in found)
    address = f"{_own_host()}/screen"
    view = ScreensView(rows, tuple(own), address, now, code, name, problem, notice)
    return context.render("screens/page.html", view=view)


def _is_live(screen: Screen, now: datetime) -> bool:
    return screen.last_seen_at is not None and now - screen.last_seen_at <= LIVE_WITHIN


def _back(done: str) -> Response:
    return make_response(redirect(url_for("screens.screens_page", done=done), code=303))
