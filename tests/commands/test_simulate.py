"""`plan simulate` as a person types it: on files, and on the live company."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from tests.builders import a_deal, a_plan_text, a_rep, an_event
from tests.cast import NOW
from tracker import cli, clock, flow
from tracker.config import load_settings
from tracker.engine.deals import CreditShare
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.store.database import create_database, upgrade
from tracker.trials import Days, trial_days

DEALS = "deal_id;effective_on;rep;amount\nd-1;2026-02-01;anna;100000\nd-2;2026-03-01;bo;50000\n"
NEW = 'tiers = [ { up_to = "60000", rate = "5%" }, { rate = "20%" } ]'


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    texts = {"new.toml": a_plan_text(NEW), "old.toml": a_plan_text(), "deals.csv": DEALS}
    for name, text in texts.items():
        (tmp_path / name).write_text(text, "utf-8")
    return {name: str(tmp_path / name) for name in texts}


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict:
    assert cli.main(["plan", "simulate", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_files_are_compared_person_by_person(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(
        capsys, files["new.toml"], "--deals", files["deals.csv"], "--against", files["old.toml"]
    )
    assert found["scenarios"][0] == {
        "level": 1000,
        "sales_minor": 150_000_00,
        "new_minor": 3_000_00 + 8_000_00 + 2_500_00,
        "old_minor": 15_000_00,
    }
    assert {one["payee"]: one["new_minor"] - one["old_minor"] for one in found["payees"]} == {
        "anna": 1_000_00,
        "bo": -2_500_00,
    }
    assert found["break_even"]["kind"] == "at"
    assert found["pay_minor"]["50"] == 2_500_00
    assert sum(one["count"] for one in found["pay_bins"]) == 2
    assert found["pay_bins"][0]["from"] <= 2_500_00


def test_a_person_reads_costs_winners_and_losers(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--deals", files["deals.csv"], "--against", files["old.toml"]]
    assert cli.main(["plan", "simulate", files["new.toml"], *options]) == 0
    said = capsys.readouterr().out
    assert "on 2 deals from 2026-02-01 to 2026-03-01" in said
    assert "130 %" in said
    assert "1 of 2 win, +1,000.00 in all" in said
    assert "1 of 2 lose, -2,500.00 in all" in said


def test_days_leave_deals_out_on_both_sides(
    files: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--deals", files["deals.csv"], "--from", "2026-02-15"]
    found = told(capsys, files["new.toml"], *options)
    assert found["deals_count"] == 1
    assert [one["payee"] for one in found["payees"]] == ["bo"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ([], "it needs deals"),
        (["--plan", "ae", "--people", "new.toml"], "belong to a file of deals"),
        (["--deals", "deals.csv", "--from", "2026-05-01", "--to", "2026-04-01"], "there is no day"),
    ],
)
def test_what_cannot_be_simulated_is_said(
    files: dict[str, str],
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    reason: str,
) -> None:
    given = [files.get(option, option) for option in options]
    assert cli.main(["plan", "simulate", files["new.toml"], *given]) == 1
    assert reason in capsys.readouterr().err


def test_the_live_company_is_tried_on_its_last_year(
    files: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "var").mkdir()
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path / "var"))
    database = create_database(load_settings())
    upgrade(database)
    with database.write() as connection:
        anna = a_rep(connection)
    flow.activate_plan_version(database, "ae", date(2025, 1, 1), a_plan_text(), "test", NOW)
    flow.assign_plan(database, anna, "ae", date(2025, 1, 1), None, "test", NOW)
    shares = (CreditShare(anna, Fraction(1)),)
    days = date(2025, 9, 30), date(2025, 10, 1), date(2026, 9, 30), date(2026, 10, 1)
    deals = [a_deal(f"d-{day}", 100_000_00, effective_on=day, credit_shares=shares) for day in days]
    flow.record_deal_events(database, [an_event(deal) for deal in deals], NOW)
    database.dispose()
    with clock.stopped_at(NOW):
        found = told(capsys, files["new.toml"], "--plan", "ae")
    assert (found["from"], found["to"]) == ("2025-10-01", "2026-09-30")
    assert found["deals_count"] == 2
    assert found["payees"][0]["old_minor"] == 20_000_00
    assert found["payees"][0]["new_minor"] == 2 * 11_000_00
    assert found["payees"][0]["name"] == "Anna"


@pytest.mark.parametrize(
    ("window", "first"),
    [("month", date(2025, 11, 1)), ("quarter", date(2025, 10, 1)), ("year", date(2025, 1, 1))],
)
def test_a_year_of_whole_windows_ends_before_the_running_one(window: str, first: date) -> None:
    days = trial_days(
        parse_plan(a_plan_text(window=window, settlement="month")), date(2026, 11, 20)
    )
    assert days.first == first
    assert isinstance(days, Days)
