"""Plan versions, assignments and quotas are found as of a day."""

from datetime import UTC, date, datetime

import pytest

from tests.builders import a_plan_text, quota_in_force
from tracker.engine.plan_files.plan_file import PlanFileError
from tracker.store import people, plans
from tracker.store.database import Database
from tracker.store.plans import QuotaChange

AT = datetime(2026, 11, 1, 8, tzinfo=UTC)
THE_DAY = date(2026, 6, 1)


def test_the_book_pays_each_payee_by_the_version_of_the_day(database: Database, anna: int) -> None:
    with database.write() as connection:
        text = a_plan_text()
        later_id = plans.add_plan_version(connection, "ladder", THE_DAY, text, "ida", AT)
        book = plans.load_plan_book(connection)
        found = [
            [version.version_id for version in book.versions_for(anna, day)]
            for day in (date(2025, 12, 31), date(2026, 5, 31), THE_DAY)
        ]
    assert found[0] == []
    assert found[2] == [later_id] != found[1]


def test_the_book_can_hold_the_assignments_of_some_only(database: Database, anna: int) -> None:
    with database.write() as connection:
        bo = people.add_payee(connection, "bo", "Bo", None)
        plans.assign(connection, bo, "ladder", date(2026, 1, 1), None, "test", AT)
        book = plans.load_plan_book(connection, [bo])
        assert book.versions_for(bo, THE_DAY)
        assert book.versions_for(anna, THE_DAY) == []


def test_a_plan_that_cannot_be_read_is_not_kept(database: Database) -> None:
    with database.write() as connection, pytest.raises(PlanFileError):
        plans.add_plan_version(connection, "bad", THE_DAY, "name = 1", "ida", AT)
    with database.read() as connection:
        assert plans.plan_versions(connection) == []


def test_a_version_whose_transaction_was_undone_leaves_nothing_behind(database: Database) -> None:
    def add(rate: str, is_undone: bool) -> None:
        with database.write() as connection:
            text = a_plan_text(f'tiers = [ {{ rate = "{rate}" }} ]')
            plans.add_plan_version(connection, "p", THE_DAY, text, "ida", AT)
            plans.load_plan_book(connection)
            if is_undone:
                raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        add("10%", is_undone=True)
    add("20%", is_undone=False)
    with database.read() as connection:
        (version,) = plans.parsed_versions(connection)
    assert version.plan.components[0].tiers[0].rate * 100 == 20


def test_stretches_on_one_plan_may_follow_each_other(database: Database, anna: int) -> None:
    with database.write() as connection:
        assert plans.assign(
            connection, anna, "ladder", date(2026, 1, 1), date(2026, 3, 31), "test", AT
        )
        assert plans.assign(connection, anna, "ladder", date(2026, 7, 1), None, "test", AT)
        assert not plans.assign(connection, anna, "ladder", date(2026, 7, 1), None, "test", AT)
        book = plans.load_plan_book(connection)
    on_plan = [bool(book.versions_for(anna, date(2026, month, 15))) for month in (2, 5, 8)]
    assert on_plan == [True, False, True]


def test_the_newest_quota_counts_and_one_for_the_component_before_one_for_all(
    database: Database, anna: int
) -> None:
    with database.write() as connection:
        quotas = []
        for component_key, amount_minor in (("", 100), ("", 200), ("ladder/sales", 300), ("", 400)):
            change = QuotaChange(anna, component_key, "2026-Q4", amount_minor)
            plans.record_quota(connection, change, "ida", AT)
            quotas.append(quota_in_force(connection, anna, "ladder/sales", "2026-Q4"))
        assert quota_in_force(connection, anna, "ladder/sales", "2026-Q3") is None
    assert quotas == [100, 200, 300, 300]
