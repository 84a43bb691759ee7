"""Payroll months closed and pay adjusted on the command line; and a close that is killed in the middle."""

import os
import re
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path

import pytest

from tests.builders import a_deal, a_plan_text, an_event
from tracker import clock, flow, flow_payroll
from tracker.cli import main
from tracker.engine.deals import CreditShare
from tracker.store import payroll, people
from tracker.store.database import Database, upgrade
from tracker.verify import verify

NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)
IDA, PIA = "ida@firma.dk", "pia@firma.dk"

CLOSING = """
import sys, time
from datetime import UTC, datetime
from tracker import flow_payroll
from tracker.store.database import Database

def half(connection, at):
    print("half", flush=True)
    time.sleep(60)

flow_payroll._tell_everyone = half
flow_payroll.approve_close(
    Database(sys.argv[1]), "2026-10", "pia@firma.dk", datetime(2026, 12, 2, tzinfo=UTC)
)
"""


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A rep with a deal in October, and two administrators."""
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path / 'tracker.sqlite3'}")
    upgrade(database)
    with database.write() as connection:
        anna = people.add_payee(connection, "anna@firma.dk", "Anna", None)
        for email in (IDA, PIA):
            people.add_person(connection, email[:3].title(), email, "admin", NOW)
        people.add_person(connection, "Mette", "mette@firma.dk", "manager", NOW)
    flow.activate_plan_version(database, "ae", date(2026, 1, 1), a_plan_text(), IDA, NOW)
    flow.assign_plan(database, anna, "ae", date(2026, 1, 1), None, IDA, NOW)
    share = (CreditShare(anna, Fraction(1)),)
    deal = a_deal("d-1", 1_000_00, effective_on=date(2026, 10, 5), credit_shares=share)
    flow.record_deal_events(database, [an_event(deal)], NOW)
    with clock.stopped_at(NOW):
        yield database
    database.dispose()


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(list(arguments)) == code
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_a_month_is_reviewed_closed_exported_and_reopened(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "Next: 2026-10" in said(capsys, "close", "status")
    assert "To be paid: 100.00 DKK" in said(capsys, "close", "review", "2026-10")
    assert "no administrator" in said(
        capsys, "close", "request", "2026-10", "--by", "mette@firma.dk", code=1
    )
    said(capsys, "close", "request", "2026-10", "--by", IDA)
    assert "somebody else" in said(capsys, "close", "approve", "2026-10", "--by", IDA, code=1)
    assert "Statements: 1" in said(capsys, "close", "approve", "2026-10", "--by", PIA)
    file = tmp_path / "october.csv"
    said(capsys, "close", "export", "2026-10", "--to", str(file))
    assert file.read_text().splitlines()[1] == "anna@firma.dk,Anna,2026-10,100.00,DKK"
    said(capsys, "close", "export", "2026-10", "--to", str(file), code=1)
    said(capsys, "close", "export", "2026-10", "--to", str(tmp_path / "october.xlsx"))
    said(capsys, "close", "reopen", "2026-10", "--by", IDA, "--reason", "A deal was forgotten")
    assert "is not closed" in said(
        capsys, "close", "export", "2026-10", "--to", str(tmp_path / "x.csv"), code=1
    )
    said(capsys, "close", "request", "2026-10", "--by", PIA)
    said(capsys, "close", "decline", "2026-10", "--by", IDA, "--reason", "Not yet")
    assert "A deal was forgotten" in said(capsys, "close", "status")
    assert verify(database).differences == ()


def test_pay_is_adjusted_by_two_people(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    how = ("--month", "2026-10", "--by", IDA, "--reason", "Bridge")
    text = said(capsys, "adjust", "propose", "anna@firma.dk", "1250.50", *how)
    number = re.findall(r"Adjustment (\d+)", text)[0]
    assert "somebody else" in said(capsys, "adjust", "approve", number, "--by", IDA, code=1)
    said(capsys, "adjust", "approve", number, "--by", PIA)
    said(capsys, "adjust", "propose", "anna@firma.dk", *how, "--", "-10")
    said(capsys, "adjust", "withdraw", "2", "--by", IDA, "--reason", "A slip")
    listed = said(capsys, "adjust", "list")
    assert "1250.50 DKK: Bridge" in listed
    assert "withdrawn by ida@firma.dk (A slip)" in listed
    assert "To be paid: 1350.50 DKK" in said(capsys, "close", "review", "2026-10")
    assert "AMOUNT" in said(capsys, "adjust", "propose", "anna@firma.dk", "much", *how, code=1)


def test_a_close_killed_in_the_middle_leaves_nothing_half_closed(database: Database) -> None:
    flow_payroll.request_close(database, "2026-10", IDA, NOW.date(), NOW)
    url = database.url.render_as_string(hide_password=False)
    with subprocess.Popen(
        [sys.executable, "-c", CLOSING, url], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        os.kill(process.pid, signal.SIGKILL)
    with database.read() as connection:
        assert payroll.closed_through(connection) == ""
        assert payroll.statements_of(connection, 1) == []
    assert flow_payroll.approve_close(database, "2026-10", PIA, NOW) == 1
    assert verify(database).differences == ()
