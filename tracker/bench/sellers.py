"""A company made for measuring what is written: many reps on one ladder, and deals that name them."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import Any

from tracker import flow
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.store import people, plans
from tracker.store.database import Database, upgrade
from tracker.store.plans import QuotaChange

BY = "bench"
AT = datetime(2026, 12, 1, tzinfo=UTC)
YEAR_STARTS_ON = date(2026, 1, 1)
YEAR_DAYS = 330
QUARTER_STARTS_ON = date(2026, 10, 1)
QUARTER_DAYS = 80
REPS_OF_TEAM = 10
PLAN_KEY = "bench"
PLAN = """
name = "Bench"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
measure = "revenue"
tiers_on = "quota"
tiers = [ {up_to = "80%", rate = "8%"}, {up_to = "100%", rate = "10%"}, {up_to = "120%", rate = "13%"}, {rate = "15%"} ]
"""


def hire(database: Database, reps_count: int, deals_of_rep: int) -> list[int]:
    """Makes the tables, the plan and so many reps with a quota each; the reps' ids in order."""
    upgrade(database)
    with database.write() as connection:
        payee_ids = [_rep(connection, number) for number in range(reps_count)]
    flow.activate_plan_version(database, PLAN_KEY, YEAR_STARTS_ON, PLAN, BY, AT)
    with database.write() as connection:
        for payee_id in payee_ids:
            plans.assign(connection, payee_id, PLAN_KEY, YEAR_STARTS_ON, None, BY, AT)
    quota_minor = max(1, deals_of_rep) * 50_000_00
    quotas = [QuotaChange(payee_id, "", "2026", quota_minor) for payee_id in payee_ids]
    flow.change_quotas(database, quotas, BY, AT)
    return payee_ids


def _rep(connection: Any, number: int) -> int:
    name = f"Team {number // REPS_OF_TEAM}"
    team = people.team_named(connection, name)
    team_id = people.add_team(connection, name) if team is None else team.id
    return people.add_payee(connection, email_of(number), f"Rep {number}", team_id)


def email_of(rep_number: int) -> str:
    return f"rep-{rep_number}@bench.example"


def day_of(random: Random) -> date:
    return day_numbered(random.randrange(YEAR_DAYS))


def day_numbered(number: int) -> date:
    return YEAR_STARTS_ON + timedelta(days=number)


def record_of(deal_number: int, version: int, rep_number: int, random: Random) -> dict[str, Any]:
    """A won deal of the running quarter as a CRM sends it."""
    day = QUARTER_STARTS_ON + timedelta(days=random.randrange(QUARTER_DAYS))
    return {
        "source": "bench",
        "event_id": f"{deal_number}-{version}",
        "deal_id": str(deal_number),
        "version": version,
        "occurred_at": f"{YEAR_STARTS_ON}T10:00:00Z",
        "deal": {
            "name": f"Customer {deal_number}",
            "status": "won",
            "effective_on": str(day),
            "currency": "DKK",
            "amount": f"{random.randrange(1, 100_000)}.00",
            "product": "Core",
            "credits": [{"rep": email_of(rep_number), "share": "100%"}],
        },
    }


def deal_of(key: str, payee_id: int, random: Random) -> Deal:
    """The same as the engine knows it."""
    return Deal(
        key=f"bench:{key}",
        name=f"Customer {key}",
        status=DealStatus.WON,
        effective_on=day_of(random),
        currency="DKK",
        amount_minor=random.randrange(1, 100_000) * 100,
        credit_shares=(CreditShare(payee_id, Fraction(1)),),
        properties={"product": "Core"},
    )
