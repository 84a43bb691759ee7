"""What each deal counts in the replay: towards the tiers and in the pay, on which day, for whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from tracker.engine.agreement.deal_terms import Churn, Instalments, Judged, Overlays, Reprices
from tracker.engine.agreement.plans import (
    COUNT_MEASURES,
    Assignment,
    Component,
    Multiplier,
    PlanVersion,
    Stacking,
    WeightPolicy,
)
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.replaying.replay_teams import Facts
from tracker.engine.replaying.replay_terms import ReplayTerms

Where = Mapping[str, tuple[str, ...]]
WindowKey = tuple[int, str, str]
"""Payee, component and window."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one deal counts for one payee on a day: towards the tiers, and in the pay.

    `version` is the one of its day, `payer` the one that pays it, whose `component` and quota it climbs by. `number`
    tells the parts of one deal apart: 0 is the sale, 1 what counts off again when the customer leaves; of a residual it
    counts the instalments, which fall in a `year` of the deal.
    """

    deal: Deal
    line: int
    payee_id: int
    version: PlanVersion
    payer: PlanVersion
    component: Component
    attainment_minor: int
    weight_minor: Fraction
    day: date
    number: int = 0
    year: int = 1
    quota_minor: int | None = None

    @property
    def period_key(self) -> str:
        return self.version.plan.settlement_period_of(self.day).key

    @property
    def window_key(self) -> WindowKey:
        component_key = f"{self.version.plan_key}/{self.component.key}"
        return self.payee_id, component_key, self.version.plan.window_of(self.day).key


def parts_of(
    deal: Deal,
    by_plan: Mapping[str, list[PlanVersion]],
    by_payee: Mapping[int, list[Assignment]],
    facts: Facts,
    terms: ReplayTerms,
    until: date | None,
) -> Iterable[Part]:
    """Every part of a deal that counts."""
    if deal.status is not DealStatus.WON:
        return
    for line, share in enumerate(deal.credit_shares):
        for payee_id, whose in facts.earners(share, deal.effective_on):
            assignments = by_payee.get(payee_id, [])
            for version in _versions_in_effect(deal.effective_on, by_plan, assignments):
                for of_plan in version.plan.components:
                    if facts.pays_for(payee_id, whose, of_plan):
                        day = deal.effective_on
                        component = terms.component(payee_id, version, of_plan, day)
                        worth = terms.worth_of(deal.currency, version.plan.currency, day)
                        for sale in _sold(deal, line, payee_id, version, component, worth):
                            yield from _over_time(sale, by_plan, assignments, until)


def _over_time(
    sale: Part,
    by_plan: Mapping[str, list[PlanVersion]],
    assignments: Sequence[Assignment],
    until: date | None,
) -> Iterable[Part]:
    """The sale itself and what comes of it later."""
    if sale.component.years:
        yield from _instalments(sale, assignments, until)
        return
    yield sale
    if sale.component.judged is Judged.ACCUMULATED:
        yield from _churn(sale, by_plan, assignments)


def _sold(
    deal: Deal,
    line: int,
    payee_id: int,
    version: PlanVersion,
    component: Component,
    worth: Fraction | None,
) -> list[Part]:
    """The sale itself, when it counts; `worth` is that of its currency in the plan's."""
    counts = None if worth is None else _counts(deal, line, component, worth)
    if counts is None:
        return []
    return [Part(deal, line, payee_id, version, version, component, *counts, deal.effective_on)]


def _instalments(
    sale: Part, assignments: Sequence[Assignment], until: date | None
) -> Iterable[Part]:
    """The sale spread over the years of a residual, while the customer is there and the payee on the plan."""
    start, left_on = sale.day, sale.deal.ended_on or date.max
    in_year = 12 if sale.component.instalments is Instalments.MONTH else 1
    whole, left_over = divmod(abs(sale.attainment_minor), in_year)
    sign = -1 if sale.attainment_minor < 0 else 1
    number, due_on = 0, start
    while number == 0 or (due_on <= (until or start) and due_on <= left_on):
        part_minor = sign * (whole + (1 if number % in_year < left_over else 0))
        weight = Fraction(0)
        if sale.attainment_minor:
            weight = sale.weight_minor * part_minor / sale.attainment_minor
        is_there = any(
            of.plan_key == sale.version.plan_key
            and of.starts_on <= due_on <= (of.ends_on or date.max)
            for of in assignments
        )
        if number == 0 or is_there:
            yield replace(
                sale,
                attainment_minor=part_minor,
                weight_minor=weight,
                day=due_on,
                number=number,
                year=number // in_year + 1,
            )
        number += 1
        due_on = _months_on(start, number * 12 // in_year)


def _months_on(start: date, months: int) -> date:
    year, month = start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1
    day = start.day
    while day > 28:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1
    return date(year, month, day)


def _churn(
    sale: Part, by_plan: Mapping[str, list[PlanVersion]], assignments: Sequence[Assignment]
) -> Iterable[Part]:
    """The sale off again on the day the customer left, where the version of that day counts net."""
    left_on = sale.deal.ended_on
    if left_on is None:
        return
    for version in _versions_in_effect(left_on, by_plan, assignments):
        if version.plan_key != sale.version.plan_key:
            continue
        for component in version.plan.components:
            if component.key == sale.component.key and component.churn is Churn.NET:
                off, unpaid = -sale.attainment_minor, -sale.weight_minor
                yield Part(
                    sale.deal,
                    sale.line,
                    sale.payee_id,
                    version,
                    version,
                    component,
                    off,
                    unpaid,
                    left_on,
                    1,
                )


def _versions_in_effect(
    day: date, by_plan: Mapping[str, list[PlanVersion]], assignments: Sequence[Assignment]
) -> list[PlanVersion]:
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
    deal: Deal, line: int, component: Component, worth: Fraction
) -> tuple[int, Fraction] | None:
    """Attainment and payout weight of one share of a deal in a component; None when it counts nothing there."""
    share = deal.credit_shares[line]
    measured = _measured(deal, component.measure)
    paid = measured if component.pays_on is None else _measured(deal, component.pays_on)
    has_all_evidence = all(word in deal.evidence for word in component.requires)
    if not _matches(deal, share, component.where):
        return None
    if measured is None or paid is None or not has_all_evidence:
        return None
    if component.starts_on is not None and deal.effective_on < component.starts_on:
        return None
    if component.ends_on is not None and deal.effective_on > component.ends_on:
        return None
    attainment, payout = _in_plan_currency(deal, line, component, measured, paid, worth)
    factor = _factor(deal, share, component)
    weight = payout * factor
    if component.weight_policy is WeightPolicy.ON_CREDIT:
        attainment, weight = rounded(attainment * factor), Fraction(rounded(payout * factor))
    is_pay_only = share.is_overlay and component.overlays is Overlays.PAY_ONLY
    return 0 if is_pay_only else attainment, weight


