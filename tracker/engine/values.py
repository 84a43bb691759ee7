"""Values that are made by the hundred thousand: never changed once made, and cheap to make.

A frozen dataclass sets each of its fields through a detour that costs as much as all the rest of making it. Here the
type checker alone forbids changing a field; equality and hash are those of a dataclass.
"""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(of: type[_Value]) -> type[_Value]:
    """A dataclass with slots, equality and a hash, whose fields are never set again."""
    return dataclass(slots=True, unsafe_hash=True)(of)
