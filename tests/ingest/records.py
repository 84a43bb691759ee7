"""A deal event as a CRM sends it, to be bent by the tests."""

from datetime import UTC, date, datetime
from typing import Any

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
REPS = {"anna@firma.dk": 1, "bo@firma.dk": 2, "cecilie": 3}


def payee_id_of(reference: str) -> int | None:
    return REPS.get(reference.casefold())


def record(**changes: Any) -> dict[str, Any]:
    """A full event; a change to a key of the deal is written with `deal__` before its name, and None removes it."""
    event: dict[str, Any] = {
        "source": "hubspot",
        "event_id": "e-9001",
        "deal_id": "d-77",
        "version": 4,
        "occurred_at": "2026-11-22T10:15:00Z",
        "deal": {
            "name": "Nordwind A/S",
            "status": "won",
            "effective_on": "2026-11-22",
            "currency": "DKK",
            "amount": "500000.00",
            "margin": "200000.00",
            "product": "Nova",
            "segment": "enterprise",
            "credits": [{"rep": "anna@firma.dk", "share": "100%"}],
            "evidence": ["icp_match"],
            "next_step": {"text": "Kick-off", "owner": "Anna", "due_on": "2026-12-01"},
        },
    }
    for name, value in changes.items():
        place, key = (event["deal"], name[6:]) if name.startswith("deal__") else (event, name)
        if value is None:
            place.pop(key, None)
        else:
            place[key] = value
    return event


def shares(*parts: str) -> list[dict[str, str]]:
    """Credits of the known reps, in order, with these shares."""
    return [{"rep": rep, "share": part} for rep, part in zip(REPS, parts, strict=False)]
