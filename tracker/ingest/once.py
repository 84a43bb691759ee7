"""Idempotency-Key: a request that is sent again under the same key is answered as it was the first time.

The natural key (source and event id) makes a retry harmless for ever; this makes its answer the same for a week.
https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import json
import re
from datetime import datetime
from hashlib import sha256

from flask import Request

from tracker.access import Principal
from tracker.errors import BadInput, Conflict, Problem
from tracker.store import kept_answers
from tracker.store.kept_answers import Claim, KeptAnswer
from tracker.store.types import Connection

HEADER = "Idempotency-Key"
KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")
"""Up to 255 characters that can be seen, spaces between them."""


class BadKey(BadInput):
    """The key is not of the form that is taken."""

    http_status = 400
    summary = "The request cannot be named so:"


class KeyReused(BadInput):
    """The key was used before, for another request."""

    summary = "Nothing was done, because the key stands for another request:"


class KeyBusy(Conflict):
    """The first request under the key goes on."""

    retry_after_seconds = 1


def claim_in(request: Request, principal: Principal, body: bytes) -> Claim | None:
    """The claim a request makes; None without the header. Raises BadKey."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not KEY.fullmatch(key):
        what = "is not of up to 255 printable ASCII characters."
        raise BadKey([Problem(HEADER, what, "Send a fresh UUID with each new request.")])
    hashed = json.dumps([request.path, request.mimetype]).encode() + body
    return Claim(principal.session_key, key, 0, sha256(hashed).hexdigest())


def stake(connection: Connection, claim: Claim, at: datetime) -> str | None:
    """Claim a key; None when it is ours now, else the outcomes that were answered under it, as JSON.

    Raises KeyReused when it stands for another request, KeyBusy when its own is not done yet.
    """
    before = kept_answers.stake(connection, claim, at)
    if before is None:
        return None
    require_same(claim, before)
    if not before.outcomes:
        raise KeyBusy(
            "The first request under this Idempotency-Key is not done yet. Send it again."
        )
    return before.outcomes


def require_same(claim: Claim, before: KeptAnswer | None) -> None:
    """Raises KeyReused when the key was used for another request."""
    if before is not None and before.request_hash != claim.request_hash:
        what = "was used within the last days, with another body."
        raise KeyReused([Problem(HEADER, what, "Send a new request under a new key.")])
