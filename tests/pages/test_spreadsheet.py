"""The rep's own spreadsheet: compared line by line, explained, disputed from any line, and forgotten."""

import io
import logging
import re
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
import xlsxwriter
from werkzeug.test import TestResponse

from tests.builders import a_deal, an_event, shared_by
from tests.cast import FIGURES, NOW, Cast
from tests.leaks import found_amounts
from tracker import flow, flow_exchange
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import CreditShare, DealStatus

HTMX = {"HX-Request": "true"}


def send(cast: Cast, content: bytes | str, who: str = "anna", **form: str) -> TestResponse:
    """As a browser sends it; put together here, because the test client would write a large file to the disk."""
    raw = content.encode() if isinstance(content, str) else content
    fields = [f'form-data; name="{name}"\r\n\r\n{value}'.encode() for name, value in form.items()]
    fields.append(b'form-data; name="file"; filename="mine.csv"\r\n\r\n' + raw)
    parts = [b"--edge\r\nContent-Disposition: " + part + b"\r\n" for part in fields]
    return cast.client_of(who).post(
        "/me/spreadsheet",
        data=b"".join(parts) + b"--edge--\r\n",
        content_type="multipart/form-data; boundary=edge",
        headers=HTMX,
    )


def record(cast: Cast, key: str, amount_minor: int, **changes: object) -> None:
    defaults = {
        "name": f"Customer {key}",
        "effective_on": date(2026, 11, 3),
        "credit_shares": (CreditShare(cast.payee_ids["anna"], Fraction(1)),),
    }
    deal = a_deal(f"crm:{key}", amount_minor, **{**defaults, **changes})
    flow.record_deal_events(cast.database, [an_event(deal)], NOW)


def kroner(text: str, heading: str) -> str:
    """The figure beside a heading, as it stands on the page."""
    found = re.search(rf"<dt>{heading}</dt><dd[^>]*>([^<]+)</dd>", text)
    assert found, heading
    return found[1].replace("\N{NO-BREAK SPACE}", " ")


def test_a_file_that_agrees_says_so(cast: Cast) -> None:
    sold, earned = FIGURES["anna"].sold_minor, FIGURES["anna"].earned_minor
    text = send(
        cast,
        "Kunde;Dato;Beløb;Provision\n"
        f"Customer of anna;12.11.2026;{sold // 100};{earned // 100},{earned % 100:02}\n",
    ).text
    assert "agree, line by line" in text
    assert "1 line agrees." in text


def test_every_difference_is_explained_and_the_totals_differ_by_their_sum(cast: Cast) -> None:
    anna, bo = cast.payee_ids["anna"], cast.payee_ids["bo"]
    record(cast, "lost", 10_000_00, status=DealStatus.LOST)
    record(cast, "open", 10_000_00, status=DealStatus.OPEN)
    record(cast, "half", 20_000_00, credit_shares=shared_by(anna, bo))
    record(cast, "more", 30_000_00)
    record(cast, "rate", 40_000_00)
    record(cast, "forgotten", 50_000_00)
    text = send(
        cast,
        "Deal id;Customer;Date;Amount;Commission\n"
        "lost;;;10000;700\n"
        "half;;;20000;1400\n"
        "more;;;35000;2450\n"
        "rate;;;40000;4000\n"
        ";Nobody knows;2026-11-04;5000;350\n",
    ).text
    for said in (
        "It is not won here.",
        "The deal is shared: your part is",
        "in your file and",
        "Your file reckons with 10%, here it comes to 7%.",
        "There is no such deal of yours here.",
        "It is not in your file.",
    ):
        assert said in text, said
    assert "Customer open" not in text, "an open deal is missing from nobody's list"
    own = 1_000_000 + sum((70_000, 210_000, 280_000, 350_000)) - 1_000_000
    earned = FIGURES["anna"].earned_minor + own
    theirs = (700 + 1400 + 2450 + 4000 + 350) * 100
    differences = re.findall(r'class="number (?:waiting|gain)">([^<]+)<', text)
    amounts = [
        round(float(re.sub(r"[^\d.]", "", one)) * 100) * (-1 if "\N{MINUS SIGN}" in one else 1)
        for one in differences
    ]
    assert sum(amounts) == theirs - earned


def test_without_commission_the_amounts_are_compared(cast: Cast) -> None:
    record(cast, "more", 30_000_00)
    text = send(cast, "Kunde;Dato;Beløb\nCustomer more;3.11.2026;35.000\n").text
    assert ">Amounts</h2>" in text
    assert "The amount is" in text


