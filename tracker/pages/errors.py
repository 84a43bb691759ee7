"""What a person, or a program, is told when something cannot be had: what, why, and what to do next."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, jsonify, make_response, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from tracker import logs
from tracker.errors import (
    RETRY_AFTER_SECONDS,
    BadInput,
    NotAllowed,
    NotFound,
    Problem,
    SignInNeeded,
    TooMany,
    TrackerError,
    Unavailable,
)
from tracker.ingest.once import KeyBusy
from tracker.pages import context, i18n
from tracker.pages.context import ForeignForm, ScreenNotPaired
from tracker.pages.i18n import gettext as _

log = logs.log_of(__name__)


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """One plain page: a heading that says what, a sentence why, a sentence what to do."""

    status: int
    heading: str
    why: str
    next_step: str


def install(app: Flask) -> None:
    """Answer every error of an application in its own look."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(ForeignForm, _foreign_form)
    app.register_error_handler(ScreenNotPaired, _to_pairing)
    app.register_error_handler(SignInNeeded, _to_sign_in)
    app.register_error_handler(TrackerError, _told_by_us)
    app.register_error_handler(HTTPException, _told_by_http)
    app.register_error_handler(Exception, _fault)


def error_page(status: int) -> ErrorPage:
    """The page for a status; any other status of the 400s reads as 400, any other as 500."""
    pages = {page.status: page for page in _pages()}
    return pages.get(status) or pages[400 if 400 <= status < 500 else 500]


def _pages() -> tuple[ErrorPage, ...]:
    return (
        ErrorPage(
            400,
            _("This request could not be read"),
            _("Something in the address or the form is not as this page sends it."),
            _("Go back, reload the page and try again."),
        ),
        ErrorPage(
            403,
            _("This is not for your role"),
            _("You are signed in, but your role does not include this."),
            _("If you need it, ask an administrator."),
        ),
        ErrorPage(
            404,
            _("There is nothing here for you"),
            _("The address is wrong, or it leads to something you cannot open."),
            _("Check the address, or go to the start page."),
        ),
        ErrorPage(
            405,
            _("This address does not take that"),
            _("The page exists, but not for this kind of request."),
            _("Go to the start page and use the buttons there."),
        ),
        ErrorPage(
            413,
            _("That is too much at once"),
            _("What was sent is larger than this page accepts."),
            _("Send less and try again."),
        ),
        ErrorPage(
            429,
            _("Too many tries"),
            _("There were more tries than we allow in a short time."),
            _("Wait a little and try again."),
        ),
        ErrorPage(
            500,
            _("Something went wrong on our side"),
            _("The fault is ours and has been noted. Nothing was half saved."),
            _("Try again; if it happens once more, tell an administrator the number below."),
        ),
        ErrorPage(
            503,
            _("Back in a moment"),
            _("The tracker cannot reach its database right now. No figures are lost."),
            _("Try again in a few seconds."),
        ),
    )


def come_back(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """WSGI: 503 for a request that was broken off. Asks nothing, not even who it is: what is asked may not answer."""
    locale = i18n.choose_locale(accept_language=environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    with i18n.speaking(locale):
        page = error_page(503)
    said = f"{page.heading}. {page.next_step}"
    is_for_program = environ.get("PATH_INFO", "").startswith("/api/")
    response = (
        Response(json.dumps({"error": said}), 503, mimetype="application/json")
        if is_for_program
        else Response(said, 503, mimetype="text/plain")
    )
    response.headers["Cache-Control"] = "no-store"
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if environ.get("REQUEST_METHOD") == "GET" and not is_for_program:
        response.headers["Refresh"] = str(RETRY_AFTER_SECONDS)
    return response(environ, start_response)


def _to_sign_in(error: SignInNeeded) -> Response:
    if _wants_json():
        response = _json(error.http_status, error.message)
        response.headers["WWW-Authenticate"] = error.challenge
        return response
    back = (
        request.full_path.rstrip("?") if request.method == "GET" and not context.is_htmx() else None
    )
    return context.sent_to(
        url_for("sign_in.sign_in_page", next=back if back not in (None, "/") else None)
    )


def _to_pairing(_error: ScreenNotPaired) -> Response:
    return context.sent_to(url_for("screens.pairing_page"))


def _stale_form(_error: CSRFError) -> Response:
    log.warning("a form was refused", reason="stale")
    page = ErrorPage(
        400,
        _("This form is too old"),
        _("It was opened before you signed in or out, or in another browser."),
        _("Go back, reload the page and try again."),
    )
    return _answer(page)


def _foreign_form(_error: ForeignForm) -> Response:
    log.warning("a form was refused", reason="from_another_site")
    page = ErrorPage(
        403,
        _("This form came from another site"),
        _("Changes are taken only from this site's own pages."),
        _("Open the page here and try again."),
    )
    return _answer(page)


def _told_by_us(error: TrackerError) -> Response:
    if isinstance(error, NotAllowed | NotFound):
        log.warning("access was refused", problem=type(error).__name__)
    response = _as_json(error) if _wants_json() else _answer(error_page(error.http_status))
    if isinstance(error, TooMany | KeyBusy):
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    elif isinstance(error, Unavailable):
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        if request.method == "GET" and not _wants_json() and not context.is_htmx():
            # Nobody stands before a wall to reload it.
            response.headers["Refresh"] = str(RETRY_AFTER_SECONDS)
    return response


def _as_json(error: TrackerError) -> Response:
    if isinstance(error, Unavailable):  # its message names the database, which is nobody's business
        return _json(error.http_status, error_page(error.http_status).why)
    problems = error.problems if isinstance(error, BadInput) else ()
    return _json(error.http_status, error.message, problems)


def _told_by_http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error)
    response = _answer(error_page(error.code), error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def _fault(error: Exception) -> Response:
    logs.say_fault(log, "a fault", error)
    return _answer(error_page(500))


def _answer(page: ErrorPage, status: int | None = None) -> Response:
    if _wants_json():
        return _json(status or page.status, f"{page.heading}. {page.why} {page.next_step}")
    shown = context.render("errors/page.html", page=page, request_id=g.get("request_id", ""))
    return make_response(shown, status or page.status)


def _json(status: int, message: str, problems: Sequence[Problem] = ()) -> Response:
    body: dict[str, object] = {"error": message}
    if problems:
        body["problems"] = [problem.plain for problem in problems]
    return make_response(jsonify(body), status)


def _wants_json() -> bool:
    return request.path.startswith("/api/") or request.path == "/metrics"