def _in_plan_currency(
    deal: Deal, line: int, component: Component, measured: int, paid: int, worth: Fraction
) -> tuple[int, int]:
    """One share of what counts and of what is paid on: cut, split as it was sold, and only then converted."""
    worth_paid = worth
    if component.measure in COUNT_MEASURES:
        worth = Fraction(1)
    if (component.pays_on or component.measure) in COUNT_MEASURES:
        worth_paid = Fraction(1)
    is_cut = component.deal_cap_minor is not None and measured * worth > component.deal_cap_minor
    if is_cut:
        measured, paid = _cap_deal(component, measured * worth, paid * worth_paid)
        worth = worth_paid = Fraction(1)
    left = _left_of(deal, component)
    paid = rounded(paid * left)
    if component.clawback is not None and component.clawback.reprices is Reprices.WINDOW:
        measured = rounded(measured * left)
    attainment = rounded(_part_of(deal, line, measured) * worth)
    payout = rounded(_part_of(deal, line, paid) * worth_paid)
    return attainment, payout


def _left_of(deal: Deal, component: Component) -> Fraction:
    """The part of a deal that no clawback takes."""
    rule = component.clawback
    if rule is None or deal.ended_on is None:
        return Fraction(1)
    months = range(1, rule.within_months + 1)
    done = [month for month in months if _is_over(deal.effective_on, month, deal.ended_on)]
    if len(done) == rule.within_months:
        return Fraction(1)
    if rule.is_by_months:
        return Fraction(len(done), rule.within_months)
    in_time = [step for step in rule.steps if step.within_months not in done]
    return 1 - in_time[0].takes


def _is_over(start: date, months: int, day: date) -> bool:
    """Whether so many months have passed since a day; a month without that day ends on its last one."""
    months_since = (day.year - start.year) * 12 + day.month - start.month
    is_last_of_month = date.fromordinal(day.toordinal() + 1).month != day.month
    is_full = day.day >= start.day or is_last_of_month
    return months_since > months or (months_since == months and is_full)


def _measured(deal: Deal, measure: str) -> int | None:
    if "objective" in deal.measures:  # a score, and nothing else
        return deal.measures["objective"] if measure == "objective" else None
    if measure == "revenue":
        return deal.amount_minor
    return 100 if measure == "deals" else deal.measures.get(measure)


def _cap_deal(component: Component, measured: Fraction, paid: Fraction) -> tuple[int, int]:
    """The cap per deal instead of a measure above it, and what is paid on cut in proportion; in the plan's currency."""
    cap = component.deal_cap_minor or 0
    return cap, cap if component.pays_on is None else rounded(paid * cap / measured)


def _matches(deal: Deal, share: CreditShare, where: Where) -> bool:
    said = {**deal.properties, "role": share.role}
    return all(key in said and said[key] in allowed for key, allowed in where.items())


def _part_of(deal: Deal, line: int, amount_minor: int) -> int:
    """What one share gets: an overlay its own rounded part, the others parts that sum to the whole."""
    if deal.credit_shares[line].is_overlay:
        return rounded(amount_minor * deal.credit_shares[line].share)
    sign = -1 if amount_minor < 0 else 1
    exact = {
        number: abs(amount_minor) * share.share
        for number, share in enumerate(deal.credit_shares)
        if not share.is_overlay
    }
    parts = {number: part.numerator // part.denominator for number, part in exact.items()}
    while sum(parts.values()) < rounded(sum(exact.values(), Fraction(0))):
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
    return Fraction(rounded(factor * 10_000), 10_000)


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


def rounded(exact: Fraction | int) -> int:
    """Half away from zero."""
    half_up = abs(Fraction(exact)) + Fraction(1, 2)
    whole = half_up.numerator // half_up.denominator
    return whole if exact >= 0 else -whole
