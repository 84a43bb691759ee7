"""Signatures as senders make them, written anew from the descriptions of their ways."""

import base64
import hashlib
import hmac

SIGNATURE_HEADER = "Tracker-Signature"


def standard(
    body: bytes, seconds: object, secret: str, message_id: str = "msg_1"
) -> dict[str, str]:
    """As https://github.com/standard-webhooks/standard-webhooks describes it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = message_id.encode() + b"." + str(seconds).encode() + b"." + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": f"v1,{signature}",
    }


def plain(body: bytes, seconds: object, secret: str) -> dict[str, str]:
    signed = str(seconds).encode() + b"." + body
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {SIGNATURE_HEADER: f"t={seconds},v1={signature}"}


def hubspot(
    body: bytes, milliseconds: object, secret: str, address: str, method: str = "POST"
) -> dict[str, str]:
    """As HubSpot's page on request validation describes it."""
    text = method.encode() + address.encode() + body + str(milliseconds).encode()
    signed = hmac.new(secret.encode(), text, hashlib.sha256).digest()
    return {
        "X-HubSpot-Signature-v3": base64.b64encode(signed).decode(),
        "X-HubSpot-Request-Timestamp": str(milliseconds),
    }
