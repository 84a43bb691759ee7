"""Where a payee stands on one ladder: the step, the distance to the next, what the next deal is worth, the pace.

Hoped-for deals climb the same table as real ones, from where the payee stands; where multipliers make deals weigh
differently, they weigh as the deals so far have on average. Nothing here is ever stored as earned.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from math import ceil

from tracker.engine.agreement.deal_terms import Judged
from tracker.engine.agreement.exceptions import component_for
from tracker.engine.agreement.ladder_terms import LadderTerms
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import (
    WEIGHT_SCALE,
    Component,
    Mode,
    OnChange,
    PlanVersion,
    Tier,
    WeightPolicy,
)
from tracker.engine.agreement.quota_facts import OnQuotaChange
from tracker.engine.agreement.quotas import WindowQuota, season_gone
from tracker.engine.crediting.credits import tier_of
from tracker.engine.earning.alone import alone_cells, value_alone
from tracker.engine.earning.climbing import Cell, capped_payout, step_gain, stretches_of
from tracker.engine.earning.rates import Band, RateTable, compile_table
from tracker.engine.earning.totals import NOTHING, Sums, WindowTotal
from tracker.engine.money import round_to_minor_unit
from tracker.engine.periods import Period


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the staircase: where it starts and ends, its rate, and how much of it is filled (0 to 1)."""

    number: int
    starts_at_minor: int
    up_to_minor: int | None
    rate: Fraction
    bonus_minor: int
    filled: Fraction
    starts_at_ratio: Fraction | None
    up_to_ratio: Fraction | None


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step above: how far it is, and what reaching it pays at once (a retroactive jump, a bonus)."""

    number: int
    rate: Fraction
    distance_minor: int
    distance_ratio: Fraction | None
    deals_count: int | None
    gain_minor: int


@dataclass(frozen=True, slots=True)
class Pace:
    """The window's end at the pace of its days so far, put through the real table; `season_gone` is set by a season."""

    attainment_minor: int
    earned_minor: int
    ratio: Fraction
    working_days_count: int
    working_days_gone_count: int
    working_days_left_count: int
    season_gone: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """All a screen needs to show one payee on one component in one window. Amounts are minor units.

    `problem` is empty, or "no_quota" when the ladder is written in shares of a quota nobody has set. A ladder left
    earlier in its window is no longer running: what it earned stays, and nothing is hoped for on it. Where deals do not
    climb together there is one flat step at what the next deal would pay, and `alone_steps` are the tiers by size, or
    the years.
    """

    payee_id: int
    component_key: str
    component_name: str
    plan_name: str
    window: Period
    currency: str
    measure: str
    mode: Mode
    attainment_minor: int
    quota_minor: int | None
    attainment_ratio: Fraction | None
    earned_minor: int
    steps: tuple[Step, ...]
    step_number: int
    rate: Fraction
    cap_at_minor: int | None
    next_step: NextStep | None
    typical_deal_minor: int | None
    next_deal_minor: int | None
    next_deal_above_minor: int | None
    pace: Pace
    problem: str = ""
    pays_on: str | None = None
    has_multipliers: bool = False
    is_running: bool = True
    alone_steps: tuple[Step, ...] = ()
    is_residual: bool = False

    @property
    def paid_measure(self) -> str:
        """What the rate is applied to: the measure that climbs, unless the plan names another."""
        return self.pays_on or self.measure

    @property
    def is_whole(self) -> bool:
        return self.mode is Mode.WHOLE


def left_behind(standing: Standing) -> Standing:
    """The same ladder once its payee has left the plan inside the window."""
    pace = replace(
        standing.pace,
        attainment_minor=standing.attainment_minor,
        earned_minor=standing.earned_minor,
    )
    return replace(
        standing,
        next_step=None,
        typical_deal_minor=None,
        next_deal_minor=None,
        next_deal_above_minor=None,
        pace=pace,
        is_running=False,
    )


@dataclass(frozen=True, slots=True)
class _Position:
    """A point on a climb from which more deals are tried: the table, the sums so far, and what they earned."""

    component: Component
    table: RateTable
    sums: Sums
    exact: Fraction
    is_residual: bool = False

    def gain_minor(self, attainment: Fraction | int) -> int:
        """What so much more would add, rounded as the ledger would."""
        step = Sums(1, 0, round_to_minor_unit(attainment), 0)
        weight_scaled = round_to_minor_unit(
            step.attainment_minor * self.weight_ratio * WEIGHT_SCALE
        )
        step = Sums(1, 0, step.attainment_minor, weight_scaled)
        gained = step_gain(self.table, self.component, self.sums, step)
        now = round_to_minor_unit(capped_payout(self.exact, self.component))
        return round_to_minor_unit(capped_payout(self.exact + gained, self.component)) - now

    @property
    def weight_ratio(self) -> Fraction:
        """What one unit of attainment has weighed so far."""
        if self.sums.attainment_minor <= 0 or not self.component.has_weights:
            return Fraction(1)
        return self.sums.weight / self.sums.attainment_minor


