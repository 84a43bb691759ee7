"""The real application on a real database, with three reps, a plan, and keys of both scopes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders import a_plan_text, a_rep
from tests.ingest.fake_hubspot import FakeHubSpot, running_hubspot
from tests.ingest.hubspot_reading import Read, connect
from tests.ingest.records import NOW, REPS
from tracker import clock, flow
from tracker.app import create_app
from tracker.config import load_settings
from tracker.engine.deals import Deal
from tracker.store import deals, keys, people, totals
from tracker.store.database import Database, upgrade

EVENTS = "/api/v1/deal-events"
EARNINGS = "/api/v1/earnings"


@dataclass
class Company:
    """A running application and what a test asks of it."""

    database: Database
    client: FlaskClient
    key: str
    read_key: str
    payee_ids: dict[str, int] = field(default_factory=dict)

    def post(self, body: Any, key: str | None = None, **options: Any) -> TestResponse:
        """Send a body to the deal events, as JSON unless it is bytes already."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        options.setdefault("content_type", "application/json")
        content = {"data": body} if isinstance(body, bytes) else {"json": body}
        if "json" in content:
            options.pop("content_type")
        return self.client.post(EVENTS, headers=headers, **content, **options)

    def earned_minor(self, rep: str = "anna@firma.dk", window: str = "2026-Q4") -> int:
        with self.database.read() as connection:
            by_component = totals.earnings_of(connection, self.payee_ids[rep], window)
        return sum(sum(periods.values()) for periods in by_component.values())

    def event_count(self) -> int:
        with self.database.read() as connection:
            return len(list(deals.all_events(connection)))

    def deal(self, key: str) -> Deal:
        with self.database.read() as connection:
            (stored,) = deals.deals(connection, [key])
        return stored.deal


@pytest.fixture(autouse=True)
def the_time_of_the_tests() -> Iterator[None]:
    with clock.stopped_at(NOW):
        yield


@pytest.fixture
def start_company(tmp_path: Path) -> Iterator[Callable[[str], Company]]:
    """Starts the application on a database; everything is closed after the test."""
    databases = []

    def start(database_url: str) -> Company:
        settings = load_settings(
            {"TRACKER_DATA": str(tmp_path), "TRACKER_DATABASE_URL": database_url}
        )
        database = Database(database_url)
        databases.append(database)
        upgrade(database)
        return _company(database, create_app(settings, database).test_client())

    yield start
    for database in databases:
        database.dispose()


def _company(database: Database, client: FlaskClient) -> Company:
    with database.write() as connection:
        key = keys.create_key(connection, "CRM", frozenset({"ingest"}), NOW)
        read_key = keys.create_key(connection, "Report", frozenset({"read"}), NOW)
        payee_ids = {rep: a_rep(connection, rep) for rep in REPS}
        people.add_person(connection, "Bo", "bo.b@firma.dk", "rep", NOW, payee_ids["bo@firma.dk"])
    flow.activate_plan_version(database, "ae", date(2020, 1, 1), a_plan_text(), "test", NOW)
    for payee_id in payee_ids.values():
        flow.assign_plan(database, payee_id, "ae", date(2020, 1, 1), None, "test", NOW)
    return Company(database, client, key, read_key, payee_ids)


@pytest.fixture
def company(start_company: Callable[[str], Company], sqlite_url: str) -> Company:
    """The company on SQLite."""
    return start_company(sqlite_url)


@pytest.fixture
def company_on_each(start_company: Callable[[str], Company], database_url: str) -> Company:
    """The company on SQLite and then on PostgreSQL."""
    return start_company(database_url)


@pytest.fixture
def crm() -> Iterator[FakeHubSpot]:
    """A HubSpot of its own for the test, two days before now."""
    with running_hubspot(NOW - timedelta(days=2)) as fake:
        yield fake


@pytest.fixture
def read(company: Company, crm: FakeHubSpot) -> Read:
    """The company, connected to it."""
    return connect(company, crm)
