"""Where the window ends, as pages show it: the bands with their deals, what each lacks, and the pace without any."""

import re
from datetime import date, timedelta
from fractions import Fraction

import pytest

from tests.builders import a_deal, an_event
from tests.cast import FIGURES, NOW, WINDOW, Cast
from tests.leaks import found_amounts
from tests.pages.test_my_earnings import seen, words
from tests.pages.test_staircase import a_standing
from tracker import flow, flow_exchange, flow_teams
from tracker.engine.agreement.teams import Membership, TeamRole
from tracker.engine.ahead.outcomes import Spread
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import CreditShare, Deal, DealStatus, NextStep
from tracker.pages import manager, my_earnings, projections
from tracker.pages.i18n import LOCALES, speaking
from tracker.pages.staircase import staircase
from tracker.store import memberships, people, pipeline_reads
from tracker.store.plans import QuotaChange

TODAY = NOW.date()
GATED = """
name = "Cast ladder"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
name = "New sales"
measure = "revenue"
requires = ["decision_maker"]
tiers = [ {up_to = "700000", rate = "7%"}, {rate = "12%"} ]
"""


OVERRIDE = """
name = "Override"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "override"
name = "Override"
measure = "revenue"
of = "team"
tiers = [ {rate = "2%"} ]
"""


def tell(cast: Cast, key: str, amount_minor: int, version: int = 1, **changes: object) -> Deal:
    """Anna's CRM says so about an open deal of hers; it is backed unless the changes say otherwise."""
    said = {
        "status": DealStatus.OPEN,
        "effective_on": TODAY + timedelta(days=10),
        "credit_shares": (CreditShare(cast.payee_ids["anna"], Fraction(1)),),
        "next_step": NextStep("Send the contract", "Anna", TODAY + timedelta(days=3)),
        "probability": Fraction(1, 2),
        "evidence": frozenset({"decision_maker"}),
        **changes,
    }
    deal = a_deal(key, amount_minor, name=f"Prospect {key}", **said)
    (outcome,) = flow.record_deal_events(cast.database, [an_event(deal, version)], NOW)
    assert outcome.kind == "recorded"
    return deal


def forget_prospects(cast: Cast) -> None:
    """No source tells of open deals any more."""
    for who, payee_id in cast.payee_ids.items():
        shares = (CreditShare(payee_id, Fraction(1)),)
        deal = a_deal(f"crm:{who}-open", status=DealStatus.LOST, credit_shares=shares)
        flow.record_deal_events(cast.database, [an_event(deal, 2)], NOW)


def test_the_tile_says_where_it_ends_and_how_far_that_may_vary(cast: Cast) -> None:
    """Half of 100,000 at 7 % is 3,500 on top of 42,941.99; one time in ten it is nothing, or all of 7,000."""
    tell(cast, "a", 100_000_00)
    shown = seen(cast, "/me", accept_language="en")
    assert "Projected 46,442 Most likely between 42,000–50,000" in shown
    html = cast.client_of("anna", accept_language="en").get("/me").text.replace("\xa0", " ")
    assert 'aria-label="Secured DKK 42,942, Exposed DKK 0, Backed DKK 3,500, Hope DKK 0"' in html
    assert "stairs-likely" in html


def test_a_deal_that_nothing_backs_moves_only_hope(cast: Cast) -> None:
    tell(cast, "a", 100_000_00, next_step=None)
    shown = seen(cast, "/me", accept_language="en")
    assert "Projected 42,942 no open deal is backed" in shown
    html = cast.client_of("anna", accept_language="en").get("/me").text.replace("\xa0", " ")
    assert "Backed DKK 0, Hope DKK 3,500" in html


def test_the_sheet_lists_the_deals_of_every_band_and_every_assumption(cast: Cast) -> None:
    tell(cast, "a", 1_000_000_00, stage="Proposal")
    tell(cast, "b", 50_000_00, next_step=None)
    shown = seen(cast, "/me/projection", accept_language="en")
    assert "Secured earned, and beyond any taking back DKK 42,942" in shown
    assert "Most likely between" in shown
    assert "Prospect a 50% · Proposal · Send the contract 23 Nov 2026 + DKK" in shown
    assert "Prospect b no next step + DKK 3,500" in shown
    assert "Step 2: above 80% 9% 50%" in shown
    assert "All 2 ways that they can go were looked at." in shown
    assert "At today’s pace" in shown
    html = cast.client_of("anna").get("/me/projection").text
    assert 'href="/me/deals/a"' in html


