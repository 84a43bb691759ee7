"""The `close` command: a payroll month is reviewed, asked for by one person, approved by another, and exported."""

from collections.abc import Iterable
from pathlib import Path

import click

from tracker import clock, flow_payroll
from tracker.commands.files import EXISTING_FILE, toml_text_of
from tracker.config import load_settings
from tracker.errors import BadInput, Conflict, NotFound, Problem
from tracker.payroll_export import (
    as_csv,
    as_xlsx,
    chosen_columns,
    exact,
    paid_lines,
    read_columns,
)
from tracker.store import payroll, people
from tracker.store.database import Database, opened_database
from tracker.store.payroll_review import Review, ReviewLine, review

by_option = click.option(
    "--by", metavar="E-MAIL", required=True, help="The administrator who does this."
)
reason_option = click.option("--reason", required=True, help="Why; it is kept for ever.")
month_argument = click.argument("month")


@click.group()
def close() -> None:
    """Close payroll months, in order, by two people. Closed statements never change."""


@close.command()
def status() -> None:
    """Say which months are closed, which is next, and everything that was done."""
    with opened_database(load_settings()) as database, database.read() as connection:
        acts, following = payroll.acts(connection), payroll.next_month(connection)
        closed = payroll.closed_months(connection)
        pending = payroll.pending_request(connection)
    for act in acts:
        reason = f": {act.reason}" if act.reason else ""
        said = f"{act.recorded_at:%Y-%m-%d %H:%M} UTC {act.recorded_by}{reason}"
        click.echo(f"{act.month} {act.act:<9} {said}")
    click.echo(f"Closed: {', '.join(closed) or 'none'}. Next: {following or 'nothing earned yet'}.")
    if pending is not None:
        click.echo(f"{pending.month} waits for somebody else than {pending.recorded_by}.")


@close.command("review")
@month_argument
def review_month(month: str) -> None:
    """Show what a month pays, the exceptions first."""
    with opened_database(load_settings()) as database, database.read() as connection:
        flow_payroll.require_month(month)
        found = review(connection, month)
    click.echo(_in_words(found))


@close.command()
@month_argument
@by_option
def request(month: str, by: str) -> None:
    """Ask for a month to be closed. The first may be any; after it they follow in order."""
    settings = load_settings()
    with opened_database(settings) as database:
        author = author_of(database, by)
        now = clock.now()
        flow_payroll.request_close(database, month, author, clock.today(settings.company_zone), now)
    click.echo(f"{month}: asked for. Another administrator approves: close approve {month} --by …")


@close.command()
@month_argument
@by_option
def approve(month: str, by: str) -> None:
    """Approve what another person asked for: the month is closed and its statements are frozen."""
    with opened_database(load_settings()) as database:
        author = author_of(database, by)
        count = flow_payroll.approve_close(database, month, author, clock.now())
    click.echo(f"{month} is closed. Statements: {count}.")


@close.command()
@month_argument
@by_option
@reason_option
def decline(month: str, by: str, reason: str) -> None:
    """Answer a request with no, or take one's own back."""
    with opened_database(load_settings()) as database:
        flow_payroll.decline_close(database, month, author_of(database, by), reason, clock.now())
    click.echo(f"{month} stays open.")


@close.command()
@month_argument
@by_option
@reason_option
def reopen(month: str, by: str, reason: str) -> None:
    """Open the latest closed month again; its statements stay, and closing it again adds their next version."""
    with opened_database(load_settings()) as database:
        flow_payroll.reopen_month(database, month, author_of(database, by), reason, clock.now())
    click.echo(f"{month} is open again.")


@close.command()
@month_argument
@click.option(
    "--to",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="A new file that ends in .csv or .xlsx.",
)
@click.option(
    "--columns",
    "columns_file",
    type=EXISTING_FILE,
    help="A TOML file that chooses and names the columns; without it the company's own.",
)
def export(month: str, file: Path, columns_file: Path | None) -> None:
    """Write a closed month for the payroll system: one line for each payee."""
    kind = file.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        what = f"{file.name} ends in neither .csv nor .xlsx."
        raise BadInput([Problem("--to", what, "The ending says which it is.")])
    with opened_database(load_settings()) as database, database.read() as connection:
        flow_payroll.require_month(month)
        lines = paid_lines(connection, month)
        columns = (
            read_columns(toml_text_of(columns_file)) if columns_file else chosen_columns(connection)
        )
    written = as_xlsx(lines, columns) if kind == ".xlsx" else as_csv(lines, columns).encode()
    try:
        with file.open("xb") as opened:
            opened.write(written)
    except OSError as error:
        what = f"it cannot be written: {error.strerror}."
        raise BadInput([Problem(str(file), what, "Name a new file.")]) from None
    click.echo(f"{file}: {len(lines)} lines.")


def author_of(database: Database, by: str) -> str:
    """The address of an administrator who can sign in: pay is closed by people, whoever types the command."""
    with database.read() as connection:
        person = people.person_by_email(connection, by)
    if person is None or not person.is_active:
        raise NotFound(f"Nobody who can sign in has the address {by!r}. Check the spelling.")
    if person.role != "admin":
        raise Conflict(f"{by} is no administrator. Ask one, or change the role: user role.")
    return person.email


def _in_words(found: Review) -> str:
    parts = [f"{found.month} is {found.state}."]
    for heading, lines in (
        ("To look at:", [line for line in found.lines if line.remarks]),
        ("Everybody else:", [line for line in found.lines if not line.remarks]),
    ):
        if lines:
            parts += ["", heading, *_table(lines)]
    for currency in found.currencies:
        parts.append(f"\nTo be paid: {exact(found.total_minor(currency), currency)} {currency}")
    return "\n".join(parts)


def _table(lines: Iterable[ReviewLine]) -> Iterable[str]:
    for line in lines:
        pay = line.statement
        figures = "nothing to pay"
        if pay is not None:
            earned, paid, debt = (
                exact(amount_minor, pay.currency)
                for amount_minor in (pay.earned_minor, pay.paid_minor, pay.debt_minor)
            )
            figures = f"earned {earned:>12}  paid {paid:>12}  owes {debt:>10} {pay.currency}"
        remarks = f"  [{', '.join(line.remarks)}]" if line.remarks else ""
        yield f"  {line.payee.name:<28} {figures}{remarks}"
