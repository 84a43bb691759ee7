"""By how much pay moved in a transaction, for whoever must decide whether it is to be."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, or_, select

from tracker.engine.payroll_months.posting import PostingKind
from tracker.store import people, tables
from tracker.store.statements import in_chunks

_ledger, _earning = tables.ledger_entry.c, tables.earning.c
_Place = tuple[int, str, str]
"""Payee id, period and currency."""


@dataclass(frozen=True, slots=True)
class PayChange:
    """What one rep earns in a period, before and after. `late_months`: it is paid there, its own month being closed."""

    payee_id: int
    name: str
    period_key: str
    currency: str
    before_minor: int
    after_minor: int
    late_months: tuple[str, ...] = ()

    @property
    def difference_minor(self) -> int:
        return self.after_minor - self.before_minor


def last_entry_id(connection: Connection) -> int:
    """The newest entry of the ledger; what comes later is above it."""
    return connection.scalar(select(func.max(_ledger.id))) or 0


def pay_changes(connection: Connection, after_id: int, at: datetime) -> list[PayChange]:
    """What the entries recorded at a moment, above an id, came to; by name, period and currency.

    A team's figure is left out: it is its members who are paid.
    """
    differences, late_months = _moved(connection, after_id, at)
    moved = {place: amount for place, amount in differences.items() if amount}
    names = {payee.id: payee.name for payee in people.payees(connection) if payee.kind != "team"}
    after = _earned(connection, {payee_id for payee_id, _, _ in moved})
    changes = [
        PayChange(
            payee_id,
            names[payee_id],
            period_key,
            currency,
            after.get((payee_id, period_key, currency), 0) - amount_minor,
            after.get((payee_id, period_key, currency), 0),
            tuple(sorted(late_months.get((payee_id, period_key, currency), ()))),
        )
        for (payee_id, period_key, currency), amount_minor in moved.items()
        if payee_id in names
    ]
    return sorted(changes, key=lambda one: (one.name, one.payee_id, one.period_key, one.currency))


def _moved(
    connection: Connection, after_id: int, at: datetime
) -> tuple[dict[_Place, int], dict[_Place, set[str]]]:
    """The sum of the entries of each place, and the months that pay what is late."""
    place = (_ledger.payee_id, _ledger.period_key, _ledger.currency)
    is_late = or_(
        _ledger.kind == PostingKind.ADJUSTMENT.value,
        and_(_ledger.kind == PostingKind.CLAWBACK.value, _ledger.corrects_id.is_not(None)),
    )
    grouped = (*place, is_late, _ledger.posting_month)
    rows = connection.execute(
        select(*grouped, func.sum(_ledger.amount_minor))
        .where(_ledger.id > after_id, _ledger.recorded_at == at)
        .group_by(*grouped)
    )
    sums: dict[_Place, int] = {}
    late_months: dict[_Place, set[str]] = {}
    for payee_id, period_key, currency, is_posted_late, month, amount_minor in rows:
        key = (payee_id, period_key, currency)
        sums[key] = sums.get(key, 0) + int(amount_minor)
        if is_posted_late:
            late_months.setdefault(key, set()).add(month)
    return sums, late_months


def _earned(connection: Connection, payee_ids: Collection[int]) -> dict[_Place, int]:
    place = (_earning.payee_id, _earning.period_key, _earning.currency)
    found: dict[_Place, int] = {}
    for chunk in in_chunks(sorted(payee_ids)):
        query = select(*place, func.sum(_earning.earned_minor)).where(_earning.payee_id.in_(chunk))
        for payee_id, period_key, currency, earned_minor in connection.execute(
            query.group_by(*place)
        ):
            found[payee_id, period_key, currency] = int(earned_minor)
    return found
