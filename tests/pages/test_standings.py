"""What a payee has earned in the window, when plans come and go inside it."""

from datetime import date
from fractions import Fraction

from tests.builders import a_deal, a_plan_text, an_event
from tests.cast import FIGURES, NOW, Cast
from tracker import flow
from tracker.engine.deals import CreditShare
from tracker.pages.company_calendar import CompanyCalendar, company_calendar
from tracker.pages.i18n import speaking
from tracker.pages.standings import PayeeStanding, payee_standing
from tracker.pages.why_projection import why_projection
from tracker.pages.why_sheets import why_earned

TEN_PERCENT = 'tiers = [ { rate = "10%" } ]'


def calendar_of(cast: Cast) -> CompanyCalendar:
    return company_calendar(cast.app.extensions["tracker"].settings)


def standing_of_anna(cast: Cast) -> PayeeStanding:
    with cast.database.read() as connection:
        return payee_standing(connection, cast.payee_ids["anna"], calendar_of(cast), NOW)


def put_anna_on(cast: Cast, plan_key: str, starts_on: date, **plan_words: str) -> None:
    text = a_plan_text(TEN_PERCENT, **plan_words)
    flow.activate_plan_version(cast.database, plan_key, date(2026, 1, 1), text, "test", NOW)
    flow.assign_plan(cast.database, cast.payee_ids["anna"], plan_key, starts_on, None, "test", NOW)


def anna_sells(cast: Cast, amount_minor: int, effective_on: date) -> None:
    share = (CreditShare(cast.payee_ids["anna"], Fraction(1)),)
    deal = a_deal("crm:more", amount_minor, effective_on=effective_on, credit_shares=share)
    (outcome,) = flow.record_deal_events(cast.database, [an_event(deal)], NOW)
    assert outcome.kind == "recorded"


def test_what_a_plan_left_inside_the_window_earned_stays_in_the_figure(cast: Cast) -> None:
    anna = cast.payee_ids["anna"]
    flow.assign_plan(cast.database, anna, "cast", date(2026, 1, 1), date(2026, 11, 15), "test", NOW)
    put_anna_on(cast, "new", date(2026, 11, 16))
    anna_sells(cast, 50_000_00, date(2026, 11, 18))

    standing = standing_of_anna(cast)

    assert standing.lead is not None
    assert standing.lead.component_key == "new/sales"
    assert standing.earned_minor == FIGURES["anna"].earned_minor + 5_000_00
    left = standing.standings[1]
    assert (left.component_key, left.is_running, left.next_step) == ("cast/sales", False, None)
    assert left.pace.earned_minor == left.earned_minor


def test_the_lines_of_the_why_sum_to_the_figure_with_a_plan_left_behind(cast: Cast) -> None:
    anna = cast.payee_ids["anna"]
    flow.assign_plan(cast.database, anna, "cast", date(2026, 1, 1), date(2026, 11, 15), "test", NOW)
    put_anna_on(cast, "new", date(2026, 11, 16))
    anna_sells(cast, 50_000_00, date(2026, 11, 18))
    standing = standing_of_anna(cast)
    with cast.database.read() as connection, cast.app.app_context(), speaking("en"):
        sheet = why_earned(connection, standing)
        projected = why_projection(standing)
    assert [section.total.value for section in sheet.sections if section.total] == [
        "DKK\xa05,000",
        "DKK\xa042,941.99",
    ]
    assert [section.heading for section in projected.sections[-2:]] == [
        "At today’s pace · sales",
        "At today’s pace · New sales",
    ]


def test_a_plan_with_another_window_is_shown_but_not_added_to_the_headline(cast: Cast) -> None:
    put_anna_on(cast, "spiff", date(2026, 1, 1), window="month")
    standing = standing_of_anna(cast)
    windows = {one.component_key: one.window.key for one in standing.standings}
    assert windows == {"cast/sales": "2026-Q4", "spiff/sales": "2026-11"}
    assert standing.earned_minor == FIGURES["anna"].earned_minor
    assert [one.component_key for one in standing.together] == ["cast/sales"]
