"""A team of the demo that earns: its members share a pool, and its manager earns by what they sell."""

from datetime import date, datetime

from tracker import flow, flow_objectives, flow_teams
from tracker.demo.company import ADMIN, TEAMS, email_of, plan_text
from tracker.engine.agreement.teams import Membership, TeamRole
from tracker.engine.payroll_months.equity import Grant
from tracker.engine.periods import PeriodKind, period_containing
from tracker.store import equity, memberships, people
from tracker.store.database import Database
from tracker.store.plans import QuotaChange

POOLED = TEAMS[0]
SCORE = 92_00


def add_team_pay(database: Database, today: date, by: str, at: datetime, now: datetime) -> None:
    """Who belongs to which team; and from this quarter on the first team's leader and pool, a score and a grant."""
    quarter = period_containing(today, PeriodKind.QUARTER)
    with database.write() as connection:
        flow_teams.follow_seats(connection, {}, today, by, at)
    for plan_key in ("team_pool", "sales_manager"):
        flow.activate_plan_version(
            database, plan_key, quarter.starts_on, plan_text(plan_key), by, at
        )
    team_payee_id, manager_payee_id = _payees(database)
    leads = Membership(team_payee_id, manager_payee_id, quarter.starts_on, role=TeamRole.LEADER)
    flow_teams.change_memberships(database, [leads], by, at)
    for payee_id, plan_key in ((manager_payee_id, "sales_manager"), (team_payee_id, "team_pool")):
        flow.assign_plan(database, payee_id, plan_key, quarter.starts_on, None, by, at)
    goal_minor = POOLED.quota_kroner * len(POOLED.reps) * 70
    goal = QuotaChange(team_payee_id, "", quarter.key, goal_minor)
    flow.change_quotas(database, [goal], by, at)
    _score_and_grant(database, manager_payee_id, today, now)


def _payees(database: Database) -> tuple[int, int]:
    """The team and its manager as payees."""
    with database.write() as connection:
        found = people.team_named(connection, POOLED.name)
        manager = people.person_by_email(connection, email_of(POOLED.manager))
        assert found is not None
        assert manager is not None
        payee_id = people.add_payee(connection, manager.email, manager.name, None)
        people.change_person(connection, manager.id, payee_id=payee_id)
        return memberships.made_team_payee(connection, found), payee_id


def _score_and_grant(database: Database, manager_id: int, today: date, at: datetime) -> None:
    """The administrator has scored one manager, and one rep holds warrants."""
    flow_objectives.record_score(database, manager_id, "nps", today, SCORE, email_of(ADMIN), at)
    with database.write() as connection:
        anna = people.payee_by_reference(connection, email_of(POOLED.reps[0]))
        assert anna is not None
        granted_on = date(today.year - 1, 1, 1)
        warrants = Grant(anna.id, "Warrants", 1_200, granted_on, 48, 12, 3)
        equity.record_grant(connection, warrants, ADMIN, at)
