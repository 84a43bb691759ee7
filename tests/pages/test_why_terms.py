"""The sheet of a figure says which quota holds and how it came about, and what was agreed with the rep alone."""

import re
from datetime import date
from fractions import Fraction
from html import unescape

from tests.cast import NOW, Cast
from tracker import flow, flow_exceptions
from tracker.engine.agreement.plans import PersonalException
from tracker.store import accounts
from tracker.store.plans import QuotaChange

PLAN = """
name = "By season"
currency = "DKK"
window = "month"
settlement = "month"
seasonal = [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2]
ramp = ["50%", "50%"]
prorate = "days"
[[components]]
key = "sales"
name = "New sales"
measure = "revenue"
tiers_on = "quota"
tiers = [ { up_to = "100%", rate = "7%" }, { rate = "12%" } ]
"""


def why(cast: Cast, locale: str) -> str:
    """What Anna reads of a plan she joined in November, with a quota for the year and 10 % more on all rates."""
    anna, database = cast.payee_ids["anna"], cast.database
    flow.activate_plan_version(database, "season", date(2026, 1, 1), PLAN, "ida", NOW)
    flow.assign_plan(database, anna, "season", date(2026, 11, 16), None, "ida", NOW)
    quota = QuotaChange(anna, "season/sales", "2026", 3_000_000_00, None, "new district")
    flow.change_quotas(database, [quota], "ida@firma.dk", NOW)
    agreed = PersonalException(
        0, anna, "season/sales", rate_factor=Fraction(11, 10), reason="two territories"
    )
    flow_exceptions.agree(database, agreed, "ida@firma.dk", NOW)
    with database.write() as connection:
        accounts.set_choices(connection, cast.person_ids["anna"], locale, "auto", True, NOW)
    page = cast.client_of("anna").get("/me/why/season/sales").text
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_a_reckoned_quota_opens_to_year_season_ramp_and_days(cast: Cast) -> None:
    said = why(cast, "en").replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Set for 2026 new district · ida@firma.dk DKK 3,000,000",
        "Its part by the season 13.3% DKK 400,000",
        "While you are new on the plan 50%",
        "Days on the plan 15 of 30",
        "Agreed with you all rates ×1.1 two territories · ida@firma.dk",
    ):
        assert words in said, said
    # 3,000,000 × 2/15 × 50 % × 15/30
    assert re.search(r"Your quota DKK 100,000", said)


def test_the_same_is_said_in_danish(cast: Cast) -> None:
    said = why(cast, "da")
    assert "Andelen efter sæsonen" in said
    assert "Aftalt med dig" in said
