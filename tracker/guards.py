"""What surrounds every request: the door, the origin of a change, the security headers, the language."""

from contextlib import ExitStack

from flask import Flask, Response, g, request

from tracker.config import Settings
from tracker.pages import context
from tracker.pages.i18n import choose_locale, speaking

CDN = "https://cdn.jsdelivr.net"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
YEAR_SECONDS = 31_536_000


def install(app: Flask, settings: Settings) -> None:
    """Put the guards around every request of an application, in the order they act."""
    headers = security_headers(settings)
    app.before_request(context.let_body_in)
    app.before_request(_speak_the_browsers_language)
    app.before_request(lambda: _refuse_foreign_change(settings))
    app.before_request(context.admit)
    app.before_request(_speak_the_chosen_language)
    app.after_request(lambda response: _with_headers(response, headers))
    app.teardown_request(_stop_speaking)


def security_headers(settings: Settings) -> dict[str, str]:
    """The headers of every answer, errors and static files included."""
    headers = {
        "Content-Security-Policy": content_security_policy(settings),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
    if settings.cookie_secure:
        headers["Strict-Transport-Security"] = f"max-age={YEAR_SECONDS}; includeSubDomains"
    return headers


def content_security_policy(settings: Settings) -> str:
    """Scripts and styles come from files only: text that came from a CRM can never become code."""
    named = (
        origin for origin in settings.allowed_origins if "[" not in origin
    )  # CSP knows no IPv6
    sockets = " ".join(origin.replace("http", "ws", 1) for origin in named)
    scripts = "'self'" if settings.assets == "local" else f"'self' {CDN}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            "manifest-src 'self'",
            f"connect-src 'self' {sockets}",
            "form-action 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _with_headers(response: Response, headers: dict[str, str]) -> Response:
    for name, value in headers.items():
        response.headers[name] = value
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers["Cache-Control"] = "no-store"
        response.vary.add("Cookie")
        response.vary.add("Accept-Language")
    return response


def _refuse_foreign_change(settings: Settings) -> None:
    """A change must come from our own pages: the browser says so in Sec-Fetch-Site, an older one in Origin."""
    if request.method in SAFE_METHODS or request.blueprint == "api":
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_ours = (
        site in ("same-origin", "none") if site else origin in (None, *settings.allowed_origins)
    )
    if not is_ours:
        raise context.ForeignForm(
            "This form was sent from another site. Open the page here and try again."
        )


def _speak_the_browsers_language() -> None:
    g.language = ExitStack()
    accepted = request.headers.get("Accept-Language", "")
    g.language.enter_context(speaking(choose_locale(accept_language=accepted)))


def _speak_the_chosen_language() -> None:
    found = context.asking()
    if found is not None and found.locale:
        g.language.enter_context(speaking(found.locale))


def _stop_speaking(_error: BaseException | None) -> None:
    g.language.close()
