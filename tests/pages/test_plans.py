"""The page of plans: what each says, who is on it, and who may see how much of it."""

import re
from datetime import date

from tests.builders import a_plan_text
from tests.cast import NOW, PLAN, Cast
from tests.pages.test_manager import open_pay
from tests.pages.test_team_board import text_of
from tracker import flow
from tracker.store import plans


def said_to(cast: Cast, who: str, address: str) -> str:
    answer = cast.client_of(who).get(address)
    assert answer.status_code == 200
    return text_of(answer.text)


def test_a_plan_says_its_steps_its_versions_and_its_people(cast: Cast) -> None:
    said = said_to(cast, "ida", "/plans/cast")
    assert "Climbs by quarter, paid by month" in said
    assert "7% up to 80%" in said or "up to 80% 7%" in said
    assert "since 1 Jan 2026 pays now" in said
    for name in ("Anna Lund", "Olaf Ravn"):
        assert name in said


def test_steps_of_amounts_are_drawn_in_amounts(cast: Cast) -> None:
    text = a_plan_text('tiers = [ { up_to = "500000", rate = "5%" }, { rate = "7%" } ]')
    flow.activate_plan_version(cast.database, "flat", date(2026, 1, 1), text, "test", NOW)
    card = (
        cast.client_of("ida").get("/plans").text.split('id="plan-flat"')[1].split("</article>")[0]
    )
    assert ">500,000<" in card
    assert ">50%<" not in card


def test_a_manager_sees_rates_only_where_the_company_lets_managers_see_pay(cast: Cast) -> None:
    for address in ("/plans", "/plans/cast"):
        said = said_to(cast, "mette", address)
        assert "stays between each person and the administrator" in said
        assert "7%" not in said
        assert "rate =" not in said
    open_pay(cast)
    assert "7%" in said_to(cast, "mette", "/plans/cast")


def test_a_manager_sees_the_people_of_own_teams_and_nothing_to_change(cast: Cast) -> None:
    said = said_to(cast, "mette", "/plans/cast")
    assert "Anna Lund" in said
    assert "Olaf Ravn" not in said
    answer = cast.client_of("mette").get("/plans/cast")
    assert 'method="post"' not in answer.text
    assert "4 people" in said_to(cast, "mette", "/plans")


def test_a_plan_of_other_teams_does_not_exist_for_a_manager(cast: Cast) -> None:
    flow.activate_plan_version(
        cast.database, "south", date(2026, 1, 1), PLAN.replace("Cast", "South"), "test", NOW
    )
    flow.assign_plan(
        cast.database, cast.payee_ids["olaf"], "south", date(2027, 1, 1), None, "test", NOW
    )
    assert "South ladder" in said_to(cast, "sofie", "/plans")
    assert "South ladder" not in said_to(cast, "mette", "/plans")
    assert cast.client_of("mette").get("/plans/south").status_code == 404


def test_people_are_put_on_a_plan_and_taken_off_again(cast: Cast) -> None:
    flow.activate_plan_version(cast.database, "more", date(2026, 1, 1), PLAN, "test", NOW)
    ida = cast.client_of("ida")
    anna, bo = cast.payee_ids["anna"], cast.payee_ids["bo"]
    form = {"payee_id": [anna, bo], "starts_on": "2027-01-01"}
    assert ida.post("/plans/more/people", data=form).status_code == 303
    end = {"payee_id": anna, "starts_on": "2027-01-01", "ends_on": "2027-06-30"}
    assert ida.post("/plans/more/people/end", data=end).status_code == 303
    with cast.database.read() as connection:
        found = [one for one in plans.assignments(connection) if one.plan_key == "more"]
    assert [(one.payee_id, one.ends_on) for one in found] == [
        (anna, date(2027, 6, 30)),
        (bo, None),
    ]


def test_nobody_is_put_on_a_plan_when_one_of_them_cannot_be(cast: Cast) -> None:
    flow.activate_plan_version(cast.database, "more", date(2026, 1, 1), PLAN, "test", NOW)
    anna, bo = cast.payee_ids["anna"], cast.payee_ids["bo"]
    flow.assign_plan(cast.database, bo, "more", date(2026, 1, 1), None, "test", NOW)
    form = {"payee_id": [anna, bo], "starts_on": "2027-01-01"}
    answer = cast.client_of("ida").post("/plans/more/people", data=form)
    assert answer.status_code == 409
    assert "Not for Bo Dahl" in text_of(answer.text)
    with cast.database.read() as connection:
        on_plan = plans.payees_on(connection, "more")
    assert on_plan == {bo}


def test_the_list_names_drafts_to_an_administrator_only(cast: Cast) -> None:
    for who, is_there in (("ida", True), ("mette", False)):
        answer = cast.client_of(who).get("/plans")
        assert bool(re.search(r"/plans/drafts/\d", answer.text)) is is_there
