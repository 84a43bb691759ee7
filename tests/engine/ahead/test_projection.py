"""Where a window ends: held to an oracle that replays every way the open deals can go, and to sums done by hand."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise, product
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import ANNA, BO, a_book, a_deal, a_plan, an_event, shared_by
from tests.engine.histories import PAYEES, History, amounts, aspects, histories
from tests.engine.test_incremental_equals_replay import (
    Company,
    company_told,
)
from tests.random_histories import tried_on
from tests.scenarios.running import RunningTotals
from tracker.engine.agreement.ladder_terms import LadderTerms
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.ahead import outcomes
from tracker.engine.ahead.projection import Ladder, Projection, exposures_of, project
from tracker.engine.ahead.prospects import (
    Decided,
    Doubt,
    Odds,
    OddsSource,
    StageBook,
    prospects_of,
)
from tracker.engine.crediting.credits import credits_of
from tracker.engine.deals import Deal, DealStatus, NextStep
from tracker.engine.earning.totals import TotalKey

TODAY = date(2026, 11, 20)
FIRST_DAY = date(2026, 9, 1)
NO_STAGES = StageBook({}, {})
KEY = TotalKey(ANNA, "ae/sales", "2026-Q4")
LADDER = 'tiers = [ { up_to = "1000", rate = "5%" }, { up_to = "2000", rate = "10%" }, { rate = "20%" } ]'
WEIGHED = f'{LADDER}\nmultipliers = [ {{ where = {{ product = "Nova" }}, factor = "1.5" }} ]'


def an_open_deal(key: str, amount_minor: int, probability: str | None, **changes: object) -> Deal:
    """An open deal of Anna's with everything that is needed to be backed."""
    wanted = {
        "status": DealStatus.OPEN,
        "effective_on": TODAY + timedelta(days=10),
        "probability": None if probability is None else Fraction(probability),
        "next_step": NextStep("Sign", "Anna", TODAY + timedelta(days=5)),
        **changes,
    }
    return a_deal(key, amount_minor, **wanted)


def projected(
    *open_deals: Deal,
    sold_minor: int = 0,
    component: str = LADDER,
    stages: StageBook = NO_STAGES,
    sold: Sequence[Deal] = (),
) -> Projection:
    """Anna's quarter, after so much was won on 2 November."""
    book = a_book(a_plan(component))
    totals = RunningTotals(book, {})
    for deal in [*([a_deal(amount_minor=sold_minor)] if sold_minor else []), *sold]:
        totals.record(deal)
    return project_of(totals, book, open_deals, TODAY, [KEY], stages)


def project_of(
    totals: RunningTotals,
    book: PlanBook,
    open_deals: Sequence[Deal],
    today: date,
    keys: Sequence[TotalKey],
    stages: StageBook = NO_STAGES,
) -> Projection:
    prospects = prospects_of(open_deals, book, today, stages)
    ladders = []
    for key in keys:
        plan_key, _ = key.component_key.split("/")
        in_force = [v for v in book.versions_for(key.payee_id, today) if v.plan_key == plan_key]
        held = LadderTerms(key, totals.book).on(in_force[0], today) if in_force else None
        if held is not None:
            ladders.append(Ladder(totals.total(key), *held))
    return project(ladders, prospects, book)


# --- held to every way there is -----------------------------------------------------------------------------------


@st.composite
def open_deals(draw: st.DrawFn) -> list[Deal]:
    """Up to four open deals of any shape; some certain, some hopeless, some without a next step."""
    found = []
    for number in range(draw(st.integers(1, 4))):
        drawn = {name: draw(aspects[name]) for name in aspects if name not in ("status", "amount")}
        found.append(
            an_open_deal(
                f"o{number}",
                draw(amounts),
                draw(st.sampled_from(["0", "1/10", "1/3", "0.5", "9/10", "1"])),
                **{name: value for name, value in drawn.items() if name != "amount_minor"},
                next_step=draw(
                    st.sampled_from([*[NextStep("Sign", "", date(2027, 1, 1))] * 4, None])
                ),
            )
        )
    return found