def test_where_no_source_tells_of_open_deals_the_pace_is_all_there_is(cast: Cast) -> None:
    forget_prospects(cast)
    shown = seen(cast, "/me", accept_language="en")
    assert "at this pace" in shown
    shown = seen(cast, "/me/projection", accept_language="en")
    assert "No source tells of open deals" in shown
    assert "Secured" not in shown


def test_an_open_deal_says_what_backs_it_and_what_it_would_add(cast: Cast) -> None:
    tell(cast, "a", 100_000_00)
    shown = seen(cast, "/me/deals/a", accept_language="en")
    assert "+ DKK 7,000 if it is won: backed, in your projection at 50%" in shown
    assert "Evidence all there" in shown
    assert "How likely says your CRM 50%" in shown


def test_an_open_deal_says_what_is_to_be_mended(cast: Cast) -> None:
    flow.activate_plan_version(cast.database, "cast", date(2026, 10, 1), GATED, "t", NOW)
    tell(
        cast,
        "a",
        100_000_00,
        evidence=frozenset(),
        next_step=NextStep("Call", "", TODAY - timedelta(1)),
    )
    shown = seen(cast, "/me/deals/a", accept_language="en")
    assert "+ DKK 7,000 if it is won: hope, not in your projection yet" in shown
    assert (
        "It becomes backed when this is mended: decision maker missing; next step overdue." in shown
    )


def test_an_open_deal_outside_the_plan_says_so(cast: Cast) -> None:
    tell(cast, "a", 100_000_00, currency="EUR")
    assert "It pays when it is won." in seen(cast, "/me/deals/a", accept_language="en")


def test_a_projection_is_pushed_when_a_prospect_changes(cast: Cast) -> None:
    before = my_earnings.render_fragment(cast.app, cast.payee_ids["anna"], "en")
    tell(cast, "a", 100_000_00)
    after = my_earnings.render_fragment(cast.app, cast.payee_ids["anna"], "en")
    assert after.sequence > before.sequence
    assert "46,442" in words(after.html)


def test_deals_on_two_ladders_and_no_plan_at_all_have_a_page(cast: Cast) -> None:
    tell(cast, "a", 100_000_00)
    flow.assign_plan(
        cast.database, cast.payee_ids["anna"], "cast", date(2026, 1, 1), date(2026, 11, 1), "t", NOW
    )
    for address in ("/me", "/me/projection", "/me/deals/a"):
        assert cast.client_of("anna").get(address).status_code == 200
    no_quota = QuotaChange(cast.payee_ids["bo"], "", WINDOW, 0)
    flow.change_quotas(cast.database, [no_quota], "test", NOW)
    assert cast.client_of("bo").get("/me/projection").status_code == 200


def test_a_deal_in_another_currency_is_worth_what_it_would_be_converted(cast: Cast) -> None:
    rate = ExchangeRate("EUR", "DKK", date(2026, 1, 1), "7.5")
    flow_exchange.set_exchange_rates(cast.database, [rate], "test", NOW)
    tell(cast, "a", 100_000_00, currency="EUR")
    shown = seen(cast, "/me/deals/a", accept_language="en")
    assert "+ DKK 52,500 if it is won: backed" in shown
    assert "Projected 69,192" in seen(cast, "/me", accept_language="en")


def test_who_leads_a_team_is_projected_from_its_members_deals(cast: Cast) -> None:
    """Bo leads the team Anna belongs to: 2 % of what it sells, half of 100,000 in the mean."""
    with cast.database.write() as connection:
        team = people.team(connection, cast.team_ids["North"])
        assert team is not None
        team_id = memberships.made_team_payee(connection, team)
    since = date(2026, 1, 1)
    facts = [
        Membership(team_id, cast.payee_ids["anna"], since),
        Membership(team_id, cast.payee_ids["bo"], since, role=TeamRole.LEADER),
    ]
    flow_teams.change_memberships(cast.database, facts, "test", NOW)
    flow.activate_plan_version(cast.database, "lead", since, OVERRIDE, "test", NOW)
    flow.assign_plan(cast.database, cast.payee_ids["bo"], "lead", since, None, "test", NOW)
    before = seen(cast, "/me/projection", "bo", accept_language="en")
    tell(cast, "a", 100_000_00)
    after = seen(cast, "/me/projection", "bo", accept_language="en")
    assert "Backed open deals" in before
    assert "Prospect a" not in before
    assert "Prospect a 50% · Send the contract 23 Nov 2026 + DKK 2,000" in after
    assert 'href="/me/deals/a"' not in cast.client_of("bo").get("/me/projection").text


