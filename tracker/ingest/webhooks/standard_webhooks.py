"""Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64> …` over `id.timestamp.body`.

The secret is `whsec_` and the base64 of its bytes. Several signatures, with spaces between, let a secret be changed
without a gap. https://github.com/standard-webhooks/standard-webhooks
"""

import base64
import binascii
from collections.abc import Sequence

from tracker.ingest.webhooks.signed_request import (
    BadSignature,
    SignedRequest,
    digest,
    require_one_of,
)

SECRET_PREFIX = "whsec_"  # noqa: S105  # what such secrets begin with


def check(request: SignedRequest, secrets: Sequence[str]) -> None:
    """Raises BadSignature."""
    message_id, seconds = request.header("webhook-id"), request.header("webhook-timestamp")
    request.require_fresh(seconds)
    signed = f"{message_id}.{seconds}.".encode() + request.body
    presented = [
        signature.encode()
        for version, _, signature in (
            part.partition(",") for part in request.header("webhook-signature").split()
        )
        if version == "v1"
    ]
    if not presented:
        raise BadSignature("The header webhook-signature holds no signature of version v1.")
    expected = [base64.b64encode(digest(_key(secret), signed)) for secret in secrets]
    require_one_of(expected, presented)


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        return secret.encode()
