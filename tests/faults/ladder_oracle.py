"""What people earn under plans that change, in plain loops over the accepted facts: the oracle of histories.

Written from the README alone; shares no code with the product. Every deal is walked from the first one on, in the order
of its day and key, in exact fractions; a month earns the difference of the rounded sums. The meanings taken:

- A deal counts under the version of its own day for who is on the plan that day: its filter, its multiplier, its cap
  and what a clawback leaves of it are that version's.
- A newer version pays what is sold from its first day on: on from where the climb stands (continue), from the foot
  (restart), or, once it has a deal, the whole window (retro).
- A cap on pay is held against the sum of the window so far, by the version that pays the period.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.faults.oracle import Figures, minor, parts, quarter_of, rank
from tests.faults.plan_terms import (
    CLAWBACK_MONTHS,
    MARGIN_RATE,
    TARGET_INCENTIVE_MINOR,
    Terms,
)

MEASURES = {"sales": "amount", "margin": "margin"}


@dataclass(frozen=True)
class Version:
    """Terms that hold from a day on. A later number said the same day replaces it."""

    number: int
    starts_on: date
    terms: Terms


@dataclass
class Facts:
    """What was accepted, in the order in which it was. Quotas are by rep and by quarter or year."""

    events: list[Mapping[str, Any]] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    on_plan: dict[tuple[str, date], date | None] = field(default_factory=dict)
    quotas: dict[tuple[str, str], int] = field(default_factory=dict)
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

    def quota_minor(self, rep: str, quarter: str) -> int | None:
        """That of the quarter, or its part of the year's: equal parts, what is left over to the first."""
        if (rep, quarter) in self.quotas:
            return self.quotas[rep, quarter]
        of_year = self.quotas.get((rep, quarter[:4]))
        if of_year is None:
            return None
        return of_year // 4 + (int(quarter[-1]) <= of_year % 4)


@dataclass(frozen=True)
class Part:
    """What one deal counts for one rep under one component; `payer` is the version that pays it."""

    day: date
    payer: Version
    own: Version
    counted_minor: int
    weighs: Fraction


def earned(facts: Facts) -> Figures:
    """What everybody earned, by rep, component and month. A month without a deal is left out."""
    figures: Figures = {}
    for (rep, component, quarter), found in _by_window(facts).items():
        quota = facts.quota_minor(rep, quarter)
        for month, amount in _earned_in_window(component, found, quota):
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
    version, quota = facts.version_on(today), facts.quota_minor(rep, quarter)
    assert version is not None
    if version.terms.needs_quota and not quota:
        return 0
    climb = _climbs(_by_window(facts).get((rep, "sales", quarter), []))
    stands_at = sum(part.counted_minor for part in climb[-1]) if climb else 0
    if climb and version.terms.on_change == "restart" and _is_untouched(version, climb):
        stands_at = 0
    ends = [end for end, _ in _ladder(version.terms, quota)]
    return next(number for number, end in enumerate(ends, 1) if end is None or stands_at <= end)


def _is_untouched(version: Version, climbs: Sequence[Sequence[Part]]) -> bool:
    """Whether everything in the window was sold under earlier versions."""
    return all(part.own.starts_on < version.starts_on for climb in climbs for part in climb)


# --- what counts


def _by_window(facts: Facts) -> dict[tuple[str, str, str], list[Part]]:
    newest: dict[str, Mapping[str, Any]] = {}
    for event in facts.events:
        known = newest.get(event["deal_id"])
        if known is None or rank(event) > rank(known):
            newest[event["deal_id"]] = event
    in_order = sorted(newest.values(), key=lambda event: (_day_of(event), event["deal_id"]))
    windows: dict[tuple[str, str, str], list[Part]] = {}
    for event in in_order:
        for rep, component, part in _parts(event["deal"], facts):
            window = rep, component, quarter_of(f"{part.day:%Y-%m}")
            windows.setdefault(window, []).append(part)
    return windows


def _day_of(event: Mapping[str, Any]) -> str:
    return str(event["deal"]["effective_on"])


def _parts(deal: Mapping[str, Any], facts: Facts) -> Iterator[tuple[str, str, Part]]:
    day = date.fromisoformat(deal["effective_on"])
    version, worth = facts.version_on(day), facts.worth_of(deal["currency"], day)
    if deal["status"] != "won" or version is None or worth is None:
        return
    for component, measure in MEASURES.items():
        if measure not in deal:
            continue
        terms = version.terms if component == "sales" else Terms()
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
    component: str, found: Sequence[Part], quota: int | None
) -> Iterator[tuple[str, int]]:
    """Month by month, by how much the rounded sum of the window grew."""
    exact, shown = Fraction(0), 0
    for climb in _climbs(found):
        for start, end in _stretches(climb):
            terms = climb[start].payer.terms
            table = _ladder(terms, quota) if component == "sales" else _flat()
            is_whole = component == "sales" and terms.mode == "whole"
            is_weighed = component == "sales" and bool(terms.factors) and not terms.counts_factors
            exact += _pay(table, climb[:end], is_whole, is_weighed)
            exact -= _pay(table, climb[:start], is_whole, is_weighed)
            limit = terms.cap_payout * 100 if component == "sales" else 0
            now = rounded(min(exact, Fraction(limit)) if limit else exact)
            yield f"{climb[start].day:%Y-%m}", now - shown
            shown = now


def _climbs(found: Sequence[Part]) -> list[list[Part]]:
    """The parts of a window, each with who pays it, cut where a version starts from the foot."""
    paid: list[Part] = []
    for part in found:
        is_new = bool(paid) and paid[-1].own.number != part.own.number
        if is_new and part.own.terms.on_change == "retro":
            paid = [replace(earlier, payer=part.own) for earlier in paid]
        paid.append(part)
    climbs: list[list[Part]] = []
    for number, part in enumerate(paid):
        is_new = number > 0 and paid[number - 1].payer.number != part.payer.number
        if number == 0 or (is_new and part.payer.terms.on_change == "restart"):
            climbs.append([])
        climbs[-1].append(part)
    return climbs


def _stretches(climb: Sequence[Part]) -> Iterator[tuple[int, int]]:
    """From where to where one version pays one month."""
    start = 0
    for end in range(1, len(climb) + 1):
        if end == len(climb) or _paid_as(climb[end]) != _paid_as(climb[start]):
            yield start, end
            start = end


def _paid_as(part: Part) -> tuple[int, str]:
    return part.payer.number, f"{part.day:%Y-%m}"


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


def months_between(first: str, last: str) -> Iterable[str]:
    """Every month from one to another."""
    year, month = int(first[:4]), int(first[5:])
    while f"{year}-{month:02}" <= last:
        yield f"{year}-{month:02}"
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
