"""What a sender is answered, and that an answer is about what is committed."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.ingest.conftest import EARNINGS, EVENTS, Company
from tests.ingest.records import NOW, record, shares
from tracker import clock, flow
from tracker.ingest import bearer
from tracker.store import keys
from tracker.store.database import Database
from tracker.store.statements import OutOfRange


def outcomes_of(answer: Any) -> list[tuple[str | None, str]]:
    return [(outcome["event_id"], outcome["outcome"]) for outcome in answer.json["outcomes"]]


def problems_of(answer: Any, index: int = 0) -> dict[str, str]:
    problems = answer.json["outcomes"][index]["problems"]
    assert all(problem["problem"] for problem in problems)
    return {problem["field"]: f"{problem['problem']} {problem['fix']}" for problem in problems}


# --- what is taken


def test_a_deal_is_answered_with_its_outcome_and_has_paid_by_then(company_on_each: Company) -> None:
    answer = company_on_each.post(record())
    assert answer.status_code == 200
    assert outcomes_of(answer) == [("e-9001", "recorded")]
    assert company_on_each.earned_minor() == 5_000_000


def test_a_retry_is_a_duplicate_and_pays_nothing_more(company_on_each: Company) -> None:
    company_on_each.post(record())
    again = company_on_each.post(record(deal__amount=500000))
    assert (again.status_code, outcomes_of(again)) == (200, [("e-9001", "duplicate")])
    assert company_on_each.earned_minor() == 5_000_000
    assert company_on_each.event_count() == 1


def test_an_older_version_is_stale_and_changes_nothing(company_on_each: Company) -> None:
    company_on_each.post(record())
    stale = company_on_each.post(record(event_id="e-9000", version=3, deal__amount="1.00"))
    assert (stale.status_code, outcomes_of(stale)) == (200, [("e-9000", "stale")])
    assert company_on_each.earned_minor() == 5_000_000


def test_the_same_id_with_another_body_is_refused_by_name(company_on_each: Company) -> None:
    company_on_each.post(record())
    other = company_on_each.post(record(deal__amount="1.00"))
    assert (other.status_code, outcomes_of(other)) == (409, [("e-9001", "refused")])
    assert "e-9001" in problems_of(other)["event"]
    assert company_on_each.earned_minor() == 5_000_000


def test_an_array_has_one_outcome_per_event_in_order(company_on_each: Company) -> None:
    company_on_each.post(record())
    batch = [
        record(event_id="e-1", deal_id="d-1"),
        record(),
        record(event_id="e-2", deal_id="d-2", deal__currency="XYZ"),
        record(event_id="e-3", version=1),
        record(deal__amount="1.00"),
    ]
    answer = company_on_each.post(batch)
    assert answer.status_code == 200
    assert outcomes_of(answer) == [
        ("e-1", "recorded"),
        ("e-9001", "duplicate"),
        ("e-2", "quarantined"),
        ("e-3", "stale"),
        ("e-9001", "refused"),
    ]
    assert [outcome["index"] for outcome in answer.json["outcomes"]] == [0, 1, 2, 3, 4]
    assert company_on_each.earned_minor() == 10_000_000


def test_lines_are_taken_one_by_one_and_a_broken_one_does_not_stop_the_rest(
    company: Company,
) -> None:
    lines = [json.dumps(record()), "", "{broken", json.dumps(record(event_id="e-2", deal_id="d-2"))]
    answer = company.post("\r\n".join(lines).encode(), content_type="application/x-ndjson")
    assert answer.status_code == 200
    assert outcomes_of(answer) == [("e-9001", "recorded"), (None, "refused"), ("e-2", "recorded")]
    assert "not JSON" in problems_of(answer, 1)["body"]
    assert company.earned_minor() == 10_000_000


def test_a_batch_larger_than_one_transaction_is_taken_whole(company: Company) -> None:
    batch = [record(event_id=f"e-{n}", deal_id=f"d-{n}", deal__amount="10.00") for n in range(1201)]
    answer = company.post(batch)
    assert {kind for _, kind in outcomes_of(answer)} == {"recorded"}
    assert company.event_count() == 1201
    assert company.earned_minor() == 120_100


def test_an_empty_batch_has_no_outcomes(company: Company) -> None:
    answer = company.post([])
    assert (answer.status_code, answer.json) == (200, {"outcomes": []})


def test_a_batch_of_which_nothing_can_be_used_is_refused(company: Company) -> None:
    answer = company.post([record(deal_id=""), 7, None])
    assert answer.status_code == 422
    assert outcomes_of(answer) == [("e-9001", "refused"), (None, "refused"), (None, "refused")]


def test_a_rep_is_known_by_reference_and_by_the_address_they_sign_in_with(company: Company) -> None:
    assert company.post(record(deal__credits=[{"rep": "CECILIE"}])).status_code == 200
    by_address = record(event_id="e-2", deal_id="d-2", deal__credits=[{"rep": "Bo.B@firma.dk"}])
    assert company.post(by_address).status_code == 200
    assert company.earned_minor("cecilie") == company.earned_minor("bo@firma.dk") == 5_000_000


def test_three_thirds_share_a_deal_to_the_last_unit(company: Company) -> None:
    thirds = shares("1/3", "1/3", "1/3")
    assert company.post(record(deal__amount="1000.00", deal__credits=thirds)).status_code == 200
    earned = [company.earned_minor(rep) for rep in company.payee_ids]
    assert earned == [3333, 3333, 3333]


def test_a_zero_amount_and_a_credit_note_are_taken(company: Company) -> None:
    assert company.post(record(deal__amount="0")).status_code == 200
    assert company.earned_minor() == 0
    note = record(event_id="e-2", deal_id="d-2", deal__amount="-500.00")
    assert company.post(note).status_code == 200
    assert company.earned_minor() == -5000


# --- who may send


def test_without_a_key_nothing_is_said(company: Company) -> None:
    answer = company.client.post(EVENTS, json=record())
    assert answer.status_code == 401
    assert "API key" in answer.json["error"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer trk_wrong",
        "Bearer \u00e6",
        "Bearer " + "x" * 9999,
    ],
)
def test_a_key_that_does_not_work_is_refused(company: Company, header: str) -> None:
    sent = {"Authorization": header.encode().decode("latin-1")}
    assert company.client.post(EVENTS, json=record(), headers=sent).status_code == 401
    assert company.event_count() == 0


def test_a_key_in_the_address_does_not_count(company: Company) -> None:
    assert company.client.post(f"{EVENTS}?key={company.key}", json=record()).status_code == 401


def test_a_revoked_key_stops_working(company: Company) -> None:
    with company.database.write() as connection:
        keys.revoke_key(connection, keys.all_keys(connection)[0].id, NOW)
    assert company.post(record()).status_code == 401


def test_a_key_revoked_by_another_process_stops_within_a_second(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [100.0]
    monkeypatch.setattr(clock, "monotonic_seconds", lambda: seconds[0])
    company.post(record())
    company.post(record())
    another = Database(company.database.url.render_as_string(hide_password=False))
    with another.write() as connection:
        keys.revoke_key(connection, keys.all_keys(connection)[0].id, NOW)
    another.dispose()
    seconds[0] += bearer.RECENT_SECONDS
    assert company.post(record()).status_code == 401


def test_a_key_for_reading_may_not_send_and_one_for_sending_may_not_read(company: Company) -> None:
    assert company.post(record(), key=company.read_key).status_code == 403
    sent = {"Authorization": f"Bearer {company.key}"}
    assert company.client.get(EARNINGS, headers=sent).status_code == 403


def test_a_key_shows_when_it_was_used_last(company: Company) -> None:
    company.post(record())
    with company.database.read() as connection:
        assert keys.all_keys(connection)[0].last_used_at == NOW


# --- what is refused before it is read


def test_a_body_of_another_kind_is_refused(company: Company) -> None:
    body = json.dumps(record()).encode()
    answer = company.post(body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415
    assert "application/json" in answer.json["error"]
    assert company.post(body, content_type="text/plain").status_code == 415


def test_a_packed_body_is_refused(company: Company) -> None:
    body = json.dumps(record()).encode()
    sent = {"Authorization": f"Bearer {company.key}", "Content-Encoding": "gzip"}
    answer = company.client.post(EVENTS, data=body, headers=sent, content_type="application/json")
    assert answer.status_code == 415


class Endless:
    """A body of 60 MB that says how much of it was read."""

    def __init__(self) -> None:
        self.read_count = 0

    def read(self, size: int = -1) -> bytes:
        size = 65_536 if size < 0 else size
        self.read_count += size
        return b" " * size if self.read_count <= 60_000_000 else b""

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)

    def __iter__(self) -> Any:
        return iter(lambda: self.read(65_536), b"")


@pytest.mark.parametrize("length", [60_000_000, None])
def test_sixty_megabytes_are_refused_and_not_read(company: Company, length: int | None) -> None:
    body = Endless()
    environ: dict[str, Any] = {"wsgi.input": body, "wsgi.input_terminated": True}
    if length is None:
        environ["HTTP_TRANSFER_ENCODING"] = "chunked"
    else:
        environ["CONTENT_LENGTH"] = str(length)
    answer = company.client.post(
        EVENTS,
        headers={"Authorization": f"Bearer {company.key}"},
        content_type="application/json",
        environ_overrides=environ,
    )
    assert answer.status_code == 413
    assert "16,000,000 bytes" in answer.json["error"]
    assert body.read_count <= (0 if length else 17_000_000)


def test_one_event_of_two_megabytes_is_refused(company: Company) -> None:
    answer = company.post(record(deal__name="n" * 2_000_000))
    assert answer.status_code == 413
    assert "1,000,000 bytes" in answer.json["error"]


def test_too_many_events_at_once_are_refused(company: Company) -> None:
    assert company.post(b"[" + b"1," * 10_000 + b"1]").status_code == 413
    assert company.post(b"1\n" * 10_001, content_type="application/jsonl").status_code == 413


def test_millions_of_tiny_values_are_refused_before_they_fill_the_memory(company: Company) -> None:
    answer = company.post(b"[" + b"1," * 2_000_000 + b"1]")
    assert answer.status_code == 413
    assert "1,000,000 values" in answer.json["error"]


def test_a_database_that_is_away_is_worth_another_try(company: Company) -> None:
    company.database.dispose()
    file = Path(company.database.url.database or "")
    kept = file.rename(file.with_suffix(".kept"))
    file.mkdir()
    answer = company.post(record())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    file.rmdir()
    kept.rename(file)
    assert outcomes_of(company.post(record())) == [("e-9001", "recorded")]


# --- bad input, each by name


@pytest.mark.parametrize(
    ("body", "message"),
    {
        "not JSON": (b"status=won", "not JSON"),
        "NaN": (b'{"amount": NaN}', "NaN is not JSON"),
        "1e400": (b'{"amount": 1e400}', "1e400"),
        "duplicate keys": (b'{"amount": 1, "amount": 2}', "“amount” is there twice"),
        "100,000-deep nesting": (b"[" * 100_000 + b"]" * 100_000, "nested deeper than 32"),
        "UTF-16": (json.dumps(record()).encode("utf-16"), "UTF-8"),
    }.values(),
    ids=["not_json", "nan", "1e400", "duplicate_keys", "deep_nesting", "utf_16"],
)
def test_a_body_that_is_not_strict_json_is_refused(
    company: Company, body: bytes, message: str
) -> None:
    answer = company.post(body)
    assert answer.status_code == 400
    assert message in answer.json["error"]


BAD_FIELDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "full_width_digits": ({"deal__amount": "５００"}, "deal.amount", "not an amount"),
    "unknown_currency": ({"deal__currency": "XYZ"}, "deal.currency", "not a currency"),
    "shares_of_99": ({"deal__credits": shares("50%", "49%")}, "deal.credits", "99%"),
    "shares_of_101": ({"deal__credits": shares("50%", "51%")}, "deal.credits", "101%"),
    "unknown_rep": (
        {"deal__credits": [{"rep": "x@y.dk"}]},
        "deal.credits[0].rep",
        "“x@y.dk”",
    ),
    "negative_open_deal": (
        {"deal__amount": "-1", "deal__status": "open"},
        "deal.amount",
        "credit note",
    ),
    "end_of_time": ({"deal__effective_on": "9999-12-31"}, "deal.effective_on", "out of range"),
    "february_30": ({"deal__effective_on": "2026-02-30"}, "deal.effective_on", "no date"),
    "empty_name": ({"deal__name": ""}, "deal.name", "is empty"),
    "empty_id": ({"event_id": ""}, "event_id", "is empty"),
    "long_name": ({"deal__name": "n" * 10_000}, "deal.name", "longer than 200"),
    "control_character": ({"deal__name": "a\x07b"}, "deal.name", "control character"),
}


@pytest.mark.parametrize(("change", "where", "message"), BAD_FIELDS.values(), ids=BAD_FIELDS.keys())
def test_a_bad_event_is_set_aside_by_name_and_pays_nothing(
    company: Company, change: dict[str, Any], where: str, message: str
) -> None:
    answer = company.post(record(**change))
    is_known = where != "event_id"  # without its id it cannot be found again, so the sender must
    assert answer.status_code == (200 if is_known else 422)
    assert outcomes_of(answer)[0][1] == ("quarantined" if is_known else "refused")
    assert message in problems_of(answer)[where]
    assert company.event_count() == 0
    assert company.earned_minor() == 0


def test_a_bad_event_in_a_batch_pays_nothing_and_the_good_ones_everything(
    company_on_each: Company,
) -> None:
    bad = [
        record(event_id=f"bad-{name}", deal_id=f"bad-{name}", **change)
        for name, (change, _, _) in BAD_FIELDS.items()
        if name != "empty_id"
    ]
    answer = company_on_each.post([*bad, record()])
    assert answer.status_code == 200
    assert company_on_each.event_count() == 1
    assert company_on_each.earned_minor() == 5_000_000


# --- reading


def test_what_everybody_has_earned_can_be_read(company_on_each: Company) -> None:
    company_on_each.post(record())
    sent = {"Authorization": f"Bearer {company_on_each.read_key}"}
    answer = company_on_each.client.get(EARNINGS, headers=sent)
    assert answer.status_code == 200
    anna = next(payee for payee in answer.json["payees"] if payee["reference"] == "anna@firma.dk")
    assert anna["components"] == [
        {
            "component": "ae/sales",
            "window": "2026-Q4",
            "currency": "DKK",
            "attainment_minor": 50_000_000,
            "earned_minor": 5_000_000,
        }
    ]


def earned_by_component(company: Company) -> list[int]:
    """What the API says Anna has earned now."""
    sent = {"Authorization": f"Bearer {company.read_key}"}
    payees = company.client.get(EARNINGS, headers=sent).json["payees"]
    anna = next(payee for payee in payees if payee["reference"] == "anna@firma.dk")
    return [component["earned_minor"] for component in anna["components"]]


def test_what_was_earned_on_a_plan_left_in_this_window_is_still_told(company: Company) -> None:
    company.post(record())
    anna_id = company.payee_ids["anna@firma.dk"]
    for last_day, expected in [(date(2026, 11, 21), [0]), (date(2026, 9, 30), [])]:
        flow.assign_plan(company.database, anna_id, "ae", date(2020, 1, 1), last_day, "test", NOW)
        assert earned_by_component(company) == expected
    company.post(record(version=5, event_id="e-2", deal__effective_on="2026-10-05"))
    flow.assign_plan(
        company.database, anna_id, "ae", date(2020, 1, 1), date(2026, 10, 31), "test", NOW
    )
    assert earned_by_component(company) == [5_000_000]


# --- what became of it


def status_of(company: Company, event_id: str, key: str | None = None) -> Any:
    asked = f"{EVENTS}?source=hubspot&event_id={event_id}"
    return company.client.get(asked, headers={"Authorization": f"Bearer {key or company.key}"})


def test_who_sent_an_event_can_ask_what_became_of_it(company: Company) -> None:
    company.post(record())
    told = status_of(company, "e-9001").json
    assert (told["state"], told["is_newest"], told["problems"]) == ("recorded", True, [])
    company.post(record(event_id="e-9002", version=5))
    assert status_of(company, "e-9001").json["is_newest"] is False
    assert status_of(company, "e-9003").status_code == 404


def test_why_an_event_waits_is_told_to_its_sender_and_to_readers_only(company: Company) -> None:
    company.post(record(deal__currency="XYZ"))
    with company.database.write() as connection:
        other = keys.create_key(connection, "Another", frozenset({"ingest"}), NOW)
    for key in (company.key, company.read_key):
        told = status_of(company, "e-9001", key).json
        assert told["state"] == "quarantined"
        assert "XYZ" in told["problems"][0]["problem"]
    assert status_of(company, "e-9001", other).json["problems"] == []
    company.post(record())
    assert status_of(company, "e-9001").json["state"] == "recorded"


def test_a_batch_that_holds_nothing_but_another_content_of_a_known_id_is_a_conflict(
    company: Company,
) -> None:
    company.post(record())
    assert company.post([record(deal__amount="1.00"), 7]).status_code == 409


def test_a_deal_that_no_total_can_hold_waits_and_is_not_lost(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    def grows_too_large(*_: object) -> None:
        raise OutOfRange("too large")

    monkeypatch.setattr(flow, "record_within", grows_too_large)
    answer = company.post(record())
    assert (answer.status_code, outcomes_of(answer)) == (200, [("e-9001", "quarantined")])
    assert "too large" in status_of(company, "e-9001").json["problems"][0]["problem"]


def test_a_program_without_a_key_is_told_how_to_prove_who_it_is(company: Company) -> None:
    assert company.client.get(EARNINGS).headers["WWW-Authenticate"] == "Bearer"
    unsigned = company.client.post("/api/v1/webhooks/nobody", json=record())
    assert (unsigned.status_code, unsigned.headers["WWW-Authenticate"]) == (401, "Signature")


def test_a_zero_character_in_one_text_costs_one_event_and_not_the_request(
    company_on_each: Company,
) -> None:
    bent = [
        record(event_id="e-1", deal_id="d-1", deal__name="a\x00b"),
        record(event_id="e-2", deal_id="d-2", deal__credits=[{"rep": "anna\x00@firma.dk"}]),
        record(event_id="e-3", deal_id="d-3") | {"a\x00": 1},
        record(event_id="e\x00", deal_id="d-4"),
        record(),
    ]
    answer = company_on_each.post(bent)
    assert answer.status_code == 200
    assert [kind for _, kind in outcomes_of(answer)] == [
        *["quarantined"] * 3,
        "refused",
        "recorded",
    ]
    assert company_on_each.post(bent[0]).status_code == 200
