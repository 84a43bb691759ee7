"""The `quota` command: set what somebody's quota is, from when and why, and list what was set."""

from datetime import date

import click

from tracker import clock, flow
from tracker.commands.files import Day
from tracker.commands.plain_figures import amount_text
from tracker.config import command_author, load_settings
from tracker.engine.agreement.plans import COUNT_MEASURES, PlanVersion
from tracker.engine.money import MINOR_DIGITS, MoneyError, parse_amount_minor
from tracker.engine.periods import PeriodKind, period_named
from tracker.engine.plan_files.plan_reader import COUNT_DIGITS
from tracker.errors import BadInput, NotFound, Problem
from tracker.store import people, plans
from tracker.store.database import opened_database
from tracker.store.plans import QuotaChange
from tracker.store.types import Connection

EVERY_WINDOW = "all"


@click.group()
def quota() -> None:
    """Set quotas, for a window or for a year, and list them."""


@quota.command("set")
@click.argument("references", metavar="REP...", nargs=-1, required=True)
@click.argument("window")
@click.argument("amount")
@click.option("--component", "component_key", default="", help="PLAN/COMPONENT; without it all.")
@click.option("--from", "valid_from", type=Day(), help="The day from which it holds.")
@click.option("--reason", default="", help="Why; shown to the person, too.")
def set_quota(
    references: tuple[str, ...],
    window: str,
    amount: str,
    component_key: str,
    valid_from: date | None,
    reason: str,
) -> None:
    """Set the quota of REPs in WINDOW (2026-11, 2026-Q4, or 2026 for a year, or all) to AMOUNT.

    A year's quota spreads over its windows as the plan says. With --from a day inside a window the plan says what
    becomes of it. Figures change at once, and no deal is read.
    """
    with opened_database(load_settings()) as database:
        with database.read() as connection:
            changes = _changes(connection, references, window, amount, component_key)
        dated = [change._replace(valid_from=valid_from, reason=reason) for change in changes]
        changed = flow.change_quotas(database, dated, command_author(), clock.now())
    same = len(changes) - len(changed)
    click.echo(f"{len(changed)} set{f', {same} unchanged' if same else ''}.")


@quota.command("list")
@click.argument("reference", metavar="REP")
def list_quotas(reference: str) -> None:
    """List every quota that was ever set for REP, oldest first, with author and reason."""
    with opened_database(load_settings()) as database, database.read() as connection:
        payee = people.payee_by_reference(connection, reference)
        if payee is None:
            raise NotFound(f"Nobody has the reference {reference!r}.")
        facts = plans.quota_facts(connection, {payee.id})
        origins = [plans.quota_origin(connection, fact.fact_id) for fact in facts]
    for fact, (reason, author) in zip(facts, origins, strict=True):
        where = fact.component_key or "every component"
        since = f" from {fact.valid_from}" if fact.valid_from else ""
        why = f": {reason}" if reason else ""
        figure = amount_text(fact.amount_minor, 2)
        window = fact.period_key or EVERY_WINDOW
        click.echo(f"{window}{since}  {figure}  {where}, by {author}{why}")
    if not facts:
        click.echo("No quota was set.")


def _changes(
    connection: Connection,
    references: tuple[str, ...],
    window: str,
    amount: str,
    component_key: str,
) -> list[QuotaChange]:
    """What was asked for, once all of it is known to be right."""
    problems: list[Problem] = []
    payees = [people.payee_by_reference(connection, reference) for reference in references]
    for reference, payee in zip(references, payees, strict=True):
        if payee is None:
            fix = "Import people first, or check the spelling."
            problems.append(Problem(reference, "nobody has this reference.", fix))
    versions = plans.parsed_versions(connection)
    digits = _digits(versions, component_key, problems)
    _check_window(versions, window, problems)
    amount_minor = 0
    try:
        amount_minor = parse_amount_minor(amount, digits)
    except MoneyError as error:
        problems.append(Problem("AMOUNT", f"{error}.", "Write it as 1250000.50."))
    if amount_minor < 0:
        problems.append(Problem("AMOUNT", "a quota cannot be negative.", "Write 0 for no quota."))
    if problems:
        raise BadInput(problems)
    period_key = "" if window == EVERY_WINDOW else window
    return [
        QuotaChange(payee.id, component_key, period_key, amount_minor)
        for payee in payees
        if payee is not None
    ]


def _digits(versions: list[PlanVersion], component_key: str, problems: list[Problem]) -> int:
    """The digits of a quota: those of the component's measure, or of the currency that all plans pay in."""
    found = {
        f"{version.plan_key}/{component.key}": COUNT_DIGITS
        if component.measure in COUNT_MEASURES
        else MINOR_DIGITS[version.plan.currency]
        for version in versions
        for component in version.plan.components
    }
    if component_key and component_key not in found:
        known = ", ".join(sorted(found)) or "none yet"
        problems.append(Problem("--component", "there is no such component.", f"Known: {known}."))
    several = {*found.values()}
    if not component_key and len(several) > 1:
        what = "plans count in different units, so one figure cannot be meant for all."
        problems.append(Problem("--component", what, "Say which component the quota is for."))
    return found[component_key] if component_key in found else next(iter(several), 2)


def _check_window(versions: list[PlanVersion], window: str, problems: list[Problem]) -> None:
    if window == EVERY_WINDOW:
        return
    starts_in = versions[0].plan.year_starts_in_month if versions else 1
    try:
        kind = period_named(window, starts_in).kind
    except ValueError as error:
        problems.append(Problem("WINDOW", f"{error}, or all.", ""))
        return
    kinds = {version.plan.window for version in versions} | {PeriodKind.YEAR}
    if versions and kind not in kinds:
        known = ", ".join(sorted(kinds))
        problems.append(Problem("WINDOW", f"no plan has a {kind} as its window.", f"Use: {known}."))
