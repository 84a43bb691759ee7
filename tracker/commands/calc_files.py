"""The files of a calculation: plans, each with its key and first day, people and deals; all their problems at once."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import click

from tracker import clock
from tracker.commands.files import Day, problems_in, toml_text_of
from tracker.engine.agreement.deal_terms import Churn
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, Draw, Plan, PlanVersion
from tracker.engine.crediting.presence import pays_for_presence
from tracker.engine.deals import Deal
from tracker.engine.earning.paying import Terms
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan
from tracker.errors import BadInput, Problem
from tracker.flow_drafts import PLAN_KEY as A_PLAN_KEY
from tracker.ingest.deal_payload import FIRST_DAY, last_day_possible
from tracker.ingest.plain_deals import PlainDeals
from tracker.ingest.plain_people import PLAN_KEY, PlainPeople, parse_people

A_CURRENCY = "DKK"
"""What rows without a currency are judged in when the plan that would say it cannot be read."""


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan file as it was named: of which plan, and from which day on; without one, always."""

    path: Path
    key: str = PLAN_KEY
    starts_on: date = date.min


class PlanFileType(click.ParamType[PlanFile]):
    """`ae.toml`, `ae.toml@2026-07-01`, `smb=smb.toml@2026-07-01`."""

    name = "plan file"

    def convert(
        self, value: str | PlanFile, param: click.Parameter | None, ctx: click.Context | None
    ) -> PlanFile:
        if isinstance(value, PlanFile):
            return value
        if Path(value).is_file():  # whatever its name looks like
            return PlanFile(Path(value))
        key, equals, rest = value.partition("=")
        if equals and not A_PLAN_KEY.fullmatch(key):
            self.fail(f"{key!r} cannot name a plan; use small letters, digits, _ and -.")
        named = rest if equals else value
        name, at, day = named.rpartition("@")
        starts_on = Day().convert(day, param, ctx) if at else date.min
        path = Path(name if at else named)
        if not path.is_file():
            self.fail(f"There is no file {str(path)!r}.", param, ctx)
        return PlanFile(path, key if equals else PLAN_KEY, starts_on)


def read_files(
    plan_files: Sequence[PlanFile], deals_file: Path, people_file: Path | None, as_of: date | None
) -> tuple[list[PlanVersion], PlainPeople, Sequence[Deal]]:
    """What the files say. Raises BadInput with every problem of all of them."""
    problems: list[Problem] = []
    versions = read_versions(plan_files, problems)
    people = PlainPeople()
    if people_file is not None:
        people = read_people(people_file, versions, problems) or people
    currency = versions[0].plan.currency if versions else A_CURRENCY
    today = clock.now().date()
    if as_of is not None and not FIRST_DAY <= as_of <= last_day_possible(today):
        fix = f"Write a day from {FIRST_DAY} to {last_day_possible(today)}."
        problems.append(Problem("--as-of", f"{as_of} is out of range.", fix))
    if people_file is None and any(pays_for_presence(version.plan) for version in versions):
        what = "the plan pays for being there, and nothing says from when anybody is."
        problems.append(Problem("--people", what, "Give a file of people with `from` for each."))
    file = PlainDeals(deals_file, currency, people.payee_id_of, today, as_of or date.max)
    deals = list(file.deals())
    deals += [score for score in people.scores if score.effective_on <= (as_of or date.max)]
    problems += file.problems
    if problems:
        raise BadInput(problems)
    return versions, people, deals


def read_versions(files: Sequence[PlanFile], problems: list[Problem]) -> list[PlanVersion]:
    """The plans of these files that can be read, each as a version; the problems of the others are noted."""
    versions: list[PlanVersion] = []
    for number, file in enumerate(files, start=1):
        plan = read_plan(file.path, problems)
        if plan is not None:
            versions.append(PlanVersion(number, file.key, file.starts_on, plan))
            problems += _clashes(file, plan, versions)
    return versions


def _clashes(file: PlanFile, plan: Plan, versions: Sequence[PlanVersion]) -> Iterable[Problem]:
    """What keeps a plan from being calculated together with those before it."""
    first, place = versions[0].plan, str(file.path)
    same_day = [
        one
        for one in versions[:-1]
        if (one.plan_key, one.effective_from) == (file.key, file.starts_on)
    ]
    if same_day:
        since = "" if file.starts_on == date.min else f" from {file.starts_on}"
        what = f"plan {file.key!r} already has a version{since}."
        fix = f"Say from when it holds: {file.path}@2026-07-01. Or of which plan: smb={file.path}."
        yield Problem(place, what, fix)
    if plan.currency != first.currency:
        what = f"it pays in {plan.currency}, the first plan in {first.currency}."
        yield Problem(place, what, "Calculate plans in two currencies apart.")
    if plan.settlement is not first.settlement:
        what = f"it pays by the {plan.settlement}, the first plan by the {first.settlement}."
        yield Problem(place, what, "Let all the plans of a calculation pay in the same periods.")
    if plan.year_starts_in_month != first.year_starts_in_month:
        what = "its year starts in another month than that of the first plan."
        yield Problem(place, what, "Calculate plans with two fiscal years apart.")


