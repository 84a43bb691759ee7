"""A CRM's API over HTTPS: one question at a time, patient with what passes, plain about what does not.

Certificates are checked, redirects are not followed, an answer has a size and a time it may take, and plain HTTP goes
no further than this machine. The token is in a header only, and in no message or log.
"""

import http.client
import json
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from tracker import clock
from tracker.errors import BadInput, TrackerError, Unavailable
from tracker.ingest.strict_json import JsonValue, parse_strict
from tracker.ingest.values import shown

LOOPBACK = ("localhost", "127.0.0.1", "::1")
ANSWER_BYTES_MAX = 32_000_000
ANSWER_SECONDS_MAX = 60
SILENT_SECONDS_MAX = 20
TRIES_COUNT = 6
PAUSE_SECONDS, PAUSE_SECONDS_MAX = 0.5, 30.0
WAIT_SECONDS_MAX = 120
"""A CRM that asks for more patience than this is left alone until then, instead of holding a question open."""
_PIECE_BYTES = 65_536
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524})


class CrmAway(Unavailable):
    """The CRM does not answer now. `retry_after_seconds`: when it said to come back, or 0."""

    def __init__(self, message: str, retry_after_seconds: float = 0) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class CrmRefuses(TrackerError):
    """The CRM will not answer this until somebody changes something, such as a token. `status`: its own, or 0."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers by small letters, and the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> str:
        """The CRM's own message, fit to be shown."""
        try:
            value = parse_strict(self.body)
        except BadInput:
            return ""
        message = value.get("message") if isinstance(value, dict) else None
        return shown(message) if isinstance(message, str) else ""


class _Passing(Exception):
    """Asking again may help; after `seconds`, if the CRM said so."""

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.seconds = reason, seconds


WaitSeconds = Callable[[Answer], float | None]
"""How long an answer says to wait; None when it does not say."""


def retry_after_seconds(answer: Answer) -> float | None:
    """What the header Retry-After says in seconds."""
    text = answer.headers.get("retry-after", "").strip()
    return float(int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else None


class HttpApi:
    """The API at one address, with the headers that open it."""

    def __init__(
        self,
        address: str,
        headers: Mapping[str, str],
        wait_seconds: WaitSeconds = retry_after_seconds,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(address)
        self._is_plain = parts.scheme == "http"
        self._host, self._port = parts.hostname or "", parts.port
        if self._is_plain and self._host not in LOOPBACK:
            raise CrmRefuses(f"{address} is not https, so no token is sent there.")
        self._headers, self._wait_seconds, self._pause = dict(headers), wait_seconds, pause

    def get(self, path: str, **parameters: str) -> JsonValue:
        """Raises CrmAway or CrmRefuses."""
        return self._asked("GET", path, parameters, None)

    def post(self, path: str, body: object, **parameters: str) -> JsonValue:
        """Raises CrmAway or CrmRefuses."""
        return self._asked("POST", path, parameters, json.dumps(body).encode())

    def _asked(
        self, method: str, path: str, parameters: Mapping[str, str], body: bytes | None
    ) -> JsonValue:
        target = f"{path}?{urlencode(parameters)}" if parameters else path
        for tries_count in range(1, TRIES_COUNT + 1):
            try:
                return self._asked_once(method, target, body)
            except _Passing as passing:
                self._wait(passing, tries_count)
        raise AssertionError("the last try raises")

    def _wait(self, passing: _Passing, tries_count: int) -> None:
        """Raises CrmAway when it is not worth waiting any longer."""
        asked_for = passing.seconds or 0.0
        if tries_count == TRIES_COUNT or asked_for > WAIT_SECONDS_MAX:
            raise CrmAway(f"{self._host}: {passing.reason}", asked_for)
        pause = min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * 2**tries_count)
        self._pause(max(asked_for, pause * random.uniform(0.5, 1.0)))  # noqa: S311  # no secret

    def _asked_once(self, method: str, target: str, body: bytes | None) -> JsonValue:
        try:
            answer = self._answer(method, target, body)
        except ssl.SSLCertVerificationError as error:
            raise CrmRefuses(
                f"{self._host}: its certificate is not valid ({error.verify_message})."
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise _Passing(f"it does not answer ({type(error).__name__}).") from None
        if answer.status in _PASSING:
            raise _Passing(_status_text(answer), self._wait_seconds(answer))
        if not 200 <= answer.status < 300:
            raise CrmRefuses(f"{self._host}: {_status_text(answer)}", answer.status)
        try:
            return parse_strict(answer.body)
        except BadInput:
            raise _Passing("its answer is cut off or no JSON.") from None

    def _answer(self, method: str, target: str, body: bytes | None) -> Answer:
        until = clock.monotonic_seconds() + ANSWER_SECONDS_MAX
        connection = self._connection()
        headers = {"Accept": "application/json", "User-Agent": "tracker", **self._headers}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, _read(response, until))
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._is_plain:
            return http.client.HTTPConnection(self._host, self._port, timeout=SILENT_SECONDS_MAX)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=SILENT_SECONDS_MAX, context=ssl.create_default_context()
        )


def _read(response: http.client.HTTPResponse, until_seconds: float) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := response.read1(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > ANSWER_BYTES_MAX:
            raise http.client.HTTPException("too large")
        if clock.monotonic_seconds() > until_seconds:
            raise TimeoutError("too slow")
    if response.length:  # it promised more than it sent
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(pieces)


def _status_text(answer: Answer) -> str:
    if answer.status in (401, 403):
        return (
            f"it does not accept the access token ({answer.status} {answer.said}). "
            "Is it right, and has it every scope that the README names?"
        )
    return f"it answers {answer.status} {answer.said}".rstrip() + "."
