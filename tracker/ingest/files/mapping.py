"""Which column of a file means what: rules for the fields of one kind of import, applied row by row."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from tracker.errors import Problem
from tracker.ingest.files.formats import DateFormat, FormatError, NumberFormat

PLACE = re.compile(r"\{([^{}|]+)(\|slug)?\}")
"""A column's place in a text: {manager}, or {manager|slug} for what fits an e-mail address."""

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
    """The fields of one row as plain text, in our own formats; `empty` names those the file said nothing for."""

    line: int
    by_field: Mapping[str, str]
    empty: tuple[str, ...]
    problems: tuple[Problem, ...]


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

    def values_of(self, line: int, cells: Mapping[str, str]) -> Values:
        """The fields of one row. A value that is not in the declared format becomes a problem."""
        found: dict[str, str] = {}
        empty, problems = [], []
        for name, rule in self.rules.items():
            text = _text_of(rule, cells)
            if not text:
                empty.append(name)
            try:
                text = self._plain(name, text) if text and rule.columns else text
            except FormatError as error:
                fix = "Correct the file, or the format in the mapping."
                problems.append(Problem(f"line {line}, {name}", f"{error}.", fix))
                continue
            if text or rule.default:
                found[name] = text or rule.default
        return Values(line, found, tuple(empty), tuple(problems))

    def _plain(self, name: str, text: str) -> str:
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


def _text_of(rule: Rule, cells: Mapping[str, str]) -> str:
    if rule.columns:
        text = next((cells[name] for name in rule.columns if cells[name]), "")
        return rule.translations.get(text, text)
    if rule.all_columns and not any(cells[name] for name in rule.all_columns):
        return ""
    return PLACE.sub(lambda place: _in_place(place, cells), rule.text).strip()


def _in_place(place: re.Match[str], cells: Mapping[str, str]) -> str:
    text = cells[place[1].strip()]
    return slug(text) if place[2] else text
