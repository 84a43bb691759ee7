"""`calc`: every worked example through the command, in files a person could write, and what it says of bad ones."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.builders import a_plan_text
from tests.scenarios.reading import SHARE, Row, Scenario, scenarios
from tests.test_readme import section as readme_section
from tests.test_scenarios import minor, printed
from tracker import cli
from tracker.engine.plan_files.plan_draw import DRAW_KEYS
from tracker.engine.plan_files.plan_file import COMPONENT_KEYS, PLAN_KEYS
from tracker.engine.plan_files.plan_tiers import TIER_KEYS
from tracker.ingest.deal_payload import OWN_MEASURES, OWN_PROPERTIES
from tracker.ingest.plain_people import PERSON_KEYS

SCENARIOS = scenarios()
COLUMNS = {"deal": "deal_id", "date": "effective_on", "left": "ended_on"}

Calc = Callable[..., dict[str, Any]]
Files = Callable[..., list[str]]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Writes the files of a calculation; gives the arguments of the command."""

    def written(
        plan: str, deals: str, people: str = "", plans: Mapping[str, str] | None = None
    ) -> list[str]:
        for name, text in (("plan.toml", plan), ("deals.csv", deals), ("people.toml", people)):
            (tmp_path / name).write_text(text, "utf-8")
        named = [str(tmp_path / "plan.toml")]
        for number, (name, text) in enumerate((plans or {}).items()):
            more = tmp_path / f"more{number}.toml"
            more.write_text(text, "utf-8")
            named.append(name.format(file=more))
        arguments = ["calc", *named, str(tmp_path / "deals.csv")]
        return [*arguments, *(["--people", str(tmp_path / "people.toml")] if people else [])]

    return written


@pytest.fixture
def calc(files: Files, capsys: pytest.CaptureFixture[str]) -> Calc:
    """Runs the command over the texts of its files; gives what its JSON says."""

    def run(
        plan: str,
        deals: str,
        people: str = "",
        *options: str,
        plans: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        code = cli.main([*files(plan, deals, people, plans), "--json", *options])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        found: dict[str, Any] = json.loads(printed.out)
        return found

    return run


def with_table(name: str) -> pytest.MarkDecorator:
    found = [scenario for scenario in SCENARIOS if name in scenario.tables]
    return pytest.mark.parametrize("scenario", found, ids=str)


def deals_csv(rows: Sequence[Row]) -> str:
    """Rows of a scenario as a file of deals; of a deal told twice the later telling."""
    newest = {row.get("deal", f"d{number:02}"): row for number, row in enumerate(rows, start=1)}
    cells = [_cells(key, row) for key, row in newest.items()]
    header = list(dict.fromkeys(column for of_row in cells for column in of_row))
    lines = [header, *([of_row.get(column, "") for column in header] for of_row in cells)]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines)


def _quoted(cell: str) -> str:
    return f'"{cell}"' if "," in cell else cell


def _cells(key: str, row: Row) -> dict[str, str]:
    cells = {COLUMNS.get(column, column): cell for column, cell in row.items() if column != "who"}
    cells = {"deal_id": key, "effective_on": "2026-11-02", **cells}
    cells["evidence"] = cells.get("evidence", "").replace(",", " ")
    for number, who in enumerate(row.get("who", "anna").split(", "), start=1):
        share = SHARE.fullmatch(who if " " in who else f"{who} 100%")
        assert share is not None
        cells |= {f"rep{number}": share["rep"], f"role{number}": share["role"] or ""}
        cells[f"share{number}"] = share["share"] + (share["percent"] or "")
        cells[f"overlay{number}"] = "yes" if share["overlay"] else ""
    for column in ("adds", "earned"):
        cells.pop(column, None)
    return cells


def people_toml(scenario: Scenario) -> str:
    quotas, changes = quotas_toml(scenario)
    agreed = agreed_toml(scenario)
    teams, stretches = teams_toml(scenario, quotas), scenario.rows("on the plan")
    scores = scores_toml(scenario)
    if not any((quotas, changes, agreed, teams, stretches, scores)):
        return ""
    days = {
        row["rep"]: "".join(f'{key} = "{row[key]}"\n' for key in ("from", "until") if row.get(key))
        for row in stretches
    }
    people = [
        f'[[people]]\nrep = "{rep}"\n{days.get(rep, "")}quotas = {{ {quotas.get(rep, "")} }}\n'
        f"objectives = {{ {', '.join(scores.get(rep, []))} }}\n"
        f"quota_changes = [ {', '.join(changes.get(rep, []))} ]\n{agreed.get(rep, '')}"
        for rep in days or ("anna", "bo", "carl", "sofie")
    ]
    return "\n".join(people + teams)


