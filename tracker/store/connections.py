"""CRMs whose deals are read: where, with what, how their words are to be understood, and how far they have been read.

A connection is a sender (`senders`: its name, its kind as `way`, the secrets it signs with) that is also asked. Its
token is kept as it is, like a sender's secret, because nothing less opens the CRM; it is never shown or listed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from tracker.errors import NotFound, Unavailable
from tracker.store import senders, tables
from tracker.store.statements import in_chunks

WANTED_MAX = 100_000
"""More than this is a CRM gone mad; it is told to come back later instead of filling the disk."""

_crm, _sender, _wanted = tables.crm_connection.c, tables.sender.c, tables.wanted_deal.c


@dataclass(frozen=True, slots=True)
class CrmConnection:
    """One connection. `revision` counts the changes of the mapping since the first deals came in by it."""

    name: str
    kind: str
    address: str
    token: str = field(repr=False)
    secrets: Sequence[str] = field(repr=False)
    mapping: str
    revision: int
    learned: str
    cursor: str
    pulled_at: datetime | None
    trouble: str
    searched_at: datetime | None
    search_pause_seconds: int
    created_at: datetime
    revoked_at: datetime | None

    def may_be_searched(self, now: datetime) -> bool:
        """Whether it is time to ask what has changed: no process has, or not for as long as it said to wait.

        A search ahead of now was begun by a process whose clock is ahead; it keeps nobody waiting.
        """
        if self.searched_at is None:
            return True
        pause = timedelta(seconds=self.search_pause_seconds)
        return not self.searched_at <= now < self.searched_at + pause


@dataclass(frozen=True, slots=True)
class NewConnection:
    """A CRM to be connected. `secret` is what its messages are signed with; "" where it sends none."""

    name: str
    kind: str
    address: str
    token: str = field(repr=False)
    secret: str = field(repr=False)
    mapping: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A deal to be fetched. What is fetched counts as at least `version_min`, for what has no version of its own."""

    deal_id: str
    version_min: int = 0


def add(connection: Connection, new: NewConnection, at: datetime) -> None:
    """Raises Conflict for a name that is taken."""
    senders.add_known(connection, new.name, new.kind, new.secret, at)
    connection.execute(
        insert(tables.crm_connection).values(
            name=new.name,
            address=new.address,
            token=new.token,
            mapping=new.mapping,
            revision=0,
            learned="",
            cursor="",
            trouble="",
            search_pause_seconds=0,
        )
    )


def all_connections(connection: Connection) -> list[CrmConnection]:
    """Every connection by name, those that were removed included."""
    return [_from_row(row) for row in connection.execute(_connections().order_by(_crm.name))]


def live_connections(connection: Connection) -> list[CrmConnection]:
    """Every connection by name that was not removed."""
    return [crm for crm in all_connections(connection) if crm.revoked_at is None]


def connection_named(connection: Connection, name: str) -> CrmConnection | None:
    """The connection of this name, a removed one included: what came by it can still be read."""
    row = connection.execute(_connections().where(_crm.name == name)).one_or_none()
    return None if row is None else _from_row(row)


def live_connection(connection: Connection, name: str) -> CrmConnection:
    """Raises NotFound for a name that is none, or was removed."""
    found = connection_named(connection, name)
    if found is None or found.revoked_at is not None:
        raise NotFound(f"There is no connection {name!r}. See “connection list”.")
    return found


def change_mapping(connection: Connection, name: str, mapping: str) -> None:
    """Understand the CRM otherwise from now on."""
    changed = _crm.revision + 1
    query = update(tables.crm_connection).where(_crm.name == name)
    connection.execute(query.where(_crm.cursor != "").values(revision=changed))
    connection.execute(query.values(mapping=mapping))


def change_token(connection: Connection, name: str, token: str) -> None:
    _change(connection, name, token=token, trouble="", searched_at=None)


def learn(connection: Connection, name: str, learned: str) -> None:
    """Keep what the CRM calls its owners and stages, so that what waits can be read without asking again."""
    _change(connection, name, learned=learned)


def move_cursor(connection: Connection, name: str, cursor: str) -> None:
    """Call it in the transaction of the deals up to there."""
    _change(connection, name, cursor=cursor)


def note_search(connection: Connection, name: str, at: datetime, pause_seconds: float) -> None:
    """A search begins; no process begins another by itself until the pause is over."""
    _change(connection, name, searched_at=at, search_pause_seconds=ceil(pause_seconds))


def note_pulled(connection: Connection, name: str, at: datetime) -> None:
    """Everything up to this moment is in."""
    _change(connection, name, pulled_at=at, trouble="")


def note_trouble(
    connection: Connection, name: str, trouble: str, at: datetime, pause_seconds: float
) -> None:
    """Why nothing comes in by this connection, and how long it is left alone because of that."""
    note_search(connection, name, at, pause_seconds)
    _change(connection, name, trouble=trouble)


def _change(connection: Connection, name: str, **values: object) -> None:
    connection.execute(update(tables.crm_connection).where(_crm.name == name).values(**values))


def _connections() -> Select[tuple[object, ...]]:
    joined = tables.crm_connection.join(tables.sender, _sender.name == _crm.name)
    of_sender = (_sender.way, _sender.secrets, _sender.created_at, _sender.revoked_at)
    return select(tables.crm_connection, *of_sender).select_from(joined)


def _from_row(row: Row[tuple[object, ...]]) -> CrmConnection:
    return CrmConnection(
        name=row.name,
        kind=row.way,
        address=row.address,
        token=row.token,
        secrets=row.secrets.split(),
        mapping=row.mapping,
        revision=row.revision,
        learned=row.learned,
        cursor=row.cursor,
        pulled_at=row.pulled_at,
        trouble=row.trouble,
        searched_at=row.searched_at,
        search_pause_seconds=row.search_pause_seconds,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


# --- what still has to be fetched


def want(connection: Connection, name: str, wanted: Collection[Wanted], at: datetime) -> None:
    """Note deals to be fetched. Raises Unavailable when too many wait to be."""
    if wanted_count(connection, name) + len(wanted) > WANTED_MAX:
        raise Unavailable(
            f"More than {WANTED_MAX:,} deals of {name} wait to be fetched. Send it again later."
        )
    rows = [
        {
            "connection_name": name,
            "deal_id": one.deal_id,
            "version_min": one.version_min,
            "noted_at": at,
        }
        for one in wanted
    ]
    if rows:
        connection.execute(insert(tables.wanted_deal), rows)


def wanted_count(connection: Connection, name: str) -> int:
    """How many notices wait; a deal may have several."""
    query = select(func.count()).where(_wanted.connection_name == name)
    return connection.scalar(query) or 0


def oldest_wanted(
    connection: Connection, name: str, limit: int
) -> tuple[list[Wanted], tuple[int, ...]]:
    """The deals of the notices that have waited longest, each once; and the ids of these notices."""
    query = select(_wanted.id, _wanted.deal_id, _wanted.version_min)
    of_it = query.where(_wanted.connection_name == name).order_by(_wanted.id).limit(limit)
    rows = connection.execute(of_it).all()
    version_min: dict[str, int] = {}
    for row in rows:
        version_min[row.deal_id] = max(version_min.get(row.deal_id, 0), row.version_min)
    return [Wanted(*one) for one in version_min.items()], tuple(row.id for row in rows)


def fulfil(connection: Connection, notice_ids: Collection[int]) -> None:
    """Forget notices whose deals are in. Call it in the transaction of these deals."""
    for chunk in in_chunks(sorted(notice_ids)):
        connection.execute(delete(tables.wanted_deal).where(_wanted.id.in_(chunk)))
