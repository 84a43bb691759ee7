"""From totals to what is earned: the cells of a window climb the tables that hold, and periods earn the differences.

One look at a table per total. The one case in which the order of deals matters (a marginal table climbed by deals
that weigh differently) looks the weight below each bound up in sums per day; a quota or an exception that changes
inside the window cuts the cells by the same sums. Deals that do not climb together are paid after those that do.

What a window has earned is rounded once at the end of each settlement period; a period earns the difference to the
rounded figure before it. Differences of rounded totals telescope, so nothing is ever lost to rounding.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import accumulate

from tracker.engine.agreement.ladder_terms import LadderTerms, terms_of
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import (
    WEIGHT_SCALE,
    Component,
    Mode,
    OnChange,
    PlanVersion,
    WeightPolicy,
)
from tracker.engine.agreement.quota_facts import OnQuotaChange
from tracker.engine.crediting.credits import Credit
from tracker.engine.earning.alone import alone_cells
from tracker.engine.earning.rates import Band, RateTable
from tracker.engine.earning.totals import NOTHING, Climb, Sums, WindowTotal, sums_of
from tracker.engine.money import round_to_minor_unit

ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell ready to be paid: which version's component and table it climbs. No table: no quota, no pay.

    On `starts_on` its version, quota and exceptions began to hold.
    """

    period_key: str
    version: PlanVersion
    component: Component
    table: RateTable | None
    sums: Sums
    starts_on: date


def earned_by_period(total: WindowTotal, book: PlanBook) -> dict[str, int]:
    """What each settlement period of a window earned, in minor units."""
    exact = ZERO
    rounded_before = 0
    earned: dict[str, int] = {}
    for stretch in stretches_of(total, book):
        base = exact
        for cell, gained in stretch.gains():
            exact = base + gained
            rounded = round_to_minor_unit(capped_payout(exact, cell.component))
            earned[cell.period_key] = earned.get(cell.period_key, 0) + rounded - rounded_before
            rounded_before = rounded
    for alone in alone_cells(total, book):
        exact += alone.value
        rounded = round_to_minor_unit(capped_payout(exact, alone.component))
        earned[alone.period_key] = earned.get(alone.period_key, 0) + rounded - rounded_before
        rounded_before = rounded
    return earned


def capped_payout(exact: Fraction, component: Component) -> Fraction:
    """An exact figure of a window, at most what the component may pay in it."""
    if component.cap_payout_minor is None:
        return exact
    return min(exact, Fraction(component.cap_payout_minor))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Cells that climb together from the foot of a table: all of a window, unless a plan version restarted it."""

    cells: Sequence[Cell]
    prefix: "Prefix | None"

    def gains(self) -> Iterable[tuple[Cell, Fraction]]:
        """Each cell with what the stretch has earned by its end, exact."""
        earned = ZERO
        before = NOTHING
        for cell in self.cells:
            after = before + cell.sums
            if cell.table is not None:
                earned += _gain(cell, before, after, self.prefix)
            yield cell, earned
            before = after

    @property
    def gained(self) -> Fraction:
        """What the whole stretch earned, exact."""
        gains = [gained for _, gained in self.gains()]
        return gains[-1] if gains else ZERO


def stretches_of(total: WindowTotal, book: PlanBook) -> list[Stretch]:
    """The cells of a window in time, cut where a new plan version or another quota starts at the foot."""
    if not total.cells:
        return []
    terms = terms_of(total.key, book)
    stretches: list[list[Cell]] = []
    starts: list[date] = []
    for cell in _cells(total, terms):
        if not stretches or _starts_afresh(cell, stretches[-1][-1], terms):
            starts.append(cell.starts_on if stretches else date.min)
            stretches.append([])
        stretches[-1].append(cell)
    ends = [*starts[1:], date.max][
        : len(starts)
    ]  # a total that lost its last credit has no stretch
    return [
        Stretch(cells, _prefix_of(cells, total.climb, starts_on, ends_before))
        for cells, starts_on, ends_before in zip(stretches, starts, ends, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Sums of one settlement period and plan version between two days on which something changes."""

    starts_on: date
    period_key: str
    version: PlanVersion
    sums: Sums


