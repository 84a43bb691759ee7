"""Which of the uncertain deals will be won: every way it can go with how likely it is, or a fixed sample of them.

A *way* is a whole number: bit k says whether deal k is won. Deals are taken to be independent of each other.
Probabilities are exact; a sample is drawn by a small generator whose seed comes from the deals themselves, so that
the same facts always give the same figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256

EXACT_DEALS_MAX = 10
"""Up to so many uncertain deals every way is looked at (1,024 ways); above, a sample."""
DRAWS_COUNT = 1_000
LOW, HIGH = Fraction(1, 10), Fraction(9, 10)
_BITS = 64
_MASK = (1 << _BITS) - 1


@dataclass(frozen=True, slots=True)
class Spread:
    """Where a figure may end, in minor units: expected, and the ends that 1 in 10 ways stay at or under and over."""

    expected_minor: int
    low_minor: int
    high_minor: int

    def moved_by(self, minor: int) -> "Spread":
        """The same spread so much further up."""
        ends = (self.expected_minor, self.low_minor, self.high_minor)
        return Spread(*(end + minor for end in ends))


@dataclass(frozen=True, slots=True)
class Ways:
    """Ways it can go and their weights, of `whole` in all."""

    ways: Sequence[int]
    weights: Sequence[int]
    whole: int
    is_exact: bool

    def mean(self, figures: Sequence[int]) -> Fraction:
        """The expected value of a figure that each way has one of."""
        total = sum(figure * weight for figure, weight in zip(figures, self.weights, strict=True))
        return Fraction(total, self.whole)

    def at(self, share: Fraction, figures: Sequence[int]) -> int:
        """The smallest figure that at least this share of the ways stay at or under."""
        reached = 0
        for figure, weight in sorted(zip(figures, self.weights, strict=True)):
            reached += weight
            if reached >= share * self.whole:
                return figure
        raise AssertionError("there is always a way")

    def chance(self, holds: Sequence[bool]) -> Fraction:
        """How likely something is that holds in some of the ways."""
        weight = sum(one for one, is_so in zip(self.weights, holds, strict=True) if is_so)
        return Fraction(weight, self.whole)


def ways_of(names: Sequence[str], probabilities: Sequence[Fraction]) -> Ways:
    """All ways that these deals can go, or a sample of them; `names` only make the sample the deals' own."""
    if len(probabilities) <= EXACT_DEALS_MAX:
        return _every_way(probabilities)
    seed = sha256("\n".join(f"{n} {p}" for n, p in zip(names, probabilities, strict=True)).encode())
    return _sample(probabilities, int.from_bytes(seed.digest()[:8], "big"))


def _every_way(probabilities: Sequence[Fraction]) -> Ways:
    weights, whole = [1], 1
    for probability in probabilities:
        won, all_ways = probability.numerator, probability.denominator
        weights = [weight * (all_ways - won) for weight in weights] + [
            weight * won for weight in weights
        ]
        whole *= all_ways
    return Ways(range(len(weights)), weights, whole, is_exact=True)


def _sample(probabilities: Sequence[Fraction], seed: int) -> Ways:
    # A draw under the bound wins: whole numbers throughout, as everywhere near money.
    bounds = [p.numerator * (1 << _BITS) // p.denominator for p in probabilities]
    ways = []
    for _ in range(DRAWS_COUNT):
        way = 0
        for index, bound in enumerate(bounds):
            seed = (seed + 0x9E3779B97F4A7C15) & _MASK
            way |= (_scrambled(seed) < bound) << index
        ways.append(way)
    return Ways(ways, [1] * DRAWS_COUNT, DRAWS_COUNT, is_exact=False)


def _scrambled(state: int) -> int:
    """The finish of SplitMix64 (Steele, Lea, Flood 2014): an even 64-bit number from a running state."""
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
    return state ^ (state >> 31)
