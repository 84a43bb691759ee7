"""A deal is credited by what holds on its own day, also where something changes inside a month."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from tests.builders import ANNA, NORTH, a_deal, a_plan
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, PersonalException, PlanVersion
from tracker.engine.agreement.teams import Membership
from tracker.engine.crediting.credits import credits_of
from tracker.engine.periods import days_of, period_named

SINCE, FIRST, LAST, AFTER = (
    date(2026, 1, 1),
    date(2026, 11, 10),
    date(2026, 11, 20),
    date(2026, 11, 21),
)
NOVEMBER = list(days_of(period_named("2026-11")))
OWN, TEAM = a_plan(), a_plan('of = "team"\ntiers = [ { rate = "1%" } ]')
CAMPAIGN = a_plan('from = "2026-11-10"\nuntil = "2026-11-20"\ntiers = [ { rate = "1%" } ]')
ON_OWN = Assignment(ANNA, "own", SINCE)


def days_credited_otherwise(book: PlanBook) -> list[date]:
    """The days of November whose deal is credited otherwise than the day before; the last is asked first."""
    given = {
        day: [
            (credit.payee_id, credit.plan_version_id, credit.capped_off_minor)
            for credit in credits_of(a_deal(effective_on=day), book)
        ]
        for day in reversed(NOVEMBER)
    }
    return [day for before, day in pairwise(NOVEMBER) if given[before] != given[day]]


@pytest.mark.parametrize(
    ("versions", "assignments", "further", "expected"),
    [
        ([("own", SINCE, OWN), ("own", FIRST, OWN)], [ON_OWN], {}, [FIRST]),
        ([("own", SINCE, CAMPAIGN)], [ON_OWN], {}, [FIRST, AFTER]),
        ([("own", SINCE, OWN)], [Assignment(ANNA, "own", FIRST, LAST)], {}, [FIRST, AFTER]),
        (
            [("own", SINCE, OWN), ("team", SINCE, TEAM)],
            [ON_OWN, Assignment(NORTH, "team", SINCE)],
            {"memberships": [Membership(NORTH, ANNA, FIRST, LAST)]},
            [FIRST, AFTER],
        ),
        (
            [("own", SINCE, OWN)],
            [ON_OWN],
            {
                "exceptions": [
                    PersonalException(1, ANNA, "own/sales", FIRST, LAST, deal_cap_minor=1)
                ]
            },
            [FIRST, AFTER],
        ),
    ],
    ids=["a version", "a campaign", "an assignment", "a membership", "an exception"],
)
def test_a_deal_is_credited_by_what_holds_on_its_day(
    versions: list[tuple[str, date, Any]],
    assignments: list[Assignment],
    further: dict[str, Any],
    expected: list[date],
) -> None:
    numbered = [PlanVersion(number, *of) for number, of in enumerate(versions, start=1)]
    assert days_credited_otherwise(PlanBook(numbered, assignments, **further)) == expected