def _cells(total: WindowTotal, terms: LadderTerms) -> Iterator[Cell]:
    """The pieces of a window in time, each with what it is paid by: its own version, or a later, retroactive one."""
    version_ids = {version_id for _, version_id in total.cells}
    cuts = terms.cuts(version_ids)
    pieces = _pieces_by_day(total, terms, cuts) if cuts else _pieces(total, terms)
    payer_of = _payers([piece.version for piece in pieces])
    for piece in pieces:
        payer = payer_of[piece.version.version_id]
        held = terms.on(payer, piece.starts_on)
        if held is not None:
            yield Cell(piece.period_key, payer, *held, piece.sums, piece.starts_on)


def _pieces(total: WindowTotal, terms: LadderTerms) -> list[_Piece]:
    """Where nothing changes inside the window but the version, its cells are the pieces."""
    book, first_day = terms.book, terms.window.starts_on
    pieces = [
        _Piece(max(first_day, version.effective_from), period_key, version, sums)
        for (period_key, version_id), sums in total.cells.items()
        if sums != NOTHING and (version := book.version(version_id)).plan.component(terms.own_key)
    ]
    return sorted(
        pieces,
        key=lambda piece: (
            piece.version.effective_from,
            piece.version.version_id,
            piece.period_key,
        ),
    )


def _pieces_by_day(total: WindowTotal, terms: LadderTerms, cuts: Sequence[date]) -> list[_Piece]:
    """The same, cut at days: from the sums by day, each under the version that is in effect on it."""
    assert total.climb is not None, "a window with a change inside needs its days"
    pieces: list[_Piece] = []
    for day, sums in total.climb.days:
        version = terms.book.version_on(terms.plan_key, day)
        if sums == NOTHING or version is None or version.plan.component(terms.own_key) is None:
            continue
        period_key = version.plan.settlement_period_of(day).key
        begun = [terms.window.starts_on, version.effective_from, *cuts[: bisect_right(cuts, day)]]
        piece = _Piece(max(begun), period_key, version, sums)
        before = pieces[-1] if pieces else None
        if before is not None and replace(before, sums=sums) == piece:
            pieces[-1] = replace(piece, sums=before.sums + sums)
        else:
            pieces.append(piece)
    return pieces


def _payers(versions: Sequence[PlanVersion]) -> dict[int, PlanVersion]:
    """By which version the deals of each version are paid, in time: a retroactive one pays all before it."""
    payers: dict[int, PlanVersion] = {}
    for version in versions:
        if version.version_id in payers:
            continue
        if version.plan.on_change is OnChange.RETRO:
            payers = dict.fromkeys(payers, version)
        payers[version.version_id] = version
    return payers


def _starts_afresh(cell: Cell, before: Cell, terms: LadderTerms) -> bool:
    """Whether a cell starts at the foot: because its version does, or because its quota is another and says so."""
    is_new_version = cell.version.version_id != before.version.version_id
    if is_new_version and cell.version.plan.on_change is OnChange.RESTART:
        return True
    quota = terms.quota(cell.version)
    if quota is None or quota.rules.on_change is not OnQuotaChange.RESTART:
        return False
    return quota.on(cell.starts_on).starts_on != quota.on(before.starts_on).starts_on


def _gain(cell: Cell, before: Sums, after: Sums, prefix: "Prefix | None") -> Fraction:
    """What climbing from one point to the next adds, at this cell's table."""
    table, component = cell.table, cell.component
    assert table is not None
    if component.is_ordered:
        assert prefix is not None, "an ordered component needs its climb"
        return prefix.gain(table, before, after)
    return _order_free(table, component, after) - _order_free(table, component, before)


def _order_free(table: RateTable, component: Component, sums: Sums) -> Fraction:
    attainment = sums.attainment_minor
    if not component.has_weights:
        return table.value(attainment)
    if table.mode is Mode.WHOLE:
        return table.value(attainment, sums.weight)
    if component.weight_policy is WeightPolicy.AVERAGE:
        return table.value(attainment) * sums.weight / attainment if attainment else ZERO
    return table.bands[0].rate * sums.weight + table.bonus_reached(attainment)


def _prefix_of(
    cells: Sequence[Cell], climb: Climb | None, starts_on: date, ends_before: date
) -> "Prefix | None":
    if climb is None:
        return None
    days = [(day, sums) for day, sums in climb.days if starts_on <= day < ends_before]
    has_negative = any(cell.sums.negative_count for cell in cells)
    return Prefix(days, climb.credits_on, has_negative)


