"""Pipedrive: webhooks of version 2 say which deals have changed, and an API token reads them.

Nothing signs a webhook; it only carries the user name and password that were chosen for it. So nothing in it is
believed but which deal to look at, and the deal is fetched before pay moves.
https://pipedrive.readme.io/docs/guide-for-webhooks-v2
"""

import base64
import re

from tracker.ingest.connectors import pipedrive_api, pipedrive_deal
from tracker.ingest.connectors.deal_record import milliseconds_of, plain
from tracker.ingest.connectors.shape import Acknowledgement, Credential, Notices
from tracker.ingest.strict_json import JsonValue, parse_strict
from tracker.ingest.webhooks.signed_request import BadSignature, SignedRequest, is_one_of
from tracker.store.connections import CrmConnection, Wanted

TOKEN = Credential("API token", re.compile(r"[!-~]{20,500}"), "Copy it whole, without spaces.")
SECRET: Credential | None = Credential(
    "User and password of the webhook (empty: no webhooks)",
    re.compile(r"[!-9;-~]+:[!-~]{12,}"),
    "Write user:password, with at least 12 characters after the colon.",
)
DEFAULT_ADDRESS = ""
SEARCH_EVERY_SECONDS = 300.0
"""Each search is taken from a budget of the day, which a company of two people must not use up."""
CONTENT_TYPES = frozenset({"application/json"})
ACKNOWLEDGEMENT = Acknowledgement("application/json", "{}")
HAS_SPLITS = False

translated = pipedrive_deal.translated
words = pipedrive_deal.words
knows = pipedrive_deal.knows
headers = pipedrive_api.headers
wait_seconds = pipedrive_api.wait_seconds
learn = pipedrive_api.learn
changed_since = pipedrive_api.changed_since
fetch = pipedrive_api.fetch
listing = pipedrive_api.listing

_SECONDS_BELOW = 10**11


def check(request: SignedRequest, connection: CrmConnection) -> None:
    """The secret of a connection is `user:password`. Raises BadSignature."""
    expected = [b"Basic " + base64.b64encode(one.encode()) for one in connection.secrets]
    if not is_one_of(expected, [request.header("Authorization").encode()]):
        raise BadSignature(
            "The user name or password of the webhook is wrong. Enter those of this connection in Pipedrive.",
            "wrong_password",
        )


def notices(body: bytes) -> Notices:
    """The deal a webhook speaks of; one about persons or activities is none of ours."""
    value = parse_strict(body)
    meta = value.get("meta") if isinstance(value, dict) else None
    entity = meta.get("entity") if isinstance(meta, dict) else None
    if not isinstance(meta, dict) or not isinstance(entity, str):
        return Notices(unreadable=[value])
    if entity != "deal":
        return Notices()
    deal_id = plain(meta.get("entity_id"))
    if not (deal_id.isascii() and deal_id.isdigit() and len(deal_id) <= 18):
        return Notices(unreadable=[value])
    return Notices(wanted=[Wanted(deal_id, _milliseconds(meta.get("timestamp")))])


def _milliseconds(value: JsonValue) -> int:
    """When the deal changed; Pipedrive writes it in seconds, in milliseconds or as a date and time."""
    moment = milliseconds_of(plain(value)) or 0
    return moment * 1000 if moment < _SECONDS_BELOW else moment
