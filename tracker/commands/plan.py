"""The `plan` command: is a plan file right, what does it say in words, from when does it pay, and whom."""

from datetime import date
from pathlib import Path

import click

from tracker import clock, flow
from tracker.commands.exceptions import agree_exception, list_exceptions, withdraw_exception
from tracker.commands.files import EXISTING_FILE, Day, problems_in, toml_text_of
from tracker.commands.plan_check import check
from tracker.commands.plan_schema import schema
from tracker.commands.plan_show import show
from tracker.commands.simulate import simulate_plan
from tracker.config import command_author, load_settings
from tracker.engine.plan_files.plan_file import PlanFileError
from tracker.engine.plan_trials.plan_trial import refuse_wrong_examples
from tracker.errors import BadInput, Problem
from tracker.flow_drafts import PLAN_KEY
from tracker.store import people, plans
from tracker.store.database import Database, opened_database

plan_file_argument = click.argument("file", type=EXISTING_FILE)


@click.group()
def plan() -> None:
    """Check, show, simulate or activate a plan file, and put people on a plan."""


plan.add_command(simulate_plan)


plan.add_command(check)
plan.add_command(show)
plan.add_command(schema)
for command in (agree_exception, list_exceptions, withdraw_exception):
    plan.add_command(command)


@plan.command()
@click.argument("key")
@plan_file_argument
@click.option(
    "--from", "effective_from", type=Day(), required=True, help="The first day this version pays."
)
def activate(key: str, file: Path, effective_from: date) -> None:
    """Pay by this plan file from a day on, under the name KEY; figures it touches change at once."""
    if not PLAN_KEY.fullmatch(key):
        what = f"{key!r} cannot name a plan."
        raise BadInput(
            [Problem("KEY", what, "Use small letters, digits, _ and -, such as ae-smb.")]
        )
    text = toml_text_of(file)
    _refuse_unready(text, file)
    with opened_database(load_settings()) as database:
        flow.activate_plan_version(
            database, key, effective_from, text, command_author(), clock.now()
        )
        with database.read() as connection:
            payees_count = len(plans.payees_on(connection, key))
    click.echo(f"{key} pays by {file} from {effective_from}. People on this plan: {payees_count}.")
    if not payees_count:
        click.echo(f"Put somebody on it: plan assign {key} anna@firma.dk --from {effective_from}")


@plan.command()
@click.argument("key")
@click.argument("references", metavar="REP...", nargs=-1, required=True)
@click.option("--from", "starts_on", type=Day(), required=True, help="The first day on the plan.")
@click.option(
    "--until", "ends_on", type=Day(), help="The last day; without it: until further notice."
)
def assign(key: str, references: tuple[str, ...], starts_on: date, ends_on: date | None) -> None:
    """Put reps on a plan from a day on, or move their last day."""
    with opened_database(load_settings()) as database:
        payee_ids, by = _payee_ids(database, key, references), command_author()
        for reference, payee_id in zip(references, payee_ids, strict=True):
            flow.assign_plan(database, payee_id, key, starts_on, ends_on, by, clock.now())
            until = f" until {ends_on}" if ends_on else ""
            click.echo(f"{reference} is on {key} from {starts_on}{until}.")


def _payee_ids(database: Database, key: str, references: tuple[str, ...]) -> list[int]:
    """The payees meant, once all of them and the plan are known to exist."""
    with database.read() as connection:
        payees = [people.payee_by_reference(connection, reference) for reference in references]
        is_plan = bool(plans.plan_versions(connection, key))
    problems = [
        Problem(
            reference, "nobody has this reference.", "Import people first, or check the spelling."
        )
        for reference, payee in zip(references, payees, strict=True)
        if payee is None
    ]
    if not is_plan:
        problems.append(
            Problem(key, "no such plan is active.", "Activate it first: plan activate.")
        )
    if problems:
        raise BadInput(problems)
    return [payee.id for payee in payees if payee is not None]


def _refuse_unready(text: str, file: Path) -> None:
    """Raises BadInput for a plan that cannot be read, or whose own examples do not come out."""
    try:
        refuse_wrong_examples(text)
    except PlanFileError as error:
        raise BadInput(problems_in(file, error.problems)) from None
