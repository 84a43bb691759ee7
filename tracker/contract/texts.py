"""Which texts are taken, as JSON Schema: the same characters and lengths by which `ingest.values` judges them."""

import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from tracker.ingest.values import is_unprintable

Schema = dict[str, Any]


def text(length_max: int, **more: object) -> Schema:
    """A text of so many characters that all can be shown; spaces around it do not count."""
    within, edge = f"[^{_unprintable()}]", f"[^{_unprintable()}{_space()}]"
    longest = f"{edge}(?:{within}{{0,{length_max - 2}}}{edge})?"
    return {"type": "string", "pattern": _padded(longest), **more}


def word(pattern: str, **more: object) -> Schema:
    """A text of the kind a regular expression describes; spaces around it do not count."""
    return {"type": "string", "pattern": _padded(pattern), **more}


def none_of(words: frozenset[str]) -> Schema:
    """Every text but these."""
    return {"not": {"pattern": _padded(f"(?:{'|'.join(sorted(words))})")}}


def optional(schema: Schema) -> Schema:
    """The same, or null, which says as much as leaving the field out."""
    return {"anyOf": [schema, {"type": "null"}]}


def _padded(pattern: str) -> str:
    return f"^[{_space()}]*{pattern}[{_space()}]*$"


@cache
def _unprintable() -> str:
    return _ranges(is_unprintable)


@cache
def _space() -> str:
    return _ranges(str.isspace)


def _ranges(belongs: Callable[[str], bool]) -> str:
    """The characters of a kind, as a class of a regular expression names them. Half pairs are no characters."""
    everything = (point for point in range(sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF)
    points = {point for point in everything if belongs(chr(point))}
    starts = sorted(point for point in points if point - 1 not in points)
    ends = sorted(point for point in points if point + 1 not in points)
    return "".join(
        _escaped(start) if start == end else f"{_escaped(start)}-{_escaped(end)}"
        for start, end in zip(starts, ends, strict=True)
    )


def _escaped(point: int) -> str:
    return f"\\u{point:04x}"
