"""What people earn under plans that change, in plain loops over the accepted facts: the oracle of histories.

Written from the README alone; shares no code with the product. Every deal is walked from the first one on, in the order
of its day and key, in exact fractions; a month earns the difference of the rounded sums. The meanings taken:

- A deal counts under the version of its own day for who is on the plan that day: its filter, its multiplier, its cap
  and what a clawback leaves of it are that version's.
- A newer version pays what is sold from its first day on: on from where the climb stands (continue), from the foot
  (restart), or, once it has a deal, the whole window (retro).
- A quota that is another from a day on counts as the version that pays says: the last one for all of the window
  (retro), the average of the days on the plan (prorate), or each from its day, where the climb goes on (continue) or
  begins at the foot (restart).
- A cap on pay is held against the sum of the window so far, by the version that pays the period.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import Any

from tests.faults.oracle import MEASURES, Figures, minor, newest_of, parts, quarter_of
from tests.faults.plan_terms import (
    CLAWBACK_MONTHS,
    EVIDENCE,
    MARGIN_RATE,
    TARGET_INCENTIVE_MINOR,
    Terms,
)


@dataclass(frozen=True)
class Version:
    """Terms that hold from a day on. A later number said the same day replaces it."""

    number: int
    starts_on: date
    terms: Terms


@dataclass(frozen=True)
class Quota:
    """What a rep is to sell in a quarter or a year, known from a day on. Of one day the last that was said counts."""

    rep: str
    period: str
    amount_minor: int
    since: date = date.min


@dataclass
class Facts:
    """What was accepted, in the order in which it was."""

    events: list[Mapping[str, Any]] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    on_plan: dict[tuple[str, date], date | None] = field(default_factory=dict)
    quotas: list[Quota] = field(default_factory=list)
    rates: dict[tuple[str, date], Fraction] = field(default_factory=dict)

    def version_on(self, day: date) -> Version | None:
        begun = [one for one in self.versions if one.starts_on <= day]
        return max(begun, key=lambda one: (one.starts_on, one.number), default=None)

    def is_on_plan(self, rep: str, day: date) -> bool:
        return any(
            whose == rep and starts_on <= day and (ends_on is None or day <= ends_on)
            for (whose, starts_on), ends_on in self.on_plan.items()
        )

    def worth_of(self, currency: str, day: date) -> Fraction | None:
        """What one unit of a currency is worth in kroner; None while nobody has said."""
        if currency == "DKK":
            return Fraction(1)
        said = [since for name, since in self.rates if name == currency and since <= day]
        return self.rates[currency, max(said)] if said else None

    def quota_set_on(self, rep: str, quarter: str, day: date) -> int | None:
        """As it is set on a day: that of the quarter, or its part of the year's, what is left over to the first."""
        for period in (quarter, quarter[:4]):
            said = [
                (one.since, number, one.amount_minor)
                for number, one in enumerate(self.quotas)
                if (one.rep, one.period) == (rep, period) and one.since <= day
            ]
            if said:
                amount = max(said)[2]
                is_year = period != quarter
                return amount // 4 + (int(quarter[-1]) <= amount % 4) if is_year else amount
        return None

    def quota_minor(self, rep: str, day: date, terms: Terms) -> int | None:
        """The quota by which terms pay what is sold on a day."""
        quarter = quarter_of(f"{day:%Y-%m}")
        days = days_of(quarter)
        if terms.on_quota_change == "retro":
            return self.quota_set_on(rep, quarter, days[-1])
        if terms.on_quota_change != "prorate":
            return self.quota_set_on(rep, quarter, day)
        counted = [one for one in days if self.is_on_plan(rep, one)] or days
        found = [self.quota_set_on(rep, quarter, one) for one in counted]
        if all(amount is None for amount in found):
            return None
        return rounded(Fraction(sum(amount or 0 for amount in found), len(counted)))

    def is_another_quota(self, rep: str, before: date, day: date) -> bool:
        """Whether another quota begins after one day and until another of the same quarter."""
        quarter = quarter_of(f"{day:%Y-%m}")
        days = [one for one in days_of(quarter) if before <= one <= day]
        found = [self.quota_set_on(rep, quarter, one) for one in days]
        return any(one != other for one, other in pairwise(found))


@dataclass(frozen=True)
class Part:
    """What one deal counts for one rep under one component; `payer` is the version that pays it."""

    day: date
    payer: Version
    own: Version
    counted_minor: int
    weighs: Fraction
    quota_minor: int | None = None


Window = tuple[str, str, str]
"""Rep, component and quarter."""


def earned(facts: Facts) -> Figures:
    """What everybody earned, by rep, component and month. A month without a deal is left out."""
    figures: Figures = {}
    for window, found in _by_window(facts).items():
        rep, component, _ = window
        for month, amount in _earned_in_window(component, _climbs(rep, found, facts)):
            figures[rep, component, month] = figures.get((rep, component, month), 0) + amount
    return figures


