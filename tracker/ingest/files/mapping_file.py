"""A mapping as a TOML file: strict, and every problem of it named at once, each with its line.

source = "crm"                     # deals only: what these deals are known under
encoding = "utf-8"                 # or cp1252, iso-8859-1
delimiter = ";"                    # left out: the one the first line uses
date_format = "DD.MM.YYYY"
decimal_mark = ","
group_mark = "."

[fields]
deal_id = "Deal No."                                                  # a column
status = { column = "Stage", map = { Won = "won", Lost = "lost" } }   # ... with its words translated
effective_on = { column = ["Closed", "Expected"], default = "2026-12-31" }
currency = { text = "DKK" }                                           # the same in each row
team = { text = "{Office}, {Manager}" }                               # made of columns
"""

import tomllib
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

from tracker.engine.plan_files.plan_lines import KeyPath, lines_of
from tracker.engine.plan_files.plan_reader import key_text
from tracker.errors import BadInput, Problem
from tracker.ingest.files.formats import (
    DECIMAL_MARKS,
    GROUP_MARKS,
    DateFormat,
    FormatError,
    NumberFormat,
    date_format,
)
from tracker.ingest.files.mapping import FileMapping, Kind, Rule
from tracker.ingest.values import shown

ENCODINGS = ("utf-8", "cp1252", "iso-8859-1")
DELIMITERS = (",", ";", "\t", "|")
TOP_KEYS = ("encoding", "delimiter", "date_format", "decimal_mark", "group_mark", "fields")
RULE_KEYS = ("column", "text", "map", "default")
OWN_DATE_FORMAT = "YYYY-MM-DD"


class BadMapping(BadInput):
    """A mapping that cannot be used."""

    summary = "This mapping cannot be used as it is:"


def parse_mapping(text: str, kind: Kind) -> FileMapping:
    """The mapping a file describes, for one kind of import. Raises BadMapping with all problems of the file."""
    return _MappingReader(text, kind).read()


