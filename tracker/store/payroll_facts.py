"""What the statements of a payroll month are made of, read from the database as it is now or was at some marks."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import Connection, and_, func, select

from tracker.engine.agreement.ladder_terms import quota_minor_of
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import Credit, split_component_key
from tracker.engine.earning.totals import TotalKey
from tracker.engine.payroll_months.equity import Grant
from tracker.engine.payroll_months.payroll import KnownFacts, Whose
from tracker.engine.payroll_months.posting import PostingKind, month_named, month_paying
from tracker.engine.payroll_months.statement import PostedLine
from tracker.store import credits, deals, equity, payroll, people, plans, tables
from tracker.store.marks import known
from tracker.store.memberships import REP
from tracker.store.statements import in_chunks
from tracker.store.totals import near, total_of

_ledger, _credit = tables.ledger_entry.c, tables.credit.c


def facts_now(connection: Connection, month: str) -> KnownFacts:
    """Everything for the statements of a month as it stands."""
    book = plans.load_plan_book(connection)
    credited = _credited(connection, month, book)
    keys = {credit.deal_key for of_total in credited.values() for credit in of_total}
    names = {
        stored.deal.key: stored.deal.name
        for chunk in in_chunks(sorted(keys))
        for stored in deals.deals(connection, chunk)
    }
    return known_facts(connection, month, book, credited, names)


def known_facts(
    connection: Connection,
    month: str,
    book: PlanBook,
    credited: Mapping[TotalKey, list[Credit]],
    deal_names: Mapping[str, str],
) -> KnownFacts:
    """The same with credits that are computed already."""
    grants: dict[int, list[Grant]] = {}
    for grant in equity.grants(connection):
        grants.setdefault(grant.payee_id, []).append(grant)
    return KnownFacts(
        book=book,
        quota_of=lambda key: quota_minor_of(book, key),
        posted=posted_lines(connection, month, book),
        debts=debts_before(connection, month),
        credited=credited,
        deal_names=deal_names,
        payee_ids=[payee.id for payee in people.payees(connection) if payee.kind == REP],
        grants=grants,
        left_on={payee_id: equity.left_on(connection, payee_id) for payee_id in grants},
    )


def posted_lines(
    connection: Connection, month: str, book: PlanBook, payee_id: int | None = None
) -> dict[Whose, list[PostedLine]]:
    """What the ledger posted to a month, by payee and currency; what cancels itself out is left out."""
    manual_id = func.coalesce(tables.manual_adjustment.c.id, 0)
    reason = func.coalesce(tables.manual_adjustment.c.reason, "")
    place = (
        _ledger.payee_id,
        _ledger.currency,
        _ledger.kind,
        _ledger.component_key,
        _ledger.window_key,
        _ledger.period_key,
        manual_id,
        reason,
    )
    is_behind = and_(
        _ledger.kind == PostingKind.MANUAL.value, _ledger.cause_id == tables.manual_adjustment.c.id
    )
    query = (
        select(*place, func.sum(_ledger.amount_minor))
        .select_from(tables.ledger_entry.outerjoin(tables.manual_adjustment, is_behind))
        .where(_ledger.posting_month == month, known(connection, tables.ledger_entry))
        .group_by(*place)
    )
    if payee_id is not None:
        query = query.where(_ledger.payee_id == payee_id)
    lines: dict[Whose, list[PostedLine]] = {}
    for row in connection.execute(query):
        whose, kind, (component_key, window_key, period_key) = row[:2], row[2], row[3:6]
        if not (amount_minor := int(row[8])):
            continue
        origin = origin_month(component_key, period_key, book)
        line = PostedLine(
            PostingKind(kind),
            component_key,
            window_key,
            period_key,
            amount_minor,
            origin if origin != month else "",
            row[6],
            row[7],
        )
        lines.setdefault((whose[0], whose[1]), []).append(line)
    return lines


def origin_month(component_key: str, period_key: str, book: PlanBook) -> str:
    """The payroll month an entry belongs to; a manual one names its month itself."""
    plan_key, _ = split_component_key(component_key)
    return month_paying(period_key, book.year_starts_in_month(plan_key)) if plan_key else period_key


def debts_before(connection: Connection, month: str) -> dict[Whose, int]:
    """What everybody owed after the last month that was closed before this one."""
    closes = [act for act in payroll.acts(connection) if act.month < month]
    in_force = payroll.closed_after((act.month, act.act) for act in closes)
    if not in_force:
        return {}
    latest = [act for act in closes if act.month == in_force[-1]][-1]
    return {
        (statement.payee_id, statement.currency): statement.debt_minor
        for statement in payroll.statements_of_act(connection, latest.id)
    }


def period_keys_paid_in(month: str, book: PlanBook) -> set[str]:
    """The names of the settlement periods of any plan that end with a month."""
    last_day = month_named(month).ends_on
    periods = (version.plan.settlement_period_of(last_day) for version in book.versions)
    return {period.key for period in periods if period.ends_on == last_day}


def in_month(found: Iterable[Credit], month: str, book: PlanBook) -> set[TotalKey]:
    """The totals of which some of these credits are paid in a month."""
    return {
        total_of(credit)
        for credit in found
        if origin_month(credit.component_key, credit.period_key, book) == month
    }


def _credited(connection: Connection, month: str, book: PlanBook) -> dict[TotalKey, list[Credit]]:
    """The credits of every total that has one in the month."""
    period_keys = period_keys_paid_in(month, book)
    of_month = credits.credits_where(connection, _credit.period_key.in_(sorted(period_keys)))
    return credits_by_total(connection, in_month(of_month, month, book))


def credits_by_total(
    connection: Connection, keys: Collection[TotalKey]
) -> dict[TotalKey, list[Credit]]:
    """All credits of these totals, held ones included, in order."""
    found: dict[TotalKey, list[Credit]] = {key: [] for key in keys}
    for payee_ids in in_chunks(sorted({key.payee_id for key in keys})):
        chunk = {key for key in keys if key.payee_id in set(payee_ids)}
        for credit in credits.credits_where(connection, near(tables.credit, chunk)):
            if (key := total_of(credit)) in found:
                found[key].append(credit)
    return found
