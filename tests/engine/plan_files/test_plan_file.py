"""Plan files: what they mean, and that everything wrong with one is named at once, with its line and its cure."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.engine.agreement.plans import (
    Axis,
    CurvePoint,
    Mode,
    OnChange,
    Stacking,
    Tier,
    WeightPolicy,
)
from tracker.engine.periods import PeriodKind
from tracker.engine.plan_files.plan_file import (
    COMPONENT_KEYS,
    PLAN_KEYS,
    SIZE_BYTES_MAX,
    PlanFileError,
    parse_plan,
)
from tracker.engine.plan_files.plan_lines import lines_of
from tracker.engine.plan_files.plan_reader import PlanProblem

QUOTA_LADDER = """
name = "AE SMB 2026"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "new_business"
measure = "revenue"
where = { kind = "new" }
requires = ["icp_match", "decision_maker"]
tiers_on = "quota"
mode = "marginal"
tiers = [ {up_to = "80%", rate = "8%"}, {up_to = "100%", rate = "10%"}, {up_to = "120%", rate = "13%"}, {rate = "15%"} ]
multipliers = [ {where = {product = "Nova"}, factor = "1.5"}, {where = {segment = "enterprise"}, factor = "1.25"} ]
multiplier_limit = "2.0"
"""


def plan_with(component_lines: str, plan_lines: str = "") -> str:
    """A plan file of one component on revenue; the component's first line is line 8."""
    return f"""name = "A plan"
currency = "DKK"
window = "quarter"
{plan_lines}
[[components]]
key = "sales"
measure = "revenue"
{component_lines}
"""


def problems_of(text: str) -> tuple[PlanProblem, ...]:
    with pytest.raises(PlanFileError) as refusal:
        parse_plan(text)
    return refusal.value.problems


def problems_or_none(text: str) -> tuple[PlanProblem, ...]:
    try:
        parse_plan(text)
    except PlanFileError as refusal:
        return refusal.problems
    return ()


def only_problem_of(text: str) -> PlanProblem:
    problems = problems_of(text)
    assert len(problems) == 1, "\n".join(map(str, problems))
    return problems[0]


def test_the_plan_of_the_design_is_read_exactly() -> None:
    plan = parse_plan(QUOTA_LADDER)
    assert (plan.name, plan.currency) == ("AE SMB 2026", "DKK")
    assert (plan.window, plan.settlement) == (PeriodKind.QUARTER, PeriodKind.MONTH)
    assert plan.on_change is OnChange.CONTINUE
    component = plan.component("new_business")
    assert component is not None
    assert component.tiers_on is Axis.QUOTA
    assert component.tiers[0] == Tier(Fraction(4, 5), Fraction(8, 100))
    assert component.tiers[-1] == Tier(None, Fraction(15, 100))
    assert component.where == {"kind": ("new",)}
    assert component.requires == ("icp_match", "decision_maker")
    assert [multiplier.factor for multiplier in component.multipliers] == [
        Fraction(3, 2),
        Fraction(5, 4),
    ]
    assert component.multiplier_limit == 2
    assert component.stacking is Stacking.PRODUCT


def test_amounts_are_minor_units_of_the_plans_currency() -> None:
    tiers = 'tiers = [ {up_to = "500000.50", rate = "5%", bonus = 1000}, {rate = "7%"} ]\n'
    limits = 'deal_cap = "1000000"\ncap_payout = "99999.99"'
    component = parse_plan(plan_with(tiers + limits)).components[0]
    assert component.tiers[0] == Tier(Fraction(50_000_050), Fraction(5, 100), bonus_minor=100_000)
    assert (component.deal_cap_minor, component.cap_payout_minor) == (100_000_000, 9_999_999)


def test_a_currency_without_decimals_has_whole_amounts_only() -> None:
    text = plan_with('tiers = [ {up_to = "500.5", rate = "5%"}, {rate = "7%"} ]')
    problem = only_problem_of(text.replace("DKK", "JPY"))
    assert (problem.line, problem.key) == (8, "components[1].tiers[1].up_to")
    assert "more than 0 decimals" in problem.what


def test_a_counted_measure_pays_an_amount_per_unit() -> None:
    tiers = 'tiers = [ {up_to = "10", per_unit = "500.00"}, {per_unit = "750"} ]'
    component = parse_plan(plan_with(tiers).replace('"revenue"', '"deals"')).components[0]
    assert component.tiers[0] == Tier(up_to=Fraction(1000), rate=Fraction(500))
    assert component.tiers[1].rate == 750


