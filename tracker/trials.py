"""A new plan beside the live company: on whose deals, quotas and days it is tried. Nothing of it is ever paid."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from tracker.engine.agreement.exceptions import draw_for
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, PersonalException, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import Deal
from tracker.engine.earning.paying import Terms, pay
from tracker.engine.periods import PeriodKind
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.engine.plan_files.plan_team import counts_teams
from tracker.engine.plan_trials.plan_history import PLAN_KEY
from tracker.engine.plan_trials.requota import spread_quotas
from tracker.engine.plan_trials.simulation import Trial
from tracker.errors import NotFound
from tracker.store import deals, drafts, exceptions, memberships, people, plans
from tracker.store.drafts import Draft, Pilot
from tracker.store.exchange import KnownRates
from tracker.store.totals import earnings_of
from tracker.store.types import Connection

YEAR_KEY_LENGTH = len("2026")
TRIED = 0
"""The version id of a plan that is only tried: no stored version has it."""


@dataclass(frozen=True, slots=True)
class PilotFigures:
    """What one payee of a pilot has earned in its days: under the trial plan, and really (None: nothing to compare)."""

    pilot: Pilot
    currency: str
    tried_minor: int
    live_minor: int | None

    @property
    def difference_minor(self) -> int:
        return self.tried_minor - (self.live_minor or 0)


class Days(NamedTuple):
    """A stretch of days; both belong to it."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who is on a plan on which days, and what is agreed with them: quotas, exceptions, and the teams they are in.

    `exchange_rates` are those the company knows.
    """

    assigned: Sequence[Assignment]
    quotas: Sequence[QuotaFact]
    exceptions: Sequence[PersonalException] = ()
    teams: Sequence[Membership] = ()
    exchange_rates: Sequence[ExchangeRate] = ()

    @property
    def payee_ids(self) -> list[int]:
        return sorted({assignment.payee_id for assignment in self.assigned})

    @property
    def seller_ids(self) -> set[int]:
        """Everybody whose deals may count for these payees: themselves, and whoever sells for their teams."""
        found = {assignment.payee_id for assignment in self.assigned}
        return found | {fact.payee_id for fact in self.teams if fact.team_payee_id in found}


def trial_days(plan: Plan, today: date) -> Days:
    """A year of whole windows: the last that had ended before the window of today began."""
    last = plan.window_of(today).starts_on - timedelta(days=1)
    same_day_before = last.replace(year=last.year - 1, day=1)
    return Days(plan.window_of(same_day_before + timedelta(days=31)).starts_on, last)


def live_trial(connection: Connection, plan: Plan, plan_key: str, days: Days) -> Trial:
    """A new plan tried on whoever is on a plan in these days, with their deals. NotFound without such a plan."""
    versions = versions_of(connection, plan_key)
    assigned = _on_plan(plans.assignments(connection), plan_key, days)
    agreed = _agreed(connection, assigned, [plan, *(version.plan for version in versions)])
    return Trial(
        deals=deals_of(connection, agreed.seller_ids, days),
        first_day=days.first,
        payee_ids=tuple(agreed.payee_ids),
        new=tried_terms(plan, versions[-1], agreed, days.last),
        old=terms_of(versions, agreed, days.last),
    )


def draft_trial(connection: Connection, draft: Draft, today: date) -> Trial:
    """A draft's text on the last year of the plan it replaces; of no plan, on everybody, compared with nothing."""
    plan = parse_plan(draft.text.source_toml)
    days = trial_days(plan, today)
    if draft.replaces_key:
        return live_trial(connection, plan, draft.replaces_key, days)
    everybody = [payee.id for payee in people.payees(connection) if payee.kind == "rep"]
    assigned = [Assignment(payee_id, draft.plan_key, date.min) for payee_id in everybody]
    version = PlanVersion(TRIED, draft.plan_key, date.min, plan)
    agreed = _agreed(connection, assigned, [plan])
    return Trial(
        deals=deals_of(connection, agreed.seller_ids, days),
        first_day=days.first,
        payee_ids=tuple(everybody),
        new=tried_terms(plan, version, agreed, days.last),
    )


@dataclass(frozen=True, slots=True)
class Past:
    """What a plan can be held against: deals of the last year, everybody's quotas, and whose they are."""

    deals: Sequence[Deal]
    quotas: Sequence[QuotaFact]
    payee_ids: Sequence[int]


