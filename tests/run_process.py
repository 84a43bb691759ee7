"""The `run` command as a real process, until the test is done with it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.canaries import kept_log

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(folder: Path, port: int) -> Iterator[tuple[str, list[str]]]:
    """A server on this data folder; its address and what it printed until it was ready."""
    command = [sys.executable, "-m", "tracker.cli", "run", "--port", str(port)]
    environment = {**os.environ, "TRACKER_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    with kept_log("run") as said:
        process = subprocess.Popen(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        )
    assert process.stdout
    printed: list[str] = []
    try:
        for line in process.stdout:
            printed.append(line.strip())
            if line.startswith("ready "):
                yield line.split()[1], printed
                break
        else:
            pytest.fail(f"it ended early; see {said.name}")
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal does
        process.communicate(timeout=30)
