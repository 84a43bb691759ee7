"""A deal as Pipedrive describes it -> the record in our words."""

from collections.abc import Iterator
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

OWN_NAMES = {"name": "title", "amount": "value", "currency": "currency"}
"""Pipedrive's names for our fields, until the company names others."""

DAYS = {
    "won": ("won_time", "close_time"),
    "lost": ("lost_time", "close_time"),
    "open": ("expected_close_date",),
}
"""What day a deal counts on, the first of these that it holds, unless the company names a field for it."""


def translated(raw: Raw, connection: CrmConnection, zone: ZoneInfo) -> Translated:
    """Raises nothing: what is not understood is a problem, and the record has a stand-in for it."""

    def read(name: str) -> str:
        return _text(raw, name)

    learned = learned_of(connection)
    mapping = parse_deal_mapping(connection.mapping).with_defaults(OWN_NAMES)
    stage = learned.get("stages", {}).get(read("stage_id"), {})
    owner_id = read("owner_id")
    status = _status(raw)
    seen = SeenDeal(
        deal_id=read("id"),
        version=version_of(raw),
        read=read,
        status=status,
        stage=read("stage_id"),
        pipeline=read("pipeline_id"),
        stage_label=stage.get("label", ""),
        # A stage says nothing of a deal that was won or lost in it.
        is_settled=status != "open",
        owner_email=learned.get("owners", {}).get(owner_id, ""),
        owner_id=owner_id,
        effective_on=day_of(_day(raw, mapping, status), zone),
        ended_on=day_of(mapping.text("ended_on", read), zone),
        created_on=day_of(read("add_time"), zone),
        probability=share_of(read("probability") or stage.get("probability", ""), 100),
    )
    record, problems = record_of(seen, connection, mapping)
    return Translated(record, problems)


def words(connection: CrmConnection) -> Iterator[str]:
    """Each stage and what it means for a deal that is still open in it."""
    mapping = parse_deal_mapping(connection.mapping)
    for stage_id, stage in learned_of(connection).get("stages", {}).items():
        status = mapping.status_of(stage["pipeline"], stage_id) or "open"
        yield f'"{stage["pipeline"]}/{stage_id}" = "{status}"  # {stage["label"]}'


def knows(raw: Raw, connection: CrmConnection) -> bool:
    """Whether the owner and the stage of a deal have been learned."""
    learned = learned_of(connection)
    owner_id, stage_id = _text(raw, "owner_id"), _text(raw, "stage_id")
    is_owner_known = not owner_id or owner_id in learned.get("owners", {})
    return is_owner_known and stage_id in learned.get("stages", {})


def version_of(raw: Raw) -> int | None:
    """When the deal last changed, in milliseconds; None when it does not say."""
    changed_at = milliseconds_of(_text(raw, "update_time") or _text(raw, "add_time"))
    version_min = milliseconds_of(_text(raw, VERSION_MIN))
    return max((one for one in (changed_at, version_min) if one is not None), default=None)


def _status(raw: Raw) -> str:
    """Our word for what Pipedrive says of the deal itself, whatever its stage; "" for a word nobody knows."""
    status = _text(raw, "status")
    if _text(raw, "is_deleted") == "true" or status == "deleted":
        return "cancelled"
    return status if status in DAYS else ""


def _day(raw: Raw, mapping: DealMapping, status: str) -> str:
    if "effective_on" in mapping.fields:
        return mapping.text("effective_on", lambda name: _text(raw, name))
    texts = (_text(raw, name) for name in DAYS.get(status, ()))
    return next((text for text in texts if text), "")


def _text(raw: Raw, name: str) -> str:
    """A field, or one of the company's own by its key of 40 letters; of an amount with its currency, the amount."""
    custom = raw.get("custom_fields")
    value = raw.get(name)
    if value is None and isinstance(custom, dict):
        value = custom.get(name)
    return plain(value.get("value") if isinstance(value, dict) else value)
