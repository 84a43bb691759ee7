"""Secrets handed out once and kept only as a hash: whoever reads the database can sign in nowhere."""

import secrets
from hashlib import sha256

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits as text that is safe in a cookie and an address."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What the database keeps. A plain hash is enough for a secret of this length; passwords need a slow one."""
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
