"""Who calls the API: the key in the Authorization header; and the parts of the application the API works with."""

from typing import Protocol

from flask import Request, current_app

from tracker import access, clock, logs
from tracker.access import Principal
from tracker.config import Settings
from tracker.errors import SignInNeeded
from tracker.flow import Recorder
from tracker.store import keys
from tracker.store.database import Database

log = logs.log_of(__name__)

KEY_LENGTH_MAX = 200


class Parts(Protocol):
    """What the API needs of the running application."""

    @property
    def settings(self) -> Settings: ...

    @property
    def database(self) -> Database: ...

    @property
    def record(self) -> Recorder: ...


def parts() -> Parts:
    running: Parts = current_app.extensions["tracker"]
    return running


def principal_of_request(request: Request) -> Principal:
    """The principal of the key a request carries; SignInNeeded when it carries none that works."""
    database, presented, now = parts().database, _presented(request), clock.now()
    with database.read() as connection:
        key = keys.live_key(connection, presented) if presented else None
        principal = access.principal_of_key(connection, presented) if key else None
    if key is None or principal is None:
        log.warning("a key was refused", reason="unknown_key" if presented else "no_key")
        raise SignInNeeded(
            "This needs an API key that is not revoked. Send it in the header “Authorization: Bearer KEY”; "
            "“python3 -m tracker key” makes one."
        )
    logs.asked_by("key", key.id)
    if keys.is_use_worth_noting(key, now):
        key_id = key.id
        database.write_if_possible(lambda connection: keys.note_use(connection, key_id, now))
    return principal


def _presented(request: Request) -> str:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    is_key = scheme.lower() == "bearer" and key.isascii() and len(key) <= KEY_LENGTH_MAX
    return key.strip() if is_key else ""
