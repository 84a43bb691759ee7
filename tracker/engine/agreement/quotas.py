"""Which quota holds for a payee, a component and a window, and how it came about.

What was set for exactly the window wins over what was set for its year, and that over what was set for every window;
within each, what was set for the component wins over what was set for all. A year's quota is shared out over its
windows by the season, to the last minor unit. Then the ramp of somebody new and the days on the plan take their
share, exactly, and the result is rounded once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import PRESENCE, Component, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import OnQuotaChange, QuotaFact, QuotaRules
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.money import round_to_minor_unit, share_out
from tracker.engine.periods import MONTHS_IN, Period, PeriodKind, period_containing, period_named

ONE = Fraction(1)
MONTHS_IN_YEAR = 12


@dataclass(frozen=True, slots=True)
class GivenQuota:
    """A quota before ramp and days: `amount_minor` of the window, `fact` as somebody set it (None: the plan's text).

    `year_minor` is the year's quota it is a part of, if it is one.
    """

    amount_minor: int
    fact: QuotaFact | None
    year_minor: int | None = None


@dataclass(frozen=True, slots=True)
class QuotaStretch:
    """Some days of a window with one quota, in minor units or hundredths of a count; None: none was set."""

    starts_on: date
    amount_minor: int | None
    given: GivenQuota | None


@dataclass(frozen=True, slots=True)
class WindowQuota:
    """The quota of one payee, component and window, by stretches of days from the first day of the window on.

    There is one stretch, unless the plan climbs on or restarts when a quota changes. `season` is the window's share
    of its year, `ramp` the share for somebody new, `days_count` of `window_days_count` days are spent on the plan.
    `changes` are the days on which another quota than before was set, whatever the plan makes of it.
    """

    stretches: tuple[QuotaStretch, ...]
    changes: tuple[QuotaStretch, ...]
    rules: QuotaRules
    season: Fraction
    ramp: Fraction
    days_count: int
    window_days_count: int

    @property
    def amount_minor(self) -> int | None:
        """The quota at the end of the window."""
        return self.stretches[-1].amount_minor

    @property
    def held_share(self) -> Fraction:
        """The share of the window's days that the plan takes of the quota."""
        if not self.rules.prorates_days:
            return ONE
        return Fraction(self.days_count, self.window_days_count)

    def on(self, day: date) -> QuotaStretch:
        """The stretch that a day of the window falls in."""
        begun = [stretch for stretch in self.stretches if stretch.starts_on <= day]
        return begun[-1] if begun else self.stretches[0]


def window_quota(
    book: PlanBook, payee_id: int, version: PlanVersion, component: Component, window_key: str
) -> WindowQuota:
    """The one answer to what a payee's quota is: for a component of a plan version, in a window."""
    plan, rules = version.plan, component.quota_rules
    window = period_named(window_key, plan.year_starts_in_month)
    on_plan = _within(book.stretches_on(payee_id, version.plan_key), window)
    days_count = sum(
        _days_count(max(first, window.starts_on), min(last, window.ends_on))
        for first, last in on_plan
    )
    window_days_count = _days_count(window.starts_on, window.ends_on)
    ramp = _ramp_share(rules, plan, window, on_plan) if rules.ramp else ONE
    share = ramp
    if rules.prorates_days and days_count:
        share *= Fraction(days_count, window_days_count)
    given = list(_given(book, payee_id, version, component, window))
    stretches = [_stretch(starts_on, one, share) for starts_on, one in given]
    if rules.on_change is OnQuotaChange.RETRO:
        held = [_stretch(window.starts_on, given[-1][1], share)]
    elif rules.on_change is OnQuotaChange.PRORATE:
        held = [_weighted(given, window, on_plan, share)]
    else:
        held = stretches
    return WindowQuota(
        tuple(held),
        tuple(stretches),
        rules,
        season_share(rules, plan, window),
        ramp,
        days_count or window_days_count,
        window_days_count,
    )


def quota_periods(book: PlanBook, component_key: str, window_key: str) -> tuple[str, str, str]:
    """The names under which the quota of a component ("plan/component") in a window can be set."""
    plan_key, window = component_key.rpartition("/")[0], book.window_of(component_key, window_key)
    version = book.version_on(plan_key, window.ends_on)
    return window.key, _year_of(window, version.plan).key if version else "", ""


def is_of_sales(component: Component) -> bool:
    """Whether a quota for all components is one for this: it is of sales, and no score and no presence."""
    return component.measure not in (OBJECTIVE, PRESENCE)


def season_weights(rules: QuotaRules) -> tuple[Fraction, ...]:
    """What each month of the (fiscal) year weighs, its first month first."""
    return rules.seasonal or (ONE,) * MONTHS_IN_YEAR


def season_share(rules: QuotaRules, plan: Plan, window: Period) -> Fraction:
    """The share of its year that falls on a window: 1 for a window of a year."""
    if not rules.seasonal:
        return Fraction(MONTHS_IN[window.kind], MONTHS_IN_YEAR)
    weights = rules.seasonal
    first = _month_of_year(window.starts_on, plan)
    return sum(weights[first : first + MONTHS_IN[window.kind]], Fraction(0)) / sum(weights)


def season_gone(
    rules: QuotaRules, plan: Plan, days: Sequence[date], today: date
) -> Fraction | None:
    """The share of some days that is gone, each month weighing as the season says; None: there is no season."""
    if not rules.seasonal:
        return None
    by_month: dict[int, list[date]] = {}
    for day in days:
        by_month.setdefault(_month_of_year(day, plan), []).append(day)
    total = sum((rules.seasonal[month] for month in by_month), Fraction(0))
    gone = sum(
        (
            rules.seasonal[month] * sum(day <= today for day in of_month) / len(of_month)
            for month, of_month in by_month.items()
        ),
        Fraction(0),
    )
    return gone / total if total else None


def _stretch(starts_on: date, given: GivenQuota | None, share: Fraction) -> QuotaStretch:
    amount_minor = None if given is None else round_to_minor_unit(given.amount_minor * share)
    return QuotaStretch(starts_on, amount_minor, given)


def _weighted(
    given: Sequence[tuple[date, GivenQuota | None]],
    window: Period,
    on_plan: Sequence[tuple[date, date]],
    share: Fraction,
) -> QuotaStretch:
    """One quota of a window from those of its days: each counts for its days on the plan, none as nothing."""
    on_days = on_plan or [(window.starts_on, window.ends_on)]
    ends = [starts_on - timedelta(days=1) for starts_on, _ in given[1:]] + [window.ends_on]
    weighted, days_count = Fraction(0), 0
    for (starts_on, one), ends_on in zip(given, ends, strict=True):
        of_days = sum(
            _days_count(max(first, starts_on), min(last, ends_on)) for first, last in on_days
        )
        weighted += of_days * (one.amount_minor if one else 0)
        days_count += of_days
    if all(one is None for _, one in given):
        return QuotaStretch(window.starts_on, None, None)
    amount_minor = round_to_minor_unit(weighted / days_count * share)
    return QuotaStretch(window.starts_on, amount_minor, given[-1][1])


# --- what was set


def _given(
    book: PlanBook, payee_id: int, version: PlanVersion, component: Component, window: Period
) -> Iterator[tuple[date, GivenQuota | None]]:
    """What holds from the first day of a window on, and from each day on which that changes."""
    levels = _levels(book, payee_id, version, component, window)
    days = {fact.valid_from for level in levels for fact in level if fact.valid_from}
    starts = [window.starts_on, *sorted(day for day in days if window.starts_on < day)]
    before: GivenQuota | None = None
    for number, day in enumerate(day for day in starts if day <= window.ends_on):
        fact = next((fact for level in levels if (fact := _newest(level, day))), None)
        given = _given_by(fact, version.plan, component, window, book.has_plan_quotas)
        if number == 0 or _amount(given) != _amount(before):
            yield day, given
        before = given


def _levels(
    book: PlanBook, payee_id: int, version: PlanVersion, component: Component, window: Period
) -> list[list[QuotaFact]]:
    """The facts that may say a window's quota, those that win first."""
    facts = book.quotas_of(payee_id)
    if not facts:
        return []
    year_key = _year_of(window, version.plan).key
    component_key = f"{version.plan_key}/{component.key}"
    return [
        [f for f in facts if (f.period_key, f.component_key) == (period_key, of)]
        for period_key in dict.fromkeys((window.key, year_key, ""))
        for of in ((component_key, "") if is_of_sales(component) else (component_key,))
    ]


def _newest(facts: Sequence[QuotaFact], day: date) -> QuotaFact | None:
    """Of those that hold on a day, the one that holds since last; of several since then, the one set last."""
    holding = [fact for fact in facts if (fact.valid_from or date.min) <= day]
    return max(holding, key=lambda fact: (fact.valid_from or date.min, fact.fact_id), default=None)


def _given_by(
    fact: QuotaFact | None,
    plan: Plan,
    component: Component,
    window: Period,
    has_plan_quotas: bool,
) -> GivenQuota | None:
    if fact is None:
        text_minor = component.quota_minor if has_plan_quotas else None
        return None if text_minor is None else GivenQuota(text_minor, None)
    if fact.period_key in (window.key, ""):
        return GivenQuota(fact.amount_minor, fact)
    parts = parts_of_year(fact.amount_minor, component.quota_rules, window.kind)
    number = _month_of_year(window.starts_on, plan) // MONTHS_IN[window.kind]
    return GivenQuota(parts[number], fact, fact.amount_minor)


@lru_cache(maxsize=4096)
def parts_of_year(amount_minor: int, rules: QuotaRules, kind: PeriodKind) -> tuple[int, ...]:
    """A year's quota shared out over its months or quarters by the season; the parts sum to it exactly.

    >>> parts_of_year(100, QuotaRules(), PeriodKind.QUARTER)
    (25, 25, 25, 25)
    """
    weights, size = season_weights(rules), MONTHS_IN[kind]
    of_windows = [
        sum(weights[first : first + size], Fraction(0)) / sum(weights)
        for first in range(0, MONTHS_IN_YEAR, size)
    ]
    return tuple(share_out(amount_minor, of_windows))


def _amount(given: GivenQuota | None) -> int | None:
    return None if given is None else given.amount_minor


# --- who is new, and who is there


def _ramp_share(
    rules: QuotaRules, plan: Plan, window: Period, on_plan: Sequence[tuple[date, date]]
) -> Fraction:
    """The ramp over the months of a window that are spent on the plan, weighed by the season."""
    weighted = total = Fraction(0)
    plainly: list[Fraction] = []
    for month in _months_of(window):
        stretches = [
            days for days in on_plan if days[0] <= month.ends_on and month.starts_on <= days[1]
        ]
        if not stretches:
            continue
        share = _ramp_in(month, stretches[-1][0], rules)
        weight = season_weights(rules)[_month_of_year(month.starts_on, plan)]
        weighted, total = weighted + share * weight, total + weight
        plainly.append(share)
    if not plainly:
        return ONE
    return weighted / total if total else sum(plainly, Fraction(0)) / len(plainly)


def _ramp_in(month: Period, joined_on: date, rules: QuotaRules) -> Fraction:
    months_since = (month.starts_on.year - joined_on.year) * MONTHS_IN_YEAR
    months_since += month.starts_on.month - joined_on.month
    return rules.ramp[months_since] if months_since < len(rules.ramp) else ONE


def _within(stretches: Sequence[tuple[date, date]], window: Period) -> list[tuple[date, date]]:
    """The stretches that touch a window."""
    return [days for days in stretches if days[0] <= window.ends_on and window.starts_on <= days[1]]


def _days_count(first: date, last: date) -> int:
    return max(0, (last - first).days + 1)


def _months_of(window: Period) -> Iterator[Period]:
    day = window.starts_on
    while day <= window.ends_on:
        month = period_containing(day, PeriodKind.MONTH)
        yield month
        day = month.ends_on + timedelta(days=1)


def _month_of_year(day: date, plan: Plan) -> int:
    """How many months into the plan's year a day falls, from 0."""
    return (day.month - plan.year_starts_in_month) % MONTHS_IN_YEAR


def _year_of(window: Period, plan: Plan) -> Period:
    return period_containing(window.starts_on, PeriodKind.YEAR, plan.year_starts_in_month)
