"""Reads one table of a plan file, value by value, and notes every problem instead of stopping at the first.

A value that cannot be used comes back as None (or the given default) and its problem is noted, so that the rest of
the file is still looked at.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from fractions import Fraction
from typing import Any, TypeVar

from tracker.engine.money import MoneyError, parse_amount_minor
from tracker.engine.plan_files.plan_lines import KeyPath

NAME_LENGTH_MAX = 200
COUNT_DIGITS = 2
"""Deals and units are kept in hundredths, so that a split deal can count as half."""

_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class BareFloat:
    """A decimal written without quotes, kept as the text it was."""

    text: str


@dataclass(frozen=True, slots=True)
class PlanProblem:
    """One thing wrong in a plan file: the line (None: nowhere in particular), the key, what, and how to write it."""

    line: int | None
    key: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "the file"
        return f"{where}{', ' + self.key if self.key else ''}: {self.what} {self.fix}".rstrip()


@dataclass
class Report:
    """All problems found so far, each with the line of its key."""

    lines: Mapping[KeyPath, int] = field(default_factory=dict)
    problems: list[PlanProblem] = field(default_factory=list)

    def add(self, path: KeyPath, what: str, fix: str = "") -> None:
        self.problems.append(PlanProblem(self._line_of(path), key_text(path), what, fix))

    def _line_of(self, path: KeyPath) -> int | None:
        """The line of a key, or of the nearest table around it when the key itself is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


