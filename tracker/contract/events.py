"""What is sent to POST /deal-events, as JSON Schema; every limit is the one that `ingest` judges by."""

from typing import Any

from tracker.contract.texts import Schema, none_of, optional, text, word
from tracker.engine.deals import DealStatus
from tracker.engine.money import AMOUNT_MINOR_MAX, MINOR_DIGITS
from tracker.ingest.deal_payload import (
    CREDITS_MAX,
    DEAL_ID_LENGTH_MAX,
    EVIDENCE_MAX,
    FIRST_DAY,
    OWN_COUNTS,
    OWN_MEASURES,
    OWN_PROPERTIES,
    PROPERTIES_MAX,
    PROPERTY_NAME,
    REFERENCE_LENGTH_MAX,
    RESERVED_PROPERTIES,
    SOURCE_LENGTH_MAX,
    SOURCE_NAME,
    TAKEN_SOURCES,
    WORD_LENGTH_MAX,
    YEARS_AHEAD_MAX,
)
from tracker.ingest.fields import TEXT_LENGTH_MAX, VERSION_MAX
from tracker.ingest.submission import BATCH_EVENTS_MAX

EXAMPLE: dict[str, Any] = {
    "source": "hubspot",
    "event_id": "e-9001",
    "deal_id": "d-77",
    "version": 4,
    "occurred_at": "2026-11-22T10:15:00Z",
    "deal": {
        "name": "Nordwind A/S",
        "status": "won",
        "effective_on": "2026-11-22",
        "currency": "DKK",
        "amount": "500000.00",
        "margin": "200000.00",
        "product": "Nova",
        "segment": "enterprise",
        "credits": [
            {"rep": "anna@firma.dk", "share": "60%"},
            {"rep": "bo@firma.dk", "share": "40%"},
        ],
        "evidence": ["icp_match", "decision_maker"],
        "next_step": {"text": "Sign", "owner": "Anna", "due_on": "2026-11-30"},
    },
}

