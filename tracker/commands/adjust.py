"""The `adjust` command: pay without a deal behind it, proposed by one person and decided by another."""

import click

from tracker import clock, flow_payroll
from tracker.commands.close import author_of, by_option, reason_option
from tracker.config import load_settings
from tracker.engine.money import MoneyError, minor_digits, parse_amount_minor
from tracker.errors import BadInput, NotFound, Problem
from tracker.payroll_export import exact
from tracker.store import people
from tracker.store.adjustments import Adjustment, Decision, Proposal, adjustments
from tracker.store.database import opened_database

number_argument = click.argument("number", type=int)


@click.group()
def adjust() -> None:
    """Adjust pay by hand. Two people are behind every adjustment."""


@adjust.command("list")
def list_adjustments() -> None:
    """Show every adjustment, newest first, and what became of it."""
    with opened_database(load_settings()) as database, database.read() as connection:
        found = adjustments(connection)
        names = {payee.id: payee.reference for payee in people.payees(connection)}
    for one in found:
        click.echo(_in_words(one, names[one.proposal.payee_id]))
    if not found:
        click.echo("Nothing has been adjusted by hand.")


@adjust.command()
@click.argument("reference", metavar="REP")
@click.argument("amount")
@click.option("--month", required=True, help="The payroll month, such as 2026-11.")
@click.option("--currency", default="DKK", show_default=True)
@by_option
@reason_option
def propose(reference: str, amount: str, month: str, currency: str, by: str, reason: str) -> None:
    """Propose to pay REP an amount such as 1250.50, or to take one: -- -1250.50."""
    amount_minor = _amount_minor(amount, currency)
    with opened_database(load_settings()) as database:
        author = author_of(database, by)
        with database.read() as connection:
            payee = people.payee_by_reference(connection, reference)
        if payee is None:
            raise NotFound(f"Nobody has the reference {reference!r}. Check the spelling.")
        proposal = Proposal(payee.id, month, amount_minor, currency, reason)
        number = flow_payroll.propose_adjustment(database, proposal, author, clock.now())
    click.echo(
        f"Adjustment {number} waits for another administrator: adjust approve {number} --by …"
    )


@adjust.command()
@number_argument
@by_option
def approve(number: int, by: str) -> None:
    """Approve what another person proposed; it is posted at once."""
    _decide(number, Decision.APPROVED, by, "")


@adjust.command()
@number_argument
@by_option
@reason_option
def decline(number: int, by: str, reason: str) -> None:
    """Decline what another person proposed."""
    _decide(number, Decision.DECLINED, by, reason)


@adjust.command()
@number_argument
@by_option
@reason_option
def withdraw(number: int, by: str, reason: str) -> None:
    """Take one's own proposal back."""
    _decide(number, Decision.WITHDRAWN, by, reason)


def _decide(number: int, decision: Decision, by: str, reason: str) -> None:
    with opened_database(load_settings()) as database:
        author = author_of(database, by)
        flow_payroll.decide_adjustment(database, number, decision, author, clock.now(), reason)
    click.echo(f"Adjustment {number} is {decision}.")


def _amount_minor(amount: str, currency: str) -> int:
    try:
        return parse_amount_minor(amount, minor_digits(currency))
    except MoneyError as error:
        raise BadInput([Problem("AMOUNT", f"{error}.", "Write it as 1250.50.")]) from None


def _in_words(one: Adjustment, reference: str) -> str:
    proposal = one.proposal
    amount = f"{exact(proposal.amount_minor, proposal.currency)} {proposal.currency}"
    became = f"{one.decision} by {one.decided_by}" if one.decision else "waits"
    why = f" ({one.decision_reason})" if one.decision_reason else ""
    said = f"{proposal.reason}; proposed by {one.proposed_by}"
    return f"{one.id} {proposal.month} {reference} {amount}: {said}; {became}{why}"
