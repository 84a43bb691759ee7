"""The check that runs beside the server leaves its result in the database, and says in the log when it failed."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import update

from tests.builders import A_MOMENT, a_deal, a_plan_text, a_rep, an_event, shared_by
from tracker import flow, self_check
from tracker.config import Settings, load_settings
from tracker.store import tables
from tracker.store.database import opened_database
from tracker.store.verifications import latest_verification


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Those of a company in which one rep has won one deal of 100,000.00."""
    settings = load_settings({"TRACKER_DATA": str(tmp_path)})
    with opened_database(settings) as database:
        with database.write() as connection:
            anna = a_rep(connection)
        since = date(2026, 1, 1)
        flow.activate_plan_version(database, "ae", since, a_plan_text(), "test", A_MOMENT)
        flow.assign_plan(database, anna, "ae", since, None, "test", A_MOMENT)
        won = an_event(a_deal(credit_shares=shared_by(anna)))
        flow.record_deal_events(database, [won], A_MOMENT)
    return settings


def test_a_check_beside_the_server_is_remembered_and_drift_is_logged(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    self_check.check(settings)
    assert drift_found(settings) == 0
    assert not caplog.messages
    with opened_database(settings) as database, database.write() as connection:
        connection.execute(update(tables.earning).values(earned_minor=1_000_700))
    self_check.check(settings)
    assert drift_found(settings) == 700
    assert "found drift" in caplog.text


def drift_found(settings: Settings) -> int:
    """What the latest check remembered."""
    with opened_database(settings) as database, database.read() as connection:
        latest = latest_verification(connection)
    assert latest is not None
    return latest.drift_minor
