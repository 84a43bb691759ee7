"""The `equity` command: grant units that vest by a schedule, and say when somebody left."""

from datetime import date

import click

from tracker import clock
from tracker.commands.files import Day
from tracker.config import command_author, load_settings
from tracker.engine.payroll_months.equity import Grant, problem_of
from tracker.errors import BadInput, Conflict, Problem
from tracker.store import equity as equity_store
from tracker.store import people, trail
from tracker.store.database import opened_database
from tracker.store.people import Payee
from tracker.store.types import Connection


@click.group()
def equity() -> None:
    """Grant equity in units, shown beside the money and never added to it."""


@equity.command()
@click.argument("reference", metavar="REP")
@click.option("--name", required=True, help="What the grant is called, such as Warrants 2026.")
@click.option("--units", type=int, required=True, help="How many units, vested or not.")
@click.option("--from", "starts_on", type=Day(), required=True, help="The day vesting starts.")
@click.option("--over-months", type=int, required=True, help="Until all of it is vested.")
@click.option("--cliff-months", type=int, default=0, help="Before these nothing vests.")
@click.option("--every-months", type=int, default=1, show_default=True, help="How often it vests.")
def grant(
    reference: str,
    name: str,
    units: int,
    starts_on: date,
    over_months: int,
    cliff_months: int,
    every_months: int,
) -> None:
    """Grant units to a rep. Each vesting is whole units, the last one brings the rest."""
    with opened_database(load_settings()) as database, database.write() as connection:
        payee = _payee(connection, reference)
        granted = Grant(payee.id, name, units, starts_on, over_months, cliff_months, every_months)
        if problem := problem_of(granted):
            word, what, fix = problem
            raise BadInput([Problem(f"--{word.replace('_', '-')}", what, fix)])
        if granted in equity_store.grants(connection, [payee.id]):
            raise Conflict(
                f"{payee.name} was granted just that before, and is not granted it twice. "
                "Give another --name to what is meant beside it."
            )
        by, at = command_author(), clock.now()
        grant_id = equity_store.record_grant(connection, granted, by, at)
        subject = {"equity_grant_id": grant_id, "payee_id": payee.id, "units": units}
        trail.append(connection, "grant equity", by, at, subject)
    click.echo(f"{payee.name} is granted {units} units ({name}), from {starts_on}.")


@equity.command()
@click.argument("reference", metavar="REP")
@click.option("--on", "left_on", type=Day(), help="The last day on which anything vests.")
@click.option("--not-after-all", is_flag=True, help="The rep did not leave, or came back.")
def left(reference: str, left_on: date | None, not_after_all: bool) -> None:
    """Let nothing vest to a rep after a day; what had vested stays theirs."""
    if (left_on is None) != not_after_all:
        raise BadInput([Problem("--on", "is missing.", "Give --on DAY, or --not-after-all.")])
    with opened_database(load_settings()) as database, database.write() as connection:
        payee, by, at = _payee(connection, reference), command_author(), clock.now()
        fact_id = equity_store.record_leaving(connection, payee.id, left_on, by, at)
        last_day = left_on and str(left_on)
        subject = {"equity_leaving_id": fact_id, "payee_id": payee.id, "left_on": last_day}
        trail.append(connection, "end vesting", by, at, subject)
    until = f"ends on {left_on}" if left_on else "goes on"
    click.echo(f"Vesting to {payee.name} {until}.")


@equity.command("list")
def list_grants() -> None:
    """List every grant with what is vested today."""
    settings = load_settings()
    with opened_database(settings) as database, database.read() as connection:
        today = clock.today(settings.company_zone)
        for payee in people.payees(connection):
            for standing in equity_store.equity_of(connection, payee.id, today):
                vested = f"{standing.vested_units} of {standing.grant.units} units vested"
                following = standing.next
                then = f", {following.units} on {following.on}" if following else ""
                gone = f", {standing.forfeited_units} forfeited" if standing.forfeited_units else ""
                click.echo(f"{payee.name}, {standing.grant.name}: {vested}{then}{gone}")


def _payee(connection: Connection, reference: str) -> Payee:
    payee = people.payee_by_reference(connection, reference)
    if payee is None or payee.kind != "rep":
        what = "Import people first, or check the spelling."
        raise BadInput([Problem(reference, "no rep has this reference.", what)])
    return payee
