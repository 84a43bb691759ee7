"""The manager's page: every rep, what their pay says where it may be seen, and the deals that need a hand."""

import re
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from tests.builders import a_book, a_deal, a_plan, an_event
from tests.cast import FIGURES, NOW, Cast
from tests.leaks import found_amounts
from tests.pages.test_team_board import a_lead, a_member, text_of
from tracker import access, flow
from tracker.engine.ahead.prospects import StageBook
from tracker.engine.deals import CreditShare, Deal, DealStatus, NextStep
from tracker.pages import manager
from tracker.pages.company_calendar import company_calendar
from tracker.pages.i18n import speaking
from tracker.pages.pipeline import Pipeline, pipeline_of, short_money, when
from tracker.pages.rep_rows import RepRow, rep_row, trend_of, weekly
from tracker.store import people
from tracker.store.deals import StoredDeal
from tracker.store.verifications import StoredVerification, record_verification

TODAY = NOW.date()
NEEDS_DECISION_MAKER = 'requires = ["decision_maker"]\ntiers = [ { rate = "10%" } ]'


def open_pay(cast: Cast) -> None:
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")


def html_of(cast: Cast, locale: str = "en") -> str:
    return manager.render_fragment(cast.app, cast.team_ids["North"], locale).html


def address_of(cast: Cast, who: str, team: str = "North") -> str:
    return f"/team/{cast.team_ids[team]}/reps/{cast.payee_ids[who]}"


def row_of(cast: Cast, who: str) -> str:
    """What the table says about one rep."""
    start = html_of(cast).split(f'id="rep-{cast.payee_ids[who]}"')[1]
    return text_of(f"<tr {start.split('</tr>')[0]}")


# --- the table ----------------------------------------------------------------------------------------------------


def test_every_rep_of_the_team_stands_in_the_table_and_nobody_else(cast: Cast) -> None:
    html = html_of(cast)
    assert re.findall(r'data-name="([^"]+)"', html) == [
        "anna lund",
        "bo dahl",
        "cleo friis",
        "dan krogh",
    ]


def test_a_row_says_attainment_step_and_distance(cast: Cast) -> None:
    figures = FIGURES["anna"]
    ratio = Fraction(figures.sold_minor, figures.quota_minor)
    said = row_of(cast, "anna")
    assert f"{int(ratio * 100)}%" in said
    assert "1 of 3" in said
    assert f"{int((Fraction(8, 10) - ratio) * 100) + 1}% to step 2" in said


def test_rates_and_earnings_appear_only_when_managers_may_see_pay(cast: Cast) -> None:
    assert "7%" not in row_of(cast, "anna")
    assert "Earned" not in text_of(html_of(cast))
    open_pay(cast)
    said = row_of(cast, "anna")
    assert "1 · 7%" in said
    assert "to 9%" in said
    assert found_amounts(said, {"earned": FIGURES["anna"].earned_minor}) == {"earned"}


def test_a_room_is_shown_what_its_least_trusted_reader_may_see(cast: Cast) -> None:
    """An admin reads the same table as the team's manager: both are in the room it is pushed to."""
    address = f"/team/{cast.team_ids['North']}/fragment"
    for who in ("mette", "ida"):
        answer = cast.client_of(who).get(address)
        earned = {name: figures.earned_minor for name, figures in FIGURES.items()}
        assert found_amounts(answer.text, earned) == set()


def row(ratio: str, held_count: int = 0, shows_pay: bool = True, **changes) -> RepRow:
    lead = a_lead(1, Fraction(ratio), **changes)
    person = replace(a_member(1, "Anna Lund", lead), held_count=held_count, held_minor=500)
    return rep_row(person, {}, TODAY, shows_pay)


def test_marks_say_what_to_act_on() -> None:
    far = a_lead(1, Fraction("0.5")).next_step
    assert far is not None
    on_its_way = replace(far, deals_count=4)
    assert row("0.5", next_step=on_its_way).marks == ()
    assert row("0.79").marks == ("near",)
    assert row("0.5", held_count=2, next_step=on_its_way).marks == ("held",)
    assert row("0.2", next_step=on_its_way).marks == ("behind",)
    assert row("0.2", held_count=1).marks == ("near", "held", "behind")


def test_nobody_is_behind_in_the_first_days_of_a_window() -> None:
    lead = a_lead(1, Fraction(0))
    early = replace(lead.pace, ratio=Fraction(1, 20))
    assert "behind" not in row("0", pace=early).marks


