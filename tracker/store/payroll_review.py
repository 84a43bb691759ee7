"""What a reviewer must see of a payroll month: everybody's statement as it would be frozen, and what is unusual."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from tracker.engine.agreement.plans import PlanVersion
from tracker.engine.crediting.credits import Credit, component_key_of
from tracker.engine.earning.explain import LineKind
from tracker.engine.earning.totals import TotalKey
from tracker.engine.payroll_months.payroll import KnownFacts, statements_of_month
from tracker.engine.payroll_months.posting import PostingKind, month_after, month_named
from tracker.engine.payroll_months.statement import Statement, statement_from_text
from tracker.store import adjustments, ledger, payroll, payroll_facts, people, plans, tables
from tracker.store.memberships import REP
from tracker.store.payroll import Act, MonthAct
from tracker.store.people import Payee

_ledger = tables.ledger_entry.c


class Remark(StrEnum):
    """Why somebody's pay deserves a look, the most serious first."""

    NEGATIVE = "negative"
    CLAWED_BACK = "clawed back"
    NO_PLAN = "no plan"
    NO_QUOTA = "no quota"
    HELD = "held"
    WAITING = "adjustment waits"
    CHANGED = "changed since last look"
    CAPPED = "capped"


class State(StrEnum):
    """How a payroll month stands."""

    OPEN = "open"
    REQUESTED = "requested"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class ReviewLine:
    """One payee in a month. No statement: nothing to pay, only remarks. `statement_id` once it is frozen."""

    payee: Payee
    statement: Statement | None
    remarks: tuple[Remark, ...]
    statement_id: int | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Review:
    """A month and everybody in it, those with remarks first."""

    month: str
    state: State
    acts: tuple[MonthAct, ...]
    lines: tuple[ReviewLine, ...]
    last_entry_id: int

    @property
    def request(self) -> MonthAct | None:
        """The request that waits for a second person."""
        return self.acts[-1] if self.state is State.REQUESTED else None

    def total_minor(self, currency: str) -> int:
        """What the month pays in a currency."""
        found = (line.statement for line in self.lines if line.statement)
        return sum(one.paid_minor for one in found if one.currency == currency)

    @property
    def currencies(self) -> list[str]:
        return sorted({line.statement.currency for line in self.lines if line.statement})


def review(connection: Connection, month: str) -> Review:
    """A month as it stands: frozen if it is closed, else as it would be frozen now."""
    acts = tuple(payroll.acts(connection, month))
    state = _state(connection, month)
    known = payroll_facts.facts_now(connection, month)
    payees = {payee.id: payee for payee in people.payees(connection)}
    lines = (
        _frozen_lines(connection, acts, payees)
        if state is State.CLOSED
        else _open_lines(connection, month, acts, known, payees)
    )
    in_order = sorted(lines, key=_place)
    return Review(month, state, acts, tuple(in_order), ledger.last_id(connection, month))


def _place(line: ReviewLine) -> tuple[int, str, int]:
    most_serious = min((list(Remark).index(remark) for remark in line.remarks), default=99)
    return most_serious, line.payee.name, line.payee.id


def _state(connection: Connection, month: str) -> State:
    if month in payroll.closed_months(connection):
        return State.CLOSED
    pending = payroll.pending_request(connection)
    return State.REQUESTED if pending is not None and pending.month == month else State.OPEN


def _frozen_lines(
    connection: Connection, acts: Sequence[MonthAct], payees: Mapping[int, Payee]
) -> Iterable[ReviewLine]:
    latest = [act for act in acts if act.act is Act.CLOSED][-1]
    for stored in payroll.statements_of_act(connection, latest.id):
        statement = statement_from_text(stored.lines)
        remarks = tuple(_remarks_on_pay(statement))
        payee = payees[stored.payee_id]
        yield ReviewLine(payee, statement, remarks, stored.id, stored.version)


