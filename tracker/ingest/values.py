"""Single values as the outside world writes them: days, moments, shares, texts. ASCII digits only, and exact."""

import re
import unicodedata
from datetime import UTC, date, datetime
from fractions import Fraction

from tracker.ingest.strict_json import JsonValue, Number

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|z|[+-]\d{2}:\d{2})", re.ASCII
)
MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_PERCENT = re.compile(r"(\d{1,7}(?:\.\d{1,9})?) ?%", re.ASCII)
_RATIO = re.compile(r"(\d{1,6})/(\d{1,6})", re.ASCII)
_DECIMAL = re.compile(r"\d{1,7}(?:\.\d{1,9})?", re.ASCII)
# Characters that hide or reorder what a person reads: controls, half pairs, line and direction marks.
_UNPRINTABLE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
_DIRECTION_MARKS = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def parse_day(text: str) -> date | None:
    """The date of "2026-11-22"; None for any other text, the 30th of February included."""
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def parse_share(text: str) -> Fraction | None:
    """The exact part of one in "33.3%", "1/3" or "0.333", or None; a bare number above one is no share."""
    try:
        if percent := _PERCENT.fullmatch(text):
            share = Fraction(percent[1]) / 100
        elif ratio := _RATIO.fullmatch(text):
            share = Fraction(int(ratio[1]), int(ratio[2]))
        elif _DECIMAL.fullmatch(text):
            share = Fraction(text)
        else:
            return None
    except ZeroDivisionError:
        return None
    return share if 0 <= share <= 1 else None


def shown(text: str) -> str:
    """Text from outside, fit to be shown in a message: short, and without what a terminal or log would obey."""
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:60])
    return printable + ("…" if len(text) > 60 else "")


def kind_of(value: JsonValue) -> str:
    """What a JSON value is, for a message."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, Number):
        return f"the number {value.text}"
    if isinstance(value, str):
        return f"the text “{shown(value)}”"
    return "a list" if isinstance(value, list) else "an object" if value is not None else "null"


def parse_moment(text: str) -> datetime | None:
    """The instant of "2026-11-22T10:15:00Z", in UTC; None for any other text, one without a zone included."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def text_problem(text: str, length_max: int) -> tuple[str, str] | None:
    """What is wrong with a trimmed text, and how to put it right; None when it can be kept."""
    if not text:
        return "is empty.", "Leave the field out, or give it a value."
    if len(text) > length_max:
        return f"is longer than {length_max} characters.", "Shorten it."
    if not text.isprintable() and any(is_unprintable(character) for character in text):
        return "holds a character that cannot be shown, such as a control character.", "Remove it."
    return None


def is_unprintable(character: str) -> bool:
    category = unicodedata.category(character)
    return category in _UNPRINTABLE_CATEGORIES or character in _DIRECTION_MARKS
