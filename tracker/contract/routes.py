"""What each address takes and answers."""

from collections.abc import Collection
from typing import Any

from tracker.contract.answers import JSON, answered, refusal
from tracker.contract.events import ref
from tracker.contract.submissions import event_body, nothing_used, outcomes
from tracker.contract.texts import Schema, text, word
from tracker.contract.webhooks import WAYS, webhook
from tracker.ingest.deal_payload import DEAL_KEY_LENGTH_MAX
from tracker.ingest.once import HEADER, KEY
from tracker.ingest.values import MONTH
from tracker.store.kept_answers import KEPT_FOR

Operation = dict[str, Any]

PAGE_DEALS_MAX = 200

INGEST, READ = {"key": ["ingest"]}, {"key": ["read"]}


def paths(ways: Collection[str] = tuple(WAYS)) -> dict[str, dict[str, Operation]]:
    """Every address under /api/v1 with its operations; webhooks for these kinds of senders."""
    return {
        "/openapi.json": {"get": _openapi()},
        "/deal-events": {"post": _send(), "get": _event_status()},
        "/webhooks/{name}": {"post": webhook(ways)},
        "/earnings": {"get": _reading("earnings", "What everybody has earned now", "Earnings")},
        "/deals": {"get": _deals()},
        "/statements": {"get": _statements()},
        "/standings": {"get": _reading("standings", "Where everybody stands now", "Standings")},
    }


# --- sending


def _send() -> Operation:
    return {
        "operationId": "sendDealEvents",
        "summary": "Send deal events",
        "description": (
            "One event, an array, or one JSON text per line. Answered after the commit, with an outcome for each. Sent "
            "again, nothing changes."
        ),
        "tags": ["sending"],
        "security": [INGEST],
        "parameters": [_idempotency_key()],
        "requestBody": event_body(),
        "responses": {
            "200": outcomes("Each event has its outcome.") | {"links": _links_to_status()},
            **nothing_used(),
            "409": _outcomes_or_error(
                "Nothing was used, an id was used before, with another content; or the first request under this key "
                "goes on: then come again after so many seconds."
            )
            | {"headers": {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}},
            "422": _outcomes_or_error(
                "Nothing was used: no event says which one it is; or the key was used for another request."
            ),
            "401": refusal("NoKey"),
            "403": refusal("NoScope"),
            "413": refusal("TooLarge"),
            "415": refusal("OtherKind"),
            "503": refusal("Unavailable"),
        },
    }


def _idempotency_key() -> dict[str, Any]:
    return {
        "name": HEADER,
        "in": "header",
        "required": False,
        "description": (
            f"A name of your own for this request. Sent again under it, with the same body, within {KEPT_FOR.days} "
            "days, it is answered as it was the first time. A new request needs a new key."
        ),
        "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
    }


def _outcomes_or_error(description: str) -> dict[str, Any]:
    either = {"anyOf": [ref("Outcomes"), ref("Error")]}
    return {"description": description, "content": {JSON: {"schema": either}}}


def _links_to_status() -> dict[str, Any]:
    named = {"source": "$request.body#/source", "event_id": "$request.body#/event_id"}
    return {
        "status": {
            "operationId": "getEventStatus",
            "description": "What became of it.",
            "parameters": named,
        }
    }


def _event_status() -> Operation:
    asked = [_query("source", ref("Source")), _query("event_id", ref("EventId"))]
    operation = _reading("event-status", "What became of an event", "EventStatus", asked)
    operation["operationId"] = "getEventStatus"
    operation["security"] = [INGEST, READ]
    operation["responses"]["404"] = refusal("NotFound")
    return operation


# --- reading


def _openapi() -> Operation:
    body = {"type": "object", "required": ["openapi", "info", "paths"]}
    return {
        "operationId": "getDescription",
        "summary": "This description",
        "tags": ["reading"],
        "security": [],
        "responses": {"200": {"description": "OpenAPI 3.1.", "content": {JSON: {"schema": body}}}},
    }


def _deals() -> Operation:
    key = text(DEAL_KEY_LENGTH_MAX)
    asked = [
        _query("key", key, "Only this deal, such as hubspot:d-77."),
        _query(
            "after", key, "Only deals whose key comes after this: `next_after` of the page before."
        ),
        _query(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": PAGE_DEALS_MAX, "default": PAGE_DEALS_MAX},
            "How many at most.",
        ),
    ]
    operation = _reading(
        "deals", "Deals as they are now, in order of their keys", "DealPage", asked
    )
    operation["responses"]["200"]["links"] = {
        "next": {
            "operationId": "getDeals",
            "description": "The next page.",
            "parameters": {"after": "$response.body#/next_after"},
        },
        "first": {
            "operationId": "getDeals",
            "description": "One of them by itself.",
            "parameters": {"key": "$response.body#/deals/0/key"},
        },
    }
    return operation


def _statements() -> Operation:
    month = word(MONTH.pattern, examples=["2026-10"])
    asked = [_query("month", month, "A payroll month; one that is open has no statements.")]
    return _reading("statements", "What a closed month pays each payee", "Statements", asked)


def _reading(
    name: str, summary: str, schema: str, asked: list[dict[str, Any]] | None = None
) -> Operation:
    """A GET for keys that may read; one that asks for something may be asked wrongly."""
    wrongly = {"422": refusal("BadParameter")} if asked else {}
    return {
        "operationId": f"get{name.title().replace('-', '')}",
        "summary": summary,
        "tags": ["reading"],
        "security": [READ],
        "parameters": asked or [],
        "responses": {
            "200": answered(summary + ".", schema),
            "401": refusal("NoKey"),
            "403": refusal("NoScope"),
            **wrongly,
            "503": refusal("Unavailable"),
        },
    }


def _query(name: str, schema: Schema, description: str = "") -> dict[str, Any]:
    is_required = name in ("source", "event_id", "month")
    described = {"description": description} if description else {}
    return {"name": name, "in": "query", "required": is_required, "schema": schema, **described}
