"""A plan's own examples: its author's figures come out, or the plan says what it earns instead."""

import pytest

from tests.builders import a_plan, a_plan_text
from tests.engine.plan_files.test_plan_file import only_problem_of
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan
from tracker.engine.plan_files.plan_reader import PlanProblem
from tracker.engine.plan_trials.plan_trial import earned_minor, refuse_wrong_examples, sales_of

LADDER = 'tiers = [ {up_to = 500000, rate = "5%"}, {up_to = 1000000, rate = "7%"}, {rate = "10%"} ]'
QUOTA = 'tiers_on = "quota"\ntiers = [ {up_to = "80%", rate = "8%"}, {rate = "10%"} ]'
NOVA = 'multipliers = [ { where = { product = "Nova" }, factor = "1.5" } ]'

COMING_OUT = {
    "a sum": (LADDER, 'sold = "1500000"\nearned = "110000"'),
    "a sum on a quota": (QUOTA, 'quota = 1000000\nsold = "1000000"\nearned = "84000"'),
    "deals one after another": (
        f"{LADDER}\n{NOVA}",
        'deals = [ { amount = 500000 }, { amount = 100000, product = "Nova" } ]\nearned = "35500"',
    ),
    "what the deals of a sum are like": (
        f"{LADDER}\n{NOVA}",
        'sold = 100000\ndeal = { product = "Nova" }\nearned = 7500',
    ),
    "a filter and its evidence are met where nothing else is said": (
        f'{LADDER}\nwhere = {{ kind = "new", role = "SDR" }}\nrequires = ["icp"]',
        'sold = "100000"\nearned = "5000"',
    ),
    "a deal without its evidence is held": (
        f'{LADDER}\nrequires = ["icp", "budget"]',
        'deals = [ { amount = "100000", evidence = ["icp"] } ]\nearned = 0',
    ),
    "another kind of deal earns nothing": (
        f'{LADDER}\nwhere = {{ kind = "new" }}',
        'deals = [ { amount = "100000", kind = "renewal" } ]\nearned = 0',
    ),
    "a part of a deal": (
        LADDER,
        'deals = [ { amount = "100000", share = "60%" } ]\nearned = "3000"',
    ),
    "margin at the rate revenue reached": (
        f'pays_on = "margin"\nmode = "whole"\n{LADDER}',
        'deals = [ { amount = 600000, margin = "200000" } ]\nearned = "14000"',
    ),
    "a sum larger than the cap per deal": (
        'tiers = [ { rate = "10%" } ]\ndeal_cap = "40000"',
        'sold = "100000"\nearned = "10000"',
    ),
    "a credit note": (LADDER, 'deals = [ { amount = "-1000" } ]\nearned = "-50"'),
    "a customer who left": (
        f'{LADDER}\nclawback = {{ within_months = 12, takes = "by_months_remaining" }}',
        'deals = [ { amount = "100000", effective_on = "2026-01-15", ended_on = "2026-07-15" } ]\nearned = "2500"',
    ),
    "the years of a residual": (
        'years = [ "10%", "5%", "2%" ]',
        'sold = 120000\nuntil = "2028-12-31"\nearned = 20400',
    ),
    "a residual whose customer left": (
        'years = [ "10%", "5%", "2%" ]',
        'deals = [ { amount = 120000, effective_on = "2026-01-01", ended_on = "2026-12-31" } ]\n'
        'until = "2028-12-31"\nearned = 12000',
    ),
    "two windows": (
        LADDER,
        "deals = [ { amount = 500000, effective_on = 2026-01-15 }, "
        '{ amount = 500000, effective_on = 2026-04-15 } ]\nearned = "50000"',
    ),
}


@pytest.mark.parametrize("name", COMING_OUT)
def test_an_example_comes_out_of(name: str) -> None:
    component, example = COMING_OUT[name]
    refuse_wrong_examples(a_plan_text(f"{component}\n[[examples]]\n{example}"))


def problems_of_examples(text: str) -> tuple[PlanProblem, ...]:
    with pytest.raises(PlanFileError) as refusal:
        refuse_wrong_examples(text)
    return refusal.value.problems


def test_an_example_that_does_not_come_out_says_what_the_plan_earns_instead() -> None:
    text = a_plan_text(
        f'{LADDER}\n[[examples]]\nname = "Half a year"\nsold = 1500000\nearned = "110000.01"\n'
        '[[examples]]\nsold = "0.5"\nearned = "0.02"'
    )
    problems = problems_of_examples(text)
    assert [(problem.line, problem.key) for problem in problems] == [
        (12, "examples[1].earned"),
        (15, "examples[2].earned"),
    ]
    assert "“Half a year” says 110000.01, but the plan earns 110000." in problems[0].what
    assert 'earned = "0.03"' in problems[1].fix


def test_an_example_counts_for_the_component_it_names_or_for_all() -> None:
    kicker = 'key = "kicker"\nmeasure = "deals"\ntiers = [ { per_unit = "2500" } ]'
    two = f"{LADDER}\n[[components]]\n{kicker}\n[[examples]]\n"
    refuse_wrong_examples(a_plan_text(f'{two}component = "kicker"\nsold = "2.5"\nearned = "6250"'))
    refuse_wrong_examples(a_plan_text(f"{two}deals = [ {{ amount = 100000 }} ]\nearned = 7500"))


REFUSED = {
    "nothing sold": ("earned = 1", "", "once"),
    "sold twice": ("sold = 1\ndeals = [ { amount = 1 } ]\nearned = 1", "", "once"),
    "nothing earned": ("sold = 1", "earned", "missing"),
    "a stranger": ('component = "x"\nsold = 1\nearned = 1', "component", "no component"),
    "deal without sold": ("deals = [ { amount = 1 } ]\ndeal = {}\nearned = 1", "deal", "no sold"),
    "a float": ("sold = 1.5\nearned = 1", "sold", "without quotes"),
    "an unknown key": ("sold = 1\nearns = 1\nearned = 1", "earns", "not a key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_example_is_refused_for(name: str) -> None:
    lines, key, reason = REFUSED[name]
    problem = only_problem_of(a_plan_text(f"{LADDER}\n[[examples]]\n{lines}"))
    assert problem.key == f"examples[1].{key}".removesuffix(".")
    assert reason in problem.what


def test_a_sum_of_which_component_is_not_said_is_refused() -> None:
    two = f'{LADDER}\n[[components]]\nkey = "more"\nmeasure = "margin"\n{LADDER}\n'
    problem = only_problem_of(a_plan_text(f"{two}[[examples]]\nsold = 1\nearned = 1"))
    assert problem.key == "examples[1].sold"


def test_a_plan_with_examples_is_still_a_plan() -> None:
    text = a_plan_text(f"{LADDER}\n[[examples]]\nsold = 1\nearned = 1")
    assert len(parse_plan(text).examples) == 1


def test_so_many_deals_are_sold_as_so_many_deals() -> None:
    plan = a_plan(
        'tiers = [ { up_to = 2, per_unit = "100" }, { per_unit = "300" } ]', measure="deals"
    )
    sales = sales_of(plan.components[0], 350)
    assert [sale.share for sale in sales][-1] * 2 == 1
    assert earned_minor(plan, sales) == 100_00 * 2 + 300_00 * 3 // 2
