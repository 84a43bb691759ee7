"""The body of a Salesforce outbound message -> who sent it and the objects in it. Document types are refused.

https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_om_outboundmessaging_wsdl.htm
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from xml.etree.ElementTree import (  # a document type, the way to every XML attack, is refused
    Element,
    ParseError,
    TreeBuilder,
    XMLParser,
)

from tracker.errors import BadInput, Problem

MESSAGE = "{http://soap.sforce.com/2005/09/outbound}"
ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
OBJECT = "{urn:sobject.enterprise.soap.sforce.com}"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
ACKNOWLEDGED = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack></notificationsResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)
"""What ends the sending of a message: anything else is an order to send it again."""


class NotOutboundMessage(BadInput):
    """The body is no outbound message."""

    http_status = 400
    summary = "The body cannot be read:"


@dataclass(frozen=True, slots=True)
class Notification:
    """One object as it was when the message left: its kind, such as Opportunity, and its fields that are not empty."""

    id: str
    kind: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """`organization_id` has 18 characters, or 15 where an old sender leaves out the checksum."""

    organization_id: str
    notifications: Sequence[Notification]


def read_outbound_message(body: bytes) -> OutboundMessage:
    """Raises NotOutboundMessage."""
    said = _parsed(body).find(f"{ENVELOPE}Body/{MESSAGE}notifications")
    if said is None:
        _refuse("it holds no notifications.", "Point an outbound message for Opportunity here.")
    notifications = [_notification(element) for element in said.iterfind(f"{MESSAGE}Notification")]
    return OutboundMessage(_text(said, "OrganizationId"), notifications)


def _notification(element: Element) -> Notification:
    about = element.find(f"{MESSAGE}sObject")
    if about is None:
        _refuse("a notification holds no sObject.", "Send it as Salesforce wrote it.")
    fields = {
        field.tag.removeprefix(OBJECT): field.text.strip()
        for field in about
        if field.text and field.get(NIL) != "true"
    }
    kind = about.get(TYPE, "").rpartition(":")[2]
    return Notification(_text(element, "Id"), kind, fields)


def _text(element: Element, name: str) -> str:
    text = (element.findtext(f"{MESSAGE}{name}") or "").strip()
    if not text:
        _refuse(f"{name} is missing.", "Send it as Salesforce wrote it.")
    return text


class _NoDocumentType(TreeBuilder):
    def doctype(self, name: str, public_id: str | None, system: str | None) -> NoReturn:
        _refuse("it declares a document type.", "An outbound message has none; leave it out.")


def _parsed(body: bytes) -> Element:
    parser = XMLParser(target=_NoDocumentType())  # noqa: S314
    try:
        parser.feed(body)
        return parser.close()
    except (ParseError, ValueError, LookupError) as error:
        _refuse(f"not XML: {error}.", "Send it as Salesforce wrote it.")


def _refuse(what: str, fix: str) -> NoReturn:
    raise NotOutboundMessage([Problem("body", what, fix)])
