"""In front of everything that brings deals: only so many requests are worked on at once.

When more come than can be kept up with, those beyond are told to come back, at once and at next to no cost. Without
it all of them would be taken on and wait for each other, until none was answered in time.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from tracker import logs

log = logs.log_of(__name__)

DELIVERIES_MAX = 100
"""A few seconds' work on a slow machine."""
DELIVERED_AT = ("/api/v1/deal-events", "/api/v1/webhooks/")

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_REFUSAL = "More deals come in than can be kept up with. Send the same again in a moment."


class Turnstile:
    """WSGI middleware; counts the requests with deals that are under way in this process."""

    def __init__(self, application: Application, retry_after_seconds: int) -> None:
        self._application = application
        self._retry_after_seconds = retry_after_seconds
        self._count = 0

    def deliveries_count(self) -> int:
        return self._count

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        is_delivery = environ.get("REQUEST_METHOD") == "POST" and environ.get(
            "PATH_INFO", ""
        ).startswith(DELIVERED_AT)
        if not is_delivery:
            return self._application(environ, start_response)
        if self._count >= DELIVERIES_MAX:
            return self._refuse(start_response)
        self._count += 1
        try:
            return self._application(environ, start_response)
        finally:
            self._count -= 1

    def _refuse(self, start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = json.dumps({"error": _REFUSAL}).encode()
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            ("Retry-After", str(self._retry_after_seconds)),
        ]
        log.warning("a delivery was turned away", status=503)
        start_response("503 Service Unavailable", headers)
        return [body]
