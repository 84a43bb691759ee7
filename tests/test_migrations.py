"""Migrations and tables say the same, on both databases."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from tracker.errors import Conflict, DatabaseFails
from tracker.store import people
from tracker.store.database import MIGRATIONS, Database, downgrade, upgrade
from tracker.store.tables import metadata


def differences_from_tables(database: Database) -> list[object]:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def revision_of(database: Database) -> str | None:
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@pytest.fixture
def empty_database(empty_database_url: str) -> Database:
    database = Database(empty_database_url)
    yield database
    database.dispose()


def test_an_empty_database_becomes_exactly_the_tables(empty_database: Database) -> None:
    upgrade(empty_database)
    assert differences_from_tables(empty_database) == []


def test_tables_of_a_newer_version_are_refused_at_the_start_and_by_every_write(
    empty_database: Database, empty_database_url: str
) -> None:
    upgrade(empty_database)
    with empty_database.write() as connection:
        people.add_team(connection, "North")
    other = Database(empty_database_url)
    with other.migrating() as connection:  # as a newer version does beside this one
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    other.dispose()
    with pytest.raises(Conflict, match="newer version"):
        upgrade(empty_database)
    with (
        pytest.raises(DatabaseFails, match="newer version"),
        empty_database.write() as connection,
    ):
        people.add_team(connection, "South")
    with pytest.raises(DatabaseFails):
        empty_database.require_writable()  # what /readyz asks
    with empty_database.read() as connection:
        assert [team.name for team in people.teams(connection)] == ["North"]


def test_a_migration_waits_for_a_write_and_a_write_for_a_migration(
    empty_database: Database, empty_database_url: str
) -> None:
    upgrade(empty_database)
    other, seen = Database(empty_database_url), list[str]()

    def overtake() -> None:
        with other.migrating() as connection:
            seen.append("migrating")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with empty_database.write() as connection:
        people.add_team(connection, "North")
        overtaking = threading.Thread(target=overtake)
        overtaking.start()
        overtaking.join(timeout=0.3)
        seen.append("written")
    overtaking.join()
    other.dispose()
    assert seen == ["written", "migrating"]


def test_upgrading_twice_changes_nothing(empty_database: Database) -> None:
    upgrade(empty_database)
    upgrade(empty_database)
    assert differences_from_tables(empty_database) == []


def test_the_last_step_can_be_taken_back_and_forth(empty_database: Database) -> None:
    upgrade(empty_database)
    head = revision_of(empty_database)
    downgrade(empty_database, "-1")
    assert revision_of(empty_database) != head
    upgrade(empty_database)
    assert revision_of(empty_database) == head
    assert differences_from_tables(empty_database) == []


def test_a_difference_between_tables_and_migrations_would_be_seen(empty_database: Database) -> None:
    upgrade(empty_database)
    with empty_database.migrating() as connection:
        connection.exec_driver_sql("DROP INDEX ix_payee_team_id")
    assert differences_from_tables(empty_database) != []


def test_there_is_one_line_of_migrations() -> None:
    script = ScriptDirectory(str(MIGRATIONS))
    assert len(script.get_heads()) == 1
    assert len(script.get_bases()) == 1
