"""The person's own page: language, theme, the wall, password, and where they are signed in."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, request, session, url_for

from tracker import access, clock, passwords
from tracker.access import SESSION_COOKIE, Principal
from tracker.errors import TooMany
from tracker.pages import context
from tracker.pages.i18n import LOCALES
from tracker.pages.i18n import gettext as _
from tracker.pages.sign_in import (
    home_of,
    network_of,
    person_with,
    problem_with_password,
    signed_in,
)
from tracker.store import accounts, people, sessions
from tracker.store.people import Person
from tracker.store.types import Connection

blueprint = Blueprint("you", __name__, url_prefix="/you")

THEMES = ("auto", "light", "dark")
OWN_NAMES_OF_LOCALES = {"da": "Dansk", "en": "English", "sv": "Svenska"}


@dataclass(frozen=True, slots=True)
class SignedInPlace:
    """One place where the person is signed in."""

    since: datetime
    last_seen_at: datetime
    is_here: bool


@dataclass(frozen=True, slots=True)
class You:
    """Everything the page shows."""

    name: str
    email: str
    locale: str
    theme: str
    has_wall: bool
    is_on_wall: bool
    has_password: bool
    is_admin: bool
    places: tuple[SignedInPlace, ...]
    home: str
    now: datetime
    problem: str = ""
    notice: str = ""


@blueprint.get("")
def you_page() -> str:
    notices = {
        "saved": _("Saved."),
        "password": _("Your password is changed. Other places are signed out."),
    }
    return _page(notice=notices.get(request.args.get("done", ""), ""))


@blueprint.post("/choices")
def save_choices() -> Response:
    """Keep language, theme and consent; anything unknown becomes the default."""
    principal = context.principal()
    locale, theme = request.form.get("locale", ""), request.form.get("theme", "")
    with context.database().write() as connection:
        person = _person_in(connection, principal)
        accounts.set_choices(
            connection,
            person.id,
            locale=locale if locale in LOCALES else None,
            theme=theme if theme in THEMES else "auto",
            is_on_wall=person.payee_id is not None and request.form.get("is_on_wall") == "yes",
            now=clock.now(),
        )
    return make_response(redirect(url_for("you.you_page", done="saved"), code=303))


@blueprint.post("/password")
def change_password() -> Response:
    """A new password, by somebody who knows the old one; every other place is signed out."""
    principal, now = context.principal(), clock.now()
    old, new = request.form.get("old_password", ""), request.form.get("new_password", "")
    with context.database().read() as connection:
        person = _person_in(connection, principal)
    problem = _problem_with_old(person, old, now) or problem_with_password(
        new, person.name, person.email
    )
    if problem:
        return make_response(_page(problem=problem), 400)
    password_hash = passwords.hash_password(new)
    with context.database().write() as connection:
        accounts.set_password(connection, person.id, password_hash, now)
    return signed_in(person.id, url_for("you.you_page", done="password"), now)


def _problem_with_old(person: Person, old: str, now: datetime) -> str:
    """Why the old password does not let its owner choose another, or "". Guesses count as at the door."""
    if person.password_hash is None:
        return ""
    try:
        fits = not passwords.is_too_long(old) and person.id == person_with(
            person.email, old, network_of(request.remote_addr), now
        )
    except TooMany as error:
        return error.message
    return "" if fits else _("The old password is not right.")


@blueprint.post("/sign-out-everywhere")
def sign_out_everywhere() -> Response:
    principal = context.principal()
    with context.database().write() as connection:
        accounts.end_sessions(connection, _person_in(connection, principal).id, clock.now())
    session.clear()
    response = make_response(redirect(url_for("sign_in.sign_in_page"), code=303))
    context.drop_cookie(response, SESSION_COOKIE)
    return response


def _page(problem: str = "", notice: str = "") -> str:
    return context.render(
        "you/page.html",
        you=_you(context.principal(), problem, notice),
        languages=OWN_NAMES_OF_LOCALES.items(),
    )


def _you(principal: Principal, problem: str, notice: str) -> You:
    now = clock.now()
    with context.database().read() as connection:
        person = _person_in(connection, principal)
        found = sessions.live_sessions_of(connection, person.id, now)
    return You(
        name=person.name,
        email=person.email,
        locale=person.locale or "",
        theme=person.theme,
        has_wall=person.payee_id is not None,
        is_on_wall=person.is_on_wall,
        has_password=person.password_hash is not None,
        is_admin=access.may_administer(principal),
        places=tuple(
            SignedInPlace(one.created_at, one.last_seen_at, one.token_hash == principal.session_key)
            for one in found
        ),
        home=home_of(principal),
        now=now,
        problem=problem,
        notice=notice,
    )


def _person_in(connection: Connection, principal: Principal) -> Person:
    person = people.person(connection, principal.person_id or 0)
    if person is None:
        context.not_found()
    return person
