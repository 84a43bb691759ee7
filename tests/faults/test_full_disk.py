"""The disk is full: what cannot be kept is refused, reading goes on, and all is well once there is room again."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.asking import (
    OK,
    UNREADY,
    ask,
    assert_told_to_come_back,
    post,
    seconds_until_ok,
    signed_in_as,
    won_today,
)
from tests.faults.company import REPS, Company, compare, make_company
from tests.faults.deals_sent import Crm, Event
from tests.faults.listening import Listening
from tests.faults.rooms import Room, a_room
from tests.faults.servers import running_fleet
from tests.faults.size import chance
from tracker.store import deals
from tracker.store.database import Database, downgrade, known_revisions, revision_of
from tracker.verify import verify

BATCH, BATCHES_MAX, REFUSED_WANTED = 20, 400, 5
ROWS = 1200
MAPPING = """
source = "file"
[fields]
deal_id = "id"
name = "id"
rep = "rep"
status = { text = "won" }
effective_on = "day"
amount = "amount"
currency = { text = "DKK" }
"""


@pytest.fixture(params=["own", "limited"])
def room(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Room]:
    with a_room(request.param, tmp_path / "room") as room:
        yield room


@pytest.fixture
def company(room: Room) -> Company:
    return make_company(room.folder, f"sqlite:///{room.folder / 'tracker.sqlite3'}")


def integrity(company: Company) -> str:
    path = company.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_a_full_disk_refuses_what_it_cannot_keep_and_shows_what_it_has(
    room: Room, company: Company, tell: Callable[[str], None]
) -> None:
    crm, rep = Crm("w", chance("full disk"), REPS), REPS[0]
    cookie = signed_in_as(company, rep)
    sent: list[list[Event]] = [[won_today(1, rep)]]
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (server,) = fleet.servers
        assert post(server.port, company.key, sent[0]).status == OK
        shown = ask(server.port, "/me", Cookie=cookie)
        with Listening(server.port, cookie) as socket:
            room.take(server, left_bytes=400_000)
            kept, refused = 1, 0
            while refused < REFUSED_WANTED:
                sent.append([crm.next_event() for _ in range(BATCH)])
                answer = post(server.port, company.key, sent[-1])
                if answer.status != OK:
                    assert_told_to_come_back(answer)
                refused, kept = refused + (answer.status != OK), kept + (answer.status == OK)
                assert len(sent) < BATCHES_MAX, "the disk does not get full"
            assert ask(server.port, "/readyz").status == UNREADY
            page = ask(server.port, "/me", Cookie=cookie)
            assert page.status == OK
            assert "31.70" in shown.text
            with Listening(server.port, cookie):
                pass
            heard = len(socket.events("fragment"))
            room.give_back(server)
            began, well_again = time.monotonic(), 0.0
            for events in sent:
                while post(server.port, company.key, events).status != OK:
                    assert time.monotonic() - began < 60
                well_again = well_again or time.monotonic() - began
            seconds_until_ok(server.port)
            news = [won_today(2, rep)]
            sent.append(news)
            assert post(server.port, company.key, news).status == OK
            socket.wait_for("fragment", heard + 1)
            assert not socket.is_cut
    assert integrity(company) == "ok"
    found = compare(
        company.database_url, [event["event_id"] for events in sent for event in events], sent
    )
    tell(
        f"{type(room).__name__}: {kept} requests kept until it was full, {refused} refused (503, unready), "
        f"page and sockets as before; the first kept {well_again:.1f} s after there was room; {found}"
    )


def environment_of(company: Company) -> dict[str, str]:
    return {"TRACKER_DATA": str(company.folder), "TRACKER_DATABASE_URL": company.database_url}


def assert_refused_plainly(done: object) -> None:
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stderr.strip(), "nothing was said"


def test_a_backup_and_an_import_that_find_no_room_say_so_and_leave_nothing_half(
    room: Room, company: Company, tmp_path: Path
) -> None:
    environment = environment_of(company)
    file, mapping = tmp_path / "deals.csv", tmp_path / "deals.toml"
    rows = [f"d-{number},{REPS[0]},2026-11-02,100.00" for number in range(ROWS)]
    file.write_text("\n".join(["id,rep,day,amount", *rows]))
    mapping.write_text(MAPPING)
    import_deals = ("import", "deals", str(file), "--mapping", str(mapping))
    backup = room.folder / "monday.backup"
    room.take(None, left_bytes=300_000)
    assert_refused_plainly(room.command(environment, *import_deals))
    room.give_back(None)
    done = room.command(environment, *import_deals)
    assert done.returncode == 0, done.stderr
    room.take(None, left_bytes=600)
    assert_refused_plainly(room.command(environment, "backup", str(backup)))
    room.give_back(None)
    assert not list(room.folder.glob("monday*"))
    assert integrity(company) == "ok"
    assert room.command(environment, "backup", str(backup)).returncode == 0
    database = Database(company.database_url)
    with database.read() as connection:
        assert len(list(deals.all_events(connection))) == ROWS
    assert verify(database).differences == ()
    database.dispose()


def test_an_upgrade_that_finds_no_room_has_not_happened(room: Room, company: Company) -> None:
    environment, database = environment_of(company), Database(company.database_url)
    while revision_in(database) > "0005":
        downgrade(database, "-1")
    database.dispose()
    room.take(None, left_bytes=70_000)
    assert_refused_plainly(room.command(environment, "calendar"))
    room.give_back(None)
    assert revision_in(database) == "0005"
    assert integrity(company) == "ok"
    assert room.command(environment, "calendar").returncode == 0
    assert revision_in(database) == known_revisions()[0]
    assert verify(database).differences == ()
    database.dispose()


def revision_in(database: Database) -> str:
    with database.read() as connection:
        return revision_of(connection)
