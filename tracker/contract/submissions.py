"""The body that brings deal events, and what it is answered with: the same by a key as by a signature."""

from typing import Any

from tracker.contract.answers import JSON, answered, refusal
from tracker.contract.events import EXAMPLE, ref
from tracker.contract.texts import Schema
from tracker.ingest.submission import BATCH_BYTES_MAX, EVENT_BYTES_MAX, LINES

BATCH: list[Schema] = [ref("EventBatch"), ref("EmptyBatch")]
ONE_OR_BATCH: list[Schema] = [ref("DealEvent"), ref("NamedEvent"), *BATCH]

EXAMPLES: dict[str, Any] = {
    "one": {"summary": "One deal", "value": EXAMPLE},
    "several": {"summary": "Several", "value": [EXAMPLE | {"event_id": "e-9002"}]},
}
LINES_EXAMPLES: dict[str, Any] = {"lines": {"summary": "One event per line", "value": [EXAMPLE]}}

SIZES = (
    f"UTF-8, uncompressed; at most {BATCH_BYTES_MAX:,} bytes in all and {EVENT_BYTES_MAX:,} for one event. "
    "Of one event per line, the schema is that of the list of lines."
)


def event_body() -> dict[str, Any]:
    """What POST /deal-events takes."""
    lines = {"schema": {"anyOf": BATCH}, "examples": LINES_EXAMPLES}
    return {
        "description": SIZES,
        "required": True,
        "content": {
            JSON: {"schema": {"anyOf": ONE_OR_BATCH}, "examples": EXAMPLES},
            **dict.fromkeys(sorted(LINES), lines),
        },
    }


def outcomes(description: str) -> dict[str, Any]:
    return answered(description, "Outcomes")


def nothing_used() -> dict[str, Any]:
    """The answers to a body of which nothing was kept."""
    return {
        "400": refusal("BadRequest"),
        "409": outcomes("Nothing was used; an id was used before, with another content."),
        "422": outcomes("Nothing was used: no event says which one it is."),
    }
