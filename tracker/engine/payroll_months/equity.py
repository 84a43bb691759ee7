"""Grants of equity: so many units, vesting by a schedule. Units stand beside money and are never added to it.

Units are whole. By each vesting day the part of the grant that corresponds to the months is vested, cut to whole
units, so the last vesting brings the rest. Until the cliff nothing vests; on its day everything that built up does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.engine.periods import months_later

MONTHS_MAX = 240
UNITS_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Grant:
    """Units promised to a payee from a day on: vested every so many months, until `over_months` are full.

    The cliff and the whole are multiples of `every_months`; `problem_of` says why a schedule cannot be.
    """

    payee_id: int
    name: str
    units: int
    starts_on: date
    over_months: int
    cliff_months: int = 0
    every_months: int = 1


@dataclass(frozen=True, slots=True)
class Vesting:
    on: date
    units: int


@dataclass(frozen=True, slots=True)
class GrantStanding:
    """A grant on a day. `upcoming` are the vestings still to come; what was forfeited by leaving never comes."""

    grant: Grant
    vested_units: int
    forfeited_units: int
    upcoming: Sequence[Vesting]

    @property
    def next(self) -> Vesting | None:
        return self.upcoming[0] if self.upcoming else None


def schedule_of(grant: Grant) -> list[Vesting]:
    """Every vesting of a grant, in time; together they are the grant."""
    first = max(grant.cliff_months, grant.every_months)
    vestings: list[Vesting] = []
    vested = 0
    for months in range(first, grant.over_months + 1, grant.every_months):
        by_then = grant.units * months // grant.over_months
        vestings.append(Vesting(months_later(grant.starts_on, months), by_then - vested))
        vested = by_then
    return vestings


def standing_of(grant: Grant, day: date, left_on: date | None = None) -> GrantStanding:
    """What of a grant is vested on a day; who left keeps what had vested until the last day, that one included."""
    schedule = schedule_of(grant)
    kept = [one for one in schedule if left_on is None or one.on <= left_on]
    has_left = left_on is not None and left_on < day
    forfeited = sum(one.units for one in schedule if has_left and one not in kept)
    return GrantStanding(
        grant,
        sum(one.units for one in kept if one.on <= day),
        forfeited,
        [one for one in kept if one.on > day],
    )


def problem_of(grant: Grant) -> tuple[str, str, str] | None:
    """What is wrong with a grant: which word, what, and how to write it; None when nothing is."""
    if not 1 <= grant.units <= UNITS_MAX:
        return "units", f"{grant.units} is no number of units.", "Write a whole number above zero."
    if not 1 <= grant.over_months <= MONTHS_MAX:
        what = f"{grant.over_months} months is no schedule."
        return "over_months", what, f"Write 1 to {MONTHS_MAX} months."
    if grant.every_months < 1 or grant.over_months % grant.every_months:
        what = f"every {grant.every_months} months does not end with {grant.over_months} months."
        return "every_months", what, "Write a number that divides over_months."
    if grant.cliff_months % grant.every_months or not 0 <= grant.cliff_months <= grant.over_months:
        what = f"a cliff of {grant.cliff_months} months is no day of the schedule."
        return "cliff_months", what, "Write a multiple of every_months, at most over_months."
    return None