_WHOLE_DIGITS = len(str(AMOUNT_MINOR_MAX // 100)) - 1
_WHOLE_MAX = AMOUNT_MINOR_MAX // 100


def schemas() -> dict[str, Schema]:
    """The named schemas of everything that is sent."""
    return {
        "DealEvent": _deal_event(),
        "NamedEvent": _named_event(),
        "Deal": _deal(),
        "Credit": _credit(),
        "NextStep": _next_step(),
        "EventBatch": _batch(),
        "EmptyBatch": {"description": "Nothing.", "type": "array", "maxItems": 0},
        "Amount": _amount(),
        "Share": _share(),
        "Day": _day(),
        "Source": source(),
        "EventId": event_id(),
        "DealId": deal_id(),
    }


def ref(name: str) -> Schema:
    """A schema by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def source() -> Schema:
    name = f"(?:{SOURCE_NAME.pattern.removesuffix('+')}{{1,{SOURCE_LENGTH_MAX}}})"
    meaning = "The system that says so, by a name of its own. Some names are taken."
    return word(name, description=meaning, examples=["hubspot"], **none_of(TAKEN_SOURCES))


def event_id() -> Schema:
    meaning = "The source's own id of this message. The same again changes nothing, for ever."
    return text(TEXT_LENGTH_MAX, description=meaning, examples=["e-9001"])


def deal_id() -> Schema:
    meaning = "The source's own id of the deal."
    return text(DEAL_ID_LENGTH_MAX, description=meaning, examples=["d-77"])


def _deal_event() -> Schema:
    whole = {"type": "integer", "minimum": 0, "maximum": VERSION_MAX}
    return {
        "description": (
            "One deal as it is now, whole, with a version; the highest version of a deal counts, whatever came first. "
            "An event that fits is recorded if its reps are known, its shares (beside overlays) sum to 100 %, nobody "
            "is on it twice in the same role, `ended_on` is not before `effective_on`, and it is not negative while "
            "open or lost. Else it is set aside."
        ),
        "type": "object",
        "additionalProperties": False,
        "required": ["source", "event_id", "deal_id", "occurred_at", "deal"],
        "properties": {
            "source": ref("Source"),
            "event_id": ref("EventId"),
            "deal_id": ref("DealId"),
            "version": {
                "description": "Orders the snapshots of one deal; left out, `occurred_at` does.",
                "anyOf": [whole, word(f"[0-9]{{1,{len(str(VERSION_MAX)) - 1}}}"), {"type": "null"}],
            },
            "occurred_at": {
                "description": (
                    "When the source says it happened, with its zone; from 2000 on, and at most a day ahead of us."
                ),
                "type": "string",
                "format": "date-time",
            },
            "deal": ref("Deal"),
        },
        "examples": [EXAMPLE],
    }


def _named_event() -> Schema:
    """What is kept, whatever else is wrong with it."""
    return {
        "description": (
            "Whatever says which event of which deal it is. What is no whole DealEvent beside that is set aside with "
            "its problems (`quarantined`, 200), for nothing is lost; it counts once an administrator has put it right, "
            "or it is sent again under the same id."
        ),
        "type": "object",
        "required": ["source", "event_id", "deal_id"],
        "properties": {
            "source": ref("Source"),
            "event_id": ref("EventId"),
            "deal_id": ref("DealId"),
        },
    }


def _batch() -> Schema:
    """Anything may be in a batch, as long as something in it can be used."""
    return {
        "description": (
            f"Up to {BATCH_EVENTS_MAX:,} events, each with an outcome of its own. What names no event is refused by "
            "itself, and the rest is taken; so one at least must name its event."
        ),
        "type": "array",
        "minItems": 1,
        "items": {
            "anyOf": [
                ref("DealEvent"),
                ref("NamedEvent"),
                {"type": ["object", "array", "string", "number", "boolean", "null"]},
            ]
        },
        "contains": ref("NamedEvent"),
    }


def _deal() -> Schema:
    measures = {name: optional(ref("Amount")) for name in (*OWN_MEASURES, *OWN_COUNTS)}
    properties = {name: optional(text(TEXT_LENGTH_MAX)) for name in OWN_PROPERTIES}
    evidence = {
        "description": "What is known of the deal, in words that plans may ask for.",
        "type": "array",
        "maxItems": EVIDENCE_MAX,
        "items": text(WORD_LENGTH_MAX),
    }
    return {
        "description": "Only a deal that is won earns, and only it must have an amount.",
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "status", "effective_on", "currency", "credits"],
        "if": {"properties": {"status": {"const": DealStatus.WON.value}}},
        "then": {"required": ["amount"], "properties": {"amount": {"not": {"type": "null"}}}},
        "properties": {
            "name": text(TEXT_LENGTH_MAX, description="The customer or the deal."),
            "status": {"enum": [status.value for status in DealStatus]},
            "effective_on": ref("Day"),
            "ended_on": optional(ref("Day")),
            "currency": {"enum": sorted(MINOR_DIGITS)},
            "amount": optional(ref("Amount")),
            **measures,
            **properties,
            "properties": optional(_further_properties()),
            "credits": {
                "type": "array",
                "minItems": 1,
                "maxItems": CREDITS_MAX,
                "items": ref("Credit"),
            },
            "evidence": optional(evidence),
            "next_step": optional(ref("NextStep")),
            "stage": optional(text(TEXT_LENGTH_MAX)),
            "probability": optional(ref("Share")),
        },
    }


def _further_properties() -> Schema:
    taken = [*OWN_PROPERTIES, *sorted(RESERVED_PROPERTIES)]
    return {
        "description": "Further words that plans may filter on.",
        "type": "object",
        "maxProperties": PROPERTIES_MAX,
        "propertyNames": {
            "pattern": f"^{PROPERTY_NAME.pattern}$",
            "maxLength": WORD_LENGTH_MAX,
            "not": {"enum": taken},
        },
        "additionalProperties": optional(text(TEXT_LENGTH_MAX)),
    }


def _credit() -> Schema:
    return {
        "description": "Who takes part, with how much. `share` may be left out where there is one credit only.",
        "type": "object",
        "additionalProperties": False,
        "required": ["rep"],
        "properties": {
            "rep": text(
                REFERENCE_LENGTH_MAX,
                description="The rep's reference or e-mail address.",
                examples=["anna@firma.dk"],
            ),
            "share": optional(ref("Share")),
            "role": optional(text(WORD_LENGTH_MAX)),
            "overlay": {
                "description": "Beside the shares that sum to 100 %.",
                "type": ["boolean", "null"],
            },
        },
    }


def _next_step() -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["text"],
        "properties": {
            "text": text(TEXT_LENGTH_MAX),
            "owner": optional(text(TEXT_LENGTH_MAX)),
            "due_on": optional(ref("Day")),
        },
    }


def _amount() -> Schema:
    return {
        "description": (
            "A whole amount in the deal's currency, as text or as a whole number; decimals as text, with a point. "
            "Currencies without a minor unit (ISK, JPY) take none. Units are counted in hundredths."
        ),
        "anyOf": [
            word(f"-?[0-9]{{1,{_WHOLE_DIGITS}}}(?:\\.[0-9]{{1,2}})?", examples=["500000.00"]),
            {"type": "integer", "minimum": -_WHOLE_MAX, "maximum": _WHOLE_MAX},
        ],
    }


def _share() -> Schema:
    parts = "|".join(
        (
            r"(?:100(?:\.0{1,9})?|[0-9]{1,2}(?:\.[0-9]{1,9})?) ?%",
            r"1(?:\.0{1,9})?",
            r"0(?:\.[0-9]{1,9})?",
            r"1/[1-9][0-9]{0,5}",
        )
    )
    return {
        "description": "A part of one: “60%”, “1/3” (any fraction up to one), “0.25”, 1. Credits take more than 0.",
        "anyOf": [word(f"(?:{parts})"), {"type": "integer", "minimum": 0, "maximum": 1}],
    }


def _day() -> Schema:
    return {
        "description": f"A day from {FIRST_DAY} to {YEARS_AHEAD_MAX} years ahead, where the company is.",
        "type": "string",
        "format": "date",
    }
