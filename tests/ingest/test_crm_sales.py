"""A real export goes in whole, flaws and all, and every figure equals a plain sum over the file."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.ingest.records import NOW
from tracker import flow
from tracker.engine.deals import DealStatus
from tracker.engine.periods import PeriodKind, period_containing
from tracker.ingest.import_command import import_command
from tracker.store import deals, people, totals
from tracker.store.database import Database, upgrade
from tracker.verify import verify

HERE = Path(__file__).parent
EXPORT = HERE.parents[2] / "shared" / "data" / "crm_sales"
PLAN = HERE / "crm_sales_plan.toml"
QUARTERS = ("2016-Q4", "2017-Q1", "2017-Q2", "2017-Q3", "2017-Q4")

pytestmark = pytest.mark.skipif(
    not EXPORT.is_dir(), reason="the CRM export is not here: ../shared/data/crm_sales is missing"
)


def run_import(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(
        import_command, list(arguments), env={"TRACKER_DATA": str(folder)}, catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.output


def import_people(folder: Path) -> str:
    mapping = str(HERE / "crm_sales_people.toml")
    return run_import(folder, "people", str(EXPORT / "sales_teams.csv"), "--mapping", mapping)


def import_deals(folder: Path) -> str:
    mapping = str(HERE / "crm_sales_deals.toml")
    return run_import(folder, "deals", str(EXPORT / "sales_pipeline.csv"), "--mapping", mapping)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Path, str]]:
    """The export on an empty SQLite database: people on the plan, then the deals; and what the command said."""
    folder = tmp_path_factory.mktemp("crm_sales")
    database = Database(f"sqlite:///{folder / 'tracker.sqlite3'}")
    upgrade(database)
    flow.activate_plan_version(
        database, "crm-sales", date(2016, 1, 1), PLAN.read_text(), "test", NOW
    )
    import_people(folder)
    yield database, folder, import_deals(folder)
    database.dispose()


def rows() -> list[dict[str, str]]:
    with (EXPORT / "sales_pipeline.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def won_by_agent_and_quarter() -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for row in rows():
        if row["deal_stage"] == "Won":
            day = date.fromisoformat(row["close_date"])
            quarter = period_containing(day, PeriodKind.QUARTER).key
            sums[row["sales_agent"], quarter] += int(row["close_value"]) * 100
    return sums


def ladder_pay_minor(attainment_minor: int) -> int:
    """The ladder of the plan in plain integers: nothing to 50,000, then 1 %, from 100,000 on 2 % and 500 once."""
    middle = min(max(attainment_minor - 5_000_000, 0), 5_000_000)
    top = max(attainment_minor - 10_000_000, 0)
    hundredths = middle + 2 * top + (50_000 * 100 if top > 0 else 0)
    return (hundredths + 50) // 100


def test_every_deal_is_there_and_the_won_ones_add_up(
    imported: tuple[Database, Path, str],
) -> None:
    database, _, said = imported
    with database.read() as connection:
        stored = [known.deal for known in deals.all_deals(connection)]
    won = [deal for deal in stored if deal.status is DealStatus.WON]
    assert (len(stored), len(won)) == (8800, 4238)
    assert sum(deal.amount_minor for deal in won) == 1_000_553_400
    assert {deal.currency for deal in stored} == {"USD"}
    assert "8,800 rows read, 8,800 good." in said
    assert "8,800 new" in said


def test_what_is_missing_is_named_and_not_fatal(imported: tuple[Database, Path, str]) -> None:
    _, _, said = imported
    assert "1,425 rows without properties.account." in said
    assert "2,089 rows without amount; “0” stands in." in said
    assert "500 rows without effective_on; “2017-12-31” stands in." in said


def test_a_product_spelled_two_ways_is_one_product(imported: tuple[Database, Path, str]) -> None:
    database, _, _ = imported
    with database.read() as connection:
        found = Counter(known.deal.properties["product"] for known in deals.all_deals(connection))
    assert found["GTX Pro"] == 1480
    assert "GTXPro" not in found


def test_everybody_is_there_with_team_and_manager(imported: tuple[Database, Path, str]) -> None:
    database, _, _ = imported
    with database.read() as connection:
        payees = people.payees(connection)
        by_role = Counter(person.role for person in people.people(connection))
        manager = people.person_by_email(connection, "rocco.neubert@example.com")
        assert manager is not None
        team = people.team(connection, people.teams_managed_by(connection, manager.id)[0])
    assert Counter(payee.kind for payee in payees) == {"rep": 35, "team": 6}
    assert by_role == {"rep": 35, "manager": 6}
    assert team is not None
    assert team.name == "East, Rocco Neubert"


def test_each_agent_has_sold_what_a_plain_sum_over_the_file_says(
    imported: tuple[Database, Path, str],
) -> None:
    database, _, _ = imported
    expected = won_by_agent_and_quarter()
    assert len({agent for agent, _ in expected}) == 30
    with database.read() as connection:
        ids = {payee.name: payee.id for payee in people.payees(connection)}
        for (agent, quarter), sold_minor in expected.items():
            earned = totals.earnings_of(connection, ids[agent], quarter)
            by_component = {key: sum(periods.values()) for key, periods in earned.items()}
            assert by_component["crm-sales/commission"] * 10 == sold_minor, (agent, quarter)
            assert by_component.get("crm-sales/ladder", 0) == ladder_pay_minor(sold_minor)


def test_a_full_recomputation_finds_no_drift(imported: tuple[Database, Path, str]) -> None:
    database, _, _ = imported
    verification = verify(database)
    assert verification.drift_minor == 0
    assert verification.deal_count == 8800


def test_importing_again_changes_nothing(imported: tuple[Database, Path, str]) -> None:
    database, folder, _ = imported
    assert "35 unchanged" in import_people(folder)
    assert "8,800 unchanged" in import_deals(folder)
    with database.read() as connection:
        assert sum(1 for _ in deals.all_events(connection)) == 8800
