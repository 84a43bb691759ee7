"""GET /api/v1/deal-events: what became of an event that was sent, for the program that sent it."""

from collections.abc import Mapping
from typing import Any

from tracker import access
from tracker.access import Principal
from tracker.errors import BadInput, NotFound, Problem
from tracker.ingest.deal_payload import event_name
from tracker.ingest.fields import Fields
from tracker.store import api_reads, quarantine
from tracker.store.deals import EventName
from tracker.store.types import Connection


def named_in(asked: Mapping[str, str]) -> EventName:
    """The event that the parameters `source` and `event_id` name. Raises BadInput."""
    problems: list[Problem] = []
    name = event_name(Fields(asked, "", problems))
    if problems:
        raise BadInput(problems)
    return name


def status_of(connection: Connection, name: EventName, principal: Principal) -> dict[str, Any]:
    """Recorded, or set aside and for which reasons, or let go. Raises NotFound.

    The reasons repeat what was sent: they are for who sent it, and for programs that may read.
    """
    source, event_id = name
    told: dict[str, Any] = {"source": source, "event_id": event_id}
    recorded = api_reads.event_named(connection, name)
    if recorded is not None:
        at = recorded.recorded_at.isoformat()
        known = {"state": "recorded", "at": at, "is_newest": recorded.is_newest}
        return told | known | {"problems": []}
    waiting = quarantine.newest_of_event(connection, name)
    if waiting is None:
        raise NotFound("No event of this source and id has come in. Send it again.")
    is_open = access.may_read_figures(principal) or waiting.sender == principal.name
    problems = [one.plain for one in waiting.event.problems] if is_open else []
    return told | {
        "state": waiting.end or "quarantined",
        "at": waiting.received_at.isoformat(),
        "is_newest": False,
        "problems": problems,
    }
