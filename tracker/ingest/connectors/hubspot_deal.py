"""A deal as HubSpot describes it -> the record in our words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from tracker.errors import Problem
from tracker.ingest.connectors.deal_mapping import DealMapping, parse_deal_mapping
from tracker.ingest.connectors.deal_record import (
    VERSION_MIN,
    SeenDeal,
    SeenSplit,
    day_of,
    learned_of,
    milliseconds_of,
    plain,
    record_of,
    records,
    share_of,
)
from tracker.ingest.connectors.shape import Raw, Translated
from tracker.ingest.values import shown
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


_RESPLIT = "Put the splits right in HubSpot; the deal comes in by itself then."

SPLITS = "splits"
"""Under this name a deal's splits, as HubSpot lists them, are added to it where they count."""


def mapping_of(connection: CrmConnection) -> DealMapping:
    return parse_deal_mapping(connection.mapping).with_defaults(OWN_NAMES)


def version_of(raw: Raw) -> int | None:
    """When the deal last changed, in milliseconds; None when it does not say."""
    read = _Reader(raw).text
    splits = records(raw.get(SPLITS))
    moments = [
        *(milliseconds_of(plain(split.get("updatedAt"))) for split in splits),
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
    splits, problems_of_splits = _splits(raw, learned.get("owners", {}))
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
        splits=splits,
    )
    record, problems = record_of(seen, connection, mapping)
    return Translated(record, [*problems, *problems_of_splits], merged_ids(raw))


def _splits(raw: Raw, owners: Mapping[str, str]) -> tuple[list[SeenSplit], list[Problem]]:
    """Who is credited with which part, and what is wrong with that; nobody, where the owner alone is."""
    found: dict[str, Decimal] = {}
    for split in records(raw.get(SPLITS)):
        read = _Reader(split).text
        part = _part(read("hs_deal_split_percentage"))
        if part is None:
            what = f"“{shown(read('hs_deal_split_percentage'))}” is no part of a deal."
            return [], [Problem("splits", what, _RESPLIT)]
        if part and split.get("archived") is not True:
            owner_id = read("hubspot_owner_id")
            found[owner_id] = found.get(owner_id, Decimal(0)) + part
    total = sum(found.values(), Decimal(0))
    if found and total != 1:
        what = f"the deal splits come to {(100 * total).normalize():f} %, not to 100 %."
        return [], [Problem("splits", what, _RESPLIT)]
    return [SeenSplit(owners.get(one, ""), one, f"{part:f}") for one, part in found.items()], []


def _part(text: str) -> Decimal | None:
    """A part from 0 to 1 to HubSpot's eight decimals; None for any other text."""
    try:
        part = Decimal(text).quantize(Decimal("1E-8"))
    except InvalidOperation:
        return None
    return part if 0 <= part <= 1 else None


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
    of_splits = [_Reader(split).text("hubspot_owner_id") for split in records(raw.get(SPLITS))]
    owners = learned.get("owners", {})
    is_owner_known = all(one in owners for one in (owner_id, *of_splits) if one)
    return is_owner_known and place in learned.get("stages", {})


@dataclass(frozen=True, slots=True)
class _Reader:
    raw: Raw

    def text(self, name: str) -> str:
        properties = self.raw.get("properties")
        return plain(properties.get(name)) if isinstance(properties, dict) else ""
