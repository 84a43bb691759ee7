"""Our own simple way, as Stripe signs: `Tracker-Signature: t=<seconds>,v1=<hex of HMAC-SHA256 of t "." body>`."""

from collections.abc import Sequence

from tracker.ingest.webhooks.signed_request import (
    BadSignature,
    SignedRequest,
    digest,
    require_one_of,
)

HEADER = "Tracker-Signature"


def check(request: SignedRequest, secrets: Sequence[str]) -> None:
    """Raises BadSignature."""
    parts = [part.strip().partition("=") for part in request.header(HEADER).split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not signatures:
        raise BadSignature(f"The header {HEADER} is not of the form t=…,v1=….")
    request.require_fresh(times[0])
    signed = times[0].encode() + b"." + request.body
    expected = [digest(secret.encode(), signed).hex().encode() for secret in secrets]
    require_one_of(expected, [signature.encode() for signature in signatures])
