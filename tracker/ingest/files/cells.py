"""Cells of a table, whatever file they stand in, and the addresses people find them by: C17, or Deals!C17."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from tracker.errors import Problem

Cell = str | date | Fraction
"""Text, or, of a workbook, a day or the exact number that it shows."""

DECIMALS_MAX = 400
"""A number of a workbook has fewer decimals than this."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty: its number as a spreadsheet counts it, and its cells by column."""

    number: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, and why."""

    number: int
    problem: Problem


@dataclass(frozen=True)
class Addresses:
    """Names the cells of one table. `sheet` "": the file has none."""

    sheet: str
    header: Sequence[str]

    def of(self, number: int, column: str = "") -> str:
        """Where a row, or its cell in a column, is found."""
        letters = self._letters.get(column, "")
        if not letters:
            return f"{self.sheet}, row {number}" if self.sheet else f"row {number}"
        return f"{self.sheet}!{letters}{number}" if self.sheet else f"{letters}{number}"

    @cached_property
    def _letters(self) -> Mapping[str, str]:
        return {name: column_letters(place) for place, name in reversed([*enumerate(self.header)])}


def column_letters(place: int) -> str:
    """The letters of a column, counted from 0: A, B … Z, AA."""
    letters, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def column_number(letters: str) -> int:
    """The number of a column, counted from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def cell_text(cell: Cell) -> str:
    """A cell as text: a number with all its decimals and a point, a day as 2026-11-22."""
    if isinstance(cell, Fraction):
        return _number_text(cell)
    return cell.isoformat() if isinstance(cell, date) else cell


def _number_text(number: Fraction) -> str:
    decimals = next(n for n in range(DECIMALS_MAX) if (number * 10**n).denominator == 1)
    if not decimals:
        return str(number.numerator)
    digits = f"{abs(int(number * 10**decimals)):0{decimals + 1}}"
    return f"{'-' if number < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"