@tried_on(40, share=5)
@given(histories(step_count_max=10), open_deals())
def test_the_projection_is_the_mean_of_a_replay_of_every_way(
    history: History, pipeline: list[Deal]
) -> None:
    company = company_told(history)
    totals, book = company.totals, company.totals.book
    keys = sorted(
        {
            TotalKey(credit.payee_id, credit.component_key, credit.window_key)
            for deal in pipeline
            for credit in credits_of(replace(deal, status=DealStatus.WON), book)
        }
        | set(totals.totals())
    )
    for payee_id in PAYEES:
        own = [key for key in keys if key.payee_id == payee_id]
        projection = project_of(totals, book, pipeline, FIRST_DAY, own)
        for one in projection.ladders:
            expected, low, high = replayed_spread(company, pipeline, [one.key])
            assert abs(one.payout.expected_minor - expected) <= Fraction(1, 2)
            assert (one.payout.low_minor, one.payout.high_minor) == (low, high)
            sold = totals.total(one.key).attainment_minor + sum(
                outlook.probability * credit.attainment_minor
                for outlook in one.outlooks
                if outlook.is_backed
                for credit in outlook.credits
            )
            assert abs(one.attainment.expected_minor - sold) <= Fraction(1, 2)
        _, low, high = replayed_spread(company, pipeline, [one.key for one in projection.ladders])
        assert (projection.payout.low_minor, projection.payout.high_minor) == (low, high)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.integers(-1, 4), st.booleans(), st.integers(1, 90_000)), max_size=5),
    st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.integers(1, 90_000)), max_size=4),
)
def test_where_order_counts_open_deals_fall_in_among_won_ones(
    won: list[tuple[int, bool, int]], hoped: list[tuple[int, bool, int]]
) -> None:
    """Deals on a few days, in Nova or not, each at one in two: the mean of what the engine pays for every way."""

    def shape(day: int, is_nova: bool) -> dict[str, object]:
        properties = {"product": "Nova" if is_nova else "Lyra"}
        return {"effective_on": TODAY + timedelta(days=day), "properties": properties}

    sold = [a_deal(f"k{n}", m, **shape(day, nova)) for n, (day, nova, m) in enumerate(won)]
    opened = [
        an_open_deal(f"k{n}o", m, "0.5", **shape(day, nova))
        for n, (day, nova, m) in enumerate(hoped)
    ]
    paid = []
    for way in product((False, True), repeat=len(opened)):
        extra = [
            replace(d, status=DealStatus.WON)
            for d, is_won in zip(opened, way, strict=True)
            if is_won
        ]
        alone = projected(component=WEIGHED, sold=[*sold, *extra])
        paid.append(alone.payout.expected_minor)
    found = projected(*opened, component=WEIGHED, sold=sold)
    assert abs(found.payout.expected_minor - Fraction(sum(paid), len(paid))) <= Fraction(1, 2)


def replayed_spread(
    company: Company, pipeline: Sequence[Deal], keys: Sequence[TotalKey]
) -> tuple[Fraction, int, int]:
    """Expected value, P10 and P90 of what some totals earn: every way the deals with a next step can go, replayed."""
    open_ones = [deal for deal in pipeline if deal.next_step]
    paid: list[tuple[int, Fraction]] = []
    for way in product((False, True), repeat=len(open_ones)):
        won = [
            replace(d, status=DealStatus.WON)
            for d, is_won in zip(open_ones, way, strict=True)
            if is_won
        ]
        weight = prod(
            (d.probability if is_won else 1 - d.probability)
            for d, is_won in zip(open_ones, way, strict=True)
        )
        more = copy(company)
        more.events = [*company.events, *(an_event(deal, event_id=deal.key) for deal in won)]
        earned = more.replayed()
        wanted = {(key.payee_id, key.component_key, key.window_key) for key in keys}
        paid.append(
            (sum(minor for of, minor in earned.items() if of[:3] in wanted), Fraction(weight))
        )
    paid.sort()

    def percentile(share: Fraction) -> int:
        return next(
            minor
            for index, (minor, _) in enumerate(paid)
            if sum(w for _, w in paid[: index + 1]) >= share
        )

    mean = sum((minor * weight for minor, weight in paid), Fraction(0))
    return mean, percentile(Fraction(1, 10)), percentile(Fraction(9, 10))


