"""Adjustments by hand: what an administrator proposes to pay without a deal behind it, and what another decides."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow_payroll
from tracker.engine.money import MINOR_DIGITS, MoneyError, minor_digits, parse_amount_minor
from tracker.engine.payroll_months.posting import month_named, month_of
from tracker.engine.periods import Period
from tracker.errors import BadInput, Conflict
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.disputes import email
from tracker.pages.i18n import gettext as _
from tracker.store import people, plans
from tracker.store.adjustments import Adjustment, Decision, Proposal, adjustments
from tracker.store.memberships import REP
from tracker.store.people import Payee
from tracker.store.types import Connection

blueprint = Blueprint("adjustments", __name__, url_prefix="/adjustments")


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """One adjustment, and what its reader may do with it."""

    adjustment: Adjustment
    name: str
    month: Period
    is_own: bool


@dataclass(frozen=True, slots=True)
class AdjustmentsPage:
    """Those that wait, those that are decided, and the form for another. `typed` is what was in a refused form."""

    waiting: tuple[AdjustmentRow, ...]
    decided: tuple[AdjustmentRow, ...]
    payees: tuple[Payee, ...]
    currencies: tuple[str, ...]
    typed: dict[str, str]
    problem: str
    notice: str
    now: datetime


@blueprint.get("")
def page() -> str:
    context.require_function(access.may_administer(context.principal()))
    notice = _("Done.") if request.args.get("done") else ""
    return _page(notice=notice)


@blueprint.post("")
def propose() -> Response:
    context.require_function(access.may_administer(context.principal()))
    try:
        proposal = _proposal()
        flow_payroll.propose_adjustment(context.database(), proposal, _author(), clock.now())
    except (BadInput, MoneyError, ValueError):
        problem = _(
            "Choose a person and a month, write an amount such as 1250,50 that is not zero, and say why."
        )
        return make_response(_page(problem=problem, typed=dict(request.form)), 422)
    return make_response(redirect(url_for("adjustments.page", done="proposed"), code=303))


@blueprint.post("/<int:adjustment_id>/<any(approved, declined, withdrawn):decision>")
def decide(adjustment_id: int, decision: str) -> Response:
    context.require_function(access.may_administer(context.principal()))
    try:
        flow_payroll.decide_adjustment(
            context.database(),
            adjustment_id,
            Decision(decision),
            _author(),
            clock.now(),
            request.form.get("reason", ""),
        )
    except BadInput:
        problem = _("Say why; the reason is kept for ever.")
        return make_response(_page(problem=problem), 422)
    except Conflict:
        problem = _("It is decided already, or it is your own: another person must decide it.")
        return make_response(_page(problem=problem), 409)
    return make_response(redirect(url_for("adjustments.page", done=decision), code=303))


def _proposal() -> Proposal:
    form = request.form
    currency = form.get("currency", "")
    amount = form.get("amount", "").replace(" ", "").replace("\N{MINUS SIGN}", "-")
    if "," in amount:
        amount = amount.replace(".", "").replace(",", ".")
    return Proposal(
        payee_id=int(form.get("payee_id", "")),
        month=form.get("month", ""),
        amount_minor=parse_amount_minor(amount, minor_digits(currency)),
        currency=currency,
        reason=form.get("reason", ""),
    )


def _author() -> str:
    with context.database().read() as connection:
        return email(connection)


def _page(problem: str = "", notice: str = "", typed: dict[str, str] | None = None) -> str:
    with context.database().read() as connection:
        shown = _shown(connection, problem, notice, typed)
    return context.render("adjustments/page.html", page=shown)


def _shown(
    connection: Connection, problem: str, notice: str, typed: dict[str, str] | None
) -> AdjustmentsPage:
    payees = [payee for payee in people.payees(connection) if payee.kind == REP]
    names = {payee.id: payee.name for payee in payees}
    own = email(connection)
    rows = [
        AdjustmentRow(
            one,
            names[one.proposal.payee_id],
            month_named(one.proposal.month),
            one.proposed_by == own,
        )
        for one in adjustments(connection)
    ]
    now = clock.now()
    this_month = month_of(company_calendar(context.settings()).day_of(now))
    used = sorted({version.plan.currency for version in plans.parsed_versions(connection)})
    return AdjustmentsPage(
        waiting=tuple(row for row in rows if row.adjustment.decision is None),
        decided=tuple(row for row in rows if row.adjustment.decision is not None),
        payees=tuple(payees),
        currencies=tuple(used or sorted(MINOR_DIGITS)),
        typed=typed if typed is not None else {"month": this_month},
        problem=problem,
        notice=notice,
        now=now,
    )
