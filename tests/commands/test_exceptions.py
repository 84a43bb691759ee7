"""`plan except`, `plan exceptions` and `plan withdraw`, as a person types them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tests.builders import a_plan_text, a_rep
from tracker import cli, flow
from tracker.config import load_settings
from tracker.store import exceptions
from tracker.store.database import Database, create_database, upgrade

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
AGREED = ["plan", "except", "anna@firma.dk", "ae/sales", "--reason", "two territories"]


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Anna, and a plan she is on, in the database the commands will find."""
    (tmp_path / "var").mkdir()
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path / "var"))
    database = create_database(load_settings())
    upgrade(database)
    with database.write() as connection:
        anna = a_rep(connection)
    flow.activate_plan_version(database, "ae", date(2026, 1, 1), a_plan_text(), "ida", AT)
    flow.assign_plan(database, anna, "ae", date(2026, 1, 1), None, "ida", AT)
    yield database
    database.dispose()


def test_what_is_agreed_is_listed_with_author_and_reason(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--rate-factor", "1.1", "--cap-payout", "none", "--window", "2026-Q4"]
    assert cli.main([*AGREED, *options]) == 0
    agreed = (
        "agreed with them: all rates × 110%, no cap_payout from 2026-10-01 until 2026-12-31 "
        "(two territories)"
    )
    assert agreed in capsys.readouterr().out
    assert cli.main(["plan", "exceptions", "anna@firma.dk"]) == 0
    listed = capsys.readouterr().out
    assert f"1: anna@firma.dk, ae/sales: {agreed}, by command:" in listed
    assert cli.main(["plan", "withdraw", "1", "--reason", "the wrong Anna"]) == 0
    assert cli.main(["plan", "exceptions"]) == 0
    assert "withdrawn by command:" in capsys.readouterr().out


def test_tiers_and_a_draw_are_written_as_in_a_plan_file(database: Database) -> None:
    tiers = '[ { up_to = 500000, rate = "5%" }, { rate = "9%" } ]'
    assert cli.main([*AGREED, "--tiers", tiers, "--from", "2026-12-01"]) == 0
    draw = '{ amount = "30000", until = "2027-03-31" }'
    asked = ["plan", "except", "anna@firma.dk", "ae", "--draw", draw, "--reason", "new"]
    assert cli.main(asked) == 0
    with database.read() as connection:
        of_tiers, of_draw = exceptions.exceptions(connection)
    assert [tier.rate * 100 for tier in of_tiers.tiers] == [5, 9]
    assert of_draw.draw is not None
    assert (of_draw.component_key, of_draw.draw.amount_minor) == ("ae/", 3_000_000)


def test_everything_that_is_wrong_is_named_at_once_and_nothing_is_kept(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--rate-factor", "12", "--add-rate", "1", "--cap-at", "150%", "--window", "2026-13"]
    asked = ["plan", "except", "nobody@firma.dk", "ae/sales", "--reason", " ", *options]
    assert cli.main(asked) == 1
    said = capsys.readouterr().err
    for word in ("nobody@firma.dk", "--reason", "--rate-factor", "--add-rate", "--cap-at"):
        assert word in said
    assert cli.main(AGREED) == 1
    assert "nothing is agreed" in capsys.readouterr().err
    assert cli.main(["plan", "except", "anna@firma.dk", "no/such", "--reason", "x"]) == 1
    assert "no such plan is active" in capsys.readouterr().err
    with database.read() as connection:
        assert exceptions.exceptions(connection) == []
