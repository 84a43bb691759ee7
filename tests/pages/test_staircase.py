"""The picture of a plan must say what the plan says, and be readable whatever the plan is."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations, pairwise

import pytest

from tests.builders import ANNA, a_book, a_deal, a_plan, quota_facts
from tracker.engine.crediting.credits import credits_of
from tracker.engine.earning.standing import Standing, standing_of
from tracker.engine.earning.totals import Climb, TotalKey, WindowTotal, cell_changes, sums_of
from tracker.engine.periods import period_named, working_days
from tracker.pages.i18n import LOCALES, speaking
from tracker.pages.staircase import Staircase, staircase

WINDOW = period_named("2026-Q4")
QUARTER_GONE = date(2026, 10, 31)
LADDER = """tiers_on = "quota"
tiers = [ {up_to = "80%", rate = "8%"}, {up_to = "100%", rate = "10%"}, {up_to = "120%", rate = "13%"}, {rate = "15%"} ]
"""
SIX_STEPS = """tiers = [
  {up_to = "100000", rate = "2%"}, {up_to = "101000", rate = "2.5%"}, {up_to = "102000", rate = "12.75%"},
  {up_to = "900000", rate = "13.25%"}, {up_to = "950000", rate = "14%"}, {rate = "15%"} ]
"""
RETRO = 'mode = "whole"\ntiers = [ {up_to = "100000", rate = "5%"}, {up_to = "300000", rate = "7%"}, {rate = "10%"} ]\n'
GATED = 'tiers = [ {up_to = "100000", rate = "0%"}, {rate = "10%"} ]\n'
CAPPED = 'tiers = [ {up_to = "100000", rate = "5%"}, {rate = "10%"} ]\ncap_at = "200000"\n'
FLAT = 'tiers = [ {rate = "6.5%"} ]\n'
BONUSES = """tiers = [ {up_to = "100000", rate = "0%"}, {up_to = "200000", rate = "0%", bonus = "5000"},
  {rate = "0%", bonus = "9000"} ]
"""


def a_standing(
    component: str = LADDER,
    sold: int = 184_000,
    quota: int | None = 200_000,
    measure: str = "revenue",
) -> Standing:
    """Anna's standing on a component after selling so many kroner in one deal; a third of the quarter has gone."""
    quotas = quota_facts({(ANNA, "", WINDOW.key): quota * 100} if quota else {})
    book = a_book(a_plan(component, measure=measure), quotas=quotas)
    version = book.versions_for(ANNA, WINDOW.starts_on)[0]
    credited = credits_of(a_deal(amount_minor=sold * 100, effective_on=WINDOW.starts_on), book)
    cells = cell_changes([], credited)
    key = TotalKey(ANNA, "ae/sales", WINDOW.key)
    total = WindowTotal(
        key,
        {(cell.period_key, cell.plan_version_id): sums for cell, sums in cells.items()},
        Climb([(credit.effective_on, sums_of(credit)) for credit in credited], lambda _: credited),
    )
    return standing_of(
        version,
        version.plan.components[0],
        total,
        book,
        WINDOW,
        earned_minor=0,
        working=working_days(WINDOW, ()),
        today=QUARTER_GONE,
        typical_deal_minor=50_000_00,
    )


def drawn(standing: Standing, width: float = 320, height: float = 150, **how: bool) -> Staircase:
    picture = staircase(standing, width, height, **how)
    assert picture is not None
    return picture


def test_a_step_is_as_wide_as_its_sales_and_as_high_as_its_rate() -> None:
    first, second, third, fourth = (step.box for step in drawn(a_standing()).steps)
    assert first.width / second.width == pytest.approx(4, rel=0.1)
    assert second.height / fourth.height == pytest.approx(10 / 15)
    assert third.height / fourth.height == pytest.approx(13 / 15)
    assert first.bottom == fourth.bottom


def test_what_is_sold_is_filled_up_to_the_ring() -> None:
    picture = drawn(a_standing(sold=180_000))
    reached, current, ahead, _ = picture.steps
    assert [step.state for step in picture.steps] == ["reached", "current", "ahead", "ahead"]
    assert reached.filled_width == reached.box.width
    assert current.filled_width == pytest.approx(current.box.width / 2, abs=2)
    assert ahead.filled_width == 0
    assert picture.ring_x == pytest.approx(current.box.x + current.filled_width)
    assert picture.ring_y == current.box.y


def test_a_retroactive_step_lifts_everything_below_it() -> None:
    reached, current, ahead = drawn(a_standing(RETRO, sold=200_000)).steps
    assert reached.box.y == current.box.y > ahead.box.y


def test_a_marginal_step_lifts_nothing() -> None:
    reached, current, *_ = drawn(a_standing(sold=180_000)).steps
    assert reached.box.y > current.box.y


def test_the_dashed_line_is_where_the_window_ends_at_this_pace() -> None:
    standing = a_standing(sold=100_000)
    picture = drawn(standing)
    assert standing.pace.attainment_minor > standing.attainment_minor
    assert picture.projection is not None
    assert picture.projection.x > picture.ring_x
    assert drawn(standing, projection=False).projection is None


def test_a_first_step_that_pays_nothing_is_a_gate() -> None:
    gate, above = drawn(a_standing(GATED, sold=50_000, quota=None)).steps
    assert gate.is_gate
    assert not above.is_gate
    assert 0 < gate.box.height < above.box.height


def test_a_cap_is_a_ceiling_over_the_last_step() -> None:
    picture = drawn(a_standing(CAPPED, sold=50_000, quota=None))
    assert picture.ceiling is not None
    assert picture.ceiling.bottom <= picture.steps[-1].box.y
    assert picture.ceiling.right == pytest.approx(picture.steps[-1].box.right, abs=3)
    assert drawn(a_standing()).ceiling is None


def test_a_plan_of_bonuses_climbs_by_what_they_come_to() -> None:
    heights = [step.box.height for step in drawn(a_standing(BONUSES, quota=None)).steps]
    assert heights == sorted(heights)
    assert heights[1] < heights[2]


@pytest.mark.parametrize("component", [LADDER, SIX_STEPS, RETRO, GATED, CAPPED, FLAT, BONUSES])
@pytest.mark.parametrize("sold", [-5_000, 0, 1, 99_999, 100_000, 160_000, 905_000, 30_000_000])
@pytest.mark.parametrize("width", [70, 280, 320, 1400])
def test_everything_stays_inside_the_picture_and_labels_never_touch(
    component: str, sold: int, width: int
) -> None:
    for locale in LOCALES:
        with speaking(locale):
            picture = drawn(a_standing(component, sold), width, 150)
        assert 0 <= picture.ring_x <= width
        assert 0 <= picture.ring_y <= 150
        for step in picture.steps:
            assert step.box.width > 0
            assert 0 <= step.filled_width <= step.box.width
            assert -0.01 <= step.box.x <= step.box.right <= width + 0.01
        for one, next_one in pairwise(picture.steps):
            assert one.box.right < next_one.box.x
        for one, other in combinations([label.box for label in picture.labels], 2):
            assert not one.overlaps(other)
        for label in picture.labels:
            assert label.box.y >= 0
            assert label.box.bottom <= 150
            assert not any(label.box.overlaps(step.box) for step in picture.steps)


@pytest.mark.parametrize("component", [LADDER, SIX_STEPS, RETRO, CAPPED])
def test_where_i_stand_is_always_labelled(component: str) -> None:
    picture = drawn(a_standing(component, sold=101_500), width=300)
    assert any(label.kind == "rate" and label.state == "current" for label in picture.labels)


def test_without_rates_the_picture_and_its_words_tell_no_pay() -> None:
    with speaking("en"):
        picture = drawn(a_standing(), rates=False)
    said = " ".join([picture.title, picture.description, *(label.text for label in picture.labels)])
    assert all(label.kind == "bound" for label in picture.labels)
    assert not any(rate in said for rate in ("8%", "10%", "13%", "15%"))


def test_the_words_beside_the_picture_say_all_of_it() -> None:
    with speaking("da"):
        picture = drawn(a_standing(sold=180_000))
    plain = picture.description.replace("\N{NO-BREAK SPACE}", " ")
    assert picture.title.replace("\N{NO-BREAK SPACE}", " ") == "Trin 2 af 4, 10 %"
    assert "90 % af målet er nået." in plain
    assert "Op til 80 %: 8 %." in plain
    assert "Over 120 %: 15 %." in plain
    assert ".." not in plain


def test_steps_climbed_by_deals_but_paid_on_revenue_show_a_share_of_it() -> None:
    component = 'pays_on = "revenue"\ntiers = [ {up_to = "10", rate = "5%"}, {rate = "8%"} ]\n'
    with speaking("da"):
        picture = drawn(a_standing(component, quota=None, measure="deals"))
    said = {label.text.replace("\N{NO-BREAK SPACE}", " ") for label in picture.labels}
    assert said == {"5 %", "8 %", "10"}


def test_there_is_no_picture_without_a_ladder() -> None:
    standing = a_standing(quota=None)
    assert standing.problem == "no_quota"
    assert staircase(standing, 320, 150) is None


def test_an_open_last_step_is_wide_enough_for_what_is_sold_on_it() -> None:
    standing = replace(a_standing(sold=250_000))
    picture = drawn(standing)
    assert standing.attainment_ratio == Fraction(125, 100)
    assert picture.steps[-1].state == "current"
    assert picture.ring_x < picture.steps[-1].box.right
