"""What a rep reads of a team's pool: the team's progress and the own part, and nothing a colleague is paid."""

from datetime import date
from fractions import Fraction

import pytest

from tests.cast import NOW, WINDOW, Cast
from tests.pages.test_my_earnings import seen, speak
from tracker import flow, flow_teams
from tracker.engine.agreement.teams import Membership
from tracker.engine.payroll_months.equity import Grant
from tracker.store import equity, memberships, people
from tracker.store.plans import QuotaChange

SINCE = date(2026, 1, 1)
POOL = """
name = "Team pool"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "pool"
name = "Team pool"
measure = "revenue"
of = "team"
shared = "by_weight"
tiers_on = "quota"
tiers = [ { up_to = "100%", rate = "1%" }, { rate = "2%" } ]
"""
WEIGHTS = {"anna": "1", "bo": "3/4", "cleo": "1/2", "dan": "1/4"}
SOLD_MINOR = 613_457_00 + 824_691_00 + 435_829_00 + 346_193_00


def give_north_a_pool(cast: Cast, members: tuple[str, ...] = tuple(WEIGHTS)) -> int:
    """The id of the team as a payee; the pool is 1 % of what these members sold."""
    with cast.database.write() as connection:
        team = people.team(connection, cast.team_ids["North"])
        assert team is not None
        team_id = memberships.made_team_payee(connection, team)
    facts = [
        Membership(team_id, cast.payee_ids[who], SINCE, None, Fraction(WEIGHTS[who]))
        for who in members
    ]
    flow_teams.change_memberships(cast.database, facts, "test", NOW)
    flow.activate_plan_version(cast.database, "pool", SINCE, POOL, "test", NOW)
    flow.assign_plan(cast.database, team_id, "pool", SINCE, None, "test", NOW)
    flow.change_quotas(cast.database, [QuotaChange(team_id, "", WINDOW, 4_000_000_00)], "test", NOW)
    return team_id


def test_the_first_view_shows_the_team_and_the_own_part(cast: Cast) -> None:
    give_north_a_pool(cast)
    shown = seen(cast, "/me", accept_language="en")
    assert SOLD_MINOR == 2_220_170_00
    assert "Team pool North · 55% of its goal · your part + 8,880.68" in shown
    speak(cast, "da")
    assert "North · 55 % af sit mål · din del" in seen(cast, "/me")


def test_the_sheet_opens_the_part_to_the_pool_and_the_own_weight(cast: Cast) -> None:
    team_id = give_north_a_pool(cast)
    shown = seen(cast, f"/me/teams/{team_id}/pool/pool", accept_language="en")
    assert "The team has sold DKK 2,220,170" in shown
    assert "Of its goal DKK 4,000,000" in shown
    assert "Your weight, by your days in the team of DKK 22,201.70 40%" in shown
    assert "Your part DKK 8,880.68" in shown


def test_no_colleagues_part_or_weight_is_told(cast: Cast) -> None:
    team_id = give_north_a_pool(cast)
    for address in ("/me", f"/me/teams/{team_id}/pool/pool", "/me/why"):
        shown = seen(cast, address, accept_language="en")
        for part in ("6,660.51", "4,440.34", "2,220.17", "30%", "20%"):
            assert part not in shown


def test_a_pool_that_two_share_is_not_told(cast: Cast) -> None:
    team_id = give_north_a_pool(cast, ("anna", "bo"))
    shown = seen(cast, f"/me/teams/{team_id}/pool/pool", accept_language="en")
    assert "Only two share this pool" in shown
    assert "Your part DKK 8,217.99" in shown  # 1/1.75 of 1 % of what both sold
    assert "14,381.48" not in shown
    assert "57.14%" not in shown


@pytest.mark.parametrize("who", ["olaf", "mette", "ida"])
def test_who_does_not_belong_to_a_team_finds_no_part(cast: Cast, who: str) -> None:
    team_id = give_north_a_pool(cast)
    assert cast.client_of(who).get(f"/me/teams/{team_id}/pool/pool").status_code == 404


def test_equity_stands_beside_the_pay_in_units(cast: Cast) -> None:
    before = seen(cast, "/me", accept_language="en")
    assert "Equity" not in before
    anna = cast.payee_ids["anna"]
    granted = Grant(anna, "Warrants", 1_200, date(2025, 1, 1), 48, 12, 3)
    with cast.database.write() as connection:
        equity.record_grant(connection, granted, "test", NOW)
    after = seen(cast, "/me", accept_language="en")
    assert "Equity in units, beside your pay 525 of 1,200 units" in after
    shown = seen(cast, "/me/equity", accept_language="en")
    assert "Vests on 1 Jan 2027 75 units" in shown
    assert "Vested 525 units" in shown
    assert cast.client_of("bo").get("/me/equity").status_code == 404
