"""What POST /webhooks/{name} takes and answers. That depends on who the sender is, so each way is described by itself.

A connected CRM is never told that an authentic message was wrong, because it would not send it again: whatever is in
it is kept, at least for a person to look at.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.contract.answers import JSON, refusal
from tracker.contract.crm_messages import (
    HUBSPOT_EXAMPLE,
    PIPEDRIVE_EXAMPLE,
    SALESFORCE_EXAMPLE,
)
from tracker.contract.events import ref
from tracker.contract.submissions import (
    BATCH,
    EXAMPLES,
    LINES_EXAMPLES,
    ONE_OR_BATCH,
    SIZES,
    nothing_used,
)
from tracker.contract.texts import Schema
from tracker.ingest.connectors import hubspot_signature, salesforce
from tracker.ingest.submission import LINES
from tracker.ingest.webhooks import plain_signature

Named = dict[str, dict[str, Any]]

XML = "text/xml"
ANY_MESSAGE = ref("AnyMessage")


@dataclass(frozen=True, slots=True)
class Way:
    """How one kind of sender sends.

    `proof` is what shows that it was the sender, as security schemes by name; `taken` and `heard` are the schemas of
    what it sends and of what it hears once that is kept, by media type; `examples` of what it sends, too.
    """

    words: str
    proof: Named
    taken: Mapping[str, Sequence[Schema]]
    heard: Mapping[str, Schema]
    examples: Mapping[str, Named] = field(default_factory=dict)
    more_answers: Mapping[str, Any] = field(default_factory=dict)


def _in_header(name: str, description: str) -> dict[str, str]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


def _example(name: str, kind: str, summary: str, value: object) -> dict[str, Named]:
    return {kind: {name: {"summary": summary, "value": value}}}


def _of_events(words: str, proof: Named) -> Way:
    """A sender that signs our own events."""
    return Way(
        words,
        proof,
        {JSON: ONE_OR_BATCH, **dict.fromkeys(sorted(LINES), BATCH)},
        {JSON: ref("Outcomes")},
        {JSON: EXAMPLES, **dict.fromkeys(sorted(LINES), LINES_EXAMPLES)},
        nothing_used(),
    )


WAYS: Mapping[str, Way] = {
    "signed": _of_events(
        "`sender create --way signed`: events as in sendDealEvents, signed in one header.",
        {
            "signature": _in_header(
                plain_signature.HEADER,
                "t=<seconds>,v1=<hex of HMAC-SHA256 over t, a point and the body>.",
            )
        },
    ),
    "standard": _of_events(
        "`sender create` (Standard Webhooks): the same, signed in three headers.",
        {
            "webhookId": _in_header("webhook-id", "The sender's own id of the message."),
            "webhookTimestamp": _in_header("webhook-timestamp", "Seconds."),
            "webhookSignature": _in_header(
                "webhook-signature", "v1,<base64 of HMAC-SHA256 over id.timestamp.body>."
            ),
        },
    ),
    "hubspot": Way(
        "A HubSpot that is connected: notices of which deals have changed, which are then read from it. Whatever else "
        "is authentic is kept to be looked at, and answered 200.",
        {
            "hubspotSignature": _in_header(
                hubspot_signature.SIGNATURE,
                "base64 of HMAC-SHA256 over method, address, body and time.",
            ),
            "hubspotTime": _in_header(hubspot_signature.TIMESTAMP, "Milliseconds."),
        },
        {JSON: [{"type": "array", "items": ref("HubSpotNotice")}, ANY_MESSAGE]},
        {JSON: ref("Noted")},
        _example("hubspot", JSON, "HubSpot's notices", HUBSPOT_EXAMPLE),
    ),
    "pipedrive": Way(
        "A Pipedrive that is connected: its webhooks of version 2, which say which deal to read. The rest as for "
        "HubSpot.",
        {
            "pipedriveUser": {
                "type": "http",
                "scheme": "basic",
                "description": "The user and password that were chosen for the webhook.",
            }
        },
        {JSON: [ref("PipedriveNotice"), ANY_MESSAGE]},
        {JSON: ref("Noted")},
        _example("pipedrive", JSON, "Pipedrive's notice", PIPEDRIVE_EXAMPLE),
    ),
    "salesforce": Way(
        "A Salesforce that is connected: outbound messages, from the organization that was named. Acknowledged once "
        "they are kept, also where they have to be put right.",
        {
            "salesforceKey": {
                "type": "apiKey",
                "in": "query",
                "name": salesforce.KEY,
                "description": "The key in the address that `connection add` printed.",
            }
        },
        {kind: [ref("OutboundMessage")] for kind in sorted(salesforce.CONTENT_TYPES)},
        {XML: ref("Acknowledged")},
        _example("salesforce", XML, "A Salesforce opportunity", SALESFORCE_EXAMPLE),
    ),
}
"""Every kind of sender by its name."""


def schemes() -> Named:
    """What proves who sends, by name."""
    return {name: scheme for way in WAYS.values() for name, scheme in way.proof.items()}


def webhook(names: Collection[str] = tuple(WAYS)) -> dict[str, Any]:
    """The operation for these kinds of senders."""
    ways = [WAYS[name] for name in names]
    words = "".join(f"\n- {way.words}" for way in ways)
    return {
        "operationId": "receiveWebhook",
        "summary": "Send what is signed, without a key",
        "description": f"What is taken and answered is what fits the sender of that name:\n{words}",
        "tags": ["sending"],
        "security": [{scheme: [] for scheme in way.proof} for way in ways],
        "parameters": [_name()],
        "requestBody": {"description": SIZES, "required": True, "content": _taken(ways)},
        "responses": {
            "200": {"description": "It is kept.", "content": _heard(ways)},
            **{status: answer for way in ways for status, answer in way.more_answers.items()},
            "401": refusal("NoSignature"),
            "413": refusal("TooLarge"),
            "415": refusal("OtherKind"),
            "503": refusal("Unavailable"),
        },
    }


def _name() -> dict[str, Any]:
    return {
        "name": "name",
        "in": "path",
        "required": True,
        "description": "The sender, as `sender create` or `connection add` named it.",
        "schema": {"type": "string", "minLength": 1},
        "example": "our-crm",
    }


def _taken(ways: Sequence[Way]) -> dict[str, Any]:
    kinds = dict.fromkeys(kind for way in ways for kind in way.taken)
    return {
        kind: {
            "schema": _any_of([schema for way in ways for schema in way.taken.get(kind, ())]),
            **_examples([way.examples.get(kind, {}) for way in ways]),
        }
        for kind in kinds
    }


def _heard(ways: Sequence[Way]) -> dict[str, Any]:
    kinds = dict.fromkeys(kind for way in ways for kind in way.heard)
    return {
        kind: {"schema": _any_of([way.heard[kind] for way in ways if kind in way.heard])}
        for kind in kinds
    }


def _any_of(schemas: Sequence[Schema]) -> Schema:
    each: list[Schema] = []
    for schema in schemas:
        if schema not in each:
            each.append(schema)
    return each[0] if len(each) == 1 else {"anyOf": each}


def _examples(of_ways: Sequence[Named]) -> dict[str, Any]:
    merged = {name: example for examples in of_ways for name, example in examples.items()}
    return {"examples": merged} if merged else {}