class _MappingReader:
    def __init__(self, text: str, kind: Kind) -> None:
        self.kind = kind
        self.problems: list[Problem] = []
        try:
            self.values: dict[str, Any] = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            fix = "Correct the line; texts stand in quotes."
            raise BadMapping([Problem("the file", f"is not TOML: {error}.", fix)]) from None
        self.lines = lines_of(text)

    def read(self) -> FileMapping:
        top_keys = (*TOP_KEYS, "source") if self.kind.has_source else TOP_KEYS
        self._refuse_unknown((), self.values, top_keys)
        mapping = FileMapping(
            kind=self.kind,
            rules=self._rules(),
            encoding=self._choice("encoding", ENCODINGS) or ENCODINGS[0],
            delimiter=self._choice("delimiter", DELIMITERS),
            date_format=self._date_format(),
            number_format=self._number_format(),
            source=self._source(),
        )
        if self.problems:
            raise BadMapping(self.problems)
        return mapping

    # --- how the file is written -----------------------------------------------------------------------------------

    def _choice(self, key: str, choices: Sequence[str]) -> str | None:
        value = self.values.get(key)
        if value is not None and value not in choices:
            known = ", ".join(f"“{choice}”" for choice in choices)
            self._complain((key,), f"“{shown(str(value))}” is not known.", f"Write one of {known}.")
        return value if value in choices else None

    def _date_format(self) -> DateFormat:
        try:
            return date_format(str(self.values.get("date_format", OWN_DATE_FORMAT)))
        except FormatError as error:
            self._complain(("date_format",), f"{error}.", "For example “DD.MM.YYYY”.")
            return date_format(OWN_DATE_FORMAT)

    def _number_format(self) -> NumberFormat:
        decimal_mark = self._choice("decimal_mark", DECIMAL_MARKS) or "."
        group_mark = self._choice("group_mark", GROUP_MARKS) or ""
        if decimal_mark == group_mark:
            self._complain(("group_mark",), "is the decimal mark, too.", "Choose another.")
        return NumberFormat(decimal_mark, group_mark)

    def _source(self) -> str:
        source = self.values.get("source", "")
        if self.kind.has_source and (not isinstance(source, str) or not source):
            what = "is missing: what the deals of this file are known under."
            self._complain(("source",), what, 'Write source = "crm" at the top.')
            return ""
        return str(source)

    # --- what its columns mean ---------------------------------------------------------------------------------------

    def _rules(self) -> dict[str, Rule]:
        fields = self.values.get("fields")
        if not isinstance(fields, dict) or not fields:
            what = "there is no table [fields]."
            self._complain((), what, f"Say where {', '.join(self.kind.needed)} come from.")
            return {}
        flat = self._with_properties(fields)
        self._refuse_unknown(("fields",), fields, (*self.kind.fields, *self._table_keys()))
        for name in self.kind.needed:
            if name not in fields:
                what = f"{name} is missing."
                self._complain(("fields",), what, f'Write {name} = "…", with the column it is in.')
        return {name: self._rule(path, value) for name, (path, value) in flat.items()}

    def _table_keys(self) -> tuple[str, ...]:
        return ("properties",) if self.kind.has_properties else ()

    def _with_properties(self, fields: dict[str, Any]) -> dict[str, tuple[KeyPath, Any]]:
        """Fields by name; the table [fields.properties] becomes "properties.NAME"."""
        flat: dict[str, tuple[KeyPath, Any]] = {}
        for name, value in fields.items():
            if name == "properties" and self.kind.has_properties and isinstance(value, dict):
                for inner, rule in value.items():
                    flat[f"properties.{inner}"] = ("fields", "properties", inner), rule
            elif name in self.kind.fields:
                flat[name] = ("fields", name), value
        return flat

    def _rule(self, path: KeyPath, value: Any) -> Rule:
        if isinstance(value, str) and value:
            return Rule(columns=(value,))
        if not isinstance(value, dict):
            self._complain(path, "names no column.", 'Write "COLUMN" or { column = "…" }.')
            return Rule()
        self._refuse_unknown(path, value, RULE_KEYS)
        if ("column" in value) == ("text" in value):
            self._complain(path, "needs either column or text.", 'Write { column = "…" }.')
        if "map" in value and "column" not in value:
            self._complain((*path, "map"), "needs a column.", "Write column = “…” beside it.")
        return Rule(
            columns=self._columns(path, value),
            text=self._text((*path, "text"), value.get("text", "")),
            translations=self._translations(path, value.get("map", {})),
            default=self._text((*path, "default"), value.get("default", "")),
        )

    def _columns(self, path: KeyPath, value: dict[str, Any]) -> tuple[str, ...]:
        columns = value.get("column", ())
        columns = [columns] if isinstance(columns, str) else columns
        if columns == ():
            return ()
        if (
            not isinstance(columns, list)
            or not columns
            or not all(_is_name(name) for name in columns)
        ):
            self._complain((*path, "column"), "is no column.", 'Write "A" or ["A", "B"].')
            return ()
        return tuple(columns)

    def _translations(self, path: KeyPath, value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(to, str) for to in value.values()):
            what = "is not a table of texts."
            self._complain((*path, "map"), what, 'Write map = { Won = "won" }.')
            return {}
        return value

    def _text(self, path: KeyPath, value: Any) -> str:
        if not isinstance(value, str):
            self._complain(path, "is not text.", "Put it in quotes.")
            return ""
        return value

    # --- shared ------------------------------------------------------------------------------------------------------

    def _refuse_unknown(self, path: KeyPath, table: dict[str, Any], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                fix = (
                    f"Did you mean {close[0]}?"
                    if close
                    else f"Known are {', '.join(sorted(known))}."
                )
                self._complain((*path, key), "there is no such key.", fix)

    def _complain(self, path: KeyPath, what: str, fix: str) -> None:
        line = self.lines.get(path)
        where = ", ".join(filter(None, (f"line {line}" if line else "", key_text(path))))
        self.problems.append(Problem(where or "the file", what, fix))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and value != ""
