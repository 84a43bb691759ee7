"""A plan in plain words: every key the reader knows is heard, in every language, and its examples are the engine's."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import a_plan, a_plan_text
from tests.engine.histories import plan_texts
from tests.engine.plan_files.test_plan_schema import PART_OF, TABLE_OF, tuples_of_the_plan_reader
from tracker.engine.agreement.plans import Plan
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.engine.plan_trials.plan_outline import Topic
from tracker.pages.component_sentences import COMPONENT_SENTENCES
from tracker.pages.i18n import LOCALES, speaking
from tracker.pages.plan_sentences import PLAN_SENTENCES
from tracker.pages.plan_text import PlanText, plan_text

FLAT = 'tiers = [ { rate = "10%" } ]\n'
LADDER = 'tiers = [ { up_to = "500000", rate = "5%" }, { rate = "7%" } ]\n'
ON_QUOTA = 'tiers_on = "quota"\ntiers = [ { up_to = "80%", rate = "5%" }, { rate = "7%" } ]\n'
MULTIPLE = 'tiers_on = "quota"\ntarget_incentive = "100000"\ntiers = [ { multiple = "1" } ]\n'
CURVE = 'target_incentive = "100000"\ncurve = [ { at = "50%", pays = "0%" }, { at = "100%", pays = "100%" } ]\n'
NOVA = '{ where = { product = "Nova" }, factor = "1.5" }'
TWO = f'multipliers = [ {NOVA}, {{ where = {{ segment = "smb" }}, factor = "2" }} ]\n'
CLAWBACK = 'clawback = { within_months = 6, takes = "all" }\n'
STEPS = 'clawback = { takes = [ { within_months = 3, takes = "100%" }, { within_months = 6, takes = "50%" } ] }\n'
EURO = '[[exchange_rates]]\ncurrency = "EUR"\nday = "2026-01-01"\nrate = "7.4605"\n'
EXAMPLE = "[[examples]]\nsold = 100\nearned = 10\n"
YEARS = 'years = [ "10%", "5%", "2%" ]\n'
DRAW = '[draw]\namount = "30000"\nuntil = "2026-06-30"\n'


def component(lines: str, **words: str) -> str:
    return a_plan_text(lines, **words)


def top(line: str, rest: str = FLAT) -> str:
    """A plan with a line of its own before its components."""
    return a_plan_text(rest).replace("[[components]]", f"{line}\n[[components]]", 1)


def swapped(lines: str, old: str, new: str) -> tuple[str, str]:
    assert old in lines
    return component(lines), component(lines.replace(old, new))


def added(lines: str, line: str) -> tuple[str, str]:
    return component(lines), component(f"{lines}{line}\n")


def due(line: str) -> str:
    return a_plan_text(f'tiers = [ {{ per_unit = "5000" }} ]\n{line}', measure="presence")


HEARD: dict[str, tuple[str, str]] = {
    "plan.name": (a_plan_text(name="A"), a_plan_text(name="B")),
    "plan.currency": (a_plan_text(currency="DKK"), a_plan_text(currency="EUR")),
    "plan.window": (a_plan_text(window="quarter"), a_plan_text(window="year")),
    "plan.settlement": (a_plan_text(settlement="month"), a_plan_text(settlement="quarter")),
    "plan.on_change": (a_plan_text(on_change="continue"), a_plan_text(on_change="retro")),
    "plan.year_starts_in_month": (a_plan_text(), top("year_starts_in_month = 7")),
    "plan.draw": (a_plan_text(), top(DRAW)),
    "plan.base_salary": (a_plan_text(), top('base_salary = "400000"')),
    "plan.components": (
        a_plan_text(),
        a_plan_text(f'{FLAT}[[components]]\nkey = "more"\nmeasure = "margin"\n{FLAT}'),
    ),
    "plan.examples": added(FLAT, EXAMPLE),
    "plan.exchange_rates": added(FLAT, EURO),
    "exchange_rate.currency": swapped(FLAT + EURO, "EUR", "SEK"),
    "exchange_rate.day": swapped(FLAT + EURO, "2026-01-01", "2026-02-01"),
    "exchange_rate.rate": swapped(FLAT + EURO, "7.4605", "7.46"),
    "component.key": (a_plan_text(key="sales"), a_plan_text(key="more")),
    "component.name": added(FLAT, 'name = "New business"'),
    "component.measure": (a_plan_text(measure="revenue"), a_plan_text(measure="arr")),
    "component.pays_on": added(LADDER, 'pays_on = "margin"'),
    "component.where": added(FLAT, 'where = { kind = "new", region = ["North", "South"] }'),
    "component.requires": added(FLAT, 'requires = ["icp_match"]'),
    "component.tiers_on": (component(LADDER), component(ON_QUOTA)),
    "component.mode": added(LADDER, 'mode = "whole"'),
    "component.tiers": (component(FLAT), component(LADDER)),
    "component.curve": (component(FLAT), component(CURVE)),
    "component.target_incentive": swapped(CURVE, "100000", "200000"),
    "component.multipliers": added(LADDER, f"multipliers = [ {NOVA} ]"),
    "component.stacking": added(LADDER + TWO, 'stacking = "highest"'),
    "component.multiplier_limit": added(LADDER + TWO, 'multiplier_limit = "2"'),
    "component.weights": added(LADDER + TWO, 'weights = "average"'),
    "component.deal_cap": added(FLAT, 'deal_cap = "1000"'),
    "component.cap_at": added(FLAT, 'cap_at = "1000000"'),
    "component.cap_payout": added(FLAT, 'cap_payout = "50000"'),
    "component.quota": added(ON_QUOTA, 'quota = "2000000"'),
    "component.from": added(FLAT, 'from = "2026-01-01"'),
    "component.until": added(FLAT, 'until = "2026-06-30"'),
    "component.overlays": added(FLAT, 'overlays = "pay_only"'),
    "component.clawback": added(FLAT, CLAWBACK),
    "component.churn": added(FLAT, 'churn = "net"'),
    "component.replaces_flat_rate": added(FLAT, 'replaces_flat_rate = "8%"'),
    "component.judged": added(f'mode = "whole"\n{LADDER}', 'judged = "each"'),
    "component.years": (component(FLAT), component(YEARS)),
    "component.instalments": added(YEARS, 'instalments = "year"'),
    "plan.seasonal": (
        a_plan_text(ON_QUOTA),
        top("seasonal = [8, 8, 9, 9, 8, 7, 5, 7, 9, 10, 10, 10]", ON_QUOTA),
    ),
    "component.seasonal": added(ON_QUOTA, "seasonal = [8, 8, 9, 9, 8, 7, 5, 7, 9, 10, 10, 10]"),
    "plan.ramp": (a_plan_text(ON_QUOTA), top('ramp = ["25%", "50%"]', ON_QUOTA)),
    "component.ramp": added(ON_QUOTA, 'ramp = ["25%", "50%"]'),
    "plan.prorate": (a_plan_text(ON_QUOTA), top('prorate = "days"', ON_QUOTA)),
    "component.prorate": added(ON_QUOTA, 'prorate = "days"'),
    "plan.on_quota_change": (a_plan_text(ON_QUOTA), top('on_quota_change = "prorate"', ON_QUOTA)),
    "component.on_quota_change": added(ON_QUOTA, 'on_quota_change = "prorate"'),
    "component.due": (due('due = "2026-12-31"'), due('due = ["2026-06-30", "2026-12-31"]')),
    "component.every": (due('due = "2026-12-31"'), due('every = "year"')),
    "component.after_months": (due('due = "2026-12-31"'), due("after_months = [12, 24]")),
    "component.of": added(FLAT, 'of = "team"'),
    "component.shared": added(f'{FLAT}of = "team"\n', 'shared = "by_weight"'),
    "tier.up_to": swapped(LADDER, "500000", "600000"),
    "tier.rate": swapped(LADDER, "7%", "8%"),
    "tier.multiple": swapped(MULTIPLE, '"1"', '"1.5"'),
    "tier.per_unit": (
        component('tiers = [ { per_unit = "500" } ]', measure="units"),
        component('tiers = [ { per_unit = "600" } ]', measure="units"),
    ),
    "tier.bonus": swapped(LADDER, '"7%"', '"7%", bonus = "5000"'),
    "tier.bound": swapped(LADDER, '"5%"', '"5%", bound = "next"'),
    "point.at": swapped(CURVE, '"50%"', '"60%"'),
    "point.pays": swapped(CURVE, '"0%"', '"10%"'),
    "multiplier.where": swapped(FLAT + TWO, "smb", "mid"),
    "multiplier.factor": swapped(FLAT + TWO, '"2"', '"3"'),
    "multiplier.label": swapped(FLAT + TWO, '"1.5"', '"1.5", label = "Launch"'),
    "clawback.within_months": swapped(FLAT + CLAWBACK, "6", "12"),
    "clawback.takes": swapped(FLAT + CLAWBACK, '"all"', '"by_months_remaining"'),
    "clawback.reprices": swapped(LADDER + CLAWBACK, '"all"', '"all", reprices = "deal"'),
    "clawback_step.within_months": swapped(FLAT + STEPS, "= 6", "= 12"),
    "clawback_step.takes": swapped(FLAT + STEPS, "50%", "25%"),
    "draw.amount": (top(DRAW), top(DRAW.replace("30000", "40000"))),
    "draw.kind": (top(DRAW), top(f'{DRAW}kind = "non_recoverable"')),
    "draw.from": (top(DRAW), top(f'{DRAW}from = "2026-01-01"')),
    "draw.until": (top(DRAW), top(DRAW.replace("06-30", "09-30"))),
    "draw.recovery_limit": (top(DRAW), top(f'{DRAW}recovery_limit = "5000"')),
    "draw.forgive_at_end": (top(DRAW), top(f"{DRAW}forgive_at_end = true")),
    "example.name": added(FLAT, f'{EXAMPLE}name = "A good month"'),
    "example.sold": swapped(FLAT + EXAMPLE, "sold = 100", "sold = 200"),
    "example.earned": swapped(FLAT + EXAMPLE, "earned = 10", "earned = 20"),
}
"""Two plans that differ in one key: a reader must see the difference."""

SILENT = {
    "tier.printed_multiple": "checked against the rates, which are said",
    "example.component": "says what is sold and earned",
    "example.quota": "says what is sold and earned",
    "example.deal": "says what is sold and earned",
    "example.deals": "says what is earned",
    "example.until": "says what is earned",
    **dict.fromkeys(
        (f"sale.{key}" for key in dict(tuples_of_the_plan_reader())["SALE_KEYS"]),
        "a deal of the author's examples",
    ),
}
"""Keys that a reader need not hear of, and why."""


def keys() -> Iterator[str]:
    for name, found in tuples_of_the_plan_reader():
        if name not in PART_OF:
            yield from (f"{TABLE_OF[name]}.{key}" for key in found)


def said(plan: Plan, locale: str) -> PlanText:
    with speaking(locale):
        return plan_text(plan)


@pytest.mark.parametrize("key", sorted(keys()))
def test_every_key_is_heard_in_every_language(key: str) -> None:
    if key in SILENT:
        return
    assert key in HEARD, f"{key} is read from a plan file, but nothing says it in words"
    without, with_key = map(parse_plan, HEARD[key])
    for locale in LOCALES:
        assert said(without, locale) != said(with_key, locale)


def test_every_topic_has_sentences() -> None:
    assert {*PLAN_SENTENCES, *COMPONENT_SENTENCES} == set(Topic)


def figures(plan: Plan, heading: str) -> dict[str, tuple[str, str]]:
    """The rows of one group of examples of a plan's only component, without the spaces that do not break."""
    (section,) = said(plan, "da").sections
    (found,) = [
        examples
        for examples in section.examples
        if examples.heading.replace("\xa0", " ") == heading
    ]
    return {
        row.label.replace("\xa0", " "): (
            row.figure.replace("\xa0", " "),
            row.how.replace("\xa0", " "),
        )
        for row in found.rows
    }


