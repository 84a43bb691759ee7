"""The tables of CRMs that are asked for their deals. Who may push, with which secrets, is `tables_sources.sender`."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from tracker.store.metadata import metadata
from tracker.store.types import UtcDateTime

crm_connection = Table(
    "crm_connection",  # a sender whose deals are read from its CRM; its `way` is the kind of CRM
    metadata,
    Column("name", ForeignKey("sender.name"), primary_key=True),
    Column("address", String(300), nullable=False),  # where the CRM's API answers
    Column("token", Text, nullable=False),  # what opens it
    Column("mapping", Text, nullable=False),  # TOML as the company wrote it
    Column("revision", Integer, nullable=False),  # of the mapping, since deals first came in by it
    Column("learned", Text, nullable=False),  # JSON: owners and stages, as the CRM last named them
    Column("cursor", Text, nullable=False),  # how far its changes are in; "" before the first
    Column("pulled_at", UtcDateTime, nullable=True),  # when nothing newer was left to read
    Column("trouble", Text, nullable=False),  # why the last pull stopped; "" when it did not
    Column("searched_at", UtcDateTime, nullable=True),  # when a process last began to ask
    Column("search_pause_seconds", Integer, nullable=False),  # so long none asks again by itself
)

wanted_deal = Table(
    "wanted_deal",  # what a CRM says has changed, and still has to be fetched
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("connection_name", ForeignKey("crm_connection.name"), nullable=False),
    Column("deal_id", String(190), nullable=False),
    Column("version_min", BigInteger, nullable=False),  # what is fetched counts as at least this
    Column("noted_at", UtcDateTime, nullable=False),
    Index(None, "connection_name", "id"),
    sqlite_autoincrement=True,  # what was noted while a fetch went on must not get the id of what it has fetched
)
