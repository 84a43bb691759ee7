"""What connected CRMs send to /webhooks/{name} and hear, as JSON Schema; of XML, with the names it has there.

Of their messages only that is read which says which deal it is about, so no more is asked of them.
"""

from typing import Any

from tracker.contract.texts import Schema
from tracker.ingest.connectors.outbound_message import (
    ACKNOWLEDGED,
    ENVELOPE,
    MESSAGE,
    OBJECT,
    TYPE,
)

HUBSPOT_EXAMPLE: Any = [
    {
        "eventId": 100,
        "subscriptionType": "deal.propertyChange",
        "objectId": 77,
        "propertyName": "amount",
        "propertyValue": "500000",
        "occurredAt": 1_795_342_500_000,
    }
]
PIPEDRIVE_EXAMPLE: Any = {
    "meta": {
        "entity": "deal",
        "entity_id": "77",
        "action": "change",
        "timestamp": "2026-11-22T10:15:00Z",
    },
    "data": {"id": 77},
}
SALESFORCE_EXAMPLE: Any = {
    "Body": {
        "notifications": {
            "OrganizationId": "00D2400000abcdEAAQ",
            "Notification": [
                {
                    "Id": "04l240000008OrqAAE",
                    "sObject": {
                        "type": "sf:Opportunity",
                        "Id": "0062400000XyZaBAAV",
                        "Name": "Nordwind A/S",
                        "StageName": "Closed Won",
                        "Amount": "500000.0",
                        "CloseDate": "2026-11-22",
                        "OwnerId": "0052400000AAAAAAA4",
                        "SystemModstamp": "2026-11-22T10:15:00.000Z",
                    },
                }
            ],
        }
    }
}
"""As its schema describes the XML."""

_ANYTHING = ["object", "array", "string", "number", "boolean", "null"]


def schemas() -> dict[str, Schema]:
    """The named schemas of what CRMs send, and of what they hear."""
    return {
        "HubSpotNotice": _hubspot_notice(),
        "PipedriveNotice": _pipedrive_notice(),
        "AnyMessage": {
            "description": (
                "Whatever else a connected CRM sends, even what is no JSON: kept, and shown among the events that "
                "were set aside."
            ),
            "type": _ANYTHING,
        },
        "OutboundMessage": _outbound_message(),
        "Noted": {
            "description": "Nothing more: what was sent is kept.",
            "type": "object",
            "additionalProperties": False,
        },
        "Acknowledged": {
            "description": "What ends the sending of an outbound message.",
            "type": "string",
            "const": ACKNOWLEDGED,
        },
    }


def _hubspot_notice() -> Schema:
    return {
        "description": "A change of one deal, as HubSpot notifies of it; of other objects nothing is kept.",
        "type": "object",
        "required": ["subscriptionType", "objectId"],
        "properties": {
            "subscriptionType": {
                "type": "string",
                "examples": ["deal.propertyChange", "deal.deletion", "object.creation"],
            },
            "objectTypeId": {"type": "string", "examples": ["0-3"]},
            "objectId": _number("The deal."),
            "primaryObjectId": _number("Of a merge, the deal that stays."),
            "mergedObjectIds": {
                "type": "array",
                "items": _number("Of a merge, a deal that is no more."),
            },
            "occurredAt": _number("Milliseconds."),
        },
    }


def _pipedrive_notice() -> Schema:
    meta = {
        "type": "object",
        "required": ["entity", "entity_id"],
        "properties": {
            "entity": {"type": "string", "examples": ["deal"]},
            "entity_id": {"type": ["integer", "string"], "examples": ["77"]},
            "timestamp": {"type": ["string", "integer"], "examples": ["2026-11-22T10:15:00Z"]},
        },
    }
    return {
        "description": (
            "A change of one deal, as Pipedrive's webhooks of version 2 tell it. Nothing signs it, so only which deal "
            "it is about is believed."
        ),
        "type": "object",
        "required": ["meta"],
        "properties": {"meta": meta},
    }


def _number(description: str) -> Schema:
    return {"type": "integer", "minimum": 0, "description": description}


# --- Salesforce


def _outbound_message() -> Schema:
    organization = {"type": "string", "pattern": "^[A-Za-z0-9]{15}([A-Z0-5]{3})?$"}
    notifications = {
        "type": "object",
        "required": ["OrganizationId"],
        "properties": {
            "OrganizationId": organization,
            "Notification": {"type": "array", "items": _notification()},
        },
        "xml": {"namespace": _uri(MESSAGE)},
    }
    body = {
        "type": "object",
        "required": ["notifications"],
        "properties": {"notifications": notifications},
        "xml": {"prefix": "soapenv"},
    }
    return {
        "description": (
            "A SOAP envelope with opportunities as they are when the message leaves; a document "
            "type is refused. What is not understood of an opportunity is kept to be put right."
        ),
        "type": "object",
        "required": ["Body"],
        "properties": {"Body": body},
        "xml": {"name": "Envelope", "prefix": "soapenv", "namespace": _uri(ENVELOPE)},
    }


def _notification() -> Schema:
    kind = {
        "description": "Which object it is; of others than opportunities nothing is kept.",
        "examples": ["sf:Opportunity"],
        "xml": {"name": "type", "attribute": True, "prefix": "xsi", "namespace": _uri(TYPE)},
    }
    named = ("Id", "Name", "StageName", "IsClosed", "IsWon", "Amount", "CloseDate", "OwnerId")
    fields = {
        name: {"xml": {"prefix": "sf", "namespace": _uri(OBJECT)}}
        for name in (*named, "SystemModstamp")
    }
    return {
        "type": "object",
        "required": ["Id", "sObject"],
        "properties": {
            "Id": {"description": "The notification's own.", "type": "string", "minLength": 1},
            # Of no type: in XML text and elements stand for each other, and neither is refused.
            "sObject": {"properties": {"type": kind, **fields}},
        },
    }


def _uri(name: str) -> str:
    """The namespace of a name as the XML library writes it."""
    return name[1 : name.index("}")]
