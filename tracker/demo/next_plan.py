"""The demo's plan for next year: a draft that was checked and simulated, and is being tried by four people."""

from datetime import datetime, timedelta

from tracker import flow_drafts, simulating
from tracker.demo.company import ADMIN, TEAMS, email_of, plan_text
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.draft_check import check_of
from tracker.store import people, plans
from tracker.store.database import Database

PILOTED_COUNT = 4
DRAFTED_DAYS_AGO, CHECKED_DAYS_AGO, PILOTED_DAYS_AGO = 19, 12, 9


def add_next_plan(database: Database, calendar: CompanyCalendar, now: datetime) -> None:
    """Draft, check, simulate and pilot next year's plan of the first team."""
    team, by = TEAMS[0], email_of(ADMIN)
    today = calendar.day_of(now)
    text = plan_text("ae_smb_next")
    draft_id = flow_drafts.start_draft(
        database, team.plan_key, team.plan_key, text, by, now - timedelta(days=DRAFTED_DAYS_AGO)
    )
    checked_at = now - timedelta(days=CHECKED_DAYS_AGO)
    flow_drafts.record_check(database, draft_id, check_of(text).figures, by, checked_at)
    simulating.simulate_draft(database, draft_id, today, by, checked_at)
    with database.read() as connection:
        live = plans.newest_plan(connection, team.plan_key)
        piloted = [
            payee.id
            for payee in people.payees(connection)
            if payee.name in team.reps[:PILOTED_COUNT]
        ]
    assert live is not None
    window = live.window_of(today)
    flow_drafts.start_pilot(
        database,
        draft_id,
        piloted,
        window.starts_on,
        window.ends_on,
        by,
        now - timedelta(days=PILOTED_DAYS_AGO),
    )
