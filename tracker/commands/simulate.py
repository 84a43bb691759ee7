"""`plan simulate`: a plan file on deals that have been. What it would have cost, who wins, who loses, from where on."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from tracker import clock, trials
from tracker.commands.calc_files import (
    PlanFile,
    read_files,
    read_people,
    read_plan,
    terms_of_files,
)
from tracker.commands.files import EXISTING_FILE, Day
from tracker.commands.simulation_report import Told, as_json, print_report
from tracker.config import load_settings
from tracker.engine.agreement.plans import Plan, PlanVersion
from tracker.engine.plan_trials.simulation import Trial, simulate
from tracker.errors import BadInput, Problem
from tracker.garbage import without_collecting
from tracker.ingest.plain_people import PLAN_KEY, PlainPeople
from tracker.store import people
from tracker.store.database import opened_database
from tracker.trials import Days


@dataclass(frozen=True, slots=True)
class _Found:
    """What is tried, with what people are called."""

    trial: Trial
    references: Mapping[int, str]
    names: Mapping[int, str]


@click.command("simulate")
@click.argument("plan_file", metavar="FILE", type=EXISTING_FILE)
@click.option("--plan", "plan_key", help="The live plan whose people it is tried on.")
@click.option("--deals", "deals_file", type=EXISTING_FILE, help="A file of deals, as for calc.")
@click.option("--people", "people_file", type=EXISTING_FILE, help="With --deals: quotas and days.")
@click.option("--against", "old_file", type=EXISTING_FILE, help="With --deals: the plan until now.")
@click.option("--from", "first_day", type=Day(), help="The first day whose deals count.")
@click.option("--to", "last_day", type=Day(), help="The last one.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON; amounts are in minor units.")
def simulate_plan(
    plan_file: Path,
    plan_key: str | None,
    deals_file: Path | None,
    people_file: Path | None,
    old_file: Path | None,
    first_day: date | None,
    last_day: date | None,
    is_json: bool,
) -> None:
    """Try a plan file on deals that have been: its cost at expected sales, 30 % more and 30 % less.

    With --plan KEY on the live company, by default on the last year of whole windows; with --deals on a file.
    Nothing is kept.
    """
    _refuse_mixture(plan_key, deals_file, people_file or old_file)
    with without_collecting():
        if deals_file is None:
            plan = read_plan_or_refuse(plan_file)
            found = _live(plan, plan_key or "", first_day, last_day)
        else:
            found = _from_files(plan_file, deals_file, people_file, old_file, first_day, last_day)
        with _progress() as say:
            simulation = simulate(found.trial, say)
    told = Told(simulation, found.trial, found.references, found.names)
    if is_json:
        click.echo(as_json(told))
    else:
        print_report(told)


def _refuse_mixture(plan_key: str | None, deals_file: Path | None, of_files: Path | None) -> None:
    if (plan_key is None) == (deals_file is None):
        fix = "Give --plan KEY for the live company, or --deals FILE."
        raise BadInput([Problem("plan simulate", "it needs deals to try the plan on.", fix)])
    if deals_file is None and of_files is not None:
        what = "--people and --against belong to a file of deals."
        raise BadInput([Problem("plan simulate", what, "Leave them out, or give --deals FILE.")])


def read_plan_or_refuse(file: Path) -> Plan:
    problems: list[Problem] = []
    plan = read_plan(file, problems)
    if plan is None:
        raise BadInput(problems)
    return plan


def _live(plan: Plan, plan_key: str, first_day: date | None, last_day: date | None) -> _Found:
    settings = load_settings()
    usual = trials.trial_days(plan, clock.today(settings.company_zone))
    days = _checked(Days(first_day or usual.first, last_day or usual.last))
    with opened_database(settings) as database, database.read() as connection:
        trial = trials.live_trial(connection, plan, plan_key, days)
        payees = people.payees(connection)
    return _Found(
        trial,
        {payee.id: payee.reference for payee in payees},
        {payee.id: payee.name for payee in payees},
    )


def _from_files(
    plan_file: Path,
    deals_file: Path,
    people_file: Path | None,
    old_file: Path | None,
    first_day: date | None,
    last_day: date | None,
) -> _Found:
    tried, told, deals = read_files([PlanFile(plan_file)], deals_file, people_file, last_day)
    within = [deal for deal in deals if first_day is None or deal.effective_on >= first_day]
    new = terms_of_files(tried, told, within, last_day)
    old = None
    if old_file is not None:
        old_plan = read_plan_or_refuse(old_file)
        replaced = [PlanVersion(1, PLAN_KEY, date.min, old_plan)]
        people_of_old = _people_of(people_file, replaced) or told
        old = terms_of_files(replaced, people_of_old, within, last_day)
    first = first_day or min((deal.effective_on for deal in within), default=new.last_day)
    days = _checked(Days(first, new.last_day))
    payee_ids = tuple(sorted({s.payee_id for deal in within for s in deal.credit_shares}))
    trial = Trial(within, days.first, tuple(new.payee_ids) or payee_ids, new, old)
    return _Found(trial, told.references, told.names)


def _people_of(file: Path | None, versions: Sequence[PlanVersion]) -> PlainPeople | None:
    """The people of a file, their quotas read in the windows of another plan."""
    if file is None:
        return None
    problems: list[Problem] = []
    found = read_people(file, versions, problems)
    if problems:
        raise BadInput(problems)
    return found


def _checked(days: Days) -> Days:
    if days.last < days.first:
        what = f"there is no day from {days.first} to {days.last}."
        raise BadInput([Problem("--from, --to", what, "Let the first day come first.")])
    return days


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing where the output goes to a file."""
    with Progress(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("Simulating")
        yield lambda done, total: progress.update(task, completed=done, total=total)
