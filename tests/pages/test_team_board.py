"""The wall: shares and counts only, names of those who agreed, wins as whole sentences."""

import re
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from tests.builders import a_deal, an_event
from tests.cast import FIGURES, NOW, Cast
from tests.leaks import found_amounts
from tracker import access, flow
from tracker.engine.agreement.plans import Mode
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.earning.standing import NextStep, Pace, Standing, Step
from tracker.engine.periods import PeriodKind, period_containing
from tracker.pages import team_board
from tracker.pages.people_names import initials, short_names
from tracker.pages.standings import PayeeStanding
from tracker.pages.team_board import SHOWS_CUSTOMERS, closest
from tracker.pages.team_goal import EVEN_BOUNDS, TeamGoal, team_goal, team_standing
from tracker.store import outbox, people
from tracker.store.people import Payee

TODAY = NOW.date()
WINDOW = period_containing(TODAY, PeriodKind.QUARTER)
LADDER = (Fraction(8, 10), Fraction(1), Fraction(12, 10))


def a_lead(payee_id: int, ratio: Fraction, quota_minor: int = 1_000_000, **changes) -> Standing:
    """Somebody on a ladder of four steps in shares of the quota."""
    attainment = int(ratio * quota_minor)
    bounds = [Fraction(0), *LADDER]
    number = sum(1 for bound in bounds if ratio >= bound)
    left = None if number > len(LADDER) else int(LADDER[number - 1] * quota_minor) - attainment
    standing = Standing(
        payee_id=payee_id,
        component_key="ae/sales",
        component_name="Sales",
        plan_name="AE",
        window=WINDOW,
        currency="DKK",
        measure="revenue",
        mode=Mode.MARGINAL,
        attainment_minor=attainment,
        quota_minor=quota_minor,
        attainment_ratio=ratio,
        earned_minor=0,
        steps=tuple(
            Step(n, 0, None, Fraction(n, 100), 0, Fraction(0), start, end)
            for n, (start, end) in enumerate(zip(bounds, [*LADDER, None], strict=True), start=1)
        ),
        step_number=number,
        rate=Fraction(number, 100),
        cap_at_minor=None,
        next_step=None
        if left is None
        else NextStep(number + 1, Fraction(1, 10), left, Fraction(left, quota_minor), 1, 0),
        typical_deal_minor=None,
        next_deal_minor=None,
        next_deal_above_minor=None,
        pace=Pace(attainment, 0, Fraction(1, 2), 60, 30, 30),
    )
    return replace(standing, **changes)


def a_member(payee_id: int, name: str, lead: Standing | None) -> PayeeStanding:
    payee = Payee(payee_id, "rep", name, name, 1, True)
    ladders = (lead,) if lead else ()
    return PayeeStanding(payee, WINDOW, "DKK", 0, 0, 0, None, 0, 0, ladders, 1)


def a_team(*ratios: str) -> list[PayeeStanding]:
    return [
        a_member(number, f"Rep {number}", a_lead(number, Fraction(ratio)))
        for number, ratio in enumerate(ratios, start=1)
    ]


EVERYBODY = {number: f"Rep {number}" for number in range(1, 20)}


def html_of(cast: Cast, locale: str = "en") -> str:
    return team_board.render_fragment(cast.app, cast.team_ids["North"], locale).html


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def win(cast: Cast, *who: str, key: str = "crm:today", **changes) -> Deal:
    """A deal won today by these people, recorded as its source would send it."""
    shares = tuple(CreditShare(cast.payee_ids[one], Fraction(1, len(who))) for one in who)
    words = {"name": "Nordwind A/S", "effective_on": TODAY, "credit_shares": shares, **changes}
    deal = a_deal(key, 20_000_00, **words)
    outcomes = flow.record_deal_events(cast.database, [an_event(deal)], NOW)
    assert [outcome.kind for outcome in outcomes] == ["recorded"]
    return deal


def cheers(cast: Cast, after: int, locale: str = "en") -> list[dict[str, str]]:
    """What the walls of every team would cheer for the changes after a sequence."""
    with cast.database.read() as connection:
        changes = outbox.changes_after(connection, after)
    found = (team_board.celebration_for(cast.app, change, locale) for change in changes)
    return [cheer for cheer in found if cheer is not None]


def newest(cast: Cast) -> int:
    with cast.database.read() as connection:
        return outbox.last_sequence(connection)


def show_customers(cast: Cast) -> None:
    with cast.database.write() as connection:
        people.put_setting(connection, SHOWS_CUSTOMERS, "yes")


# --- the goal -------------------------------------------------------------------------------------------------------


def test_the_team_is_measured_against_the_sum_of_its_quotas() -> None:
    leads = [a_lead(1, Fraction(1), 3_000_000), a_lead(2, Fraction(0), 1_000_000)]
    goal = team_goal(leads)
    assert goal is not None
    assert goal.ratio == Fraction(3, 4)
    assert goal.pace_points == 25, "three quarters sold when half of the days are gone"