def attained_minor(facts: Facts, quarter: str) -> dict[tuple[str, str], int]:
    """What everybody sold in a quarter, by rep and component."""
    return {
        (rep, component): sum(part.counted_minor for part in found)
        for (rep, component, of), found in _by_window(facts).items()
        if of == quarter
    }


def step_reached(facts: Facts, rep: str, quarter: str, today: date) -> int:
    """The tier of sales that a rep stands in: 1 at the foot, 0 while a quota is lacking."""
    version = facts.version_on(today)
    assert version is not None
    quota = facts.quota_minor(rep, today, version.terms)
    if version.terms.needs_quota and not quota:
        return 0
    climbs = _climbs(rep, _by_window(facts).get((rep, "sales", quarter), []), facts)
    stands_at = sum(part.counted_minor for part in climbs[-1]) if climbs else 0
    if climbs and _begins_afresh(climbs, version, rep, today, facts):
        stands_at = 0
    ends = [end for end, _ in _ladder(version.terms, quota)]
    return next(number for number, end in enumerate(ends, 1) if end is None or stands_at <= end)


def _begins_afresh(
    climbs: Sequence[Sequence[Part]], version: Version, rep: str, today: date, facts: Facts
) -> bool:
    """Whether what is sold today begins at the foot: under a version or a quota under which nothing was sold yet."""
    is_untouched = all(part.own.starts_on < version.starts_on for climb in climbs for part in climb)
    if version.terms.on_change == "restart" and is_untouched:
        return True
    last = climbs[-1][-1].day
    is_restarted = version.terms.on_quota_change == "restart" and last < today
    return is_restarted and facts.is_another_quota(rep, last, today)


# --- what counts


def _by_window(facts: Facts) -> dict[Window, list[Part]]:
    in_order = sorted(newest_of(facts.events), key=lambda event: (_day_of(event), event["deal_id"]))
    windows: dict[Window, list[Part]] = {}
    for event in in_order:
        for rep, component, part in _parts(event["deal"], facts):
            windows.setdefault((rep, component, quarter_of(f"{part.day:%Y-%m}")), []).append(part)
    return windows


def _day_of(event: Mapping[str, Any]) -> str:
    return str(event["deal"]["effective_on"])


def _parts(deal: Mapping[str, Any], facts: Facts) -> Iterator[tuple[str, str, Part]]:
    day = date.fromisoformat(deal["effective_on"])
    version, worth = facts.version_on(day), facts.worth_of(deal["currency"], day)
    if deal["status"] != "won" or version is None or worth is None:
        return
    for component, measure in MEASURES.items():
        terms = version.terms if component == "sales" else Terms()
        is_held = terms.asks_evidence and EVIDENCE not in deal.get("evidence", ())
        if measure not in deal or is_held:
            continue
        of_deal, factor = minor(deal[measure]), _factor(deal, terms)
        if terms.deal_cap and of_deal * worth > terms.deal_cap * 100:
            of_deal, worth_now = terms.deal_cap * 100, Fraction(1)
        else:
            worth_now = worth
        of_deal = rounded(of_deal * _left_of(deal, day, terms))
        for rep, part in parts(deal, of_deal):
            if facts.is_on_plan(rep, day):
                counted, weighs = rounded(part * worth_now), factor
                if terms.counts_factors:
                    counted, weighs = rounded(counted * factor), Fraction(1)
                yield rep, component, Part(day, version, version, counted, weighs)


def _factor(deal: Mapping[str, Any], terms: Terms) -> Fraction:
    return Fraction(terms.factors.get(deal.get("product", ""), "1"))


def _left_of(deal: Mapping[str, Any], day: date, terms: Terms) -> Fraction:
    """What a customer who left leaves of a deal."""
    if not terms.clawback or not deal.get("ended_on"):
        return Fraction(1)
    full_months = _full_months(day, date.fromisoformat(deal["ended_on"]))
    if full_months >= CLAWBACK_MONTHS:
        return Fraction(1)
    return Fraction(full_months, CLAWBACK_MONTHS) if terms.clawback != "all" else Fraction(0)


def _full_months(start: date, end: date) -> int:
    """A month from the 31st is full on the last day of a shorter one."""
    months = (end.year - start.year) * 12 + end.month - start.month
    is_last_of_month = (end + timedelta(days=1)).day == 1
    return months if end.day >= start.day or is_last_of_month else months - 1


# --- what it pays