def standing_of(
    version: PlanVersion,
    component: Component,
    total: WindowTotal,
    book: PlanBook,
    window: Period,
    earned_minor: int,
    working: Sequence[date],
    today: date,
    typical_deal_minor: int | None,
) -> Standing:
    """Where a payee stands under a component today. `working` are the window's working days."""
    last_day = min(today, window.ends_on)
    component = component_for(book, total.key.payee_id, version, component, last_day)
    typical = _typical_minor(component, typical_deal_minor)
    terms = LadderTerms(total.key, book)
    if component.climbs:
        position = _position(version, total, terms, last_day)
        quota = terms.quota(version)
    else:
        position, quota = _position_alone(component, total, book, typical), None
    quota_minor = quota.on(today).amount_minor if quota else None
    days = len(working), sum(1 for day in working if day <= today)
    by_season = season_gone(component.quota_rules, version.plan, working, today)
    attainment = total.attainment_minor
    band: Band | None = None
    steps: tuple[Step, ...] = ()
    upcoming = cap_at = None
    if position is not None:
        climbed = position.sums.attainment_minor
        band = position.table.band_at(climbed)
        steps = _steps(position.table, climbed, quota_minor)
        upcoming = _next_step(position, band, quota_minor, typical)
        cap_at = _cap_at(position.table)
    return Standing(
        payee_id=total.key.payee_id,
        component_key=total.key.component_key,
        component_name=component.name or component.key,
        plan_name=version.plan.name,
        window=window,
        currency=version.plan.currency,
        measure=component.measure,
        mode=component.mode,
        attainment_minor=attainment,
        quota_minor=quota_minor,
        attainment_ratio=Fraction(attainment, quota_minor) if quota_minor else None,
        earned_minor=earned_minor,
        steps=steps,
        step_number=band.number if band else 0,
        rate=band.rate if band else Fraction(0),
        cap_at_minor=cap_at,
        next_step=upcoming,
        typical_deal_minor=typical,
        next_deal_minor=position.gain_minor(typical) if position and typical else None,
        next_deal_above_minor=_above_minor(position, upcoming, typical),
        pace=_pace(position, attainment, earned_minor, days, by_season),
        problem="" if position else "no_quota",
        pays_on=component.pays_on,
        has_multipliers=_multiplies_pay(component),
        alone_steps=() if component.climbs else _steps_alone(component),
        is_residual=bool(component.years),
    )


def _typical_minor(component: Component, typical_minor: int | None) -> int | None:
    """The size of a usual deal; unknown where the deals so far came in instalments."""
    is_known = typical_minor is not None and typical_minor > 0 and not component.years
    return typical_minor if is_known else None


def _above_minor(
    position: _Position | None, upcoming: NextStep | None, typical: int | None
) -> int | None:
    """What a usual deal would pay on the step above."""
    if position is None or upcoming is None or typical is None:
        return None
    return round_to_minor_unit(upcoming.rate * typical * position.weight_ratio)


def _multiplies_pay(component: Component) -> bool:
    return bool(component.multipliers) and component.weight_policy is not WeightPolicy.ON_CREDIT


def _position(
    version: PlanVersion, total: WindowTotal, terms: LadderTerms, day: date
) -> _Position | None:
    """The top of the last stretch climbed, or the foot of the table that holds on a day when nothing was sold on it."""
    component, table = terms.on(version, day) or (None, None)
    if component is None or table is None:
        return None
    exact, sums, last = Fraction(0), NOTHING, None
    for stretch in stretches_of(total, terms.book):
        exact += stretch.gained
        sums = sum((cell.sums for cell in stretch.cells), NOTHING)
        last = stretch.cells[-1]
    if version.plan.on_change is OnChange.RESTART and _is_before(total, terms.book, version):
        sums = NOTHING
    if last is not None and _is_restarted_since(last, terms.quota(version), day):
        sums = NOTHING
    return _Position(component, table, sums, exact)


def _is_restarted_since(last: Cell, quota: WindowQuota | None, day: date) -> bool:
    """Whether another quota has let the climb start at the foot since the last deals."""
    if quota is None or quota.rules.on_change is not OnQuotaChange.RESTART:
        return False
    return quota.on(last.starts_on).starts_on < quota.on(day).starts_on


