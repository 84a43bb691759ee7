"""The key that signs cookies: made once, kept in a file only its owner can read."""

import os
import secrets
import tempfile
from pathlib import Path

from tracker.errors import BadConfiguration, Problem

SECRET_KEY_LENGTH_MIN = 32
FILE_NAME = "secret_key"
# What people copy from examples; compared without case, digits and punctuation.
KNOWN_WORDS = (
    "changeme",
    "secretkey",
    "secret",
    "password",
    "default",
    "example",
    "development",
    "insecure",
)


def why_weak(key: str) -> str:
    """Why this key must not be used, or "" when it may."""
    if len(key) < SECRET_KEY_LENGTH_MIN:
        return f"shorter than {SECRET_KEY_LENGTH_MIN} characters"
    letters = "".join(filter(str.isalpha, key.lower()))
    for word in KNOWN_WORDS:
        letters = letters.replace(word, "")
    if len(set(letters) | set(filter(str.isdigit, key))) < 8:
        return "easy to guess"
    return ""


def kept_secret_key(folder: Path) -> str:
    """The key in the folder; made when there is none. BadConfiguration when the file cannot be trusted."""
    path = folder / FILE_NAME
    try:
        if not path.exists():
            _make(path)
        return _read(path)
    except OSError as error:
        raise _refusal(
            path,
            f"the file cannot be used ({error.strerror}).",
            "Set TRACKER_DATA to a folder you may write to.",
        ) from error


def _make(path: Path) -> None:
    """Written beside and linked in, so that two processes starting together end with one whole key."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".secret_key-")
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(name)


def _read(path: Path) -> str:
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise _refusal(path, "other users of this machine can read it.", f"Run: chmod 600 {path}")
    key = path.read_text(encoding="utf-8").strip()
    if reason := why_weak(key):
        raise _refusal(
            path,
            f"the key in it is {reason}.",
            "Delete the file; a new key is made and everyone signs in again.",
        )
    return key


def _refusal(path: Path, what: str, fix: str) -> BadConfiguration:
    return BadConfiguration([Problem(str(path), what, fix)])
