"""The studio: a draft as text or form, the check beside it, the simulation, the pilot, and the act at the end."""

import re
from datetime import date

import pytest
from flask.testing import FlaskClient

from tests.cast import NOW, PLAN, Cast
from tests.pages.test_manager import open_pay
from tests.pages.test_team_board import text_of
from tracker import flow, flow_drafts, simulating
from tracker.pages.draft_fields import SINGLE_FIELDS
from tracker.store import drafts, plans
from tracker.store.plans import QuotaChange

TODAY = date(2026, 11, 20)
STEEPER = PLAN.replace("12%", "20%")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ida(cast: Cast) -> FlaskClient:
    return cast.client_of("ida")


def address(cast: Cast, act: str = "") -> str:
    return f"/plans/drafts/{cast.draft_id}{act}"


def source_of(cast: Cast) -> str:
    with cast.database.read() as connection:
        found = drafts.draft(connection, cast.draft_id)
    assert found is not None
    return found.text.source_toml


def form_fields(html: str) -> dict[str, list[str]]:
    """What a browser would send of the form on the page."""
    form = html.split('id="editor"')[1].split("</form>")[0]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]+>", form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            sent.setdefault(name[1], []).append(value[1] if value else "")
    for select in re.findall(r"<select.*?</select>", form, re.DOTALL):
        name = re.search(r'name="([^"]+)"', select)
        chosen = re.search(r'value="([^"]*)" selected', select)
        if name:
            sent[name[1]] = [chosen[1] if chosen else ""]
    return sent


def simulated(cast: Cast) -> None:
    flow_drafts.save_text(cast.database, cast.draft_id, STEEPER, "ida@firma.dk", NOW)
    flow_drafts.record_check(cast.database, cast.draft_id, {}, "ida@firma.dk", NOW)
    simulating.simulate_draft(cast.database, cast.draft_id, TODAY, "ida@firma.dk", NOW)


# --- writing


def test_the_form_sends_the_plan_it_shows(cast: Cast, ida: FlaskClient) -> None:
    fields = form_fields(ida.get(address(cast)).text)
    assert set(SINGLE_FIELDS) <= fields.keys()
    fields["tier_pays"][2] = "13,5 %"
    assert ida.post(address(cast), data=fields).status_code == 303
    assert '{ rate = "13.5%" }' in source_of(cast)
    assert '"80%", rate = "7%"' in source_of(cast)


def test_a_row_is_added_and_taken_away_in_the_form(cast: Cast, ida: FlaskClient) -> None:
    fields = form_fields(ida.get(address(cast)).text)
    more = ida.post(address(cast, "/rows"), data={**fields, "rows": "add tier"}, headers=HTMX)
    assert more.text.count('name="tier_up_to"') == 4
    assert "<html" not in more.text
    less = ida.post(address(cast, "/rows"), data={**fields, "rows": "drop tier 0"}, headers=HTMX)
    assert less.text.count('name="tier_up_to"') == 2
    assert ida.post(address(cast, "/rows"), data={**fields, "rows": "add where"}).text.count(
        "<html"
    )


def test_what_is_typed_is_checked_without_being_kept(cast: Cast, ida: FlaskClient) -> None:
    answer = ida.post(address(cast, "/preview"), data={"source_toml": 'name = "x"\nteirs = 1'})
    said = text_of(answer.text)
    assert "things to put right" in said
    assert "line 2" in said
    assert source_of(cast) == PLAN
    good = text_of(ida.post(address(cast, "/preview"), data={"source_toml": STEEPER}).text)
    assert "Can be used" in good
    assert "above 100%" in good


def test_a_plan_the_form_cannot_hold_is_shown_as_text(cast: Cast, ida: FlaskClient) -> None:
    two = PLAN + PLAN.split("[[components]]")[1].join(["[[components]]", ""]).replace(
        "sales", "more"
    )
    ida.post(address(cast), data={"source_toml": two})
    page = ida.get(address(cast)).text
    assert 'name="source_toml"' in page
    assert "more than the form can ask for" in page


def test_a_text_that_is_no_plan_is_kept_and_its_problems_named(
    cast: Cast, ida: FlaskClient
) -> None:
    assert ida.post(address(cast), data={"source_toml": "name = "}).status_code == 303
    assert "thing to put right" in text_of(ida.get(address(cast)).text)
    assert ida.post(address(cast, "/check")).status_code == 400


def test_hostile_text_stays_text(cast: Cast, ida: FlaskClient) -> None:
    evil = PLAN.replace("Cast ladder", "</textarea><script>alert(1)</script>")
    ida.post(address(cast), data={"source_toml": evil})
    for query in ("?as=form", "?as=text"):
        assert "<script>alert" not in ida.get(address(cast) + query).text


# --- the steps


