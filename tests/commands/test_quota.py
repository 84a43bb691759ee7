"""`quota set` and `quota list`, as a person types them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.builders import a_plan_text, a_rep, quota_in_force
from tracker import cli, flow
from tracker.config import load_settings
from tracker.store.database import Database, create_database, upgrade

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
LADDER = 'tiers_on = "quota"\ntiers = [ { rate = "5%" } ]\non_quota_change = "prorate"'


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Anna, and a plan by quota she is on, in the database the commands will find."""
    (tmp_path / "var").mkdir()
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path / "var"))
    database = create_database(load_settings())
    upgrade(database)
    with database.write() as connection:
        anna = a_rep(connection)
    flow.activate_plan_version(database, "ae", date(2026, 1, 1), a_plan_text(LADDER), "ida", AT)
    flow.assign_plan(database, anna, "ae", date(2026, 1, 1), None, "ida", AT)
    yield database
    database.dispose()


def in_force(database: Database, window_key: str) -> int | None:
    with database.read() as connection:
        return quota_in_force(connection, 1, "ae/sales", window_key)


def test_a_year_is_spread_and_a_window_wins_over_it(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    year = ["quota", "set", "anna@firma.dk", "2026", "1000000", "--reason", "new district"]
    assert cli.main(year) == 0
    assert cli.main(["quota", "set", "anna@firma.dk", "2026-Q4", "300000"]) == 0
    assert [in_force(database, f"2026-Q{n}") for n in (1, 4)] == [25_000_000, 30_000_000]
    capsys.readouterr()
    assert cli.main(year) == 0
    assert "0 set, 1 unchanged." in capsys.readouterr().out
    assert cli.main(["quota", "list", "anna@firma.dk"]) == 0
    said = capsys.readouterr().out
    assert "2026  1,000,000" in said
    assert "every component, by command:" in said
    assert said.splitlines()[0].endswith(": new district")


def test_a_quota_from_a_day_on_is_weighed_by_days(database: Database) -> None:
    asked = ["quota", "set", "anna@firma.dk", "2026-Q4", "920000", "--component", "ae/sales"]
    assert cli.main(asked) == 0
    later = [*asked[:4], "1840000", *asked[5:], "--from", "2026-12-01"]
    assert cli.main(later) == 0
    assert in_force(database, "2026-Q4") == (61 * 1_000_000 + 31 * 2_000_000)


def test_everything_that_is_wrong_is_named_at_once(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["quota", "set", "nobody@firma.dk", "2026-11", "1,5", "--component", "ae/none"]
    assert cli.main(asked) == 1
    said = capsys.readouterr().err
    for word in ("nobody@firma.dk", "AMOUNT", "WINDOW", "--component"):
        assert word in said
    assert in_force(database, "2026-Q4") is None
