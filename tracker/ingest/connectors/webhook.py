"""A message from a connected CRM that was checked: kept, and only then answered.

    2xx  what it says is kept: deals in hand, and which deals have to be fetched
    401  not proven to be from the CRM          503  it cannot be kept now: to be sent again after Retry-After

Whatever else is in it: an authentic message is never refused, because no CRM sends again what was.
"""

from datetime import datetime

from flask import Response

from tracker import clock
from tracker.errors import BadInput, Problem
from tracker.flow_connections import Read
from tracker.ingest.bearer import Parts
from tracker.ingest.connectors.kinds import KINDS
from tracker.ingest.connectors.landing import Land
from tracker.ingest.connectors.shape import Notices
from tracker.ingest.connectors.translating import unreadable
from tracker.store import connections, quarantine
from tracker.store.connections import CrmConnection
from tracker.store.database import Database

UNREADABLE = Problem("message", "cannot be read.", "Look at it, and let it go if it is not needed.")


def take_message(parts: Parts, crm: CrmConnection, body: bytes) -> Response:
    """Keep what a CRM says, and acknowledge it. Raises Unavailable."""
    connector = KINDS[crm.kind]
    try:
        notices = connector.notices(body)
    except BadInput:
        notices = Notices(unreadable=[body.decode(errors="replace").replace("\x00", "")])
    _keep(parts, crm, notices)
    said = connector.ACKNOWLEDGEMENT
    return Response(said.body, content_type=said.content_type)


def _keep(parts: Parts, crm: CrmConnection, notices: Notices) -> None:
    now, zone = clock.now(), parts.settings.company_zone
    if notices.raws:
        read = Read(crm.name)
        parts.write(lambda own: Land(own, zone, now).keep(notices.raws, read))
    if notices.wanted or notices.unreadable:
        parts.write(lambda own: _note(own, crm.name, notices, now))


def _note(database: Database, name: str, notices: Notices, at: datetime) -> None:
    entries = [unreadable(name, part, [UNREADABLE]) for part in notices.unreadable]
    with database.write() as connection:
        connections.want(connection, name, notices.wanted, at)
        quarantine.set_aside(connection, name, entries, at)
