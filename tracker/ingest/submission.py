"""The body of a request -> the records in it: one object, an array, or one JSON text per line (NDJSON)."""

from collections.abc import Collection
from dataclasses import dataclass

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge

from tracker.errors import BadInput, Problem, TooLarge
from tracker.ingest.strict_json import JsonValue, NotJson, parse_strict

EVENT_BYTES_MAX = 1_000_000
BATCH_BYTES_MAX = 16_000_000
BATCH_EVENTS_MAX = 10_000
BATCH_VALUES_MAX = 100 * BATCH_EVENTS_MAX
"""A small body can hold millions of tiny values, each of which takes far more memory than it has bytes."""

JSON = "application/json"
LINES = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl"})
BODY_KINDS = LINES | {JSON}


class UnknownKind(BadInput):
    """The body is of a kind we do not take."""

    http_status = 415
    summary = "The body is of a kind we do not take:"


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a body, or why this one could not even be read."""

    record: JsonValue = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything one request sent."""

    entries: list[Entry]


def read_body(request: Request, kinds: Collection[str] = BODY_KINDS) -> tuple[str, bytes]:
    """The kind of a body and its bytes as they came. Raises TooLarge or UnknownKind."""
    kind = require_kind(request.mimetype, kinds)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnknownKind([Problem("Content-Encoding", "is not taken.", "Send it uncompressed.")])
    return kind, _body(request)


def submission_of(kind: str, body: bytes) -> Submission:
    """The records of a body. Raises NotJson or TooLarge."""
    if kind in LINES:
        return Submission(_limited([_line(line) for line in _lines(body)]))
    value = parse_strict(body, takes_zeros=True)
    if isinstance(value, list):
        return Submission(_limited([Entry(record) for record in value]))
    if len(body) > EVENT_BYTES_MAX:
        raise _too_large(f"one event has at most {EVENT_BYTES_MAX:,} bytes.")
    return Submission([Entry(value)])


def require_kind(kind: str, kinds: Collection[str]) -> str:
    """The same kind of body. Raises UnknownKind for one that is not among those that are taken."""
    if kind not in kinds:
        what = f"“{kind[:60]}” is not taken." if kind else "the header is missing."
        fix = f"Send {JSON}, or application/x-ndjson for one event per line."
        if kinds is not BODY_KINDS:
            fix = f"Send {', '.join(sorted(kinds))}."
        raise UnknownKind([Problem("Content-Type", what, fix)])
    return kind


def _body(request: Request) -> bytes:
    # One byte more than is taken: a body without a length is silently cut off at the limit, not refused.
    request.max_content_length = BATCH_BYTES_MAX + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        body = None
    if body is None or len(body) > BATCH_BYTES_MAX:
        raise _too_large(f"a request has at most {BATCH_BYTES_MAX:,} bytes.")
    if body.count(b",") > BATCH_VALUES_MAX:
        raise _too_large(f"a request has at most {BATCH_VALUES_MAX:,} values.")
    return body


def _lines(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n", BATCH_EVENTS_MAX * 2) if line.strip()]


def _line(line: bytes) -> Entry:
    if len(line) > EVENT_BYTES_MAX:
        what = f"one event has at most {EVENT_BYTES_MAX:,} bytes."
        return Entry(problems=(Problem("line", what, "Is a line break missing?"),))
    try:
        return Entry(parse_strict(line, takes_zeros=True))
    except NotJson as refusal:
        return Entry(problems=tuple(refusal.problems))


def _limited(entries: list[Entry]) -> list[Entry]:
    if len(entries) > BATCH_EVENTS_MAX:
        raise _too_large(f"a request has at most {BATCH_EVENTS_MAX:,} events.")
    return entries


def _too_large(what: str) -> TooLarge:
    return TooLarge(
        [Problem("body", what, "Send it in several requests; a retry changes nothing.")]
    )
