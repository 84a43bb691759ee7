"""A deal in a CRM's words -> a record in ours, by the connector of its kind."""

import hashlib
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from tracker.errors import Problem
from tracker.ingest.connectors.kinds import KINDS
from tracker.ingest.connectors.shape import Raw, Translated
from tracker.ingest.strict_json import JsonValue, Number, written
from tracker.store.connections import CrmConnection
from tracker.store.quarantine import Arrived

UNREADABLE = "unreadable"


def translate(raw: Raw, crm: CrmConnection, zone: ZoneInfo) -> Translated:
    """What cannot be understood is among the problems."""
    return KINDS[crm.kind].translated(raw, crm, zone)


def version_of(translation: Translated) -> int:
    """The version of a deal that was translated; -1 for one without."""
    version = translation.record.get("version")
    return int(version.text) if isinstance(version, Number) else -1


def unreadable(name: str, raw: JsonValue, problems: Sequence[Problem]) -> Arrived:
    """What came from a CRM and does not even say which deal it is about."""
    body = written(raw)
    return Arrived(
        source=name,
        source_event_id=f"{UNREADABLE}-{hashlib.sha256(body.encode()).hexdigest()[:32]}",
        deal_key=f"{name}:{UNREADABLE}",
        deal_name="",
        unclaimed=(),
        amount_minor=None,
        currency=None,
        problems=tuple(problems),
        body=body,
        connection_name=name,
    )
