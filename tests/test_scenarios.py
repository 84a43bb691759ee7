"""Every worked example, to the øre: by the running totals and again from scratch."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest

from tests.builders import an_event
from tests.scenarios.reading import LONG_AGO, PAYEE_IDS, Row, Scenario, deal_of, scenarios
from tests.scenarios.running import Earned, RunningTotals
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment
from tracker.engine.deals import Deal
from tracker.engine.earning.explain import LineKind, explain_deals, explain_sums, explain_total
from tracker.engine.money import parse_amount_minor
from tracker.engine.payroll_months.equity import Grant, standing_of
from tracker.engine.replaying.replay import replay

REP_NAMES = {payee_id: name for name, payee_id in PAYEE_IDS.items()}

SCENARIOS = scenarios()


def with_table(name: str) -> pytest.MarkDecorator:
    """Run for each case that has such a table."""
    found = [scenario for scenario in SCENARIOS if name in scenario.tables]
    return pytest.mark.parametrize("scenario", found, ids=str)


def assignments_of(scenario: Scenario) -> list[Assignment]:
    everybody = [(payee_id, LONG_AGO, None) for payee_id in PAYEE_IDS.values()]
    return [
        Assignment(payee_id, scenario.model, starts_on, ends_on)
        for payee_id, starts_on, ends_on in scenario.stretches or everybody
    ]


def running_totals(scenario: Scenario, deals: Sequence[Deal]) -> RunningTotals:
    book = PlanBook(
        scenario.versions,
        assignments_of(scenario),
        memberships=scenario.memberships,
        until=scenario.until,
        quotas=scenario.quotas,
        exceptions=scenario.exceptions,
        exchange_rates=scenario.plan.exchange_rates,
    )
    totals = RunningTotals(book)
    for deal in [*deals, *scenario.scores]:
        totals.record(deal)
    totals.record_presence()
    return totals


def replayed(scenario: Scenario, deals: Sequence[Deal]) -> Earned:
    told = enumerate([*deals, *scenario.scores], start=1)
    events = [an_event(deal, version) for version, deal in told]
    versions = scenario.versions
    assignments = assignments_of(scenario)
    return dict(
        replay(
            events,
            versions,
            assignments,
            scenario.quotas,
            exceptions=scenario.exceptions,
            memberships=scenario.memberships,
            until=scenario.until,
            exchange_rates=scenario.plan.exchange_rates,
        )
    )


def earned_both_ways(scenario: Scenario, deals: Sequence[Deal]) -> Earned:
    """What the running totals say, once a computation from scratch has said the same."""
    running = without_zeros(running_totals(scenario, deals).earned())
    assert running == without_zeros(replayed(scenario, deals))
    return running


def without_zeros(earned: Earned) -> Earned:
    return {key: earned_minor for key, earned_minor in earned.items() if earned_minor}


def summed_like(rows: Sequence[Row], earned: Earned) -> dict[tuple[str, ...], int]:
    """Figures summed over the columns that a table of expected figures leaves out."""
    columns = [column for column in rows[0] if column != "earned"]
    components = {row["component"] for row in rows if "component" in row}
    sums: Counter[tuple[str, ...]] = Counter()
    for (payee_id, component_key, window_key, period_key), earned_minor in earned.items():
        cells = {
            "rep": REP_NAMES[payee_id],
            "component": component_key.partition("/")[2],
            "window": window_key,
            "period": period_key,
        }
        if not components or cells["component"] in components:
            sums[tuple(cells[column] for column in columns)] += earned_minor
    return {key: earned_minor for key, earned_minor in sums.items() if earned_minor}


def printed(rows: Sequence[Row]) -> dict[tuple[str, ...], int]:
    figures = {
        tuple(cell for column, cell in row.items() if column != "earned"): minor(row["earned"])
        for row in rows
    }
    assert len(figures) == len(rows), "a figure is printed twice"
    return {key: earned_minor for key, earned_minor in figures.items() if earned_minor}


def minor(amount: str) -> int:
    return parse_amount_minor(amount, 2)


def test_every_model_of_the_requirements_has_its_examples() -> None:
    models = {scenario.model.partition("_")[0] for scenario in SCENARIOS}
    assert models >= {
        "m1",
        "m2",
        "m3",
        "m4",
        "m5",
        "m6",
        "m7",
        "m10",
        "m13",
        "m16",
        "m19",
        "m20",
        "m21",
    }


@with_table("earned")
def test_deals_earn_the_printed_figures(scenario: Scenario) -> None:
    earned = earned_both_ways(scenario, scenario.deals)
    assert summed_like(scenario.rows("earned"), earned) == printed(scenario.rows("earned"))


@with_table("each amount alone")
def test_each_amount_alone_earns_the_printed_figure(scenario: Scenario) -> None:
    rows = scenario.rows("each amount alone")
    found = [
        (row["amount"], sum(earned_both_ways(scenario, [deal_of(row, "d")]).values()))
        for row in rows
    ]
    assert found == [(row["amount"], minor(row["earned"])) for row in rows]


@with_table("earned after each deal")
def test_each_further_deal_adds_the_printed_amount(scenario: Scenario) -> None:
    rows = scenario.rows("earned after each deal")
    deals = [deal_of(row, f"d{number:02}") for number, row in enumerate(rows, start=1)]
    figures = [
        sum(earned_both_ways(scenario, deals[:count]).values()) for count in range(len(deals) + 1)
    ]
    added = [after - before for before, after in pairwise(figures)]
    found = list(zip(added, figures[1:], strict=True))
    assert found == [(minor(row["adds"]), minor(row["earned"])) for row in rows]


@with_table("by year")
def test_a_residual_opens_to_the_printed_years(scenario: Scenario) -> None:
    totals = running_totals(scenario, scenario.deals)
    lines = [
        (line.number, line.basis_minor, line.amount_minor)
        for key in totals.totals()
        for line in explain_total(totals.credits(key), totals.book)
        if line.kind is LineKind.YEAR
    ]
    assert lines == [
        (int(row["year"]), minor(row["basis"]), minor(row["pays"]))
        for row in scenario.rows("by year")
    ]


@with_table("by tier")
def test_the_figure_opens_to_the_printed_tiers(scenario: Scenario) -> None:
    totals = running_totals(scenario, scenario.deals)
    (key,) = totals.totals()
    lines = explain_total(totals.credits(key), totals.book)
    found = [
        (line.number, line.basis_minor, line.amount_minor)
        for line in lines
        if line.kind is LineKind.TIER
    ]
    assert found == [
        (int(row["tier"]), minor(row["basis"]), minor(row["pays"]))
        for row in scenario.rows("by tier")
    ]


@with_table("vested")
def test_a_grant_vests_as_printed(scenario: Scenario) -> None:
    (row,) = scenario.rows("grants")
    months = (int(row[key]) for key in ("over", "cliff", "every"))
    grant = Grant(1, "Units", int(row["units"]), date.fromisoformat(row["from"]), *months)
    left_on = date.fromisoformat(row["left"]) if row["left"] else None
    for line in scenario.rows("vested"):
        standing = standing_of(grant, date.fromisoformat(line["day"]), left_on)
        found = (standing.vested_units, standing.forfeited_units)
        assert found == (int(line["vested"]), int(line["forfeited"])), line["day"]


@with_table("held")
def test_deals_without_their_evidence_are_held_and_say_what_is_missing(scenario: Scenario) -> None:
    held = [
        (credit.deal_key, REP_NAMES[credit.payee_id], ", ".join(credit.missing_evidence))
        for credit in running_totals(scenario, scenario.deals).held()
    ]
    assert held == [tuple(row.values()) for row in scenario.rows("held")]


@with_table("deals")
def test_explanations_sum_to_the_figure(scenario: Scenario) -> None:
    totals = running_totals(scenario, scenario.deals)
    earned = totals.earned()
    for key in totals.totals():
        window = (key.payee_id, key.component_key, key.window_key)
        figure = sum(minor for of, minor in earned.items() if of[:3] == window)
        tiers = explain_total(totals.credits(key), totals.book)
        deals = explain_deals(totals.credits(key), totals.book)
        assert sum(line.amount_minor for line in tiers) == figure
        assert sum(line.added_minor for line in deals) == figure


@with_table("deals")
def test_the_sums_alone_explain_a_figure_by_the_same_lines(scenario: Scenario) -> None:
    totals = running_totals(scenario, scenario.deals)
    for key in totals.totals():
        total = totals.total(key)
        if any(sums.negative_count for sums in total.cells.values()):
            continue  # a way up and down again is explained by its deals
        by_deals = explain_total(totals.credits(key), totals.book)
        assert explain_sums(total, totals.book) == by_deals


@with_table("deals")
def test_the_order_of_arrival_changes_nothing(scenario: Scenario) -> None:
    newest = {deal.key: deal for deal in scenario.deals}
    backwards = running_totals(scenario, list(newest.values())[::-1])
    in_order = running_totals(scenario, scenario.deals)
    assert without_zeros(backwards.earned()) == without_zeros(in_order.earned())
