"""The form writes the file a person would, and is offered only where nothing would be lost."""

import pytest

from tests.builders import a_plan_text
from tracker.demo.company import TEAMS, plan_text
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.engine.plan_files.plan_form import FilterRow, PlanForm, TierRow, form_of, text_of


@pytest.mark.parametrize("key", [team.plan_key for team in TEAMS])
def test_a_usual_plan_comes_back_from_the_form_as_it_was(key: str) -> None:
    form = form_of(plan_text(key))
    assert form is not None
    assert form_of(text_of(form)) == form


@pytest.mark.parametrize(
    "component",
    [
        'tiers = [ { up_to = "500000", rate = "5%" }, { rate = "7.5%" } ]\ncap_at = "900000.50"',
        "measure_is_units = 1",
        'tiers_on = "quota"\ntiers = [ { up_to = "80%", rate = "8%", bonus = "1000" }, { rate = "1/3" } ]',
    ],
)
def test_what_the_form_cannot_hold_is_left_to_the_text(component: str) -> None:
    text = a_plan_text(component)
    form = form_of(text)
    if form is not None:
        assert parse_plan(text_of(form)) == parse_plan(text)


def test_counts_pay_money_for_each() -> None:
    text = a_plan_text(
        'tiers = [ { up_to = "10", per_unit = "500" }, { per_unit = "750.5" } ]', measure="deals"
    )
    form = form_of(text)
    assert form is not None
    assert form.tiers == (TierRow("10", "500"), TierRow("", "750.5"))
    assert parse_plan(text_of(form)) == parse_plan(text)


def test_words_of_people_cannot_break_out_of_their_quotes() -> None:
    evil = '"] }, { x = ["'
    form = PlanForm(
        {"name": evil, "currency": "DKK", "window": "month", "measure": "revenue", "key": "sales"},
        (TierRow("", "5%"),),
        (FilterRow("kind", evil),),
        (FilterRow("product", "Nova, Max", "1.5"),),
    )
    plan = parse_plan(text_of(form))
    assert plan.name == evil
    assert plan.components[0].where == {"kind": tuple(word.strip() for word in evil.split(","))}
    assert plan.components[0].multipliers[0].where == {"product": ("Nova", "Max")}


def test_what_the_form_has_no_field_for_is_kept_as_further_lines() -> None:
    text = (
        a_plan_text(
            """tiers = [ { rate = "5%" } ]
quota = "1000"
[draw]
amount = "30000"
forgive_at_end = true
until = 2026-04-30"""
        )
        .replace("[draw]", "[components.clawback]\nwithin_months = 6\n[draw]")
        .replace('currency = "DKK"', 'currency = "DKK"\nyear_starts_in_month = 7')
    )
    form = form_of(text)
    assert form is not None
    assert "year_starts_in_month = 7" in form.field("rest_of_plan")
    assert 'draw = { amount = "30000", forgive_at_end = true, until = 2026-04-30 }' in form.field(
        "rest_of_plan"
    )
    assert "clawback = { within_months = 6 }" in form.field("rest_of_component")
    assert parse_plan(text_of(form)) == parse_plan(text)