class Prefix:
    """The deals of a stretch in order: how much weight lies below a given attainment.

    With only positive deals one search by day, and one look at a single day's deals, answer for any bound. A
    negative deal walks back down, so a stretch with one is walked deal by deal: slower, and just as exact.
    """

    def __init__(
        self,
        days: Sequence[tuple[date, Sums]],
        credits_on: Callable[[date], Sequence[Credit]],
        has_negative: bool,
    ) -> None:
        self._days = days
        self._credits_on = credits_on
        self._has_negative = has_negative
        self._attainments = list(accumulate(sums.attainment_minor for _, sums in days))
        self._weights = list(accumulate(sums.weight_scaled for _, sums in days))

    def gain(self, table: RateTable, before: Sums, after: Sums) -> Fraction:
        """What the deals between two points earn, each at the bands it filled; bonuses reached on the way included."""
        bonuses = table.bonus_reached(after.attainment_minor) - table.bonus_reached(
            before.attainment_minor
        )
        if self._has_negative:
            return self._walked(table, before, after) + bonuses
        filled = self.parts(table, before, after)
        return sum((band.rate * part for band, part in filled), bonuses)

    def parts(self, table: RateTable, before: Sums, after: Sums) -> Iterator[tuple[Band, Fraction]]:
        """How much weight the deals between two points put into each band; only for positive deals."""
        first, last = table.band_at(before.attainment_minor), table.band_at(after.attainment_minor)
        below = before.weight
        for band in table.bands[table.bands.index(first) : table.bands.index(last) + 1]:
            is_last = band is last or band.up_to is None
            up_to = (
                after.weight if is_last else self.weight_below(band.up_to or ZERO, band.owns_bound)
            )
            yield band, up_to - below
            below = up_to

    def weight_below(self, attainment: Fraction, owns_bound: bool) -> Fraction:
        """The weight of all deals up to an attainment; of the deal that straddles it, the part below."""
        # Whole numbers all the way: a sum of whole attainments passes a bound where it passes its whole part.
        whole = attainment.numerator // attainment.denominator
        reaches = owns_bound or whole != attainment
        index = (bisect_right if reaches else bisect_left)(self._attainments, whole)
        reached = self._attainments[index - 1] if index else 0
        weight_scaled = self._weights[index - 1] if index else 0
        if index == len(self._days):
            return Fraction(weight_scaled, WEIGHT_SCALE)
        for credit in self._credits_on(self._days[index][0]):
            end = reached + credit.attainment_minor
            if end > whole or (end == whole and not reaches):
                below = (attainment - reached) / credit.attainment_minor
                return (weight_scaled + credit.weight_scaled * below) / WEIGHT_SCALE
            reached, weight_scaled = end, weight_scaled + credit.weight_scaled
        raise AssertionError("the credits of a day do not sum to the day")

    def _walked(self, table: RateTable, before: Sums, after: Sums) -> Fraction:
        in_order = [credit for day, _ in self._days for credit in self._credits_on(day)]
        earned = ZERO
        for credit in in_order[before.credit_count : after.credit_count]:
            earned += _spread_gain(table, before.attainment_minor, sums_of(credit))
            before += sums_of(credit)
        return earned


def step_gain(table: RateTable, component: Component, before: Sums, step: Sums) -> Fraction:
    """What one more deal, or a hoped-for one, adds at a point of the climb; exact, bonuses included."""
    after = before + step
    if not component.is_ordered:
        return _order_free(table, component, after) - _order_free(table, component, before)
    bonuses = table.bonus_reached(after.attainment_minor) - table.bonus_reached(
        before.attainment_minor
    )
    return _spread_gain(table, before.attainment_minor, step) + bonuses


def _spread_gain(table: RateTable, position: int, step: Sums) -> Fraction:
    """A deal's weight spread evenly over the attainment it fills, each stretch at its band's rate."""
    if step.attainment_minor == 0:
        return table.band_at(position).rate * step.weight
    end = position + step.attainment_minor
    climbed = _without_bonus(table, end) - _without_bonus(table, position)
    return climbed * step.weight / step.attainment_minor


def _without_bonus(table: RateTable, attainment: int) -> Fraction:
    return table.value(attainment) - table.bonus_reached(attainment)
