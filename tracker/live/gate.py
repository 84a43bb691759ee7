"""WSGI middleware in front of Engine.IO: whoever may not have a socket is refused before anything is held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from urllib.parse import parse_qs

import gevent

from tracker import logs
from tracker.errors import RETRY_AFTER_SECONDS, Unavailable

log = logs.log_of(__name__)

SOCKET_PATH = "/socket.io/"
SOCKETS_PER_PRINCIPAL = 20
PRINCIPAL_KEY = "tracker.principal"

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


class HasSession(Protocol):
    """The part of a principal the gate reads."""

    @property
    def session_key(self) -> str: ...


PrincipalOf = Callable[[Environ], HasSession | None]


class Gate:
    """Lets only signed-in WebSocket handshakes from known origins through to Engine.IO."""

    def __init__(
        self, application: Application, allowed_origins: Iterable[str], principal_of: PrincipalOf
    ) -> None:
        self._application = application
        self._allowed_origins = frozenset(allowed_origins)
        self._principal_of = principal_of
        self._seats: Counter[str] = Counter()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(SOCKET_PATH):
            # A kept-alive connection whose next request is already here would never let others run.
            gevent.sleep(0)
            return self._application(environ, start_response)
        return self._handshake(environ, start_response)

    def _handshake(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        problem = self._problem(environ)
        if problem:
            return _refuse(start_response, *problem)
        try:
            principal = self._principal_of(environ)
        except Unavailable:
            return _refuse(start_response, "503 Service Unavailable", "Try again in a moment.")
        if principal is None:
            return _refuse(start_response, "401 Unauthorized", "Sign in first.")
        if self._seats[principal.session_key] >= SOCKETS_PER_PRINCIPAL:
            return _refuse(start_response, "429 Too Many Requests", "Too many open connections.")
        environ[PRINCIPAL_KEY] = principal
        # Browsers offer permessage-deflate: no limit on what it unpacks, twice the memory and CPU.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return self._seated(principal.session_key, environ, start_response)

    def _seated(
        self, session_key: str, environ: Environ, start_response: StartResponse
    ) -> Iterable[bytes]:
        self._seats[session_key] += 1
        try:
            return self._application(environ, start_response)
        finally:
            self._seats[session_key] -= 1
            if not self._seats[session_key]:
                del self._seats[session_key]

    def _problem(self, environ: Environ) -> tuple[str, str] | None:
        if environ.get("HTTP_ORIGIN") not in self._allowed_origins:
            return "403 Forbidden", "This origin may not connect. Set TRACKER_PUBLIC_URL."
        query = parse_qs(environ.get("QUERY_STRING", ""))
        is_handshake = (
            environ.get("REQUEST_METHOD") == "GET"
            and query.get("transport") == ["websocket"]
            and "sid" not in query
            and environ.get("HTTP_UPGRADE", "").lower() == "websocket"
        )
        return None if is_handshake else ("400 Bad Request", "Only WebSocket is served here.")


def _refuse(start_response: StartResponse, status: str, reason: str) -> Iterable[bytes]:
    body = reason.encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    if status.startswith("503"):
        headers.append(("Retry-After", str(RETRY_AFTER_SECONDS)))
    log.info("a socket was refused", status=int(status[:3]))
    start_response(status, headers)
    return [body]
