"""Charts: everything stays in the picture, labels stay apart, and each figure also stands in a table."""

from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import ANNA, BO, a_plan
from tests.engine.plan_trials.test_simulation import FLAT, LADDER, a_trial, some_deals
from tracker.engine.plan_trials.simulation import simulate
from tracker.engine.plan_trials.simulation_values import values_of
from tracker.pages.charts import HEIGHT, WIDTH, Chart, Group, Text, grouped_bars, thinned
from tracker.pages.simulation_charts import charts_of
from tracker.pages.simulation_view import simulation_view
from tracker.store.drafts import DraftStep

NAMES = {ANNA: "Anna Lund", BO: "Bo Dahl"}


def charts(*amounts: int) -> list[Chart]:
    trial = a_trial(some_deals(*amounts), a_plan(LADDER), a_plan(FLAT))
    return charts_of(simulate(trial), NAMES)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-50_000_00, 300_000_00), max_size=5))
def test_nothing_is_drawn_outside_the_picture(amounts: list[int]) -> None:
    for chart in charts(*amounts):
        for rect in chart.rects:
            assert rect.x >= 0
            assert rect.x + rect.width <= WIDTH + 1
            assert rect.y >= 0
            assert rect.y + rect.height <= HEIGHT
        for line in chart.lines:
            for point in line.points.split():
                x, y = (float(number) for number in point.split(","))
                assert 0 <= x <= WIDTH
                assert 0 <= y <= HEIGHT
        assert chart.words
        assert all(len(row) == len(chart.table.headings) for row in chart.table.rows)


def test_a_company_without_deals_still_has_its_charts() -> None:
    keys = [chart.key for chart in charts()]
    assert keys == ["cost", "break-even", "winners", "attainment", "pay"]


def test_without_a_plan_to_compare_with_there_is_one_bar_each() -> None:
    found = charts_of(simulate(a_trial(some_deals(1_000_00), a_plan(FLAT))), NAMES)
    assert [chart.key for chart in found] == ["cost", "pay"]
    assert {rect.kind for rect in found[0].rects} == {"new"}


def test_labels_that_would_touch_are_left_out() -> None:
    texts = [Text(10.0 * number, 100, "100 %") for number in range(10)]
    kept = thinned(texts)
    assert kept[0] is texts[0]
    assert 1 < len(kept) < 10
    assert all(b.x - a.x > 30 for a, b in pairwise(kept))


def test_the_highest_bar_fills_the_picture_and_none_hangs_below_zero() -> None:
    rects, texts = grouped_bars([Group("a", ((5, "5", "new"), (-3, "", "old"))), Group("b", ())])
    assert rects[1].height == 0
    assert rects[0].height > rects[1].height
    assert [text.text for text in texts] == ["5", "a", "b"]


def test_a_kept_simulation_is_shown_with_its_days_and_what_it_comes_to() -> None:
    trial = a_trial(some_deals(150_000_00), a_plan(LADDER), a_plan(FLAT))
    figures = values_of(simulate(trial)) | {"from": "2026-01-01", "to": "2026-06-30"}
    view = simulation_view(DraftStep("simulated", "x", figures, None, "ida"), NAMES, "Ida")
    assert (view.first_day, view.last_day) == (date(2026, 1, 1), date(2026, 6, 30))
    assert view.difference_minor == 3_000_00
    assert view.difference_share == "+20%"
    assert (view.winners_count, view.losers_count) == (1, 0)