# --- by hand ------------------------------------------------------------------------------------------------------


def test_two_deals_climb_the_tiers_in_every_way_they_can_go() -> None:
    """800.00 sold. Ways: none 40; the 400 alone 40 + 10 + 20 = 70; the 600 alone 40 + 10 + 40 = 90; both 130."""
    found = projected(
        an_open_deal("a", 40_000, "0.5"),
        an_open_deal("b", 60_000, "0.25"),
        sold_minor=80_000,
    )
    # 40 x 3/8 + 70 x 3/8 + 90 x 1/8 + 130 x 1/8
    assert found.payout.expected_minor == 6_875
    assert (found.payout.low_minor, found.payout.high_minor) == (4_000, 13_000)
    (ladder,) = found.ladders
    assert (ladder.secured_minor, ladder.backed_minor, ladder.hope_minor) == (4_000, 2_875, 0)
    assert ladder.attainment.expected_minor == 80_000 + 20_000 + 15_000
    assert [(one.step_number, one.probability) for one in ladder.chances] == [
        (2, Fraction(5, 8)),
        (3, Fraction(0)),
    ]
    assert [(one.adds_minor, one.expected_minor) for one in ladder.outlooks] == [
        (3_000, 1_500),
        (5_000, 1_250),
    ]


def test_expected_sales_through_the_table_would_be_another_figure() -> None:
    """A retroactive step at 1,000.00: one deal in two reaches it. 50 or 150, not the 100 x 10 % of 1,000."""
    whole = f'mode = "whole"\n{LADDER}'
    found = projected(an_open_deal("a", 50_000, "0.5"), sold_minor=75_000, component=whole)
    assert found.payout.expected_minor == (3_750 + 12_500) // 2


@pytest.mark.parametrize("component", [LADDER, WEIGHED, f'mode = "whole"\n{LADDER}'])
def test_certain_deals_give_what_they_would_earn_if_won(component: str) -> None:
    nova = {"product": "Nova"}
    deals = [an_open_deal(f"o{n}", 30_000, "1", properties=nova if n % 2 else {}) for n in range(6)]
    found = projected(*deals, sold_minor=50_000, component=component)
    won = [replace(deal, status=DealStatus.WON) for deal in deals]
    assert (
        found.payout.expected_minor
        == projected(sold_minor=50_000, component=component, sold=won).payout.expected_minor
    )
    assert found.payout.low_minor == found.payout.high_minor == found.payout.expected_minor


def test_a_deal_of_no_probability_changes_nothing() -> None:
    found = projected(an_open_deal("a", 50_000, "0"), sold_minor=75_000)
    assert found.payout == projected(sold_minor=75_000).payout


def test_the_order_of_the_deals_does_not_matter() -> None:
    deals = [
        an_open_deal(
            f"o{n}", 20_000 + n, f"1/{n + 2}", properties={"product": "Nova" if n % 2 else "Lyra"}
        )
        for n in range(13)
    ]
    found = projected(*deals, sold_minor=50_000, component=WEIGHED)
    assert not found.is_exact
    assert projected(*reversed(deals), sold_minor=50_000, component=WEIGHED) == found


def test_a_sample_tells_nearly_what_every_way_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    deals = [an_open_deal(f"o{n}", 15_000 + 1_000 * n, f"{n + 1}/12") for n in range(10)]
    exact = projected(*deals, sold_minor=50_000)
    monkeypatch.setattr(outcomes, "EXACT_DEALS_MAX", 9)
    sampled = projected(*deals, sold_minor=50_000)
    assert (exact.is_exact, sampled.is_exact) == (True, False)
    spread_minor = exact.payout.high_minor - exact.payout.low_minor
    for name in ("expected_minor", "low_minor", "high_minor"):
        difference = getattr(exact.payout, name) - getattr(sampled.payout, name)
        assert abs(difference) < spread_minor * Fraction(8, 100), name
    for one, other in zip(exact.ladders[0].chances, sampled.ladders[0].chances, strict=True):
        assert abs(one.probability - other.probability) < Fraction(4, 100)


