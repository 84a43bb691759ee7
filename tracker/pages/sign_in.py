"""Signing in and out: by e-mail and password, by a link, and the one link that makes the first administrator."""

import ipaddress
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from flask import Blueprint, Response, make_response, redirect, request, session, url_for

from tracker import clock, logs, passwords
from tracker.access import SESSION_COOKIE, Principal
from tracker.errors import TooMany
from tracker.pages import context
from tracker.pages.context import ABSOLUTE_COOKIE_SECONDS, public
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.store import accounts, attempts, links, people, sessions
from tracker.store.people import Person
from tracker.store.types import Connection

blueprint = Blueprint("sign_in", __name__)

log = logs.log_of(__name__)

EMAIL_LENGTH_MAX = 320
NAME_LENGTH_MAX = 200
IPV6_NETWORK_BITS = 64


@dataclass(frozen=True, slots=True)
class SignInForm:
    """The sign-in page as it stands: what was typed, and what is wrong with it."""

    email: str = ""
    next: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SetupForm:
    """The first administrator's page, likewise."""

    token: str
    name: str = ""
    email: str = ""
    problem: str = ""


# --- by e-mail and password ------------------------------------------------------------------------------------------


@blueprint.get("/")
@public
def start() -> Response:
    """The page where whoever asks belongs."""
    found = context.person_or_none() or context.screen_or_none()
    return make_response(
        redirect(url_for("sign_in.sign_in_page") if found is None else home_of(found))
    )


@blueprint.get("/sign-in")
@public
def sign_in_page() -> Response:
    found = context.person_or_none()
    back = safe_path(request.args.get("next", ""))
    if found is not None:
        return make_response(redirect(back or home_of(found)))
    return _sign_in_form(SignInForm(next=back), 200)


@blueprint.post("/sign-in")
@public
def sign_in() -> Response:
    email = request.form.get("email", "").strip().casefold()
    password = request.form.get("password", "")
    form = SignInForm(email[:EMAIL_LENGTH_MAX], safe_path(request.form.get("next", "")))
    if not email or len(email) > EMAIL_LENGTH_MAX or passwords.is_too_long(password):
        return _sign_in_form(_with(form, _("Write your e-mail address and your password.")), 400)
    now = clock.now()
    try:
        person_id = person_with(email, password, network_of(request.remote_addr), now)
    except TooMany as error:
        response = _sign_in_form(_with(form, error.message), error.http_status)
        response.headers["Retry-After"] = str(error.retry_after_seconds)
        return response
    if person_id is None:
        problem = _("The e-mail address or the password is not right. Check both and try again.")
        return _sign_in_form(_with(form, problem), 401)
    return signed_in(person_id, form.next, now)


@blueprint.post("/sign-out")
@public
def sign_out() -> Response:
    found, now = context.person_or_none(), clock.now()
    if found is not None and found.person_id is not None:
        with context.database().write() as connection:
            accounts.end_session(connection, found.person_id, found.session_key, now)
    session.clear()
    response = make_response(redirect(url_for("sign_in.sign_in_page"), code=303))
    context.drop_cookie(response, SESSION_COOKIE)
    return response


def person_with(email: str, password: str, network: str, now: datetime) -> int | None:
    """The person with this address and password, or None. Raises TooMany when account or network tried too often."""
    database, source = context.database(), attempts.source_of(email, network)
    with database.write() as connection:
        attempt_id = attempts.note_attempt(connection, source, now)
    with database.read() as connection:
        until = attempts.blocked_until(connection, source, now)
        person = people.person_by_email(connection, email)
    kept = person.password_hash if person is not None and person.is_active else None
    if until is not None:
        log.warning("a sign-in was refused", reason="too_many_tries", network=network)
        with database.write() as connection:
            attempts.withdraw(connection, attempt_id)
        raise _too_many(until, now)
    if not passwords.is_right(kept, password) or person is None:
        log.warning("a sign-in failed", reason="wrong_name_or_password", network=network)
        return None
    with database.write() as connection:
        attempts.note_success(connection, attempt_id)
    return person.id


def signed_in(person_id: int, next_path: str, now: datetime) -> Response:
    """Start a session with a new token and lead to where the person belongs; an older session here ends."""
    earlier = context.person_or_none()
    with context.database().write() as connection:
        if earlier is not None and earlier.person_id is not None:
            accounts.end_session(connection, earlier.person_id, earlier.session_key, now)
        token = sessions.open_session(connection, person_id, now)
    session.clear()
    response = make_response(redirect(next_path or url_for("sign_in.start"), code=303))
    context.set_cookie(response, SESSION_COOKIE, token, ABSOLUTE_COOKIE_SECONDS)
    return response


def home_of(principal: Principal) -> str:
    """The first page of a principal; somebody who neither sells nor manages has only the page about themselves."""
    if principal.kind == "screen":
        return "/screen"
    if principal.role in ("manager", "admin"):
        return "/team"
    return "/you" if principal.payee_id is None else "/me"


