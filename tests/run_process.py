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

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(folder: Path, port: int) -> Iterator[tuple[str, list[str]]]:
    """A server on this data folder; its address and what it printed until it was ready."""
    command = [sys.executable, "-m", "tracker.cli", "run", "--port", str(port)]
    environment = {**os.environ, "TRACKER_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
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
            pytest.fail(f"it ended early: {process.communicate()[1]}")
    finally:
        os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C in a terminal does
        _, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors
