"""Dates and numbers as a file writes them, by a declared format; nothing is guessed.

A date format is written with YYYY, YY, MM, M, DD and D: "DD.MM.YYYY" takes 01.09.2026, "D/M/YY" takes 1/9/26.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

DATE_PARTS = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short_year>\d{2})",
    "MM": r"(?P<month>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "DD": r"(?P<day>\d{2})",
    "D": r"(?P<day>\d{1,2})",
}
DECIMAL_MARKS = (".", ",")
GROUP_MARKS = ("", ".", ",", "'", " ")

_DATE_PART = re.compile("|".join(DATE_PARTS))
_SPACES = "[ \u00a0\u202f]"
_CURRENCY = re.compile(
    r"^(?:kr\.?|dkk|sek|nok|isk|eur|usd|gbp|chf|pln|jpy|€|\$|£)\s*"
    r"|\s*(?:kr\.?|dkk|sek|nok|isk|eur|usd|gbp|chf|pln|jpy|€|\$|£|:-|,-)$",
    re.IGNORECASE,
)
_TYPED = re.compile(
    r"(?P<whole>\d{1,3}(?:[.,' \u00a0\u202f]\d{3})+|\d+)(?:(?P<mark>[.,])(?P<decimals>\d{1,2}))?",
    re.ASCII,
)


class FormatError(ValueError):
    """A text that is not in the declared format, or a format that cannot be; the message says why."""


@dataclass(frozen=True, slots=True)
class DateFormat:
    """One way to write a date, such as "DD.MM.YYYY"."""

    text: str
    pattern: re.Pattern[str]

    def parse(self, text: str) -> date:
        """The day a text means. Raises FormatError."""
        match = self.pattern.fullmatch(text)
        if match is None:
            raise FormatError(f"“{text[:40]}” is not a date written as {self.text}")
        parts = match.groupdict()
        year = int(parts["year"]) if "year" in parts else 2000 + int(parts["short_year"])
        try:
            return date(year, int(parts["month"]), int(parts["day"]))
        except ValueError:
            raise FormatError(f"there is no day “{text}”") from None


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """One way to write numbers: the mark before decimals, and the one between groups of three ("": none)."""

    decimal_mark: str
    group_mark: str

    def plain(self, text: str) -> str:
        """The same number as digits with a point, such as 1234.50. Raises FormatError.

        >>> NumberFormat(",", ".").plain("1.234,50")
        '1234.50'
        """
        match = self._pattern().fullmatch(text.replace("\N{MINUS SIGN}", "-"))
        if match is None:
            example = f"1{self.group_mark}234{self.decimal_mark}50"
            raise FormatError(f"“{text[:40]}” is not a number written as {example}")
        whole = re.sub(r"[^\d-]", "", match["whole"])
        return f"{whole}.{match['decimals']}" if match["decimals"] else whole

    def _pattern(self) -> re.Pattern[str]:
        group = _SPACES if self.group_mark == " " else re.escape(self.group_mark)
        grouped = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+"
        whole = rf"{grouped}|\d+" if self.group_mark else r"\d+"
        decimals = rf"(?:{re.escape(self.decimal_mark)}(?P<decimals>\d{{1,9}}))?"
        return re.compile(rf"(?P<whole>-?(?:{whole})){decimals}", re.ASCII)


def without_currency(text: str) -> str:
    """A typed amount without the currency before or behind it: "kr. 500,-" is "500"."""
    bare = text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ").strip()
    return _CURRENCY.sub("", _CURRENCY.sub("", bare)).strip()


def plain_number(text: str) -> str:
    """A number as a European or English person types it, as digits with a point. Raises FormatError.

    What stands behind the last mark decides: one or two digits are decimals, three are a group. So 1.234 is one
    thousand and more, whoever writes it. A currency may stand around it; brackets or a minus behind mean below zero.

    >>> plain_number("1.234,50 kr."), plain_number("1,234.5"), plain_number("(1 234)")
    ('1234.50', '1234.5', '-1234')
    """
    bare = without_currency(text)
    is_below_zero = bare.startswith("-") or bare.endswith("-") or bare[:1] + bare[-1:] == "()"
    digits = bare.strip("-()+ \u00a0\u202f")
    match = _TYPED.fullmatch(digits)
    marks = re.sub(r"\d", "", match["whole"]) if match else ""
    decimal_mark = match["mark"] if match else None
    if match is None or len(set(marks)) > 1 or (decimal_mark and decimal_mark in marks):
        raise FormatError(f"“{text[:40]}” is not a number such as 1.234,50")
    whole = re.sub(r"\D", "", match["whole"])
    decimals = f".{match['decimals']}" if match["decimals"] else ""
    return f"{'-' if is_below_zero else ''}{whole}{decimals}"


def date_format(text: str) -> DateFormat:
    """The format a mapping declares. Raises FormatError when a year, a month or a day is missing or there twice."""
    pattern, position = "", 0
    kinds: list[str] = []
    for part in _DATE_PART.finditer(text):
        pattern += re.escape(text[position : part.start()]) + DATE_PARTS[part[0]]
        position, kinds = part.end(), [*kinds, part[0][0]]
    if sorted(kinds) != ["D", "M", "Y"] or re.search(r"\w", _DATE_PART.sub("", text)):
        raise FormatError(f"“{text[:40]}” is not a date format: use YYYY, MM and DD once each")
    return DateFormat(text, re.compile(pattern + re.escape(text[position:]), re.ASCII))


DATE_FORMATS = tuple(
    date_format(text)
    for text in (
        *("YYYY-MM-DD", "D.M.YYYY", "D-M-YYYY", "D/M/YYYY", "D.M.YY", "D-M-YY", "D/M/YY"),
        *("YYYY/M/D", "YYYY.MM.DD", "M/D/YYYY", "YYYYMMDD"),
    )
)
NUMBER_FORMATS = tuple(
    NumberFormat(decimal_mark, group_mark)
    for decimal_mark, group_mark in ((",", "."), (".", ","), (",", " "), (".", " "), (".", "'"))
)

Format = TypeVar("Format")


def best_format(
    formats: Sequence[Format],
    texts: Sequence[str],
    parse: Callable[[Format], Callable[[str], object]],
) -> Format:
    """The format that most of the texts are in; the earlier one on a draw."""

    def fits_count(one: Format) -> int:
        return sum(_fits(parse(one), text) for text in texts if text)

    return max(formats, key=fits_count)


def _fits(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except FormatError:
        return False
    return True
