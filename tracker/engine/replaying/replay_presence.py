"""Presence in the replay: every day somebody is on a plan is asked whether being there is paid on it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from tracker.engine.agreement.plans import Assignment, Component, PlanVersion
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.periods import PeriodKind
from tracker.engine.replaying.replay_parts import Part
from tracker.engine.replaying.replay_terms import ReplayTerms

MONTHS = {PeriodKind.MONTH: 1, PeriodKind.QUARTER: 3, PeriodKind.YEAR: 12}


def presences(
    by_plan: Mapping[str, Sequence[PlanVersion]],
    by_payee: Mapping[int, Sequence[Assignment]],
    terms: ReplayTerms,
    until: date | None,
) -> Iterable[Part]:
    """A part for each due day on which a payee is on a plan that pays for it, as far as the calendar goes."""
    if until is None:
        return
    for assignments in by_payee.values():
        for assignment in assignments:
            versions = by_plan.get(assignment.plan_key, [])
            if assignment.starts_on != date.min and any(map(_pays_for_presence, versions)):
                joined_on = _joined_on(assignment, assignments)
                for day, version, component in _due(assignment, joined_on, versions, until):
                    agreed = terms.component(assignment.payee_id, version, component, day)
                    yield _part(assignment.payee_id, day, version, agreed)


def _pays_for_presence(version: PlanVersion) -> bool:
    return any(component.measure == "presence" for component in version.plan.components)


def _joined_on(assignment: Assignment, assignments: Sequence[Assignment]) -> date:
    """The first day on the plan, back to where there was a day without it."""
    joined_on = assignment.starts_on
    ended_on = {
        one.ends_on: one.starts_on
        for one in assignments
        if one.plan_key == assignment.plan_key and one.ends_on is not None
    }
    while joined_on > date.min and (day_before := joined_on - timedelta(days=1)) in ended_on:
        joined_on = ended_on[day_before]
    return joined_on


def _due(
    assignment: Assignment, joined_on: date, versions: Sequence[PlanVersion], until: date
) -> Iterable[tuple[date, PlanVersion, Component]]:
    day = assignment.starts_on
    while day <= until and (assignment.ends_on is None or day <= assignment.ends_on):
        begun = [version for version in versions if version.effective_from <= day]
        for component in begun[-1].plan.components if begun else ():
            start = begun[-1].plan.year_starts_in_month
            if component.measure == "presence" and _is_due(day, component, joined_on, start):
                yield day, begun[-1], component
        day += timedelta(days=1)


def _is_due(day: date, component: Component, joined_on: date, year_starts_in_month: int) -> bool:
    due = component.due
    if due is None:
        return False
    if due.every is not None:
        next_day = day + timedelta(days=1)
        months_into_year = (next_day.month - year_starts_in_month) % 12
        return next_day.day == 1 and months_into_year % MONTHS[due.every] == 0
    return day in due.days or any(
        day == _months_after(joined_on, months) for months in due.after_months
    )


def _months_after(day: date, months: int) -> date:
    """The same day of a later month; where there is none, the last of that month."""
    year, month = day.year, day.month + months
    while month > 12:
        year, month = year + 1, month - 12
    for last in range(day.day, 0, -1):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    raise AssertionError("every month has a first day")


def _part(payee_id: int, day: date, version: PlanVersion, component: Component) -> Part:
    nothing_sold = Deal(
        key=f"presence:{day}",
        name="",
        status=DealStatus.WON,
        effective_on=day,
        currency=version.plan.currency,
        amount_minor=0,
        credit_shares=(CreditShare(payee_id, Fraction(1)),),
    )
    return Part(nothing_sold, 0, payee_id, version, version, component, 100, Fraction(100), day)