def test_the_bar_turns_with_the_pace() -> None:
    tones = [row(ratio).bar.tone for ratio in ("0.5", "0.4", "0.3")]
    assert tones == ["good", "slow", "behind"]
    assert row("2").bar.reached == 1
    assert row("0.75").bar.reached == Fraction(1, 2)


def test_without_pay_a_row_holds_no_amount_of_pay() -> None:
    closed = row("0.9", held_count=1, shows_pay=False)
    assert (closed.earned_minor, closed.held_minor, closed.next_deal_minor) == (None, None, None)
    assert closed.step == "2 of 4"
    assert closed.distance == "10% to step 3"


def test_somebody_without_a_quota_is_shown_by_what_was_sold() -> None:
    lead = a_lead(1, Fraction(1, 2))
    without = replace(lead, quota_minor=None, attainment_ratio=None, problem="no_quota")
    shown = rep_row(a_member(1, "Anna", without), {}, TODAY, True)
    assert shown.attainment == "DKK\N{NO-BREAK SPACE}5,000"
    assert (shown.bar, shown.step, shown.distance) == (None, "no quota", "")


def test_somebody_without_a_plan_has_a_row() -> None:
    shown = rep_row(a_member(1, "Anna", None), {}, TODAY, True)
    assert (shown.attainment, shown.plan_name, shown.marks) == ("no plan", "", ())


def test_a_week_of_the_trend_ends_today() -> None:
    days = {
        TODAY: 1,
        TODAY - timedelta(days=6): 2,
        TODAY - timedelta(days=7): 4,
        TODAY - timedelta(days=41): 8,
        TODAY - timedelta(days=42): 16,
    }
    assert weekly(days, TODAY) == [8, 0, 0, 0, 4, 3]


def test_the_trend_rises_when_the_later_weeks_sold_more() -> None:
    assert trend_of([0, 0, 1, 2, 3, 4], None).slope_minor == 8
    assert trend_of([0] * 6, None).points.count(",") == 6
    assert trend_of([5, 0, 0, 0, 0, -5], None).slope_minor == -10


# --- the deals that need a hand ---------------------------------------------------------------------------------------


def an_open_deal(key: str, closes_in_days: int, step: NextStep | None, *evidence: str) -> Deal:
    return a_deal(
        key,
        status=DealStatus.OPEN,
        effective_on=TODAY + timedelta(days=closes_in_days),
        next_step=step,
        evidence=frozenset(evidence),
        probability=Fraction(1, 2),
    )


def step_in(days: int) -> NextStep:
    return NextStep("Sign", "Anna", TODAY + timedelta(days=days))


def pipeline(cast: Cast, *deals: Deal, still_days: int = 1) -> Pipeline:
    book = a_book(a_plan(NEEDS_DECISION_MAKER))
    stored = [StoredDeal(deal, NOW - timedelta(days=still_days), 1) for deal in deals]
    calendar = company_calendar(cast.app.extensions["tracker"].settings)
    return pipeline_of(stored, book, {1: "Anna"}, calendar, NOW, "DKK", StageBook({}, {}), {"smb"})


def keys_of(found: Pipeline) -> dict[str, list[str]]:
    lists = {"soon": found.soon, "stuck": found.stuck, "decide": found.decide}
    return {name: [deal.key for deal in one.deals] for name, one in lists.items()}


def test_a_deal_stands_in_the_one_list_that_says_what_to_do(cast: Cast) -> None:
    found = pipeline(
        cast,
        an_open_deal("signing", 5, step_in(2), "decision_maker"),
        an_open_deal("far away", 60, step_in(2), "decision_maker"),
        an_open_deal("no step", 60, None, "decision_maker"),
        an_open_deal("overdue", 5, step_in(-3), "decision_maker"),
        an_open_deal("no decision maker", 5, None),
        an_open_deal("no decision maker yet", 60, step_in(2)),
    )
    assert keys_of(found) == {
        "soon": ["signing"],
        "stuck": ["no step", "overdue"],
        "decide": ["no decision maker"],
    }


def test_a_line_says_what_to_know_and_whose_it_is(cast: Cast) -> None:
    found = pipeline(
        cast,
        an_open_deal("signing", 5, step_in(1), "decision_maker"),
        an_open_deal("no step", 60, None, "decision_maker"),
        an_open_deal("overdue", 5, step_in(-3), "decision_maker"),
        an_open_deal("undecided", 5, step_in(1)),
        still_days=16,
    )
    words = {deal.key: deal.words for one in (found.soon, found.stuck) for deal in one.deals}
    assert words == {
        "signing": "Sign · tomorrow",
        "no step": "No next step for 16 days",
        "overdue": "Date passed 3 days ago",
    }
    assert found.decide.deals[0].words == "Lacks decision maker: send back or pause?"
    assert found.decide.deals[0].owner == "Anna"


