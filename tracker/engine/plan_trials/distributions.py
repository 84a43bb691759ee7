"""How figures are spread: quantiles by nearest rank and bins of one width. Whole numbers in, whole numbers out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ROUND_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of one width from a figure on; the last also holds everything above it, the first everything below."""

    starts_at: int
    width: int
    count: int

    def lower(self, index: int) -> int:
        return self.starts_at + index * self.width


ATTAINMENT_BINS = Bins(0, 10, 21)
"""Whole percents of the quota, ten to a bin; 200 % and more together."""
PAY_BINS_MAX = 14


def quantiles(figures: Iterable[int], percents: Sequence[int]) -> dict[int, int]:
    """The figure that so many percent of all do not exceed (nearest rank); nothing for no figures.

    >>> quantiles([10, 20, 30, 40], [25, 50, 90])
    {25: 10, 50: 20, 90: 40}
    """
    ordered = sorted(figures)
    count = len(ordered)
    if not count:
        return {}
    return {percent: ordered[max(0, -(-percent * count // 100) - 1)] for percent in percents}


def histogram(figures: Iterable[int], bins: Bins) -> list[int]:
    """How many figures fall in each bin.

    >>> histogram([-5, 0, 9, 10, 95], Bins(0, 10, 3))
    [3, 1, 1]
    """
    counts = [0] * bins.count
    for figure in figures:
        counts[min(bins.count - 1, max(0, (figure - bins.starts_at) // bins.width))] += 1
    return counts


def round_bins(figures: Sequence[int], count_max: int) -> Bins:
    """Bins of a round width (1, 2 or 5 with zeros) that hold all figures, at most so many of them.

    >>> round_bins([1_200, 9_800], 10)
    Bins(starts_at=1000, width=1000, count=9)
    """
    low, high = (min(figures), max(figures)) if figures else (0, 0)
    power = 1
    while True:
        for step in ROUND_STEPS:
            width = step * power
            starts_at = low // width * width
            count = (high - starts_at) // width + 1
            if count <= count_max:
                return Bins(starts_at, width, count)
        power *= 10