def test_examples_below_at_and_above_every_step_are_worked_out() -> None:
    tiers = (
        'tiers = [ {up_to = 500000, rate = "5%"}, {up_to = 1000000, rate = "7%"}, '
        '{up_to = 2000000, rate = "10%"}, {rate = "12%"} ]'
    )
    rows = figures(a_plan(tiers), "For eksempel")
    assert list(rows) == [
        f"{sold} kr. solgt"
        for sold in (
            *("250.000", "500.000", "750.000", "1.000.000"),
            *("1.500.000", "2.000.000", "2.500.000"),
        )
    ]
    assert rows["2.500.000 kr. solgt"] == (
        "220.000 kr.",
        "25.000 kr. + 35.000 kr. + 100.000 kr. + 60.000 kr.",
    )


def test_examples_on_a_quota_say_for_which() -> None:
    plan = a_plan('quota = "2000000"\n' + ON_QUOTA)
    assert figures(plan, "Med et mål på 2.000.000 kr.")["1.600.000 kr. solgt"][0] == "80.000 kr."
    with speaking("da"):
        other = plan_text(plan, {"sales": 100_000_000}).sections[0].examples[0]
    assert other.heading.endswith("1.000.000\xa0kr.")


def test_the_deal_that_crosses_a_retroactive_bound_shows_its_jump() -> None:
    tiers = 'mode = "whole"\ntiers = [ {up_to = 500000, rate = "5%"}, {rate = "7%"} ]'
    rows = figures(a_plan(tiers), "Det salg, der løfter dig til næste trin")
    assert rows["50.000 kr. mere, når du har solgt 475.000 kr."][0] == "13.000 kr."


