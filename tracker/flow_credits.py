"""Credits exchanged: what deals and being there gave before goes, what they give now comes, and the sums follow."""

from collections.abc import Iterable
from datetime import datetime

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import Credit, credits_of
from tracker.engine.crediting.presence import presences_of
from tracker.engine.deals import Deal
from tracker.engine.earning.totals import TotalKey
from tracker.store import credits, totals
from tracker.store.types import Connection


def replace_credits(
    connection: Connection,
    stored: Iterable[Credit],
    newest: Iterable[Deal],
    book: PlanBook,
    at: datetime,
) -> dict[TotalKey, set[str]]:
    """Retract the stored credits of these deals, assert what they give now; the totals touched, by which deals."""
    given = (credit for deal in newest for credit in credits_of(deal, book))
    return _exchange(connection, stored, given, at)


def be_present(
    connection: Connection, payee_ids: set[int], book: PlanBook, at: datetime
) -> set[TotalKey]:
    """Give these payees the credits for being there that their plans give now; the totals touched."""
    stored = credits.presences_of(connection, payee_ids)
    return set(_exchange(connection, stored, presences_of(book, payee_ids), at))


def _exchange(
    connection: Connection, stored: Iterable[Credit], given: Iterable[Credit], at: datetime
) -> dict[TotalKey, set[str]]:
    """Retract what is stored and no longer given, assert what is given and not stored."""
    before, after = set(stored), set(given)
    retracted, asserted = before - after, after - before
    credits.replace_credits(connection, retracted, asserted)
    touched = totals.apply_credits(connection, retracted, asserted, at)
    deal_keys: dict[TotalKey, set[str]] = {key: set() for key in touched}
    for credit in retracted | asserted:
        deal_keys.get(totals.total_of(credit), set()).add(credit.deal_key)
    return deal_keys
