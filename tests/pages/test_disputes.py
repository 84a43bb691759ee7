"""A rep says that something is not right; the manager sees the same, and answers, corrects, adds or declines."""

import re
from dataclasses import replace

import pytest
from werkzeug.test import TestResponse

from tests.builders import an_event, shared_by
from tests.cast import FIGURES, NOW, Cast
from tests.leaks import found_amounts
from tracker import access, flow
from tracker.engine.claims.disputes import State
from tracker.pages import my_earnings
from tracker.store import deals, disputes, people, totals
from tracker.store.disputes import Dispute

HTMX = {"HX-Request": "true"}


def kept(cast: Cast, who: str = "anna") -> Dispute:
    with cast.database.read() as connection:
        found = disputes.dispute_by_id(connection, cast.dispute_ids[who])
    assert found
    return found


def address(cast: Cast, what: str = "", who: str = "anna") -> str:
    return f"/disputes/{cast.dispute_ids[who]}{what}"


def act(cast: Cast, what: str, who: str = "mette", **form: object) -> TestResponse:
    form = {"words": "Because.", "read_count": len(kept(cast).entries), **form}
    start = "/me" if who == "anna" else ""
    return cast.client_of(who).post(start + address(cast, f"/{what}"), data=form)


def open_pay(cast: Cast) -> None:
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")


def form_values(html: str) -> dict[str, str]:
    """What the browser would send of a form as it stands."""
    values = {}
    for tag in re.findall(r"<input [^>]*>", html):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("type") != "checkbox" or " checked" in tag:
            values[found["name"]] = found.get("value", "")
    for name, options in re.findall(r'<select[^>]* name="([^"]+)">(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        values[name] = (chosen[1] if chosen[1] is not None else chosen[2]) if chosen else ""
    return values


def earned_minor(cast: Cast, who: str = "anna") -> int:
    with cast.database.read() as connection:
        of_components = totals.earnings_of(connection, cast.payee_ids[who], "2026-Q4")
    return sum(sum(periods.values()) for periods in of_components.values())


# --- raising it


def test_each_why_of_the_rep_leads_to_a_form_that_names_its_lines(cast: Cast) -> None:
    client = cast.client_of("anna")
    for why in ("/me/deals/crm:anna", "/me/why", "/me/why/cast/sales"):
        text = client.get(why, headers=HTMX).text
        link = re.search(r'class="why-doubt"><a href="([^"]+)"', text)
        assert link, why
        form = client.get(link[1].replace("&amp;", "&"), headers=HTMX).text
        assert 'id="sheet-title"' in form
        assert form.count("<option") > 1


def test_a_dispute_keeps_what_the_rep_saw_at_that_moment(cast: Cast) -> None:
    client = cast.client_of("anna", accept_language="da")
    form = {"about": "figure", "key": "cast/sales", "words": "For lidt.", "line": "no such line"}
    answer = client.post("/me/disputes", data=form)
    assert answer.status_code == 303
    before = found_amounts(client.get("/me/why").text, {"earned": FIGURES["anna"].earned_minor})
    assert before == {"earned"}
    with cast.database.read() as connection:
        deal = deals.stored_deal(connection, "crm:anna").deal
    flow.record_deal_events(cast.database, [an_event(replace(deal, amount_minor=100_00), 2)], NOW)
    page = client.get(answer.location).text
    assert found_amounts(page, {"earned": FIGURES["anna"].earned_minor}) == {"earned"}
    assert 'lang="da"' in page
    assert "For lidt." in page
    assert "no such line" not in page


def test_a_line_of_a_statement_can_be_disputed_and_is_kept_as_it_stood(cast: Cast) -> None:
    client = cast.client_of("anna")
    key = str(cast.statement_ids["anna"])
    page = client.get(f"/statements/{key}").text
    link = re.search(r'class="why-doubt"><a href="([^"]+)"', page)
    assert link
    form = client.get(link[1].replace("&amp;", "&")).text
    lines = [line for line in re.findall(r"<option[^>]*>([^<]+)</option>", form) if ":" in line]
    assert lines
    typed = {"about": "statement", "key": key, "words": "Too little.", "line": lines[0]}
    answer = client.post("/me/disputes", data=typed)
    assert answer.status_code == 303
    own = client.get(answer.location).text
    assert f"Pointed at: {lines[0]}" in own
    assert "and as it still is" in own
    seen = cast.client_of("mette").get(answer.location.replace("/me", "", 1)).text
    assert "Too little." in seen
    assert lines[0] not in seen, "the company does not show pay to managers"


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"about": "deal", "key": "crm:anna", "words": "  "}, "Write a few words."),
        ({"about": "deal", "key": "crm:anna", "words": "x" * 2001}, "at most 2,000"),
        ({"about": "missing", "words": "Gone.", "name": ""}, "Say which customer"),
        ({"about": "missing", "words": "Gone.", "name": "A", "on": "soon"}, "not a date"),
        ({"about": "missing", "words": "Gone.", "name": "A", "amount": "lots"}, "not an amount"),
        ({"about": "missing", "words": "Gone.", "name": "A", "amount": "9" * 30}, "too large"),
    ],
)
def test_what_is_wrong_with_the_form_comes_back_with_what_was_typed(
    cast: Cast, form: dict[str, str], said: str
) -> None:
    answer = cast.client_of("anna").post("/me/disputes", data=form)
    assert answer.status_code == 400
    assert said in answer.text
    assert form["words"].strip()[:20] in answer.text