def test_the_steps_are_taken_in_order(cast: Cast, ida: FlaskClient) -> None:
    assert ida.post(address(cast, "/simulate")).status_code == 400
    assert (
        ida.post(address(cast, "/activate"), data={"effective_from": "2027-01-01"}).status_code
        == 400
    )
    assert ida.post(address(cast, "/check")).status_code == 303
    page = text_of(ida.get(address(cast)).text)
    assert "Checked Ida Storm" in page
    assert (
        ida.post(address(cast, "/activate"), data={"effective_from": "2027-01-01"}).status_code
        == 400
    )


def test_a_simulation_is_shown_in_charts_with_their_figures(cast: Cast, ida: FlaskClient) -> None:
    quota = QuotaChange(cast.payee_ids["anna"], "", "2026-Q3", 100_000_00)
    flow.change_quotas(cast.database, [quota], "test", NOW)
    simulated(cast)
    html = ida.get(address(cast)).text
    charts = re.findall(r'<figure class="card chart chart-([\w-]+)"', html)
    assert charts == ["cost", "break-even", "winners", "attainment", "pay"]
    for key in charts:
        assert f'aria-labelledby="chart-{key}-title chart-{key}-words"' in html
    assert html.count("<table>") == len(charts)
    assert "style=" not in html


def test_a_pilot_of_three_shows_both_figures(cast: Cast, ida: FlaskClient) -> None:
    simulated(cast)
    form = {"payee_id": [cast.payee_ids["anna"]], "span": "2026-10-01/2026-12-31"}
    assert ida.post(address(cast, "/pilot"), data=form).status_code == 400
    form["payee_id"] = [cast.payee_ids[who] for who in ("anna", "bo", "cleo")]
    assert ida.post(address(cast, "/pilot"), data=form).status_code == 303
    said = text_of(ida.get(address(cast)).text)
    assert "Nobody is paid by it." in said
    assert "Anna Lund DKK 42,941.99 DKK 42,941.99" in said
    assert ida.post(address(cast, "/pilot/end")).status_code == 303
    assert ida.post(address(cast, "/pilot/end")).status_code == 409


def pilot_of_three(cast: Cast) -> None:
    simulated(cast)
    payee_ids = [cast.payee_ids[who] for who in ("anna", "bo", "cleo")]
    days = date(2026, 10, 1), date(2026, 12, 31)
    flow_drafts.start_pilot(cast.database, cast.draft_id, payee_ids, *days, "ida@firma.dk", NOW)


def test_a_rep_in_the_pilot_sees_what_they_would_have_and_nobody_else_does(cast: Cast) -> None:
    pilot_of_three(cast)
    said = text_of(cast.client_of("anna").get("/me").text)
    assert "Under the trial plan you would have DKK 42,941.99" in said
    assert "you are paid by your own plan" in said
    assert "trial plan" not in text_of(cast.client_of("dan").get("/me").text)
    flow_drafts.end_pilot(cast.database, cast.draft_id, "ida@firma.dk", NOW)
    assert "trial plan" not in text_of(cast.client_of("anna").get("/me").text)


def test_a_manager_sees_the_pilot_of_own_people_only_where_pay_is_open(cast: Cast) -> None:
    pilot_of_three(cast)
    assert "Pilot of" not in cast.client_of("mette").get("/plans/cast").text
    open_pay(cast)
    said = text_of(cast.client_of("mette").get("/plans/cast").text)
    assert "Pilot of Cast ladder" in said
    assert "Anna Lund DKK 42,941.99 DKK 42,941.99" in said
    assert "Pilot of" not in cast.client_of("sofie").get("/plans/cast").text


def test_activating_makes_a_version_and_ends_the_draft(cast: Cast, ida: FlaskClient) -> None:
    simulated(cast)
    same_day = ida.post(address(cast, "/activate"), data={"effective_from": "2026-01-01"})
    assert same_day.status_code == 400
    assert "from that day already" in text_of(same_day.text)
    done = ida.post(address(cast, "/activate"), data={"effective_from": "2027-01-01"})
    assert done.status_code == 303
    with cast.database.read() as connection:
        versions = plans.plan_versions(connection, "cast")
    assert versions[-1].source_toml == STEEPER
    assert versions[-1].recorded_by == "ida@firma.dk"
    said = text_of(ida.get(address(cast)).text)
    assert "has become a version" in said
    assert "Save the draft" not in said


def test_a_draft_starts_from_the_newest_version(cast: Cast, ida: FlaskClient) -> None:
    flow.activate_plan_version(cast.database, "cast", date(2027, 1, 1), STEEPER, "test", NOW)
    answer = ida.post("/plans/drafts", data={"replaces": "cast"})
    assert answer.status_code == 303
    with cast.database.read() as connection:
        newest = drafts.drafts(connection)[0]
    assert newest.text.source_toml == STEEPER
    assert (newest.plan_key, newest.recorded_by) == ("cast", "ida@firma.dk")
    assert (
        ida.post("/plans/drafts", data={"plan_key": "Bad key"}).headers["Location"].endswith("key")
    )
    assert ida.post("/plans/drafts", data={"plan_key": "first"}).status_code == 303