def quotas_toml(scenario: Scenario) -> tuple[dict[str, str], dict[str, list[str]]]:
    """By rep the quotas of windows, and those that hold from a day on."""
    quotas: dict[str, list[str]] = {}
    changes: dict[str, list[str]] = {}
    for row in scenario.rows("quotas"):
        if row.get("from"):
            words = {"window": row["window"], "from": row["from"], "quota": row["quota"]}
            entry = ", ".join(f'{key} = "{word}"' for key, word in words.items())
            changes.setdefault(row["rep"], []).append(f"{{ {entry} }}")
        else:
            quotas.setdefault(row["rep"], []).append(f'"{row["window"]}" = "{row["quota"]}"')
    return {rep: ", ".join(of_rep) for rep, of_rep in quotas.items()}, changes


def agreed_toml(scenario: Scenario) -> dict[str, str]:
    """By rep what was agreed about the first component."""
    return {
        row["rep"]: f"[people.components.{scenario.plan.components[0].key}]\n"
        + row["says"].replace("\\n", "\n")
        + "\n"
        + "".join(f'{key} = "{row[key]}"\n' for key in ("from", "until") if row.get(key))
        for row in scenario.rows("agreed")
    }


def scores_toml(scenario: Scenario) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in scenario.rows("scores"):
        score = f'{row["objective"]} = {{ "{row["window"]}" = "{row["score"]}" }}'
        found.setdefault(row["rep"], []).append(score)
    return found


def teams_toml(scenario: Scenario, quotas: Mapping[str, str]) -> list[str]:
    """Each team of a scenario as a table, with those who belong to it."""
    lists: dict[str, dict[str, list[str]]] = {}
    for row in scenario.rows("teams"):
        words = {"rep": row["who"], **{key: row.get(key) for key in ("weight", "from", "until")}}
        entry = ", ".join(f'{key} = "{word}"' for key, word in words.items() if word)
        key = "leader" if row.get("as") == "leader" else "members"
        lists.setdefault(row["team"], {}).setdefault(key, []).append(f"{{ {entry} }}")
    return [
        f'[[teams]]\nname = "{team}"\nquotas = {{ {quotas.get(team, "")} }}\n'
        + "\n".join(f"{key} = [ {', '.join(entries)} ]" for key, entries in listed.items())
        for team, listed in lists.items()
    ]


def earned(found: dict[str, Any]) -> int:
    return sum(
        component["earned_minor"] for payee in found["payees"] for component in payee["components"]
    )


def summed_like(rows: Sequence[Row], found: dict[str, Any]) -> dict[tuple[str, ...], int]:
    """What was earned, summed over the columns that a table of expected figures leaves out."""
    columns = [column for column in rows[0] if column != "earned"]
    sums: Counter[tuple[str, ...]] = Counter()
    for payee in found["payees"]:
        if "period" in columns:
            for period in payee["periods"]:
                cells = {"rep": payee["payee"], "period": period["period"]}
                sums[tuple(cells.get(column, "") for column in columns)] += period["earned_minor"]
            continue
        for component in payee["components"]:
            cells = {"rep": payee["payee"], **component}
            sums[tuple(cells[column] for column in columns)] += component["earned_minor"]
    return {key: earned_minor for key, earned_minor in sums.items() if earned_minor}


@with_table("deals")
def test_a_file_of_deals_earns_the_printed_figures(scenario: Scenario, calc: Calc) -> None:
    if not scenario.rows("earned"):
        pytest.skip("this example prints other figures")
    as_of = ["--as-of", str(scenario.until)] if scenario.until else []
    deals = deals_csv(scenario.rows("deals"))
    later = {f"{{file}}@{day}": text for day, text in scenario.later_texts.items()}
    found = calc(scenario.plan_text, deals, people_toml(scenario), *as_of, plans=later)
    rows = [
        {column: cell for column, cell in row.items() if column not in _left_out(scenario)}
        for row in scenario.rows("earned")
    ]
    components = {row["component"] for row in rows if "component" in row}
    for payee in found["payees"]:
        payee["components"] = [
            component
            for component in payee["components"]
            if not components or component["component"] in components
        ]
    assert summed_like(rows, found) == printed(rows)


