"""Payroll months: what each pays, the exceptions first; asked for by one administrator, approved by another.

Managers who may see pay look at their own teams; only administrators act, and only they see the whole company's sums.
"""

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, flow_payroll
from tracker.access import Principal
from tracker.engine.payroll_months.posting import (
    PostingKind,
    month_after,
    month_before,
    month_named,
    month_of,
)
from tracker.engine.periods import Period
from tracker.errors import BadInput, Conflict
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.disputes import email
from tracker.pages.i18n import gettext as _
from tracker.payroll_export import (
    COLUMNS_SETTING,
    DEFAULT_COLUMNS,
    FIELDS,
    as_csv,
    as_xlsx,
    chosen_columns,
    paid_lines,
    read_columns,
)
from tracker.store import payroll, people
from tracker.store.payroll import Act, MonthAct
from tracker.store.payroll_review import Remark, Review, ReviewLine, State, review
from tracker.store.types import Connection

blueprint = Blueprint("payroll", __name__, url_prefix="/payroll")

MONTHS_SHOWN = 6
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class PayRow:
    """One payee in the table; amounts are None where there is nothing to pay."""

    name: str
    remarks: tuple[str, ...]
    currency: str
    earned_minor: int | None
    corrections_minor: int | None
    paid_minor: int | None
    debt_minor: int | None
    statement_id: int | None


@dataclass(frozen=True, slots=True)
class MonthPage:
    """A payroll month as its reader may see it. `totals` and the acts are for administrators."""

    month: Period
    state: State
    is_next: bool
    is_over: bool
    is_latest_closed: bool
    may_act: bool
    asked_by: str
    is_own_request: bool
    seen_entry_id: int
    totals: tuple[tuple[str, int], ...]
    to_look_at: tuple[PayRow, ...]
    others: tuple[PayRow, ...]
    acts: tuple[tuple[str, MonthAct], ...]
    months: tuple[tuple[Period, bool], ...]
    problem: str
    notice: str
    now: datetime


# --- routes -------------------------------------------------------------------------------------------------------


@blueprint.get("")
def index() -> Response:
    """The month that is to be closed next."""
    context.require_function(access.may_review_payroll(context.principal()))
    with context.database().read() as connection:
        month = payroll.next_month(connection) or _this_month()
    return make_response(redirect(url_for("payroll.month_page", month=min(month, _this_month()))))


@blueprint.get("/<month>")
def month_page(month: str) -> str:
    principal = context.principal()
    context.require_function(access.may_review_payroll(principal))
    return _page(month, principal, notice=_("Done.") if request.args.get("done") else "")


@blueprint.post("/<month>/<any(request, approve, decline, reopen):act>")
def act_on_month(month: str, act: str) -> Response:
    """Ask for a close, approve or decline it, or open the month again; what cannot be done is said on the page."""
    principal = context.principal()
    context.require_function(access.may_administer(principal))
    _named(month)
    try:
        with context.database().read() as connection:
            by = email(connection)
        _act(month, act, by, request.form.get("reason", ""))
    except flow_payroll.Overtaken:
        said = _("Figures changed since you looked. They are shown now; look again, then approve.")
        return _refused(month, principal, said)
    except (Conflict, BadInput):
        return _refused(month, principal, _why_not(act))
    return make_response(redirect(url_for("payroll.month_page", month=month, done=act), code=303))


@blueprint.get("/<month>/export/<any(csv, xlsx):kind>")
def export(month: str, kind: str) -> Response:
    """A closed month for the payroll system."""
    context.require_function(access.may_administer(context.principal()))
    _named(month)
    with context.database().read() as connection:
        context.require(month in payroll.closed_months(connection))
        lines, columns = paid_lines(connection, month), chosen_columns(connection)
    response = make_response(
        as_xlsx(lines, columns) if kind == "xlsx" else as_csv(lines, columns).encode("utf-8-sig")
    )
    response.mimetype = XLSX if kind == "xlsx" else "text/csv"
    response.headers["Content-Disposition"] = f'attachment; filename="payroll-{month}.{kind}"'
    return response


@blueprint.get("/columns")
def columns_page() -> str:
    context.require_function(access.may_administer(context.principal()))
    with context.database().read() as connection:
        text = people.setting(connection, COLUMNS_SETTING, DEFAULT_COLUMNS)
    notice = _("Saved.") if request.args.get("done") else ""
    return context.render(
        "payroll/columns.html", text=text, fields=FIELDS, problems=(), notice=notice
    )


@blueprint.post("/columns")
def save_columns() -> Response:
    context.require_function(access.may_administer(context.principal()))
    text = request.form.get("columns", "").replace("\r\n", "\n")
    try:
        read_columns(text)
    except BadInput as error:
        shown = context.render(
            "payroll/columns.html", text=text, fields=FIELDS, problems=error.problems, notice=""
        )
        return make_response(shown, 422)
    with context.database().write() as connection:
        people.put_setting(connection, COLUMNS_SETTING, text)
    return make_response(redirect(url_for("payroll.columns_page", done="saved"), code=303))


