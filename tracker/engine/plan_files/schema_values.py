"""What JSON Schemas of our files are made of: keys, tables, and what a key may hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.engine.agreement.plans import COUNT_MEASURES, MONEY_MEASURES
from tracker.engine.plan_files.plan_over_time import MONTHS_MAX
from tracker.engine.plan_files.plan_reader import NAME_LENGTH_MAX

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a table: what it means, what it may hold, and whether the table is nothing without it."""

    meaning: str
    holds: Schema
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The keys of one kind of table, and what must be true of several of them together.

    `others` is what any further key may hold; False: there is none.
    """

    keys: Mapping[str, Key]
    rules: Schema = field(default_factory=dict)
    others: Schema | bool = False


# --- what a key may hold ---------------------------------------------------------------------------------------------

_ABOVE_ZERO = "(?=[^%]*[1-9])"
_AMOUNT = r"[0-9]{1,14}(\.[0-9]{1,2})?"
_NUMBER = r"[0-9]{1,12}(\.[0-9]{1,12})?"

WORD: Schema = {"type": "string", "minLength": 1, "maxLength": NAME_LENGTH_MAX, "pattern": r"\S"}
WORDS: Schema = {"anyOf": [WORD, {"type": "array", "items": WORD, "minItems": 1}]}
WHERE: Schema = {"type": "object", "additionalProperties": WORDS}
FLAG: Schema = {"type": "boolean"}
DAY: Schema = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
COMPONENT_KEY: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,59}$"}
PERCENTAGE: Schema = {"type": "string", "pattern": rf"^\s*{_NUMBER}\s*%\s*$"}
SHARE_ABOVE_ZERO: Schema = {"type": "string", "pattern": rf"^\s*{_ABOVE_ZERO}{_NUMBER}\s*%\s*$"}
AMOUNT: Schema = {"type": ["string", "integer"], "minimum": 0, "pattern": rf"^\s*{_AMOUNT}\s*$"}
SIGNED_AMOUNT: Schema = {"type": ["string", "integer"], "pattern": rf"^\s*-?{_AMOUNT}\s*$"}
AMOUNT_ABOVE_ZERO: Schema = {
    "type": ["string", "integer"],
    "minimum": 1,
    "pattern": rf"^\s*{_ABOVE_ZERO}{_AMOUNT}\s*$",
}
FACTOR: Schema = {
    "type": ["string", "integer"],
    "minimum": 1,
    "pattern": rf"^\s*{_ABOVE_ZERO}{_NUMBER}\s*%?\s*$",
}
PART: Schema = {
    "type": "string",
    "pattern": rf"^\s*{_ABOVE_ZERO}(100(\.0{{1,12}})?|[0-9]{{1,2}}(\.[0-9]{{1,12}})?)\s*%\s*$",
}
MONTHS: Schema = {"type": "integer", "minimum": 1, "maximum": MONTHS_MAX}
WEIGHT: Schema = {"anyOf": [AMOUNT, PERCENTAGE]}
BOUND: Schema = {"anyOf": [AMOUNT_ABOVE_ZERO, SHARE_ABOVE_ZERO]}
QUOTAS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": r"^[0-9]{4}(-(0[1-9]|1[0-2]|Q[1-4]))?$"},
    "additionalProperties": AMOUNT,
}
MEASURES = sorted(MONEY_MEASURES | COUNT_MEASURES)
COUNTS = sorted(COUNT_MEASURES)


def one_of(words: Any) -> Schema:
    return {"enum": [str(word) for word in words]}


def table_named(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def numbers(each: Schema, fewest: int, most: int) -> Schema:
    return {"type": "array", "items": each, "minItems": fewest, "maxItems": most}


def list_of(name: str) -> Schema:
    return {"type": "array", "items": table_named(name), "minItems": 1}


def document(title: str, root: str, tables: Mapping[str, Table]) -> dict[str, Any]:
    """The schema of a file whose outermost table is `root`."""
    definitions = {name: as_object(table) for name, table in tables.items() if name != root}
    return {"$schema": DIALECT, "title": title, **as_object(tables[root]), "$defs": definitions}


def as_object(table: Table) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            name: {"description": key.meaning, **key.holds} for name, key in table.keys.items()
        },
        "required": [name for name, key in table.keys.items() if key.is_needed],
        "additionalProperties": table.others,
        **table.rules,
    }