def test_words_of_a_rep_are_text_and_never_markup(cast: Cast) -> None:
    form = {"about": "missing", "name": "<b>x</b>", "words": "<script>alert(1)</script>"}
    answer = cast.client_of("anna").post("/me/disputes", data=form)
    for who, start in (("anna", ""), ("mette", "")):
        path = answer.location if who == "anna" else answer.location.replace("/me", "", 1)
        text = cast.client_of(who).get(start + path).text
        assert "&lt;script&gt;" in text
        assert "<script>alert" not in text


# --- what the manager sees


def test_with_pay_closed_the_manager_sees_the_words_and_the_deal_but_no_pay(cast: Cast) -> None:
    page = cast.client_of("mette").get(address(cast)).text
    figures = FIGURES["anna"]
    hidden = {"earned": figures.earned_minor, "quota": figures.quota_minor}
    assert "Doubt of anna" in page
    assert found_amounts(page, {"sold": figures.sold_minor} | hidden) == {"sold"}


def test_with_pay_open_the_manager_sees_the_very_explanation_the_rep_saw(cast: Cast) -> None:
    open_pay(cast)
    page = cast.client_of("mette").get(address(cast)).text
    own = cast.client_of("anna").get("/me" + address(cast)).text
    seen, shown = (
        re.findall(r'<dl class="why-rows">.*?</dl>', text, re.DOTALL) for text in (page, own)
    )
    assert seen == shown
    assert found_amounts(page, {"earned": FIGURES["anna"].earned_minor}) == {"earned"}


def test_the_menu_counts_what_waits_and_the_pushed_page_tells_of_every_act(cast: Cast) -> None:
    client = cast.client_of("mette")
    north = cast.team_ids["North"]
    assert client.get("/disputes/waiting").text == "1"
    before = re.search(r'data-dispute-acts="(\d+)"', client.get(f"/team/{north}").text)
    act(cast, "answer")
    after = re.search(r'data-dispute-acts="(\d+)"', client.get(f"/team/{north}").text)
    assert before
    assert after
    assert int(after[1]) == int(before[1]) + 1
    assert client.get("/disputes/waiting").text == "0"


def test_the_phone_tells_how_the_disputes_stand(cast: Cast) -> None:
    def pushed() -> str:
        return my_earnings.render_fragment(cast.app, cast.payee_ids["anna"], "en").html

    assert "1 waiting for an answer" in pushed()
    act(cast, "answer")
    assert "1 answered" in pushed()


