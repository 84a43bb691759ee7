"""What everybody has earned, worked out from the first event on: the slow twin of the running totals.

Written in the plainest way from the definitions of the plan words, not from the fast path: every deal is walked, tier
by tier, in exact fractions, and nothing is kept between two calls. It shares only the plan and deal classes with the
rest of the engine (what a deal counts is in replay_parts, its tier tables in replay_table, quotas and exceptions in
replay_terms), so a mistake would have to be made twice, in two ways, to go unseen.

Where the definitions leave a choice, this is the meaning taken:

- A version without weights (no multipliers on the payout, nothing paid on a second measure) reads the attainment alone,
  also of deals that an earlier version weighed.
- A retroactive version that has a deal is used for the earlier deals of the window too, so earlier periods change.
- A cap on pay is the cap of the version that pays the period, held against the uncapped sum of the window so far.
- Deals that do not climb together are paid under the exceptions that hold on the last day of their settlement period.
- Without any attainment no bonus is reached, and a curve that starts at zero pays nothing.
- What is judged one by one, and residuals, are always paid by the version of their deal's day, after what climbs
  together; the cap on pay is held against the sum of both.
- A bonus above the cap on attainment is never reached. On a table paid at the average weight, bonuses are weighed too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import groupby

from tracker.engine.agreement.deal_terms import Judged, Overlays, Reprices
from tracker.engine.agreement.plans import (
    Assignment,
    Axis,
    Component,
    Mode,
    OnChange,
    PersonalException,
    PlanVersion,
    WeightPolicy,
)
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import Deal, DealEvent
from tracker.engine.periods import period_named
from tracker.engine.replaying.replay_parts import Part, WindowKey, parts_of, rounded
from tracker.engine.replaying.replay_presence import presences
from tracker.engine.replaying.replay_table import table_of
from tracker.engine.replaying.replay_teams import Facts, members_earned
from tracker.engine.replaying.replay_terms import QuotaByDay, ReplayTerms

Earned = dict[tuple[int, str, str, str], int]
"""Minor units by payee, component, window and settlement period."""


def replay(
    events: Iterable[DealEvent],
    versions: Iterable[PlanVersion],
    assignments: Iterable[Assignment],
    quotas: Iterable[QuotaFact] = (),
    *,
    memberships: Iterable[Membership] = (),
    until: date | None = None,
    exceptions: Iterable[PersonalException] = (),
    has_plan_quotas: bool = False,
    exchange_rates: Iterable[ExchangeRate] = (),
) -> Earned:
    """What these events earn under these plans and quotas; a key without a counted deal is left out.

    Of what deals give on later days than their own, what comes until the day `until` is in it (None: nothing). With
    `has_plan_quotas` the quota in a plan's text counts for whoever was set none.
    """
    facts = Facts(memberships)
    by_plan: dict[str, list[PlanVersion]] = {}
    for version in sorted(
        versions, key=lambda version: (version.effective_from, version.version_id)
    ):
        by_plan.setdefault(version.plan_key, []).append(version)
    by_payee: dict[int, list[Assignment]] = {}
    for assignment in assignments:
        by_payee.setdefault(assignment.payee_id, []).append(assignment)
    quotas_by_payee: dict[int, list[QuotaFact]] = {}
    for fact in quotas:
        quotas_by_payee.setdefault(fact.payee_id, []).append(fact)
    terms = ReplayTerms(
        by_payee, quotas_by_payee, tuple(exceptions), has_plan_quotas, tuple(exchange_rates)
    )
    windows: dict[WindowKey, list[Part]] = {}
    for deal in _newest_deals(events):
        for part in parts_of(deal, by_plan, by_payee, facts, terms, until):
            windows.setdefault(part.window_key, []).append(part)
    for part in presences(by_plan, by_payee, terms, until):
        windows.setdefault(part.window_key, []).append(part)
    earned: Earned = {}
    for window_key, parts in windows.items():
        of_window = _earned_of_window(window_key, parts, terms)
        for period_key, earned_minor in of_window.items():
            earned[(*window_key, period_key)] = earned_minor
        for key, earned_minor in _earned_by_members(window_key, parts, of_window, facts).items():
            earned[key] = earned.get(key, 0) + earned_minor
    return earned


def _newest_deals(events: Iterable[DealEvent]) -> list[Deal]:
    in_order = sorted(events, key=lambda event: (event.version, event.event_id))
    newest = {event.deal.key: event.deal for event in in_order}
    return sorted(newest.values(), key=lambda deal: (deal.effective_on, deal.key))


# --- one window


def _earned_of_window(
    window_key: WindowKey, parts: Sequence[Part], terms: ReplayTerms
) -> dict[str, int]:
    """Minor units by settlement period: what the rounded sum of the window grew by in it."""
    in_order = sorted(parts, key=lambda part: (part.day, part.deal.key, part.line, part.number))
    earned: dict[str, int] = {}
    shown_minor = 0
    together = [part for part in in_order if _climbs_with_others(part.component)]
    alone = [
        _as_agreed(part, terms) for part in in_order if not _climbs_with_others(part.component)
    ]
    for period_key, sum_minor in _sums_by_period(_climbs(window_key, together, terms), alone):
        earned[period_key] = earned.get(period_key, 0) + rounded(sum_minor) - shown_minor
        shown_minor = rounded(sum_minor)
    return earned


def _earned_by_members(
    window_key: WindowKey, parts: Sequence[Part], of_window: Mapping[str, int], facts: Facts
) -> Earned:
    """What the members of a team get of what it earned in a window, by the rule of its newest version."""
    team, component_key, window_name = window_key
    newest = max(parts, key=lambda part: (part.version.effective_from, part.version.version_id))
    sharing, year_start = newest.component.shared, newest.version.plan.year_starts_in_month
    if sharing is None or not facts.is_team(team):
        return {}
    window = period_named(window_name, year_start)
    periods = sorted(
        (period_named(key, year_start) for key in of_window),
        key=lambda period: (period.starts_on, period.ends_on, period.key),
    )
    in_time = [(period.key, of_window[period.key]) for period in periods]
    shares = members_earned(in_time, facts.days_held(team, window), sharing, window)
    return {
        (member, component_key, window_name, period_key): earned_minor
        for (member, period_key), earned_minor in shares.items()
    }


def _sums_by_period(
    climbs: Sequence[Sequence[Part]], alone: Sequence[Part]
) -> Iterable[tuple[str, Fraction]]:
    """The exact pay of the window so far, at each end of a period and of what pays it."""
    sum_minor = Fraction(0)
    for climb in climbs:
        start = 0
        while start < len(climb):
            first, end = climb[start], _end_of_stretch(climb, start)
            before = _pay(first.component, climb[:start], first.quota_minor)
            sum_minor += _pay(first.component, climb[:end], first.quota_minor) - before
            cap_minor = first.component.cap_payout_minor
            paid_minor = sum_minor if cap_minor is None else min(sum_minor, Fraction(cap_minor))
            yield first.period_key, paid_minor
            start = end
    for _, in_turn in groupby(sorted(alone, key=_turn), key=_turn):
        paid_now = list(in_turn)
        component = paid_now[0].component
        sum_minor += sum((_pay_alone(part) for part in paid_now), Fraction(0))
        cap_minor = component.cap_payout_minor
        paid_minor = sum_minor if cap_minor is None else min(sum_minor, Fraction(cap_minor))
        yield paid_now[0].period_key, paid_minor


def _as_agreed(part: Part, terms: ReplayTerms) -> Part:
    """A part that is paid by itself, under what is agreed for the last day of its settlement period."""
    of_plan = part.version.plan.component(part.component.key)
    assert of_plan is not None, "a deal counts under a component of its version"
    period = part.version.plan.settlement_period_of(part.day)
    component = terms.component(part.payee_id, part.version, of_plan, period.ends_on)
    return replace(part, component=component)


def _climbs_with_others(component: Component) -> bool:
    return not component.years and component.judged is not Judged.EACH


def _turn(part: Part) -> tuple[date, date, int]:
    """When a part that is paid by itself is paid: by period, and in it by the version of its deal."""
    period = part.version.plan.settlement_period_of(part.day)
    return period.ends_on, part.version.effective_from, part.version.version_id


def _pay_alone(part: Part) -> Fraction:
    """The exact pay of a part that climbs with no other: by its year, or by its own size."""
    component = part.component
    if component.years:
        years = component.tiers
        return years[min(part.year, len(years)) - 1].rate * part.weight_minor
    table, attainment = table_of(component, Fraction(0)), Fraction(part.attainment_minor)
    if component.mode is Mode.WHOLE or attainment <= 0:
        return table.pay_whole(attainment, part.weight_minor)
    climbed = table.climbed(Fraction(0), attainment) * part.weight_minor / attainment
    return climbed + table.bonuses(attainment)


def _climbs(
    window_key: WindowKey, in_order: Sequence[Part], terms: ReplayTerms
) -> list[list[Part]]:
    """The deals of a window, each with what pays it, cut where a version or a quota starts from the foot."""
    climbs: list[list[Part]] = []
    before: Part | None = None
    for deal_part in _with_payers(in_order):
        payer = deal_part.payer
        of_plan = payer.plan.component(deal_part.component.key)
        assert of_plan is not None, "a version pays only deals of a component it has"
        quota = terms.quota(window_key, payer, of_plan)
        component = terms.component(window_key[0], payer, of_plan, deal_part.day)
        part = replace(deal_part, component=component, quota_minor=quota.on(deal_part.day))
        if before is None or _starts_afresh(before, part, quota):
            climbs.append([])
        climbs[-1].append(part)
        before = part
    return climbs


def _starts_afresh(before: Part, part: Part, quota: QuotaByDay) -> bool:
    is_new = before.payer.version_id != part.payer.version_id
    if is_new and part.payer.plan.on_change is OnChange.RESTART:
        return True
    return quota.starts_afresh_between(before.day, part.day)


def _with_payers(in_order: Sequence[Part]) -> list[Part]:
    """Each deal with the version that pays it: a retroactive one that has a deal also pays those before it."""
    paid: list[Part] = []
    for before, part in zip([None, *in_order], in_order, strict=False):
        is_new = before is not None and before.version.version_id != part.version.version_id
        if is_new and part.version.plan.on_change is OnChange.RETRO:
            paid = [replace(earlier, payer=part.version) for earlier in paid]
        paid.append(part)
    return paid


def _end_of_stretch(climb: Sequence[Part], start: int) -> int:
    """Where the deals of one period that are paid alike end."""
    first = climb[start]
    for end in range(start + 1, len(climb)):
        part = climb[end]
        is_alike = (part.component, part.quota_minor) == (first.component, first.quota_minor)
        if not is_alike or part.period_key != first.period_key:
            return end
    return len(climb)


def _pay(component: Component, parts: Sequence[Part], quota_minor: int | None) -> Fraction:
    """The exact pay of a component for these deals, from the foot of its table; a score's quota is 100.00 %."""
    if component.measure == "objective" and quota_minor is None:
        quota_minor = 100_00
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
    takes_from_pay = component.clawback is not None and component.clawback.reprices is Reprices.DEAL
    pays_beside = takes_from_pay or component.overlays is Overlays.PAY_ONLY
    return multiplies_pay or pays_beside or component.pays_on not in (None, component.measure)
