"""Runs the migrations on the connection it is given, or, from Alembic's own command, on the settings' database."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection

from tracker.store.tables import metadata
from tracker.store.types import UtcDateTime


def render(kind: str, item: Any, _autogenerate: Any) -> str | Literal[False]:
    """A migration is frozen, so it names the database's type instead of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        compare_type=True,
        render_item=render,
    )
    with context.begin_transaction():
        context.run_migrations()


def migrate_configured_database() -> None:
    from tracker.config import load_settings
    from tracker.store.database import create_database

    with create_database(load_settings()).migrating() as connection:
        migrate(connection)


given = context.config.attributes.get("connection")
if given is not None:
    migrate(given)
else:
    migrate_configured_database()
