"""Tables compiled to bands, where the bands meet."""

import pytest

from tests.builders import A_DAY, ANNA, a_deal, a_plan, an_event
from tracker.engine.agreement.plans import Assignment, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.earning.rates import compile_table
from tracker.engine.replaying.replay import replay

CAPPED_AT_A_JUMP = """target_incentive = "1000.00"
cap_at = "{cap_at}"
curve = [ { at = "50%", pays = "0%" }, { at = "100%", pays = "80%" },
          { at = "100%", pays = "100%" }, { at = "150%", pays = "150%" } ]"""


@pytest.mark.parametrize(
    ("cap_at", "attainment_minor", "earned_minor"),
    [
        ("100%", 99_999, 79_998),
        ("100%", 100_000, 100_000),
        ("100%", 180_000, 100_000),
        ("50%", 180_000, 0),
        ("75%", 180_000, 40_000),
        ("120%", 180_000, 120_000),
        ("150%", 180_000, 150_000),
    ],
)
def test_a_cap_on_a_curve_still_pays_what_the_cap_itself_pays(
    cap_at: str, attainment_minor: int, earned_minor: int
) -> None:
    """A jump that stands right on the cap included; worked out by hand, and by the replay."""
    plan = a_plan(CAPPED_AT_A_JUMP.replace("{cap_at}", cap_at))
    table = compile_table(plan.components[0], 100_000)
    assert table is not None
    assert round(table.value(attainment_minor)) == earned_minor
    replayed = replay(
        [an_event(a_deal("d-1", attainment_minor))],
        [PlanVersion(1, "ae", A_DAY, plan)],
        [Assignment(ANNA, "ae", A_DAY)],
        [QuotaFact(ANNA, "", "2026-Q4", 100_000)],
    )
    assert sum(replayed.values()) == earned_minor
