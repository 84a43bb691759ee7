"""The document names what is served and nothing else, and its limits are the ones that records are judged by."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cast import make_cast
from tests.ingest.records import NOW, REPS, TODAY, payee_id_of, record
from tracker.contract.document import api_document
from tracker.errors import BadInput
from tracker.ingest.deal_payload import (
    CREDITS_MAX,
    DEAL_ID_LENGTH_MAX,
    EVIDENCE_MAX,
    PROPERTIES_MAX,
    REFERENCE_LENGTH_MAX,
    SOURCE_LENGTH_MAX,
    TAKEN_SOURCES,
    WORD_LENGTH_MAX,
    Reader,
    identity_of,
)
from tracker.ingest.fields import TEXT_LENGTH_MAX, VERSION_MAX
from tracker.ingest.strict_json import Number

CREDIT = {"rep": "anna@firma.dk"}


def schema_of(name: str) -> dict[str, Any]:
    """A named schema, with all the others beside it for its references."""
    return {"$ref": f"#/components/schemas/{name}", "components": api_document()["components"]}


DEAL_EVENT = jsonschema_rs.validator_for(schema_of("DealEvent"), validate_formats=True)
NAMED_EVENT = jsonschema_rs.validator_for(schema_of("NamedEvent"))


def problems_of(event: Any) -> list[str]:
    """What the one door every deal comes in by has against an event."""
    try:
        Reader(payee_id_of, NOW, TODAY).event(as_sent(event))
    except BadInput as refusal:
        return [str(problem) for problem in refusal.problems]
    return []


def as_sent(value: Any) -> Any:
    """A value as it is after a body was parsed: numbers as they were written."""
    if isinstance(value, dict):
        return {name: as_sent(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_sent(inner) for inner in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Number(str(value)) if is_number else value


# --- what is served


def test_every_address_under_the_api_is_in_the_document_and_every_one_of_it_is_served(
    tmp_path: Path,
) -> None:
    cast = make_cast(tmp_path)
    served = {
        (method.lower(), re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in cast.app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    (server,) = api_document()["servers"]
    told = {
        (method, server["url"] + path)
        for path, operations in api_document()["paths"].items()
        for method in operations
    }
    assert served == told
    answer = cast.client_of("nobody").get("/api/v1/openapi.json")
    assert (answer.status_code, answer.json) == (200, api_document())
    cast.database.dispose()


@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v1/nothing", "/api/v2/deals"])
def test_an_address_that_is_not_there_is_answered_in_json(tmp_path: Path, path: str) -> None:
    cast = make_cast(tmp_path)
    answer = cast.client_of("nobody").get(path)
    assert (answer.status_code, list(answer.json or ())) == (404, ["error"])
    cast.database.dispose()


def test_every_reference_of_the_document_leads_somewhere_and_everything_named_is_used() -> None:
    document = api_document()
    named = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in document["components"][kind]
    }
    assert set(references_in(document)) == named


def references_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from references_in(inner)


# --- what is taken

BOUNDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "source": ({"source": "s" * SOURCE_LENGTH_MAX}, {"source": "s" * (SOURCE_LENGTH_MAX + 1)}),
    "letters of a source": ({"source": "Hub-Spot_2.0"}, {"source": "hub spot"}),
    "event id": ({"event_id": "é" * TEXT_LENGTH_MAX}, {"event_id": "é" * (TEXT_LENGTH_MAX + 1)}),
    "deal id": ({"deal_id": "d" * DEAL_ID_LENGTH_MAX}, {"deal_id": "d" * (DEAL_ID_LENGTH_MAX + 1)}),
    "version": ({"version": VERSION_MAX}, {"version": VERSION_MAX + 1}),
    "least version": ({"version": 0}, {"version": -1}),
    "written version": ({"version": "9" * 18}, {"version": "four"}),
    "moment": ({"occurred_at": "2026-11-22T10:15:00+01:00"}, {"occurred_at": "yesterday"}),
    "name": ({"deal__name": "n" * TEXT_LENGTH_MAX}, {"deal__name": "n" * (TEXT_LENGTH_MAX + 1)}),
    "sign in a name": ({"deal__name": "<b>Ω</b>"}, {"deal__name": "left\u202eright"}),
    "status": ({"deal__status": "lost"}, {"deal__status": "maybe"}),
    "currency": ({"deal__currency": "SEK"}, {"deal__currency": "XYZ"}),
    "amount": ({"deal__amount": "99999999999.99"}, {"deal__amount": "100000000000.01"}),
    "whole amount": ({"deal__amount": 10**11}, {"deal__amount": 10**11 + 1}),
    "decimals": ({"deal__amount": "1.25"}, {"deal__amount": "1.255"}),
    "measure": ({"deal__units": "12.5"}, {"deal__units": "a dozen"}),
    "day": ({"deal__effective_on": "2026-01-31"}, {"deal__effective_on": "2026-02-31"}),
    "rep": ({"deal__credits": [CREDIT]}, {"deal__credits": [{"rep": "r" * 321}]}),
    "credits": ({"deal__credits": [CREDIT]}, {"deal__credits": [CREDIT] * (CREDITS_MAX + 1)}),
    "nobody": ({"deal__credits": [CREDIT]}, {"deal__credits": []}),
    "share": (
        {"deal__credits": [CREDIT | {"share": "100%"}]},
        {"deal__credits": [CREDIT | {"share": "101%"}]},
    ),
    "role": (
        {"deal__credits": [CREDIT | {"role": "r" * WORD_LENGTH_MAX}]},
        {"deal__credits": [CREDIT | {"role": "r" * (WORD_LENGTH_MAX + 1)}]},
    ),
    "evidence": (
        {"deal__evidence": [f"e{number}" for number in range(EVIDENCE_MAX)]},
        {"deal__evidence": [f"e{number}" for number in range(EVIDENCE_MAX + 1)]},
    ),
    "properties": (
        {"deal__properties": {f"p{number}": "x" for number in range(PROPERTIES_MAX)}},
        {"deal__properties": {f"p{number}": "x" for number in range(PROPERTIES_MAX + 1)}},
    ),
    "name of a property": (
        {"deal__properties": {"region_2": "x"}},
        {"deal__properties": {"2": "x"}},
    ),
    "property with a place": ({"deal__product": "x"}, {"deal__properties": {"product": "x"}}),
    "probability": ({"deal__probability": "0.25"}, {"deal__probability": "2.5"}),
    "step": ({"deal__next_step": {"text": "Call"}}, {"deal__next_step": {"owner": "Anna"}}),
    "unknown field": ({"deal__stage": "demo"}, {"deal__phase": "demo"}),
}


@pytest.mark.parametrize(("within", "beyond"), BOUNDS.values(), ids=BOUNDS)
def test_document_and_door_draw_the_line_at_the_same_place(
    within: dict[str, Any], beyond: dict[str, Any]
) -> None:
    assert DEAL_EVENT.is_valid(record(**within))
    assert problems_of(record(**within)) == []
    assert not DEAL_EVENT.is_valid(record(**beyond))
    assert problems_of(record(**beyond)) != []


@pytest.mark.parametrize("field", ["source", "event_id", "deal_id", "occurred_at", "deal"])
def test_document_and_door_ask_for_the_same_fields(field: str) -> None:
    without = record(**{field: None})
    assert not DEAL_EVENT.is_valid(without)
    assert problems_of(without) != []


@pytest.mark.parametrize(
    "field", ["name", "status", "effective_on", "currency", "amount", "credits"]
)
def test_document_and_door_ask_for_the_same_fields_of_a_deal(field: str) -> None:
    without = record(**{f"deal__{field}": None})
    assert not DEAL_EVENT.is_valid(without)
    assert problems_of(without) != []


def test_the_longest_name_of_a_rep_is_looked_up() -> None:
    longest = record(deal__credits=[{"rep": "r" * REFERENCE_LENGTH_MAX}])
    assert DEAL_EVENT.is_valid(longest)
    assert "no active rep" in problems_of(longest)[0]


TEXTS = st.text(st.sampled_from(" \t\n\u00a0\u2028\u200e\u0085aZ9.-_:é"), max_size=8) | st.text(
    max_size=12
)


@given(TEXTS | st.sampled_from(sorted(TAKEN_SOURCES)), TEXTS, TEXTS)
def test_an_event_is_named_for_the_document_where_it_is_named_for_the_door(
    source: str, event_id: str, deal_id: str
) -> None:
    named = {"source": source, "event_id": event_id, "deal_id": deal_id}
    assert NAMED_EVENT.is_valid(named) == (identity_of(named) is not None)


def described_events() -> st.SearchStrategy[dict[str, Any]]:
    """Whatever the document calls a DealEvent."""
    body = {"required": True, "content": {"application/json": {"schema": schema_of("DealEvent")}}}
    body["content"]["application/json"]["schema"].pop("components")
    small = api_document() | {
        "paths": {"/x": {"post": {"requestBody": body, "responses": {"200": {"description": ""}}}}}
    }
    operation = schemathesis.openapi.from_dict(small)["/x"]["POST"]
    return operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE).map(
        lambda case: case.body
    )


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(described_events())
def test_what_the_document_calls_an_event_is_one_apart_from_what_it_says_beside(
    event: dict[str, Any],
) -> None:
    deal = event["deal"]
    # What no schema can say, and the description does: who is known, how shares sum, which days and signs go together.
    event["occurred_at"] = "2026-11-22T10:15:00Z"
    deal["effective_on"] = "2026-11-22"
    deal |= {"status": "won", "currency": "DKK"}
    deal.setdefault("amount", 1)
    deal["amount"] = 1 if deal["amount"] is None else deal["amount"]
    deal.pop("ended_on", None)
    if deal.get("next_step"):
        deal["next_step"].pop("due_on", None)
    deal["credits"] = [
        {**deal["credits"][0], "rep": next(iter(REPS)), "share": "100%", "overlay": False}
    ]
    assert problems_of(event) == []


def test_the_examples_of_the_document_are_what_it_describes() -> None:
    (example,) = api_document()["components"]["schemas"]["DealEvent"]["examples"]
    assert DEAL_EVENT.is_valid(example)
    assert problems_of(example) == []
