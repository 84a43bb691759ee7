"""Deals as a CRM describes them -> recorded, or set aside as they came; with how far the CRM has been read by then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tracker.engine.deals import DealEvent, DealStatus
from tracker.errors import BadInput, Problem
from tracker.flow_connections import Arriving, Kept, Read, keep
from tracker.ingest.connectors.shape import Raw, Translated
from tracker.ingest.connectors.translating import translate, unreadable, version_of
from tracker.ingest.deal_payload import Reader, with_body_hash
from tracker.ingest.directory import Directory
from tracker.ingest.setting_aside import to_set_aside
from tracker.ingest.strict_json import JsonValue, parse_strict, written
from tracker.store import connections, deals, quarantine
from tracker.store.connections import CrmConnection, Wanted
from tracker.store.database import Database
from tracker.store.quarantine import Arrived, SetAside
from tracker.store.types import Connection

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Land:
    """Where deals land: the database they are judged against, the company's zone, and the time."""

    database: Database
    zone: ZoneInfo
    now: datetime

    def keep(self, raws: Sequence[Raw], read: Read, gone: Iterable[Wanted] = ()) -> Kept:
        """Keep deals of a CRM, and end those that are gone there, in one transaction.

        Raises Unavailable, or NotFound when the connection was removed.
        """
        with self.database.read() as connection:
            crm = connections.live_connection(connection, read.connection_name)
            judging = _Judging(self, connection, crm)
            judging.take(raws)
            judging.end(gone)
        read = replace(read, outdated_ids=tuple(judging.outdated_ids))
        return keep(self.database, judging.arriving, read, self.now)


@dataclass(slots=True)
class _Judging:
    """One reading of the database, against which deals are judged, and what came of it."""

    land: Land
    connection: Connection
    crm: CrmConnection
    arriving: list[Arriving] = field(default_factory=list)
    outdated_ids: list[int] = field(default_factory=list)
    directory: Directory = field(init=False)
    reader: Reader = field(init=False)

    def __post_init__(self) -> None:
        self.directory = Directory(self.connection)
        today = self.land.now.astimezone(self.land.zone).date()
        self.reader = Reader(self.directory.payee_id_of, self.land.now, today)

    def take(self, raws: Sequence[Raw]) -> None:
        """Judge deals as the CRM describes them; what they have taken in is no more."""
        translations = [translate(raw, self.crm, self.land.zone) for raw in raws]
        waiting = self._waiting(self._key(one.record.get("deal_id")) for one in translations)
        for raw, translation in zip(raws, translations, strict=True):
            key = self._key(translation.record.get("deal_id"))
            arriving = self._arriving(raw, translation, waiting.get(key, []))
            if arriving.event is not None or not self._never_counted(key, translation):
                self.arriving.append(arriving)
            self.end(Wanted(merged) for merged in translation.merged_ids)

    def end(self, gone: Iterable[Wanted]) -> None:
        """Cancel deals the CRM no longer has, as they were known last; what waits of them waits no more."""
        by_key = {self._key(one.deal_id): one for one in gone}
        for entries in self._waiting(by_key).values():
            self.outdated_ids += [entry.id for entry in entries]
        for stored in deals.deals(self.connection, sorted(by_key)):
            if stored.deal.status is not DealStatus.CANCELLED:
                known = deals.event_by_id(self.connection, stored.event_id)
                self.arriving.append(self._cancelled(known, by_key[stored.deal.key]))

    def _never_counted(self, key: str, translation: Translated) -> bool:
        """Whether a deal is cancelled that has never been more than waiting: nobody needs to put that right."""
        deal = translation.record.get("deal")
        is_cancelled = isinstance(deal, dict) and deal.get("status") == DealStatus.CANCELLED
        return is_cancelled and deals.deal(self.connection, key) is None

    def _arriving(self, raw: Raw, translation: Translated, waiting: Sequence[SetAside]) -> Arriving:
        problems = tuple(translation.problems)
        event: DealEvent | None = None
        try:
            event = self.reader.event(translation.record)
        except BadInput as refusal:
            problems = (*problems, *refusal.problems)

        def set_aside(reasons: Sequence[Problem]) -> Arrived:
            kept = to_set_aside(translation.record, reasons, self.directory.payee_id_of)
            if kept is None:
                return unreadable(self.crm.name, raw, reasons)
            return replace(kept, body=written(raw), connection_name=self.crm.name)

        ends_ids = self._sort_out(waiting, translation, written(raw), is_used=not problems)
        return Arriving(None if problems else event, set_aside, problems, ends_ids)

    def _sort_out(
        self, waiting: Sequence[SetAside], translation: Translated, body: str, is_used: bool
    ) -> tuple[int, ...]:
        """Of what waits of a deal: the entries of the very version that can be used now.

        Those of earlier versions, and of this one in other words, are outdated whatever becomes of it.
        """
        now, ends_ids = version_of(translation), []
        for entry in waiting:
            before = self._version_of(entry)
            if before == now and is_used:
                ends_ids.append(entry.id)
            elif before < now or (before == now and entry.event.body != body):
                self.outdated_ids.append(entry.id)
        return tuple(ends_ids)

    def _version_of(self, entry: SetAside) -> int:
        raw = parse_strict(entry.event.body.encode())
        assert isinstance(raw, dict)  # it was set aside as a deal
        return version_of(translate(raw, self.crm, self.land.zone))

    def _cancelled(self, known: DealEvent, gone: Wanted) -> Arriving:
        version = max(gone.version_min, known.version + 1)
        event = with_body_hash(
            DealEvent(
                self.crm.name,
                f"{gone.deal_id}-{version}-gone",
                version,
                min(_EPOCH + timedelta(milliseconds=version), self.land.now),
                replace(known.deal, status=DealStatus.CANCELLED),
                body_hash="",
            )
        )
        raw: Raw = {"id": gone.deal_id, "gone": True}
        return Arriving(event, lambda reasons: unreadable(self.crm.name, raw, reasons))

    def _waiting(self, keys: Iterable[str]) -> dict[str, list[SetAside]]:
        found: dict[str, list[SetAside]] = {}
        for entry in quarantine.waiting_of_deals(self.connection, set(keys)):
            if entry.event.connection_name == self.crm.name:
                found.setdefault(entry.event.deal_key, []).append(entry)
        return found

    def _key(self, deal_id: JsonValue) -> str:
        return f"{self.crm.name}:{deal_id}"
