"""A company goes into a file while it works, and comes out somewhere else with every figure the same."""

import gzip
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import inspect

from tests.builders import A_MOMENT, a_deal, a_plan_text, a_rep, an_event, shared_by
from tracker import flow
from tracker.errors import BadInput, Conflict
from tracker.store import people, totals
from tracker.store.backup import restore_backup, write_backup
from tracker.store.database import Database, upgrade
from tracker.store.plans import QuotaChange
from tracker.verify import verify

TIERS = 'tiers_on = "quota"\ntiers = [ {up_to = "80%", rate = "5%"}, {rate = "10%"} ]'


def a_company(url: str) -> Database:
    """Two reps with a quota and twenty deals between them."""
    database = Database(url)
    upgrade(database)
    with database.write() as connection:
        reps = [a_rep(connection, f"{name}@firma.dk") for name in ("anna", "bo")]
    flow.activate_plan_version(
        database, "ae", date(2026, 1, 1), a_plan_text(TIERS), "ida", A_MOMENT
    )
    for rep in reps:
        flow.assign_plan(database, rep, "ae", date(2026, 1, 1), None, "ida", A_MOMENT)
        quota = QuotaChange(rep, "", "2026-Q4", 90_000_000)
        flow.change_quotas(database, [quota], "ida", A_MOMENT)
    sell(database, range(20))
    return database


def sell(database: Database, numbers: range) -> None:
    with database.read() as connection:
        reps = [payee.id for payee in people.payees(connection)]
    for number in numbers:
        deal = a_deal(f"d-{number}", 7_654_321 + number, credit_shares=shared_by(*reps))
        (outcome,) = flow.record_deal_events(database, [an_event(deal)], A_MOMENT)
        assert outcome.kind == "recorded", outcome


def figures(database: Database) -> dict[totals.FigureKey, int]:
    with database.read() as connection:
        return totals.all_earnings(connection)


@pytest.fixture
def company(database_url: str) -> Iterator[Database]:
    database = a_company(database_url)
    yield database
    database.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database, of the same kind and of the other."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'elsewhere' / 'tracker.sqlite3'}"
        database = Database(url)
        yield database
        database.dispose()
        return
    server = request.getfixturevalue("postgres_server")
    name = server.create_database()
    database = Database(server.url(name))
    yield database
    database.dispose()
    server.drop_database(name)


@pytest.fixture
def small_backup(tmp_path: Path) -> Path:
    database = a_company(f"sqlite:///{tmp_path / 'tracker.sqlite3'}")
    write_backup(database, tmp_path / "a.backup", A_MOMENT)
    database.dispose()
    return tmp_path / "a.backup"


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'tracker.sqlite3'}")
    yield database
    database.dispose()


def tables_of(database: Database) -> int:
    with database.read() as connection:
        return len(inspect(connection).get_table_names())


def test_a_company_comes_out_elsewhere_with_every_figure_the_same(
    company: Database, elsewhere: Database, tmp_path: Path
) -> None:
    written = write_backup(company, tmp_path / "a.backup", A_MOMENT)
    restored = restore_backup(elsewhere, tmp_path / "a.backup")
    assert restored == written
    assert figures(elsewhere) == figures(company) != {}
    assert verify(elsewhere).differences == ()
    sell(elsewhere, range(20, 23))
    sell(company, range(20, 23))
    assert figures(elsewhere) == figures(company)


def test_what_a_source_sends_again_after_a_restore_is_a_duplicate(
    small_backup: Path, empty: Database
) -> None:
    restore_backup(empty, small_backup)
    with empty.read() as connection:
        reps = [payee.id for payee in people.payees(connection)]
    again = an_event(a_deal("d-3", 7_654_324, credit_shares=shared_by(*reps)))
    (outcome,) = flow.record_deal_events(empty, [again], A_MOMENT)
    assert outcome.kind == "duplicate"


