"""`plan except`, `plan exceptions`, `plan withdraw`: what is agreed with one person instead of the plan."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import click

from tracker import clock, flow_exceptions
from tracker.commands.calc_terms import exception_words
from tracker.commands.files import Day
from tracker.commands.plain_figures import amount_text
from tracker.config import command_author, load_settings
from tracker.engine.agreement.plans import Draw, PersonalException, Plan
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.periods import period_named
from tracker.engine.plan_files.exception_file import read_exception
from tracker.engine.plan_files.plan_draw import EXAMPLE_DRAW, read_draw
from tracker.engine.plan_files.plan_file import PlanFileError, toml_values
from tracker.engine.plan_files.plan_reader import PlanProblem, Report, TableReader
from tracker.errors import BadInput, NotFound, Problem
from tracker.store import exceptions, people, plans
from tracker.store.database import opened_database
from tracker.store.types import Connection


@click.command("except")
@click.argument("reference", metavar="REP")
@click.argument("component_key", metavar="PLAN/COMPONENT")
@click.option("--rate-factor", help="What all rates are multiplied by, such as 1.1.")
@click.option("--add-rate", help="What is added to all rates, such as 0.5%.")
@click.option("--tiers", help="Tiers instead of the plan's, as in a plan file.")
@click.option("--cap-payout", help="The most a window pays, or none.")
@click.option("--cap-at", help="Attainment above it pays nothing more, or none.")
@click.option("--deal-cap", help="What one deal may count, or none.")
@click.option("--draw", help=f"A draw, with PLAN alone: {EXAMPLE_DRAW}.")
@click.option("--from", "starts_on", type=Day(), help="The first day; without it: always.")
@click.option("--until", "ends_on", type=Day(), help="The last day.")
@click.option("--window", help="The days of a window instead, such as 2026-Q4.")
@click.option("--reason", required=True, help="Why; shown to the person, too.")
def agree_exception(
    reference: str,
    component_key: str,
    draw: str | None,
    starts_on: date | None,
    ends_on: date | None,
    window: str | None,
    reason: str,
    **terms: str | None,
) -> None:
    """Agree with REP on something else than PLAN/COMPONENT says: rates, limits, or a draw.

    Figures it touches change at once. Quotas of a person are set by `quota set`.
    """
    said = {name: text for name, text in terms.items() if text is not None}
    with opened_database(load_settings()) as database:
        with database.read() as connection:
            found = _Asked(connection, reference, component_key, reason)
            days = found.days(starts_on, ends_on, window)
            exception = found.draw(draw, said) if draw is not None else found.terms(said, days)
        fact_id = flow_exceptions.agree(database, exception, command_author(), clock.now())
    click.echo(f"Exception {fact_id} of {reference}: {_words(exception, found.plan)}.")


class _Asked:
    """What was typed, with everything that is wrong with it."""

    def __init__(
        self, connection: Connection, reference: str, component_key: str, reason: str
    ) -> None:
        self.problems: list[Problem] = []
        self._connection, self._reason = connection, reason
        self._component_key = component_key
        payee = people.payee_by_reference(connection, reference)
        if payee is None:
            self._problem(reference, "nobody has this reference.", "Import people first.")
        plan_key, own_key = split_component_key(component_key)
        self.plan_key, self.own_key = (plan_key, own_key) if plan_key else (component_key, "")
        plan = plans.newest_plan(connection, self.plan_key)
        if plan is None:
            known = ", ".join(sorted({one.plan_key for one in plans.plan_versions(connection)}))
            self._problem(component_key, "no such plan is active.", f"Known: {known or 'none'}.")
        if not reason.strip():
            self._problem("--reason", "it is empty.", "Say why, in a few words.")
        self._payee_id, self._plan = payee.id if payee else 0, plan

    @property
    def plan(self) -> Plan:
        if self.problems or self._plan is None:
            raise BadInput(self.problems)
        return self._plan

    def days(
        self, starts_on: date | None, ends_on: date | None, window: str | None
    ) -> tuple[date | None, date | None]:
        if window is None:
            return starts_on, ends_on
        if starts_on or ends_on:
            self._problem("--window", "days are given, too.", "Give one of the two.")
        try:
            period = period_named(window, self._plan.year_starts_in_month if self._plan else 1)
        except ValueError as error:
            self._problem("--window", f"{error}.", "")
            return None, None
        return period.starts_on, period.ends_on

    def terms(
        self, said: dict[str, str], days: tuple[date | None, date | None]
    ) -> PersonalException:
        """What is agreed for a component; raises BadInput with all problems."""
        component = self._plan.component(self.own_key) if self._plan else None
        if self._plan is not None and component is None:
            known = ", ".join(f"{self.plan_key}/{one.key}" for one in self._plan.components)
            what = "the plan has no such component."
            self._problem(self._component_key, what, f"Known: {known}.")
        if not said:
            options = "--rate-factor, --add-rate, --tiers, --cap-payout, --cap-at, --deal-cap"
            self._problem("plan except", "nothing is agreed.", f"Give one of {options}.")
        table = self._table(said)
        dated = {"from": days[0], "until": days[1], "reason": self._reason}
        values = {**table.values, **{key: value for key, value in dated.items() if value}}
        found = None
        if self._plan is not None and component is not None:
            reader = replace(table, values=values)
            found = read_exception(reader, self._plan, component)
        self._note(table.report.problems)
        if self.problems or found is None:
            raise BadInput(self.problems)
        return replace(
            found, payee_id=self._payee_id, component_key=f"{self.plan_key}/{self.own_key}"
        )

    def draw(self, text: str, said: dict[str, str]) -> PersonalException:
        """The draw that is agreed for a plan; raises BadInput with all problems."""
        if self.own_key or said:
            what = "a draw is of a plan, beside nothing else."
            self._problem(
                "--draw", what, "Write PLAN alone, and the draw with its own from, until."
            )
        table = self._table({"draw": text})
        of_draw = table.table("draw", EXAMPLE_DRAW)
        digits = MINOR_DIGITS[self._plan.currency] if self._plan else 2
        draw = read_draw(of_draw, digits) if of_draw else None
        self._note(table.report.problems)
        if self.problems:
            raise BadInput(self.problems)
        return PersonalException(
            exception_id=0,
            payee_id=self._payee_id,
            component_key=f"{self.plan_key}/",
            draw=draw or Draw(0),
            reason=self._reason,
        )

    def _table(self, said: dict[str, str]) -> TableReader:
        """The options as a plan file would say them: lists and tables as they are, everything else as a text."""
        report, values = Report(), dict[str, object]()
        for name, text in said.items():
            is_table = text.lstrip().startswith(("[", "{"))
            try:
                values |= toml_values(f"{name} = {text}") if is_table else {name: text.strip()}
            except PlanFileError as error:
                self._note(replace(problem, key=name) for problem in error.problems)
        return TableReader(values, (), report)

    def _note(self, problems: Iterable[PlanProblem]) -> None:
        for problem in problems:
            option = "--" + problem.key.replace("_", "-")
            self._problem(option, problem.what, problem.fix)

    def _problem(self, where: str, what: str, fix: str) -> None:
        self.problems.append(Problem(where, what, fix))


@click.command("exceptions")
@click.argument("reference", metavar="[REP]", required=False)
def list_exceptions(reference: str | None) -> None:
    """List what was agreed with people instead of their plans, with author and reason; withdrawn ones too."""
    with opened_database(load_settings()) as database, database.read() as connection:
        payees = {payee.id: payee.reference for payee in people.payees(connection)}
        if reference is not None:
            payee = people.payee_by_reference(connection, reference)
            if payee is None:
                raise NotFound(f"Nobody has the reference {reference!r}.")
            payees = {payee.id: payee.reference}
        made = exceptions.exceptions(connection, payees)
        newest = {
            plan_key: plans.newest_plan(connection, plan_key)
            for plan_key in {split_component_key(one.component_key)[0] for one in made}
        }
    withdrawn = {one.withdraws_id: one for one in made if one.withdraws_id is not None}
    for one in made:
        plan = newest[split_component_key(one.component_key)[0]]
        if one.withdraws_id is not None or plan is None:
            continue
        end = ""
        if (by := withdrawn.get(one.exception_id)) is not None:
            end = f"; withdrawn by {by.author}: {by.reason}"
        name = one.component_key.rstrip("/")
        told = f"{one.exception_id}: {payees[one.payee_id]}, {name}: {_words(one, plan)}"
        click.echo(f"{told}, by {one.author}{end}")
    if not made:
        click.echo("Nothing was agreed with anybody.")


@click.command("withdraw")
@click.argument("exception_id", type=int)
@click.option("--reason", required=True, help="Why it should never have held.")
def withdraw_exception(exception_id: int, reason: str) -> None:
    """Take an exception back, as if it had never been; `plan exceptions` knows its number."""
    if not reason.strip():
        raise BadInput([Problem("--reason", "it is empty.", "Say why, in a few words.")])
    with opened_database(load_settings()) as database:
        flow_exceptions.withdraw(database, exception_id, reason, command_author(), clock.now())
    click.echo(f"Exception {exception_id} is withdrawn.")


def _words(exception: PersonalException, plan: Plan) -> str:
    digits = MINOR_DIGITS[plan.currency]
    return exception_words(exception, lambda minor: amount_text(minor, digits))
