"""What everybody has earned, worked out from the first event on: the slow twin of the running totals.

Written in the plainest way from the definitions of the plan words, not from the fast path: every deal is walked, tier
by tier, in exact fractions, and nothing is kept between two calls. It shares only the plan and deal classes with the
rest of the engine (its tier tables are its own, in replay_table), so a mistake would have to be made twice, in two
ways, to go unseen.

Where the definitions leave a choice, this is the meaning taken:

- A version without weights (no multipliers on the payout, nothing paid on a second measure) reads the attainment alone,
  also of deals that an earlier version weighed.
- A retroactive version that has a deal is used for the earlier deals of the window too, so earlier periods change.
- A cap on pay is the cap of the version that pays the period, held against the uncapped sum of the window so far.
- Without any attainment no bonus is reached, and a curve that starts at zero pays nothing.
- A bonus above the cap on attainment is never reached. On a table paid at the average weight, bonuses are weighed too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tracker.engine.deals import CreditShare, Deal, DealEvent, DealStatus
from tracker.engine.plans import (
    Assignment,
    Axis,
    Component,
    Mode,
    Multiplier,
    OnChange,
    PlanVersion,
    Stacking,
    WeightPolicy,
)
from tracker.engine.replay_table import table_of

Quotas = Mapping[tuple[int, str, str], int]
"""Minor units (hundredths of a count) by payee, component ("" for all) and window."""

Earned = dict[tuple[int, str, str, str], int]
"""Minor units by payee, component, window and settlement period."""

Where = Mapping[str, tuple[str, ...]]
_WindowKey = tuple[int, str, str]


@dataclass(frozen=True, slots=True)
class _Part:
    """What one deal counts for one payee: towards the tiers, and in the pay. `component` is the one that pays it."""

    deal: Deal
    line: int
    version: PlanVersion
    component: Component
    attainment_minor: int
    weight_minor: Fraction

    @property
    def period_key(self) -> str:
        return self.version.plan.settlement_period_of(self.deal.effective_on).key

    @property
    def window_key(self) -> _WindowKey:
        payee_id = self.deal.credit_shares[self.line].payee_id
        component_key = f"{self.version.plan_key}/{self.component.key}"
        return payee_id, component_key, self.version.plan.window_of(self.deal.effective_on).key


def replay(
    events: Iterable[DealEvent],
    versions: Iterable[PlanVersion],
    assignments: Iterable[Assignment],
    quotas: Quotas,
) -> Earned:
    """What these events earn under these plans and quotas; a key without a counted deal is left out."""
    by_plan: dict[str, list[PlanVersion]] = {}
    for version in sorted(
        versions, key=lambda version: (version.effective_from, version.version_id)
    ):
        by_plan.setdefault(version.plan_key, []).append(version)
    by_payee: dict[int, list[Assignment]] = {}
    for assignment in assignments:
        by_payee.setdefault(assignment.payee_id, []).append(assignment)
    windows: dict[_WindowKey, list[_Part]] = {}
    for deal in _newest_deals(events):
        for part in _parts_of(deal, by_plan, by_payee):
            windows.setdefault(part.window_key, []).append(part)
    return {
        (*window_key, period_key): earned_minor
        for window_key, parts in windows.items()
        for period_key, earned_minor in _earned_of_window(window_key, parts, quotas).items()
    }


def _newest_deals(events: Iterable[DealEvent]) -> list[Deal]:
    in_order = sorted(events, key=lambda event: (event.version, event.event_id))
    newest = {event.deal.key: event.deal for event in in_order}
    return sorted(newest.values(), key=lambda deal: (deal.effective_on, deal.key))


# --- one deal


def _parts_of(
    deal: Deal, by_plan: Mapping[str, list[PlanVersion]], by_payee: Mapping[int, list[Assignment]]
) -> Iterable[_Part]:
    if deal.status is not DealStatus.WON:
        return
    for line, share in enumerate(deal.credit_shares):
        for version in _versions_in_effect(deal, by_plan, by_payee.get(share.payee_id, [])):
            for component in version.plan.components:
                counts = _counts(deal, line, version, component)
                if counts is not None:
                    yield _Part(deal, line, version, component, *counts)


def _versions_in_effect(
    deal: Deal, by_plan: Mapping[str, list[PlanVersion]], assignments: Sequence[Assignment]
) -> list[PlanVersion]:
    day = deal.effective_on
    plan_keys = {
        assignment.plan_key
        for assignment in assignments
        if assignment.starts_on <= day and (assignment.ends_on is None or day <= assignment.ends_on)
    }
    begun = [
        [version for version in by_plan.get(plan_key, []) if version.effective_from <= day]
        for plan_key in sorted(plan_keys)
    ]
    return [versions[-1] for versions in begun if versions]


def _counts(
    deal: Deal, line: int, version: PlanVersion, component: Component
) -> tuple[int, Fraction] | None:
    """Attainment and payout weight of one share of a deal in a component; None when it counts nothing there."""
    share = deal.credit_shares[line]
    measured = _measured(deal, component.measure)
    paid = measured if component.pays_on is None else _measured(deal, component.pays_on)
    has_all_evidence = all(word in deal.evidence for word in component.requires)
    if deal.currency != version.plan.currency or not _matches(deal, share, component.where):
        return None
    if measured is None or paid is None or not has_all_evidence:
        return None
    capped, capped_paid = _cap_deal(component, measured, paid)
    attainment, payout = _part_of(deal, line, capped), _part_of(deal, line, capped_paid)
    factor = _factor(deal, share, component)
    if component.weight_policy is not WeightPolicy.ON_CREDIT:
        return attainment, payout * factor
    return _rounded(attainment * factor), Fraction(_rounded(payout * factor))


def _measured(deal: Deal, measure: str) -> int | None:
    if measure == "revenue":
        return deal.amount_minor
    return 100 if measure == "deals" else deal.measures.get(measure)


def _cap_deal(component: Component, measured: int, paid: int) -> tuple[int, int]:
    """The measure cut at the cap per deal, and what is paid on cut in proportion."""
    cap = component.deal_cap_minor
    if cap is None or measured <= cap:
        return measured, paid
    return cap, cap if component.pays_on is None else _rounded(Fraction(paid * cap, measured))


def _matches(deal: Deal, share: CreditShare, where: Where) -> bool:
    said = {**deal.properties, "role": share.role}
    return all(key in said and said[key] in allowed for key, allowed in where.items())


def _part_of(deal: Deal, line: int, amount_minor: int) -> int:
    """What one share gets: an overlay its own rounded part, the others parts that sum to the whole."""
    if deal.credit_shares[line].is_overlay:
        return _rounded(amount_minor * deal.credit_shares[line].share)
    sign = -1 if amount_minor < 0 else 1
    exact = {
        number: abs(amount_minor) * share.share
        for number, share in enumerate(deal.credit_shares)
        if not share.is_overlay
    }
    parts = {number: part.numerator // part.denominator for number, part in exact.items()}
    while sum(parts.values()) < _rounded(sum(exact.values(), Fraction(0))):
        most_cut = max(parts, key=lambda number: (exact[number] - parts[number], -number))
        parts[most_cut] += 1
    return sign * parts[line]


def _factor(deal: Deal, share: CreditShare, component: Component) -> Fraction:
    """The combined multiplier of a deal, in whole 1/10,000."""
    matching = [
        multiplier
        for multiplier in component.multipliers
        if _matches(deal, share, multiplier.where)
    ]
    factor = _stacked(matching, component.stacking)
    if component.multiplier_limit is not None and factor > component.multiplier_limit:
        factor = component.multiplier_limit
    return Fraction(_rounded(factor * 10_000), 10_000)


def _stacked(multipliers: Sequence[Multiplier], stacking: Stacking) -> Fraction:
    if not multipliers:
        return Fraction(1)
    if stacking is Stacking.HIGHEST:
        return max(multiplier.factor for multiplier in multipliers)
    factor = Fraction(1)
    for multiplier in multipliers:
        if stacking is Stacking.PRODUCT:
            factor *= multiplier.factor
        else:
            factor += multiplier.factor - 1
    return factor


# --- one window


def _earned_of_window(
    window_key: _WindowKey, parts: Sequence[_Part], quotas: Quotas
) -> dict[str, int]:
    """Minor units by settlement period: what the rounded sum of the window grew by in it."""
    payee_id, _, window = window_key
    quota_minor = quotas.get(window_key, quotas.get((payee_id, "", window)))
    in_order = sorted(parts, key=lambda part: (part.deal.effective_on, part.deal.key, part.line))
    earned: dict[str, int] = {}
    shown_minor = 0
    for period_key, sum_minor in _sums_by_period(in_order, quota_minor):
        earned[period_key] = earned.get(period_key, 0) + _rounded(sum_minor) - shown_minor
        shown_minor = _rounded(sum_minor)
    return earned


def _sums_by_period(
    parts: Sequence[_Part], quota_minor: int | None
) -> Iterable[tuple[str, Fraction]]:
    """The exact pay of the window so far, at each end of a period and of a version's time."""
    sum_minor = Fraction(0)
    for climb in _climbs(parts):
        start = 0
        while start < len(climb):
            component, end = climb[start].component, _end_of_stretch(climb, start)
            before = _pay(component, climb[:start], quota_minor)
            sum_minor += _pay(component, climb[:end], quota_minor) - before
            cap_minor = component.cap_payout_minor
            paid_minor = sum_minor if cap_minor is None else min(sum_minor, Fraction(cap_minor))
            yield climb[start].period_key, paid_minor
            start = end


