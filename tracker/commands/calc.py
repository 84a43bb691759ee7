"""`calc`: what a file of deals pays under a plan file, with the lines that explain it. No database."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import click

from tracker import clock
from tracker.commands.calc_report import Calculation, as_json, print_report
from tracker.commands.files import EXISTING_FILE, Day, problems_in, toml_text_of
from tracker.engine.deal_terms import Churn
from tracker.engine.deals import Deal
from tracker.engine.paying import Terms, pay
from tracker.engine.plan_book import PlanBook
from tracker.engine.plan_file import PlanFileError, parse_plan
from tracker.engine.plans import Assignment, Plan, PlanVersion
from tracker.engine.presence import pays_for_presence
from tracker.engine.quota_facts import QuotaFact
from tracker.errors import BadInput, Problem
from tracker.ingest.deal_payload import FIRST_DAY, last_day_possible
from tracker.ingest.plain_deals import PlainDeals
from tracker.ingest.plain_people import PlainPeople, parse_people

PLAN_KEY = "plan"
A_CURRENCY = "DKK"
"""What rows without a currency are judged in when the plan that would say it cannot be read."""


@click.command()
@click.argument("plan_file", metavar="PLAN.toml", type=EXISTING_FILE)
@click.argument("deals_file", metavar="DEALS.csv", type=EXISTING_FILE)
@click.option("--people", "people_file", type=EXISTING_FILE, help="Quotas, draws and days: TOML.")
@click.option("--as-of", type=Day(), help="Leave out later deals, and settle until this day.")
@click.option("--deals", "tells_deals", is_flag=True, help="Also say what each deal added.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON; amounts are in minor units.")
def calc(
    plan_file: Path,
    deals_file: Path,
    people_file: Path | None,
    as_of: date | None,
    tells_deals: bool,
    is_json: bool,
) -> None:
    """Pay a file of deals under a plan file, and say why. Nothing is kept, and no database is needed.

    The README says what stands in the three files, under “Calculate without a database”.
    """
    with without_collecting():
        plan, people, deals = read_files(plan_file, deals_file, people_file, as_of)
        terms = terms_of_files(plan, people, deals, as_of)
        payroll = pay(deals, terms, keeps_credits=tells_deals)
    calculation = Calculation(
        payroll,
        terms,
        people.references,
        people.names,
        as_of,
        tells_deals,
        people.equity_on(terms.last_day),
    )
    if is_json:
        click.echo(as_json(calculation))
    else:
        print_report(calculation)


@contextmanager
def without_collecting() -> Iterator[None]:
    """A long list of deals holds no cycles, and looking for some in it again and again costs more than reading it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def read_files(
    plan_file: Path, deals_file: Path, people_file: Path | None, as_of: date | None
) -> tuple[Plan, PlainPeople, Sequence[Deal]]:
    """What the files say. Raises BadInput with every problem of all of them."""
    problems: list[Problem] = []
    plan = read_plan(plan_file, problems)
    people = PlainPeople()
    if people_file is not None:
        people = read_people(people_file, plan, problems) or people
    currency = plan.currency if plan else A_CURRENCY
    today = clock.now().date()
    if as_of is not None and not FIRST_DAY <= as_of <= last_day_possible(today):
        fix = f"Write a day from {FIRST_DAY} to {last_day_possible(today)}."
        problems.append(Problem("--as-of", f"{as_of} is out of range.", fix))
    if plan is not None and people_file is None and pays_for_presence(plan):
        what = "the plan pays for being there, and nothing says from when anybody is."
        problems.append(Problem("--people", what, "Give a file of people with `from` for each."))
    file = PlainDeals(deals_file, currency, people.payee_id_of, today, as_of or date.max)
    deals = list(file.deals())
    deals += [score for score in people.scores if score.effective_on <= (as_of or date.max)]
    problems += file.problems
    if problems or plan is None:
        raise BadInput(problems)
    return plan, people, deals


def read_plan(file: Path, problems: list[Problem]) -> Plan | None:
    try:
        return parse_plan(toml_text_of(file))
    except PlanFileError as error:
        problems += problems_in(file, error.problems)
    except BadInput as refusal:
        problems += refusal.problems
    return None


def read_people(file: Path, plan: Plan | None, problems: list[Problem]) -> PlainPeople | None:
    try:
        return parse_people(toml_text_of(file), plan)
    except PlanFileError as error:
        problems += problems_in(file, error.problems)
    except BadInput as refusal:
        problems += refusal.problems
    return None


def _last_day(plan: Plan, deals: Sequence[Deal]) -> date:
    """The last day on which a deal counts, or counts off again."""
    days = [deal.effective_on for deal in deals]
    if any(component.churn is Churn.NET for component in plan.components):
        days += [deal.ended_on for deal in deals if deal.ended_on is not None]
    return max(days, default=date.min)


def quota_facts_of(people: PlainPeople) -> list[QuotaFact]:
    """The quotas of a file of people, of the plan that is paid by."""
    return [
        QuotaFact(payee_id, f"{PLAN_KEY}/{component_key}", period_key, quota_minor)
        for (payee_id, component_key, period_key), quota_minor in people.quotas.items()
    ]


def terms_of_files(
    plan: Plan, people: PlainPeople, deals: Sequence[Deal], as_of: date | None
) -> Terms:
    """The plan as everybody's, on the days the people file gives them."""
    version = PlanVersion(1, PLAN_KEY, date.min, plan)
    assignments = [
        Assignment(
            payee_id,
            PLAN_KEY,
            people.starts_on.get(payee_id, date.min),
            people.ends_on.get(payee_id),
        )
        for payee_id in people.references
    ]
    quotas = quota_facts_of(people)
    draws = {payee_id: people.draw_of(payee_id, plan) for payee_id in people.references}
    last_day = as_of or _last_day(plan, deals)
    until = last_day if as_of or not deals else plan.settlement_period_of(last_day).ends_on
    return Terms(
        plan=plan,
        book=PlanBook(
            [version],
            assignments,
            quotas=quotas,
            has_plan_quotas=True,
            memberships=people.memberships,
            until=until,
        ),
        last_day=last_day,
        draws=draws,
        base_salaries=people.base_salaries,
        first_days=people.first_days,
        payee_ids=list(people.references) if people.is_closed else (),
    )
