"""Why a figure is what it is: lines whose sum is the figure, to the minor unit.

Line amounts are differences of the rounded running figure, like the ledger's, so no line is needed to "round off".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from itertools import chain, groupby, islice

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component, Mode, PlanVersion, WeightPolicy
from tracker.engine.crediting.credits import Credit
from tracker.engine.earning.alone import (
    AloneCell,
    alone_cells,
    bands_alone,
    bonuses_alone,
    filled_alone,
    value_alone,
)
from tracker.engine.earning.climbing import (
    Cell,
    Prefix,
    Stretch,
    capped_payout,
    step_gain,
    stretches_of,
)
from tracker.engine.earning.rates import Band, RateTable
from tracker.engine.earning.totals import (
    NOTHING,
    Climb,
    Sums,
    TotalKey,
    WindowTotal,
    cell_changes,
    day_changes,
    sums_of,
    total_of_cells,
)
from tracker.engine.money import round_to_minor_unit

ZERO = Fraction(0)


class LineKind(StrEnum):
    TIER = "tier"
    YEAR = "year"
    BONUS = "bonus"
    WEIGHTS = "weights"
    CAP = "cap"
    SHARE = "share"


@dataclass(frozen=True, slots=True)
class TierLine:
    """One line of a figure: so much of the measure (`basis_minor`), at this rate, is this amount.

    WEIGHTS is what an average multiplier adds, CAP what a limit takes away, SHARE a member's part (`rate`) of what a
    team earned (`basis_minor`); none of them has a tier. A YEAR is the tier of a residual.
    """

    kind: LineKind
    number: int
    starts_at_minor: int
    up_to_minor: int | None
    rate: Fraction
    basis_minor: int
    amount_minor: int
    plan_version_id: int


@dataclass(frozen=True, slots=True)
class DealLine:
    """What one credit added, in the order that counts, and the tiers it fell into."""

    credit: Credit
    added_minor: int
    tier_numbers: tuple[int, ...]
    rates: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class _Climbed:
    """A part of the way up, of one deal or many: the cell it is in, the sums before it, and its exact gain."""

    cell: Cell | AloneCell
    before: Sums
    step: Sums
    gained: Fraction


@dataclass(frozen=True, slots=True)
class _Walked(_Climbed):
    credit: Credit


@dataclass(frozen=True, slots=True)
class _Line:
    """A line before it is rounded; without a band it belongs to no tier."""

    kind: LineKind
    band: Band | None
    basis: Fraction
    amount: Fraction


def explain_deals(credited: Iterable[Credit], book: PlanBook) -> list[DealLine]:
    """What each counted credit of one window added, in order; the amounts sum to the window's figure."""
    exact = ZERO
    earned_before = 0
    lines: list[DealLine] = []
    counted = list(credited)
    for walked in chain(_walk(counted, book), _walk_alone(counted, book)):
        exact += walked.gained
        earned = round_to_minor_unit(capped_payout(exact, walked.cell.component))
        added_minor, earned_before = earned - earned_before, earned
        bands = _bands_of(walked)
        numbers = tuple(dict.fromkeys(band.number for band in bands))
        rates = tuple(dict.fromkeys(band.rate for band in bands))
        lines.append(DealLine(walked.credit, added_minor, numbers, rates))
    return lines


def explain_total(credited: Iterable[Credit], book: PlanBook) -> list[TierLine]:
    """The tiers, bonuses and limits behind a window's figure; their amounts sum to it exactly."""
    counted = list(credited)
    walked = _walk(counted, book)
    runs = groupby(walked, key=lambda step: (step.cell.version, step.cell.table))
    climbed = (list(run) for _, run in runs)
    together = ((steps[-1].cell, _lines_of(steps)) for steps in climbed)
    return _told(chain(together, _runs_alone(_total_of(counted), book)))


def explain_sums(total: WindowTotal, book: PlanBook) -> list[TierLine]:
    """The same lines from the sums alone, whatever the number of deals.

    Of an ordered component this needs the climb, and no negative credit in it: the lines of a way up and down again
    are those of its deals.
    """
    together = (
        (cells[-1].cell, _lines_of(cells, stretch.prefix))
        for stretch in stretches_of(total, book)
        for cells in _climbed_at_once(stretch)
    )
    return _told(chain(together, _runs_alone(total, book)))


