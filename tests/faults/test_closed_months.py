"""A closed month never changes: what comes late is paid in the open one, and the export is the same to the byte."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from tests.faults import oracle
from tests.faults.company import AT, REPS, Company, assert_figures
from tests.faults.deals_sent import Crm, Event
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tests.faults.test_natural_keys import post
from tests.faults.test_set_aside import command
from tracker import clock, flow_payroll
from tracker.store import ledger, people
from tracker.store.database import Database

MONTH = "2026-09"
SEPTEMBER = datetime(2026, 9, 15, tzinfo=UTC)


def export(company: Company, name: str) -> bytes:
    file = company.folder / f"{name}.csv"
    exporting = command(company, "close", "export", MONTH, "--to", str(file))
    assert exporting.wait(120) == 0
    return Path(file).read_bytes()


def send(company: Company, port: int, events: list[Event]) -> None:
    status, body = post(company, port, events)
    assert status == 200
    assert {one["outcome"] for one in body["outcomes"]} <= {"recorded", "stale"}, body


def test_the_export_of_a_closed_month_is_the_same_byte_for_byte_whatever_comes_late(
    company: Company, tell: Callable[[str], None]
) -> None:
    rng = chance("closed months")
    two_administrators(company)
    crm = Crm("early", rng, REPS, moment=SEPTEMBER)
    early = [crm.next_event() for _ in range(sized(60, 300))]
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (port,) = fleet.ports
        send(company, port, early)
        close(company)
        before, posted_before = export(company, "before"), posted_in(company, MONTH)
        late = late_events(early, rng.randrange(10_000))
        send(company, port, late)
        after = export(company, "after")
    assert after == before
    assert posted_in(company, MONTH) == posted_before
    assert any(row.count(b",") for row in before.splitlines())
    database = Database(company.database_url)
    assert_figures(database, early + late)
    database.dispose()
    moved = oracle.earned_by(early + late) != oracle.earned_by(early)
    assert moved, "nothing that came late would have moved the month"
    tell(f"{len(early)} events, a close, {len(late)} late ones: {len(before)} bytes unchanged")


def close(company: Company) -> None:
    """One asks for it, another approves."""
    database, at = Database(company.database_url), clock.now()
    flow_payroll.request_close(database, MONTH, "ida@firma.dk", at.date(), at)
    flow_payroll.approve_close(database, MONTH, "pia@firma.dk", at)
    database.dispose()


def two_administrators(company: Company) -> None:
    database = Database(company.database_url)
    with database.write() as connection:
        for name in ("Ida", "Pia"):
            people.add_person(connection, name, f"{name.lower()}@firma.dk", "admin", AT)
    database.dispose()


def late_events(early: list[Event], seed: int) -> list[Event]:
    """A new deal of the closed month, and each third known one edited, moved to another owner or cancelled."""
    crm = Crm(f"late{seed}", chance("late"), REPS, moment=SEPTEMBER)
    late = [crm.next_event() for _ in range(5)]
    for number, event in enumerate(early[::3]):
        deal = dict(event["deal"])
        change = (
            {"amount": "12345.67"},
            {"credits": [{"rep": REPS[number % 5], "share": "100%"}]},
            {"status": "cancelled"},
        )[number % 3]
        edited = {"event_id": f"late-{number}", "version": 1000 + number, "deal": deal | change}
        late.append(event | edited)
    return late


def posted_in(company: Company, month: str) -> list[object]:
    """Every ledger entry that the month pays."""
    database = Database(company.database_url)
    with database.read() as connection:
        entries = [
            entry
            for payee in people.payees(connection)
            for entry in ledger.entries_of(connection, payee.id)
            if entry.posting_month == month
        ]
    database.dispose()
    return entries