# --- answering


def test_answer_reply_decline_and_reopen_take_turns(cast: Cast) -> None:
    for what, who, state in (
        ("answer", "mette", State.ANSWERED),
        ("reply", "anna", State.OPEN),
        ("decline", "mette", State.DECLINED),
        ("reply", "anna", State.OPEN),
        ("withdraw", "anna", State.WITHDRAWN),
    ):
        assert act(cast, what, who).status_code == 303, what
        assert kept(cast).state is state


def test_an_answer_needs_words_and_a_withdrawal_does_not(cast: Cast) -> None:
    assert act(cast, "decline", words=" ").status_code == 400
    assert act(cast, "answer", words=" ").status_code == 400
    assert act(cast, "withdraw", "anna", words="").status_code == 303


def test_of_two_managers_the_second_is_told_and_keeps_what_was_typed(cast: Cast) -> None:
    assert act(cast, "decline", "mette", read_count=1).status_code == 303
    answer = act(cast, "answer", "ida", read_count=1, words="My long answer.")
    assert answer.status_code == 409
    assert "Somebody else was quicker" in answer.text
    assert kept(cast).state is State.DECLINED


def test_nobody_decides_about_their_own_pay(cast: Cast) -> None:
    with cast.database.write() as connection:
        people.set_manager(connection, cast.team_ids["North"], cast.person_ids["anna"])
        people.change_person(connection, cast.person_ids["anna"], role="manager")
    client = cast.client_of("anna")
    assert client.get(address(cast)).status_code == 404
    assert client.post(address(cast, "/answer"), data={"words": "Yes."}).status_code == 404
    assert client.post(address(cast, "/correct"), data={"words": "Yes."}).status_code == 404
    assert client.get("/me" + address(cast)).status_code == 200


# --- correcting


def test_a_correction_by_the_form_counts_at_once_and_keeps_what_the_form_does_not_show(
    cast: Cast,
) -> None:
    client = cast.client_of("mette")
    form = form_values(client.get(address(cast, "/correct")).text)
    before = earned_minor(cast)
    form |= {"amount": "1.000.000,00", "words": "As signed."}
    answer = client.post(address(cast, "/correct"), data=form)
    assert answer.status_code == 303
    assert kept(cast).state is State.CORRECTED
    assert earned_minor(cast) == 70_000_00 != before
    page = client.get(address(cast)).text
    assert "As signed." in page
    assert "changed" in page


def test_the_form_gives_back_the_very_deal_it_was_filled_with(cast: Cast) -> None:
    client = cast.client_of("mette")
    form = form_values(client.get(address(cast, "/correct")).text) | {"words": "Nothing."}
    answer = client.post(address(cast, "/correct"), data=form)
    assert answer.status_code == 400
    assert "Nothing is changed in the form yet." in answer.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "many"}, "not an amount"),
        ({"amount": ""}, "has an amount"),
        ({"effective_on": "2026-02-30"}, "not a date"),
        ({"ended_on": "2026-01-01"}, "cannot leave before"),
        ({"credit.0.share": "60%"}, "must be 100%"),
        ({"credit.0.share": "much"}, "Choose a rep and a share"),
        ({"credit.0.payee_id": "999"}, "Choose a rep and a share"),
        ({"credit.0.payee_id": "{olaf}"}, "Choose a rep and a share"),
        ({"status": "lost", "amount": "-5"}, "Only a deal that is won"),
        ({"words": ""}, "Write a few words."),
        ({"name": ""}, "Say which customer"),
    ],
)
def test_a_correction_that_cannot_be_is_refused_by_field(
    cast: Cast, changes: dict[str, str], said: str
) -> None:
    client = cast.client_of("mette")
    form = form_values(client.get(address(cast, "/correct")).text) | {"words": "Why."}
    form |= {name: typed.format_map(cast.payee_ids) for name, typed in changes.items()}
    answer = client.post(address(cast, "/correct"), data=form)
    assert answer.status_code == 400
    assert said in answer.text
    assert kept(cast).state is State.OPEN


