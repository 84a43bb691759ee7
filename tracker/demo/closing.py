"""The demo's payroll: the last months are closed a few days after they end, and one waits for a second person."""

from datetime import date, datetime, time, timedelta

from tracker import flow_payroll
from tracker.demo.company import ADMIN, PAYROLL, TEAMS, email_of
from tracker.engine.payroll_months.posting import month_after, month_before, month_named, month_of
from tracker.pages.company_calendar import CompanyCalendar
from tracker.store import payroll, people
from tracker.store.adjustments import Decision, Proposal
from tracker.store.database import Database

CLOSED_COUNT = 3
DAYS_UNTIL_CLOSED = 5


def closings(today: date) -> list[tuple[date, str]]:
    """The days on which months are closed, each with its month; the month before this one still waits."""
    month = month_of(today)
    for _ in range(CLOSED_COUNT + 1):
        month = month_before(month)
    found = []
    for _ in range(CLOSED_COUNT):
        closed_on = month_named(month).ends_on + timedelta(days=DAYS_UNTIL_CLOSED)
        found.append((closed_on, month))
        month = month_after(month)
    return found


def close_what_is_due(
    database: Database, calendar: CompanyCalendar, today: date, day: date
) -> None:
    """Close the months that a company at this day of its history would have closed."""
    with database.read() as connection:
        through = payroll.closed_through(connection)
    for closed_on, month in closings(today):
        if closed_on <= day and month > through:
            _close(database, month, _at(calendar, closed_on))


def ask_for_the_last(
    database: Database, calendar: CompanyCalendar, today: date, now: datetime
) -> None:
    """Leave something to approve: the month before this one, and an adjustment."""
    last = month_before(month_of(today))
    star = TEAMS[0].reps[0]
    by, other = email_of(PAYROLL), email_of(ADMIN)
    with database.read() as connection:
        payee = people.payee_by_reference(connection, email_of(star))
    assert payee is not None
    for amount_minor, reason in (
        (2_500_00, "Stood in at the fair in Herning"),
        (1_200_00, "Phone"),
    ):
        proposal = Proposal(payee.id, last, amount_minor, "DKK", reason)
        number = flow_payroll.propose_adjustment(database, proposal, by, now)
        if amount_minor == 2_500_00:
            flow_payroll.decide_adjustment(database, number, Decision.APPROVED, other, now)
    flow_payroll.request_close(database, last, by, today, now)


def _close(database: Database, month: str, at: datetime) -> None:
    flow_payroll.request_close(database, month, email_of(PAYROLL), at.date(), at)
    flow_payroll.approve_close(database, month, email_of(ADMIN), at + timedelta(hours=1))


def _at(calendar: CompanyCalendar, day: date) -> datetime:
    return datetime.combine(day, time(9), tzinfo=calendar.zone)
