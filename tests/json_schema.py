"""As much of JSON Schema (2020-12) as our schemas use: what is wrong with a value, in a few words each."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

Schema = Mapping[str, Any]

TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
}


def complaints(value: Any, document: Schema) -> list[str]:
    """Everything the schema has against a value; empty when it is valid."""
    return list(_Judge(document).complaints(value, document, ""))


class _Judge:
    def __init__(self, document: Schema) -> None:
        self.document = document

    def complaints(self, value: Any, schema: Schema, where: str) -> Iterator[str]:
        for keyword, rule in schema.items():
            if keyword in ("description", "title", "then", "else", "$schema", "$defs"):
                continue
            yield from getattr(self, f"_{keyword.replace('$', '')}")(value, rule, where, schema)

    def is_valid(self, value: Any, schema: Schema) -> bool:
        return not any(True for _ in self.complaints(value, schema, ""))

    def _ref(self, value: Any, rule: str, where: str, _: Schema) -> Iterator[str]:
        name = rule.removeprefix("#/$defs/")
        yield from self.complaints(value, self.document["$defs"][name], where)

    def _type(self, value: Any, rule: str | list[str], where: str, _: Schema) -> Iterator[str]:
        if not any(TYPES[name](value) for name in ([rule] if isinstance(rule, str) else rule)):
            yield f"{where}: not {rule}"

    def _enum(self, value: Any, rule: list[Any], where: str, _: Schema) -> Iterator[str]:
        if value not in rule:
            yield f"{where}: not one of {rule}"

    def _const(self, value: Any, rule: Any, where: str, _: Schema) -> Iterator[str]:
        if value != rule:
            yield f"{where}: not {rule}"

    def _pattern(self, value: Any, rule: str, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, str) and not re.search(rule, value):
            yield f"{where}: {value!r} does not match {rule}"

    def _format(self, value: Any, rule: str, where: str, _: Schema) -> Iterator[str]:
        assert rule == "date"
        try:
            date.fromisoformat(value)
        except (TypeError, ValueError):
            yield f"{where}: no date"

    def _minLength(self, value: Any, rule: int, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, str) and len(value) < rule:
            yield f"{where}: too short"

    def _maxLength(self, value: Any, rule: int, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, str) and len(value) > rule:
            yield f"{where}: too long"

    def _minimum(self, value: Any, rule: int, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, int) and value < rule:
            yield f"{where}: below {rule}"

    def _maximum(self, value: Any, rule: int, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, int) and value > rule:
            yield f"{where}: above {rule}"

    def _minItems(self, value: Any, rule: int, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, list) and len(value) < rule:
            yield f"{where}: fewer than {rule}"

    def _maxItems(self, value: Any, rule: int, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, list) and len(value) > rule:
            yield f"{where}: more than {rule}"

    def _items(self, value: Any, rule: Schema, where: str, _: Schema) -> Iterator[str]:
        for index, element in enumerate(value if isinstance(value, list) else ()):
            yield from self.complaints(element, rule, f"{where}[{index + 1}]")

    def _contains(self, value: Any, rule: Schema, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, list) and not any(self.is_valid(element, rule) for element in value):
            yield f"{where}: none is as wanted"

    def _properties(self, value: Any, rule: Schema, where: str, _: Schema) -> Iterator[str]:
        for name, schema in rule.items():
            if isinstance(value, dict) and name in value:
                yield from self.complaints(value[name], schema, f"{where}.{name}")

    def _additionalProperties(
        self, value: Any, rule: Any, where: str, schema: Schema
    ) -> Iterator[str]:
        known = schema.get("properties", {})
        for name in (
            name for name in (value if isinstance(value, dict) else ()) if name not in known
        ):
            if rule is False:
                yield f"{where}: {name} is unknown"
            else:
                yield from self.complaints(value[name], rule, f"{where}.{name}")

    def _minProperties(self, value: Any, rule: int, where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, dict) and len(value) < rule:
            yield f"{where}: fewer than {rule}"

    def _propertyNames(self, value: Any, rule: Schema, where: str, _: Schema) -> Iterator[str]:
        for name in value if isinstance(value, dict) else ():
            yield from self.complaints(name, rule, f"{where}.{name}")

    def _required(self, value: Any, rule: list[str], where: str, _: Schema) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (f"{where}: {name} is missing" for name in rule if name not in value)

    def _dependentRequired(self, value: Any, rule: Schema, where: str, _: Schema) -> Iterator[str]:
        for name, needed in rule.items():
            if isinstance(value, dict) and name in value:
                yield from self._required(value, needed, where, {})

    def _not(self, value: Any, rule: Schema, where: str, _: Schema) -> Iterator[str]:
        if self.is_valid(value, rule):
            yield f"{where}: excluded by {rule}"

    def _anyOf(self, value: Any, rule: list[Schema], where: str, _: Schema) -> Iterator[str]:
        if not any(self.is_valid(value, schema) for schema in rule):
            yield f"{where}: none of {rule}"

    def _oneOf(self, value: Any, rule: list[Schema], where: str, _: Schema) -> Iterator[str]:
        if sum(self.is_valid(value, schema) for schema in rule) != 1:
            yield f"{where}: not exactly one of {rule}"

    def _allOf(self, value: Any, rule: list[Schema], where: str, _: Schema) -> Iterator[str]:
        for schema in rule:
            yield from self.complaints(value, schema, where)

    def _if(self, value: Any, rule: Schema, where: str, schema: Schema) -> Iterator[str]:
        branch = "then" if self.is_valid(value, rule) else "else"
        yield from self.complaints(value, schema.get(branch, {}), where)
