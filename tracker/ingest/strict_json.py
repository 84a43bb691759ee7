"""JSON that is JSON: what RFC 8259 calls a text, and nothing a lenient parser would let through.

Numbers are kept as they were written (`Number`), so that no amount ever passes through a float.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from tracker.errors import BadInput, Problem

DEPTH_MAX = 32
NUMBER_LENGTH_MAX = 40
EXPONENT_MAX = 324  # that of the least number a computer holds

JsonValue: TypeAlias = "bool | str | Number | list[JsonValue] | dict[str, JsonValue] | None"

# Possessive, so that a body of nothing but quotes and backslashes is still read in linear time.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_ONE_KIND_OF_BRACKET = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_EXPONENT = re.compile(r"[eE]([+-]?\d+)$")


class NotJson(BadInput):
    """The body is not JSON, or not of the kind we accept."""

    http_status = 400
    summary = "The body cannot be read:"


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number, as it was written."""

    text: str

    def __str__(self) -> str:
        return self.text


def parse_strict(body: bytes, takes_zeros: bool = False) -> JsonValue:
    """The value of a JSON text in UTF-8. Raises NotJson, naming the first thing that is wrong and its place.

    `takes_zeros` is for a caller who judges every text and sets aside what holds \\u0000, rather than losing the rest.
    """
    text = _decoded(body)
    _refuse_deep_nesting(body)
    try:
        value: JsonValue = json.loads(
            text,
            parse_int=_number,
            parse_float=_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        _refuse(
            f"not JSON at line {error.lineno}, column {error.colno}: {error.msg.lower()}.",
            "Send JSON as RFC 8259 describes it, in UTF-8.",
        )
    if b"\\u" in body:  # the only way such characters get past the decoder
        _refuse_broken_characters(value, takes_zeros)
    return value


def written(value: JsonValue) -> str:
    """The JSON text of a value, its numbers as they came."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{written(name)}: {written(inner)}' for name, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(written, value))}]"
    return value.text if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


def _refuse(what: str, fix: str) -> NoReturn:
    raise NotJson([Problem("body", what, fix)])


def _decoded(body: bytes) -> str:
    if body.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
        _refuse("it starts with a byte order mark.", "Send UTF-8 without one.")
    if b"\x00" in body:
        _refuse("it holds a zero byte, as UTF-16 and UTF-32 do.", "Send UTF-8.")
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse(f"byte {error.start + 1} is not UTF-8.", "Send UTF-8.")


def _refuse_deep_nesting(body: bytes) -> None:
    """Counted before parsing, because the parser itself gives up on depth with an error that is not about JSON.

    Each pass takes away the innermost pairs, that is one level.
    """
    brackets = _STRING.sub(b"", body).translate(_ONE_KIND_OF_BRACKET, _ALL_BUT_BRACKETS)
    for _ in range(DEPTH_MAX):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"")
    if b"[]" in brackets or brackets.count(b"[") > DEPTH_MAX:
        _refuse(f"nested deeper than {DEPTH_MAX} levels.", "An event needs no more than 5.")


def _number(text: str) -> Number:
    exponent = _EXPONENT.search(text)
    if len(text) > NUMBER_LENGTH_MAX or (exponent and abs(int(exponent[1])) > EXPONENT_MAX):
        _refuse(
            f"the number {text[:20]} is outside what a number can be.",
            "Write amounts as text, such as “1250.50”.",
        )
    return Number(text)


def _refuse_constant(name: str) -> NoReturn:
    _refuse(f"{name} is not JSON.", "Leave the field out, or write a number.")


def _object(pairs: list[tuple[str, JsonValue]]) -> JsonValue:
    record = dict(pairs)
    if len(record) < len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        _refuse(f"the key “{twice[:60]}” is there twice in one object.", "Send each key once.")
    return record


def _refuse_broken_characters(value: JsonValue, takes_zeros: bool) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            _refuse_broken_text(name, takes_zeros)
            _refuse_broken_characters(inner, takes_zeros)
    elif isinstance(value, list):
        for inner in value:
            _refuse_broken_characters(inner, takes_zeros)
    elif isinstance(value, str):
        _refuse_broken_text(value, takes_zeros)


def _refuse_broken_text(text: str, takes_zeros: bool) -> None:
    if "\x00" in text and not takes_zeros:
        _refuse("a text holds \\u0000.", "Leave that character out.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        _refuse("a text holds half of a surrogate pair.", "Send whole characters.")