def test_a_deal_shared_with_another_team_is_for_the_administrator_to_correct(cast: Cast) -> None:
    with cast.database.read() as connection:
        deal = deals.stored_deal(connection, "crm:anna").deal
    both = shared_by(cast.payee_ids["anna"], cast.payee_ids["olaf"])
    flow.record_deal_events(cast.database, [an_event(replace(deal, credit_shares=both), 2)], NOW)
    page = cast.client_of("mette").get(address(cast, "/correct")).text
    assert "Olaf Ravn is on this deal too" in page
    assert cast.client_of("mette").post(address(cast, "/correct"), data={}).status_code == 403
    client = cast.client_of("ida")
    form = form_values(client.get(address(cast, "/correct")).text)
    form |= {"amount": "10,00", "words": "Yes."}
    assert client.post(address(cast, "/correct"), data=form).status_code == 303


def test_a_form_filled_before_the_source_spoke_again_corrects_nothing(cast: Cast) -> None:
    client = cast.client_of("mette")
    form = form_values(client.get(address(cast, "/correct")).text)
    with cast.database.read() as connection:
        deal = deals.stored_deal(connection, "crm:anna").deal
    flow.record_deal_events(cast.database, [an_event(replace(deal, amount_minor=1_00), 2)], NOW)
    form |= {"amount": "10,00", "words": "Yes."}
    answer = client.post(address(cast, "/correct"), data=form)
    assert answer.status_code == 409
    assert kept(cast).state is State.OPEN


def test_a_correction_the_source_overtakes_is_marked_for_both(cast: Cast) -> None:
    client = cast.client_of("mette")
    form = form_values(client.get(address(cast, "/correct")).text)
    client.post(address(cast, "/correct"), data=form | {"amount": "10,00", "words": "Yes."})
    assert "The source has said something else" not in client.get(address(cast)).text
    with cast.database.read() as connection:
        deal = deals.stored_deal(connection, "crm:anna").deal
    flow.record_deal_events(cast.database, [an_event(replace(deal, amount_minor=1_00), 2)], NOW)
    assert "The source has said something else" in client.get(address(cast)).text
    own = cast.client_of("anna").get("/me" + address(cast)).text
    assert "The source has said something else" in own


def test_a_missing_deal_is_added_from_what_the_rep_knows(cast: Cast) -> None:
    typed = {"about": "missing", "name": "Nordwind", "on": "2026-11-03", "amount": "2.000,00"}
    answer = cast.client_of("anna").post("/me/disputes", data=typed | {"words": "Not there."})
    path = answer.location.partition("?")[0].replace("/me", "", 1)
    client = cast.client_of("mette")
    form = form_values(client.get(f"{path}/add").text)
    assert (form["name"], form["effective_on"], form["amount"]) == (
        "Nordwind",
        "2026-11-03",
        "2,000",
    )
    taken = form | {"deal_key": "crm:bo", "words": "Added."}
    assert "is there already" in client.post(f"{path}/add", data=taken).text
    wrong = form | {"deal_key": "no source", "words": "Added."}
    assert "Write the source and the id" in client.post(f"{path}/add", data=wrong).text
    before = earned_minor(cast)
    own = form | {"deal_key": "crm:d-77", "words": "Added."}
    assert client.post(f"{path}/add", data=own).status_code == 303
    assert earned_minor(cast) == before + 140_00


def test_the_metrics_count_by_rep_and_month(cast: Cast) -> None:
    page = cast.client_of("mette").get("/disputes").text
    assert "Anna Lund" in page
    assert "Olaf" not in page
    assert "0.25 for each rep" in page
    act(cast, "answer")
    assert "0 min" in cast.client_of("mette").get("/disputes").text
