"""A signed request -> who sent it and the deal events in it; or what a connected CRM says, and its answer."""

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from flask import Request, Response

from tracker import clock, logs
from tracker.ingest.bearer import parts
from tracker.ingest.connectors.kinds import KINDS
from tracker.ingest.connectors.webhook import take_message
from tracker.ingest.submission import (
    BODY_KINDS,
    Submission,
    read_body,
    require_kind,
    submission_of,
)
from tracker.ingest.webhooks import plain_signature, standard_webhooks
from tracker.ingest.webhooks.signed_request import BadSignature, SignedRequest
from tracker.store import connections, senders

log = logs.log_of(__name__)

Check = Callable[[SignedRequest, Sequence[str]], None]

WAYS: Mapping[str, Check] = {
    "signed": plain_signature.check,
    "standard": standard_webhooks.check,
}

ANY_KINDS = BODY_KINDS.union(*(connector.CONTENT_TYPES for connector in KINDS.values()))
"""The kinds of body that a sender of one kind or another sends."""


def receive(request: Request, name: str) -> Submission | Response:
    """What a sender has sent; or the answer to a CRM that is connected, once what it says is kept.

    Raises BadSignature before anything of the body is parsed, and before it is said which kinds of body a sender of
    this name may send.
    """
    with parts().database.read() as connection:
        sender = senders.live_sender(connection, name)
        crm = connections.connection_named(connection, name)
    kind, body = read_body(request, ANY_KINDS)
    if sender is None:
        # The name is not said: what nobody gave to a sender may be anything.
        log.warning("a webhook was refused", reason="unknown_sender")
        raise BadSignature("No sender of this name may send. See “sender list”.", "unknown_sender")
    headers = {header.lower(): value for header, value in request.headers.items()}
    signed = SignedRequest(headers, body, clock.now(), request.method, _address(request))
    try:
        if crm is not None:
            KINDS[crm.kind].check(signed, crm)
        else:
            WAYS[sender.way](signed, sender.secrets)
    except BadSignature as refusal:
        log.warning("a webhook was refused", reason=refusal.reason, sender=sender.name)
        raise
    if crm is not None:
        require_kind(kind, KINDS[crm.kind].CONTENT_TYPES)
        return take_message(parts(), crm, body)
    return submission_of(require_kind(kind, BODY_KINDS), body)


def _address(request: Request) -> str:
    """Where the sender wrote to, as it wrote it: our public address, and the path and query byte for byte."""
    written = urlsplit(str(request.environ.get("RAW_URI") or request.full_path.rstrip("?")))
    query = f"?{written.query}" if written.query else ""
    return f"{parts().settings.public_url}{written.path}{query}"
