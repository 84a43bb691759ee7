"""The server runs on gevent: writers there wait for each other without stopping the sockets."""

import subprocess
import sys
from pathlib import Path

from tracker.store import people
from tracker.store.database import Database, upgrade

SERVER = """
from gevent import monkey
monkey.patch_all()
import sys
import gevent
from tests.store.writers import record_wins
from tracker.store.database import Database

beats = []

def beat():
    while True:
        beats.append(1)
        gevent.sleep(0.001)

gevent.spawn(beat)
database, payee_id = Database(sys.argv[1]), int(sys.argv[2])
writers = [gevent.spawn(record_wins, database, f"g{n}", [payee_id], 5) for n in range(8)]
gevent.joinall(writers, raise_error=True)
print(len(beats))
"""
WRITE_COUNT = 40


def test_many_greenlets_write_and_the_others_go_on(
    database: Database, database_url: str, anna: int
) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", SERVER, database_url, str(anna)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= WRITE_COUNT, "the hub did not get its turn between writes"


WAITING = """
from gevent import monkey
monkey.patch_all()
import sys
import gevent
from tracker.store import people
from tracker.store.database import Database

database, beats = Database(sys.argv[1]), []

def beat():
    while True:
        beats.append(1)
        gevent.sleep(0.01)

def write():
    with database.write() as connection:
        people.add_team(connection, "South")

gevent.spawn(beat)
writer = gevent.spawn(write)
gevent.sleep(0.3)
print(len(beats), writer.dead, flush=True)
sys.stdin.readline()
writer.get()
"""


def test_a_lock_of_another_process_holds_up_only_who_writes(sqlite_url: str) -> None:
    database = Database(sqlite_url)
    upgrade(database)
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING, sqlite_url],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with database.write() as connection:
        people.add_team(connection, "East")
        beats, is_done = process.stdout.readline().split()
    process.communicate("\n", timeout=60)
    assert process.returncode == 0
    assert (int(beats) >= 2, is_done) == (True, "False")
    with database.read() as connection:
        assert [team.name for team in people.teams(connection)] == ["East", "South"]
    database.dispose()
