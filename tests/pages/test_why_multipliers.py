"""A rate is not paid on what was sold when multipliers are in play: the sheet says how the one became the other."""

import re
from datetime import date
from fractions import Fraction
from html import unescape

import pytest

from tests.builders import a_deal, an_event
from tests.cast import NOW, Cast
from tracker import flow
from tracker.engine.deals import CreditShare
from tracker.store import accounts

PLAN = """
name = "Multiplied"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
name = "New sales"
measure = "revenue"
tiers = [ {{up_to = "10000000", rate = "10%"}}, {{rate = "12%"}} ]
weights = "{policy}"
multipliers = [
  {{where = {{product = "Nova"}}, factor = "1.5", label = "Nova"}},
  {{where = {{size = "large"}}, factor = "1.2", label = "Large"}},
]
"""


NOVA = {"product": "Nova"}


def seen(cast: Cast, policy: str, locale: str = "en") -> str:
    """What Anna reads after selling one plain deal, two of Nova and one of Nova to a large customer."""
    text = PLAN.format(policy=policy)
    flow.activate_plan_version(cast.database, "multiplied", date(2026, 10, 1), text, "ida", NOW)
    anna = cast.payee_ids["anna"]
    flow.assign_plan(cast.database, anna, "multiplied", date(2026, 10, 1), None, "test", NOW)
    sold = [(1000_00, {}), (200_00, NOVA), (300_00, NOVA), (500_00, NOVA | {"size": "large"})]
    share = CreditShare(anna, Fraction(1))
    deals = [
        a_deal(f"m-{number}", amount_minor, properties=properties, credit_shares=(share,))
        for number, (amount_minor, properties) in enumerate(sold)
    ]
    flow.record_deal_events(cast.database, [an_event(deal) for deal in deals], NOW)
    with cast.database.write() as connection:
        person_id = cast.person_ids["anna"]
        accounts.set_choices(connection, person_id, locale, "auto", True, NOW)
    page = cast.client_of("anna").get("/me/why/multiplied/sales").text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.mark.parametrize("policy", ["in_order", "on_credit"])
def test_what_was_sold_becomes_what_it_counts_as_multiplier_by_multiplier(
    cast: Cast, policy: str
) -> None:
    page = seen(cast, policy)
    assert "What the rates are paid on Sold so far DKK 615,457 " in page
    assert "Nova ×1.5 2 deals + DKK 250" in page
    assert "Nova ×1.5 · Large ×1.2 1 deal + DKK 400" in page
    counts_as = re.search(r"Counts as DKK ([\d,]+)", page)
    assert counts_as
    assert f"10% of DKK {counts_as[1]} " in page, "the rate is paid on that very figure"


def test_an_average_multiplier_keeps_its_own_line(cast: Cast) -> None:
    page = seen(cast, "average")
    assert "Counts as" not in page
    assert "Multipliers, on average" in page


@pytest.mark.parametrize(
    ("locale", "words"),
    [("da", "Det beløb, satserne regnes af Solgt"), ("sv", "Det belopp satserna räknas på Sålt")],
)
def test_the_way_is_told_in_the_readers_language(cast: Cast, locale: str, words: str) -> None:
    assert words in seen(cast, "in_order", locale)
