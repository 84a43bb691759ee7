"""Payroll months on the pages: asked for by one administrator, approved by another; statements for their readers."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction

import pytest
from flask.testing import FlaskClient

from tests.builders import a_deal, an_event
from tests.cast import NOW, Cast
from tracker import access, clock, flow, flow_payroll
from tracker.engine.deals import CreditShare
from tracker.pages.statement_pdf import printable
from tracker.store import payroll, people
from tracker.store.adjustments import adjustments
from tracker.verify import verify

DECEMBER = NOW.replace(month=12, day=3)


@pytest.fixture
def december(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """November is over; sessions begin now."""
    monkeypatch.setattr("tests.cast.NOW", DECEMBER)
    with clock.stopped_at(DECEMBER):
        yield


@pytest.fixture
def pia(cast: Cast) -> FlaskClient:
    """A second administrator."""
    with cast.database.write() as connection:
        person_id = people.add_person(connection, "Pia", "pia@firma.dk", "admin", NOW)
    cast.person_ids["pia"] = person_id
    return cast.client_of("pia")


@pytest.fixture
def ida(cast: Cast) -> FlaskClient:
    return cast.client_of("ida")


def seen_in(page: str) -> str:
    found = re.search(r'name="seen" value="(\d+)"', page)
    assert found
    return found[1]


def test_one_administrator_asks_and_another_closes_what_they_have_seen(
    december: None, cast: Cast, ida: FlaskClient, pia: FlaskClient
) -> None:
    assert ida.get("/payroll").headers["Location"].endswith("/payroll/2026-11")
    assert ida.post("/payroll/2026-11/request").status_code == 303
    own = ida.get("/payroll/2026-11").text
    assert "Another administrator must approve" in own
    assert "Approve and close" not in own
    assert ida.post("/payroll/2026-11/approve").status_code == 409
    page = pia.get("/payroll/2026-11").text
    late = pia.post("/payroll/2026-11/approve", data={"seen": "1"})
    assert (late.status_code, "look again" in late.text) == (409, True)
    done = pia.post("/payroll/2026-11/approve", data={"seen": seen_in(page)})
    assert done.status_code == 303
    with cast.database.read() as connection:
        assert payroll.closed_through(connection) == "2026-11"
    export = pia.get("/payroll/2026-11/export/csv")
    rows = list(csv.reader(io.StringIO(export.data.decode("utf-8-sig"))))
    assert rows[1][:2] == ["anna@firma.dk", "Anna Lund"]
    assert ida.post("/payroll/2026-11/reopen").status_code == 409
    reason = {"reason": "A deal was forgotten"}
    assert ida.post("/payroll/2026-11/reopen", data=reason).status_code == 303
    assert "A deal was forgotten" in ida.get("/payroll/2026-11").text
    assert verify(cast.database).differences == ()


def test_a_correction_names_the_deal_behind_it_and_the_month_it_belongs_to(
    december: None, cast: Cast
) -> None:
    share = (CreditShare(cast.payee_ids["anna"], Fraction(1)),)
    late = a_deal(
        "crm:late", name="Late & Co", effective_on=date(2026, 10, 20), credit_shares=share
    )
    flow.record_deal_events(cast.database, [an_event(late)], DECEMBER)
    flow_payroll.request_close(cast.database, "2026-11", "a@b.dk", DECEMBER.date(), DECEMBER)
    flow_payroll.approve_close(cast.database, "2026-11", "c@d.dk", DECEMBER)
    anna = cast.client_of("anna")
    newest = re.findall(r"/statements/\d+", anna.get("/me/statements").text)[0]
    page = anna.get(newest).text
    assert "Adjustment: New sales" in page
    assert "Late &amp; Co" in page
    assert f"/statements/{cast.statement_ids['anna']}" in page, "linked to what it corrects"
    corrected = anna.get(f"/statements/{cast.statement_ids['anna']}").text
    assert newest in corrected, "and back"


def test_a_request_can_be_declined_with_a_reason(
    december: None, cast: Cast, ida: FlaskClient, pia: FlaskClient
) -> None:
    ida.post("/payroll/2026-11/request")
    assert pia.post("/payroll/2026-11/decline").status_code == 409
    declined = pia.post("/payroll/2026-11/decline", data={"reason": "Olaf is missing"})
    assert declined.status_code == 303
    assert "Olaf is missing" in ida.get("/payroll/2026-11").text


def test_a_manager_looks_at_the_own_team_when_the_company_says_so(cast: Cast) -> None:
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")
    mette = cast.client_of("mette")
    page = mette.get("/payroll/2026-10").text
    assert "Anna Lund" in page
    assert "Olaf" not in page
    assert "Paid in all" not in page
    assert mette.get(f"/statements/{cast.statement_ids['anna']}").status_code == 200
    assert mette.get(f"/statements/{cast.statement_ids['olaf']}").status_code == 404
    assert mette.post("/payroll/2026-10/reopen", data={"reason": "x"}).status_code == 403


def test_a_rep_reads_the_own_statement_as_page_pdf_and_csv(cast: Cast) -> None:
    anna = cast.client_of("anna", accept_language="da")
    listed = anna.get("/me/statements").text
    address = f"/statements/{cast.statement_ids['anna']}"
    assert address in listed
    page = anna.get(address).text
    assert "271.935,00" in page
    assert "Manuelt: Fair" in page
    pdf = anna.get(f"{address}/pdf")
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(anna.get(f"{address}/csv").data.decode("utf-8-sig"))))
    assert rows[1][1:] == ["Manuelt: Fair", "", "271935.00"]


def test_letters_that_the_fonts_of_a_pdf_lack_are_written_near_enough() -> None:
    assert printable("Łódź \N{MINUS SIGN}1\N{NO-BREAK SPACE}200 kr. – Ærø × 1,5 €") == (
        "Lódz -1 200 kr. – Ærø × 1,5 €"
    )
    assert printable("日本") == "??"


def test_a_statement_shows_what_became_known_later(
    cast: Cast, ida: FlaskClient, pia: FlaskClient
) -> None:
    form = {
        "payee_id": str(cast.payee_ids["anna"]),
        "month": "2026-10",
        "amount": "-1.250,50",
        "currency": "DKK",
        "reason": "Paid twice",
    }
    assert ida.post("/adjustments", data=form).status_code == 303
    with cast.database.read() as connection:
        number = adjustments(connection)[0].id
    assert ida.post(f"/adjustments/{number}/approved").status_code == 409
    assert pia.post(f"/adjustments/{number}/declined").status_code == 422
    assert pia.post(f"/adjustments/{number}/approved").status_code == 303
    page = cast.client_of("anna").get(f"/statements/{cast.statement_ids['anna']}").text
    assert "What became known later" in page
    assert "1,250.50" in page


@pytest.mark.parametrize(
    "wrong",
    [{"amount": "0"}, {"amount": "much"}, {"reason": " "}, {"month": "soon"}, {"payee_id": ""}],
)
def test_a_proposal_that_cannot_be_is_refused_with_what_was_typed(
    cast: Cast, ida: FlaskClient, wrong: dict[str, str]
) -> None:
    form = {
        "payee_id": str(cast.payee_ids["anna"]),
        "month": "2026-10",
        "amount": "12",
        "currency": "DKK",
        "reason": "Why not",
    }
    answer = ida.post("/adjustments", data=form | wrong)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    with cast.database.read() as connection:
        assert len(adjustments(connection)) == len(cast.payee_ids)


def test_the_columns_of_the_payroll_file_are_chosen_on_a_page(cast: Cast, ida: FlaskClient) -> None:
    refused = ida.post("/payroll/columns", data={"columns": "[[columns]]\nfield = 'pay'\n"})
    assert refused.status_code == 422
    assert "there is no field" in refused.text
    chosen = '[[columns]]\r\nname = "Beløb"\r\nfield = "paid"\r\n'
    assert ida.post("/payroll/columns", data={"columns": chosen}).status_code == 303
    assert "Beløb" in ida.get("/payroll/columns").text
    export = ida.get("/payroll/2026-10/export/csv").data.decode("utf-8-sig")
    assert export.splitlines()[:2] == ["Beløb", "271935.00"]


def test_a_deal_that_is_late_stands_on_the_phone_before_the_month_is_closed(cast: Cast) -> None:
    page = cast.client_of("anna").get("/me").text
    assert "Payout for November 2026, so far" in page
    flow_payroll.reopen_month(cast.database, "2026-10", "ida@firma.dk", "late", NOW)
    assert "Payout for October 2026" not in cast.client_of("anna").get("/me").text
