"""Who calls the API: the key in the Authorization header; and the parts of the application the API works with."""

from math import inf
from typing import Protocol

from flask import Request, current_app

from tracker import access, clock, logs
from tracker.access import Principal
from tracker.config import Settings
from tracker.errors import SignInNeeded
from tracker.flow_connections import Writer
from tracker.ingest.intake import Recorder
from tracker.store import keys
from tracker.store.database import Database
from tracker.store.keys import ApiKey
from tracker.store.tokens import token_hash

log = logs.log_of(__name__)

KEY_LENGTH_MAX = 200
RECENT_SECONDS = 1


class RecentKeys:
    """Keys that were found good a moment ago, so that a busy sender's is not read again for every deal.

    A revocation counts at once in the process that writes it, and within a second in every other.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: dict[str, tuple[ApiKey, Principal]] = {}
        self._found_at_seconds: dict[str, float] = {}
        self._writes_count = 0

    def found(self, presented: str) -> tuple[ApiKey, Principal] | None:
        """A key and its principal; None when it is unknown or revoked."""
        if self._writes_count != self._database.writes_count:
            self._writes_count = self._database.writes_count
            self._found_at_seconds.clear()
        key_hash, at_seconds = token_hash(presented), clock.monotonic_seconds()
        if at_seconds - self._found_at_seconds.get(key_hash, -inf) < RECENT_SECONDS:
            return self._found[key_hash]
        with self._database.read() as connection:
            key = keys.live_key(connection, presented)
            principal = access.principal_of_key(connection, presented)
        if key is None or principal is None:
            return None
        self._found[key_hash], self._found_at_seconds[key_hash] = (key, principal), at_seconds
        return key, principal


class Parts(Protocol):
    """What the API needs of the running application."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    @property
    def record(self) -> Recorder: ...

    @property
    def write(self) -> Writer: ...

    @property
    def recent_keys(self) -> RecentKeys: ...


def parts() -> Parts:
    running: Parts = current_app.extensions["tracker"]
    return running


def principal_of_request(request: Request) -> Principal:
    """The principal of the key a request carries; SignInNeeded when it carries none that works."""
    presented = _presented(request)
    found = parts().recent_keys.found(presented) if presented else None
    if found is None:
        log.warning("a key was refused", reason="unknown_key" if presented else "no_key")
        raise SignInNeeded(
            "This needs an API key that is not revoked. Send it in the header “Authorization: Bearer KEY”; "
            "“python3 -m tracker key” makes one."
        )
    key, principal = found
    logs.asked_by("key", key.id)
    _note_use(key)
    return principal


def _note_use(key: ApiKey) -> None:
    now = clock.now()
    if keys.is_use_worth_noting(key, now):
        parts().database.write_if_possible(
            lambda connection: keys.note_use(connection, key.id, now)
        )


def _presented(request: Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    is_key = scheme.lower() == "bearer" and key.isascii() and len(key) <= KEY_LENGTH_MAX
    return key.strip() if is_key else ""
