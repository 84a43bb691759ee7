"""`plan check`: everything against a plan, what blocks and what experience warns of, each with its line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from tracker import clock
from tracker.commands.files import EXISTING_FILE, problems_in, toml_text_of
from tracker.config import load_settings
from tracker.engine.agreement.plans import Plan
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan
from tracker.engine.plan_files.plan_lines import KeyPath, lines_of
from tracker.engine.plan_files.plan_reader import PlanProblem, key_text
from tracker.engine.plan_trials.plan_advice import advise
from tracker.engine.plan_trials.plan_findings import Advice, Figure, Severity
from tracker.engine.plan_trials.plan_history import PLAN_KEY, History, history_of
from tracker.engine.plan_trials.plan_trial import refuse_wrong_examples
from tracker.errors import BadInput, NotFound
from tracker.ingest.plain_deals import PlainDeals
from tracker.ingest.plain_people import PlainPeople, parse_people
from tracker.pages.i18n import LOCALES, speaking
from tracker.pages.plan_advice import AdviceText, advice_in_words
from tracker.store import deals as deal_store
from tracker.store import plans
from tracker.store.database import opened_database

A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found: problems keep the plan from being used; advice is about one that can be read.

    `examples_count` are those of its author that come out.
    """

    problems: tuple[PlanProblem, ...]
    examples_count: int
    advice: tuple[tuple[Advice, AdviceText, int | None], ...]

    @property
    def is_blocked(self) -> bool:
        return bool(self.problems) or any(
            advice.severity is Severity.BLOCKS for advice, _, _ in self.advice
        )


@click.command()
@click.argument("file", type=EXISTING_FILE)
@click.option("--history", type=EXISTING_FILE, metavar="DEALS.csv", help="Compare with past deals.")
@click.option("--people", type=EXISTING_FILE, metavar="PEOPLE.toml", help="... and their quotas.")
@click.option("--live", is_flag=True, help="Compare with the last year of the running product.")
@click.option("--on", "plan_key", metavar="KEY", help="... only people on this plan.")
@click.option("--language", type=click.Choice(LOCALES), default="en", show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def check(
    file: Path,
    history: Path | None,
    people: Path | None,
    live: bool,
    plan_key: str | None,
    language: str,
    is_json: bool,
) -> int:
    """Say everything that is wrong with a plan file, and what experience says about it.

    Exits with 1 when something blocks the plan; advice alone does not.
    """
    if history and live:
        raise click.UsageError("Compare with a file or with the running product, not with both.")
    with speaking(language):
        checked = _checked(file, history, people, live, plan_key)
    if is_json:
        click.echo(json.dumps(_as_json(checked), ensure_ascii=False, indent=2))
    else:
        _print(file, checked)
    return int(checked.is_blocked)


def _checked(
    file: Path, deals_file: Path | None, people_file: Path | None, is_live: bool, key: str | None
) -> Checked:
    text = toml_text_of(file)
    problems: tuple[PlanProblem, ...] = ()
    try:
        plan = parse_plan(text)
    except PlanFileError as error:
        return Checked(error.problems, 0, ())
    try:
        refuse_wrong_examples(text)
    except PlanFileError as error:
        problems = error.problems
    history = None
    if deals_file is not None:
        history = _history_of_file(plan, deals_file, people_file)
    elif is_live:
        history = _live_history(plan, key)
    lines = lines_of(text)
    return Checked(
        problems,
        len(plan.examples) - len(problems),
        tuple(
            (advice, advice_in_words(advice, plan, history), _line_of(advice.path, lines))
            for advice in advise(plan, history)
        ),
    )


def _line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """The line of a key, or of the nearest table around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)


# --- the past --------------------------------------------------------------------------------------------------------


def _history_of_file(plan: Plan, deals_file: Path, people_file: Path | None) -> History | None:
    people = PlainPeople()
    if people_file is not None:
        try:
            people = parse_people(toml_text_of(people_file), plan)
        except PlanFileError as error:
            raise BadInput(problems_in(people_file, error.problems)) from None
    file = PlainDeals(deals_file, plan.currency, people.payee_id_of, clock.now().date())
    found = list(file.deals())
    if file.problems:
        raise BadInput(file.problems)
    return history_of(plan, found, people.terms.quotas)


def _live_history(plan: Plan, plan_key: str | None) -> History | None:
    """The deals of the last year in the running product; what its people have for quotas counts for any plan."""
    first_day = clock.now().date() - A_YEAR
    with opened_database(load_settings()) as database, database.read() as connection:
        only = None
        if plan_key is not None:
            only = plans.payees_on(connection, plan_key)
            if not only:
                raise NotFound(f"Nobody is on a plan called {plan_key!r}.")
        deals = [kept.deal for kept in deal_store.all_deals(connection)]
        quotas = [
            replace(fact, component_key=_of_this_plan(fact.component_key))
            for fact in plans.quota_facts(connection)
        ]
    recent = [deal for deal in deals if first_day <= deal.effective_on]
    return history_of(plan, recent, quotas, only)


def _of_this_plan(component_key: str) -> str:
    """The component of the same name in the plan that is tried; "" stays every component."""
    own_key = component_key.rpartition("/")[2]
    return f"{PLAN_KEY}/{own_key}" if own_key else ""


# --- what is said ----------------------------------------------------------------------------------------------------


def _print(file: Path, checked: Checked) -> None:
    for advice, text, line in checked.advice:
        place = f"line {line}, {text.where}" if line else text.where
        click.echo(f"{advice.severity:<7} {place}: {text.what}")
        click.echo(f"        {text.why} {text.source}")
        click.echo(f"        {text.fix}")
    if checked.examples_count:
        click.echo(f"Examples that come out: {checked.examples_count}.")
    if checked.problems:
        raise BadInput(problems_in(file, checked.problems))
    if checked.is_blocked:
        click.echo(f"\n{file} cannot be used yet.")
        return
    warned = len(checked.advice)
    thoughts = {0: "", 1: ", with one thing to think about"}
    more = thoughts.get(warned, f", with {warned} things to think about")
    click.echo(f"{chr(10) if warned else ''}{file} can be used{more}.")


def _as_json(checked: Checked) -> dict[str, Any]:
    return {
        "blocked": checked.is_blocked,
        "examples_count": checked.examples_count,
        "problems": [
            {"line": problem.line, "key": problem.key, "what": problem.what, "fix": problem.fix}
            for problem in checked.problems
        ],
        "advice": [
            {
                "rule": advice.rule.value,
                "severity": advice.severity.value,
                "component": advice.component_key,
                "key": key_text(advice.path),
                "line": line,
                "what": text.what,
                "why": text.why,
                "fix": text.fix,
                "source": advice.source.value,
                "figures": {name: _as_text(figure) for name, figure in advice.figures.items()},
            }
            for advice, text, line in checked.advice
        ],
    }


def _as_text(figure: Figure) -> int | str:
    """A figure as JSON can keep it exactly: whole numbers, words, and fractions such as "3/2"."""
    return str(figure) if isinstance(figure, Fraction) else figure
