"""A migrated database of each kind, and the few rows every test of the store begins with."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from tracker.store import people, plans
from tracker.store.database import Database, upgrade

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)

LADDER = """
name = "Ladder"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
measure = "revenue"
tiers = [ {up_to = "1000.00", rate = "5%"}, {rate = "10%"} ]
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    upgrade(database)
    yield database
    database.dispose()


@pytest.fixture
def anna(database: Database) -> int:
    """The id of a rep in the north team, on the ladder since the year began."""
    with database.write() as connection:
        team_id = people.add_team(connection, "North")
        payee_id = people.add_payee(connection, "anna@firma.dk", "Anna", team_id)
        plans.add_plan_version(connection, "ladder", date(2026, 1, 1), LADDER, "test", AT)
        plans.assign(connection, payee_id, "ladder", date(2026, 1, 1), None, "test", AT)
    return payee_id
