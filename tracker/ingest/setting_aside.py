"""An event that is authentic but cannot be used: kept whole, and played again once the reason is put right."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tracker import flow
from tracker.engine.deals import DealEvent, DealStatus
from tracker.engine.money import MINOR_DIGITS
from tracker.errors import BadInput, Problem
from tracker.ingest.connectors.translating import translate
from tracker.ingest.deal_payload import PayeeIdOf, Reader, identity_of
from tracker.ingest.directory import Directory
from tracker.ingest.fields import Fields
from tracker.ingest.strict_json import JsonValue, parse_strict, written
from tracker.store import connections, quarantine
from tracker.store.connections import CrmConnection
from tracker.store.database import Database
from tracker.store.quarantine import Arrived, SetAside


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of an entry: recorded, duplicate, stale, ended before, or waiting for the reasons given."""

    entry_id: int
    kind: str
    problems: tuple[Problem, ...] = ()


def to_set_aside(
    record: JsonValue, problems: Sequence[Problem], payee_id_of: PayeeIdOf
) -> Arrived | None:
    """A record that can be kept for later; None when it does not even say which event of which deal it is."""
    identity = identity_of(record)
    if identity is None or not isinstance(record, dict):
        return None
    source, event_id, deal_id = identity
    deal = Fields(record, "", []).record("deal")
    name, currency, amount_minor = "", "", None
    unclaimed: tuple[str, ...] = ()
    if deal is not None:
        name, currency = deal.text("name"), deal.text("currency")
        unclaimed = tuple(_unclaimed(deal, payee_id_of))
        if currency in MINOR_DIGITS and deal.text("status") == DealStatus.WON:
            amount_minor = deal.amount_minor("amount", MINOR_DIGITS[currency])
    return Arrived(
        source=source,
        source_event_id=event_id,
        deal_key=f"{source}:{deal_id}",
        deal_name=name,
        unclaimed=unclaimed,
        amount_minor=amount_minor,
        currency=currency if currency in MINOR_DIGITS else None,
        problems=tuple(problems),
        body=written(record),
    )


def _unclaimed(deal: Fields, payee_id_of: PayeeIdOf) -> Iterable[str]:
    for credit in deal.records("credits", count_max=50):
        reference = credit.text("rep")
        if reference and payee_id_of(reference) is None:
            yield reference


def replay(
    database: Database, entries: Sequence[SetAside], by: str, now: datetime, zone: ZoneInfo
) -> list[Replayed]:
    """Judge entries again as things are now, and record those that can be used. Once, however often it is asked for.

    What a connected CRM sent is translated anew, by the mapping as it is now.
    """
    played = []
    for entry in entries:
        with database.read() as connection:
            today = now.astimezone(zone).date()
            reader = Reader(Directory(connection).payee_id_of, now, today)
            crm = connections.connection_named(connection, entry.event.connection_name)
            judged = _judged(reader, entry, crm, zone)
        played.append(_play(database, entry, judged, by, now))
    return played


def _judged(
    reader: Reader, entry: SetAside, crm: CrmConnection | None, zone: ZoneInfo
) -> DealEvent | tuple[Problem, ...]:
    problems: tuple[Problem, ...] = ()
    try:
        record = parse_strict(entry.event.body.encode())
        if crm is not None and isinstance(record, dict):
            translation = translate(record, crm, zone)
            record, problems = translation.record, tuple(translation.problems)
        event = reader.event(record)
    except BadInput as refusal:
        return (*problems, *refusal.problems)
    return problems or event


def _play(
    database: Database,
    entry: SetAside,
    judged: DealEvent | tuple[Problem, ...],
    by: str,
    now: datetime,
) -> Replayed:
    if entry.end:
        return Replayed(entry.id, "ended")
    if not isinstance(judged, DealEvent):
        return Replayed(entry.id, "waiting", judged)
    (outcome,) = flow.record_deal_events(database, [judged], now)
    if outcome.kind == "refused":
        return Replayed(entry.id, "waiting", (Problem("event", outcome.problem),))
    # A stop right here is harmless: played again, the event is a duplicate, and the entry comes to its end.
    with database.write() as connection:
        quarantine.end(connection, [entry.id], "replayed", by, "", now)
    return Replayed(entry.id, outcome.kind)