def _left_out(scenario: Scenario) -> set[str]:
    """Periods are told of a payee, not of each component and window."""
    return {"window", "component"} if "period" in scenario.rows("earned")[0] else set()


@with_table("each amount alone")
def test_each_amount_alone_earns_the_printed_figure(scenario: Scenario, calc: Calc) -> None:
    rows = scenario.rows("each amount alone")
    found = [
        earned(calc(scenario.plan_text, deals_csv([row]), people_toml(scenario))) for row in rows
    ]
    assert found == [minor(row["earned"]) for row in rows]


@with_table("earned after each deal")
def test_each_further_deal_adds_the_printed_amount(scenario: Scenario, calc: Calc) -> None:
    rows = scenario.rows("earned after each deal")
    figures = [0] + [
        earned(calc(scenario.plan_text, deals_csv(rows[:count]), people_toml(scenario)))
        for count in range(1, len(rows) + 1)
    ]
    added = [after - before for before, after in pairwise(figures)]
    found = list(zip(added, figures[1:], strict=True))
    assert found == [(minor(row["adds"]), minor(row["earned"])) for row in rows]


@with_table("by tier")
def test_the_lines_are_the_printed_tiers(scenario: Scenario, calc: Calc) -> None:
    deals = deals_csv(scenario.rows("deals"))
    found = calc(scenario.plan_text, deals, people_toml(scenario))
    ((component,),) = [payee["components"] for payee in found["payees"] if payee["components"]]
    lines = [
        (line["tier"], line["basis_minor"], line["amount_minor"])
        for line in component["lines"]
        if line["kind"] == "tier"
    ]
    assert lines == [
        (int(row["tier"]), minor(row["basis"]), minor(row["pays"]))
        for row in scenario.rows("by tier")
    ]


@with_table("held")
def test_what_is_held_says_what_is_missing(scenario: Scenario, calc: Calc) -> None:
    found = calc(scenario.plan_text, deals_csv(scenario.rows("deals")), people_toml(scenario))
    held = [
        (of["deal_id"], payee["payee"], ", ".join(of["missing"]))
        for payee in found["payees"]
        for component in payee["components"]
        for of in component["held"]
    ]
    assert held == [tuple(row.values()) for row in scenario.rows("held")]


@with_table("deals")
def test_lines_deals_and_periods_each_sum_to_what_was_earned(
    scenario: Scenario, calc: Calc
) -> None:
    deals = deals_csv(scenario.rows("deals"))
    later = {f"{{file}}@{day}": text for day, text in scenario.later_texts.items()}
    found = calc(scenario.plan_text, deals, people_toml(scenario), "--deals", plans=later)
    for payee in found["payees"]:
        for component in payee["components"]:
            figure = component["earned_minor"]
            assert sum(line["amount_minor"] for line in component["lines"]) == figure
            if {line["kind"] for line in component["lines"]} != {"share"}:  # a member's part
                assert sum(deal["added_minor"] for deal in component["deals"]) == figure
        earned_minor = sum(component["earned_minor"] for component in payee["components"])
        assert sum(period["earned_minor"] for period in payee["periods"]) == earned_minor


# --- draws -----------------------------------------------------------------------------------------------------------

DRAW = '[draw]\namount = "30000"\nfrom = "2026-01-01"\nuntil = "2026-03-31"\n'
FOUR_MONTHS = """deal_id,effective_on,amount,rep
d1,2026-01-05,100000.00,anna
d2,2026-02-05,250000.00,anna
d3,2026-03-05,400000.00,anna
d4,2026-04-05,500000.00,anna
"""