def test_a_backup_taken_under_load_is_of_one_moment(company: Database, tmp_path: Path) -> None:
    has_begun, is_over = Event(), Event()

    def keep_selling() -> None:
        number = 100
        while not is_over.is_set():
            sell(company, range(number, number + 1))
            number += 1
            has_begun.set()

    seller = Thread(target=keep_selling)
    seller.start()
    try:
        assert has_begun.wait(20)
        files = [tmp_path / f"{number}.backup" for number in range(3)]
        for file in files:
            write_backup(company, file, A_MOMENT)
    finally:
        is_over.set()
        seller.join()
    for number, file in enumerate(files):
        database = Database(f"sqlite:///{tmp_path / str(number) / 'tracker.sqlite3'}")
        restore_backup(database, file)
        found = verify(database)
        database.dispose()
        assert found.differences == ()
        assert found.deal_count > 20


@pytest.mark.parametrize("kept_share", [0, 1, 30, 60, 99])
def test_a_backup_that_was_cut_off_is_refused(
    small_backup: Path, empty: Database, kept_share: int
) -> None:
    whole = small_backup.read_bytes()
    small_backup.write_bytes(whole[: len(whole) * kept_share // 100])
    with pytest.raises(BadInput):
        restore_backup(empty, small_backup)
    assert tables_of(empty) == 0


def test_a_backup_with_one_changed_byte_is_refused(small_backup: Path, empty: Database) -> None:
    whole = small_backup.read_bytes()
    places = random.Random(7).sample(range(10, len(whole)), 60)
    for place in places:  # the first ten bytes say only when and where it was packed
        small_backup.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        with pytest.raises(BadInput):
            restore_backup(empty, small_backup)
    assert tables_of(empty) == 0


def test_a_line_that_was_edited_and_packed_again_is_refused(
    small_backup: Path, empty: Database
) -> None:
    lines = gzip.decompress(small_backup.read_bytes())
    small_backup.write_bytes(gzip.compress(lines.replace(b"7654321", b"9654321", 1)))
    with pytest.raises(BadInput, match="check sum differs"):
        restore_backup(empty, small_backup)


@pytest.mark.parametrize(
    ("text", "is_packed", "says"),
    [
        ("", False, "no backup"),
        ("a picture", False, "no backup"),
        ("another thing", True, "no backup"),
        ('{"format": "tracker backup", "version": 2}', True, "later version"),
        ('{"format": "tracker backup", "version": 1}', True, "ends too early"),
    ],
)
def test_a_file_that_is_no_backup_of_ours_is_refused(
    tmp_path: Path, empty: Database, text: str, is_packed: bool, says: str
) -> None:
    written = gzip.compress(text.encode()) if is_packed else text.encode()
    (tmp_path / "other").write_bytes(written)
    with pytest.raises(BadInput, match=says):
        restore_backup(empty, tmp_path / "other")


def test_a_database_that_holds_a_company_is_left_alone(small_backup: Path, tmp_path: Path) -> None:
    there = Database(f"sqlite:///{tmp_path / 'tracker.sqlite3'}")
    sell(there, range(20, 21))
    before = figures(there)
    with pytest.raises(Conflict, match="holds a company already"):
        restore_backup(there, small_backup)
    assert figures(there) == before
    there.dispose()


def test_a_backup_writes_over_nothing_and_leaves_nothing_half_written(
    small_backup: Path, tmp_path: Path
) -> None:
    there = Database(f"sqlite:///{tmp_path / 'tracker.sqlite3'}")
    before = small_backup.read_bytes()
    with pytest.raises(BadInput, match="already"):
        write_backup(there, small_backup, A_MOMENT)
    (tmp_path / "a file").touch()
    with pytest.raises(BadInput, match="cannot be written"):
        write_backup(there, tmp_path / "a file" / "in.backup", A_MOMENT)
    there.dispose()
    assert small_backup.read_bytes() == before
    assert list(tmp_path.glob("*.part")) == []
    assert small_backup.stat().st_mode & 0o077 == 0