def _position_alone(
    component: Component, total: WindowTotal, book: PlanBook, typical: int | None
) -> _Position | None:
    """Where deals do not climb together: one flat step, at what a usual deal pays by itself."""
    table = compile_table(component, None)
    if table is None:
        return None
    rate = table.bands[0].rate
    if typical:
        usual = Sums(1, 0, typical, typical * WEIGHT_SCALE)
        rate = value_alone(table, tier_of(component, typical), usual) / typical
    flat = replace(
        component,
        tiers=(Tier(None, rate),),
        mode=Mode.MARGINAL,
        judged=Judged.ACCUMULATED,
        years=(),
    )
    flat_table = compile_table(flat, None)
    assert flat_table is not None, "amounts need no quota"
    exact = sum((cell.value for cell in alone_cells(total, book)), Fraction(0))
    return _Position(flat, flat_table, total.sums, exact, bool(component.years))


def _steps_alone(component: Component) -> tuple[Step, ...]:
    """The tiers a deal is judged by, or the years of a residual."""
    table = compile_table(component, None)
    return _steps(table, 0, None) if table else ()


def _is_before(total: WindowTotal, book: PlanBook, version: PlanVersion) -> bool:
    """Whether everything sold in the window was sold under earlier versions."""
    sold_under = (book.version(version_id) for version_id in total.version_ids)
    return all(earlier.effective_from < version.effective_from for earlier in sold_under)


def _steps(table: RateTable, attainment: int, quota_minor: int | None) -> tuple[Step, ...]:
    steps = [band for band in table.bands if not band.is_cap]
    return tuple(
        Step(
            number=band.number,
            starts_at_minor=round_to_minor_unit(band.starts_at),
            up_to_minor=None if band.up_to is None else round_to_minor_unit(band.up_to),
            rate=band.rate,
            bonus_minor=round_to_minor_unit(band.bonus),
            filled=_filled(band, attainment),
            starts_at_ratio=band.starts_at / quota_minor if quota_minor else None,
            up_to_ratio=band.up_to / quota_minor
            if quota_minor and band.up_to is not None
            else None,
        )
        for band in steps
    )


def _filled(band: Band, attainment: int) -> Fraction:
    if attainment <= band.starts_at:
        return Fraction(0)
    if band.up_to is None:
        return min(Fraction(1), (attainment - band.starts_at) / max(band.starts_at, Fraction(1)))
    return min(Fraction(1), (attainment - band.starts_at) / (band.up_to - band.starts_at))


def _next_step(
    position: _Position, band: Band, quota_minor: int | None, typical: int | None
) -> NextStep | None:
    table, attainment = position.table, position.sums.attainment_minor
    following = table.bands[table.bands.index(band) + 1 :]
    if band.up_to is None or not following or following[0].is_cap:
        return None
    above = following[0]
    distance_minor = max(0, ceil(band.up_to - attainment))
    jump = above.bonus
    if table.mode is Mode.WHOLE:
        jump += (above.rate - band.rate) * band.up_to * position.weight_ratio - band.bonus
    return NextStep(
        number=above.number,
        rate=above.rate,
        distance_minor=distance_minor,
        distance_ratio=Fraction(distance_minor, quota_minor) if quota_minor else None,
        deals_count=ceil(distance_minor / typical) if typical else None,
        gain_minor=round_to_minor_unit(jump),
    )


def _cap_at(table: RateTable) -> int | None:
    ceiling = [band.starts_at for band in table.bands if band.is_cap]
    if table.cap_at is not None:
        ceiling.append(table.cap_at)
    return round_to_minor_unit(ceiling[0]) if ceiling else None


def _pace(
    position: _Position | None,
    attainment: int,
    earned_minor: int,
    days: tuple[int, int],
    by_season: Fraction | None,
) -> Pace:
    """The rest of the window sold at the pace so far; before its first working day, what is sold already."""
    days_count, gone_count = days
    by_days = Fraction(gone_count, days_count) if days_count else Fraction(1)
    gone = by_days if by_season is None else by_season
    projected, projected_earned = attainment, earned_minor
    is_sold_by_day = position is not None and not position.is_residual
    if position is not None and is_sold_by_day and gone_count and gone and attainment > 0:
        projected = round_to_minor_unit(attainment / gone)
        projected_earned = earned_minor + position.gain_minor(projected - attainment)
    return Pace(
        attainment_minor=projected,
        earned_minor=projected_earned,
        ratio=gone,
        working_days_count=days_count,
        working_days_gone_count=gone_count,
        working_days_left_count=days_count - gone_count,
        season_gone=by_season,
    )
