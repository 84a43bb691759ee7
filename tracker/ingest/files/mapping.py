"""Which column of a file means what: rules for the fields of one kind of import, applied row by row."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tracker.errors import Problem
from tracker.ingest.fields import Fields
from tracker.ingest.files.cells import Addresses, Cell, Row, cell_text
from tracker.ingest.files.formats import DateFormat, FormatError, NumberFormat
from tracker.ingest.files.workbook import NOT_CALCULATED

PLACE = re.compile(r"\{([^{}|]+)(\|slug)?\}")
"""A column's place in a text: {manager}, or {manager|slug} for what fits an e-mail address."""

FORMULA_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})

# Letters that are not a plain letter with an accent, so that no normal form takes them apart.
_SPELLED_OUT = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l"})


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of import: the fields it knows, and which of them are dates, numbers or needed."""

    name: str
    fields: frozenset[str]
    needed: tuple[str, ...]
    dates: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    has_properties: bool = False
    has_source: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one field comes from: the first of `columns` that is not empty, or a `text` with columns in it.

    `translations` replaces whole values; `default` stands in when nothing is there, written as we write things.
    """

    columns: tuple[str, ...] = ()
    text: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
    default: str = ""

    @property
    def all_columns(self) -> tuple[str, ...]:
        return self.columns or tuple(place[1].strip() for place in PLACE.finditer(self.text))


@dataclass(frozen=True, slots=True)
class Values:
    """The fields of one row as plain text, in our own formats; `empty` names those the file said nothing for.

    One that is not in the declared format is as it was written. `where` names the cell of a field, or the row.
    """

    row: int
    by_field: Mapping[str, str]
    empty: tuple[str, ...]
    problems: tuple[Problem, ...]
    where: Callable[[str], str]


class RowFields(Fields):
    """The fields of one row of a file; their problems are named after the cells they stand in."""

    def __init__(self, values: Values, problems: list[Problem]) -> None:
        super().__init__(values.by_field, "", problems)
        self._where = values.where

    def where(self, name: str) -> str:
        return self._where(name)


@dataclass(frozen=True, slots=True)
class FileMapping:
    """How one file is written and what its columns mean. `source` names where its deals come from."""

    kind: Kind
    rules: Mapping[str, Rule]
    encoding: str
    delimiter: str | None
    date_format: DateFormat
    number_format: NumberFormat
    source: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the mapping needs."""
        return frozenset(name for rule in self.rules.values() for name in rule.all_columns)

    def values_of(self, row: Row, addresses: Addresses) -> Values:
        """The fields of one row. A value that is not in the declared format becomes a problem."""

        def where(name: str) -> str:
            column = self._column_of(name, row.cells)
            return f"{addresses.of(row.number, column)}, {name}"

        found: dict[str, str] = {}
        empty, problems = [], []
        for name, rule in self.rules.items():
            try:
                text = self._text_of(name, rule, row.cells)
            except FormatError as error:
                fix = "Correct the file, or the format in the mapping."
                problems.append(Problem(where(name), f"{error}.", fix))
                text = self._as_written(rule, row.cells)
            if not text:
                empty.append(name)
            if text or rule.default:
                found[name] = text or rule.default
        return Values(row.number, found, tuple(empty), tuple(problems), where)

    def _column_of(self, name: str, cells: Mapping[str, Cell]) -> str:
        """The column that a field was read from, or the first it could have been."""
        rule = self.rules.get(name)
        columns = rule.all_columns if rule else ()
        return next(
            (one for one in columns if cells.get(one, "") != ""), columns[0] if columns else ""
        )

    def _text_of(self, name: str, rule: Rule, cells: Mapping[str, Cell]) -> str:
        if not rule.columns:
            return _put_together(rule, cells)
        cell = next((cells[column] for column in rule.columns if cells[column] != ""), "")
        if isinstance(cell, str):
            return self._plain(name, rule.translations.get(cell, cell)) if cell else ""
        if name in self.kind.dates and isinstance(cell, Fraction):
            raise FormatError(f"{cell_text(cell)} is a number, and no date")
        if name in self.kind.numbers and isinstance(cell, date):
            raise FormatError(f"{cell_text(cell)} is a date, and no number")
        return rule.translations.get(cell_text(cell), cell_text(cell))

    def _as_written(self, rule: Rule, cells: Mapping[str, Cell]) -> str:
        return next((cell_text(cells[one]) for one in rule.columns if cells[one] != ""), "")

    def _plain(self, name: str, text: str) -> str:
        if text == NOT_CALCULATED:
            raise FormatError("the formula there has not been worked out")
        if text in FORMULA_ERRORS:
            raise FormatError(f"the formula there came to {text}")
        if name in self.kind.dates:
            return self.date_format.parse(text).isoformat()
        if name in self.kind.numbers:
            return self.number_format.plain(text)
        return text


def slug(text: str) -> str:
    """Text as it fits an e-mail address: "Søren Bæk-Åby" becomes soren.baek-aby."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_SPELLED_OUT))
    plain = parts.encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9-]+", ".", plain).strip(".-")


def _put_together(rule: Rule, cells: Mapping[str, Cell]) -> str:
    if rule.all_columns and not any(cells[name] != "" for name in rule.all_columns):
        return ""
    return PLACE.sub(lambda place: _in_place(place, cells), rule.text).strip()


def _in_place(place: re.Match[str], cells: Mapping[str, Cell]) -> str:
    text = cell_text(cells[place[1].strip()])
    return slug(text) if place[2] else text
