"""A statement in the reader's words: the same sections for the page, the PDF and the CSV file.

Amounts stay whole minor units until each of them writes them its own way.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import COUNT_MEASURES, DrawKind
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.crediting.presence import is_presence
from tracker.engine.earning.explain import LineKind
from tracker.engine.payroll_months.posting import PostingKind, month_named
from tracker.engine.payroll_months.statement import (
    ComponentLines,
    PaidDeal,
    PaidTier,
    PostedLine,
    Statement,
    VestedUnits,
    statement_from_text,
)
from tracker.engine.periods import Period, period_named
from tracker.pages.formatting import count, day, measured, money, pay_rate, period_name, rate
from tracker.pages.i18n import gettext as _
from tracker.store import deals, ledger, payroll, people, plans
from tracker.store.payroll import MonthAct, StoredStatement
from tracker.store.people import Payee
from tracker.store.types import Connection

_Place = tuple[str, str, str, str]
"""Kind, component, window and period of a posted line."""

_Causes = Mapping[_Place, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what, an amount (None: only words), a remark under it, and the statement it leads to, if any."""

    label: str
    amount_minor: int | None
    note: str = ""
    statement_id: int | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that belong together; `total` closes them when they sum to something."""

    heading: str
    lines: tuple[Line, ...]
    total: Line | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class StatementView:
    """A frozen statement, ready to be shown. `superseded_by` is a later version of it, if there is one."""

    stored: StoredStatement
    payee: Payee
    month: Period
    currency: str
    paid_minor: int
    closed_at: datetime
    closed_by: str
    parts: tuple[Part, ...]
    superseded_by: int | None


def statement_view(connection: Connection, stored: StoredStatement) -> StatementView:
    """A statement with what it corrects and what corrected it since."""
    payee = people.payee(connection, stored.payee_id)
    assert payee is not None
    statement = statement_from_text(stored.lines)
    act = _close_of(connection, stored)
    of_payee = payroll.statements_of(connection, stored.payee_id)
    newest = {(one.month_key, one.currency): one.id for one in reversed(of_payee)}
    book = plans.load_plan_book(connection, [stored.payee_id])
    ids = {month: one for (month, currency), one in newest.items() if currency == stored.currency}
    until_id = act.marks.get("ledger_entry", 0)
    causes = _causes(connection, statement, until_id)
    parts = (
        Part(_("How the amount comes about"), *_sum_lines(statement, book, ids, causes)),
        *_debt_parts(statement),
        *(
            part
            for lines in statement.components
            for part in _component_parts(lines, statement, book)
        ),
        *_equity_parts(statement),
        *_later_parts(connection, stored, book, ids),
    )
    latest_id = newest[stored.month_key, stored.currency]
    return StatementView(
        stored=stored,
        payee=payee,
        month=month_named(stored.month_key),
        currency=stored.currency,
        paid_minor=stored.total_minor,
        closed_at=act.recorded_at,
        closed_by=act.recorded_by,
        parts=parts,
        superseded_by=latest_id if latest_id != stored.id else None,
    )


def open_part(statement: Statement, book: PlanBook) -> Part:
    """A month that is still open: how its amount comes about as far as known."""
    return Part("", *_sum_lines(statement, book, {}, {}))


def _close_of(connection: Connection, stored: StoredStatement) -> MonthAct:
    acts = payroll.acts(connection, stored.month_key)
    return next(act for act in acts if act.id == stored.month_act_id)


# --- how the amount comes about


def _sum_lines(
    statement: Statement, book: PlanBook, statement_ids: Mapping[str, int], causes: _Causes
) -> tuple[tuple[Line, ...], Line]:
    posted = (_posted_line(line, book, statement_ids, causes) for line in statement.posted)
    lines = (*posted, *_settling_lines(statement))
    return lines, Line(_("Paid"), statement.paid_minor)


def _posted_line(
    line: PostedLine, book: PlanBook, statement_ids: Mapping[str, int], causes: _Causes
) -> Line:
    if line.kind is PostingKind.MANUAL:
        note = (
            _("agreed for %(month)s", month=_month(line.corrects_month))
            if line.corrects_month
            else ""
        )
        return Line(_("By hand: %(reason)s", reason=line.reason), line.amount_minor, note)
    name = component_name(line.component_key, book)
    labels = {
        PostingKind.COMMISSION: name,
        PostingKind.ADJUSTMENT: _("Adjustment: %(name)s", name=name),
        PostingKind.CLAWBACK: _("Taken back: %(name)s", name=name),
    }
    period = _period(line.component_key, line.period_key, book)
    note = period_name(period)
    if line.corrects_month:
        note = _("belongs to %(period)s, which was closed", period=note)
    place = (line.kind.value, line.component_key, line.window_key, line.period_key)
    note = " · ".join([note, *causes.get(place, ())])
    statement_id = statement_ids.get(line.corrects_month)
    return Line(labels[line.kind], line.amount_minor, note, statement_id)


def _causes(connection: Connection, statement: Statement, until_id: int) -> _Causes:
    """What is behind each correction: the deals by name, or what else was changed."""
    words = {
        "quota": _("a changed quota"),
        "plan": _("a changed plan"),
        "assignment": _("another time on the plan"),
    }
    found: dict[_Place, dict[str, None]] = {}
    entries = ledger.corrections_in(connection, statement.payee_id, statement.month, until_id)
    for entry in entries:
        named = words.get(entry.cause, "")
        if entry.cause == "deal" and entry.cause_id is not None:
            deal = deals.event_by_id(connection, entry.cause_id).deal
            is_own = statement.payee_id in deals.payee_ids_of(deal)  # a team's may be another's
            named = deal.name if is_own else ""
        if named:
            place = (entry.kind, entry.component_key, entry.window_key, entry.period_key)
            found.setdefault(place, {})[named] = None
    return {place: tuple(names) for place, names in found.items()}


def _settling_lines(statement: Statement) -> Iterable[Line]:
    if statement.carried_minor:
        yield Line(_("Less than nothing cannot be paid: it is owed"), statement.carried_minor)
    if statement.advanced_minor:
        is_recoverable = statement.draw_kind == DrawKind.RECOVERABLE.value
        label = _("Draw, paid in advance") if is_recoverable else _("Up to the guarantee")
        yield Line(label, statement.advanced_minor)
    if statement.recovered_minor:
        yield Line(_("Held back for what is owed"), -statement.recovered_minor)


def _debt_parts(statement: Statement) -> Iterable[Part]:
    if not any((statement.debt_before_minor, statement.debt_minor, statement.draw_minor)):
        return
    lines = [Line(_("Owed before"), statement.debt_before_minor)]
    if statement.draw_minor:
        is_recoverable = statement.draw_kind == DrawKind.RECOVERABLE.value
        label = _("Draw of the month") if is_recoverable else _("Guarantee of the month")
        lines.insert(0, Line(label, statement.draw_minor))
    if statement.forgiven_minor:
        lines.append(Line(_("Forgiven"), -statement.forgiven_minor))
    yield Part(_("Draw and debt"), tuple(lines), Line(_("Owed after"), statement.debt_minor))


# --- a component


def _component_parts(lines: ComponentLines, statement: Statement, book: PlanBook) -> Iterable[Part]:
    """The steps climbed so far, which sum to the window, and the deals, which sum to the month."""
    window = _period(lines.component_key, lines.window_key, book)
    name = lines.name or component_name(lines.component_key, book)
    so_far = sum(tier.amount_minor for tier in lines.tiers)
    yield Part(
        heading=f"{name} · {period_name(window)}",
        lines=tuple(
            Line(tier_words(tier, lines.paid_measure, statement.currency), tier.amount_minor)
            for tier in lines.tiers
        ),
        total=Line(_("Earned so far in the window"), so_far),
        note=_component_note(lines, statement.currency, book) if lines.deals else "",
    )
    if not lines.deals:
        return
    elsewhere_minor = lines.earned_minor - _posted_of(lines, statement)
    yield Part(
        heading=_("%(name)s: the deals of the month", name=name),
        lines=tuple(_deal_line(deal, lines, statement.currency) for deal in lines.deals),
        total=Line(_("Earned in the month"), lines.earned_minor),
        note=_(
            "%(amount)s of it is paid in another month.",
            amount=money(elsewhere_minor, statement.currency),
        )
        if elsewhere_minor
        else "",
    )


def _posted_of(lines: ComponentLines, statement: Statement) -> int:
    place = lines.component_key, lines.window_key
    return sum(
        line.amount_minor
        for line in statement.posted
        if not line.corrects_month and (line.component_key, line.window_key) == place
    )


def tier_words(tier: PaidTier, paid_measure: str, currency: str) -> str:
    """A line of the ladder: "7 % of 200.000 kr."."""
    if tier.kind == LineKind.BONUS.value:
        return _("Bonus for step %(number)s", number=tier.number)
    if tier.kind == LineKind.CAP.value:
        return _("Above the most this period can pay")
    if tier.kind == LineKind.WEIGHTS.value:
        return _("Multipliers, on average")
    if tier.kind == LineKind.SHARE.value:
        team = money(tier.basis_minor, currency)
        return _("Your part: %(share)s of %(amount)s", share=rate(tier.rate), amount=team)
    basis = measured(tier.basis_minor, paid_measure, currency)
    paid = pay_rate(tier.rate, paid_measure, currency)
    if paid_measure in COUNT_MEASURES:
        return _("%(rate)s for each of %(basis)s", rate=paid, basis=basis)
    words = _("%(rate)s of %(basis)s", rate=paid, basis=basis)
    if tier.kind == LineKind.YEAR.value:
        return f"{_('Year %(number)s', number=tier.number)} · {words}"
    return words


def _deal_line(deal: PaidDeal, lines: ComponentLines, currency: str) -> Line:
    sold = measured(deal.attainment_minor, lines.measure, currency)
    rates = ", ".join(pay_rate(rate, lines.paid_measure, currency) for rate in deal.rates)
    words = [day(deal.effective_on), sold, *([_("at %(rates)s", rates=rates)] if rates else [])]
    name = _("Still there") if is_presence(deal.deal_key) else deal.name
    return Line(name, deal.added_minor, " · ".join(words))


def _component_note(lines: ComponentLines, currency: str, book: PlanBook) -> str:
    sold = measured(lines.attainment_minor, lines.measure, currency)
    words = [_("%(sold)s sold so far in the window", sold=sold)]
    if lines.quota_minor is not None:
        quota = measured(lines.quota_minor, lines.measure, currency)
        words = [_("%(sold)s of a quota of %(quota)s", sold=sold, quota=quota)]
    for version_id in lines.plan_version_ids:
        version = book.version(version_id)
        since = day(version.effective_from)
        words.append(_("%(plan)s from %(day)s", plan=version.plan.name, day=since))
    return " · ".join(words)


def component_name(component_key: str, book: PlanBook) -> str:
    """What people call a component: as the newest version of its plan names it."""
    plan_key, own_key = split_component_key(component_key)
    versions = [one for one in book.versions if one.plan_key == plan_key]
    found = (one.plan.component(own_key) for one in reversed(versions))
    return next((one.name or one.key for one in found if one is not None), own_key)


# --- equity


def _equity_parts(statement: Statement) -> Iterable[Part]:
    """Units stand beside the money: lines without an amount."""
    lines = tuple(Line(grant.name, None, _units_words(grant)) for grant in statement.equity)
    if lines:
        yield Part(_("Equity, in units"), lines, note=_("Beside the money, never in it."))


def _units_words(grant: VestedUnits) -> str:
    vested, granted = count(grant.vested_units), count(grant.granted_units)
    words = [_("%(vested)s of %(granted)s units vested", vested=vested, granted=granted)]
    if grant.vested_in_month_units:
        new = count(grant.vested_in_month_units)
        words.append(_("%(units)s of them in this month", units=new))
    if grant.forfeited_units:
        words.append(_("%(units)s forfeited", units=count(grant.forfeited_units)))
    return " · ".join(words)


# --- what came later


def _later_parts(
    connection: Connection,
    stored: StoredStatement,
    book: PlanBook,
    statement_ids: Mapping[str, int],
) -> Iterable[Part]:
    """What was learned of this month after it was closed, and which month pays it."""
    lines = tuple(
        Line(
            component_name(entry.component_key, book) if entry.component_key else _("By hand"),
            entry.amount_minor,
            _("paid in %(month)s", month=_month(entry.posting_month)),
            statement_ids.get(entry.posting_month),
        )
        for entry in ledger.corrections_of(connection, stored.id)
    )
    if lines:
        total = Line(_("Corrections in all"), sum(line.amount_minor or 0 for line in lines))
        yield Part(_("What became known later"), lines, total)


def _month(month: str) -> str:
    return period_name(month_named(month))


def _period(component_key: str, key: str, book: PlanBook) -> Period:
    plan_key, _own_key = split_component_key(component_key)
    return period_named(key, book.year_starts_in_month(plan_key))
