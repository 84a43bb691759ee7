"""Trying an import keeps nothing and says whose pay would change; undoing one restores what was before it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.ingest.conftest import Company
from tests.ingest.records import NOW, record
from tests.ingest.test_import import GOOD, HEADER, Files
from tracker import clock, flow_imports, flow_payroll, verify
from tracker.engine.deals import DealStatus
from tracker.errors import BadInput, Conflict, NotFound
from tracker.ingest.files import importing, runs
from tracker.store import backup, deals, imports, outbox, quarantine, trail
from tracker.store.database import Database

CHANGED = GOOD.replace("1.234,50", "2.000,00")


@pytest.fixture
def files(tmp_path: Path, company_on_each: Company) -> Files:
    return Files(tmp_path, company_on_each)


@pytest.fixture
def quick_files(tmp_path: Path, company: Company) -> Files:
    return Files(tmp_path, company)


@pytest.fixture(autouse=True)
def the_clock_ticks() -> Iterator[None]:
    """Two acts of a test do not happen at once."""
    moments = (NOW + timedelta(seconds=number) for number in range(10_000))
    original, clock.now = clock.now, lambda: next(moments)
    yield
    clock.now = original


def undone(files: Files, import_id: int, *options: str) -> str:
    result = files.invoke("undo", str(import_id), "--reason", "wrong file", *options)
    assert result.exit_code == 0, result.output
    return result.output


def status_of(files: Files, key: str) -> DealStatus:
    with files.company.database.read() as connection:
        found = deals.deal(connection, key)
    assert found is not None
    return found.status


# --- trying


def test_a_dry_run_says_whose_pay_would_change_and_keeps_nothing(files: Files) -> None:
    files.deals(GOOD)
    with files.company.database.read() as connection:
        before = (outbox.last_sequence(connection), trail.head(connection))
    said = files.deals(CHANGED, "--dry-run")
    assert "1 changed, 2 unchanged." in said
    assert "Anna  2026-11  DKK 123.45 → 200.00  (+76.55)" in said
    assert "Nothing was kept" in said
    assert files.company.earned_minor() == 12_345
    with files.company.database.read() as connection:
        assert (outbox.last_sequence(connection), trail.head(connection)) == before
        assert len(imports.latest(connection, 9)) == 1
    assert files.company.event_count() == 3


def test_a_dry_run_of_nothing_new_changes_nobodys_pay(quick_files: Files) -> None:
    quick_files.deals(GOOD)
    assert "Nobody's pay would change." in quick_files.deals(GOOD, "--dry-run")


def test_what_a_dry_run_says_of_quotas_and_people_is_the_whole_of_it(quick_files: Files) -> None:
    quick_files.deals(GOOD)
    quotas = "Rep;Window;Quota\nanna@firma.dk;2026-Q4;1000\n"
    mapping = (
        '[fields]\nrep = "Rep"\nwindow = "Window"\namount = "Quota"\ncurrency = { text = "DKK" }\n'
    )
    said = quick_files.run("quotas", quotas, mapping, "--dry-run")
    assert "1 set." in said
    assert "Nobody's pay would change." in said, "the plan has no quota in its tiers"
    assert "1 set." in quick_files.run("quotas", quotas, mapping)
    people_mapping = '[fields]\nreference = "Who"\nname = "Name"\n'
    people = "Who;Name\nanna@firma.dk;Anna Lund\n"
    assert "1 added or changed." in quick_files.run("people", people, people_mapping, "--dry-run")
    assert "1 added or changed." in quick_files.run("people", people, people_mapping)


def test_a_closed_month_is_said_with_the_month_that_pays(quick_files: Files) -> None:
    database = quick_files.company.database
    early = GOOD.replace("22.11.2026", "22.10.2026")
    quick_files.deals(early)
    flow_payroll.request_close(database, "2026-10", "ida", date(2026, 11, 20), NOW)
    flow_payroll.approve_close(database, "2026-10", "pia", NOW)
    said = quick_files.deals(early.replace("1.234,50", "2.000,00"), "--dry-run")
    assert "2026-10  DKK 123.45 → 200.00  (+76.55, posted to 2026-11)" in said


# --- undoing


def test_undoing_restores_what_was_and_cancels_what_was_new(files: Files) -> None:
    files.deals(GOOD)
    more = "4;Fjord;Vundet;20.11.2026;500,00;anna@firma.dk\n"
    files.deals(CHANGED + more)
    assert files.company.earned_minor() == 25_000
    tried = undone(files, 2, "--dry-run")
    assert "1 restored, 1 cancelled." in tried
    assert "Anna  2026-11  DKK 250.00 → 123.45  (-126.55)" in tried
    assert files.company.earned_minor() == 25_000
    assert "1 restored, 1 cancelled." in undone(files, 2)
    assert files.company.earned_minor() == 12_345
    assert status_of(files, "crm:4") is DealStatus.CANCELLED
    assert verify.verify(files.company.database).drift_minor == 0


def test_undoing_is_an_act_of_the_trail_with_its_reason(quick_files: Files) -> None:
    quick_files.deals(GOOD)
    undone(quick_files, 1)
    with quick_files.company.database.read() as connection:
        acts = {entry.act: entry for entry in trail.entries(connection)}
    assert acts["undo import"].reason == "wrong file"
    assert '"undoes_id":1' in acts["undo import"].subject
    with pytest.raises(BadInput, match="--reason"):
        quick_files.invoke("undo", "1")


def test_undoing_twice_is_undoing_once(quick_files: Files) -> None:
    quick_files.deals(GOOD)
    undone(quick_files, 1)
    count = quick_files.company.event_count()
    with pytest.raises(Conflict, match="Import 1 is undone already, by import 2"):
        undone(quick_files, 1)
    assert quick_files.company.event_count() == count


def test_an_undoing_is_not_undone_but_its_file_can_be_imported_again(quick_files: Files) -> None:
    quick_files.deals(GOOD)
    undone(quick_files, 1)
    assert quick_files.company.earned_minor() == 0
    with pytest.raises(Conflict, match="Import 2 undoes import 1"):
        undone(quick_files, 2)
    assert "3 changed." in quick_files.deals(GOOD)
    assert quick_files.company.earned_minor() == 12_345
    assert "3 restored." in undone(quick_files, 3)
    assert quick_files.company.earned_minor() == 0
    with pytest.raises(NotFound, match="There is no import 99"):
        undone(quick_files, 99)


def test_a_deal_that_was_changed_since_is_left_and_named(files: Files) -> None:
    files.deals(GOOD)
    files.company.post(
        record(source="crm", deal_id="1", event_id="e-9", version=9, deal__amount="70.00")
    )
    said = undone(files, 1)
    assert "2 cancelled, 1 left." in said
    assert "(crm:1) stays: crm has said something of it since." in said
    assert files.company.earned_minor() == 700


def test_imports_are_undone_from_the_last_to_the_first(quick_files: Files) -> None:
    quick_files.deals(GOOD)
    quick_files.deals(CHANGED)
    said = undone(quick_files, 1, "--dry-run")
    assert "1 left" in said, "the second file has said something else of it"
    undone(quick_files, 2)
    assert quick_files.company.earned_minor() == 12_345
    assert "3 cancelled." in undone(quick_files, 1)
    assert quick_files.company.earned_minor() == 0


def test_what_a_source_says_next_counts_after_an_undoing(quick_files: Files) -> None:
    quick_files.deals(GOOD)
    undone(quick_files, 1)
    event = record(source="crm", deal_id="1", event_id="e-2", version=2, deal__amount="9.00")
    quick_files.company.post(event)
    assert quick_files.company.earned_minor() == 90


def test_undoing_in_a_closed_month_is_an_adjustment_of_the_open_one(quick_files: Files) -> None:
    database = quick_files.company.database
    quick_files.deals(GOOD.replace("22.11.2026", "22.10.2026"))
    flow_payroll.request_close(database, "2026-10", "ida", date(2026, 11, 20), NOW)
    flow_payroll.approve_close(database, "2026-10", "pia", NOW)
    said = undone(quick_files, 1, "--dry-run")
    assert "2026-10  DKK 123.45 → 0.00  (-123.45, posted to 2026-11)" in said
    undone(quick_files, 1)
    assert quick_files.company.earned_minor() == 0


# --- interrupted


class Killed(BaseException):
    """The process ends here."""


def stop_after(monkeypatch: pytest.MonkeyPatch, name: str, count: int) -> None:
    """Let one of the write paths end the process when it has done its work so often."""
    original, done = getattr(flow_imports, name), []

    def some(*arguments: object) -> object:
        if len(done) == count:
            raise Killed
        done.append(1)
        return original(*arguments)

    monkeypatch.setattr(flow_imports, name, some)


MANY = HEADER + "".join(
    f"{n};Customer {n};Vundet;22.11.2026;10,00;anna@firma.dk\n" for n in range(25)
)


def test_an_import_that_was_killed_goes_on_and_is_undone_as_one(
    quick_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "CHUNK_ROWS", 10)
    with monkeypatch.context() as patched:
        stop_after(patched, "record_rows", 1)
        with pytest.raises(Killed):
            quick_files.deals(MANY)
    assert quick_files.company.event_count() == 10
    assert "interrupted after 10 changes." in quick_files.invoke("list").output
    assert "15 new, 10 unchanged." in quick_files.deals(MANY)
    assert "25 cancelled." in undone(quick_files, 1)


def test_an_undoing_that_was_killed_goes_on(
    quick_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow_imports, "CHUNK_DEALS", 10)
    quick_files.deals(MANY)
    with monkeypatch.context() as patched:
        stop_after(patched, "undo_some", 1)
        with pytest.raises(Killed):
            undone(quick_files, 1)
    assert "15 cancelled." in undone(quick_files, 1)
    assert quick_files.company.earned_minor() == 0
    with quick_files.company.database.read() as connection:
        assert [entry.act for entry in trail.entries(connection)].count("undo import") == 1


# --- set aside, kept, moved


def test_rows_nobody_owns_wait_in_the_quarantine_once(quick_files: Files) -> None:
    content = GOOD + "7;Ghost;Vundet;22.11.2026;80,00;Nobody\n8;Odd;Vundet;31.02.2026;x;Nobody\n"
    for _ in range(2):
        assert "2 set aside" in quick_files.deals(content, "--keep-going")
    with quick_files.company.database.read() as connection:
        waiting = {one.event.deal_key: one.event for one in quarantine.waiting(connection)}
    assert sorted(waiting) == ["crm:7", "crm:8"]
    assert waiting["crm:7"].amount_minor == 8000
    assert waiting["crm:7"].unclaimed == ("Nobody",)
    assert "31.02.2026" in waiting["crm:8"].body


def test_imports_move_with_a_backup(quick_files: Files, tmp_path: Path) -> None:
    quick_files.deals(GOOD)
    backup.write_backup(quick_files.company.database, tmp_path / "some.backup", NOW)
    elsewhere = Database(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    backup.restore_backup(elsewhere, tmp_path / "some.backup")
    result = runs.undo(elsewhere, 1, "wrong file", "test", NOW + timedelta(days=1), lambda _: None)
    elsewhere.dispose()
    assert result.counts == {"cancelled": 3}
