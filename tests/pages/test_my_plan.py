"""A rep reads their own plan on the phone, in their language, with examples at their own quota."""

from datetime import date
from fractions import Fraction

from tests.cast import NOW, Cast
from tests.pages.test_my_earnings import seen
from tracker import flow, flow_exceptions
from tracker.engine.agreement.plans import PersonalException


def test_the_plan_is_told_in_the_readers_language(cast: Cast) -> None:
    shown = seen(cast, "/me/plan", accept_language="da")
    assert "Din aftale" in shown
    assert "Det, der tæller, er din omsætning." in shown
    assert "op til 80 % 7 %" in shown


def test_the_examples_are_at_the_readers_own_quota(cast: Cast) -> None:
    shown = seen(cast, "/me/plan", accept_language="en")
    assert "With a quota of DKK 1,903,271" in shown
    assert "DKK 1,522,616.80 sold DKK 106,583.18" in shown


def test_the_staircase_stands_beside_the_words(cast: Cast) -> None:
    page = cast.client_of("anna").get("/me/plan").text
    assert 'class="stairs"' in page
    assert page.index('class="stairs"') < page.index("why-rows")


def test_the_first_view_leads_there(cast: Cast) -> None:
    assert 'href="/me/plan"' in cast.client_of("anna").get("/me").text


def test_whoever_is_on_no_plan_is_told_so(cast: Cast) -> None:
    ended = date(2026, 11, 19)
    flow.assign_plan(
        cast.database, cast.payee_ids["anna"], "cast", date(2026, 1, 1), ended, "test", NOW
    )
    assert "You are on no plan today." in seen(cast, "/me/plan", accept_language="en")


def test_what_is_agreed_with_one_rep_alone_stands_in_their_plan(cast: Cast) -> None:
    anna = cast.payee_ids["anna"]
    higher = PersonalException(0, anna, "cast/sales", add_rate=Fraction(3, 100), reason="Agreed")
    flow_exceptions.agree(cast.database, higher, "test", NOW)
    shown = seen(cast, "/me/plan", accept_language="en")
    assert "With what is agreed with you alone." in shown
    assert "up to 80% 10%" in shown
    assert "up to 80% 7%" in seen(cast, "/me/plan", "bo", accept_language="en")