def _open_lines(
    connection: Connection,
    month: str,
    acts: Sequence[MonthAct],
    known: KnownFacts,
    payees: Mapping[int, Payee],
) -> Iterable[ReviewLine]:
    statements: dict[int, list[Statement | None]] = {}
    for statement in statements_of_month(month, known):
        statements.setdefault(statement.payee_id, []).append(statement)
    changed = _changed_since(connection, month, acts[-1]) if acts else set()
    waiting = {
        one.proposal.payee_id
        for one in adjustments.adjustments(connection)
        if one.decision is None and one.proposal.month <= month
    }
    held = {credit.payee_id for credit in _of_month(known, month) if not credit.is_counted}
    for payee in payees.values():
        remarks = set(_remarks_on_terms(payee, month, known))
        remarks |= {Remark.CHANGED} if payee.id in changed else set()
        remarks |= {Remark.WAITING} if payee.id in waiting else set()
        remarks |= {Remark.HELD} if payee.id in held else set()
        for found in statements.get(payee.id, [None]):
            of_pay = set(_remarks_on_pay(found)) if found else set()
            if found or remarks:
                in_order = tuple(remark for remark in Remark if remark in remarks | of_pay)
                yield ReviewLine(payee, found, in_order)


def _of_month(known: KnownFacts, month: str) -> Iterable[Credit]:
    for of_total in known.credited.values():
        for credit in of_total:
            origin = payroll_facts.origin_month(credit.component_key, credit.period_key, known.book)
            if origin == month:
                yield credit


def _changed_since(connection: Connection, month: str, act: MonthAct) -> set[int]:
    """Whose month was posted to since it was last asked for, declined or reopened."""
    rows = connection.execute(
        select(_ledger.payee_id)
        .distinct()
        .where(_ledger.posting_month == month, _ledger.id > act.marks.get("ledger_entry", 0))
    )
    return set(rows.scalars())


def _remarks_on_pay(statement: Statement) -> Iterable[Remark]:
    if statement.earned_minor < 0:
        yield Remark.NEGATIVE
    if statement.posted_minor(PostingKind.CLAWBACK):
        yield Remark.CLAWED_BACK
    tiers = (tier for component in statement.components for tier in component.tiers)
    if any(tier.kind == LineKind.CAP.value for tier in tiers):
        yield Remark.CAPPED


def _remarks_on_terms(payee: Payee, month: str, known: KnownFacts) -> Iterable[Remark]:
    if payee.kind != REP or not payee.is_active:
        return
    versions = known.book.versions_in(payee.id, month_named(month))
    if not versions:
        yield Remark.NO_PLAN
    if any(_lacks_quota(payee, version, month, known) for version in versions):
        yield Remark.NO_QUOTA


def _lacks_quota(payee: Payee, version: PlanVersion, month: str, known: KnownFacts) -> bool:
    window_key = version.plan.window_of(month_named(month).ends_on).key
    keys = (
        TotalKey(payee.id, component_key_of(version, component), window_key)
        for component in version.plan.components
        if component.needs_quota
    )
    return any(known.quota_of(key) is None for key in keys)


# --- what is open, for those it is about


def open_statements(connection: Connection, payee_id: int, this_month: str) -> list[Statement]:
    """What a payee's months that are not closed pay as far as known, until this one; each owes on to the next.

    Before the first close nobody knows what was paid elsewhere, so there only this month is told, without debts.
    """
    book = plans.load_plan_book(connection, [payee_id])
    through = payroll.closed_through(connection)
    month = month_after(through) if through else this_month
    debts = payroll_facts.debts_before(connection, month) if through else {}
    found: list[Statement] = []
    while month <= this_month:
        known = KnownFacts(
            book=book,
            quota_of=lambda key: None,
            posted=payroll_facts.posted_lines(connection, month, book, payee_id),
            debts={whose: debt for whose, debt in debts.items() if whose[0] == payee_id},
            credited={},
            payee_ids=[payee_id],
        )
        of_month = statements_of_month(month, known)
        found += of_month
        debts = {(one.payee_id, one.currency): one.debt_minor for one in of_month}
        month = month_after(month)
    return found
