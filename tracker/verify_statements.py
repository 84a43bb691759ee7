"""Every close done again: from the facts known then the same statements must come, to the last bit of their hashes.

The amounts are those of the replay. It is run at the marks of each close and reopening; by how much a figure moved in
between is paid in the month that was open for it then. The ledger only says under which name (an adjustment or a
clawback), and what was adjusted by hand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from tracker.engine.crediting.credits import Credit, credits_of, split_component_key
from tracker.engine.crediting.presence import presences_of
from tracker.engine.earning.totals import TotalKey
from tracker.engine.payroll_months.payroll import KnownFacts, Whose, statements_of_month
from tracker.engine.payroll_months.posting import PostingKind, posting_of
from tracker.engine.payroll_months.statement import (
    PostedLine,
    Statement,
    lines_hash,
    statement_to_text,
)
from tracker.engine.replaying.replay import Earned
from tracker.from_facts import earned_from, newest_deals
from tracker.store import deals, payroll, payroll_facts, plans
from tracker.store.marks import as_of
from tracker.store.payroll import Act, MonthAct, StoredStatement
from tracker.store.payroll_facts import in_month, origin_month
from tracker.store.totals import total_of
from tracker.store.types import Connection

_Figure = tuple[int, str, str, str]


@dataclass(slots=True)
class _Replayed:
    """What the replay posted so far: figures when last looked at, and minor units by month and figure."""

    figures: Earned = field(default_factory=dict)
    posted: dict[str, dict[_Figure, int]] = field(default_factory=dict)
    closed: list[tuple[str, Act]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class StatementProblem:
    """A statement that is not what the facts known at its close give."""

    name: str
    expected: str
    found: str
    drift_minor: int = 0


def statement_problems(
    connection: Connection, names: Mapping[int, str]
) -> Iterator[StatementProblem]:
    """Every statement that a close would not freeze again, and every one whose text does not fit its hash."""
    replayed = _Replayed()
    for act in payroll.acts(connection):
        if act.act not in (Act.CLOSED, Act.REOPENED):
            continue
        with as_of(connection, act.marks):
            given = _given(connection, act, replayed)
        if act.act is Act.CLOSED:
            kept = payroll.statements_of_act(connection, act.id)
            yield from _compared(act.month, given, kept, names)
        replayed.closed.append((act.month, act.act))


def _given(connection: Connection, act: MonthAct, replayed: _Replayed) -> list[Statement]:
    """The statements of a close from the facts known then; what moved since the act before is posted first."""
    events = [stored.event for stored in deals.all_events(connection)]
    book = plans.load_plan_book(connection)
    figures = earned_from(events, connection)
    closed = payroll.closed_after(replayed.closed)
    for figure in figures.keys() | replayed.figures.keys():
        moved_minor = figures.get(figure, 0) - replayed.figures.get(figure, 0)
        if moved_minor:
            origin = origin_month(figure[1], figure[3], book)
            month = posting_of(origin, closed[-1] if closed else "", moved_minor).month
            of_month = replayed.posted.setdefault(month, {})
            of_month[figure] = of_month.get(figure, 0) + moved_minor
    replayed.figures = figures
    if act.act is not Act.CLOSED:
        return []
    newest = newest_deals(events)
    credited: dict[TotalKey, list[Credit]] = {}
    sold = (credit for deal in newest.values() for credit in credits_of(deal, book))
    for credit in chain(sold, presences_of(book)):
        credited.setdefault(total_of(credit), []).append(credit)
    everything = (credit for of_total in credited.values() for credit in of_total)
    of_month_only = in_month(everything, act.month, book)
    known = payroll_facts.known_facts(
        connection,
        act.month,
        book,
        {key: sorted(credited[key], key=lambda credit: credit.order) for key in of_month_only},
        {key: deal.name for key, deal in newest.items()},
    )
    posted = _by_replay(known, replayed.posted.get(act.month, {}))
    return statements_of_month(act.month, replace(known, posted=posted))


def _by_replay(known: KnownFacts, replayed: Mapping[_Figure, int]) -> dict[Whose, list[PostedLine]]:
    """The lines of the ledger, put right where their amounts do not sum to what the replay posted."""
    by_figure: dict[Whose, dict[_Figure, list[PostedLine]]] = {}
    for figure in replayed:
        whose = figure[0], known.book.currency_of(split_component_key(figure[1])[0])
        by_figure.setdefault(whose, {})[figure] = []
    for whose, lines in known.posted.items():
        for line in lines:
            figure = whose[0], line.component_key, line.window_key, line.period_key
            by_figure.setdefault(whose, {}).setdefault(figure, []).append(line)
    posted: dict[Whose, list[PostedLine]] = {}
    for whose, figures in by_figure.items():
        lines = [line for one in figures.items() for line in _put_right(*one, replayed)]
        if lines:
            posted[whose] = lines
    return posted


def _put_right(
    figure: _Figure, lines: list[PostedLine], replayed: Mapping[_Figure, int]
) -> list[PostedLine]:
    if any(line.kind is PostingKind.MANUAL for line in lines):
        return lines
    off_minor = replayed.get(figure, 0) - sum(line.amount_minor for line in lines)
    if not off_minor:
        return lines
    unnamed = PostedLine(PostingKind.COMMISSION, *figure[1:], 0)
    first, *others = lines or [unnamed]
    return [replace(first, amount_minor=first.amount_minor + off_minor), *others]


def _compared(
    month: str,
    given: Sequence[Statement],
    kept: Sequence[StoredStatement],
    names: Mapping[int, str],
) -> Iterator[StatementProblem]:
    right = {(one.payee_id, one.currency): one for one in given}
    found = {(one.payee_id, one.currency): one for one in kept}
    for whose in sorted(right.keys() | found.keys()):
        name = f"{names.get(whose[0], whose[0])} {month}"
        if whose not in found:
            yield StatementProblem(name, "one", "none", abs(right[whose].paid_minor))
        elif whose not in right:
            yield StatementProblem(name, "none", "one", abs(found[whose].total_minor))
        else:
            yield from _difference(name, right[whose], found[whose])


def _difference(name: str, right: Statement, kept: StoredStatement) -> Iterator[StatementProblem]:
    expected = lines_hash(statement_to_text(right))
    for hash_found in sorted({kept.lines_hash, lines_hash(kept.lines)} - {expected}):
        drift_minor = abs(kept.total_minor - right.paid_minor)
        yield StatementProblem(name, f"lines {expected[:12]}", f"{hash_found[:12]}", drift_minor)
    kept_figures = kept.total_minor, kept.debt_minor
    if kept_figures != (right.paid_minor, right.debt_minor):
        drift_minor = abs(kept.total_minor - right.paid_minor)
        paid = f"{right.paid_minor} paid, {right.debt_minor} owed"
        found = f"{kept.total_minor} paid, {kept.debt_minor} owed"
        yield StatementProblem(name, paid, found, drift_minor)
