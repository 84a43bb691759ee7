"""What the replay holds to be a payee's quota and component on a day: read from the facts, one day at a time.

The meanings taken: each day of a window has the quota that the first of these has for it, as set last for that day:
the component in the window, all components in the window, the component in the year, all components in the year, the
component or all of them in any window, and the plan's own where that counts. A day on which the figure is another
than the day before begins a new stretch.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fractions import Fraction

from tracker.engine.agreement.deal_terms import Judged
from tracker.engine.agreement.plans import (
    Assignment,
    Component,
    CurvePoint,
    PersonalException,
    PlanVersion,
    Tier,
)
from tracker.engine.agreement.quota_facts import OnQuotaChange, QuotaFact
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.periods import Period, PeriodKind, days_of, period_containing, period_named
from tracker.engine.replaying.replay_exchange import worth_of

_Window = tuple[int, str, str]


@dataclass
class ReplayTerms:
    """The facts about single payees, and what was worked out from them during one replay."""

    assignments: Mapping[int, Sequence[Assignment]]
    quotas: Mapping[int, Sequence[QuotaFact]]
    exceptions: Sequence[PersonalException] = ()
    has_plan_quotas: bool = False
    exchange_rates: Sequence[ExchangeRate] = ()
    _by_day: dict[tuple[_Window, int], "QuotaByDay"] = field(default_factory=dict)
    _agreed: dict[int, list[PersonalException]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        withdrawn = {one.withdraws_id for one in self.exceptions}
        for exception in sorted(self.exceptions, key=lambda one: one.exception_id):
            if exception.withdraws_id is None and exception.exception_id not in withdrawn:
                self._agreed.setdefault(exception.payee_id, []).append(exception)

    def worth_of(self, currency: str, into: str, day: date) -> Fraction | None:
        """What a minor unit of a currency is worth in another on a day; None while no rate was said."""
        if currency == into:
            return Fraction(1)
        return worth_of(self.exchange_rates, currency, into, day)

    def component(
        self, payee_id: int, version: PlanVersion, component: Component, day: date
    ) -> Component:
        """The component as it was agreed with a payee for a day."""
        said = [
            exception
            for exception in self._agreed.get(payee_id, [])
            if exception.component_key == f"{version.plan_key}/{component.key}"
            and (exception.starts_on is None or exception.starts_on <= day)
            and (exception.ends_on is None or day <= exception.ends_on)
        ]
        if not said:
            return component
        if component.years or component.judged is Judged.EACH:
            # Nothing climbs there, so neither tiers of somebody's own nor a limit on what was climbed mean anything.
            said = [
                replace(one, tiers=(), cap_at=None, lifts=one.lifts - {"cap_at"}) for one in said
            ]
        tiers, curve, years = component.tiers, component.curve, component.years
        caps: dict[str, int | Fraction | None] = {
            "cap_payout": component.cap_payout_minor,
            "cap_at": component.cap_at,
            "deal_cap": component.deal_cap_minor,
        }
        for exception in said:
            tiers = exception.tiers or tiers
            own = (exception.cap_payout_minor, exception.cap_at, exception.deal_cap_minor)
            caps |= {name: cap for name, cap in zip(caps, own, strict=True) if cap is not None}
            caps |= dict.fromkeys(exception.lifts & caps.keys())
        for factor in [one.rate_factor for one in said if one.rate_factor is not None][-1:]:
            tiers = tuple(_times(tier, factor) for tier in tiers)
            curve = tuple(CurvePoint(point.at, point.pays * factor) for point in curve)
            years = tuple(rate * factor for rate in years)
        for added in [one.add_rate for one in said if one.add_rate is not None][-1:]:
            tiers = tuple(
                tier if tier.multiple is not None else replace(tier, rate=tier.rate + added)
                for tier in tiers
            )
            years = tuple(rate + added for rate in years)
        cap_payout, cap_at, deal_cap = caps.values()
        return replace(
            component,
            tiers=tiers,
            curve=curve,
            years=years,
            cap_payout_minor=None if cap_payout is None else int(cap_payout),
            cap_at=None if cap_at is None else Fraction(cap_at),
            deal_cap_minor=None if deal_cap is None else int(deal_cap),
        )

    def quota(
        self, window_key: _Window, version: PlanVersion, component: Component
    ) -> "QuotaByDay":
        """The quota of a window, as a version reckons it, on each of its days."""
        place = window_key, version.version_id
        if place not in self._by_day:
            window = period_named(window_key[2], version.plan.year_starts_in_month)
            self._by_day[place] = self._reckoned(window_key, version, component, window)
        return self._by_day[place]

    def _reckoned(
        self, window_key: _Window, version: PlanVersion, component: Component, window: Period
    ) -> "QuotaByDay":
        payee_id, component_key, _ = window_key
        days = list(days_of(window))
        own = self.quotas.get(payee_id, [])
        set_on = {
            day: self._set_on(day, own, component_key, version, component, window) for day in days
        }
        on_plan = [day for day in days if self._is_on(payee_id, version.plan_key, day)]
        share = self._ramp(payee_id, version, component, on_plan)
        rules = component.quota_rules
        if rules.prorates_days and on_plan:
            share *= Fraction(len(on_plan), len(days))
        if rules.on_change is OnQuotaChange.RETRO:
            set_on = dict.fromkeys(days, set_on[days[-1]])
        elif rules.on_change is OnQuotaChange.PRORATE and any(
            amount is not None for amount in set_on.values()
        ):
            counted = on_plan or days
            average = Fraction(sum(set_on[day] or 0 for day in counted), len(counted))
            return QuotaByDay(dict.fromkeys(days, _rounded(average * share)), days[:1], False)
        begins = [
            day for day in days if day == days[0] or set_on[day] != set_on[day - timedelta(days=1)]
        ]
        amounts = {
            day: None if amount is None else _rounded(amount * share)
            for day, amount in set_on.items()
        }
        return QuotaByDay(amounts, begins, rules.on_change is OnQuotaChange.RESTART)

    def _set_on(
        self,
        day: date,
        facts: Iterable[QuotaFact],
        component_key: str,
        version: PlanVersion,
        component: Component,
        window: Period,
    ) -> int | None:
        """What was set for a window as of a day; of a year's quota the window's part."""
        year = period_containing(
            window.starts_on, PeriodKind.YEAR, version.plan.year_starts_in_month
        )
        so_far = [fact for fact in facts if fact.valid_from is None or fact.valid_from <= day]
        names = (
            [component_key]
            if component.measure in ("objective", "presence")
            else [component_key, ""]
        )
        for period_key in (window.key, year.key, ""):
            for whose in names:
                found = [
                    (fact.valid_from or date.min, fact.fact_id, fact.amount_minor)
                    for fact in so_far
                    if fact.period_key == period_key and fact.component_key == whose
                ]
                if found:
                    amount_minor = max(found)[2]
                    is_year = period_key not in (window.key, "")
                    return (
                        _part_of_year(amount_minor, version, component, window)
                        if is_year
                        else amount_minor
                    )
        return component.quota_minor if self.has_plan_quotas else None

    def _is_on(self, payee_id: int, plan_key: str, day: date) -> bool:
        return any(
            one.plan_key == plan_key
            and one.starts_on <= day
            and (one.ends_on is None or day <= one.ends_on)
            for one in self.assignments.get(payee_id, [])
        )

    def _ramp(
        self, payee_id: int, version: PlanVersion, component: Component, on_plan: Sequence[date]
    ) -> Fraction:
        """The ramp of the months spent on the plan, on average by the season's weights."""
        ramp, weights = component.quota_rules.ramp, _weights_by_month(version, component)
        last_days = {(day.year, day.month): day for day in on_plan}
        if not ramp or not last_days:
            return Fraction(1)
        shares: list[tuple[Fraction, Fraction]] = []
        for (year, month), last_day in last_days.items():
            joined_on = self._joined_on(payee_id, version.plan_key, last_day)
            number = (year - joined_on.year) * 12 + month - joined_on.month
            share = ramp[number] if number < len(ramp) else Fraction(1)
            shares.append((share, weights[month]))
        total = sum((weight for _, weight in shares), Fraction(0))
        if not total:
            return sum((share for share, _ in shares), Fraction(0)) / len(shares)
        return sum((share * weight for share, weight in shares), Fraction(0)) / total

    def _joined_on(self, payee_id: int, plan_key: str, day: date) -> date:
        """The first of the days up to this one that were all spent on the plan."""
        while True:
            starts = [
                one.starts_on
                for one in self.assignments.get(payee_id, [])
                if one.plan_key == plan_key
                and one.starts_on <= day
                and (one.ends_on is None or day <= one.ends_on)
            ]
            if not starts:
                return day + timedelta(days=1)
            day = min(starts)
            if day == date.min:
                return day
            day -= timedelta(days=1)


