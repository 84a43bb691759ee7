"""Two addresses for whoever watches the server: is the process alive, can it serve. No figure, no version."""

from datetime import datetime

from flask import Blueprint, Response, jsonify, make_response

from tracker import clock
from tracker.errors import TrackerError
from tracker.pages import context
from tracker.pages.context import public
from tracker.store import outbox
from tracker.store.types import Connection

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return make_response(jsonify({"alive": True}))


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """The process answers, its database does, too, and changes can be kept; and how far behind its screens are."""
    now = clock.now()
    try:
        with context.database().read() as connection:
            lag_seconds = outbox_lag_seconds(connection, now)
        context.database().require_writable()
    except TrackerError:
        return make_response(jsonify({"ready": False}), 503)
    return make_response(jsonify({"ready": True, "outbox_lag_seconds": lag_seconds}))


def outbox_lag_seconds(connection: Connection, now: datetime) -> float:
    """How long the oldest change waits that the screens of this process were not told of; 0 where none does."""
    told_sequence = context.tracker().pulse.told_sequence()
    if told_sequence is None:
        return 0.0
    oldest_at = outbox.recorded_after(connection, told_sequence)
    return 0.0 if oldest_at is None else max(0.0, (now - oldest_at).total_seconds())
