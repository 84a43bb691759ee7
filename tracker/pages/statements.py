"""Statements: what a closed month paid, line by line, as a page, a PDF and a CSV file; and what is still open."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, make_response

from tracker import access, clock
from tracker.engine.payroll_months.posting import month_named, month_of
from tracker.engine.periods import Period
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.statement_csv import statement_csv
from tracker.pages.statement_view import Part, StatementView, open_part, statement_view
from tracker.store import payroll, people, plans
from tracker.store.payroll import StoredStatement
from tracker.store.payroll_review import open_statements
from tracker.store.people import Payee
from tracker.store.types import Connection

blueprint = Blueprint("statements", __name__)


@dataclass(frozen=True, slots=True)
class OpenMonth:
    """A month that is not closed yet, as far as known."""

    month: Period
    currency: str
    paid_minor: int
    debt_minor: int
    part: Part


@dataclass(frozen=True, slots=True)
class StatementRow:
    """One statement in the list. Only the newest version of a month is `is_current`."""

    id: int
    month: Period
    currency: str
    paid_minor: int
    debt_minor: int
    version: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class MyStatements:
    """What is open and everything that was ever closed for a rep, newest first."""

    open_months: tuple[OpenMonth, ...]
    rows: tuple[StatementRow, ...]


# --- routes -------------------------------------------------------------------------------------------------------


@blueprint.get("/me/statements")
def list_page() -> str:
    principal = context.principal()
    with context.database().read() as connection:
        payee = people.payee(connection, principal.payee_id) if principal.payee_id else None
        if payee is None or not access.may_see_pay(principal, payee):
            context.not_found()
        found = my_statements(connection, payee, clock.now())
    return context.render("statements/list.html", statements=found)


@blueprint.get("/statements/<int:statement_id>")
def statement(statement_id: int) -> str:
    return context.render("statements/page.html", view=_view(statement_id), now=clock.now())


@blueprint.get("/statements/<int:statement_id>/pdf")
def statement_as_pdf(statement_id: int) -> Response:
    from tracker.pages.statement_pdf import statement_pdf  # its library is slow to import

    view = _view(statement_id)
    return _file(statement_pdf(view, context.settings().company_zone), view, "pdf")


@blueprint.get("/statements/<int:statement_id>/csv")
def statement_as_csv(statement_id: int) -> Response:
    view = _view(statement_id)
    return _file(statement_csv(view).encode("utf-8-sig"), view, "csv")


# --- behind them --------------------------------------------------------------------------------------------------


def my_statements(connection: Connection, payee: Payee, now: datetime) -> MyStatements:
    """Everything on a rep's list of statements."""
    today = company_calendar(context.settings()).day_of(now)
    book = plans.load_plan_book(connection, [payee.id])
    open_months = (
        OpenMonth(
            month_named(one.month),
            one.currency,
            one.paid_minor,
            one.debt_minor,
            open_part(one, book),
        )
        for one in open_statements(connection, payee.id, month_of(today))
    )
    closed = payroll.statements_of(connection, payee.id)
    return MyStatements(tuple(open_months)[::-1], tuple(_rows(closed)))


def _rows(closed: list[StoredStatement]) -> list[StatementRow]:
    seen: set[tuple[str, str]] = set()
    rows = []
    for one in closed:
        place = (one.month_key, one.currency)
        month = month_named(one.month_key)
        is_current = place not in seen
        seen.add(place)
        rows.append(
            StatementRow(
                one.id,
                month,
                one.currency,
                one.total_minor,
                one.debt_minor,
                one.version,
                is_current,
            )
        )
    return rows


def _view(statement_id: int) -> StatementView:
    """A statement, for whoever may see its payee's pay; to everybody else it does not exist."""
    principal = context.principal()
    with context.database().read() as connection:
        stored = payroll.statement(connection, statement_id)
        payee = people.payee(connection, stored.payee_id) if stored else None
        if stored is None or payee is None or not access.may_see_pay(principal, payee):
            context.not_found()
        return statement_view(connection, stored)


def _file(written: bytes, view: StatementView, ending: str) -> Response:
    response = make_response(written)
    response.mimetype = {"pdf": "application/pdf", "csv": "text/csv"}[ending]
    name = f"statement-{view.stored.month_key}-{view.stored.id}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
