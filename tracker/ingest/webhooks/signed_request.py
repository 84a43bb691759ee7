"""What a signature is checked against, and what every way of signing shares."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracker.errors import SignInNeeded

TOLERANCE = timedelta(minutes=5)
"""How far the sender's time may be from ours, either way."""


class BadSignature(SignInNeeded):
    """The request is not proven to come from the sender it names. `reason` is the same in a word, for the log."""

    def __init__(self, message: str, reason: str = "no_proof") -> None:
        super().__init__(message)
        self.reason = reason

    challenge = "Signature"


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came: header names in small letters, the body byte for byte, and our time.

    `address` is the one the sender wrote to, with its query: our public one, whatever the Host header says.
    """

    headers: Mapping[str, str]
    body: bytes
    now: datetime
    method: str = "POST"
    address: str = ""

    def header(self, name: str) -> str:
        """A header's text. Raises BadSignature when it is missing."""
        value = self.headers.get(name.lower(), "")
        if not value:
            raise BadSignature(
                f"The header {name} is missing. Sign the request as the README says.",
                "header_missing",
            )
        return value

    def require_fresh(self, time: str, per_second: int = 1) -> None:
        """Raises BadSignature for a time that is no number, too old or too far ahead."""
        if not (time.isascii() and time.isdigit() and len(time) <= 15):
            raise BadSignature("The time of the signature is not a whole number.", "bad_time")
        apart = abs(self.now.timestamp() - int(time) / per_second)
        if apart > TOLERANCE.total_seconds():
            raise BadSignature(
                f"The signature's time is {apart:,.0f} seconds from ours; up to 300 are taken. "
                "Is the sender's clock right?",
                "not_fresh",
            )


def digest(secret: bytes, signed: bytes) -> bytes:
    return hmac.new(secret, signed, hashlib.sha256).digest()


def is_one_of(expected: Iterable[bytes], presented: Iterable[bytes]) -> bool:
    """Whether something presented is something expected; every pair is compared, in constant time."""
    given = list(presented)
    is_known = False
    for right in expected:
        for one in given:
            is_known |= hmac.compare_digest(right, one)
    return is_known


def require_one_of(expected: Iterable[bytes], presented: Iterable[bytes]) -> None:
    """Raises BadSignature unless a presented signature is an expected one."""
    if not is_one_of(expected, presented):
        raise BadSignature(
            "The signature does not fit the body. Sign the bytes as they are sent, with the sender's secret.",
            "wrong_signature",
        )
