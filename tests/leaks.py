"""Finds an amount in any text, however it is written."""

import re

SEPARATOR = r"(?:[.,'\s\u00a0\u202f\u2009]|&nbsp;|&#160;|&#8239;)?"


def found_amounts(text: str, amounts_minor: dict[str, int]) -> set[str]:
    """The names of the amounts that stand in a text: grouped or bare, with decimals, rounded or in minor units."""
    return {name for name, minor in amounts_minor.items() if re.search(pattern_of(minor), text)}


def pattern_of(amount_minor: int) -> str:
    """Finds an amount however it is written."""
    magnitude = abs(amount_minor)
    readings = {magnitude // 100, (magnitude + 50) // 100, magnitude}
    return "|".join(rf"(?<!\d){_grouped(number)}(?!\d)" for number in sorted(readings))


def _grouped(number: int) -> str:
    """The digits with an optional separator wherever one may stand: 1234567 as 1.234.567."""
    return SEPARATOR.join(f"{number:,}".split(","))
