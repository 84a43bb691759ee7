"""Salesforce: an outbound message brings each opportunity that has changed, as it is when the message leaves.

Nothing signs such a message. What proves it are the key in the address it was sent to, which only the company's own
Salesforce knows, and the id of that organization in it. It comes at least once, in any order, and only the exact
acknowledgement ends it. https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_understanding.htm
"""

import hmac
import re
from collections.abc import Iterable
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from tracker.ingest.connectors.deal_mapping import parse_deal_mapping
from tracker.ingest.connectors.deal_record import (
    SeenDeal,
    day_of,
    milliseconds_of,
    plain,
    record_of,
    share_of,
)
from tracker.ingest.connectors.outbound_message import (
    ACKNOWLEDGED,
    NotOutboundMessage,
    read_outbound_message,
)
from tracker.ingest.connectors.shape import (
    Acknowledgement,
    Credential,
    Notices,
    Raw,
    Translated,
)
from tracker.ingest.webhooks.signed_request import BadSignature, SignedRequest, is_one_of
from tracker.store.connections import CrmConnection

TOKEN = Credential(
    "Organization id",
    re.compile(r"00D[A-Za-z0-9]{12}([A-Z0-5]{3})?"),
    "It is 00D and 18 characters long.",
)
SECRET: Credential | None = None
DEFAULT_ADDRESS = ""
CONTENT_TYPES = frozenset({"text/xml", "application/soap+xml", "application/xml"})
ACKNOWLEDGEMENT = Acknowledgement("text/xml; charset=utf-8", ACKNOWLEDGED)
HAS_SPLITS = False

KEY = "key"
ORGANIZATION_ID_LENGTH = 15
"""The last three of 18 characters are a checksum that some senders leave out."""

OWN_NAMES = {
    "name": "Name",
    "amount": "Amount",
    "currency": "CurrencyIsoCode",
    "effective_on": "CloseDate",
    "next_step": "NextStep",
}
"""Salesforce's names for our fields, until the company names others."""

STANDARD_STAGES = {"Closed Won": "won", "Closed Lost": "lost"}
"""What the stages are called that every organization starts with, where the message does not say IsWon and IsClosed."""


def check(request: SignedRequest, connection: CrmConnection) -> None:
    """Raises BadSignature."""
    given = parse_qs(urlsplit(request.address).query).get(KEY, [])
    if len(given) != 1 or not is_one_of(_encoded(connection.secrets), _encoded(given)):
        raise BadSignature(
            "The key in the address is missing or wrong. “connection add” printed the address to use.",
            "wrong_key",
        )
    try:
        organization_id = read_outbound_message(request.body).organization_id
    except NotOutboundMessage as refusal:
        raise BadSignature(str(refusal), "no_message") from None
    known = connection.token[:ORGANIZATION_ID_LENGTH].encode()
    if not hmac.compare_digest(organization_id[:ORGANIZATION_ID_LENGTH].encode(), known):
        raise BadSignature(
            "The message is from another organization than this connection was made for.",
            "other_organization",
        )


def notices(body: bytes) -> Notices:
    """The opportunities of a message, each in hand; other objects are none of ours."""
    return Notices(
        raws=[
            {"notification": one.id, "fields": dict(one.fields)}
            for one in read_outbound_message(body).notifications
            if one.kind == "Opportunity"
        ]
    )


def translated(raw: Raw, connection: CrmConnection, zone: ZoneInfo) -> Translated:
    """Raises nothing: what is not understood is a problem, and the record has a stand-in for it."""
    fields = raw.get("fields")

    def read(name: str) -> str:
        return plain(fields.get(name)) if isinstance(fields, dict) else ""

    mapping = parse_deal_mapping(connection.mapping).with_defaults(OWN_NAMES)
    seen = SeenDeal(
        deal_id=read("Id"),
        version=milliseconds_of(read("SystemModstamp") or read("LastModifiedDate")),
        read=read,
        status=_status(read("StageName"), read("IsClosed"), read("IsWon"), read("IsDeleted")),
        stage=read("StageName"),
        stage_label=read("StageName"),
        is_settled=read("IsDeleted") == "true",
        owner_id=read("OwnerId"),
        effective_on=day_of(mapping.text("effective_on", read), zone),
        ended_on=day_of(mapping.text("ended_on", read), zone),
        created_on=day_of(read("CreatedDate"), zone),
        probability=share_of(read("Probability"), 100),
        # Times are whole seconds: of two changes in one second the later notification counts.
        mark=plain(raw.get("notification")),
    )
    record, problems = record_of(seen, connection, mapping)
    return Translated(record, problems)


def _status(stage: str, is_closed: str, is_won: str, is_deleted: str) -> str:
    """Our word for a stage; "" where neither the message nor the name of the stage says it."""
    if is_deleted == "true":
        return "cancelled"
    if is_won == "true":
        return "won"
    if is_closed == "true":
        return "lost" if is_won == "false" else STANDARD_STAGES.get(stage, "")
    return "open" if is_closed == "false" else STANDARD_STAGES.get(stage, "")


def _encoded(texts: Iterable[str]) -> list[bytes]:
    return [text.encode() for text in texts]
