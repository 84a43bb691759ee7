"""`calc` with several plans at once, with versions of them, and with people who move from one to the other."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.builders import a_plan_text
from tracker import cli

FLAT = a_plan_text('tiers = [ { rate = "10%" } ]')
LADDER = a_plan_text(
    """tiers_on = "quota"
    prorate = "days"
    tiers = [ { up_to = "100%", rate = "5%" }, { rate = "20%" } ]""",
    key="new",
)
DEALS = """deal_id,effective_on,amount,rep
d1,2026-10-10,100000,anna
d2,2026-11-15,100000,anna
d3,2026-12-31,100000,anna
"""


@pytest.fixture
def said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs `calc` over plans by file name, DEALS and people; gives its exit code, and what it printed."""
    monkeypatch.chdir(tmp_path)

    def run(named: list[str], people: str = "", **plans: str) -> tuple[int, str, str]:
        for name, text in plans.items():
            Path(f"{name}.toml").write_text(text, "utf-8")
        Path("deals.csv").write_text(DEALS, "utf-8")
        Path("people.toml").write_text(people, "utf-8")
        options = ["--people", "people.toml"] if people else []
        code = cli.main(["calc", *named, "deals.csv", *options, "--json"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return run


def components(out: str) -> list[tuple[str, str, int, int | None]]:
    """Plan, component, what it earned and its quota, of the only person."""
    (payee,) = json.loads(out)["payees"]
    return [
        (of.get("plan", ""), of["component"], of["earned_minor"], of["quota_minor"])
        for of in payee["components"]
    ]


def test_two_plans_at_once_are_added_up_and_settled_together(said: Any) -> None:
    code, out, _ = said(["ae=flat.toml", "spiff=flat.toml"], flat=FLAT)
    assert code == 0
    assert components(out) == [
        ("ae", "sales", 3_000_000, None),
        ("spiff", "sales", 3_000_000, None),
    ]
    (payee,) = json.loads(out)["payees"]
    assert [period["paid_minor"] for period in payee["periods"]] == [2_000_000] * 3
    assert payee["total_minor"] == 6_000_000


def test_who_moves_between_plans_in_mid_window_climbs_each_by_the_days_on_it(said: Any) -> None:
    people = """[[people]]
    rep = "anna"
    quotas = { "2026-Q4" = "92000" }
    plans = [ { plan = "smb", until = "2026-11-14" }, { plan = "big", from = "2026-11-15" } ]
    """
    code, out, _ = said(["smb=ladder.toml", "big=ladder.toml"], people, ladder=LADDER)
    assert code == 0
    # 47 and 45 of 92 days: a quota of 47,000 and of 45,000
    assert sorted(components(out)) == [
        ("big", "new", 235_000 + 15_300_000 * 20 // 100, 4_700_000),
        ("smb", "new", 225_000 + 5_500_000 * 20 // 100, 4_500_000),
    ]


def test_a_version_holds_from_its_day_and_the_answer_names_them(said: Any) -> None:
    better = a_plan_text('tiers = [ { rate = "20%" } ]', name="Better")
    code, out, _ = said(["old.toml", "new.toml@2026-12-01"], old=FLAT, new=better)
    assert code == 0
    assert components(out) == [("", "sales", 4_000_000, None)]
    assert json.loads(out)["plans"] == [
        {"plan": "plan", "name": "AE 2026", "from": None},
        {"plan": "plan", "name": "Better", "from": "2026-12-01"},
    ]


def test_a_quota_of_a_year_and_what_was_agreed_are_told_with_the_figure(said: Any) -> None:
    people = """[[people]]
    rep = "anna"
    quotas = { "2026" = "400000" }
    [people.components.new]
    rate_factor = "1.5"
    reason = "two territories"
    """
    code, out, _ = said(["ladder.toml"], people, ladder=LADDER)
    assert code == 0
    (of,) = json.loads(out)["payees"][0]["components"]
    assert of["earned_minor"] == 10_000_000 * 75 // 1000 + 20_000_000 * 30 // 100
    assert of["quotas"] == [
        {
            "from": "2026-10-01",
            "year_minor": 40_000_000,
            "season": "1/4",
            "set_minor": 10_000_000,
            "ramp": "100%",
            "days_count": 92,
            "window_days_count": 92,
            "quota_minor": 10_000_000,
        }
    ]
    assert of["exceptions"] == [
        {"from": None, "until": None, "reason": "two territories", "rate_factor": "3/2"}
    ]


def test_the_text_tells_the_same(said: Any, capsys: pytest.CaptureFixture[str]) -> None:
    people = '[[people]]\nrep = "anna"\nquotas = { "2026" = "400000" }\n'
    people += '[people.components.new]\nadd_rate = "1%"\nreason = "two territories"\n'
    said(["ladder.toml"], people, ladder=LADDER)
    assert cli.main(["calc", "ladder.toml", "deals.csv", "--people", "people.toml"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "quota: 400,000" in out
    assert "for the year × 1/4" in out
    assert "agreed with them: 1% added to all rates (two territories)" in out


@pytest.mark.parametrize(
    ("named", "words"),
    [
        (["flat.toml", "flat.toml"], "already has a version"),
        (["a=flat.toml", "b=euro.toml"], "it pays in EUR, the first plan in DKK"),
        (["a=flat.toml", "b=year.toml"], "its year starts in another month"),
        (["a=flat.toml", "b=slow.toml"], "it pays by the quarter, the first plan by the month"),
        (["flat.toml@2026-13-01"], "is not a day"),
        (["Big=flat.toml"], "cannot name a plan"),
        (["none.toml"], "There is no file"),
    ],
)
def test_plans_that_cannot_be_calculated_together_are_refused(
    said: Any, named: list[str], words: str
) -> None:
    code, _, err = said(
        named,
        flat=FLAT,
        euro=FLAT.replace("DKK", "EUR"),
        year="year_starts_in_month = 7\n" + FLAT,
        slow=a_plan_text('tiers = [ { rate = "10%" } ]', settlement="quarter"),
    )
    assert code != 0
    assert words in err


def test_a_plan_nobody_named_and_stretches_that_overlap_are_refused(said: Any) -> None:
    people = """[[people]]
    rep = "anna"
    plans = [ { plan = "smb", from = "2026-01-01" }, { plan = "smb", from = "2026-07-01" } ]
    [[people]]
    rep = "bo"
    plan = "none"
    [people.components.sales]
    rate_factor = "30"
    from = "2026-02-01"
    until = "2026-01-01"
    [people.components.nothing]
    quota = 5
    """
    code, _, err = said(["smb=flat.toml"], people, flat=FLAT)
    assert code == 1
    for words in (
        "two stretches on smb share days",
        'no plan is called "none" here',
        "more than 10 times",
        "is before",
        '"nothing" is not a key',
    ):
        assert words in err
