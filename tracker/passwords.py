"""Passwords: which ones are good enough, and the slow hash they are kept as."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tracker.off_the_loop import beside_the_loop

PASSWORD_LENGTH_MIN = 12
PASSWORD_BYTES_MAX = 1024
"""Above this nothing is hashed: a long text would only cost the server time."""

_MEMORY_KIB = 19 * 1024
_hasher = PasswordHasher(time_cost=2, memory_cost=_MEMORY_KIB, parallelism=1)  # argon2id
_KEYBOARD_ROWS = ("1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopåasdfghjkløzxcvbnm")
_COMMON_WORDS = ("password", "passw0rd", "adgangskode", "kodeord", "lösenord", "letmein", "welcome")


def is_too_long(password: str) -> bool:
    return len(password.encode("utf-8", "surrogatepass")) > PASSWORD_BYTES_MAX


def is_too_short(password: str) -> bool:
    return len(password) < PASSWORD_LENGTH_MIN


def is_easy_to_guess(password: str, *own_words: str) -> bool:
    """Whether little is left of a password without common words, rows of the keyboard, repeats and own words."""
    rest = password.casefold()
    for word in (*own_words, *_COMMON_WORDS):
        rest = rest.replace(word.casefold(), "") if len(word) >= 3 else rest
    rest = _without_rows(rest)
    return len(set(rest)) < 4


def hash_password(password: str) -> str:
    """The text to keep for a password."""
    return beside_the_loop(lambda: _hasher.hash(password))


def is_right(kept_hash: str | None, password: str) -> bool:
    """Whether a password fits the kept hash. Takes as long when there is none, so that nobody learns who exists."""
    return beside_the_loop(lambda: _verify(kept_hash or _nobodys_hash(), password)) and bool(
        kept_hash
    )


def _verify(kept_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(kept_hash, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("a password nobody has")


def _without_rows(text: str) -> str:
    """Runs of four or more along a row of the keyboard or alphabet, either way, taken out; the longest first."""
    for row in (*_KEYBOARD_ROWS, *(row[::-1] for row in _KEYBOARD_ROWS)):
        for length in range(len(row), 3, -1):
            for start in range(len(row) - length + 1):
                text = text.replace(row[start : start + length], "")
    return text
