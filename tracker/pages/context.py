"""What a request knows: the application's parts, who is asking, in which language, and how a page is rendered.

A view is for signed-in people unless it says otherwise: `public` for everybody, `for_screens` for paired walls. The
application keeps the door (`admit`), so a forgotten decorator closes a page rather than opening it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NoReturn, TypeVar

from flask import (
    Request,
    Response,
    current_app,
    g,
    has_request_context,
    make_response,
    redirect,
    render_template,
    request,
)

from tracker import access, clock, logs
from tracker.access import Principal
from tracker.config import Settings
from tracker.errors import NotAllowed, NotFound, SignInNeeded, Unavailable
from tracker.flow_connections import Writer
from tracker.ingest.bearer import RecentKeys
from tracker.ingest.intake import Recorder
from tracker.store import screens, sessions
from tracker.store.database import Database
from tracker.store.tokens import token_hash


class BodyInMemory(Request):
    """A request whose files stay in memory: nothing of somebody's own spreadsheet may reach a disk."""

    def _get_file_stream(self, *_about: object, **_more: object) -> BytesIO:
        return BytesIO()


View = TypeVar("View", bound=Callable[..., Any])

ABSOLUTE_COOKIE_SECONDS = int(sessions.ABSOLUTE_LIMIT.total_seconds())
SCREEN_COOKIE_SECONDS = 365 * 24 * 3600


class ScreenNotPaired(SignInNeeded):
    """This browser is not a paired wall: it gets a code to show instead."""


class ForeignForm(NotAllowed):
    """A change that another site's page sent."""


@dataclass(frozen=True, slots=True)
class Pulse:
    """What a process does beside answering.

    How many events wait for their commit and how many may, how many requests with deals are under way, and up to which
    sequence of the outbox its screens were told (None: nobody is told anything).
    """

    waiting_events_count: Callable[[], int] = lambda: 0
    waiting_events_max: int = 0
    deliveries_count: Callable[[], int] = lambda: 0
    told_sequence: Callable[[], int | None] = lambda: None


@dataclass(frozen=True, slots=True)
class Tracker:
    """The parts of one running application. `record` is how records of deals that come in are written, `write` all else
    that comes from outside.
    """

    settings: Settings
    database: Database
    record: Recorder
    write: Writer
    recent_keys: RecentKeys
    pulse: Pulse = Pulse()


def tracker() -> Tracker:
    parts: Tracker = current_app.extensions["tracker"]
    return parts


def database() -> Database:
    return tracker().database


def settings() -> Settings:
    return tracker().settings


# --- who is asking -------------------------------------------------------------------------------------------------


def person_or_none() -> Principal | None:
    """The signed-in person, read once per request."""
    if "person" not in g:
        g.person = _person_behind(cookie(access.SESSION_COOKIE))
    found: Principal | None = g.person
    return found


def screen_or_none() -> Principal | None:
    """The paired wall this browser is, read once per request."""
    if "screen" not in g:
        g.screen = _screen_behind(cookie(access.SCREEN_COOKIE))
    found: Principal | None = g.screen
    return found


def principal() -> Principal:
    """The signed-in person; SignInNeeded, which leads to the sign-in page, when there is none."""
    found = person_or_none()
    if found is None:
        raise SignInNeeded("Nobody is signed in here, or the session has ended. Sign in again.")
    return found


def screen_principal() -> Principal:
    """The paired wall this browser is; ScreenNotPaired, which leads to a pairing code, when it is none."""
    found = screen_or_none()
    if found is None:
        raise ScreenNotPaired("This screen is not paired, or was removed. Pair it with its code.")
    return found


def asking() -> Principal | None:
    """Whoever asks, for the language and the look of a page: the wall on its own pages, else the person."""
    return screen_or_none() if _audience() == "screen" else person_or_none()


def _person_behind(token: str) -> Principal | None:
    if not token:
        return None
    key, now = token_hash(token), clock.now()
    with database().read() as connection:
        session = sessions.live_session(connection, key, now)
        found = access.principal_of_session(connection, key, now)
    if found is not None:
        logs.asked_by("person", found.person_id)
    if found is not None and session is not None and sessions.is_worth_touching(session, now):
        database().write_if_possible(
            lambda connection: sessions.touch_session(connection, key, now)
        )
    return found


