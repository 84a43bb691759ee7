"""What comes back, as JSON Schema and as OpenAPI responses."""

from typing import Any, get_args

from tracker.contract.events import ref
from tracker.contract.texts import Schema
from tracker.engine.money import MINOR_DIGITS
from tracker.ingest.intake import Kind

Responses = dict[str, Any]

JSON = "application/json"
_MINOR = {"type": "integer", "description": "Whole minor units."}
_FRACTION = {"type": "string", "pattern": "^-?[0-9]+(?:/[0-9]+)?$", "examples": ["3/5"]}
_DAY = {"type": "string", "format": "date"}
_MOMENT = {"type": "string", "format": "date-time"}
_TEXT = {"type": "string"}
_CURRENCY = {"enum": sorted(MINOR_DIGITS)}


def schemas() -> dict[str, Schema]:
    """The named schemas of everything that comes back."""
    return {
        "Problem": record(field=_TEXT, problem=_TEXT, fix=_TEXT),
        "Error": _error(),
        "Outcome": _outcome(),
        "Outcomes": record(outcomes=listed("Outcome")),
        "EventStatus": _event_status(),
        "Earnings": record(as_of=_DAY, payees=listed("PayeeEarnings")),
        "PayeeEarnings": record(reference=_TEXT, name=_TEXT, components=listed("ComponentEarned")),
        "ComponentEarned": record(
            component=_TEXT,
            window=_TEXT,
            currency=_CURRENCY,
            attainment_minor={"type": "integer", "description": "Minor units, or hundredths."},
            earned_minor=_MINOR,
        ),
        "DealPage": record(deals=listed("StoredDeal"), next_after=nullable(_TEXT)),
        "StoredDeal": _stored_deal(),
        "StoredCredit": record(rep=_TEXT, share=_FRACTION, role=_TEXT, overlay={"type": "boolean"}),
        "StoredNextStep": record(text=_TEXT, owner=_TEXT, due_on=nullable(_DAY)),
        "Statements": record(month=_TEXT, statements=listed("Statement")),
        "Statement": _statement(),
        "Standings": record(as_of=_MOMENT, standings=listed("Standing")),
        "Standing": record(
            reference=_TEXT, name=_TEXT, team=nullable(_TEXT), ladders=listed("Ladder")
        ),
        "Ladder": _ladder(),
    }


def record(**properties: Schema) -> Schema:
    """An object with just these fields."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(properties),
        "properties": properties,
    }


def listed(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def answered(description: str, name: str) -> dict[str, Any]:
    """A response whose body has a named schema."""
    return {"description": description, "content": {JSON: {"schema": ref(name)}}}


REFUSALS: Responses = {
    "BadRequest": answered("What was sent cannot be read.", "Error"),
    "NoKey": answered("No key that works.", "Error")
    | {
        "headers": {
            "WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}},
        }
    },
    "NoSignature": answered("Not proven to come from the sender named.", "Error")
    | {
        "headers": {
            "WWW-Authenticate": {"required": True, "schema": {"type": "string"}},
        }
    },
    "NoScope": answered("The key has not the scope that this needs.", "Error"),
    "NotFound": answered("There is no such thing.", "Error"),
    "TooLarge": answered("More than is taken at once.", "Error"),
    "OtherKind": answered("The body is of a kind that is not taken.", "Error"),
    "BadParameter": answered("A parameter cannot be used; each problem is named.", "Error"),
    "Unavailable": answered("Not now: send the same again after so many seconds.", "Error")
    | {
        "headers": {
            "Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}},
        }
    },
}
"""What any address may answer instead, by name."""


def refusal(name: str) -> dict[str, str]:
    """One of them, as it is referred to."""
    return {"$ref": f"#/components/responses/{name}"}


def _error() -> Schema:
    return {
        "description": "What is wrong, why, and what to do next; each problem by itself where there are several.",
        "type": "object",
        "additionalProperties": False,
        "required": ["error"],
        "properties": {
            "error": {"type": "string", "minLength": 1},
            "problems": listed("Problem"),
        },
    }


def _outcome() -> Schema:
    return record(
        index={"type": "integer", "minimum": 0},
        event_id={"type": ["string", "null"], "description": "As far as it can be shown."},
        outcome={
            "enum": list(get_args(Kind)),
            "description": (
                "recorded: it counts. duplicate: it was there already. stale: kept, but a newer version is known. "
                "quarantined: set aside with its problems. refused: nothing of it is kept."
            ),
        },
        problems=listed("Problem"),
    )


def _event_status() -> Schema:
    states = ["recorded", "quarantined", "replayed", "superseded", "discarded"]
    return record(
        source=_TEXT,
        event_id=_TEXT,
        state={"enum": states, "description": "The last three are ends of what was set aside."},
        at={**_MOMENT, "description": "When it came in."},
        is_newest={"type": "boolean", "description": "Whether the deal is what this event said."},
        problems=listed("Problem"),
    )


def _stored_deal() -> Schema:
    return record(
        key={**_TEXT, "description": "Source and deal id, with a colon between."},
        name=_TEXT,
        status={"enum": ["open", "won", "lost", "cancelled"]},
        effective_on=_DAY,
        ended_on=nullable(_DAY),
        currency=_CURRENCY,
        amount_minor=_MINOR,
        measures={"type": "object", "additionalProperties": {"type": "integer"}},
        properties={"type": "object", "additionalProperties": _TEXT},
        credits=listed("StoredCredit"),
        evidence={"type": "array", "items": _TEXT},
        stage=_TEXT,
        probability=nullable(_FRACTION),
        next_step=nullable(ref("StoredNextStep")),
        changed_at=_MOMENT,
    )


def _statement() -> Schema:
    return record(
        id={"type": "integer"},
        reference=_TEXT,
        name=_TEXT,
        currency=_CURRENCY,
        version={"type": "integer", "minimum": 1},
        paid_minor=_MINOR,
        debt_minor=_MINOR,
        lines={**_TEXT, "description": "Every line, as the canonical JSON text that was frozen."},
        lines_sha256={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    )


def _ladder() -> Schema:
    return record(
        component=_TEXT,
        window=_TEXT,
        currency=_CURRENCY,
        measure=_TEXT,
        attainment_minor={"type": "integer"},
        quota_minor={"type": ["integer", "null"]},
        step={"type": "integer", "minimum": 0},
        rate=_FRACTION,
        to_next_step_minor={"type": ["integer", "null"]},
        earned_minor=_MINOR,
    )
