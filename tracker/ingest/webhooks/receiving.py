"""A signed request -> who sent it and the deal events in it."""

from collections.abc import Callable, Mapping, Sequence

from flask import Request

from tracker import clock, logs
from tracker.ingest.bearer import parts
from tracker.ingest.submission import Submission, read_body, submission_of
from tracker.ingest.webhooks import plain_signature, standard_webhooks
from tracker.ingest.webhooks.signed_request import BadSignature, SignedRequest
from tracker.store import senders

log = logs.log_of(__name__)

Check = Callable[[SignedRequest, Sequence[str]], None]

WAYS: Mapping[str, Check] = {
    "signed": plain_signature.check,
    "standard": standard_webhooks.check,
}


def receive(request: Request, name: str) -> Submission:
    """What a sender has sent. Raises BadSignature before anything of the body is parsed."""
    kind, body = read_body(request)
    with parts().database.read() as connection:
        sender = senders.live_sender(connection, name)
    if sender is None:
        # The name is not said: what nobody gave to a sender may be anything.
        log.warning("a webhook was refused", reason="unknown_sender")
        raise BadSignature("No sender of this name may send. See “sender list”.", "unknown_sender")
    headers = {header.lower(): value for header, value in request.headers.items()}
    try:
        WAYS[sender.way](SignedRequest(headers, body, clock.now()), sender.secrets)
    except BadSignature as refusal:
        log.warning("a webhook was refused", reason=refusal.reason, sender=sender.name)
        raise
    return submission_of(kind, body)