def draft_past(connection: Connection, plan: Plan, replaces_key: str, today: date) -> Past:
    """The past of the people a plan is for: of those on the plan it replaces, else of everybody."""
    days = trial_days(plan, today)
    on_plan = _on_plan(plans.assignments(connection), replaces_key, days)
    payee_ids = sorted({assignment.payee_id for assignment in on_plan}) or [
        payee.id for payee in people.payees(connection) if payee.kind == "rep"
    ]
    facts = [
        replace(fact, component_key=_tried_key(PLAN_KEY, fact.component_key))
        for fact in plans.quota_facts(connection, payee_ids)
    ]
    return Past(deals_of(connection, payee_ids, days), facts, payee_ids)


def pilot_figures(connection: Connection, draft: Draft) -> list[PilotFigures]:
    """What each payee of a draft's pilot has earned in its days, under the draft and under the plan they are on."""
    piloting = sorted(draft.piloting(), key=lambda one: one.payee_id)
    if not piloting:
        return []
    plan = parse_plan(draft.text.source_toml)
    live = versions_of(connection, draft.replaces_key) if draft.replaces_key else []
    return [_pilot_figures(connection, plan, live, pilot, draft.plan_key) for pilot in piloting]


def watched(
    connection: Connection, plan_key: str, payee_ids: Collection[int], today: date
) -> Trial:
    """A live plan on itself, from a year ago to today: how it does for these of its people."""
    versions = versions_of(connection, plan_key)
    days = Days(trial_days(versions[-1].plan, today).first, today)
    assigned = [
        one
        for one in _on_plan(plans.assignments(connection), plan_key, days)
        if one.payee_id in payee_ids
    ]
    agreed = _agreed(connection, assigned, [version.plan for version in versions])
    sold = deals_of(connection, agreed.seller_ids, days)
    terms = terms_of(versions, agreed, today)
    return Trial(sold, days.first, tuple(agreed.payee_ids), terms)


def running_pilots(
    connection: Connection, payee_id: int, today: date
) -> list[tuple[Draft, PilotFigures]]:
    """The drafts a payee tries today, with both figures."""
    found = []
    for draft in drafts.drafts_piloted_by(connection, payee_id):
        for figures in pilot_figures(connection, draft) if draft.end is None else ():
            pilot = figures.pilot
            if pilot.payee_id == payee_id and pilot.starts_on <= today <= pilot.ends_on:
                found.append((draft, figures))
    return found


def _pilot_figures(
    connection: Connection, plan: Plan, live: Sequence[PlanVersion], pilot: Pilot, plan_key: str
) -> PilotFigures:
    """Both plans are paid on the same deals; what they differ by is added to what is really earned.

    What comes from other deals, such as a residual of last year's, is the same either way.
    """
    days = Days(pilot.starts_on, pilot.ends_on)
    quoted_in = live[-1] if live else PlanVersion(TRIED, plan_key, date.min, plan)
    assigned = [Assignment(pilot.payee_id, quoted_in.plan_key, *days)]
    agreed = _agreed(connection, assigned, [plan, *(version.plan for version in live)])
    sold = deals_of(connection, agreed.seller_ids, days)
    tried = _earned_minor(sold, tried_terms(plan, quoted_in, agreed, days.last), pilot)
    if not live:
        return PilotFigures(pilot, plan.currency, tried, None)
    beside = _earned_minor(sold, terms_of(live, agreed, days.last), pilot)
    really = _live_minor(connection, live[-1], pilot)
    return PilotFigures(pilot, plan.currency, really + tried - beside, really)


def _earned_minor(sold: Sequence[Deal], terms: Terms, pilot: Pilot) -> int:
    """What these deals earn the payee of a pilot, by the path real pay goes."""
    payees = pay(sold, terms, tells_lines=False).payees
    return sum(
        component.earned_minor
        for payee in payees
        if payee.payee_id == pilot.payee_id
        for component in payee.components
    )


def _live_minor(connection: Connection, live: PlanVersion, pilot: Pilot) -> int:
    """What is really earned in the windows of a pilot, as the ledger has it."""
    earned_minor, day = 0, pilot.starts_on
    while day <= pilot.ends_on:
        window = live.plan.window_of(day)
        for component_key, periods in earnings_of(connection, pilot.payee_id, window.key).items():
            if split_component_key(component_key)[0] == live.plan_key:
                earned_minor += sum(periods.values())
        day = window.ends_on + timedelta(days=1)
    return earned_minor