@dataclass(frozen=True)
class QuotaByDay:
    """The quota of each day of a window; `begins` are the days on which another one begins."""

    amounts: Mapping[date, int | None]
    begins: Sequence[date]
    restarts: bool

    def on(self, day: date) -> int | None:
        return self.amounts[day]

    def starts_afresh_between(self, before: date, day: date) -> bool:
        """Whether the climb starts at the foot somewhere between the deals of two days."""
        return self.restarts and any(before < begin <= day for begin in self.begins)


def _times(tier: Tier, factor: Fraction) -> Tier:
    if tier.multiple is not None:
        return replace(tier, multiple=tier.multiple * factor)
    return replace(tier, rate=tier.rate * factor)


def _weights_by_month(version: PlanVersion, component: Component) -> dict[int, Fraction]:
    """The season's weight of each month of the calendar, 1 to 12."""
    first = version.plan.year_starts_in_month
    months = [(first + offset - 1) % 12 + 1 for offset in range(12)]
    return dict(zip(months, component.quota_rules.seasonal or [Fraction(1)] * 12, strict=True))


def _part_of_year(
    amount_minor: int, version: PlanVersion, component: Component, window: Period
) -> int:
    """The window's part: all are cut to whole units, and what is left goes to those that lost most, the first first."""
    weights = _weights_by_month(version, component)
    year = period_containing(window.starts_on, PeriodKind.YEAR, version.plan.year_starts_in_month)
    of_window: dict[str, Fraction] = {}
    for month in dict.fromkeys(day.replace(day=1) for day in days_of(year)):
        key = period_containing(month, window.kind, version.plan.year_starts_in_month).key
        of_window[key] = of_window.get(key, Fraction(0)) + weights[month.month]
    total = sum(of_window.values(), Fraction(0))
    exact = {key: amount_minor * weight / total for key, weight in of_window.items()}
    parts = {key: part.numerator // part.denominator for key, part in exact.items()}
    left_over = amount_minor - sum(parts.values())
    for key in sorted(exact, key=lambda key: parts[key] - exact[key])[:left_over]:
        parts[key] += 1
    return parts[window.key]


def _rounded(exact: Fraction | int) -> int:
    """Half up; a quota is never negative."""
    doubled = 2 * Fraction(exact) + 1
    return doubled.numerator // (2 * doubled.denominator)