def test_a_deal_nobody_touched_for_a_month_does_not_move(cast: Cast) -> None:
    found = pipeline(cast, an_open_deal("d", 5, step_in(2), "decision_maker"), still_days=30)
    assert found.stuck.deals[0].words == "Unmoved for 30 days"


def test_backed_is_what_has_its_evidence_and_a_next_step(cast: Cast) -> None:
    found = pipeline(
        cast,
        an_open_deal("backed", 60, step_in(2), "decision_maker"),
        an_open_deal("hope", 60, step_in(2)),
        an_open_deal("stuck", 60, None, "decision_maker"),
        replace(an_open_deal("abroad", 60, step_in(2), "decision_maker"), currency="EUR"),
    )
    assert (found.backed_minor, found.open_minor) == (10_000_000, 30_000_000)


def test_a_list_shows_the_five_largest_and_counts_them_all(cast: Cast) -> None:
    deals = [
        replace(an_open_deal(f"d-{n}", 60, None), amount_minor=n * 1_000_00) for n in range(1, 9)
    ]
    found = pipeline(cast, *deals).stuck
    assert found.deals_count == 8
    assert [deal.key for deal in found.deals] == ["d-8", "d-7", "d-6", "d-5", "d-4"]


@pytest.mark.parametrize(
    ("days", "words"), [(0, "today"), (1, "tomorrow"), (3, "Monday"), (10, "30 Nov")]
)
def test_a_day_is_said_in_the_nearest_words(days: int, words: str) -> None:
    said = when(date(2026, 11, 20) + timedelta(days=days), date(2026, 11, 20))
    assert said.replace("\N{NO-BREAK SPACE}", " ") == words


def test_large_amounts_are_short_and_small_ones_are_whole() -> None:
    with speaking("da"):
        short = [short_money(minor, "DKK") for minor in (2_410_000_00, 410_000_00)]
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in short] == [
        "2,4 mio. kr.",
        "410.000 kr.",
    ]


# --- held money and the proof -------------------------------------------------------------------------------------


HELD_PLAN = """
name = "Cast ladder"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
name = "New sales"
measure = "revenue"
requires = ["icp_match"]
tiers_on = "quota"
tiers = [ {up_to = "80%", rate = "7%"}, {up_to = "100%", rate = "9%"}, {rate = "12%"} ]
"""


def hold_a_deal_of(cast: Cast, who: str) -> None:
    """From today the plan asks for evidence, and a deal arrives without it."""
    flow.activate_plan_version(cast.database, "cast", TODAY, HELD_PLAN, "test", NOW)
    shares = (CreditShare(cast.payee_ids[who], Fraction(1)),)
    deal = a_deal("crm:held", 100_000_00, effective_on=TODAY, credit_shares=shares)
    flow.record_deal_events(cast.database, [an_event(deal)], NOW)


def test_held_money_is_counted_by_deals_and_by_what_is_missing(cast: Cast) -> None:
    hold_a_deal_of(cast, "anna")
    said = text_of(html_of(cast))
    assert "Held for evidence 1 deal 1 without customer profile" in said
    assert "held money" in row_of(cast, "anna")
    open_pay(cast)
    said = text_of(html_of(cast)).replace("\N{NO-BREAK SPACE}", " ")
    assert "Held for evidence DKK 7,000 1 deal, 1 without customer profile" in said


def test_the_page_of_a_team_where_nobody_is_on_a_plan_yet_shows_everybody(cast: Cast) -> None:
    open_pay(cast)
    with cast.database.write() as connection:
        east = people.add_team(connection, "East")
        for number in range(4):
            people.add_payee(connection, f"new{number}@firma.dk", f"New {number}", east)
    page = cast.client_of("ida", accept_language="en").get(f"/team/{east}")
    assert page.status_code == 200
    assert page.text.count('id="rep-') == 4
    assert "0 deals" in text_of(page.text)


def test_the_pill_says_when_the_totals_were_checked_and_what_came_out(cast: Cast) -> None:
    assert "not checked yet" in text_of(html_of(cast))
    check_with_drift(cast, 0)
    said = text_of(html_of(cast))
    assert "10:30:00" in said
    assert "drift 0.00" in said
    assert "desk-drift" not in html_of(cast)
    check_with_drift(cast, 3)
    assert "drift 0.03" in text_of(html_of(cast))
    assert "desk-drift" in html_of(cast)


