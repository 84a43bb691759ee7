"""At which sales level two plans cost the same: found by looking, not by a line drawn between two points.

Between two levels costs bend and jump wherever somebody reaches a step. So the difference is asked for at ever nearer
levels, until it changes its sign from one level to the next.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Literal

LEVEL_ONE = 1000
"""Sales as they were; levels are thousandths of it."""


@dataclass(frozen=True, slots=True)
class BreakEven:
    """`at` the level from which the other plan is the cheaper one; or the new plan is `dearer` or `cheaper` at every
    level looked at, both are the `same` at all of them, or there was nothing to compare (`none`)."""

    kind: Literal["at", "dearer", "cheaper", "same", "none"]
    level: int | None = None


def break_even(
    difference: Callable[[int], int],
    inner: Sequence[int],
    outer: Sequence[int] = (),
    fineness: int = 1,
) -> BreakEven:
    """The change of sign nearest to the expected level, to a fineness in thousandths.

    It is looked for between neighbours of the inner levels, and of all of them only when it is not there.
    """
    found = {level: difference(level) for level in inner}
    bracket = _bracket(found)
    if bracket is None and outer:
        found |= {level: difference(level) for level in outer}
        bracket = _bracket(found)
    if bracket is not None:
        low, high = bracket
        return BreakEven(
            "at", _crossing(difference, (low, found[low]), (high, found[high]), fineness)
        )
    if not any(found.values()):
        return BreakEven("same")
    return BreakEven("dearer" if max(found.values()) > 0 else "cheaper")


def _bracket(found: dict[int, int]) -> tuple[int, int] | None:
    """The two neighbouring levels nearest to the expected one between which the difference changes its sign."""
    telling = sorted(level for level, minor in found.items() if minor)
    stretches = [
        (low, high) for low, high in pairwise(telling) if (found[low] < 0) != (found[high] < 0)
    ]
    return min(stretches, key=lambda ends: abs(sum(ends) - 2 * LEVEL_ONE), default=None)


def _crossing(
    difference: Callable[[int], int], low: tuple[int, int], high: tuple[int, int], fineness: int
) -> int:
    """The first level on the other side, by false position with halved weights (the Illinois rule)."""
    weights = [Fraction(low[1]), Fraction(high[1])]
    ends, last_side = [low, high], -1
    while ends[1][0] - ends[0][0] > fineness:
        width = (ends[1][0] - ends[0][0]) // fineness
        share = weights[0] / (weights[0] - weights[1])
        steps = min(width, max(1, round(share * width))) if width > 1 else 1
        level = ends[0][0] + fineness * min(steps, max(1, width - 1))
        minor = difference(level)
        if not minor:
            return level
        side = int((minor < 0) == (ends[1][1] < 0))
        if side == last_side:
            weights[1 - side] /= 2
        ends[side], weights[side], last_side = (level, minor), Fraction(minor), side
    return ends[1][0]
