"""All plan versions, who is on which plan when, and what was set for single payees, to be asked by day."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from tracker.engine.agreement.plans import Assignment, Component, PersonalException, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership, Teams, Whose
from tracker.engine.crediting.exchange import ExchangeRate, ExchangeRates
from tracker.engine.periods import Period, days_of_change, period_named
from tracker.engine.values import value

if TYPE_CHECKING:
    from tracker.engine.agreement.ladder_terms import LadderTerms
    from tracker.engine.earning.rates import RateTable
    from tracker.engine.earning.totals import TotalKey

TablePlace = tuple[int, str, int | None, tuple[int, ...]]
"""Version, own key of the component, quota in minor units and ids of the exceptions: what a table follows from."""


@value
class Opening:
    """A component that may credit a share of a deal of some day: whom, under which version, and into which total."""

    payee_id: int
    version: PlanVersion
    component: Component
    component_key: str
    window_key: str
    period_key: str


class PlanBook:
    """All plan versions and assignments: answers which version pays whom on a day.

    It also keeps what was set for single payees; what follows from that is worked out in `quotas` and `exceptions`.
    `memberships` say who belongs to the teams and who leads them, oldest first. With `has_plan_quotas` the quota in a
    plan's text counts for whoever was set none. What deals give on later days than their own is known until the day
    `until` (None: none of it); deals in another currency than a plan's are converted by `exchange_rates`. `openings`
    remembers what `credits` found out about a share since a day, `ladder_terms` by what totals climb and
    `ladder_tables` the tables of equal terms, of whatever payee; `residual_keys` are the components, by plan and own
    key, that pay a deal over the years in some version.
    """

    def __init__(
        self,
        versions: Iterable[PlanVersion],
        assignments: Iterable[Assignment],
        *,
        quotas: Iterable[QuotaFact] = (),
        exceptions: Iterable[PersonalException] = (),
        has_plan_quotas: bool = False,
        memberships: Iterable[Membership] = (),
        until: date | None = None,
        exchange_rates: Iterable[ExchangeRate] = (),
    ) -> None:
        self.openings: dict[tuple[int, bool, date], tuple[Opening, ...]] = {}
        self.ladder_terms: dict[TotalKey, LadderTerms] = {}
        self.ladder_tables: dict[TablePlace, tuple[Component, RateTable | None]] = {}
        self._unchanged_since: dict[date, date] = {}
        self.teams = Teams(memberships)
        self.until = until
        self.exchange = ExchangeRates(exchange_rates)
        self.has_plan_quotas = has_plan_quotas
        self._quotas = _by_payee(quotas)
        self._exceptions = _by_payee(_in_force(exceptions))
        self._versions: dict[str, list[PlanVersion]] = {}
        self._by_id: dict[int, PlanVersion] = {}
        self._assignments: dict[int, list[Assignment]] = {}
        for version in sorted(
            versions, key=lambda version: (version.effective_from, version.version_id)
        ):
            self._versions.setdefault(version.plan_key, []).append(version)
            self._by_id[version.version_id] = version
        self.residual_keys = _residual_keys(self._by_id.values())
        for assignment in assignments:
            self._assignments.setdefault(assignment.payee_id, []).append(assignment)

    @property
    def versions(self) -> Iterable[PlanVersion]:
        """Every version of every plan."""
        return self._by_id.values()

    def assignments(self) -> Iterable[Assignment]:
        """Who is on which plan, as far as the book was given."""
        return (one for of_payee in self._assignments.values() for one in of_payee)

    def stretches_of(self, plan_key: str) -> list[tuple[PlanVersion, date]]:
        """Each version of a plan with the last day before the next one counts."""
        versions = self._versions.get(plan_key, [])
        ends = [version.effective_from - timedelta(days=1) for version in versions[1:]]
        return list(zip(versions, [*ends, date.max], strict=bool(versions)))

    def unchanged_since(self, day: date) -> date:
        """The first day of the stretch of a month that a day is in, through which everybody's terms are the same."""
        found = self._unchanged_since.get(day)
        if found is None:
            before = bisect_right(self._days_of_change, day)
            changed_on = self._days_of_change[before - 1] if before else date.min
            found = self._unchanged_since[day] = max(day.replace(day=1), changed_on)
        return found

    @cached_property
    def _days_of_change(self) -> list[date]:
        """The days on which anything in the book that has a first or a last day begins, or has just ended."""
        stretches = [
            *((version.effective_from, None) for version in self.versions),
            *(
                (of.starts_on, of.ends_on)
                for version in self.versions
                for of in version.plan.components
            ),
            *((one.starts_on, one.ends_on) for one in self.assignments()),
            *((one.starts_on, one.ends_on) for one in self.teams),
            *((one.starts_on, one.ends_on) for of in self._exceptions.values() for one in of),
        ]
        return sorted(days_of_change(stretches))

    def version(self, version_id: int) -> PlanVersion:
        return self._by_id[version_id]

    def year_starts_in_month(self, plan_key: str) -> int:
        """The first month of a plan's fiscal year: the same in all its versions."""
        return self._versions[plan_key][0].plan.year_starts_in_month

    def currency_of(self, plan_key: str) -> str:
        """What a plan pays in: the same in all its versions."""
        return self._versions[plan_key][0].plan.currency

    def versions_in(self, payee_id: int, days: Period) -> list[PlanVersion]:
        """Of each plan a payee is on for any of these days the version of the last such day, by plan key."""
        last_days = (
            (assignment, min(days.ends_on, assignment.ends_on or days.ends_on))
            for assignment in self._assignments.get(payee_id, ())
            if assignment.starts_on <= days.ends_on
        )
        found = (
            self._in_effect(assignment, last_day)
            for assignment, last_day in last_days
            if last_day >= days.starts_on
        )
        in_effect = [version for version in found if version is not None]
        return sorted(in_effect, key=lambda version: version.plan_key)

    def versions_within(self, plan_key: str, first_day: date, last_day: date) -> list[PlanVersion]:
        """The versions of a plan that are in effect on some day of a stretch, oldest first."""
        begun = [
            version
            for version in self._versions.get(plan_key, ())
            if version.effective_from <= last_day
        ]
        earlier = [version for version in begun if version.effective_from <= first_day]
        return begun[max(0, len(earlier) - 1) :]

    def version_on(self, plan_key: str, day: date) -> PlanVersion | None:
        """The version of a plan that is in effect on a day."""
        return next(iter(self.versions_within(plan_key, day, day)), None)

    def window_of(self, component_key: str, window_key: str) -> Period:
        """The window that a component's total is named after."""
        plan_key = component_key.rpartition("/")[0]
        return period_named(window_key, self.year_starts_in_month(plan_key))

    def is_shared(self, component_key: str) -> bool:
        """Whether a component, by its name outside its plan file, pays the members of teams."""
        plan_key, _, own_key = component_key.rpartition("/")
        components = (of.plan.component(own_key) for of in self._versions.get(plan_key, ()))
        return any(found is not None and found.shared is not None for found in components)

    def is_on(self, payee_id: int, plan_key: str, day: date) -> bool:
        """Whether a payee is on a plan on a day."""
        return any(
            assignment.plan_key == plan_key
            and assignment.starts_on <= day
            and (assignment.ends_on is None or day <= assignment.ends_on)
            for assignment in self._assignments.get(payee_id, ())
        )

    def quotas_of(self, payee_id: int) -> Sequence[QuotaFact]:
        """Every quota that was set for a payee."""
        return self._quotas.get(payee_id, ())

    @property
    def has_exceptions(self) -> bool:
        return bool(self._exceptions)

    def exceptions_of(self, payee_id: int) -> Sequence[PersonalException]:
        """The exceptions of a payee that nobody withdrew, in the order they were made."""
        return self._exceptions.get(payee_id, ())

    def stretches_on(self, payee_id: int, plan_key: str) -> list[tuple[date, date]]:
        """First and last day of each unbroken time of a payee on a plan, in order."""
        own = [one for one in self._assignments.get(payee_id, ()) if one.plan_key == plan_key]
        stretches: list[tuple[date, date]] = []
        for one in sorted(own, key=lambda assignment: assignment.starts_on):
            starts_on, ends_on = one.starts_on, one.ends_on or date.max
            if stretches and starts_on.toordinal() <= stretches[-1][1].toordinal() + 1:
                starts_on, ended_on = stretches.pop()
                ends_on = max(ends_on, ended_on)
            stretches.append((starts_on, ends_on))
        return stretches

    def versions_for(self, payee_id: int, day: date) -> list[PlanVersion]:
        """The version of each of a payee's plans that is in effect on a day, in order of plan key."""
        assignments = self._assignments.get(payee_id, ())
        found = [self._in_effect(assignment, day) for assignment in assignments]
        in_effect = [version for version in found if version is not None]
        if len(in_effect) > 1:
            in_effect.sort(key=lambda version: version.plan_key)
        return in_effect

    def pays_for(self, payee_id: int, whose: Whose, component: Component) -> bool:
        """Whether a payee gets credit under a component for own deals, or for those of a team.

        A shared component pays the members of a team, so it is nothing for the one who leads it.
        """
        if component.of is not whose:
            return False
        return component.shared is None or self.teams.is_team(payee_id)

    def versions_of_window(self, payee_id: int, day: date) -> list[PlanVersion]:
        """Those in effect on a day, and of each plan left earlier in its running window the last one."""
        last_days = [
            (assignment, min(day, assignment.ends_on or day))
            for assignment in self._assignments.get(payee_id, ())
        ]
        found = {
            version.plan_key: version
            for assignment, last_day in sorted(last_days, key=lambda last: last[1])
            if (version := self._in_effect(assignment, last_day)) is not None
            and day in version.plan.window_of(last_day)
        }
        return [found[plan_key] for plan_key in sorted(found)]

    def _in_effect(self, assignment: Assignment, day: date) -> PlanVersion | None:
        if day < assignment.starts_on or (
            assignment.ends_on is not None and day > assignment.ends_on
        ):
            return None
        for version in reversed(self._versions.get(assignment.plan_key, ())):
            if version.effective_from <= day:
                return version
        return None


_Fact = TypeVar("_Fact", QuotaFact, PersonalException)


def _by_payee(facts: Iterable[_Fact]) -> dict[int, list[_Fact]]:
    by_payee: dict[int, list[_Fact]] = {}
    for fact in facts:
        by_payee.setdefault(fact.payee_id, []).append(fact)
    return by_payee


def _in_force(exceptions: Iterable[PersonalException]) -> list[PersonalException]:
    """Those that nobody withdrew, in the order they were made."""
    made = sorted(exceptions, key=lambda exception: exception.exception_id)
    withdrawn = {exception.withdraws_id for exception in made}
    return [
        exception
        for exception in made
        if exception.withdraws_id is None and exception.exception_id not in withdrawn
    ]


def _residual_keys(versions: Iterable[PlanVersion]) -> frozenset[str]:
    return frozenset(
        f"{version.plan_key}/{component.key}"
        for version in versions
        for component in version.plan.components
        if component.years
    )
