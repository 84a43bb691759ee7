"""A deal as a connector has read it -> the record in our words; what is the same whichever CRM it is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from tracker.errors import Problem
from tracker.ingest.connectors.deal_mapping import DealMapping, ReadField
from tracker.ingest.connectors.shape import Raw, event_id
from tracker.ingest.fields import TEXT_LENGTH_MAX
from tracker.ingest.strict_json import JsonValue, Number
from tracker.ingest.values import parse_moment, shown
from tracker.store.connections import CrmConnection

VERSION_MIN = "tracker_version_min"
"""What we add to a deal: it is known to be as new as this, though it does not say so itself."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MILLISECONDS_MAX = 10**14
_NUMERAL_LENGTH_MAX = 100
_EXPONENT_MAX = 20


@dataclass(frozen=True, slots=True)
class SeenSplit:
    """Who has a part in a deal, and which, as a part of one."""

    owner_email: str
    owner_id: str
    share: str


@dataclass(frozen=True, slots=True)
class SeenDeal:
    """What a CRM says of a deal, in plain texts; "" is what it does not say.

    `version` is when it last changed, in milliseconds. `status` is the CRM's own word for the stage, in ours; the
    company's word for the stage counts before it, unless the status `is_settled` whatever the stage. `read` gives any
    field by the CRM's name. `splits` are who is credited, where that is not the owner alone. `mark` tells apart what
    the CRM said twice in the same moment, the later one greater.
    """

    deal_id: str
    version: int | None
    read: ReadField
    status: str
    stage: str = ""
    pipeline: str = ""
    stage_label: str = ""
    is_settled: bool = False
    owner_email: str = ""
    owner_id: str = ""
    effective_on: str = ""
    ended_on: str = ""
    created_on: str = ""
    probability: str = ""
    splits: Sequence[SeenSplit] = ()
    mark: str = ""


def record_of(
    seen: SeenDeal, connection: CrmConnection, mapping: DealMapping
) -> tuple[Raw, list[Problem]]:
    """The record, and what could not be understood; for that it has a stand-in."""
    problems: list[Problem] = []
    record: Raw = {
        "source": connection.name,
        "deal_id": seen.deal_id,
        "deal": _deal(seen, connection, mapping, problems),
    }
    if seen.version is None:
        what = "holds no time of its last change."
        problems.append(Problem("deal", what, "Read the deal again."))
    else:
        record |= {
            "event_id": event_id(connection, seen.deal_id, seen.version, seen.mark),
            "version": Number(str(seen.version)),
            "occurred_at": (_EPOCH + seen.version * _MILLISECOND).isoformat(
                timespec="milliseconds"
            ),
        }
    return record, problems


def _deal(
    seen: SeenDeal, connection: CrmConnection, mapping: DealMapping, problems: list[Problem]
) -> Raw:
    def text(name: str) -> str:
        return mapping.text(name, seen.read)

    status = _status(seen, connection, mapping, problems)
    effective_on = seen.effective_on or ("" if status == "won" else seen.created_on)
    deal: Raw = {
        "name": one_line(text("name")) or f"{connection.kind.capitalize()} {seen.deal_id}",
        "status": status,
        "effective_on": effective_on,
        "currency": text("currency") or mapping.currency,
        "amount": plain_numeral(text("amount")),
        "ended_on": seen.ended_on,
        "stage": one_line(seen.stage_label),
        "credits": _credits(seen, connection, text("rep")),
        **mapping.further(seen.read),
    }
    if status == "open":
        deal["probability"] = seen.probability
        if step := one_line(text("next_step")):
            deal["next_step"] = {"text": step}
    return {name: value for name, value in deal.items() if value != ""}


def _status(
    seen: SeenDeal, connection: CrmConnection, mapping: DealMapping, problems: list[Problem]
) -> str:
    own = None if seen.is_settled else mapping.status_of(seen.pipeline, seen.stage)
    status = own or seen.status
    if not status:
        where = f"{seen.pipeline}/{seen.stage}" if seen.pipeline else seen.stage
        problems.append(
            Problem(
                "stage",
                f"nobody has said what the stage “{shown(where)}” means.",
                f'Add it under [stages]: "{shown(where)}" = "open", won, lost or cancelled; '
                f"then “connection map {connection.name} FILE”.",
            )
        )
    return status or "open"


def _credits(seen: SeenDeal, connection: CrmConnection, named: str) -> list[JsonValue]:
    if not seen.splits:
        return [{"rep": named or _owner(seen.owner_email, seen.owner_id, connection)}]
    return [
        {"rep": _owner(one.owner_email, one.owner_id, connection), "share": one.share}
        for one in seen.splits
    ]


def _owner(email: str, owner_id: str, connection: CrmConnection) -> str:
    """The owner's e-mail address; or a name for the owner that can be claimed for a rep."""
    unknown = f"owner {owner_id}" if owner_id else "no owner"
    return email or f"{connection.name}: {unknown}"


def milliseconds_of(text: str) -> int | None:
    """The moment in "1700000000000" or "2026-11-22T10:15:00.123Z", in milliseconds; None for any other text."""
    if text.isascii() and text.isdigit() and int(text[:15]) < _MILLISECONDS_MAX:
        return int(text[:15])
    moment = parse_moment(text)
    return None if moment is None else (moment - _EPOCH) // _MILLISECOND


def day_of(text: str, zone: ZoneInfo) -> str:
    """The day of a moment in the company's zone; a plain date, or what is none, stands for itself."""
    milliseconds = milliseconds_of(text)
    if milliseconds is None:
        return text
    return (_EPOCH + milliseconds * _MILLISECOND).astimezone(zone).date().isoformat()


def share_of(text: str, whole: int = 1) -> str:
    """A probability from 0 to `whole` as a part of one; "" for what is none.

    CRMs compute with floats and say 0.2 with 54 more digits, so it is rounded to a hundredth of a percent.
    """
    value = _decimal(text)
    if value is None or not 0 <= value <= whole:
        return ""
    return f"{(value / whole).quantize(Decimal('0.0001')):f}"


def plain_numeral(text: str) -> str:
    """A number without an exponent, 1.25E7 as 12500000, and as exact as it came; any other text as it is."""
    if "e" not in text.casefold():
        return text
    value = _decimal(text)
    return text if value is None else f"{value:f}"


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text) if len(text) <= _NUMERAL_LENGTH_MAX else None
    except InvalidOperation:
        return None
    if value is None or not value.is_finite() or abs(value.adjusted()) > _EXPONENT_MAX:
        return None
    return value


def one_line(text: str) -> str:
    """Names are shown, not computed with: a longer one is cut, and what cannot be shown is left out."""
    shown_only = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(shown_only.split())[:TEXT_LENGTH_MAX].strip()


def plain(value: JsonValue) -> str:
    """A JSON value as text; "" for an object, a list or nothing."""
    if isinstance(value, Number):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ""


def records(value: JsonValue) -> list[Raw]:
    """The objects of a list; nothing of what is none."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def learned_of(connection: CrmConnection) -> Mapping[str, Any]:
    """What a connector learned of the CRM's owners and stages."""
    learned: Mapping[str, Any] = json.loads(connection.learned or "{}")
    return learned


def at_least(raw: Raw, version: int | None, version_min: int) -> Raw:
    """A deal of this version that is known to be at least as new as another; so it says then."""
    return raw if version_min <= (version or 0) else {**raw, VERSION_MIN: str(version_min)}
