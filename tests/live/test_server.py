"""The server process itself: it starts, says why when it cannot, and comes back after a crash."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.conftest import REPOSITORY, Toy
from tests.live.raw_client import RawClient
from tracker.errors import PortInUse


def worker_of(toy: Toy) -> int:
    children = Path(f"/proc/{toy.process.pid}/task/{toy.process.pid}/children").read_text()
    return int(children.split()[0])


def test_a_port_in_use_is_said_in_one_sentence(toy: Toy) -> None:
    second = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.live.toy_server", str(toy.port)],
        cwd=REPOSITORY,
        env={**os.environ, "TOY_ORIGINS": toy.origin},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert second.returncode != 0
    assert second.stdout == ""
    assert second.stderr.strip().endswith(str(PortInUse("127.0.0.1", toy.port)))


def test_a_worker_that_dies_is_replaced_and_serves_sockets_again(toy: Toy) -> None:
    before = worker_of(toy)
    with RawClient(toy.port) as anna:
        anna.join()
        os.kill(before, signal.SIGKILL)
        anna.read_to_the_end()
    assert toy.process.stdout is not None
    assert toy.process.stdout.readline().strip() == "ready"
    assert worker_of(toy) != before
    with RawClient(toy.port) as anna:
        anna.join()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_when_asked(toy: Toy, how: signal.Signals) -> None:
    toy.process.send_signal(how)
    assert toy.process.wait(timeout=20) == 0
