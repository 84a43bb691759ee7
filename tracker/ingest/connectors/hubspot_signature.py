"""HubSpot's signature of version 3: `X-HubSpot-Signature-v3` and `X-HubSpot-Request-Timestamp`.

It is the base64 of HMAC-SHA256 under the app's client secret, over method + address + body + time in milliseconds.
The address is the public one, in which some encoded characters stand decoded. Versions 1 and 2 carry no time, so
whoever has seen one such request could send it for ever: they are not taken.
https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
"""

import base64
import re
from collections.abc import Sequence

from tracker.ingest.webhooks.signed_request import (
    BadSignature,
    SignedRequest,
    digest,
    require_one_of,
)

SIGNATURE = "X-HubSpot-Signature-v3"
TIMESTAMP = "X-HubSpot-Request-Timestamp"

_DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}
_ENCODED = re.compile("|".join(_DECODED), re.IGNORECASE)


def check(request: SignedRequest, secrets: Sequence[str]) -> None:
    """Raises BadSignature."""
    presented, milliseconds = request.header(SIGNATURE), request.header(TIMESTAMP)
    request.require_fresh(milliseconds, per_second=1000)
    if not secrets:
        raise BadSignature(
            "No secret is known to check this with. Give it: connection secret NAME.", "no_secret"
        )
    address = _ENCODED.sub(lambda found: _DECODED[found[0].upper()], request.address)
    signed = f"{request.method}{address}".encode() + request.body + milliseconds.encode()
    expected = [base64.b64encode(digest(secret.encode(), signed)) for secret in secrets]
    require_one_of(expected, [presented.encode()])
