"""The page where managers score the objectives of their people."""

from datetime import date

import pytest

from tests.cast import NOW, Cast
from tests.pages.test_my_earnings import words
from tracker import flow
from tracker.store import totals

MBO = """
name = "MBO"
currency = "DKK"
window = "quarter"
settlement = "quarter"
[[components]]
key = "nps"
measure = "objective"
where = { objective = "nps" }
target_incentive = "60000"
curve = [ { at = "50%", pays = "0%" }, { at = "100%", pays = "100%" } ]
"""
DAY = "2026-12-31"


@pytest.fixture
def scored(cast: Cast) -> Cast:
    """Anna and Olaf have an objective."""
    flow.activate_plan_version(cast.database, "mbo", date(2026, 1, 1), MBO, "test", NOW)
    for who in ("anna", "olaf"):
        payee_id = cast.payee_ids[who]
        flow.assign_plan(cast.database, payee_id, "mbo", date(2026, 1, 1), None, "test", NOW)
    return cast


def give(cast: Cast, who: str, by: str, **form: str):
    filled = {"objective": "nps", "day": DAY, "score": "87,5", "version": "0", **form}
    return cast.client_of(by).post(f"/objectives/{cast.payee_ids[who]}", data=filled)


def shown(cast: Cast, who: str) -> str:
    return words(cast.client_of(who, accept_language="en").get("/objectives").text)


def earned(cast: Cast, who: str) -> int:
    with cast.database.read() as connection:
        found = totals.earnings_of(connection, cast.payee_ids[who], "2026-Q4")
    return sum(found.get("mbo/nps", {}).values())


def test_a_manager_sees_the_objectives_of_own_people_only(scored: Cast) -> None:
    assert "Anna Lund · nps" in shown(scored, "mette")
    assert "Olaf" not in shown(scored, "mette")
    assert "Olaf Ravn · nps" in shown(scored, "ida")


def test_a_score_pays_at_once_and_shows_on_the_reps_phone(scored: Cast) -> None:
    assert give(scored, "anna", "mette").status_code == 303
    assert earned(scored, "anna") == 45_000_00
    assert "Scored 87.5%" in shown(scored, "mette")
    phone = words(scored.client_of("anna", accept_language="en").get("/me").text)
    assert "45,000" in phone


def test_a_change_without_a_reason_is_refused_in_words(scored: Cast) -> None:
    give(scored, "anna", "mette")
    answer = give(scored, "anna", "mette", score="50", version="1")
    assert answer.status_code == 400
    assert earned(scored, "anna") == 45_000_00
    again = give(scored, "anna", "mette", score="50", version="1", reason="Counted twice")
    assert again.status_code == 303
    assert earned(scored, "anna") == 0


def test_who_read_an_older_score_is_told(scored: Cast) -> None:
    give(scored, "anna", "mette")
    assert give(scored, "anna", "ida", score="50", reason="Mine").status_code == 409


@pytest.mark.parametrize("score", ["", "many", "-5", "1000.01", "10.555", "9999"])
def test_what_is_no_score_is_refused_in_words(scored: Cast, score: str) -> None:
    assert give(scored, "anna", "mette", score=score).status_code == 400
    assert earned(scored, "anna") == 0


def test_nobody_scores_people_of_another_team(scored: Cast) -> None:
    assert give(scored, "olaf", "mette").status_code == 404
    assert give(scored, "anna", "anna").status_code == 403
