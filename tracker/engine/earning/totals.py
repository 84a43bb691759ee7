"""From credits to running totals: linear, so an event changes a total by a difference, whatever the number of deals.

What a total earns is worked out from its sums alone, in `climbing`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import TypeVar

from tracker.engine.agreement.plans import WEIGHT_SCALE
from tracker.engine.crediting.credits import Credit
from tracker.engine.values import value

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, order=True)
class TotalKey:
    """One ladder climbed by one payee: a component within a window."""

    payee_id: int
    component_key: str
    window_key: str


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """The part of a total that belongs to one settlement period and plan version, and to one tier where deals do not
    climb together (0: they do)."""

    payee_id: int
    component_key: str
    window_key: str
    period_key: str
    plan_version_id: int
    tier: int = 0

    @property
    def total(self) -> TotalKey:
        return TotalKey(self.payee_id, self.component_key, self.window_key)


@value
class Sums:
    """Sums over credits: how many, how many of them negative, attainment and payout weight (1/10,000)."""

    credit_count: int = 0
    negative_count: int = 0
    attainment_minor: int = 0
    weight_scaled: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.credit_count + other.credit_count,
            self.negative_count + other.negative_count,
            self.attainment_minor + other.attainment_minor,
            self.weight_scaled + other.weight_scaled,
        )

    def __neg__(self) -> "Sums":
        return Sums(
            -self.credit_count, -self.negative_count, -self.attainment_minor, -self.weight_scaled
        )

    @property
    def weight(self) -> Fraction:
        return Fraction(self.weight_scaled, WEIGHT_SCALE)


NOTHING = Sums()


def sums_of(credit: Credit) -> Sums:
    return Sums(1, int(credit.attainment_minor < 0), credit.attainment_minor, credit.weight_scaled)


def cell_changes(retracted: Iterable[Credit], asserted: Iterable[Credit]) -> dict[CellKey, Sums]:
    """By how much each cell changes when some credits go and others come; equal ones cancel."""
    return _changes(retracted, asserted, _cell_key_of)


def day_changes(
    retracted: Iterable[Credit], asserted: Iterable[Credit]
) -> dict[tuple[TotalKey, date], Sums]:
    """The same by day, of the credits that climb together."""
    return _changes(
        (credit for credit in retracted if not credit.tier),
        (credit for credit in asserted if not credit.tier),
        lambda credit: (_cell_key_of(credit).total, credit.effective_on),
    )


def _cell_key_of(credit: Credit) -> CellKey:
    return CellKey(
        credit.payee_id,
        credit.component_key,
        credit.window_key,
        credit.period_key,
        credit.plan_version_id,
        credit.tier,
    )


def _changes(
    retracted: Iterable[Credit], asserted: Iterable[Credit], key_of: Callable[[Credit], Key]
) -> dict[Key, Sums]:
    changes: dict[Key, Sums] = {}
    for credit in asserted:
        if credit.is_counted:
            changes[key_of(credit)] = changes.get(key_of(credit), NOTHING) + sums_of(credit)
    for credit in retracted:
        if credit.is_counted:
            changes[key_of(credit)] = changes.get(key_of(credit), NOTHING) + -sums_of(credit)
    return {key: change for key, change in changes.items() if change != NOTHING}


@dataclass(frozen=True, slots=True)
class Climb:
    """What the ordered case needs to see: sums by day in order, and the counted credits of one day in order."""

    days: Sequence[tuple[date, Sums]]
    credits_on: Callable[[date], Sequence[Credit]]


@dataclass(frozen=True, slots=True)
class WindowTotal:
    """One payee, component and window: its cells by (period key, plan version id), and the climb if order matters.

    `alone` are the sums of credits that do not climb together, by (period key, plan version id, tier).
    """

    key: TotalKey
    cells: Mapping[tuple[str, int], Sums] = field(default_factory=dict)
    climb: Climb | None = None
    alone: Mapping[tuple[str, int, int], Sums] = field(default_factory=dict)

    @property
    def attainment_minor(self) -> int:
        return self.sums.attainment_minor

    @property
    def sums(self) -> Sums:
        return sum(self.alone.values(), sum(self.cells.values(), NOTHING))

    @property
    def version_ids(self) -> set[int]:
        """The plan versions its credits were given under."""
        together = {key[1] for key, sums in self.cells.items() if sums != NOTHING}
        return together | {key[1] for key, sums in self.alone.items() if sums != NOTHING}


def total_of_cells(
    key: TotalKey, cells: Iterable[tuple[CellKey, Sums]], climb: Climb | None = None
) -> WindowTotal:
    """A total of these cells of it."""
    together: dict[tuple[str, int], Sums] = {}
    alone: dict[tuple[str, int, int], Sums] = {}
    for cell, sums in cells:
        if cell.tier:
            alone[cell.period_key, cell.plan_version_id, cell.tier] = sums
        else:
            together[cell.period_key, cell.plan_version_id] = sums
    return WindowTotal(key, together, climb, alone)