def paid(found: dict[str, Any], payee: int = 0) -> list[tuple[int, int]]:
    """Whole kroner paid and owed, by period."""
    periods = found["payees"][payee]["periods"]
    return [(of["paid_minor"] // 100, of["debt_minor"] // 100) for of in periods]


def test_the_printed_draw_is_paid_and_given_back(calc: Calc) -> None:
    found = calc(a_plan_text(window="month") + DRAW, FOUR_MONTHS)
    assert paid(found) == [(30_000, 20_000), (30_000, 25_000), (30_000, 15_000), (35_000, 0)]
    (anna,) = found["payees"]
    assert [period["earned_minor"] // 100 for period in anna["periods"]] == [
        *(10_000, 25_000, 40_000, 50_000)
    ]
    assert [period["draw_minor"] // 100 for period in anna["periods"]] == [30_000] * 3 + [0]
    assert anna["total_minor"] == 12_500_000


def test_a_guarantee_pays_the_greater_of_the_two_and_leaves_no_debt(calc: Calc) -> None:
    plan = a_plan_text(window="month") + DRAW + 'kind = "non_recoverable"\n'
    assert paid(calc(plan, FOUR_MONTHS)) == [(30_000, 0), (30_000, 0), (40_000, 0), (50_000, 0)]


def test_a_person_may_have_another_draw_or_none(calc: Calc) -> None:
    deals = FOUR_MONTHS + "d5,2026-02-05,10.00,bo\n"
    people = """people = [
      { rep = "anna", draw = { amount = 0 } },
      { rep = "bo", draw = { amount = "500", from = "2026-01-01", recovery_limit = "1" } },
      { rep = "carl", from = "2026-03-15", until = "2026-03-31" },
    ]"""
    found = calc(a_plan_text(window="month") + DRAW, deals, people)
    assert paid(found, 0) == [(10_000, 0), (25_000, 0), (40_000, 0), (50_000, 0)]
    assert paid(found, 1) == [(500, 500), (500, 999), (500, 1499), (500, 1999)]
    assert paid(found, 2) == [(30_000, 30_000), (0, 30_000)]


def test_a_draw_ends_with_the_person_and_what_is_owed_then_stays_owed(calc: Calc) -> None:
    people = """people = [
      { rep = "anna", until = "2026-02-10" },
      { rep = "bo", from = "2026-01-01", until = "2026-01-10", draw = { amount = "5", from = "2026-01-20" } },
    ]"""
    plan = a_plan_text(window="month") + DRAW + "forgive_at_end = true\n"
    found = calc(plan, FOUR_MONTHS, people)
    assert paid(found, 0) == [(30_000, 20_000), (30_000, 25_000), (0, 25_000), (0, 25_000)]
    assert paid(found, 1) == [(0, 0)] * 4


def test_a_draw_that_begins_later_leaves_earlier_deals_alone(calc: Calc) -> None:
    people = """people = [
      { rep = "anna", draw = { amount = "60000", from = "2026-04-01" } },
      { rep = "bo", draw = { amount = "5", from = "2026-03-01" } },
    ]"""
    found = calc(a_plan_text(window="month"), FOUR_MONTHS, people)
    assert paid(found, 0) == [(10_000, 0), (25_000, 0), (40_000, 0), (60_000, 10_000)]
    assert paid(found, 1) == [(5, 5), (5, 10)]


def test_a_cap_limits_what_is_earned_before_the_draw_looks_at_it(calc: Calc) -> None:
    plan = a_plan_text('cap_payout = "20000"\ntiers = [{ rate = "10%" }]', window="month") + DRAW
    assert paid(calc(plan, FOUR_MONTHS))[1:] == [(30_000, 30_000), (30_000, 40_000), (0, 20_000)]


# --- people, quotas and days -----------------------------------------------------------------------------------------

QUOTA_PLAN = a_plan_text(
    'tiers_on = "quota"\nquota = "1000"\ntiers = [{ up_to = "100%", rate = "5%" }, { rate = "10%" }]'
)


def quota_minor(found: dict[str, Any]) -> dict[tuple[str, str], int]:
    return {
        (payee["payee"], component["window"]): component["quota_minor"]
        for payee in found["payees"]
        for component in payee["components"]
    }


def test_the_quota_nearest_to_the_person_and_the_window_counts(calc: Calc) -> None:
    deals = "deal_id,effective_on,amount,rep\n" + "".join(
        f"{rep}{quarter},2026-{quarter}-01,2000,{rep}\n"
        for rep in ("anna", "bo", "carl")
        for quarter in ("01", "04")
    )
    people = """people = [
      { rep = "anna" },
      { rep = "bo", quota = "1500.00", quotas = { "2026-Q2" = 1600 } },
      { rep = "carl", quota = 1, components = { sales = { quotas = { "2026-Q1" = "1700" } } } },
    ]"""
    found = calc(QUOTA_PLAN, deals, people)
    assert quota_minor(found) == {
        ("anna", "2026-Q1"): 100_000,
        ("anna", "2026-Q2"): 100_000,
        ("bo", "2026-Q1"): 150_000,
        ("bo", "2026-Q2"): 160_000,
        ("carl", "2026-Q1"): 170_000,
        ("carl", "2026-Q2"): 100_000,
    }
    assert found["payees"][0]["total_minor"] == 2 * (5_000 + 10_000)


def test_deals_count_only_on_the_days_a_person_is_on_the_plan(calc: Calc) -> None:
    people = '[[people]]\nrep = "anna"\nfrom = 2026-02-05\nuntil = "2026-03-04"'
    found = calc(a_plan_text(window="month"), FOUR_MONTHS, people)
    assert [period["earned_minor"] for period in found["payees"][0]["periods"]] == [2_500_000, 0, 0]
    assert [(of["deal_id"], of["reasons"][0]["kind"]) for of in found["unpaid"]] == [
        *(("d1", "no_plan"), ("d3", "no_plan"), ("d4", "no_plan"))
    ]


def test_as_of_leaves_later_deals_out_and_ends_the_periods(calc: Calc) -> None:
    found = calc(a_plan_text(window="month"), FOUR_MONTHS, "", "--as-of", "2026-03-04")
    periods = found["payees"][0]["periods"]
    assert [(of["period"], of["earned_minor"]) for of in periods] == [
        *(("2026-01", 1_000_000), ("2026-02", 2_500_000), ("2026-03", 0))
    ]


def test_a_deal_that_paid_nobody_says_why(calc: Calc) -> None:
    plan = a_plan_text('where = { kind = "new" }\ntiers = [{ rate = "10%" }]')
    deals = """deal_id,effective_on,amount,rep,kind,currency,status
d1,2026-01-05,1,anna,new,DKK,won
d2,2026-01-05,1,anna,old,DKK,won
d3,2026-01-05,1,anna,new,SEK,won
d4,2026-01-05,1,anna,new,DKK,lost
"""
    unpaid = calc(plan, deals)["unpaid"]
    assert [(of["deal_id"], of["reasons"][0]["kind"]) for of in unpaid] == [
        *(("d2", "filter"), ("d3", "no_rate"))
    ]


def test_a_person_reads_tables(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(files(a_plan_text(window="month") + DRAW, FOUR_MONTHS)) == 0
    said = capsys.readouterr().out
    assert "anna: paid 125,000.00 DKK" in said
    assert ["2026-03", "40,000.00", "30,000.00", "30,000.00", "15,000.00"] in [
        line.split() for line in said.splitlines()
    ]


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_row_reads_the_same_whether_its_words_are_new_or_known(calc: Calc) -> None:
    row = "{0},Østre Ænd,2026-01-05,won,DKK,1000.50,500,2.5,Nova,north,anna,60%,AE,bo,2/5,SDR,a b"
    header = "deal_id,name,effective_on,status,currency,amount,margin,units,product,region"
    header += ",rep1,share1,role1,rep2,share2,role2,evidence"
    plan = a_plan_text(
        'requires = ["a", "b"]\nwhere = { region = "north", role = "AE" }\ntiers = [{ rate = "10%" }]'
    )
    for measure in ("revenue", "margin"):
        text = plan.replace('"revenue"', f'"{measure}"')
        (once,) = calc(text, f"{header}\n{row.format('d1')}\n")["payees"]
        twice = calc(text, f"{header}\n{row.format('d1')}\n{row.format('d2')}\n")["payees"]
        assert (
            twice[0]["components"][0]["attainment_minor"]
            == 2 * once["components"][0]["attainment_minor"]
        )


def refusal(files: Files, capsys: pytest.CaptureFixture[str], *texts: str) -> str:
    assert cli.main(files(*texts)) == 1
    printed = capsys.readouterr()
    assert not printed.out
    return printed.err


def test_all_problems_of_all_files_come_at_once_with_their_lines(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = a_plan_text('teirs = [{ rate = "10%" }]')
    deals = """deal_id,effective_on,amount,rep,status
d1,2026-02-30,1,anna,won
d2,2026-01-01,12.345,anna,won
d3,2026-01-01,1,,won
d4,2026-01-01,1,anna,win
d5,2026-01-01,1,anna,won
d5,2026-01-02,1,anna,won
d6,2026-01-01,,anna,won
d7,2026-01-01,1
"""
    people = '[[people]]\nrep = "anna"\nquotas = { "2026-13" = "1" }\nqouta = 1'
    said = refusal(files, capsys, plan, deals, people)
    for part in (
        "plan.toml, line 8, components[1].teirs",
        "people.toml, line 3, people[1].quotas.2026-13",
        'people.toml, line 4, people[1].qouta: "qouta" is not a key',
        "deals.csv, line 2, effective_on: “2026-02-30” is no date",
        "deals.csv, line 3, amount: '12.345' has more than 2 decimals",
        "deals.csv, line 4, rep: names nobody",
        "deals.csv, line 5, status",
        "deals.csv, line 7, deal_id: “d5” is already the deal of line 6",
        "deals.csv, line 8, amount: is missing",
        "deals.csv, line 9: has 3 cells, but the header has 5",
    ):
        assert part in said


def test_a_rep_whom_the_people_file_does_not_name_is_refused(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    deals = FOUR_MONTHS + "d5,2026-02-05,1,zoe\n"
    said = refusal(files, capsys, a_plan_text(), deals, '[[people]]\nrep = "ANNA"')
    assert "deals.csv, line 6, rep: no active rep is known as “zoe”" in said
    assert said.count("deals.csv") == 1


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("amount,rep", "there is no column “deal_id”"),
        ("deal_id,effective_on,amount", "there is no column “rep”"),
        ("deal_id,effective_on,rep1,share2", "“share2” stands without “rep2”"),
        ("deal_id,effective_on,rep1,rep10", "“rep10” is one too many"),
        ("deal_id,effective_on,rep,Deal Owner", "“Deal Owner” is neither a column"),
        ("deal_id,effective_on,rep,amount,amount", "is there twice"),
        ("", "there is no column “deal_id”"),
    ],
)
def test_columns_that_mean_nothing_are_refused(
    header: str, reason: str, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refusal(files, capsys, a_plan_text(), f"{header}\n")
    assert reason in said
    assert "deals.csv, line 1" in said


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("d1,2026-01-01,1e5,anna,50%,bo,50%,", "line 3, amount"),
        ("d1,2026-01-01,-5,anna,50%,bo,50%,lost", "line 3, amount"),
        ("d1,2026-01-01,5,anna,50%,bo,49%,", "line 3, rep1: the shares add up to 99%"),
        ("d1,2026-01-01,5,anna,50%,,50%,", "line 3"),
        ("d1,2026-01-01,5,anna,x,bo,50%,", "line 3, share1"),
        ("d1,2026-01-01,５,anna,50%,bo,50%,", "line 3, amount"),
        (f"{'d' * 500},2026-01-01,5,anna,50%,bo,50%,", "line 3, deal_id"),
        ("d1,9999-12-31,5,anna,50%,bo,50%,", "line 3, effective_on"),
        ("d\x1b1,2026-01-01,5,anna,50%,bo,50%,", "line 3, deal_id"),
    ],
)
def test_a_bad_row_after_a_good_one_is_refused_all_the_same(
    cells: str, reason: str, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "deal_id,effective_on,amount,rep1,share1,rep2,share2,status"
    good = "d0,2026-01-01,5,anna,50%,bo,50%,"
    said = refusal(files, capsys, a_plan_text(), f"{header}\n{good}\n{cells}\n")
    assert reason in said


@pytest.mark.parametrize(
    ("people", "reason"),
    [
        ("people = 5", "not a list"),
        ("", None),
        ('[[people]]\nname = "Anna"', '"rep" is missing'),
        ('people = [{ rep = "anna" }, { rep = "Anna" }]', "already there"),
        (
            'people = [{ rep = "anna", quotas = { "2026-01" = 5 } }]',
            "the plan's window is a quarter",
        ),
        ('people = [{ rep = "anna", quota = 5.5 }]', "quotes"),
        ('people = [{ rep = "anna", quota = -5 }]', "negative"),
        ('people = [{ rep = "anna", components = { salse = { quota = 5 } } }]', '"sales"'),
        ('people = [{ rep = "anna", from = "2026-02-01", until = "2026-01-01" }]', "is before"),
        ('people = [{ rep = "anna", draw = { amount = "5", kind = "loan" } }]', "choices"),
        ('people = [{ rep = "anna", from = "0001-01-01" }]', "out of range"),
        ("people = [", "not TOML"),
        ("persons = []", "people"),
    ],
)
def test_a_bad_file_of_people_is_refused(
    people: str, reason: str | None, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    if reason is None:
        people, reason = "# nobody\n", "names nobody"
    said = refusal(files, capsys, a_plan_text(), FOUR_MONTHS, people)
    assert reason in said


@pytest.mark.parametrize("day", ["9999-12-31", "1999-12-31", "tomorrow"])
def test_a_day_no_deal_can_count_from_is_no_day_to_settle_until(
    day: str, files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*files(a_plan_text(), FOUR_MONTHS), "--as-of", day]) in (1, 2)
    assert f"{day}" in capsys.readouterr().err


def test_the_files_a_spreadsheet_writes_are_read(calc: Calc, tmp_path: Path) -> None:
    deals = "\ufeffdeal_id;effective_on;amount;rep\r\nd1;2026-01-05;100.00;Søren Ærø\r\n"
    (soeren,) = calc(a_plan_text(), deals)["payees"]
    assert (soeren["payee"], soeren["total_minor"]) == ("Søren Ærø", 1_000)


def test_a_file_written_by_a_csv_library_with_quotes_is_read(calc: Calc, tmp_path: Path) -> None:
    path = tmp_path / "written.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["deal_id", "name", "effective_on", "amount", "rep"])
        writer.writerow(["d1", 'Holm, "Son" & Co', "2026-01-05", "100", "anna"])
    (anna,) = calc(a_plan_text(), path.read_text())["payees"]
    assert anna["total_minor"] == 1_000


# --- what the README promises ----------------------------------------------------------------------------------------

SECTION = readme_section("Calculate without a database")


@pytest.mark.parametrize(
    "keys",
    [PLAN_KEYS, COMPONENT_KEYS, TIER_KEYS, DRAW_KEYS, PERSON_KEYS, OWN_MEASURES, OWN_PROPERTIES],
    ids=" ".join,
)
def test_the_readme_names_every_key_and_column(keys: Sequence[str]) -> None:
    named = set(re.findall(r"[a-z_]+", SECTION))
    assert {*keys} <= named


def test_every_model_of_the_readme_is_a_plan(calc: Calc) -> None:
    models = re.findall(
        r"^\| ([^|`]+) \| (`.+`) \|$", SECTION.partition("### Models")[2], re.MULTILINE
    )
    assert len(models) >= 10
    people = '[[people]]\nrep = "anna"\nfrom = "2026-01-01"\n[[people]]\nrep = "mette"\nfrom = "2026-01-01"\n'
    people += '[[teams]]\nname = "North"\nmembers = "anna"\nleader = "mette"\n'
    for model, fragments in models:
        lines = re.findall(r"`([^`]+)`", fragments)
        measure = "" if fragments.startswith("`measure") else 'measure = "revenue"\n'
        plan = 'name = "P"\ncurrency = "DKK"\nwindow = "month"\n[[components]]\nkey = "a"\n'
        text = plan + 'quota = "1000"\n' + measure + "\n".join(lines)
        found = calc(
            text,
            "deal_id,effective_on,amount,margin,units,arr,product,strategic,rep\n"
            "d1,2026-11-05,2000000,500,20,900,Nova,yes,anna\n",
            people,
        )
        assert found["payees"], model


def test_a_residual_is_paid_until_the_day_that_is_settled(calc: Calc) -> None:
    plan = a_plan_text('years = ["10%", "5%"]', "year", measure="arr")
    deals = "deal_id,effective_on,amount,arr,rep\nd1,2026-01-31,0,1200,anna\n"
    (anna,) = calc(plan, deals, "", "--as-of", "2027-02-28", "--deals")["payees"]
    assert [
        [(line["year"], line["basis_minor"], line["rate"]) for line in of["lines"]]
        for of in anna["components"]
    ] == [[(1, 120_000, "10%")], [(2, 20_000, "5%")]]
    assert [one["instalment"] for one in anna["components"][1]["deals"]] == [13, 14]
    assert anna["total_minor"] == 130_00


def test_a_customer_who_leaves_after_the_day_asked_about_was_still_there(calc: Calc) -> None:
    plan = a_plan_text(
        'clawback = { within_months = 6, takes = "50%" }\ntiers = [{ rate = "10%" }]'
    )
    deals = "deal_id,effective_on,ended_on,amount,rep\nd1,2026-01-05,2026-04-05,100,anna\n"
    for as_of, taken_minor in (("2026-04-04", 0), ("2026-04-05", 500)):
        (anna,) = calc(plan, deals, "", "--as-of", as_of)["payees"]
        assert anna["components"][0]["clawed_back_minor"] == taken_minor
        assert anna["total_minor"] == 1000 - taken_minor


def test_churn_after_the_last_deal_is_settled_in_its_period(calc: Calc) -> None:
    plan = a_plan_text('churn = "net"\ntiers = [{ rate = "10%" }]')
    deals = "deal_id,effective_on,ended_on,amount,rep\nd1,2026-01-05,2026-03-05,100,anna\n"
    (anna,) = calc(plan, deals)["payees"]
    earned = {period["period"]: period["earned_minor"] for period in anna["periods"]}
    assert earned == {"2026-01": 1000, "2026-02": 0, "2026-03": -1000}


def test_a_converted_deal_says_from_what_and_by_which_rate(calc: Calc) -> None:
    rates = '[[exchange_rates]]\ncurrency = "EUR"\nday = "2026-01-01"\nrate = "7.4605"'
    plan = a_plan_text(f'tiers = [{{ rate = "10%" }}]\n{rates}')
    deals = "deal_id,effective_on,amount,currency,rep\nd1,2026-01-05,100,EUR,anna\n"
    (anna,) = calc(plan, deals, "", "--deals")["payees"]
    (deal,) = anna["components"][0]["deals"]
    assert deal["original"] == {"currency": "EUR", "amount_minor": 100_00, "rate": "7.4605"}
    assert (deal["attainment_minor"], anna["total_minor"]) == (746_05, 74_61)


def test_the_json_has_the_keys_the_readme_shows(calc: Calc) -> None:
    plan = a_plan_text(
        'requires = ["a"]\nwhere = { kind = "new" }\nclawback = { within_months = 9 }\n'
        'tiers = [{ rate = "10%" }]'
    )
    deals = """deal_id,effective_on,amount,rep,evidence,kind,ended_on
d1,2026-01-05,1,anna,a,new,2026-02-05
d2,2026-01-05,1,anna,,new,
d3,2026-01-05,1,anna,,old,
d4,2026-01-05,1,anna,a,new,
"""
    example = json.loads(re.search(r"^    (\{.*?\n)\n", SECTION, re.MULTILINE | re.DOTALL)[1])
    people = '[[people]]\nrep = "anna"\nequity = [ { units = 9, from = "2026-01-01", over_months = 9 } ]\n'
    assert shape(calc(plan, deals, people)) == shape(example)


def shape(told: Any) -> Any:
    """The keys of a JSON value, without what stands in them."""
    if isinstance(told, dict):
        return {key: shape(value) for key, value in told.items()}
    return [shape(told[0])] if isinstance(told, list) and told else None


def test_a_base_salary_stands_beside_what_is_paid_and_is_never_part_of_it(calc: Calc) -> None:
    plan = a_plan_text('tiers = [ { rate = "10%" } ]', "year", "quarter", base_salary="400000")
    deals = "deal_id,effective_on,rep,amount\nd1,2026-02-01,anna,3000000\nd2,2026-11-01,bo,1000\n"
    people = '[[people]]\nrep = "anna"\n[[people]]\nrep = "bo"\nbase_salary = "100000.01"\n'
    anna, bo = calc(plan, deals, people)["payees"]
    assert (anna["total_minor"], anna["with_base_minor"]) == (300_000_00, 700_000_00)
    assert [period["base_minor"] for period in anna["periods"]] == [100_000_00] * 4
    assert [period["base_minor"] for period in bo["periods"]] == [25_000_00]
    assert sum(period["earned_minor"] for period in anna["periods"]) == 300_000_00


def test_grants_of_equity_stand_beside_the_money_in_units(calc: Calc) -> None:
    people = """[[people]]
rep = "anna"
until = "2026-06-30"
[[people.equity]]
name = "Warrants"
units = 1000
from = "2025-01-01"
over_months = 36
every_months = 12
"""
    deals = "deal_id,effective_on,rep,amount\nd1,2026-02-05,anna,1000\n"
    found = calc(a_plan_text(), deals, people, "--as-of", "2027-01-31")["payees"][0]
    assert found["total_minor"] == 10_000
    (grant,) = found["equity"]
    assert (grant["vested_units"], grant["forfeited_units"], grant["next_on"]) == (333, 667, None)
