"""Which CRMs are to be compared tonight: each once a day, from three o'clock on in the company's zone."""

from datetime import datetime, time

from tracker.config import Settings
from tracker.ingest.connectors.kinds import PULLED
from tracker.store import connections, reconciliations
from tracker.store.database import Database

NIGHTLY_FROM = time(3)


def due_sources(settings: Settings, database: Database, now: datetime) -> list[str]:
    """The connected CRMs that can be asked and were not compared since three o'clock; none before that."""
    local = now.astimezone(settings.company_zone)
    since = datetime.combine(local.date(), NIGHTLY_FROM, tzinfo=settings.company_zone)
    if now < since:
        return []
    with database.read() as connection:
        live = [
            crm.name
            for crm in connections.all_connections(connection)
            if crm.revoked_at is None and crm.kind in PULLED
        ]
        latest = reconciliations.latest_by_source(connection)
    return [name for name in live if name not in latest or latest[name].started_at < since]
