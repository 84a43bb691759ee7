"""The server runs on gevent: writers there wait for each other without stopping the sockets."""

import subprocess
import sys
from pathlib import Path

from tracker.store.database import Database

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
