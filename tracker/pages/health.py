"""Two addresses for whoever watches the server: is the process alive, can it serve. No figure, no version."""

from flask import Blueprint, Response, jsonify, make_response

from tracker.errors import TrackerError
from tracker.pages import context
from tracker.pages.context import public
from tracker.store import outbox

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """The process answers."""
    return make_response(jsonify({"alive": True}))


@blueprint.get("/readyz")
@public
def ready() -> Response:
    """The process answers and its database does, too."""
    try:
        with context.database().read() as connection:
            outbox.last_sequence(connection)
    except TrackerError:
        return make_response(jsonify({"ready": False}), 503)
    return make_response(jsonify({"ready": True}))