def test_what_cannot_be_added_up_is_averaged_by_people() -> None:
    revenue = [a_lead(1, Fraction(1), 9_000_000), a_lead(2, Fraction(1, 2), 9_000_000)]
    deals = [a_lead(3, Fraction(0), 500, measure="deals")]
    goal = team_goal(revenue + deals)
    assert goal is not None
    assert goal.ratio == Fraction(1, 2)


def test_a_team_without_quotas_has_no_goal() -> None:
    assert team_goal([replace(a_lead(1, Fraction(1)), quota_minor=None)]) is None


def test_the_steps_of_a_team_rise_evenly_whatever_the_rates_are() -> None:
    leads = [a_lead(number, Fraction(9, 10)) for number in range(1, 5)]
    goal = team_goal(leads)
    assert goal is not None
    team = team_standing(goal, leads)
    assert [step.rate for step in team.steps] == [1, 2, 3, 4]
    assert [step.up_to_ratio for step in team.steps] == [*LADDER, None]
    assert team.step_number == 2
    assert [step.filled for step in team.steps] == [1, Fraction(1, 2), 0, 0]


def test_the_drawing_of_a_team_moves_by_whole_percents() -> None:
    """Else the ring would tell the size of a deal to whoever knows the quotas."""
    leads = [a_lead(number, Fraction(9, 10)) for number in range(1, 5)]
    drawn = {
        team_standing(TeamGoal(Fraction(ratio), Fraction(1, 2)), leads)
        for ratio in ("0.8600", "0.8649", "0.8699")
    }
    assert len(drawn) == 1


def test_people_on_different_ladders_share_even_steps() -> None:
    flat = [replace(a_lead(number, Fraction(3, 5)), steps=()) for number in range(1, 5)]
    goal = team_goal(flat)
    assert goal is not None
    bounds = [step.up_to_ratio for step in team_standing(goal, flat).steps]
    assert bounds == [*EVEN_BOUNDS, None]


def test_the_wall_shows_the_share_of_the_goal_and_the_pace(cast: Cast) -> None:
    sold = sum(FIGURES[who].sold_minor for who in ("anna", "bo", "cleo", "dan"))
    quota = sum(FIGURES[who].quota_minor for who in ("anna", "bo", "cleo", "dan"))
    said = text_of(html_of(cast))
    assert f"{sold * 100 // quota}%" in said
    assert "points behind pace" in said
    assert "working days left" in said


def test_three_people_are_too_few_for_a_team_figure(cast: Cast) -> None:
    with cast.database.write() as connection:
        people.change_payee(connection, cast.payee_ids["dan"], is_active=False)
    said = text_of(html_of(cast))
    assert "of the team goal" not in said
    assert "deals won today" in said


# --- who is close ---------------------------------------------------------------------------------------------------


def test_the_nearest_stand_first_with_what_is_left_in_percent() -> None:
    team = a_team("0.5", "0.76", "0.99", "0.6")
    found = closest(team, EVERYBODY)
    assert [(one.name, one.left_percent, one.step_number) for one in found] == [
        ("Rep 3", 1, 3),
        ("Rep 2", 5, 2),
    ]


def test_at_most_half_of_a_team_is_listed_so_nobody_is_last() -> None:
    assert len(closest(a_team(*["0.79"] * 4), EVERYBODY)) == 2
    assert len(closest(a_team(*["0.79"] * 7), EVERYBODY)) == 3
    assert len(closest(a_team(*["0.79"] * 15), EVERYBODY)) == 5
    assert closest(a_team(*["0.79"] * 3), EVERYBODY) == ()


def test_nobody_far_away_or_on_the_top_step_is_listed() -> None:
    team = a_team("0.39", "1.5", "0", "0.41")
    assert [one.name for one in closest(team, EVERYBODY)] == ["Rep 4"]


def test_nobody_who_has_not_agreed_is_listed() -> None:
    team = a_team(*["0.79"] * 8)
    assert {one.name for one in closest(team, {2: "Rep 2"})} == {"Rep 2"}


def test_what_is_left_never_looks_like_nothing() -> None:
    lead = a_lead(1, Fraction(7_999_999, 10_000_000), 10_000_000)
    team = [a_member(1, "Rep 1", lead), *a_team("0.1", "0.1", "0.1", "0.1")[1:]]
    assert closest(team, EVERYBODY)[0].left_percent == 1


# --- won today --------------------------------------------------------------------------------------------------------


def test_a_win_of_today_stands_on_the_wall_under_the_names_of_those_who_agreed(cast: Cast) -> None:
    assert "The first win of the day is still open." in text_of(html_of(cast))
    win(cast, "anna", "bo", "cleo")
    said = text_of(html_of(cast))
    assert "Won today 1" in said
    assert "Anna and Cleo" in said
    assert "Bo" not in said


def test_a_win_of_somebody_who_has_not_agreed_is_a_win_of_the_team(cast: Cast) -> None:
    win(cast, "bo")
    ticker = html_of(cast).split('class="wall-ticker"')[1]
    assert "<b>North</b>" in ticker


def test_customers_stand_on_the_wall_only_when_the_company_says_so(cast: Cast) -> None:
    win(cast, "anna")
    assert "Nordwind" not in html_of(cast)
    show_customers(cast)
    assert "Nordwind A/S" in html_of(cast)


