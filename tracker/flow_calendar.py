"""What the calendar brings: instalments of residuals and presence fall due, and kept answers grow old.

One function, one transaction.

How far the calendar has been rolled is a fact, so that what people earn is a function of the facts and not of the
moment somebody looks.
"""

from datetime import date, datetime

from tracker import flow
from tracker.engine.crediting.presence import payees_paid_for_presence
from tracker.engine.periods import months_later
from tracker.store import credits, kept_answers, plans, trail
from tracker.store.database import Database
from tracker.store.horizon import horizon, record_horizon
from tracker.store.types import Connection

BY = "calendar"


def roll_calendar(database: Database, today: date, at: datetime) -> bool:
    """Count what falls due until the end of next month, well before a month is closed; whether that was news."""
    return roll_until(database, _end_of_next_month(today), at)


def roll_until(database: Database, until: date, at: datetime) -> bool:
    """Count what falls due until a day; whether it was not counted before."""
    with database.read() as connection:
        if _is_counted(connection, until):
            return False
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        if _is_counted(connection, until):
            return False
        fact_id = record_horizon(connection, until, BY, at)
        subject = {"horizon_id": fact_id, "until": str(until)}
        trail.append(connection, "roll calendar", BY, at, subject)
        book = plans.load_plan_book(connection)
        keys = credits.deal_keys_under(connection, book.residual_keys)
        there = payees_paid_for_presence(book)
        flow.rebuild_deals(connection, keys, book, there, "calendar", fact_id, at)
        return True


def forget_old_answers(database: Database, at: datetime) -> None:
    """Answers to requests with an Idempotency-Key are kept for a week; what they recorded stays for ever."""
    with database.write() as connection:
        kept_answers.prune(connection, at)


def _is_counted(connection: Connection, until: date) -> bool:
    known = horizon(connection)
    return known is not None and until <= known


def _end_of_next_month(day: date) -> date:
    first_of_the_one_after = months_later(day.replace(day=1), 2)
    return date.fromordinal(first_of_the_one_after.toordinal() - 1)