def test_the_next_tier_may_own_the_bound() -> None:
    tiers = 'tiers = [ {up_to = "500", rate = "5%", bound = "next"}, {rate = "7%"} ]'
    assert not parse_plan(plan_with(tiers)).components[0].tiers[0].owns_bound


def test_a_last_tier_that_ends_at_the_cap_is_kept_open() -> None:
    tiers = 'tiers = [ {up_to = "500", rate = "5%"}, {up_to = "900", rate = "7%"} ]\n'
    component = parse_plan(plan_with(tiers + 'cap_at = "900"')).components[0]
    assert component.tiers[-1].up_to is None
    assert component.cap_at == 90_000


def test_a_curve_is_drawn_over_the_quota() -> None:
    curve = 'curve = [ {at = "50%", pays = "0%"}, {at = "100%", pays = "100%"} ]\n'
    component = parse_plan(plan_with(curve + 'target_incentive = "200000"')).components[0]
    assert component.curve == (
        CurvePoint(Fraction(1, 2), Fraction(0)),
        CurvePoint(Fraction(1), Fraction(1)),
    )
    assert component.tiers_on is Axis.QUOTA
    assert component.target_incentive_minor == 20_000_000


def test_every_choice_can_be_written() -> None:
    text = plan_with(
        'tiers = [ { rate = "5%" } ]\nmode = "whole"\nstacking = "highest"\nweights = "average"\n'
        'pays_on = "margin"\nname = "Sales"',
        'settlement = "quarter"\non_change = "retro"\nyear_starts_in_month = 7',
    )
    plan = parse_plan(text)
    component = plan.components[0]
    assert (plan.on_change, plan.year_starts_in_month) == (OnChange.RETRO, 7)
    assert (component.mode, component.stacking) == (Mode.WHOLE, Stacking.HIGHEST)
    assert (component.weight_policy, component.pays_on) == (WeightPolicy.AVERAGE, "margin")


def test_windows_line_ends_and_a_byte_order_mark_are_read() -> None:
    assert parse_plan("\ufeff" + QUOTA_LADDER.replace("\n", "\r\n")) == parse_plan(QUOTA_LADDER)


def test_all_problems_of_a_file_come_at_once_in_the_order_of_the_lines() -> None:
    text = """name = "A plan"
curency = "DKK"
window = "month"
settlement = "quarter"

[[components]]
key = "New Business"
measure = "turnover"
tiers = [
  { up_to = 0.8, rate = "8%" },
  { rate = "10 percent" },
]
"""
    problems = problems_of(text)
    assert [(problem.line, problem.key) for problem in problems] == [
        (None, "currency"),
        (2, "curency"),
        (4, "settlement"),
        (7, "components[1].key"),
        (8, "components[1].measure"),
        (10, "components[1].tiers[1].up_to"),
        (11, "components[1].tiers[2].rate"),
    ]
    assert all(problem.what and problem.fix for problem in problems)