def test_a_multiplier_shows_what_it_makes_of_a_deal() -> None:
    rows = figures(a_plan(f"{FLAT}multipliers = [ {NOVA} ]"), "Hvad en multiplikator er værd")
    assert rows["10.000 kr. solgt, produktet er »Nova«"] == ("1.500 kr.", "i stedet for 1.000 kr.")


def test_a_draw_shows_four_periods_as_they_are_paid() -> None:
    (draw,) = said(parse_plan(top(DRAW.replace("06-30", "03-31"))), "da").examples
    shown = [(row.figure.replace("\xa0", " "), row.how.replace("\xa0", " ")) for row in draw.rows]
    assert shown == [
        ("30.000 kr. udbetalt", "20.000 kr. skyldig derefter"),
        ("30.000 kr. udbetalt", "25.000 kr. skyldig derefter"),
        ("30.000 kr. udbetalt", "15.000 kr. skyldig derefter"),
        ("35.000 kr. udbetalt", ""),
    ]


def test_what_a_leaving_customer_takes_back_is_worked_out() -> None:
    by_months = FLAT + CLAWBACK.replace("all", "by_months_remaining")
    rows = figures(a_plan(by_months), "Når en kunde går")
    assert rows["efter 3 måneder, af et salg på 10.000 kr."] == ("−500 kr.", "af 1.000 kr.")


def test_a_residual_shows_what_each_year_pays() -> None:
    rows = figures(a_plan(YEARS, measure="arr", window="year"), "Hvad ét salg giver over årene")
    assert {label: figure for label, (figure, _) in rows.items()} == {
        "10.000 kr. om året, i år 1": "1.000 kr.",
        "10.000 kr. om året, i år 2": "500 kr.",
        "10.000 kr. om året, i år 3": "200 kr.",
    }


def test_a_score_is_told_in_percent() -> None:
    plan = a_plan(CURVE + 'where = { objective = "nps" }', measure="objective")
    (section,) = said(plan, "da").sections
    assert section.opening[0] == "Det, der tæller, er den score, du får for »nps«."
    assert "75 %" in {row.label.replace("\xa0", " ") for row in section.examples[0].rows}


@settings(max_examples=12)
@given(st.data())
def test_any_plan_can_be_told(data: st.DataObject) -> None:
    text = data.draw(plan_texts(("quarter", "month", "own", "team")))
    for locale in LOCALES:
        told = said(parse_plan(text), locale)
        assert told.sections
        assert all(not sentence.endswith("..") for sentence in told.opening)