def _screen_behind(token: str) -> Principal | None:
    if not token:
        return None
    key, now = token_hash(token), clock.now()
    with database().read() as connection:
        screen = screens.live_screen(connection, key)
        found = access.principal_of_screen(connection, key)
    if found is not None:
        logs.asked_by("screen", found.screen_id)
    if screen is not None and screens.is_seen_worth_noting(screen, now):
        screen_id = screen.id
        database().write_if_possible(
            lambda connection: screens.note_seen(connection, screen_id, now)
        )
    return found


# --- the door --------------------------------------------------------------------------------------------------------


def public(view: View) -> View:
    """Open to everybody, signed in or not."""
    view.audience = "public"  # type: ignore[attr-defined]
    return view


def for_screens(view: View) -> View:
    """For paired walls only."""
    view.audience = "screen"  # type: ignore[attr-defined]
    return view


def takes_bytes(bytes_max: int) -> Callable[[View], View]:
    """Lets a view take a larger body than a form, such as a file."""

    def mark(view: View) -> View:
        view.bytes_max = bytes_max  # type: ignore[attr-defined]
        return view

    return mark


def let_body_in() -> None:
    """Before anything reads the body: how much of it the view takes."""
    view = current_app.view_functions.get(request.endpoint or "")
    bytes_max = getattr(view, "bytes_max", None)
    if bytes_max is not None:
        request.max_content_length = bytes_max


def admit() -> None:
    """Before every view: turns away whoever it is not for."""
    audience = _audience()
    if audience == "person":
        principal()
    elif audience == "screen":
        screen_principal()


def require(is_allowed: bool) -> None:
    """NotFound unless allowed: to whoever may not see it, a thing does not exist."""
    if not is_allowed:
        not_found()


def require_function(is_allowed: bool) -> None:
    """NotAllowed unless allowed: for functions everybody knows exist, such as managing screens."""
    if not is_allowed:
        raise NotAllowed("Your role does not include this. Ask an administrator.")


def not_found() -> NoReturn:
    raise NotFound("There is nothing at this address that you can open.")


def _audience() -> str:
    if request.endpoint is None or request.endpoint == "static" or request.blueprint == "api":
        return "public"  # the API asks for a key itself
    view = current_app.view_functions[request.endpoint]
    return getattr(view, "audience", "person")


# --- cookies ---------------------------------------------------------------------------------------------------------


def cookie(name: str) -> str:
    """The value of one of our cookies; "" when the browser sent none."""
    return request.cookies.get(access.cookie_name(name, settings().cookie_secure), "")


def set_cookie(response: Response, name: str, value: str, max_age_seconds: int) -> None:
    response.set_cookie(
        access.cookie_name(name, settings().cookie_secure),
        value,
        max_age=max_age_seconds,
        secure=settings().cookie_secure,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def drop_cookie(response: Response, name: str) -> None:
    set_cookie(response, name, "", 0)


# --- the answer ------------------------------------------------------------------------------------------------------


def is_htmx() -> bool:
    """Whether htmx asks, for a part of a page, rather than the browser for a whole one."""
    return request.headers.get("HX-Request") == "true"


def sent_to(address: str) -> Response:
    """A browser follows a redirect; htmx would swap it into the page, so it is told to go there as a whole."""
    if is_htmx():
        response = make_response("", 401 if address.startswith("/sign-in") else 200)
        response.headers["HX-Redirect"] = address
        return response
    return make_response(redirect(address, code=303 if request.method == "POST" else 302))


def shared_values() -> dict[str, object]:
    """What every template knows: the theme, who asks, and where scripts come from."""
    values: dict[str, object] = {"assets": settings().assets}
    if has_request_context():
        found = _asking_if_the_database_answers()
        values |= {
            "principal": found,
            "theme": "auto" if found is None else found.theme,
            "may_review_payroll": found is not None and access.may_review_payroll(found),
        }
    return values


def _asking_if_the_database_answers() -> Principal | None:
    """Whoever asks; nobody while the database is away, so that the page that says so can still be shown."""
    try:
        return asking()
    except Unavailable:
        return None


def render(template: str, **values: object) -> str:
    """A page or partial in the language and theme of whoever asks."""
    return render_template(template, **values)