def test_a_problem_reads_as_one_sentence_of_where_what_and_cure() -> None:
    problem = only_problem_of(plan_with("tiers = [ { rate = 0.08 } ]"))
    assert str(problem) == (
        "line 8, components[1].tiers[1].rate: 0.08 is written without quotes; a computer keeps such a number "
        'only nearly. Put it in quotes, and it stays exact: rate = "0.08".'
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("moed", "mode"),
        ("tier", "tiers"),
        ("multiplier", "multipliers"),
        ("cap_payouts", "cap_payout"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(written: str, meant: str) -> None:
    problem = only_problem_of(plan_with(f'tiers = [ {{ rate = "8%" }} ]\n{written} = "x"'))
    assert (problem.line, problem.key) == (9, f"components[1].{written}")
    assert f'Did you mean "{meant}"?' in problem.fix


REFUSED = {
    "no tiers at all": ("", "", "does not say what it pays"),
    "an empty list of tiers": ("tiers = []", "tiers", "the list is empty"),
    "tiers that are one table": ('tiers = { rate = "8%" }', "tiers", "not a list"),
    "a tier that is a word": ('tiers = [ "8%" ]', "tiers[1]", "not a table"),
    "a tier that pays nothing": (
        'tiers = [ { up_to = "5" }, { rate = "8%" } ]',
        "tiers[1]",
        "does not say what",
    ),
    "equal bounds": (
        'tiers = [ { up_to = "5", rate = "5%" }, { up_to = "5", rate = "6%" }, { rate = "7%" } ]',
        "tiers[2].up_to",
        "the same as the end",
    ),
    "bounds out of order": (
        'tiers = [ { up_to = "5", rate = "5%" }, { up_to = "4", rate = "6%" }, { rate = "7%" } ]',
        "tiers[2].up_to",
        "below the end",
    ),
    "an open tier before the last": (
        'tiers = [ { rate = "5%" }, { rate = "7%" } ]',
        "tiers[1]",
        "only the last tier",
    ),
    "a hole above the last tier": (
        'tiers = [ { up_to = "5", rate = "5%" } ]',
        "tiers[1].up_to",
        "a hole",
    ),
    "a hole below the cap": (
        'tiers = [ { up_to = "5", rate = "5%" } ]\ncap_at = "6"',
        "tiers[1].up_to",
        "a hole",
    ),
    "tiers above the cap": (
        'tiers = [ { up_to = "5", rate = "5%" }, { rate = "7%" } ]\ncap_at = "5"',
        "cap_at",
        "never reached",
    ),
    "a bound of zero": (
        'tiers = [ { up_to = "0", rate = "5%" }, { rate = "7%" } ]',
        "tiers[1].up_to",
        "above zero",
    ),
    "a negative bound": (
        'tiers = [ { up_to = "-5", rate = "5%" }, { rate = "7%" } ]',
        "tiers[1].up_to",
        "above zero",
    ),
    "a negative rate": ('tiers = [ { rate = "-5%" } ]', "tiers[1].rate", "negative"),
    "a negative bonus": ('tiers = [ { rate = "5%", bonus = "-1" } ]', "tiers[1].bonus", "negative"),
    "a rate without its percent sign": (
        'tiers = [ { rate = "8" } ]',
        "tiers[1].rate",
        "not a percentage",
    ),
    "a rate with a comma": ('tiers = [ { rate = "8,5%" } ]', "tiers[1].rate", "not a percentage"),
    "a whole number as rate": ("tiers = [ { rate = 8 } ]", "tiers[1].rate", "not a percentage"),
    "an exponent as rate": ('tiers = [ { rate = "1e400%" } ]', "tiers[1].rate", "not a percentage"),
    "full-width digits": ('tiers = [ { rate = "８%" } ]', "tiers[1].rate", "not a percentage"),
    "not a number": ("tiers = [ { rate = nan } ]", "tiers[1].rate", "without quotes"),
    "a true rate": ("tiers = [ { rate = true } ]", "tiers[1].rate", "not a number"),
    "two rates in a tier": (
        'tiers = [ { rate = "8%", per_unit = "5" } ]',
        "tiers[1].per_unit",
        "already has rate",
    ),
    "a share as bound of an amount": (
        'tiers = [ { up_to = "80%", rate = "5%" }, { rate = "7%" } ]',
        "tiers[1].up_to",
        "is a share",
    ),
    "an amount as bound of a quota": (
        'tiers = [ { up_to = "80", rate = "5%" }, { rate = "7%" } ]\ntiers_on = "quota"',
        "tiers[1].up_to",
        "not a percentage",
    ),
    "an unknown owner of the bound": (
        'tiers = [ { up_to = "5", rate = "5%", bound = "lower" }, { rate = "7%" } ]',
        "tiers[1].bound",
        "not one of the choices",
    ),
    "the bound of a tier without end": (
        'tiers = [ { rate = "7%", bound = "next" } ]',
        "tiers[1].bound",
        "no bound",
    ),
    "an unknown mode": (
        'tiers = [ { rate = "5%" } ]\nmode = "retro"',
        "mode",
        "not one of the choices",
    ),
    "an unknown measure": (
        'tiers = [ { rate = "5%" } ]\npays_on = "profit"',
        "pays_on",
        "not a measure",
    ),
    "a filter that matches nothing": (
        'tiers = [ { rate = "5%" } ]\nwhere = { kind = [] }',
        "where.kind",
        "matches nothing",
    ),
    "a number in a filter": (
        'tiers = [ { rate = "5%" } ]\nwhere = { kind = 3 }',
        "where.kind",
        "not a text",
    ),
    "a filter that is a word": (
        'tiers = [ { rate = "5%" } ]\nwhere = "new"',
        "where",
        "not a table",
    ),
    "an empty word of evidence": (
        'tiers = [ { rate = "5%" } ]\nrequires = ["a", ""]',
        "requires[2]",
        "empty",
    ),
    "a factor of zero": (
        'tiers = [ { rate = "5%" } ]\nmultipliers = [ { where = { product = "N" }, factor = "0" } ]',
        "multipliers[1].factor",
        "above zero",
    ),
    "a factor that lost its sign": (
        'tiers = [ { rate = "5%" } ]\nmultipliers = [ { where = { product = "N" }, factor = "150" } ]',
        "multipliers[1].factor",
        "more than 10 times",
    ),
    "a multiplier for every deal": (
        'tiers = [ { rate = "5%" } ]\nmultipliers = [ { where = {}, factor = "1.5" } ]',
        "multipliers[1].where",
        "for which deals",
    ),
    "a multiplier limit of zero": (
        'tiers = [ { rate = "5%" } ]\nmultiplier_limit = "0"',
        "multiplier_limit",
        "above zero",
    ),
    "a cap per deal of zero": (
        'tiers = [ { rate = "5%" } ]\ndeal_cap = "0"',
        "deal_cap",
        "above zero",
    ),
    "a cap on pay below zero": (
        'tiers = [ { rate = "5%" } ]\ncap_payout = "-1"',
        "cap_payout",
        "above zero",
    ),
    "an amount beyond all reason": (
        'tiers = [ { rate = "5%" } ]\ndeal_cap = "999999999999999"',
        "deal_cap",
        "larger than",
    ),
    "a name with a control character": (
        'tiers = [ { rate = "5%" } ]\nname = "a\\u0007b"',
        "name",
        "control character",
    ),
    "a name too long": (
        'tiers = [ { rate = "5%" } ]\nname = "' + "a" * 300 + '"',
        "name",
        "300 characters",
    ),
    "tiers and a curve": (
        'tiers = [ { rate = "5%" } ]\ntiers_on = "quota"\ntarget_incentive = "1"\n'
        'curve = [ { at = "0%", pays = "0%" }, { at = "100%", pays = "100%" } ]',
        "curve",
        "not both",
    ),
    "a curve of one point": (
        'target_incentive = "1"\ncurve = [ { at = "100%", pays = "100%" } ]',
        "curve",
        "at least two points",
    ),
    "a curve that goes back": (
        'target_incentive = "1"\ncurve = [ { at = "90%", pays = "1%" }, { at = "50%", pays = "2%" } ]',
        "curve[2].at",
        "below the point before",
    ),
    "own deals that are shared": (
        'shared = "by_weight"\ntiers = [ { rate = "5%" } ]',
        "shared",
        "only what a team sells",
    ),
    "a curve without its target": (
        'curve = [ { at = "0%", pays = "0%" }, { at = "100%", pays = "100%" } ]',
        "target_incentive",
        "target incentive",
    ),
    "a multiple without its target": (
        'tiers = [ { multiple = "1.5" } ]\ntiers_on = "quota"',
        "target_incentive",
        "target incentive",
    ),
    "a multiple off the quota": (
        'tiers = [ { multiple = "1.5" } ]\ntarget_incentive = "1"',
        "tiers[1].multiple",
        "per point of quota",
    ),
    "multipliers that count towards the tiers of another measure": (
        'tiers = [ { rate = "5%" } ]\npays_on = "margin"\nweights = "on_credit"',
        "weights",
        "ignored",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_component_is_refused_for(name: str) -> None:
    lines, key, reason = REFUSED[name]
    problem = only_problem_of(plan_with(lines))
    assert problem.key == f"components[1].{key}".removesuffix(".")
    assert reason in problem.what
    assert problem.line is not None
    assert problem.fix


def test_a_percentage_of_a_count_is_refused() -> None:
    text = plan_with('tiers = [ { rate = "8%" } ]').replace('"revenue"', '"units"')
    assert only_problem_of(text).key == "components[1].tiers[1].rate"


def test_two_components_need_two_keys() -> None:
    component = '[[components]]\nkey = "sales"\nmeasure = "revenue"\ntiers = [ { rate = "2%" } ]\n'
    problem = only_problem_of(plan_with('tiers = [ { rate = "8%" } ]') + component)
    assert (problem.line, problem.key) == (10, "components[2].key")
    assert "already the key of component 1" in problem.what


def test_pay_per_quarter_from_a_monthly_ladder_is_refused() -> None:
    text = plan_with('tiers = [ { rate = "8%" } ]', 'settlement = "year"')
    assert (only_problem_of(text).line, only_problem_of(text).key) == (4, "settlement")


PRINTED = '{ up_to = "50%", rate = "5%" }, { up_to = "100%", rate = "7%" }'


def test_a_printed_multiple_that_disagrees_with_its_rate_blocks_and_says_the_true_one() -> None:
    tiers = (
        f'tiers_on = "quota"\ntiers = [ {PRINTED}, {{ rate = "12%", printed_multiple = "1.5" }} ]'
    )
    problem = only_problem_of(plan_with(tiers))
    assert "12% is 1.71 times 7%" in problem.what
    assert "10.5%" in problem.fix


@pytest.mark.parametrize(
    ("rate", "printed"), [("12%", "1.7"), ("12%", "1.71"), ("10.5%", "1.5"), ("10.5%", "150%")]
)
def test_a_printed_multiple_is_compared_to_the_digits_it_was_printed_with(
    rate: str, printed: str
) -> None:
    last = f'{{ rate = "{rate}", printed_multiple = "{printed}" }}'
    parse_plan(plan_with(f'tiers_on = "quota"\ntiers = [ {PRINTED}, {last} ]'))


def test_a_file_without_anything_names_all_it_lacks() -> None:
    assert {problem.key for problem in problems_of("")} == {
        "name",
        "currency",
        "window",
        "components",
    }


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("name = 'A'\nrate = 8%\n", 2, "percentages in quotes"),
        ("name = 'A'\nname = 'B'\n", 2, "stands twice"),
        ("name = 'A'\n\nname", 3, "is written key"),
        ("a = 1\nb = '\x00'\n", 2, "plain text"),
        ("a = " + "[" * 100_000, None, "Flatten"),
        ("a = 1\n" + "a." * 100_000 + "b = 1", 2, "Flatten"),
        ("#" * (SIZE_BYTES_MAX + 1), None, "right file"),
        ("a = " + "9" * 10_000, 1, "is written key"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_line(
    text: str, line: int | None, reason: str
) -> None:
    problem = only_problem_of(text)
    assert problem.line == line
    assert reason in problem.fix


PIECES = [
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    "=",
    "#",
    "\n",
    ".",
    "%",
    "-",
    "0",
    "tiers",
    "[[components]]",
    '"""',
    "\\",
    "\x00",
    "ø",
]


@given(st.data())
def test_a_mangled_plan_is_read_or_refused_with_lines_that_exist(data: st.DataObject) -> None:
    text = QUOTA_LADDER
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(st.sampled_from(["", *PIECES])) + text[end:]
    lines_count = text.count("\n") + 1
    for problem in problems_or_none(text):
        assert problem.what
        assert problem.line is None or 1 <= problem.line <= lines_count


ODD_VALUES = st.sampled_from(
    [
        "1",
        "-1",
        "0.5",
        "true",
        '""',
        '"x"',
        "[]",
        "{}",
        '["x", 1]',
        "{ x = 1 }",
        "2026-01-01",
        "inf",
    ]
)


@given(st.sampled_from([*PLAN_KEYS, *COMPONENT_KEYS, "where.kind"]), ODD_VALUES)
def test_any_value_under_any_key_is_read_or_refused(key: str, value: str) -> None:
    text = (
        f"{key} = {value}\n{QUOTA_LADDER}"
        if key in PLAN_KEYS
        else f"{QUOTA_LADDER}{key} = {value}\n"
    )
    kept = [
        line
        for line in text.splitlines()
        if line == f"{key} = {value}" or not line.startswith(f"{key} =")
    ]
    assert all(problem.line for problem in problems_or_none("\n".join(kept)))


def test_keys_are_found_on_their_lines_in_every_way_toml_has_to_write_them() -> None:
    text = '''title = "x # [not] = a"  # a comment with = and [
"quoted key" = 1
a.b.c = """
several = "lines"
"""
list = [
  1, # one
  [2, 3],
  { x = 'it', y = { z = 1 } },
]
[[parts]]
key = 1
[[parts]]
key = 2
[parts.where]
kind = ["a",
  "b"]
[[parts.tiers]]
rate = 1
'''
    lines = lines_of(text)
    assert lines[("quoted key",)] == 2
    assert lines[("a", "b", "c")] == 3
    assert lines[("list", 1, 1)] == 8
    assert lines[("list", 2, "y", "z")] == 9
    assert lines[("parts", 0, "key")] == 12
    assert lines[("parts", 1, "key")] == 14
    assert lines[("parts", 1, "where")] == 15
    assert lines[("parts", 1, "where", "kind", 1)] == 17
    assert lines[("parts", 1, "tiers", 0, "rate")] == 19