def _told(runs: Iterable[tuple[Cell | AloneCell, Iterable[_Line]]]) -> list[TierLine]:
    """The lines of each run along one table, rounded so that they telescope, and what a limit takes at the end."""
    exact = ZERO
    lines: list[TierLine] = []
    component: Component | None = None
    for cell, run in runs:
        component, version = cell.component, cell.version
        for line in run:
            lines.append(_rounded(line, version, exact))
            exact += line.amount
    if component is not None and capped_payout(exact, component) != exact:
        taken = _Line(LineKind.CAP, None, ZERO, capped_payout(exact, component) - exact)
        lines.append(_rounded(taken, version, exact))
    return [line for line in lines if line.amount_minor or line.basis_minor]


def _walk(credited: Iterable[Credit], book: PlanBook) -> Iterator[_Walked]:
    """Every counted credit of one payee, component and window, in order, with what it gained."""
    counted = [credit for credit in credited if credit.is_counted and not credit.tier]
    in_order = sorted(counted, key=lambda credit: credit.order)
    if not in_order:
        return
    days = sorted((day, sums) for (_, day), sums in day_changes([], in_order).items())
    total = replace(_total_of(in_order), climb=Climb(days, lambda _: ()))
    remaining = iter(in_order)
    for stretch in stretches_of(total, book):
        before = NOTHING
        for cell in stretch.cells:
            for credit in islice(remaining, cell.sums.credit_count):
                step = sums_of(credit)
                gained = ZERO
                if cell.table is not None:
                    gained = step_gain(cell.table, cell.component, before, step)
                yield _Walked(cell, before, step, gained, credit)
                before += step


def _walk_alone(credited: Iterable[Credit], book: PlanBook) -> Iterator[_Walked]:
    """The counted credits that do not climb together, in the order their cells are paid."""
    of_cell: dict[tuple[str, int, int], list[Credit]] = {}
    for credit in sorted(credited, key=lambda credit: credit.order):
        if credit.is_counted and credit.tier:
            place = credit.period_key, credit.plan_version_id, credit.tier
            of_cell.setdefault(place, []).append(credit)
    for cell in alone_cells(_total_of(chain(*of_cell.values())), book):
        for credit in of_cell[cell.period_key, cell.version.version_id, cell.tier]:
            step = sums_of(credit)
            gained = value_alone(cell.table, cell.tier, step)
            yield _Walked(cell, NOTHING, step, gained, credit)


def _total_of(credited: Iterable[Credit]) -> WindowTotal:
    """The sums of counted credits of one payee, component and window; of none, those of nobody."""
    cells = cell_changes([], credited)
    key = next((cell.total for cell in cells), TotalKey(0, "", ""))
    return total_of_cells(key, cells.items())


def _runs_alone(total: WindowTotal, book: PlanBook) -> Iterator[tuple[AloneCell, list[_Line]]]:
    """The lines of what does not climb together, of each plan version; the one that pays the last cell last."""
    by_version: dict[int, list[AloneCell]] = {}
    for cell in alone_cells(total, book):
        of_version = by_version.pop(cell.version.version_id, [])
        by_version[cell.version.version_id] = [*of_version, cell]
    for cells in by_version.values():
        yield cells[-1], list(_lines_alone(cells))


def _lines_alone(cells: Sequence[AloneCell]) -> Iterator[_Line]:
    kind = LineKind.YEAR if cells[0].component.years else LineKind.TIER
    filled = (part for cell in cells for part in filled_alone(cell.table, cell.tier, cell.sums))
    yield from _tier_lines(filled, kind)
    bonuses: dict[Band, Fraction] = {}
    for cell in cells:
        for band, bonus in bonuses_alone(cell.table, cell.tier, cell.sums):
            bonuses[band] = bonuses.get(band, ZERO) + bonus
    yield from (_Line(LineKind.BONUS, band, ZERO, bonus) for band, bonus in bonuses.items())


def _climbed_at_once(stretch: Stretch) -> Iterator[list[_Climbed]]:
    """The cells of a stretch by the table they climb, each run as one step."""
    before, gained_before = NOTHING, ZERO
    for _, run in groupby(stretch.gains(), key=lambda gain: (gain[0].version, gain[0].table)):
        gains = list(run)
        cell, gained = gains[-1]
        step = sum((of.sums for of, _ in gains), NOTHING)
        yield [_Climbed(cell, before, step, gained - gained_before)]
        before, gained_before = before + step, gained