def versions_of(connection: Connection, plan_key: str) -> list[PlanVersion]:
    """Every version of a plan, oldest first. NotFound when there is none."""
    found = [one for one in plans.parsed_versions(connection) if one.plan_key == plan_key]
    if not found:
        raise NotFound(f"There is no active plan {plan_key!r}. `plan activate` makes one.")
    return found


def terms_of(versions: Sequence[PlanVersion], agreed: Agreed, last_day: date) -> Terms:
    """The terms of a live plan: all its versions, settled as the newest one says."""
    book = PlanBook(
        versions,
        agreed.assigned,
        quotas=agreed.quotas,
        exceptions=agreed.exceptions,
        memberships=agreed.teams,
        until=last_day,
        exchange_rates=agreed.exchange_rates,
    )
    return Terms(
        plan=versions[-1].plan,
        book=book,
        last_day=last_day,
        draws={one: draw_for(book, one, versions[-1]) for one in agreed.payee_ids},
        payee_ids=agreed.payee_ids,
    )


def tried_terms(plan: Plan, old: PlanVersion, agreed: Agreed, last_day: date) -> Terms:
    """The same people and days on a plan that is only tried; quotas set for the old plan's windows are spread."""
    version = PlanVersion(TRIED, old.plan_key, date.min, plan)
    spread = replace(agreed, quotas=_spread(agreed.quotas, version, old.plan))
    return terms_of([version], spread, last_day)


def deals_of(connection: Connection, payee_ids: Collection[int], days: Days) -> list[Deal]:
    """The deals these payees take part in that count from one of these days, by key."""
    keys = deals.deal_keys_of_payees(connection, payee_ids, days.first)
    stored = deals.deals(connection, keys)
    sold = (kept.deal for kept in stored)
    return [deal for deal in sold if days.first <= deal.effective_on <= days.last]


def _agreed(
    connection: Connection, assigned: Sequence[Assignment], of_plans: Iterable[Plan]
) -> Agreed:
    """What is agreed with these payees; teams only where one of these plans counts what teams sell."""
    payee_ids = {assignment.payee_id for assignment in assigned}
    with_teams = any(counts_teams(plan) for plan in of_plans)
    return Agreed(
        assigned,
        plans.quota_facts(connection, payee_ids),
        exceptions.exceptions(connection, payee_ids),
        memberships.all_memberships(connection) if with_teams else (),
        tuple(KnownRates(connection)),
    )


def _on_plan(assignments: Iterable[Assignment], plan_key: str, days: Days) -> list[Assignment]:
    return [
        assignment
        for assignment in assignments
        if assignment.plan_key == plan_key
        and assignment.starts_on <= days.last
        and (assignment.ends_on is None or assignment.ends_on >= days.first)
    ]


def _spread(facts: Iterable[QuotaFact], version: PlanVersion, quoted_in: Plan) -> list[QuotaFact]:
    """Quotas set in the windows of another plan, by those of a version; what was set for a year stays so.

    A component is known by its own key, whatever the plan's.
    """
    by_place: dict[tuple[int, str, date | None], dict[str, int]] = {}
    for fact in facts:
        component_key = _tried_key(version.plan_key, fact.component_key)
        place = fact.payee_id, component_key, fact.valid_from
        by_place.setdefault(place, {})[fact.period_key] = fact.amount_minor
    return [
        QuotaFact(payee_id, component_key, period_key, amount_minor, valid_from)
        for (payee_id, component_key, valid_from), quotas in by_place.items()
        for period_key, amount_minor in _by_window(quotas, quoted_in, version.plan).items()
    ]


def _tried_key(plan_key: str, component_key: str) -> str:
    """The component of the same own key in a plan that is tried; "" stays every component."""
    own_key = split_component_key(component_key)[1]
    return own_key and f"{plan_key}/{own_key}"


def _by_window(quotas: Mapping[str, int], quoted_in: Plan, plan: Plan) -> dict[str, int]:
    yearly = {
        key: amount_minor
        for key, amount_minor in quotas.items()
        if len(key) == YEAR_KEY_LENGTH and quoted_in.window is not PeriodKind.YEAR
    }
    by_window = {key: amount for key, amount in quotas.items() if key not in yearly}
    return yearly | spread_quotas(by_window, quoted_in, plan)
