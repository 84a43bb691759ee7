"""What one deal event may say, and what each field is refused for."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from tests.ingest.records import NOW, TODAY, payee_id_of, record, shares
from tracker.engine.deals import CreditShare, DealEvent, DealStatus, NextStep
from tracker.errors import BadInput
from tracker.ingest.deal_payload import Reader
from tracker.ingest.strict_json import parse_strict

READER = Reader(payee_id_of, NOW, TODAY)


def read(event: Any) -> DealEvent:
    return READER.event(parse_strict(json.dumps(event).encode()))


def problems_of(event: Any) -> dict[str, str]:
    with pytest.raises(BadInput) as refusal:
        read(event)
    assert all(problem.fix for problem in refusal.value.problems)
    return {problem.where: f"{problem.what} {problem.fix}" for problem in refusal.value.problems}


def test_a_full_event_becomes_a_deal_event() -> None:
    event = read(record())
    assert (event.source, event.event_id, event.version) == ("hubspot", "e-9001", 4)
    assert event.occurred_at == datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
    deal = event.deal
    assert deal.key == "hubspot:d-77"
    assert (deal.name, deal.status, deal.effective_on) == (
        "Nordwind A/S",
        DealStatus.WON,
        date(2026, 11, 22),
    )
    assert (deal.currency, deal.amount_minor, deal.measures) == (
        "DKK",
        50_000_000,
        {"margin": 20_000_000},
    )
    assert deal.credit_shares == (CreditShare(1, Fraction(1)),)
    assert deal.properties == {"product": "Nova", "segment": "enterprise"}
    assert deal.evidence == {"icp_match"}
    assert deal.next_step == NextStep("Kick-off", "Anna", date(2026, 12, 1))


def test_every_further_field_finds_its_place() -> None:
    deal = read(
        record(
            deal__units="2.5",
            deal__arr=12000,
            deal__kind="new",
            deal__stage="Closed",
            deal__probability="40%",
            deal__properties={"region": "Øst"},
            deal__credits=[
                {"rep": "Anna@Firma.DK", "share": "60%", "role": "closer"},
                {"rep": "bo@firma.dk", "share": "2/5"},
                {"rep": "cecilie", "share": "25%", "overlay": True},
            ],
        )
    ).deal
    assert deal.measures == {"units": 250, "arr": 1_200_000, "margin": 20_000_000}
    assert deal.properties["region"] == "Øst"
    assert deal.properties["kind"] == "new"
    assert (deal.stage, deal.probability) == ("Closed", Fraction(2, 5))
    assert deal.credit_shares == (
        CreditShare(1, Fraction(3, 5), "closer"),
        CreditShare(2, Fraction(2, 5)),
        CreditShare(3, Fraction(1, 4), is_overlay=True),
    )


def test_without_a_version_the_time_orders_the_snapshots() -> None:
    early = read(record(version=None, occurred_at="2026-11-22T10:15:00.000001Z"))
    late = read(record(version=None, occurred_at="2026-11-22T11:15:00.000002+01:00"))
    assert late.version == early.version + 1


def test_a_lone_rep_has_the_whole_deal() -> None:
    assert read(record(deal__credits=[{"rep": "cecilie"}])).deal.credit_shares == (
        CreditShare(3, Fraction(1)),
    )


def test_three_thirds_make_a_whole_deal() -> None:
    thirds = read(record(deal__credits=shares("1/3", "1/3", "1/3"))).deal.credit_shares
    assert [share.share for share in thirds] == [Fraction(1, 3)] * 3
    uneven = read(record(deal__credits=shares("33.333%", "33.333%", "33.334%"))).deal.credit_shares
    assert sum(share.share for share in uneven) == 1


@pytest.mark.parametrize(
    ("parts", "total"),
    [
        (("50%", "49%"), "99%"),
        (("50%", "51%"), "101%"),
        (("33.333%", "33.333%", "33.333%"), "99.999%"),
        (("1/3", "1/3"), "66.666667%"),
        (("100%", "100%"), "200%"),
    ],
)
def test_shares_that_do_not_make_a_whole_are_refused_with_their_sum(
    parts: tuple[str, ...], total: str
) -> None:
    found = problems_of(record(deal__credits=shares(*parts)))
    assert f"add up to {total}, not to 100%" in found["deal.credits"]


def test_an_overlay_share_does_not_count_towards_the_whole() -> None:
    overlay = {"rep": "bo@firma.dk", "share": "50%", "overlay": True}
    found = problems_of(record(deal__credits=[{"rep": "cecilie", "share": "50%"}, overlay]))
    assert "add up to 50%" in found["deal.credits"]
    assert read(record(deal__credits=[{"rep": "cecilie", "share": "100%"}, overlay]))


def test_an_unknown_rep_is_named() -> None:
    found = problems_of(record(deal__credits=[{"rep": "nobody@firma.dk", "share": "100%"}]))
    assert "nobody@firma.dk" in found["deal.credits[0].rep"]


def test_an_unknown_currency_is_named_with_the_known_ones() -> None:
    assert "“XYZ”" in problems_of(record(deal__currency="XYZ"))["deal.currency"]
    assert "DKK" in problems_of(record(deal__currency="kroner"))["deal.currency"]


def test_a_zero_amount_is_fine() -> None:
    assert read(record(deal__amount="0")).deal.amount_minor == 0
    assert read(record(deal__amount=0)).deal.amount_minor == 0


def test_a_negative_amount_is_a_credit_note_and_only_once_won() -> None:
    assert read(record(deal__amount="-1250.50")).deal.amount_minor == -125_050
    assert read(record(deal__amount="-1250.50", deal__status="cancelled"))
    for status in ("open", "lost"):
        found = problems_of(record(deal__amount="-1250.50", deal__status=status))
        assert "credit note" in found["deal.amount"]


def test_a_deal_in_the_works_may_have_no_amount_yet_but_a_won_one_must() -> None:
    assert read(record(deal__amount=None, deal__status="open")).deal.amount_minor == 0
    assert "is missing" in problems_of(record(deal__amount=None))["deal.amount"]


def test_an_amount_has_the_decimals_of_its_currency() -> None:
    assert read(record(deal__currency="JPY", deal__amount="500", deal__margin="200"))
    found = problems_of(record(deal__currency="JPY", deal__amount="500.5", deal__margin="200"))
    assert "more than 0 decimals" in found["deal.amount"]


WRONG_FIELDS: dict[str, tuple[str, Any, str, str]] = {
    "full-width digits": ("deal__amount", "１２", "deal.amount", "not an amount"),
    "an underscore": ("deal__amount", "1_000", "deal.amount", "not an amount"),
    "a thousands mark": ("deal__amount", "1,000.00", "deal.amount", "not an amount"),
    "an exponent": ("deal__amount", "1e9", "deal.amount", "not an amount"),
    "NaN as text": ("deal__amount", "NaN", "deal.amount", "not an amount"),
    "a float that was added up": ("deal__amount", 0.1 + 0.2, "deal.amount", "more than 2 decimals"),
    "an amount of true": ("deal__amount", True, "deal.amount", "not text"),
    "an amount in a list": ("deal__amount", ["1"], "deal.amount", "not text"),
    "far too much": ("deal__amount", "9" * 25, "deal.amount", "larger than"),
    "an empty amount": ("deal__amount", "", "deal.amount", "is empty"),
    "an empty name": ("deal__name", "", "deal.name", "is empty"),
    "a name of spaces": ("deal__name", "  ", "deal.name", "is empty"),
    "no name": ("deal__name", None, "deal.name", "is missing"),
    "a long name": ("deal__name", "n" * 10_000, "deal.name", "longer than 200"),
    "a control character": ("deal__name", "Nord\x1b[31mwind", "deal.name", "control character"),
    "a line break": ("deal__name", "Nord\nwind", "deal.name", "control character"),
    "a turned direction": ("deal__name", "abc\u202ecba", "deal.name", "cannot be shown"),
    "an unknown status": ("deal__status", "Won", "deal.status", "“Won” is not known"),
    "no status": ("deal__status", None, "deal.status", "is missing"),
    "the end of time": ("deal__effective_on", "9999-12-31", "deal.effective_on", "out of range"),
    "before anything": ("deal__effective_on", "1999-12-31", "deal.effective_on", "out of range"),
    "no such day": ("deal__effective_on", "2026-02-30", "deal.effective_on", "no date"),
    "another format": ("deal__effective_on", "22.11.2026", "deal.effective_on", "no date"),
    "a week date": ("deal__effective_on", "2026-W47-7", "deal.effective_on", "no date"),
    "a full-width date": ("deal__effective_on", "２０２６-11-22", "deal.effective_on", "no date"),
    "a date as a number": ("deal__effective_on", 20261122, "deal.effective_on", "not text"),
    "no date": ("deal__effective_on", None, "deal.effective_on", "is missing"),
    "no zone": ("occurred_at", "2026-11-22T10:15:00", "occurred_at", "no moment"),
    "a moment to come": ("occurred_at", "2027-11-22T10:15:00Z", "occurred_at", "out of range"),
    "the last moment": ("occurred_at", "9999-12-31T23:59:59-23:00", "occurred_at", "no moment"),
    "no moment": ("occurred_at", None, "occurred_at", "is missing"),
    "a negative version": ("version", -1, "version", "not a version"),
    "a broken version": ("version", 1.5, "version", "not a version"),
    "too big a version": ("version", 2**63, "version", "not a version"),
    "an empty source": ("source", "", "source", "is empty"),
    "a colon in the source": ("source", "a:b", "source", "no name for a source"),
    "the source of corrections": ("source", "correction", "source", "is taken"),
    "a long source": ("source", "s" * 61, "source", "longer than 60"),
    "a long event id": ("event_id", "e" * 201, "event_id", "longer than 200"),
    "no event id": ("event_id", None, "event_id", "is missing"),
    "a long deal id": ("deal_id", "d" * 191, "deal_id", "longer than 190"),
    "no deal": ("deal", None, "deal", "is missing"),
    "a deal that is text": ("deal", "won", "deal", "not an object"),
    "an unknown field": ("dael", 1, "dael", "Did you mean deal_id?|Did you mean deal?"),
    "an unknown field of the deal": ("deal__ammount", 1, "deal.ammount", "Did you mean amount?"),
    "nobody": ("deal__credits", [], "deal.credits", "names nobody"),
    "no credits": ("deal__credits", None, "deal.credits", "names nobody"),
    "credits that are text": ("deal__credits", "anna", "deal.credits", "not a list"),
    "a credit that is text": ("deal__credits", ["anna"], "deal.credits[0]", "not an object"),
    "51 credits": ("deal__credits", [{"rep": "cecilie"}] * 51, "deal.credits", "too many"),
    "evidence that is text": ("deal__evidence", "icp", "deal.evidence", "not a list"),
    "empty evidence": ("deal__evidence", ["a", ""], "deal.evidence[1]", "is empty"),
    "a certainty of 40": ("deal__probability", 40, "deal.probability", "not a share"),
    "a taken property": ("deal__properties", {"role": "x"}, "deal.properties.role", "is taken"),
    "a property with a place": (
        "deal__properties",
        {"product": "Nova"},
        "deal.properties.product",
        "place of its own",
    ),
    "an odd property": ("deal__properties", {"A b": "x"}, "deal.properties.A b", "no name"),
    "a customer who left before the deal": (
        "deal__ended_on",
        "2026-11-21",
        "deal.ended_on",
        "2026-11-21 is before 2026-11-22",
    ),
    "no day": ("deal__ended_on", "soon", "deal.ended_on", "is no date"),
    "a next step of nothing": ("deal__next_step", {}, "deal.next_step.text", "is missing"),
}


@pytest.mark.parametrize(
    ("name", "value", "where", "message"), WRONG_FIELDS.values(), ids=WRONG_FIELDS.keys()
)
def test_a_wrong_field_is_named_with_what_is_wrong(
    name: str, value: Any, where: str, message: str
) -> None:
    found = problems_of(record(**{name: value}))
    assert any(part in found[where] for part in message.split("|")), found


@pytest.mark.parametrize(
    ("credit", "field", "message"),
    [
        ({"rep": "cecilie", "share": "50"}, "share", "not a share"),
        ({"rep": "cecilie", "share": "１００%"}, "share", "not a share"),
        ({"rep": "cecilie", "share": "1/0"}, "share", "not a share"),
        ({"rep": "cecilie", "share": "101%"}, "share", "not a share"),
        ({"rep": "cecilie", "share": "-5%"}, "share", "not a share"),
        ({"rep": "cecilie", "share": "0%"}, "share", "is nothing"),
        ({"rep": "cecilie"}, "share", "is missing"),
        ({"rep": "", "share": "50%"}, "rep", "is empty"),
        ({"share": "50%"}, "rep", "is missing"),
        ({"rep": "cecilie", "share": "50%", "overlay": "yes"}, "overlay", "not true or false"),
        ({"rep": "cecilie", "share": "50%", "shares": 1}, "shares", "Did you mean share?"),
    ],
)
def test_a_wrong_credit_is_named_with_what_is_wrong(
    credit: dict[str, Any], field: str, message: str
) -> None:
    other = {"rep": "bo@firma.dk", "share": "50%"}
    assert message in problems_of(record(deal__credits=[other, credit]))[f"deal.credits[1].{field}"]


def test_the_same_rep_twice_in_one_role_is_refused() -> None:
    twice = [{"rep": "cecilie", "share": "50%"}, {"rep": "Cecilie", "share": "50%"}]
    assert "twice" in problems_of(record(deal__credits=twice))["deal.credits"]


def test_every_problem_of_an_event_is_named_at_once() -> None:
    found = problems_of(
        record(source="", deal__amount="x", deal__effective_on="2026-02-30", deal__colour="red")
    )
    assert set(found) == {"source", "deal.amount", "deal.effective_on", "deal.colour"}


def test_very_many_unknown_fields_are_counted_not_listed() -> None:
    found = problems_of(record() | {f"field{number}": 1 for number in range(50_000)})
    assert len(found) == 21
    assert "49,980 more" in found["…"]


@pytest.mark.parametrize("event", [None, 7, "won", True, [], [[]]])
def test_an_event_that_is_no_object_is_refused(event: Any) -> None:
    assert "event" in problems_of(event)


def test_a_retry_has_the_same_hash_however_it_is_written() -> None:
    event = record()
    other_order = dict(reversed(event.items()))
    same_amount = record(deal__amount=500000, deal__evidence=["icp_match", "icp_match"])
    assert read(event).body_hash == read(other_order).body_hash == read(same_amount).body_hash


@pytest.mark.parametrize(
    "change",
    [
        {"version": 5},
        {"deal__amount": "500000.01"},
        {"deal__margin": None},
        {"deal__margin": "0"},
        {"deal__name": "Nordvind A/S"},
        {"deal__credits": [{"rep": "bo@firma.dk"}]},
        {"deal__evidence": []},
        {"occurred_at": "2026-11-22T10:15:01Z"},
    ],
)
def test_another_content_has_another_hash(change: dict[str, Any]) -> None:
    assert read(record(**change)).body_hash != read(record()).body_hash


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-23", "2028-02-29"])
def test_a_customer_may_leave_on_the_day_of_the_deal_or_later(day: str) -> None:
    assert read(record(deal__ended_on=day)).deal.ended_on == date.fromisoformat(day)
    assert read(record()).deal.ended_on is None


def test_nothing_said_of_a_measure_is_not_the_same_as_zero() -> None:
    said, unsaid = read(record(deal__margin="0")), read(record(deal__margin=None))
    assert said.body_hash != unsaid.body_hash


def test_the_hash_does_not_depend_on_itself() -> None:
    event = read(record())
    assert replace(event, body_hash="") != event
    assert len(event.body_hash) == 64


def test_text_is_trimmed_and_composed() -> None:
    assert read(record(deal__name="  A\u030angstro\u0308m ")).deal.name == "Ångström"
