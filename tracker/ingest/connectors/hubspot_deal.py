"""A deal as HubSpot describes it -> the record in our words."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tracker.ingest.connectors.deal_mapping import DealMapping, parse_deal_mapping
from tracker.ingest.connectors.deal_record import (
    VERSION_MIN,
    SeenDeal,
    day_of,
    learned_of,
    milliseconds_of,
    plain,
    record_of,
    share_of,
)
from tracker.ingest.connectors.shape import Raw, Translated
from tracker.store.connections import CrmConnection

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


def mapping_of(connection: CrmConnection) -> DealMapping:
    return parse_deal_mapping(connection.mapping).with_defaults(OWN_NAMES)


def version_of(raw: Raw) -> int | None:
    """When the deal last changed, in milliseconds; None when it does not say."""
    read = _Reader(raw).text
    moments = [
        milliseconds_of(read("hs_lastmodifieddate") or plain(raw.get("updatedAt"))),
        milliseconds_of(plain(raw.get("archivedAt"))) if raw.get("archived") is True else None,
        milliseconds_of(plain(raw.get(VERSION_MIN))),
    ]
    return max((moment for moment in moments if moment is not None), default=None)


def merged_ids(raw: Raw) -> list[str]:
    """The deals this one has taken in."""
    named = _Reader(raw).text("hs_merged_object_ids").split(";")
    return [one.strip() for one in named if one.strip() not in ("", raw.get("id"))]


def translated(raw: Raw, connection: CrmConnection, zone: ZoneInfo) -> Translated:
    """Raises nothing: what is not understood is a problem, and the record has a stand-in for it."""
    read, mapping = _Reader(raw).text, mapping_of(connection)
    learned = learned_of(connection)
    pipeline, stage, owner_id = read("pipeline"), read("dealstage"), read("hubspot_owner_id")
    known = learned.get("stages", {}).get(f"{pipeline}/{stage}", {})
    is_archived = raw.get("archived") is True
    seen = SeenDeal(
        deal_id=plain(raw.get("id")),
        version=version_of(raw),
        read=read,
        status="cancelled" if is_archived else known.get("status", ""),
        stage=stage,
        pipeline=pipeline,
        stage_label=known.get("label", ""),
        is_settled=is_archived,
        owner_email=learned.get("owners", {}).get(owner_id, ""),
        owner_id=owner_id,
        effective_on=day_of(mapping.text("effective_on", read), zone),
        ended_on=day_of(mapping.text("ended_on", read), zone),
        created_on=day_of(read("createdate"), zone),
        probability=share_of(read("hs_deal_stage_probability") or known.get("probability", "")),
    )
    record, problems = record_of(seen, connection, mapping)
    return Translated(record, problems, merged_ids(raw))


def words(connection: CrmConnection) -> Iterator[str]:
    """Each stage with its pipeline and what it means, in the order HubSpot named them."""
    mapping = mapping_of(connection)
    learned = learned_of(connection)
    for place, stage in learned.get("stages", {}).items():
        pipeline, _, stage_id = place.partition("/")
        own = stage["status"]
        status = mapping.status_of(pipeline, stage_id) or own or "not mapped"
        yield f'"{place}" = "{status}"  # {stage["pipeline"]}: {stage["label"]}'


def knows(raw: Raw, connection: CrmConnection) -> bool:
    """Whether the owner and the stage of a deal have been learned."""
    read, learned = _Reader(raw).text, learned_of(connection)
    place, owner_id = f"{read('pipeline')}/{read('dealstage')}", read("hubspot_owner_id")
    is_owner_known = not owner_id or owner_id in learned.get("owners", {})
    return is_owner_known and place in learned.get("stages", {})


@dataclass(frozen=True, slots=True)
class _Reader:
    raw: Raw

    def text(self, name: str) -> str:
        properties = self.raw.get("properties")
        return plain(properties.get(name)) if isinstance(properties, dict) else ""
