"""HubSpot: a private app whose webhooks say which deals have changed, and whose token reads them.

A webhook names a deal and one property, without the whole, so the deal is fetched before pay moves.
"""

import re

from tracker.ingest.connectors import hubspot_api, hubspot_deal, hubspot_signature
from tracker.ingest.connectors.shape import Acknowledgement, Credential, Notices
from tracker.ingest.strict_json import JsonValue, Number, parse_strict
from tracker.ingest.webhooks.signed_request import SignedRequest
from tracker.store.connections import CrmConnection, Wanted

TOKEN = Credential("Access token", re.compile(r"[!-~]{1,500}"), "Copy it whole, without spaces.")
SECRET: Credential | None = Credential(
    "Client secret (empty: no webhooks)",
    re.compile(r"[!-~]{1,500}"),
    "Copy it whole, without spaces.",
)
DEFAULT_ADDRESS = "https://api.hubapi.com"
SEARCH_EVERY_SECONDS = 30.0
CONTENT_TYPES = frozenset({"application/json"})
ACKNOWLEDGEMENT = Acknowledgement("application/json", "{}")
HAS_SPLITS = True

DEALS_TYPE = "0-3"
"""HubSpot's number for deals, where a subscription is to objects of any type."""

_WITHOUT_A_TIME = ("deletion", "restore", "merge")
"""What these do leaves no later time on the deal itself, so the notice's own time is its version."""

translated = hubspot_deal.translated
words = hubspot_deal.words
knows = hubspot_deal.knows
headers = hubspot_api.headers
wait_seconds = hubspot_api.wait_seconds
learn = hubspot_api.learn
changed_since = hubspot_api.changed_since
fetch = hubspot_api.fetch
listing = hubspot_api.listing


def check(request: SignedRequest, connection: CrmConnection) -> None:
    hubspot_signature.check(request, connection.secrets)


def notices(body: bytes) -> Notices:
    """The deals a batch speaks of; notices of contacts and companies are none of ours."""
    value = parse_strict(body)
    wanted: list[Wanted] = []
    unreadable: list[JsonValue] = []
    for notice in value if isinstance(value, list) else [value]:
        found = _wanted(notice) if isinstance(notice, dict) else None
        if found is None:
            unreadable.append(notice)
        else:
            wanted += found
    return Notices(wanted=wanted, unreadable=unreadable)


def _wanted(notice: dict[str, JsonValue]) -> list[Wanted] | None:
    """The deals of one notice; None when it cannot be read."""
    kind = notice.get("subscriptionType")
    if not isinstance(kind, str):
        return None
    about, _, what = kind.partition(".")
    if about != "deal" and not (about == "object" and notice.get("objectTypeId") == DEALS_TYPE):
        return []
    others = notice.get("mergedObjectIds")
    found = [
        _id(notice.get(name))
        for name in ("objectId", "primaryObjectId", "newObjectId", "fromObjectId")
        if notice.get(name) is not None
    ] + [_id(other) for other in (others if isinstance(others, list) else [])]
    ids = list(dict.fromkeys(found))
    if not ids or "" in ids:
        return None
    version_min = int(_id(notice.get("occurredAt")) or 0) if what in _WITHOUT_A_TIME else 0
    return [Wanted(deal_id, version_min) for deal_id in ids]


def _id(value: JsonValue) -> str:
    """A whole number as HubSpot writes its ids and moments; "" for anything else."""
    text = value.text if isinstance(value, Number) else value if isinstance(value, str) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= 18 else ""