def check_with_drift(cast: Cast, drift_minor: int) -> None:
    with cast.database.write() as connection:
        record_verification(connection, StoredVerification(NOW, drift_minor, 5, 5, "0.1"))


# --- who may open what --------------------------------------------------------------------------------------------


def test_the_page_opens_on_the_first_team_of_whoever_asks(cast: Cast) -> None:
    answer = cast.client_of("sofie").get("/team")
    assert answer.headers["Location"] == f"/team/{cast.team_ids['South']}"


def test_only_who_looks_after_several_teams_can_choose(cast: Cast) -> None:
    address = f"/team/{cast.team_ids['North']}"
    assert '<nav class="desk-teams"' not in cast.client_of("mette").get(address).text
    chooser = cast.client_of("ida").get(address).text
    assert f'href="/team/{cast.team_ids["South"]}"' in chooser


def test_a_manager_without_a_team_is_told_so(cast: Cast) -> None:
    with cast.database.write() as connection:
        people.set_manager(connection, cast.team_ids["South"], cast.person_ids["sofie"], False)
    answer = cast.client_of("sofie").get("/team")
    assert answer.status_code == 200
    assert "No team yet" in answer.text


@pytest.mark.parametrize("who", ["sofie", "anna"])
def test_another_teams_page_does_not_exist(cast: Cast, who: str) -> None:
    client = cast.client_of(who)
    for address in (f"/team/{cast.team_ids['North']}", address_of(cast, "bo")):
        assert client.get(address).status_code == 404


def test_a_rep_does_not_open_through_another_team(cast: Cast) -> None:
    assert cast.client_of("mette").get(address_of(cast, "olaf", "North")).status_code == 404
    assert cast.client_of("ida").get(address_of(cast, "olaf", "North")).status_code == 404


def test_with_pay_closed_a_rep_opens_to_deals_with_amounts_and_no_pay(cast: Cast) -> None:
    answer = cast.client_of("mette").get(address_of(cast, "anna"))
    figures = FIGURES["anna"]
    hidden = {"earned": figures.earned_minor, "quota": figures.quota_minor}
    assert "Customer of anna" in answer.text
    assert found_amounts(answer.text, {"sold": figures.sold_minor} | hidden) == {"sold"}
    assert (
        cast.client_of("mette").get(address_of(cast, "anna") + "/deals/crm:anna").status_code == 404
    )


def test_with_pay_open_a_rep_opens_to_the_same_why_the_rep_sees(cast: Cast) -> None:
    open_pay(cast)
    htmx = {"HX-Request": "true"}
    seen = cast.client_of("mette").get(address_of(cast, "anna"), headers=htmx).text
    own = cast.client_of("anna").get("/me/why", headers=htmx).text
    lines = re.findall(r'<dl class="why-rows">.*?</dl>', own, re.DOTALL)
    assert lines
    for line in lines:
        assert line in seen
    deal_address = address_of(cast, "anna") + "/deals/crm:anna"
    deal_seen = cast.client_of("mette").get(deal_address, headers=htmx).text
    own = cast.client_of("anna").get("/me/deals/crm:anna", headers=htmx).text
    doubt = re.compile(r'\s*<p class="why-doubt">.*?</p>\s*', re.DOTALL)
    assert doubt.search(own), "only the rep can dispute it"
    assert doubt.sub("\n", deal_seen).split() == doubt.sub("\n", own).split()
    assert not doubt.search(deal_seen)


def test_a_deal_of_somebody_else_does_not_open_under_a_rep(cast: Cast) -> None:
    open_pay(cast)
    answer = cast.client_of("mette").get(address_of(cast, "anna") + "/deals/crm:bo")
    assert answer.status_code == 404


def test_a_team_that_does_not_exist_is_not_found(cast: Cast) -> None:
    for who in ("ida", "mette"):
        assert cast.client_of(who).get("/team/999").status_code == 404


def test_sums_of_pay_need_four_people(cast: Cast) -> None:
    open_pay(cast)
    hold_a_deal_of(cast, "anna")
    with cast.database.write() as connection:
        people.change_payee(connection, cast.payee_ids["dan"], is_active=False)
    tile = text_of(html_of(cast)).split("Held for evidence")[1][:30]
    assert "1 deal" in tile
    assert "7,000" not in tile