def _climbs(parts: Sequence[_Part]) -> list[list[_Part]]:
    """The deals of a window cut where a new version starts from the foot, each with the component that pays it."""
    climbs: list[list[_Part]] = [[]]
    for before, part in zip([None, *parts], parts, strict=False):
        if before is not None and before.version.version_id != part.version.version_id:
            if part.version.plan.on_change is OnChange.RESTART:
                climbs.append([])
            elif part.version.plan.on_change is OnChange.RETRO:
                so_far = (earlier for climb in climbs for earlier in climb)
                climbs = [[replace(earlier, component=part.component) for earlier in so_far]]
        climbs[-1].append(part)
    return climbs


def _end_of_stretch(climb: Sequence[_Part], start: int) -> int:
    """Where the deals of one period that are paid by one version end."""
    first = climb[start]
    for end in range(start + 1, len(climb)):
        is_same_payer = climb[end].component is first.component
        if not is_same_payer or climb[end].period_key != first.period_key:
            return end
    return len(climb)


def _pay(component: Component, parts: Sequence[_Part], quota_minor: int | None) -> Fraction:
    """The exact pay of a component for these deals, from the foot of its table."""
    needs_quota = component.tiers_on is Axis.QUOTA or bool(component.curve)
    if not parts or (needs_quota and (quota_minor is None or quota_minor <= 0)):
        return Fraction(0)
    table = table_of(component, Fraction(quota_minor or 0))
    attainment = Fraction(sum(part.attainment_minor for part in parts))
    weight = sum((part.weight_minor for part in parts), Fraction(0))
    if not _has_weights(component):
        weight = attainment
    if component.mode is Mode.WHOLE:
        return table.pay_whole(attainment, weight)
    if not _has_weights(component):
        return table.climbed(Fraction(0), attainment) + table.bonuses(attainment)
    if component.weight_policy is WeightPolicy.AVERAGE:
        return table.pay_average(attainment, weight)
    walked = [(part.attainment_minor, part.weight_minor) for part in parts]
    return table.pay_in_order(walked) + table.bonuses(attainment)


def _has_weights(component: Component) -> bool:
    multiplies_pay = bool(component.multipliers)
    if component.weight_policy is WeightPolicy.ON_CREDIT:
        multiplies_pay = False
    return multiplies_pay or component.pays_on not in (None, component.measure)


def _rounded(exact: Fraction | int) -> int:
    """Half away from zero."""
    half_up = abs(Fraction(exact)) + Fraction(1, 2)
    whole = half_up.numerator // half_up.denominator
    return whole if exact >= 0 else -whole
