"""POST /api/v1/deal-events: deals come in, and are answered for one by one, after they are committed.

    200  each event of the request has its outcome, and is kept: recorded, or set aside (quarantined) with its problems
    400  not JSON          401  no key that works     403  a key without the scope
    409  nothing in it could be used, an id of it because it was used before with another content
    413  too large         415  not JSON or NDJSON    422  nothing in it could be used
    503  the database is away: send the same again after the seconds of Retry-After

A retry of anything is harmless. A negative amount is a credit note: it counts, on a deal that is won.
"""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from tracker import access, clock
from tracker.errors import NotAllowed
from tracker.ingest import earnings_api
from tracker.ingest.bearer import parts, principal_of_request
from tracker.ingest.event_status import named_in, status_of
from tracker.ingest.intake import EventOutcome, take_in
from tracker.ingest.once import claim_in, require_same
from tracker.ingest.submission import read_body, submission_of
from tracker.ingest.webhooks.receiving import receive
from tracker.store import kept_answers

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.post("/deal-events")
def deal_events() -> Response:
    """Record one deal event, an array of them, or one per line."""
    principal = principal_of_request(request)
    if not access.may_ingest(principal):
        raise NotAllowed("This key may not send deals. Use one with the scope “ingest”.")
    kind, body = read_body(request)
    claim = claim_in(request, principal, body)
    if claim is not None:
        with parts().database.read() as connection:
            require_same(claim, kept_answers.found(connection, claim))
    entries = submission_of(kind, body).entries
    today = clock.today(parts().settings.company_zone)
    outcomes = take_in(parts(), entries, principal.name, clock.now(), today, claim)
    return _answer(outcomes)


@blueprint.get("/deal-events")
def event_status() -> Response:
    """What became of one event."""
    principal = principal_of_request(request)
    if not access.may_ask_after_events(principal):
        raise NotAllowed("This key may not ask after events. Use one with “ingest” or “read”.")
    name = named_in(request.args)
    with parts().database.read() as connection:
        return make_response(jsonify(status_of(connection, name, principal)))


@blueprint.post("/webhooks/<name>")
def webhook(name: str) -> Response:
    """The same from a system that signs what it pushes, instead of holding a key; or the notices of a connected CRM."""
    submission = receive(request, name)
    if isinstance(submission, Response):
        return submission
    today = clock.today(parts().settings.company_zone)
    outcomes = take_in(parts(), submission.entries, name, clock.now(), today)
    return _answer(outcomes)


@blueprint.get("/earnings")
def earnings() -> Response:
    """What everybody has earned in the windows of today."""
    if not access.may_read_figures(principal_of_request(request)):
        raise NotAllowed("This key may not read figures. Use one with the scope “read”.")
    today = clock.today(parts().settings.company_zone)
    with parts().database.read() as connection:
        return make_response(jsonify(earnings_api.earnings_of_today(connection, today)))


def _answer(outcomes: list[EventOutcome]) -> Response:
    body = {"outcomes": [_outcome_json(index, outcome) for index, outcome in enumerate(outcomes)]}
    return make_response(jsonify(body), _status(outcomes))


def _status(outcomes: list[EventOutcome]) -> int:
    if not outcomes or any(outcome.kind != "refused" for outcome in outcomes):
        return 200
    return 409 if any(outcome.is_conflict for outcome in outcomes) else 422


def _outcome_json(index: int, outcome: EventOutcome) -> dict[str, Any]:
    return {
        "index": index,
        "event_id": outcome.event_id,
        "outcome": outcome.kind,
        "problems": [problem.plain for problem in outcome.problems],
    }