def _earned_in_window(
    component: str, climbs: Sequence[Sequence[Part]]
) -> Iterator[tuple[str, int]]:
    """Month by month, by how much the rounded sum of the window grew."""
    exact, shown = Fraction(0), 0
    for climb in climbs:
        for start, end in _stretches(climb):
            terms = climb[start].payer.terms
            table = _ladder(terms, climb[start].quota_minor) if component == "sales" else _flat()
            is_whole = component == "sales" and terms.mode == "whole"
            is_weighed = component == "sales" and bool(terms.factors) and not terms.counts_factors
            exact += _pay(table, climb[:end], is_whole, is_weighed)
            exact -= _pay(table, climb[:start], is_whole, is_weighed)
            limit = terms.cap_payout * 100 if component == "sales" else 0
            now = rounded(min(exact, Fraction(limit)) if limit else exact)
            yield f"{climb[start].day:%Y-%m}", now - shown
            shown = now


def _climbs(rep: str, found: Sequence[Part], facts: Facts) -> list[list[Part]]:
    """The parts of a window, each with who pays it, cut where a version or a quota starts from the foot."""
    paid: list[Part] = []
    for part in found:
        is_new = bool(paid) and paid[-1].own.number != part.own.number
        if is_new and part.own.terms.on_change == "retro":
            paid = [replace(earlier, payer=part.own) for earlier in paid]
        paid.append(part)
    climbs: list[list[Part]] = []
    for number, part in enumerate(paid):
        if number == 0 or _starts_at_the_foot(rep, paid[number - 1], part, facts):
            climbs.append([])
        quota = facts.quota_minor(rep, part.day, part.payer.terms)
        climbs[-1].append(replace(part, quota_minor=quota))
    return climbs


def _starts_at_the_foot(rep: str, before: Part, part: Part, facts: Facts) -> bool:
    terms = part.payer.terms
    if before.payer.number != part.payer.number and terms.on_change == "restart":
        return True
    is_restarted = terms.on_quota_change == "restart"
    return is_restarted and facts.is_another_quota(rep, before.day, part.day)


def _stretches(climb: Sequence[Part]) -> Iterator[tuple[int, int]]:
    """From where to where one version pays one month."""
    start = 0
    for end in range(1, len(climb) + 1):
        if end == len(climb) or _paid_as(climb[end]) != _paid_as(climb[start]):
            yield start, end
            start = end


def _paid_as(part: Part) -> tuple[int, str, int | None]:
    return part.payer.number, f"{part.day:%Y-%m}", part.quota_minor


Table = Sequence[tuple[Fraction | None, Fraction]]
"""Where each tier ends, in minor units, and what a minor unit in it pays."""


def _flat() -> Table:
    return [(None, Fraction(MARGIN_RATE[:-1]) / 100)]


def _ladder(terms: Terms, quota: int | None) -> Table:
    """Empty while the quota is lacking that it is written in."""
    if not terms.needs_quota:
        return terms.tiers
    if not quota:
        return []
    per_point = Fraction(TARGET_INCENTIVE_MINOR, quota) if terms.ladder == "accelerator" else 1
    return [(None if end is None else end * quota, pays * per_point) for end, pays in terms.tiers]


def _pay(table: Table, found: Sequence[Part], is_whole: bool, is_weighed: bool) -> Fraction:
    if not table or not found:
        return Fraction(0)
    total = sum(part.counted_minor for part in found)
    if is_whole:
        weighed = (part.counted_minor * (part.weighs if is_weighed else 1) for part in found)
        return _rate_at(table, total) * sum(weighed, Fraction(0))
    exact, stands_at = Fraction(0), 0
    for part in found:
        climbed = _climbed(table, stands_at + part.counted_minor) - _climbed(table, stands_at)
        exact += climbed * (part.weighs if is_weighed else 1)
        stands_at += part.counted_minor
    return exact


def _rate_at(table: Table, reached: int) -> Fraction:
    return next(rate for end, rate in table if end is None or reached <= end)


def _climbed(table: Table, reached: int) -> Fraction:
    """What the way from nothing pays; less than nothing is paid at the first rate."""
    paid, begins = Fraction(0), Fraction(0)
    for number, (end, rate) in enumerate(table):
        within = Fraction(reached) if end is None else min(Fraction(reached), end)
        if number == 0 or within > begins:
            paid += (within - begins) * rate
        begins = begins if end is None else end
    return paid


def rounded(exact: Fraction | int) -> int:
    """Half away from zero."""
    doubled = 2 * abs(Fraction(exact)) + 1
    nearest = doubled.numerator // (2 * doubled.denominator)
    return nearest if exact >= 0 else -nearest


@cache
def days_of(quarter: str) -> list[date]:
    """Every day of a quarter."""
    year, first_month = int(quarter[:4]), 3 * int(quarter[-1]) - 2
    start = date(year, first_month, 1)
    days = (start + timedelta(days=number) for number in range(93))
    return [day for day in days if quarter_of(f"{day:%Y-%m}") == quarter]


def months_between(first: str, last: str) -> Iterable[str]:
    """Every month from one to another."""
    while first <= last:
        yield first
        first = month_after(first)


def month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year}-{number + 1:02}" if number < 12 else f"{year + 1}-01"