# --- what the company knows of stages -------------------------------------------------------------------------------


@pytest.fixture
def without_odds(cast: Cast) -> Cast:
    tell(cast, "a", 100_000_00, probability=None, stage="Proposal")
    projections.forget_past()
    return cast


def test_nobody_knows_how_likely_a_deal_of_a_new_stage_is(without_odds: Cast) -> None:
    shown = seen(without_odds, "/me/deals/a", accept_language="en")
    assert "nobody says how likely it is" in shown


def test_an_administrator_agrees_on_a_stage_and_every_page_follows(without_odds: Cast) -> None:
    ida = without_odds.client_of("ida", accept_language="en")
    answer = ida.post(
        "/company", data={"stage_odds": "Proposal = 40%\n", "priority_segments": "smb, mid"}
    )
    assert answer.status_code == 303
    assert "in your projection at 40%" in seen(without_odds, "/me/deals/a", accept_language="en")
    assert "agreed for this stage" in seen(without_odds, "/me/deals/a", accept_language="en")
    page = ida.get("/company").text
    assert "Proposal = 40%" in page
    assert 'value="mid, smb"' in page


@pytest.mark.parametrize("written", ["Proposal", "Proposal = 140%", "= 40%", "Proposal = <b>"])
def test_odds_that_cannot_be_used_are_shown_again_and_not_kept(cast: Cast, written: str) -> None:
    ida = cast.client_of("ida", accept_language="en")
    answer = ida.post("/company", data={"stage_odds": f"Demo = 20%\n{written}"})
    assert answer.status_code == 400
    assert "Line 2 should be a stage and a share, such as Proposal = 45%." in answer.text
    with cast.database.read() as connection:
        assert people.setting(connection, "stage_odds", "none") == "none"


def test_the_past_of_a_stage_says_how_likely_it_is(without_odds: Cast) -> None:
    for number in range(20):
        status = DealStatus.WON if number < 15 else DealStatus.LOST
        tell(without_odds, f"past-{number}", 100, stage=" PROPOSAL")
        tell(without_odds, f"past-{number}", 100, version=2, status=status, stage="Closed")
    with without_odds.database.read() as connection:
        decided = pipeline_reads.decided_by_stage(connection, date(2026, 1, 1))
    assert (decided["proposal"].won_count, decided["proposal"].lost_count) == (15, 5)
    projections.forget_past()
    shown = seen(without_odds, "/me/deals/a", accept_language="en")
    assert "15 of 20 deals of this stage were won in a year 75%" in shown


# --- the manager ----------------------------------------------------------------------------------------------------


def test_a_managers_row_says_where_backed_deals_bring_a_rep(cast: Cast) -> None:
    tell(cast, "a", 1_000_000_00)
    html = manager.render_fragment(cast.app, cast.team_ids["North"], "en").html
    row = words(html.split(f'id="rep-{cast.payee_ids["anna"]}"')[1].split("</tr>")[0])
    assert "→ 58%" in row
    assert "chance 50%" in row
    assert "How good the pipeline is" in html


def test_with_pay_closed_a_manager_sees_bands_in_sales_alone(cast: Cast) -> None:
    tell(cast, "a", 100_000_00)
    address = f"/team/{cast.team_ids['North']}/reps/{cast.payee_ids['anna']}"
    shown = words(cast.client_of("mette", accept_language="en").get(address).text)
    assert "Where it ends Sold so far DKK 613,457 Backed DKK 50,000 Projected DKK 663,457" in shown
    assert found_amounts(shown, {"earned": FIGURES["anna"].earned_minor, "adds": 7_000_00}) == set()


# --- the picture -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
def test_the_picture_shows_and_says_the_range(locale: str) -> None:
    landing = Spread(22_000_000, 19_000_000, 90_000_000)
    with speaking(locale):
        picture = staircase(a_standing(sold=184_000), 320, 150, landing=landing)
    assert picture is not None
    assert picture.likely is not None
    assert picture.projection is not None
    assert picture.ring_x < picture.likely.x < picture.projection.x < picture.likely.right <= 320
    assert re.search(r"110\s?%.*95\s?%.*450\s?%", picture.description)
