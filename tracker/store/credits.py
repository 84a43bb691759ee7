"""Credits: each payee's part of each deal under each component, replaced whenever the deal or its plan changes."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, insert, select

from tracker.engine.crediting.credits import Credit
from tracker.engine.crediting.presence import PRESENCE_PREFIX
from tracker.engine.earning.totals import TotalKey
from tracker.store import tables
from tracker.store.statements import in_chunks, within_64_bits

_credit = tables.credit.c

_COLUMNS = [column.name for column in tables.credit.c]
_WORD_BREAK = "\n"


def credits_of_deals(connection: Connection, deal_keys: Iterable[str]) -> list[Credit]:
    """Every credit these deals give, held ones included."""
    found: list[Credit] = []
    for chunk in in_chunks(deal_keys):
        found.extend(credits_where(connection, _credit.deal_key.in_(chunk)))
    return found


def presences_of(connection: Connection, payee_ids: Collection[int]) -> list[Credit]:
    """The credits of these payees for being there."""
    found: list[Credit] = []
    no_deal = _credit.deal_key.startswith(PRESENCE_PREFIX)
    for chunk in in_chunks(sorted(payee_ids)):
        found.extend(credits_where(connection, _credit.payee_id.in_(chunk), no_deal))
    return found


def deal_keys_under(
    connection: Connection,
    component_keys: Collection[str],
    payee_ids: Collection[int] | None = None,
) -> list[str]:
    """The deals that give credit under these components, to these payees (None: to anybody)."""
    under = select(_credit.deal_key).where(_credit.component_key.in_(sorted(component_keys)))
    if payee_ids is None:
        return sorted(connection.execute(under.distinct()).scalars())
    found: set[str] = set()
    for chunk in in_chunks(sorted(payee_ids)):
        of_payees = under.where(_credit.payee_id.in_(chunk)).distinct()
        found.update(connection.execute(of_payees).scalars())
    return sorted(found)


def credits_of_total(
    connection: Connection, key: TotalKey, counted: bool | None = True
) -> list[Credit]:
    """The credits of a payee, component and window in the order they climb: counted, held (False) or all (None)."""
    conditions = _of_total(key)
    if counted is not None:
        conditions.append((_credit.missing_evidence == "") == counted)
    return credits_where(connection, *conditions)


def credits_on(connection: Connection, key: TotalKey, day: date) -> list[Credit]:
    """The counted credits of one day of a total that climb together, in order."""
    together = (_credit.effective_on == day, _credit.tier == 0, _credit.missing_evidence == "")
    return credits_where(connection, *_of_total(key), *together)


def all_credits(connection: Connection) -> list[Credit]:
    """Every credit there is."""
    return credits_where(connection)


def latest_attainments(
    connection: Connection, payee_id: int, component_key: str, count: int
) -> list[int]:
    """The attainment of a payee's latest counted sales under a component, newest first, in minor units."""
    rows = connection.execute(
        select(_credit.attainment_minor)
        .where(
            _credit.payee_id == payee_id,
            _credit.component_key == component_key,
            _credit.missing_evidence == "",
            _credit.part == 0,
        )
        .order_by(_credit.effective_on.desc(), _credit.deal_key.desc(), _credit.line.desc())
        .limit(count)
    )
    return list(rows.scalars())


def replace_credits(
    connection: Connection, retracted: Iterable[Credit], asserted: Iterable[Credit]
) -> None:
    """Take some credits away and put others in their place. Raises OutOfRange."""
    key_names = [column.name for column in tables.credit.primary_key]
    gone = [{f"its_{name}": getattr(credit, name) for name in key_names} for credit in retracted]
    if gone:
        same = [tables.credit.c[name] == bindparam(f"its_{name}") for name in key_names]
        connection.execute(delete(tables.credit).where(*same), gone)
    rows = [_row(credit) for credit in asserted]
    if rows:
        connection.execute(insert(tables.credit), rows)


def _of_total(key: TotalKey) -> list[ColumnElement[bool]]:
    return [
        _credit.payee_id == key.payee_id,
        _credit.component_key == key.component_key,
        _credit.window_key == key.window_key,
    ]


def credits_where(connection: Connection, *conditions: ColumnElement[bool]) -> list[Credit]:
    """The credits that meet conditions, in the order that counts."""
    # Sorted here: a database may order text by the rules of a language.
    rows = connection.execute(select(tables.credit).where(*conditions))
    return sorted((_from_row(row) for row in rows), key=lambda credit: credit.order)


def _row(credit: Credit) -> dict[str, Any]:
    within_64_bits(credit.attainment_minor)
    within_64_bits(credit.weight_scaled)
    within_64_bits(credit.capped_off_minor)
    within_64_bits(credit.original_minor)
    row = {name: getattr(credit, name) for name in _COLUMNS}
    return row | {"missing_evidence": _WORD_BREAK.join(credit.missing_evidence)}


def _from_row(row: Row[Any]) -> Credit:
    columns = dict(row._mapping)
    words = columns.pop("missing_evidence")
    return Credit(**columns, missing_evidence=tuple(words.split(_WORD_BREAK)) if words else ())