def _bands_of(walked: _Walked) -> list[Band]:
    """The tiers a credit fell into: those it climbed through, or the one a whole table put it in."""
    table = walked.cell.table
    if table is None:
        return []
    if isinstance(walked.cell, AloneCell):
        return list(bands_alone(table, walked.cell.tier))
    end = walked.before.attainment_minor + walked.step.attainment_minor
    if table.mode is Mode.WHOLE:
        return [table.band_at(end)]
    return [band for band, _ in _parts(table, walked.before.attainment_minor, end)]


def _parts(table: RateTable, start: int, end: int) -> list[tuple[Band, Fraction]]:
    """The stretch between two attainments cut at the bounds; the parts are negative when it leads down."""
    low, high = min(start, end), max(start, end)
    first, last = table.band_at(low), table.band_at(high)
    bands = table.bands[table.bands.index(first) : table.bands.index(last) + 1]
    sign = 1 if end >= start else -1
    parts = []
    for band in bands:
        ends_at = Fraction(high) if band is last or band.up_to is None else band.up_to
        starts_at = Fraction(low) if band is first else band.starts_at
        parts.append((band, sign * (ends_at - starts_at)))
    climbed = [(band, part) for band, part in parts if part]
    return climbed or parts[-1:]


def _lines_of(steps: Sequence[_Climbed], prefix: Prefix | None = None) -> Iterator[_Line]:
    """The lines of steps that climbed the same table one after another; `prefix` stands for the deals in them."""
    cell, before = steps[0].cell, steps[0].before
    table, component = cell.table, cell.component
    if table is None:
        return
    gained = sum((step.gained for step in steps), ZERO)
    after = steps[-1].before + steps[-1].step
    bonuses = table.bonus_reached(after.attainment_minor) - table.bonus_reached(
        before.attainment_minor
    )
    if table.mode is Mode.WHOLE:
        band = table.band_at(after.attainment_minor)
        yield _Line(LineKind.TIER, band, after.weight - before.weight, gained - bonuses)
    else:
        if prefix is not None and component.is_ordered:
            parts = list(prefix.parts(table, before, after))
        else:
            parts = [part for step in steps for part in _filled(step, table, component)]
        tiers = _tier_lines(parts)
        yield from tiers
        by_weight = gained - bonuses - sum((line.amount for line in tiers), ZERO)
        if by_weight:
            yield _Line(LineKind.WEIGHTS, None, ZERO, by_weight)
    if bonuses:
        yield _Line(LineKind.BONUS, table.band_at(after.attainment_minor), ZERO, bonuses)


def _filled(
    climbed: _Climbed, table: RateTable, component: Component
) -> Iterator[tuple[Band, Fraction]]:
    """How much of a step fell into each band, weighed as the plan says."""
    counts_weight = component.has_weights and component.weight_policy is not WeightPolicy.AVERAGE
    start, attainment = climbed.before.attainment_minor, climbed.step.attainment_minor
    weight = climbed.step.weight if counts_weight else Fraction(attainment)
    for band, part in _parts(table, start, start + attainment):
        yield band, part / attainment * weight if attainment else weight


def _tier_lines(
    filled: Iterable[tuple[Band, Fraction]], kind: LineKind = LineKind.TIER
) -> list[_Line]:
    basis: dict[Band, Fraction] = {}
    for band, part in filled:
        basis[band] = basis.get(band, ZERO) + part
    return [
        _Line(kind, band, basis[band], band.rate * basis[band])
        for band in sorted(basis, key=lambda band: (band.starts_at, band.number))
    ]


def _rounded(line: _Line, version: PlanVersion, before: Fraction) -> TierLine:
    band = line.band
    up_to = None if band is None or band.up_to is None else round_to_minor_unit(band.up_to)
    return TierLine(
        kind=line.kind,
        number=band.number if band else 0,
        starts_at_minor=round_to_minor_unit(band.starts_at) if band else 0,
        up_to_minor=up_to,
        rate=band.rate if band else ZERO,
        basis_minor=round_to_minor_unit(line.basis),
        amount_minor=round_to_minor_unit(before + line.amount) - round_to_minor_unit(before),
        plan_version_id=version.version_id,
    )
