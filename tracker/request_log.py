"""One line for each request, and the number that joins it with everything else said meanwhile.

The number is always ours, made anew: one that a client sent could be anything. Error pages show it, to be quoted.
"""

import secrets

from flask import Flask, Response, g, request

from tracker import clock, logs

log = logs.log_of(__name__)

HEADER = "X-Request-ID"
REQUEST_ID_LETTERS, REQUEST_ID_LENGTH = "bcdfghjkmnpqrstvwxz", 8
"""No digits, which might be taken for an amount, and no vowels, which might make a word."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def install(app: Flask) -> None:
    """Put the line around everything else that a request passes: call it first."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(lambda _error: logs.end_request())


def _begin() -> None:
    g.request_id = "".join(secrets.choice(REQUEST_ID_LETTERS) for _ in range(REQUEST_ID_LENGTH))
    g.begun_seconds = clock.monotonic_seconds()
    method = request.method if request.method in METHODS else "other"
    # The pattern of the address, never the address: that may hold a token, a name or a deal.
    route = request.url_rule.rule if request.url_rule else "none"
    logs.begin_request(g.request_id, method, route)


def _end(response: Response) -> Response:
    taken_seconds = clock.monotonic_seconds() - g.begun_seconds
    response.headers[HEADER] = g.request_id
    log.info("answered", status=response.status_code, duration_ms=round(1000 * taken_seconds))
    return response
