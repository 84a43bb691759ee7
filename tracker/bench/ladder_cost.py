"""A ladder beside OpenFisca's MarginalRateTaxScale on the same tiers, and an event beside computing all again."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from statistics import median
from time import process_time
from typing import Any

from tracker.engine.agreement.plans import Component, Tier
from tracker.engine.earning.rates import RateTable, compile_table
from tracker.engine.money import round_to_minor_unit

REPS_COUNT = 100_000
ONE_BY_ONE_COUNT = 2_000
ROUNDS_COUNT = 5
TIERS = (
    Tier(Fraction(500_000_00), Fraction(5, 100)),
    Tier(Fraction(1_000_000_00), Fraction(7, 100)),
    Tier(Fraction(2_000_000_00), Fraction(10, 100)),
    Tier(None, Fraction(12, 100)),
)
MISSING = (
    "OpenFisca is not installed, so nothing is compared with it. Start the measurement as "
    "“python3 -m tracker bench”, which installs it, with Python 3.11 to 3.14."
)


@dataclass(frozen=True, slots=True)
class LadderCost:
    """Microseconds of CPU per rep on the same ladder: ours, exact; OpenFisca's one rep at a time, and all at once.

    `one_ratio` is how many times as long OpenFisca takes for one rep, `all_ratio` how many times as long we take when
    it computes all reps in one array. `differing_count` of the reps get another figure from its floats.
    """

    reps_count: int
    own_microseconds: float
    one_microseconds: float
    all_microseconds: float
    one_ratio: float
    all_ratio: float
    differing_count: int


def ladder_cost(on_progress: Callable[[str], None]) -> LadderCost | None:
    """None when OpenFisca is not there (`MISSING` says what to do)."""
    try:
        scales: Any = importlib.import_module("openfisca_core.taxscales")
        numpy: Any = importlib.import_module("numpy")
    except ImportError:
        return None
    table, scale = _own_table(), _scale(scales)
    amounts = [Random(7).randrange(1, 4_000_000_00) for _ in range(REPS_COUNT)]  # noqa: S311
    array = numpy.array(amounts) / 100
    rounds = []
    for number in range(ROUNDS_COUNT):
        on_progress(f"ladder: round {number + 1} of {ROUNDS_COUNT}")
        rounds.append(
            (
                _per_rep(lambda: _own(table, amounts), REPS_COUNT),
                _per_rep(lambda: _one_by_one(scale, numpy, amounts), ONE_BY_ONE_COUNT),
                _per_rep(lambda: scale.calc(array), REPS_COUNT),
            )
        )
    theirs = numpy.round(scale.calc(array) * 100).astype("int64").tolist()
    own, one, together = (median(times) for times in zip(*rounds, strict=True))
    return LadderCost(
        reps_count=REPS_COUNT,
        own_microseconds=own,
        one_microseconds=one,
        all_microseconds=together,
        one_ratio=median(one / own for own, one, _ in rounds),
        all_ratio=median(own / together for own, _, together in rounds),
        differing_count=sum(a != b for a, b in zip(_own(table, amounts), theirs, strict=True)),
    )


def _own_table() -> RateTable:
    table = compile_table(Component("sales", "revenue", TIERS), None)
    assert table is not None
    return table


def _scale(scales: Any) -> Any:
    scale = scales.MarginalRateTaxScale()
    starts_at = 0
    for tier in TIERS:
        scale.add_bracket(starts_at, tier.rate.numerator / tier.rate.denominator)
        starts_at = int(tier.up_to or 0) // 100
    return scale


def _own(table: RateTable, amounts: list[int]) -> list[int]:
    return [round_to_minor_unit(table.value(amount_minor)) for amount_minor in amounts]


def _one_by_one(scale: Any, numpy: Any, amounts: list[int]) -> None:
    for amount_minor in amounts[:ONE_BY_ONE_COUNT]:
        scale.calc(numpy.array([amount_minor / 100]))


def _per_rep(compute: Callable[[], object], reps_count: int) -> float:
    started = process_time()
    compute()
    return (process_time() - started) / reps_count * 1e6