def test_likelier_deals_never_project_less() -> None:
    spreads = [
        projected(
            an_open_deal("a", 40_000, p), an_open_deal("b", 60_000, "0.5"), sold_minor=80_000
        ).payout
        for p in ("0.1", "0.3", "0.5", "0.7", "0.9")
    ]
    for less, more in pairwise(spreads):
        assert less.expected_minor < more.expected_minor
        assert less.low_minor <= more.low_minor <= more.high_minor
        assert less.high_minor <= more.high_minor


def test_a_deal_won_after_an_open_one_is_walked_after_it() -> None:
    """Sold tomorrow week in Nova (x1.5); the open deal of the day before fills the cheap tier first."""
    later = a_deal(
        "w", 100_000, effective_on=TODAY + timedelta(days=20), properties={"product": "Nova"}
    )
    found = projected(an_open_deal("o", 100_000, "1"), component=WEIGHED, sold=[later])
    # 1,000 at 5 % for the open deal, then 1,000 x 1.5 at 10 %
    assert found.payout.expected_minor == 5_000 + 15_000


def test_shares_limits_filters_and_evidence_act_as_on_a_won_deal() -> None:
    gated = f'{LADDER}\ndeal_cap = "500"\nwhere = {{ kind = "new" }}\nrequires = ["icp"]'
    common = {"properties": {"kind": "new"}, "evidence": frozenset({"icp"})}
    found = projected(
        an_open_deal("half", 160_000, "1", credit_shares=shared_by(ANNA, BO), **common),
        an_open_deal("old", 100_000, "1", evidence=frozenset({"icp"})),
        an_open_deal("hope", 100_000, "1", properties={"kind": "new"}),
        component=gated,
    )
    assert found.payout.expected_minor == 1_250  # half of the 500.00 that one deal may count
    half, hope = found.ladders[0].outlooks
    assert (half.is_backed, hope.is_backed, hope.missing_evidence) == (True, False, ("icp",))
    assert found.hope_minor == 2_500


def test_a_deal_that_pays_on_two_components_is_won_on_both_or_on_none() -> None:
    first = a_plan(
        f'{LADDER}\n[[components]]\nkey = "more"\nmeasure = "revenue"\ntiers = [ {{ rate = "1%" }} ]'
    )
    book = a_book(first)
    totals = RunningTotals(book, {})
    keys = [KEY, replace(KEY, component_key="ae/more")]
    found = project_of(totals, book, [an_open_deal("a", 100_000, "0.5")], TODAY, keys)
    assert (found.payout.low_minor, found.payout.high_minor) == (0, 6_000)
    assert found.payout.expected_minor == 3_000


# --- what is exposed ----------------------------------------------------------------------------------------------


CLAWED = f"{LADDER}\nclawback = {{ within_months = 3 }}"


def test_what_a_leaving_customer_would_take_back_is_exposed_not_secured() -> None:
    """1,500.00 sold pays 100. If the customer of November left, the 500.00 would go, and 50 of it."""
    found = exposed_by(CLAWED, "2026-10-01", "2026-11-10", today=date(2027, 1, 5))
    assert (found.secured_minor, found.exposed_minor) == (5_000, 5_000)
    assert [one.safe_on for one in found.ladders[0].exposures] == [date(2027, 2, 10)]
    assert found.payout.expected_minor == 10_000


def test_only_what_would_be_taken_back_today_is_exposed() -> None:
    """By months remaining of three: one of them is over, so 166.67 of the 500.00 stays. 1,166.67 pays 66.67."""
    by_months = f'{LADDER}\nclawback = {{ within_months = 3, takes = "by_months_remaining" }}'
    found = exposed_by(by_months, "2026-10-01", "2026-11-10", today=date(2027, 1, 5))
    assert (found.secured_minor, found.exposed_minor) == (6_667, 3_333)


