"""Reads the fields of one record; whatever is wrong is noted with the field's path, and reading goes on.

A method returns a harmless stand-in for a field that is missing or wrong. So a record's problems must be looked at
before anything read from it is used.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from fractions import Fraction

from tracker.engine.money import MoneyError, parse_amount_minor
from tracker.errors import Problem
from tracker.ingest.strict_json import JsonValue, Number
from tracker.ingest.values import (
    kind_of,
    parse_day,
    parse_moment,
    parse_share,
    shown,
    text_problem,
)

TEXT_LENGTH_MAX = 200
UNKNOWN_NAMED_MAX = 20
VERSION_MAX = 2**63 - 1

_WHOLE = re.compile(r"\d{1,19}", re.ASCII)


class Fields:
    """One record's fields. `path` is what its problems are named after, such as "deal.credits[0]"."""

    def __init__(self, values: Mapping[str, JsonValue], path: str, problems: list[Problem]) -> None:
        self._values = values
        self._path = path
        self._problems = problems
        self._known: list[str] = []

    def where(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def complain(self, name: str, what: str, fix: str) -> None:
        self._problems.append(Problem(self.where(name), what, fix))

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def is_empty_list(self, name: str) -> bool:
        return self._values.get(name) == []

    def refuse_unknown(self) -> None:
        """Names every field that nothing has read so far: call it last."""
        unknown = [name for name in self._values if name not in self._known]
        for name in unknown[:UNKNOWN_NAMED_MAX]:
            close = get_close_matches(name[:60], self._known, n=1)
            fix = f"Did you mean {close[0]}?" if close else "Leave it out."
            self.complain(shown(name), "there is no such field.", fix)
        if more_count := len(unknown[UNKNOWN_NAMED_MAX:]):
            self.complain("…", f"there are {more_count:,} more such fields.", "Leave them out.")

    # --- one value each ------------------------------------------------------------------------------------------

    def text(self, name: str, *, required: bool = False, length_max: int = TEXT_LENGTH_MAX) -> str:
        """Trimmed text in NFC; "" when it is absent."""
        value = self._take(name, required)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.complain(name, f"{kind_of(value)} is not text.", "Put it in double quotes.")
            return ""
        text = value.strip()
        if problem := text_problem(text, length_max):
            self.complain(name, *problem)
            return ""
        return unicodedata.normalize("NFC", text)[:length_max]

    def choice(self, name: str, choices: list[str]) -> str:
        """One of the words; the first of them where it is missing or wrong."""
        text = self.text(name, required=True)
        if text and text not in choices:
            self.complain(name, f"“{shown(text)}” is not known.", f"Write {', '.join(choices)}.")
        return text if text in choices else choices[0]

    def flag(self, name: str) -> bool:
        value = self._take(name, required=False)
        if value is not None and not isinstance(value, bool):
            self.complain(name, f"{kind_of(value)} is not true or false.", "Write true or false.")
        return value is True

    def amount_minor(self, name: str, digits: int, *, required: bool = False) -> int | None:
        """Minor units of an amount written as text or as a number; None when it is absent."""
        text = self._numeral(name, required)
        if text is None:
            return None
        try:
            return parse_amount_minor(text, digits)
        except MoneyError as error:
            self.complain(name, f"{error}.", "Write the whole amount, such as “1250.50”.")
            return None

    def version(self, name: str) -> int | None:
        text = self._numeral(name, required=False)
        if text is None:
            return None
        if not _WHOLE.fullmatch(text) or int(text) > VERSION_MAX:
            self.complain(
                name,
                f"“{shown(text)}” is not a version.",
                f"Write a whole number from 0 to {VERSION_MAX}, or leave it out to order by occurred_at.",
            )
            return None
        return int(text)

    def share(self, name: str) -> Fraction | None:
        """A part of one, exactly: "25%", "1/3" or 0.25; None when it is absent or wrong."""
        text = self._numeral(name, required=False)
        if text is None:
            return None
        share = parse_share(text)
        if share is None:
            self.complain(
                name,
                f"“{shown(text)}” is not a share.",
                "Write a percentage such as “25%”, or a part such as “1/3”, at most 100% in all.",
            )
        return share

    def day(self, name: str, first: date, last: date, *, required: bool = False) -> date | None:
        """A date such as 2026-11-22 between two others."""
        text = self.text(name, required=required)
        if not text:
            return None
        day = parse_day(text)
        if day is None:
            self.complain(name, f"“{shown(text)}” is no date.", "Write it as 2026-11-22.")
        elif not first <= day <= last:
            self.complain(name, f"{day} is out of range.", f"Write a date from {first} to {last}.")
            return None
        return day

    def moment(self, name: str, first: datetime, last: datetime) -> datetime | None:
        """An instant with its zone, such as 2026-11-22T10:15:00Z, between two others; in UTC."""
        text = self.text(name, required=True)
        if not text:
            return None
        moment = parse_moment(text)
        if moment is None:
            self.complain(
                name,
                f"“{shown(text)}” is no moment in time.",
                "Write date, time and zone, such as 2026-11-22T10:15:00Z.",
            )
        elif not first <= moment <= last:
            self.complain(
                name,
                f"{text} is out of range.",
                f"Write a moment from {first:%Y-%m-%d} to {last:%Y-%m-%d}; is the sender's clock right?",
            )
            return None
        return moment

    # --- several values ------------------------------------------------------------------------------------------

    def words(self, name: str, *, length_max: int, count_max: int) -> list[str]:
        """A list of texts, each trimmed and not empty."""
        values = self._list(name, count_max)
        entries = Fields(
            {f"{name}[{index}]": value for index, value in enumerate(values)},
            self._path,
            self._problems,
        )
        return [entries.text(key, required=True, length_max=length_max) for key in entries.names()]

    def record(self, name: str) -> "Fields | None":
        value = self._take(name, required=False)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.complain(name, f"{kind_of(value)} is not an object.", "Write { … }.")
            return None
        return Fields(value, self.where(name), self._problems)

    def records(self, name: str, *, count_max: int) -> "list[Fields]":
        parts = []
        for index, value in enumerate(self._list(name, count_max)):
            if isinstance(value, dict):
                where = self.where(f"{name}[{index}]")
                parts.append(Fields(value, where, self._problems))
            else:
                what = f"{kind_of(value)} is not an object."
                self.complain(f"{name}[{index}]", what, "Write { … }.")
        return parts

    def names(self) -> Iterator[str]:
        return iter(self._values)

    # --- shared --------------------------------------------------------------------------------------------------

    def _take(self, name: str, required: bool) -> JsonValue:
        self._known.append(name)
        value = self._values.get(name)
        if value is None and required:
            self.complain(name, "is missing.", "It is needed on every event.")
        return value

    def _numeral(self, name: str, required: bool) -> str | None:
        value = self._values.get(name)
        if isinstance(value, Number):
            self._known.append(name)
            return value.text
        return self.text(name, required=required) or None

    def _list(self, name: str, count_max: int) -> list[JsonValue]:
        value = self._take(name, required=False)
        if value is None:
            return []
        if not isinstance(value, list):
            self.complain(name, f"{kind_of(value)} is not a list.", "Write [ … ].")
            return []
        if len(value) > count_max:
            self.complain(name, f"{len(value)} entries are too many.", f"Send up to {count_max}.")
            return []
        return value
