"""The check finds whatever was tampered with, and names it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from sqlalchemy import Table, func, select, update

from tests.builders import a_deal, a_plan_text, an_event, shared_by
from tracker import clock, flow
from tracker.cli import main
from tracker.engine.deals import CreditShare, DealStatus
from tracker.store import people, tables
from tracker.store.database import Database, upgrade
from tracker.store.plans import QuotaChange
from tracker.store.verifications import latest_verification
from tracker.verify import Verification, verify

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
WEIGHTED_LADDER = """
tiers_on = "quota"
tiers = [ {up_to = "80%", rate = "5%"}, {up_to = "100%", rate = "7%"}, {rate = "10%"} ]
multipliers = [ {where = {kind = "new"}, factor = "1.5"} ]
"""


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Two reps with a quota, on a ladder where the order of deals matters, and a dozen deals."""
    database = Database(database_url)
    upgrade(database)
    with database.write() as connection:
        reps = [people.add_payee(connection, name, name.title(), None) for name in ("anna", "bo")]
    text = a_plan_text(WEIGHTED_LADDER)
    flow.activate_plan_version(database, "ae", date(2026, 1, 1), text, "ida", AT)
    for rep in reps:
        flow.assign_plan(database, rep, "ae", date(2026, 1, 1), None, "test", AT)
    quotas = [QuotaChange(rep, "", "2026-Q4", 50_000_000) for rep in reps]
    flow.change_quotas(database, quotas, "ida", AT)
    overlay = CreditShare(reps[1], Fraction(1, 3), is_overlay=True)
    events = [
        an_event(
            a_deal(
                f"d-{number}",
                7_654_321 + number,
                effective_on=date(2026, 10, 1 + 2 * number),
                credit_shares=(*shared_by(*reps[: 1 + number % 2]), overlay),
                properties={"kind": "new" if number % 3 else "renewal"},
            )
        )
        for number in range(12)
    ]
    flow.record_deal_events(database, events, AT)
    cancelled = a_deal("d-3", status=DealStatus.CANCELLED, credit_shares=shared_by(*reps))
    flow.record_deal_events(database, [an_event(cancelled, 2)], AT)
    yield database
    database.dispose()


def tamper(database: Database, table: Table, **values: object) -> None:
    with database.write() as connection:
        first = connection.execute(table.select().limit(1)).one()
        same = [column == first._mapping[column.name] for column in table.primary_key]
        connection.execute(update(table).where(*same).values(values))


def kinds_of(verification: Verification) -> set[str]:
    return {difference.kind for difference in verification.differences}


def test_untouched_figures_have_no_drift(database: Database) -> None:
    verification = verify(database)
    assert verification.differences == ()
    assert (verification.drift_minor, verification.deal_count) == (0, 12)
    assert verification.payee_count == 2


def test_a_changed_figure_is_named_with_what_it_should_be(database: Database) -> None:
    tamper(database, tables.earning, earned_minor=1)
    verification = verify(database)
    (difference,) = verification.differences
    assert difference.kind == "earning"
    assert difference.name == "anna ae/sales 2026-Q4 2026-10"
    assert difference.found == "1"
    assert verification.drift_minor == int(difference.expected) - 1 > 0


@pytest.mark.parametrize(
    ("table", "column", "kind"),
    [
        (tables.ledger_entry, "amount_minor", "ledger"),
        (tables.running_total, "attainment_minor", "running total"),
        (tables.running_total_day, "weight_scaled", "day total"),
        (tables.credit, "capped_off_minor", "credit"),
    ],
)
def test_whatever_is_changed_is_found(
    database: Database, table: Table, column: str, kind: str
) -> None:
    tamper(database, table, **{column: 7})
    assert kinds_of(verify(database)) == {kind}


def test_a_deal_that_is_not_its_newest_snapshot_is_found(database: Database) -> None:
    with database.read() as connection:
        snapshot = connection.execute(tables.deal.select()).first()
    assert snapshot is not None
    tamper(database, tables.deal, snapshot=snapshot.snapshot.replace("d-", "x-"))
    assert kinds_of(verify(database)) == {"deal"}


def test_each_check_is_remembered_with_its_result(database: Database) -> None:
    with database.read() as connection:
        assert latest_verification(connection) is None
    with clock.stopped_at(AT):
        verify(database)
    tamper(database, tables.earning, earned_minor=1)
    verification = verify(database)
    with database.read() as connection:
        latest = latest_verification(connection)
    assert latest is not None
    assert (latest.drift_minor, latest.deal_count) == (verification.drift_minor, 12)


def test_checks_of_long_ago_are_let_go(database: Database) -> None:
    with clock.stopped_at(AT):
        verify(database)
    with clock.stopped_at(AT + timedelta(days=31)):
        verify(database)
    with database.read() as connection:
        checks = connection.execute(select(func.count()).select_from(tables.verification))
        assert checks.scalar_one() == 1


def test_the_command_says_what_it_found_and_fails_on_drift(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("TRACKER_DATABASE_URL", url.replace("postgresql+psycopg", "postgresql"))
    assert main(["verify"]) == 0
    assert "drift 0.00" in capsys.readouterr().out
    tamper(database, tables.earning, earned_minor=1)
    assert main(["verify", "--json"]) == 1
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found.keys() >= {"drift_minor", "deals", "payees", "seconds"}
    assert found["drift_minor"] > 0
    assert "anna ae/sales 2026-Q4 2026-10" in printed.err
