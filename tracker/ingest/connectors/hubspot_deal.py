"""A deal as HubSpot describes it -> the record in our words."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from tracker.errors import Problem
from tracker.ingest.connectors.deal_mapping import DealMapping, parse_deal_mapping
from tracker.ingest.connectors.shape import Raw, Translated, event_id
from tracker.ingest.fields import TEXT_LENGTH_MAX
from tracker.ingest.strict_json import JsonValue, Number
from tracker.ingest.values import parse_moment, shown
from tracker.store.connections import CrmConnection

VERSION_MIN = "tracker_version_min"
"""What we add to a deal that HubSpot says has changed without a time of its own in it, such as a restored one."""

OWN_NAMES = {
    "name": "dealname",
    "amount": "amount",
    "currency": "deal_currency_code",
    "effective_on": "closedate",
    "next_step": "hs_next_step",
}
"""HubSpot's names for our fields, until the company names others."""

ALWAYS_READ = (
    "createdate",
    "dealstage",
    "hs_deal_stage_probability",
    "hs_lastmodifieddate",
    "hs_merged_object_ids",
    "hubspot_owner_id",
    "pipeline",
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MILLISECONDS_MAX = 10**14


def mapping_of(connection: CrmConnection) -> DealMapping:
    return parse_deal_mapping(connection.mapping).with_defaults(OWN_NAMES)


def version_of(raw: Raw) -> int | None:
    """When the deal last changed, in milliseconds; None when it does not say."""
    read = _Reader(raw).text
    moments = [
        milliseconds_of(read("hs_lastmodifieddate") or _plain(raw.get("updatedAt"))),
        milliseconds_of(_plain(raw.get("archivedAt"))) if raw.get("archived") is True else None,
        milliseconds_of(_plain(raw.get(VERSION_MIN))),
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def merged_ids(raw: Raw) -> list[str]:
    """The deals this one has taken in."""
    named = _Reader(raw).text("hs_merged_object_ids").split(";")
    return [one.strip() for one in named if one.strip() not in ("", raw.get("id"))]


def milliseconds_of(text: str) -> int | None:
    """The moment in "1700000000000" or "2026-11-22T10:15:00.123Z", in milliseconds; None for any other text."""
    if text.isascii() and text.isdigit() and int(text[:15]) < _MILLISECONDS_MAX:
        return int(text[:15])
    moment = parse_moment(text)
    return None if moment is None else (moment - _EPOCH) // _MILLISECOND


def translated(raw: Raw, connection: CrmConnection, zone: ZoneInfo) -> Translated:
    """Raises nothing: what is not understood is a problem, and the record has a stand-in for it."""
    return _Translation(raw, connection, zone).whole()


def words(connection: CrmConnection) -> Iterator[str]:
    """Each stage with its pipeline and what it means, in the order HubSpot named them."""
    mapping = mapping_of(connection)
    learned: Mapping[str, Any] = json.loads(connection.learned or "{}")
    for place, stage in learned.get("stages", {}).items():
        pipeline, _, stage_id = place.partition("/")
        own = stage["status"]
        status = mapping.status_of(pipeline, stage_id) or own or "not mapped"
        yield f'"{place}" = "{status}"  # {stage["pipeline"]}: {stage["label"]}'


@dataclass(frozen=True, slots=True)
class _Reader:
    raw: Raw

    def text(self, name: str) -> str:
        properties = self.raw.get("properties")
        return _plain(properties.get(name)) if isinstance(properties, dict) else ""


class _Translation:
    """One deal on its way; `_problems` collects what could not be understood."""

    def __init__(self, raw: Raw, connection: CrmConnection, zone: ZoneInfo) -> None:
        self._raw, self._connection, self._zone = raw, connection, zone
        self._mapping = mapping_of(connection)
        self._read = _Reader(raw).text
        self._learned: Mapping[str, Any] = json.loads(connection.learned or "{}")
        self._problems: list[Problem] = []

    def whole(self) -> Translated:
        deal_id, version = _plain(self._raw.get("id")), version_of(self._raw)
        record: Raw = {"source": self._connection.name, "deal_id": deal_id, "deal": self._deal()}
        if version is None:
            what = "holds no time of its last change."
            self._problems.append(Problem("hs_lastmodifieddate", what, "Read the deal again."))
        else:
            record |= {
                "event_id": event_id(self._connection, deal_id, version),
                "version": Number(str(version)),
                "occurred_at": (_EPOCH + version * _MILLISECOND).isoformat(timespec="milliseconds"),
            }
        return Translated(record, self._problems, merged_ids(self._raw))

    def _deal(self) -> Raw:
        pipeline, stage = self._read("pipeline"), self._read("dealstage")
        known = self._learned.get("stages", {}).get(f"{pipeline}/{stage}", {})
        status = self._status(pipeline, stage, known.get("status", ""))
        deal: Raw = {
            "name": _one_line(self._text("name")) or f"HubSpot {_plain(self._raw.get('id'))}",
            "status": status,
            "effective_on": self._day("effective_on") or self._created_on(status),
            "currency": self._text("currency") or self._mapping.currency,
            "stage": _one_line(known.get("label", "")),
            "credits": [{"rep": self._owner()}],
            **self._mapping.further(self._read),
        }
        if amount := self._text("amount"):
            deal["amount"] = amount
        if ended_on := self._day("ended_on"):
            deal["ended_on"] = ended_on
        if status == "open":
            deal |= self._outlook(known.get("probability", ""))
        return {name: value for name, value in deal.items() if value != ""}

    def _text(self, name: str) -> str:
        return self._mapping.text(name, self._read)

    def _status(self, pipeline: str, stage: str, own: str) -> str:
        if self._raw.get("archived") is True:
            return "cancelled"
        status = self._mapping.status_of(pipeline, stage) or own
        if not status:
            self._problems.append(
                Problem(
                    "dealstage",
                    f"nobody has said what the stage “{shown(stage)}” of the pipeline “{shown(pipeline)}” means.",
                    f'Add it under [stages]: "{shown(pipeline)}/{shown(stage)}" = "open", won, lost or cancelled; '
                    f"then “connection map {self._connection.name} FILE”.",
                )
            )
        return status or "open"

    def _owner(self) -> str:
        """The owner's e-mail address; or a name for the owner that can be claimed for a rep."""
        owner_id = self._read("hubspot_owner_id")
        if not owner_id:
            return f"{self._connection.name}: no owner"
        email = self._learned.get("owners", {}).get(owner_id, "")
        return email or f"{self._connection.name}: owner {owner_id}"

    def _day(self, name: str) -> str:
        """The day of a moment, in the company's zone."""
        text = self._text(name)
        milliseconds = milliseconds_of(text)
        if milliseconds is None:
            return text  # a plain date stands for itself; anything else is named by the one door
        return _day_of(milliseconds, self._zone)

    def _created_on(self, status: str) -> str:
        """Where nobody expects a day yet. A deal that is won must say when."""
        created = milliseconds_of(self._read("createdate"))
        return "" if status == "won" or created is None else _day_of(created, self._zone)

    def _outlook(self, of_stage: str) -> Raw:
        step = _one_line(self._text("next_step"))
        probability = _probability(self._read("hs_deal_stage_probability") or of_stage)
        return {"probability": probability, **({"next_step": {"text": step}} if step else {})}


def _day_of(milliseconds: int, zone: ZoneInfo) -> str:
    return (_EPOCH + milliseconds * _MILLISECOND).astimezone(zone).date().isoformat()


def _probability(text: str) -> str:
    """HubSpot says 0.4 as 0.40000000000000002; "" for what is no part of one."""
    try:
        part = Decimal(text) if len(text) <= 30 else None
    except InvalidOperation:
        return ""
    if part is None or not 0 <= part <= 1:
        return ""
    return f"{part.quantize(Decimal('0.0001')):f}"


def _one_line(text: str) -> str:
    """Names are shown, not computed with: a longer one is cut, and what cannot be shown is left out."""
    shown_only = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown_only.split())[:TEXT_LENGTH_MAX].strip()


def _plain(value: JsonValue) -> str:
    if isinstance(value, Number):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""