def read_plan(file: Path, problems: list[Problem]) -> Plan | None:
    """The plan of a file; None when it cannot be read, with its problems noted."""
    try:
        return parse_plan(toml_text_of(file))
    except PlanFileError as error:
        problems += problems_in(file, error.problems)
    except BadInput as refusal:
        problems += refusal.problems
    return None


def read_people(
    file: Path, versions: Sequence[PlanVersion], problems: list[Problem]
) -> PlainPeople | None:
    """The people of a file, for the plans they are on; None when it cannot be read, with its problems noted."""
    newest = newest_plans(versions)
    try:
        first = next(iter(newest.values()), None)
        return parse_people(toml_text_of(file), first, newest)
    except PlanFileError as error:
        problems += problems_in(file, error.problems)
    except BadInput as refusal:
        problems += refusal.problems
    return None


def newest_plans(versions: Iterable[PlanVersion]) -> dict[str, Plan]:
    """The last version of each plan."""
    in_time = sorted(versions, key=lambda version: version.effective_from)
    by_key = dict.fromkeys(version.plan_key for version in versions)
    return {key: [one for one in in_time if one.plan_key == key][-1].plan for key in by_key}


def terms_of_files(
    versions: Sequence[PlanVersion], people: PlainPeople, deals: Sequence[Deal], as_of: date | None
) -> Terms:
    """The plans as everybody's, on the days the people file gives them; periods are those of the first plan."""
    plans = newest_plans(versions)
    plan = next(iter(plans.values()))
    on_plans = _assignments(people, plans)
    last_day = as_of or _last_day(versions, deals)
    until = last_day if as_of or not deals else plan.settlement_period_of(last_day).ends_on
    return Terms(
        plan=plan,
        book=PlanBook(
            versions,
            on_plans,
            quotas=people.terms.quotas,
            exceptions=people.terms.exceptions,
            has_plan_quotas=True,
            memberships=people.memberships,
            until=until,
            exchange_rates=[rate for of in versions for rate in of.plan.exchange_rates],
        ),
        last_day=last_day,
        draws={
            payee_id: people.draws[payee_id] and _within_days(people, payee_id)
            if payee_id in people.draws
            else _draw_of_plans(payee_id, on_plans, plans)
            for payee_id in people.references
        },
        base_salaries=people.base_salaries,
        first_days=people.first_days,
        payee_ids=list(people.references) if people.is_closed else (),
    )


def _assignments(people: PlainPeople, plans: Mapping[str, Plan]) -> list[Assignment]:
    """Who is on which plan: as the people file says, and whoever it does not name on all of them."""
    named = {one.payee_id for one in people.on_plans}
    others = [
        Assignment(payee_id, key, date.min)
        for payee_id in people.references
        if payee_id not in named
        for key in plans
    ]
    return [*people.on_plans, *others]


def _within_days(people: PlainPeople, payee_id: int) -> Draw | None:
    """A person's own draw, none of it before their first day or after their last."""
    draw = people.draws[payee_id]
    starts_on = people.starts_on.get(payee_id, date.min)
    return draw and _cut(draw, starts_on, people.ends_on.get(payee_id, date.max))


def _draw_of_plans(
    payee_id: int, on_plans: Iterable[Assignment], plans: Mapping[str, Plan]
) -> Draw | None:
    """The draw of the plan that somebody joined last and that has one, on their days on it."""
    own = [one for one in on_plans if one.payee_id == payee_id and plans[one.plan_key].draw]
    if not own:
        return None
    last = max(own, key=lambda one: one.starts_on)
    draw = plans[last.plan_key].draw
    return draw and _cut(draw, last.starts_on, last.ends_on or date.max)


def _cut(draw: Draw, starts_on: date, ends_on: date) -> Draw | None:
    starts_on = max(draw.starts_on or date.min, starts_on)
    ends_on = min(draw.ends_on or date.max, ends_on)
    if ends_on < starts_on:
        return None
    forgives = draw.forgives_at_end and ends_on == draw.ends_on
    return replace(draw, starts_on=starts_on, ends_on=ends_on, forgives_at_end=forgives)


def _last_day(versions: Sequence[PlanVersion], deals: Sequence[Deal]) -> date:
    """The last day on which a deal counts, or counts off again."""
    days = [deal.effective_on for deal in deals]
    if any(c.churn is Churn.NET for version in versions for c in version.plan.components):
        days += [deal.ended_on for deal in deals if deal.ended_on is not None]
    return max(days, default=date.min)