def test_a_deal_that_is_taken_back_leaves_the_wall(cast: Cast) -> None:
    deal = win(cast, "anna")
    lost = replace(deal, status=DealStatus.CANCELLED)
    flow.record_deal_events(cast.database, [an_event(lost, version=2)], NOW)
    assert "Won today 0" in text_of(html_of(cast))


@pytest.mark.parametrize("locale", ["en", "da", "sv"])
def test_no_frame_holds_an_amount_from_which_pay_could_be_worked_out(
    cast: Cast, locale: str
) -> None:
    show_customers(cast)
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")
    won_minor = 77_351_00
    secrets = {f"{field} of {who}": getattr(figures, field) for who, figures in FIGURES.items()
               for field in ("sold_minor", "quota_minor", "earned_minor", "distance_minor")}  # fmt: skip
    before = newest(cast)
    frames = [html_of(cast, locale)]
    for number, who in enumerate(("anna", "cleo", "anna", "bo")):
        shares = (CreditShare(cast.payee_ids[who], Fraction(1)),)
        deal = a_deal(f"crm:{number}", won_minor, effective_on=TODAY, credit_shares=shares)
        flow.record_deal_events(cast.database, [an_event(deal)], NOW)
        frames.append(html_of(cast, locale))
    frames += [" ".join(cheer.values()) for cheer in cheers(cast, before, locale)]
    amounts = {**secrets, "the deal": won_minor, "its pay": won_minor * 7 // 100}
    for frame in frames:
        assert found_amounts(frame, amounts) == set()


# --- the cheer --------------------------------------------------------------------------------------------------------


def test_a_win_is_cheered_by_name_with_what_it_did_for_the_team(cast: Cast) -> None:
    show_customers(cast)
    before = newest(cast)
    win(cast, "anna")
    (cheer,) = cheers(cast, before)
    assert cheer["person"] == "Anna"
    assert cheer["initials"] == "AL"
    assert cheer["headline"] == "Anna won Nordwind A/S"
    assert re.fullmatch(r"and took North to \d+%", cheer["team_line"])


def test_the_cheer_speaks_the_language_of_the_wall(cast: Cast) -> None:
    show_customers(cast)
    before = newest(cast)
    win(cast, "anna")
    (cheer,) = cheers(cast, before, "da")
    assert cheer["headline"] == "Anna vandt Nordwind A/S"


def test_a_win_of_somebody_who_has_not_agreed_is_cheered_without_a_name(cast: Cast) -> None:
    show_customers(cast)
    before = newest(cast)
    win(cast, "bo")
    (cheer,) = cheers(cast, before)
    assert cheer["headline"] == "A win for North"
    assert cheer["person"] == cheer["initials"] == cheer["step_line"] == ""


def test_several_people_in_one_deal_are_cheered_once_and_together(cast: Cast) -> None:
    before = newest(cast)
    win(cast, "cleo", "anna")
    (cheer,) = cheers(cast, before)
    assert cheer["headline"] == "Cleo and Anna won a deal"
    assert cheer["initials"] == ""


def test_each_team_of_a_shared_deal_cheers_its_own_people(cast: Cast) -> None:
    before = newest(cast)
    win(cast, "olaf", "anna")
    assert sorted(cheer["headline"] for cheer in cheers(cast, before)) == [
        "Anna won a deal",
        "Olaf won a deal",
    ]


def test_a_change_that_is_no_win_is_not_cheered(cast: Cast) -> None:
    before = newest(cast)
    deal = win(cast, "anna", status=DealStatus.OPEN)
    assert cheers(cast, before) == []
    before = newest(cast)
    won = replace(deal, status=DealStatus.WON)
    flow.record_deal_events(cast.database, [an_event(won, version=2)], NOW)
    assert len(cheers(cast, before)) == 1
    before = newest(cast)
    dearer = replace(won, amount_minor=30_000_00)
    flow.record_deal_events(cast.database, [an_event(dearer, version=3)], NOW)
    assert cheers(cast, before) == []


def test_old_deals_that_are_imported_today_are_not_cheered(cast: Cast) -> None:
    before = newest(cast)
    win(cast, "anna", effective_on=TODAY - timedelta(days=30))
    win(cast, "anna", key="crm:later", effective_on=date(2026, 12, 24))
    assert cheers(cast, before) == []


# --- names -----------------------------------------------------------------------------------------------------------


def test_a_first_name_that_two_share_gets_a_letter_of_the_last() -> None:
    assert short_names(["Anna Lund", "Anna Bech", "Jonas", "Bo von Krog"]) == {
        "Anna Lund": "Anna L.",
        "Anna Bech": "Anna B.",
        "Jonas": "Jonas",
        "Bo von Krog": "Bo",
    }


def test_initials_are_of_the_first_and_last_name() -> None:
    assert [initials(name) for name in ("Anna Lund", "Bo von Krog", "Æske", "")] == [
        "AL",
        "BK",
        "Æ",
        "",
    ]