def safe_path(text: str) -> str:
    """A path on this site, or "": an address from a link may not lead anywhere else."""
    is_path = text.startswith("/") and not text.startswith("//") and len(text) <= 500
    return text if is_path and text.isprintable() and "\\" not in text else ""


def network_of(address: str | None) -> str:
    """What counts as one source: an address, or the network behind an IPv6 address, which has too many of them."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK_BITS), strict=False))


def _too_many(until: datetime, now: datetime) -> TooMany:
    seconds = max(1, ceil((until - now).total_seconds()))
    minutes = -(-seconds // 60)
    message = ngettext(
        "There were too many tries. Try again in %(minutes)s minute.",
        "There were too many tries. Try again in %(minutes)s minutes.",
        minutes,
        minutes=minutes,
    )
    return TooMany(message, seconds)


def _with(form: SignInForm, problem: str) -> SignInForm:
    return SignInForm(form.email, form.next, problem)


def _sign_in_form(form: SignInForm, status: int) -> Response:
    return make_response(context.render("sign_in/page.html", form=form), status)


# --- by a link -------------------------------------------------------------------------------------------------------


@blueprint.get("/link/<token>")
@public
def link_page(token: str) -> Response:
    """A demo's link signs in at once. One that works once asks first, so that a mail scanner does not use it up."""
    now = clock.now()
    with context.database().read() as connection:
        link, person = _invitation(connection, token, now)
    if link.is_reusable:
        return signed_in(person.id, safe_path(request.args.get("next", "")), now)
    return make_response(context.render("sign_in/link.html", token=token, name=person.name))


@blueprint.post("/link/<token>")
@public
def use_link(token: str) -> Response:
    """Sign in by a link that works once. It is for a new or a lost password, so an old one ends here."""
    now = clock.now()
    with context.database().write() as connection:
        link, person = _invitation(connection, token, now)
        context.require(links.claim(connection, token, links.SIGN_IN, now))
        if not link.is_reusable:
            accounts.forget_password(connection, person.id, now)
    return signed_in(person.id, "/you", now)


def _invitation(
    connection: Connection, token: str, now: datetime
) -> tuple[links.SignInLink, Person]:
    """The link of a token and whom it would sign in. Raises NotFound."""
    link = links.sign_in_link(connection, token, now)
    person = None if link is None else people.person(connection, link.person_id)
    if link is None or person is None or not person.is_active:
        context.not_found()
    return link, person


# --- the first administrator -----------------------------------------------------------------------------------------


@blueprint.get("/setup/<token>")
@public
def setup_page(token: str) -> Response:
    with context.database().read() as connection:
        is_open = not accounts.has_admin(connection) and links.is_setup_open(
            connection, token, clock.now()
        )
    context.require(is_open)
    return _setup_form(SetupForm(token), 200)


@blueprint.post("/setup/<token>")
@public
def setup(token: str) -> Response:
    """Make the first administrator. Of any number of claims at once one wins; afterwards this address is gone."""
    name, email = (request.form.get(field, "").strip() for field in ("name", "email"))
    email, password, now = email.casefold(), request.form.get("password", ""), clock.now()
    with context.database().read() as connection:
        context.require(links.is_setup_open(connection, token, now))
    problem = problem_with_person(name, email) or problem_with_password(password, name, email)
    if problem:
        form = SetupForm(token, name[:NAME_LENGTH_MAX], email[:EMAIL_LENGTH_MAX], problem)
        return _setup_form(form, 400)
    password_hash = passwords.hash_password(password)
    with context.database().write() as connection:
        is_mine = links.claim(connection, token, links.SETUP, now)
        context.require(is_mine and not accounts.has_admin(connection))
        person_id = people.add_person(
            connection, name, email, "admin", now, password_hash=password_hash
        )
    return signed_in(person_id, "", now)


def problem_with_person(name: str, email: str) -> str:
    """What is wrong with a name and an e-mail address, or ""."""
    if not name or len(name) > NAME_LENGTH_MAX or not name.isprintable():
        return _("Write your name, at most 200 characters.")
    before, at, after = email.partition("@")
    is_address = before and at and "." in after and email.isprintable() and " " not in email
    if not is_address or len(email) > EMAIL_LENGTH_MAX:
        return _("Write your e-mail address, such as ida@firma.dk.")
    return ""


def problem_with_password(password: str, name: str, email: str) -> str:
    """Why a new password cannot be used, or ""."""
    if passwords.is_too_short(password):
        return _("Choose a password of at least 12 characters. Three or four words do well.")
    if passwords.is_too_long(password):
        return _("Choose a shorter password, at most 1,000 characters.")
    if passwords.is_easy_to_guess(password, *name.split(), *email.partition("@")[0].split(".")):
        return _("This password is easy to guess. Choose one that few people would think of.")
    return ""


def _setup_form(form: SetupForm, status: int) -> Response:
    return make_response(context.render("sign_in/setup.html", form=form), status)