def key_text(path: KeyPath) -> str:
    """A key path as a person writes it; list elements count from 1: components[1].tiers[3].rate."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f"{'.' if text else ''}{part}"
    return text


@dataclass
class TableReader:
    """One table and where it stands. Every method looks at one key."""

    values: Mapping[str, Any]
    path: KeyPath
    report: Report

    def problem(self, key: str, what: str, fix: str = "") -> None:
        """Note a problem with a key of this table; "" means the table itself."""
        self.report.add((*self.path, key) if key else self.path, what, fix)

    def has(self, key: str) -> bool:
        return key in self.values

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Note every key that means nothing here, with the nearest one that does."""
        for key in self.values:
            if key in known:
                continue
            nearest = get_close_matches(key, known, n=1)
            guess = f'Did you mean "{nearest[0]}"? ' if nearest else ""
            self.problem(
                key, f'"{key}" is not a key of this table.', f"{guess}Known: {', '.join(known)}."
            )

    def require(self, key: str, example: str) -> bool:
        if key not in self.values:
            self.problem(key, f'"{key}" is missing.', f"Write {example}.")
        return key in self.values

    def word(self, key: str, example: str, default: str = "") -> str:
        """A text that is not empty."""
        value = self.values.get(key, default)
        if key not in self.values or self._is_word((*self.path, key), value, example):
            return str(value)
        return default

    def choice(self, key: str, kind: type[_Choice], default: _Choice) -> _Choice:
        """One of a fixed list of words."""
        allowed = [str(member) for member in kind]
        value = self.values.get(key, default)
        if isinstance(value, str) and value in allowed:
            return kind(value)
        listed = " or ".join(f'"{word}"' for word in allowed)
        nearest = get_close_matches(value, allowed, n=1) if isinstance(value, str) else []
        guess = f'Did you mean "{nearest[0]}"? ' if nearest else ""
        self.problem(key, f"{shown(value)} is not one of the choices.", f"{guess}Write {listed}.")
        return default

    def whole_number(self, key: str, lowest: int, highest: int, default: int) -> int:
        value = self.values.get(key, default)
        if type(value) is int and lowest <= value <= highest:
            return value
        self.problem(
            key,
            f"{shown(value)} is not a whole number from {lowest} to {highest}.",
            f"Write {key} = {default}.",
        )
        return default

    def amount_minor(self, key: str, digits: int, example: str) -> int | None:
        """Money in minor units, or a count in hundredths: a quoted decimal, or a whole number without quotes."""
        text = self._number_text(key, example)
        if text is None:
            return None
        try:
            return parse_amount_minor(text, digits)
        except MoneyError as error:
            self.problem(key, f"{error}.", f"Write {key} = {example}.")
        return None

    def positive_amount_minor(self, key: str, digits: int, example: str) -> int | None:
        amount_minor = self.amount_minor(key, digits, example)
        if amount_minor is not None and amount_minor <= 0:
            self.problem(key, f"{shown(self.values[key])} is not above zero.", f"Write {example}.")
            return None
        return amount_minor

    def percentage(self, key: str, example: str) -> Fraction | None:
        """A share or a rate, with its percent sign: "8%" is 8/100. Never negative."""
        text = self._number_text(key, example)
        if text is None:
            return None
        number = text.removesuffix("%").strip()
        if not text.endswith("%") or not _NUMBER.fullmatch(number):
            what = f"{shown(self.values[key])} is not a percentage."
            self.problem(key, what, f"Write it with its percent sign: {key} = {example}.")
            return None
        return self._not_negative(key, Fraction(number) / 100, example)

    def factor(self, key: str, example: str) -> Fraction | None:
        """A plain number such as "1.5"; "150%" says the same. Above zero."""
        text = self._number_text(key, example)
        if text is None:
            return None
        number = text.removesuffix("%").strip()
        if not _NUMBER.fullmatch(number):
            self.problem(
                key, f"{shown(self.values[key])} is not a number.", f"Write {key} = {example}."
            )
            return None
        value = Fraction(number) / (100 if text.endswith("%") else 1)
        if value <= 0:
            self.problem(
                key, f"{shown(self.values[key])} is not above zero.", f"Write {key} = {example}."
            )
            return None
        return value

    def day(self, key: str) -> date | None:
        """A date, in quotes or without; None when it is absent or wrong."""
        value = self.values.get(key)
        if type(value) is date:
            return value
        if value is None:
            return None
        if isinstance(value, str) and _DAY.fullmatch(value):
            with suppress(ValueError):
                return date.fromisoformat(value)
        self.problem(key, f"{shown(value)} is not a day.", f'Write {key} = "2026-01-31".')
        return None

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if isinstance(value, bool):
            return value
        self.problem(key, f"{shown(value)} is neither true nor false.", f"Write {key} = true.")
        return False

    def words(self, key: str, example: str) -> tuple[str, ...]:
        """A word or a list of words."""
        value = self.values.get(key, [])
        listed = value if isinstance(value, list) else [value]
        if key in self.values and not listed:
            self.problem(key, "an empty list matches nothing.", f"Write {key} = {example}.")
        path = (*self.path, key)
        paths: Iterable[KeyPath] = (
            ((*path, index) for index in range(len(listed))) if isinstance(value, list) else [path]
        )
        return tuple(
            word
            for place, word in zip(paths, listed, strict=True)
            if self._is_word(place, word, example)
        )

    def where(self, key: str) -> dict[str, tuple[str, ...]]:
        """A filter: { product = "Nova", segment = ["enterprise", "mid"] }."""
        table = self.table(key, '{ product = "Nova" }')
        if table is None:
            return {}
        return {name: table.words(name, '"Nova"') for name in table.values}

    def table(self, key: str, example: str) -> "TableReader | None":
        value = self.values.get(key, {})
        if isinstance(value, dict):
            return (
                TableReader(value, (*self.path, key), self.report) if key in self.values else None
            )
        self.problem(key, f"{shown(value)} is not a table.", f"Write {key} = {example}.")
        return None

    def tables(self, key: str, example: str) -> list["TableReader"]:
        """A list of tables, such as tiers = [ {...}, {...} ]."""
        value = self.values.get(key, [])
        path = (*self.path, key)
        if not isinstance(value, list):
            self.problem(key, f"{shown(value)} is not a list.", f"Write {key} = [ {example} ].")
            return []
        for index, element in enumerate(value):
            if not isinstance(element, dict):
                what = f"{shown(element)} is not a table."
                self.report.add((*path, index), what, f"Write {example}.")
        return [
            TableReader(element, (*path, index), self.report)
            for index, element in enumerate(value)
            if isinstance(element, dict)
        ]

    def _number_text(self, key: str, example: str) -> str | None:
        """The digits of a number, when it is written so that it stays exact."""
        value = self.values.get(key)
        if isinstance(value, BareFloat):
            what = f"{value.text} is written without quotes; a computer keeps such a number only nearly."
            self.problem(
                key, what, f'Put it in quotes, and it stays exact: {key} = "{value.text}".'
            )
        elif isinstance(value, str):
            return value.strip()
        elif type(value) is int:
            return str(value) if abs(value) < 10**20 else "9" * 20
        elif value is not None:
            self.problem(key, f"{shown(value)} is not a number.", f"Write {key} = {example}.")
        return None

    def _not_negative(self, key: str, value: Fraction, example: str) -> Fraction | None:
        if value >= 0:
            return value
        self.problem(key, f"{shown(self.values[key])} is negative.", f"Write {key} = {example}.")
        return None

    def _is_word(self, path: KeyPath, value: object, example: str) -> bool:
        if not isinstance(value, str):
            what, fix = f"{shown(value)} is not a text in quotes.", f"Write it as {example}."
        elif not value.strip():
            what, fix = "the text is empty.", f"Write it as {example}."
        elif len(value) > NAME_LENGTH_MAX:
            what = f"the text has {len(value)} characters; at most {NAME_LENGTH_MAX} are possible."
            fix = "Shorten it."
        elif not value.isprintable():
            what, fix = "the text holds a control character.", "Write it with visible characters."
        else:
            return True
        self.report.add(path, what, fix)
        return False


def shown(value: object) -> str:
    """A value as it stands in the file, cut to a readable length."""
    if isinstance(value, BareFloat):
        return value.text
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value[:40]}"'
    return (
        "a table"
        if isinstance(value, dict)
        else "a list"
        if isinstance(value, list)
        else str(value)[:40]
    )