def exposed_by(component: str, first_day: str, second_day: str, today: date) -> Projection:
    """Anna sold 1,000.00 on one day and 500.00 on another."""
    book = a_book(a_plan(component))
    totals = RunningTotals(book, {})
    sold = [
        a_deal("one", 100_000, effective_on=date.fromisoformat(first_day)),
        a_deal("two", 50_000, effective_on=date.fromisoformat(second_day)),
    ]
    for deal in sold:
        totals.record(deal)
    exposures = exposures_of(sold, KEY, book, today)
    held = LadderTerms(KEY, book).on(book.version(1), today)
    assert held is not None
    return project([Ladder(totals.total(KEY), *held, exposures)], [], book)


# --- what backs a deal --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({}, ()),
        ({"next_step": NextStep("Sign", "", TODAY)}, ()),
        ({"next_step": None}, (Doubt.NO_STEP,)),
        ({"next_step": NextStep(" ", "", TODAY)}, (Doubt.NO_STEP,)),
        ({"next_step": NextStep("Sign", "", None)}, (Doubt.NO_STEP_DATE,)),
        ({"next_step": NextStep("Sign", "", date(2026, 11, 19))}, (Doubt.STEP_PASSED,)),
        ({"effective_on": date(2026, 11, 19)}, (Doubt.DAY_PASSED,)),
        ({"effective_on": TODAY}, ()),
        ({"probability": None}, (Doubt.NO_ODDS,)),
        ({"probability": None, "next_step": None}, (Doubt.NO_STEP, Doubt.NO_ODDS)),
    ],
)
def test_a_deal_is_backed_until_something_speaks_against_it(
    changes: dict[str, object], doubts: tuple[Doubt, ...]
) -> None:
    found = projected(replace(an_open_deal("a", 100_000, "0.5"), **changes))
    (outlook,) = found.ladders[0].outlooks
    assert outlook.prospect.doubts == doubts
    assert outlook.is_backed == (doubts == ())
    assert found.payout.expected_minor == (0 if doubts else 2_500)


def test_a_day_that_has_passed_counts_as_today_and_one_beyond_the_window_not_at_all() -> None:
    passed = an_open_deal("a", 100_000, "0.5", effective_on=date(2026, 9, 1))
    beyond = an_open_deal("b", 100_000, "0.5", effective_on=date(2027, 1, 1))
    found = projected(passed, beyond)
    assert [one.prospect.counts_on for one in found.ladders[0].outlooks] == [TODAY]


def test_the_deals_own_probability_comes_before_its_stages_and_that_before_the_past() -> None:
    stages = StageBook(
        {"proposal": Fraction(1, 4)}, {"negotiation": Decided(15, 5), "demo": Decided(10, 9)}
    )
    said = {
        ("Proposal", "0.7"): Odds(Fraction(7, 10), OddsSource.DEAL),
        (" PROPOSAL ", None): Odds(Fraction(1, 4), OddsSource.STAGE),
        ("Negotiation", None): Odds(Fraction(3, 4), OddsSource.HISTORY, Decided(15, 5)),
        ("Demo", None): Odds(None, OddsSource.UNKNOWN),
        ("", None): Odds(None, OddsSource.UNKNOWN),
    }
    for (stage, probability), odds in said.items():
        assert stages.odds_of(an_open_deal("a", 1, probability, stage=stage)) == odds


def test_the_generator_is_even() -> None:
    """The share of ways that win a deal of 30 % lies where it should (four standard errors)."""
    ways = outcomes.ways_of([f"d{n}" for n in range(20)], [Fraction(3, 10)] * 20)
    for bit in range(20):
        share = ways.chance([bool(way >> bit & 1) for way in ways.ways])
        assert abs(share - Fraction(3, 10)) < Fraction(6, 100)


@settings(max_examples=30)
@given(st.lists(st.fractions(0, 1, max_denominator=20), max_size=5))
def test_the_weights_of_all_ways_come_to_the_whole(probabilities: list[Fraction]) -> None:
    ways = outcomes.ways_of([str(n) for n in range(len(probabilities))], probabilities)
    assert sum(ways.weights) == ways.whole
    for bit, probability in enumerate(probabilities):
        assert ways.chance([bool(way >> bit & 1) for way in ways.ways]) == probability