def test_a_column_that_was_guessed_wrong_can_be_chosen(cast: Cast) -> None:
    content = "Kunde;Dato;A;B\nCustomer of anna;12.11.2026;1;2\n"
    text = send(cast, content).text
    assert "Say which column holds the customer" in text
    chosen = {"column.name": "0", "column.on": "1", "column.amount": "3"}
    text = send(cast, content, **chosen).text
    assert kroner(text, "Your file") == "DKK 2"
    assert re.search(r'<option value="3" selected>B<', text)


def test_a_workbook_is_read_like_a_csv(cast: Cast) -> None:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Kunde", "Beløb"])
    sheet.write_row(1, 0, ["Customer of anna", FIGURES["anna"].sold_minor / 100])
    book.close()
    text = send(cast, made.getvalue()).text
    assert "agree, line by line" in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is nothing in this file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "no spreadsheet we can read"),
        (b"PK\x03\x04 broken", "damaged"),
        (b"a;b\n" * 5_001, "more than 5,000 rows"),
        (b"x" * (1024 * 1024 + 1), "larger than 1 MB"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(cast: Cast, content: bytes, said: str) -> None:
    answer = send(cast, content)
    assert answer.status_code == 422
    assert said in answer.text


def test_a_body_far_above_the_limit_is_not_even_read(cast: Cast) -> None:
    answer = send(cast, b"x" * (2 * 1024 * 1024))
    assert answer.status_code == 413


def test_what_a_file_names_of_others_tells_nothing_about_them(cast: Cast) -> None:
    text = send(cast, "Deal id;Commission\ncrm:bo;1\nbo;1\nolaf;1\n").text
    assert text.count("There is no such deal of yours here.") == 3
    others = {f"sold of {who}": FIGURES[who].sold_minor for who in ("bo", "olaf")}
    assert found_amounts(text, others) == set()
    assert "Customer of bo" not in text


def test_a_dispute_begins_with_what_the_line_says(cast: Cast) -> None:
    record(cast, "more", 30_000_00)
    text = send(cast, "Deal id;Customer;Amount;Commission\nmore;;;9\n;Ghost;1500;105\n").text
    forms = re.findall(r'<form method="post" action="/me/disputes/new".*?</form>', text, re.DOTALL)
    begun = []
    for form in forms:
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        begun.append(
            cast.client_of("anna").post("/me/disputes/new", data=fields, headers=HTMX).text
        )
    on_deal, missing = sorted(begun, key=lambda page: "Ghost" in page)[-2:]
    assert "My own list says" in on_deal + missing
    assert 'value="Ghost"' in missing
    assert 'value="1,500"' in missing


def test_words_of_a_file_are_text_and_never_markup(cast: Cast) -> None:
    text = send(cast, "Kunde;Beløb\n<img src=x onerror=1>;5\n").text
    assert "<img" not in text
    assert "&lt;img" in text


def test_nothing_of_the_file_is_logged_or_kept(
    cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        send(cast, "Kunde;Beløb\nSecretive Ltd;771234\n")
        send(cast, "Kunde;Beløb\nSecretive Ltd;not a number 771234\n")
    assert "Secretive" not in caplog.text
    assert "771234" not in caplog.text
    with cast.database.read() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())  # type: ignore[union-attr]
    assert "Secretive" not in dump


def test_a_deal_moved_to_another_month_is_found_by_its_id(cast: Cast) -> None:
    record(cast, "moved", 10_000_00, effective_on=date(2026, 10, 30))
    text = send(cast, "Deal id;Date;Commission\nmoved;2026-11-02;9\n").text
    assert "Here it counts from 30 Oct 2026" in text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_deal_in_another_currency_is_compared_in_that_of_the_pay(cast: Cast) -> None:
    rate = ExchangeRate("EUR", "DKK", date(2026, 1, 1), "7.45")
    flow_exchange.set_exchange_rates(cast.database, [rate], "test", NOW)
    record(cast, "euro", 1_000_00, currency="EUR")
    text = send(cast, "Deal id;Amount\neuro;7450\n").text
    assert "1 line agrees." in text


def test_a_deal_held_for_evidence_says_what_it_waits_for(cast: Cast) -> None:
    plan = """
name = "Gated"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
measure = "revenue"
requires = ["decision_maker"]
tiers = [ {rate = "7%"} ]
"""
    flow.activate_plan_version(cast.database, "cast", date(2026, 11, 1), plan, "test", NOW)
    record(cast, "held", 10_000_00)
    text = send(cast, "Deal id;Commission\nheld;700\n").text
    assert "It is held until there is decision maker." in text
    own = a_deal("crm:held", 10_000_00)
    assert replace(own, evidence=frozenset({"decision_maker"})) != own