# --- behind them --------------------------------------------------------------------------------------------------


def _act(month: str, act: str, by: str, reason: str) -> None:
    database, now = context.database(), clock.now()
    if act == "request":
        flow_payroll.request_close(database, month, by, _today(), now)
    elif act == "approve":
        seen = request.form.get("seen", type=int)
        flow_payroll.approve_close(database, month, by, now, seen if seen is not None else -1)
    elif act == "decline":
        flow_payroll.decline_close(database, month, by, reason, now)
    else:
        flow_payroll.reopen_month(database, month, by, reason, now)


def _why_not(act: str) -> str:
    return {
        "request": _("Months are closed in order, each when it is over, and asked for once."),
        "approve": _("Somebody must have asked for it, and somebody else must approve it."),
        "decline": _("There is nothing to decline, or no reason was given."),
        "reopen": _("Only the latest closed month can be opened again, and not without a reason."),
    }[act]


def _refused(month: str, principal: Principal, problem: str) -> Response:
    return make_response(_page(month, principal, problem=problem), 409)


def _page(month: str, principal: Principal, notice: str = "", problem: str = "") -> str:
    _named(month)
    with context.database().read() as connection:
        found = review(connection, month)
        shown = _month_page(connection, found, principal, notice, problem)
    return context.render("payroll/page.html", page=shown)


def _month_page(
    connection: Connection, found: Review, principal: Principal, notice: str, problem: str
) -> MonthPage:
    may_act = access.may_administer(principal)
    visible = [line for line in found.lines if access.may_see_pay(principal, line.payee)]
    closed = payroll.closed_months(connection)
    following = payroll.next_month(connection)
    asked_by = found.request.recorded_by if found.request else ""
    month = month_named(found.month)
    return MonthPage(
        month=month,
        state=found.state,
        is_next=not closed or found.month == following,
        is_over=_today() > month.ends_on,
        is_latest_closed=found.month in closed[-1:],
        may_act=may_act,
        asked_by=asked_by,
        is_own_request=bool(asked_by) and asked_by == email(connection),
        seen_entry_id=found.last_entry_id,
        totals=tuple((one, found.total_minor(one)) for one in found.currencies) if may_act else (),
        to_look_at=tuple(_row(line) for line in visible if line.remarks),
        others=tuple(_row(line) for line in visible if not line.remarks),
        acts=tuple((_act_words(act.act), act) for act in reversed(found.acts)) if may_act else (),
        months=tuple(_months(found.month, closed, following)),
        problem=problem,
        notice=notice,
        now=clock.now(),
    )


def _row(line: ReviewLine) -> PayRow:
    words = tuple(_remark_words(remark) for remark in line.remarks)
    pay = line.statement
    if pay is None:
        return PayRow(line.payee.name, words, "", None, None, None, None, None)
    commission_minor = pay.posted_minor(PostingKind.COMMISSION)
    return PayRow(
        name=line.payee.name,
        remarks=words,
        currency=pay.currency,
        earned_minor=commission_minor,
        corrections_minor=pay.earned_minor - commission_minor,
        paid_minor=pay.paid_minor,
        debt_minor=pay.debt_minor,
        statement_id=line.statement_id,
    )


def _remark_words(remark: Remark) -> str:
    return {
        Remark.NEGATIVE: _("less than nothing"),
        Remark.CLAWED_BACK: _("taken back"),
        Remark.NO_PLAN: _("no plan"),
        Remark.NO_QUOTA: _("no quota"),
        Remark.HELD: _("held deals"),
        Remark.WAITING: _("an adjustment waits"),
        Remark.CHANGED: _("changed since it was last looked at"),
        Remark.CAPPED: _("at the ceiling"),
    }[remark]


def _act_words(act: Act) -> str:
    return {
        Act.REQUESTED: _("asked for"),
        Act.DECLINED: _("declined"),
        Act.CLOSED: _("closed"),
        Act.REOPENED: _("opened again"),
    }[act]


def _months(chosen: str, closed: list[str], following: str | None) -> list[tuple[Period, bool]]:
    """The months around the one that is next, with the chosen one marked; newest first."""
    newest = max(_this_month(), chosen)
    months = [newest]
    oldest = min(following or newest, *closed[-MONTHS_SHOWN:], chosen)
    while months[-1] > oldest and len(months) < 2 * MONTHS_SHOWN:
        months.append(month_before(months[-1]))
    return [(month_named(month), month == chosen) for month in months]


def _named(month: str) -> None:
    """NotFound unless the text names a month that has begun."""
    try:
        month_named(month)
    except ValueError:
        context.not_found()
    context.require(month < month_after(_this_month()))


def _today() -> date:
    return company_calendar(context.settings()).day_of(clock.now())


def _this_month() -> str:
    return month_of(_today())
