"""`plan check`, `show`, `activate` and `assign`, as a person types them."""

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest

from tests.builders import A_DAY, FLAT_RATE, a_deal, a_plan, a_plan_text, a_rep, an_event
from tracker import cli, clock, flow
from tracker.config import load_settings
from tracker.engine.deals import CreditShare
from tracker.engine.plan_files.plan_file import SIZE_BYTES_MAX, PlanFileError
from tracker.store import plans, totals
from tracker.store.database import Database, create_database, upgrade
from tracker.store.plans import QuotaChange


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    file = tmp_path / "ae.toml"
    file.write_text(a_plan_text(), "utf-8")
    return file


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database the commands will find."""
    (tmp_path / "var").mkdir()
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path / "var"))
    database = create_database(load_settings())
    upgrade(database)
    yield database
    database.dispose()


def test_advice_comes_with_its_line_and_blocks_nothing(
    plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", "check", str(plan_file)]) == 0
    said = capsys.readouterr().out
    assert "warns   line 8, sales: Nothing limits what a window can pay." in said
    assert "can be used, with one thing to think about" in said
    assert cli.main(["plan", "check", str(plan_file), "--language", "da"]) == 0
    assert "Intet begrænser, hvad en periode kan udbetale." in capsys.readouterr().out


def test_what_past_deals_never_matched_blocks_a_plan(
    plan_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_file.write_text(a_plan_text(FLAT_RATE + '\nwhere = { kind = "nwe" }'), "utf-8")
    deals, people = tmp_path / "deals.csv", tmp_path / "people.toml"
    deals.write_text("deal_id,effective_on,rep,amount,kind\n1,2026-02-01,anna,100,new\n", "utf-8")
    people.write_text('[[people]]\nrep = "anna"\nquota = "100"\n', "utf-8")
    asked = ["plan", "check", str(plan_file), "--history", str(deals), "--people", str(people)]
    assert cli.main([*asked, "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["blocked"] is True
    assert [(one["rule"], one["severity"], one["line"]) for one in answer["advice"][:2]] == [
        ("no_deal_in_history", "blocks", 9),
        ("quota_reach", "warns", 5),
    ]
    assert answer["advice"][1]["figures"]["reached_share"] == "0"


def test_problems_of_a_file_are_told_as_json_too(
    plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_file.write_text(a_plan_text(window="week"), "utf-8")
    assert cli.main(["plan", "check", str(plan_file), "--json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert [(one["line"], one["key"]) for one in answer["problems"]] == [(3, "window")]


def test_the_running_product_is_a_past_to_compare_with(
    plan_file: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as connection:
        payee_id = a_rep(connection, "anna@firma.dk")
    today = clock.now().date()
    deal = a_deal(credit_shares=(CreditShare(payee_id, Fraction(1)),), effective_on=today)
    flow.record_deal_events(database, [an_event(deal)], clock.now())
    window = a_plan().window_of(today).key
    flow.change_quotas(database, [QuotaChange(payee_id, "", window, 100)], "test", clock.now())
    assert cli.main(["plan", "check", str(plan_file), "--live"]) == 0
    said = capsys.readouterr().out
    assert "100% reached the quota." in said
    assert "1 won deals, people: 1, windows: 1" in said
    assert cli.main(["plan", "check", str(plan_file), "--live", "--on", "ae"]) == 1
    assert "Nobody is on a plan called 'ae'" in capsys.readouterr().err


def test_a_plan_whose_own_examples_do_not_come_out_is_not_activated(
    plan_file: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = a_plan_text(FLAT_RATE + '\n[[examples]]\nsold = "100"\nearned = "11"')
    plan_file.write_text(wrong, "utf-8")
    assert cli.main(["plan", "check", str(plan_file)]) == 1
    assert cli.main(["plan", "activate", "ae", str(plan_file), "--from", "2026-01-01"]) == 1
    said = capsys.readouterr().err
    assert (
        said.count("line 11, examples[1].earned: the example says 11, but the plan earns 10.") == 2
    )
    with pytest.raises(PlanFileError):
        flow.activate_plan_version(database, "ae", A_DAY, wrong, "test", clock.now())
    with database.read() as connection:
        assert plans.plan_versions(connection) == []
    plan_file.write_text(wrong.replace('"11"', '"10"'), "utf-8")
    assert cli.main(["plan", "check", str(plan_file)]) == 0
    assert "Examples that come out: 1." in capsys.readouterr().out
    assert cli.main(["plan", "activate", "ae", str(plan_file), "--from", "2026-01-01"]) == 0


def test_the_schema_of_each_file_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["plan", "schema"]) == 0
    assert "components" in json.loads(capsys.readouterr().out)["properties"]
    assert cli.main(["plan", "schema", "--people"]) == 0
    assert "people" in json.loads(capsys.readouterr().out)["properties"]


def test_a_bad_plan_names_all_its_problems_and_exits_with_one(
    plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_file.write_text(a_plan_text('teirs = [ { rate = "10%" } ]', window="week"), "utf-8")
    assert cli.main(["plan", "check", str(plan_file)]) == 1
    said = capsys.readouterr().err
    assert f'{plan_file}, line 3, window: "week" is not one of the choices.' in said
    assert f"{plan_file}, line 8, components[1].teirs" in said
    assert 'Did you mean "tiers"?' in said


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (b'name = "\xe6"', "byte 9 is not UTF-8"),
        ("#æ".encode() * SIZE_BYTES_MAX, "at most 1,000,000"),
    ],
)
def test_what_is_no_text_or_too_much_of_it_is_refused(
    written: bytes, reason: str, plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan_file.write_bytes(written)
    assert cli.main(["plan", "check", str(plan_file)]) == 1
    assert reason in capsys.readouterr().err


def test_an_activated_plan_pays_whoever_is_put_on_it(
    plan_file: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.write() as connection:
        payee_id = a_rep(connection, "anna@firma.dk")
    assert cli.main(["plan", "activate", "ae-smb", str(plan_file), "--from", "2026-01-01"]) == 0
    assert "People on this plan: 0." in capsys.readouterr().out
    assert cli.main(["plan", "assign", "ae-smb", "Anna@firma.dk", "--from", "2026-01-01"]) == 0
    flow.record_deal_events(database, [an_event(a_deal(amount_minor=10_000_00))], clock.now())
    with database.read() as connection:
        earned = totals.earnings_of(connection, payee_id, "2026-Q4")
    assert earned == {"ae-smb/sales": {"2026-11": 1_000_00}}


def test_an_activated_plan_is_shown_with_all_its_versions(
    plan_file: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["plan", "activate", "ae", str(plan_file), "--from", "2026-01-01"])
    plan_file.write_text(a_plan_text('tiers = [ { rate = "12%" } ]'), "utf-8")
    cli.main(["plan", "activate", "ae", str(plan_file), "--from", "2026-07-01"])
    capsys.readouterr()
    assert cli.main(["plan", "show", "ae"]) == 0
    said = capsys.readouterr().out
    assert said.index("From 2026-01-01") < said.index("10% of it") < said.index("From 2026-07-01")
    assert "You earn 12% of it." in said


def test_a_plan_file_is_shown_in_the_language_asked_for(
    plan_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", "show", str(plan_file), "--language", "sv"]) == 0
    said = capsys.readouterr().out
    assert "Det som räknas är din omsättning. Du får 10\xa0% av det." in said
    assert "100\xa0000\xa0Dkr sålt  10\xa0000\xa0Dkr" in said


def test_a_version_from_the_same_day_is_refused(
    plan_file: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.main(["plan", "activate", "ae", str(plan_file), "--from", "2026-01-01"])
    assert cli.main(["plan", "activate", "ae", str(plan_file), "--from", "2026-01-01"]) == 1
    assert "already has a version from 2026-01-01" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["show", "nothing"], "neither a file nor an activated plan called 'nothing'"),
        (["assign", "ae", "nobody", "--from", "2026-01-01"], "nobody has this reference"),
        (["assign", "ae", "nobody", "--from", "2026-02-30"], "'2026-02-30' is not a day"),
        (["activate", "ae"], "Missing argument 'FILE'"),
    ],
)
def test_a_slip_in_the_command_is_answered_plainly(
    arguments: list[str], reason: str, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", *arguments]) != 0
    assert reason in capsys.readouterr().err


def test_a_key_that_cannot_name_a_plan_is_refused(
    plan_file: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", "activate", "AE/SMB", str(plan_file), "--from", "2026-01-01"]) == 1
    assert "'AE/SMB' cannot name a plan" in capsys.readouterr().err
