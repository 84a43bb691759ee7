"""A real server process per module, and a way to steer it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.canaries import kept_log

REPOSITORY = Path(__file__).resolve().parents[2]


class Toy:
    """A running server process."""

    module = "tests.live.toy_server"

    def __init__(self, port: int, **environment: str) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.errors = ""
        self._environment = {"TOY_ORIGINS": self.origin, **environment}
        self.start()

    def start(self) -> None:
        with kept_log("live") as said:
            self._said = Path(said.name)
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", self.module, str(self.port)],
                cwd=REPOSITORY,
                env={**os.environ, **self._environment},
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                start_new_session=True,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line.strip() != "ready":
            pytest.fail(f"the server did not start: {self._said.read_text()}")

    def stop(self, how: int = signal.SIGKILL) -> None:
        with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
            os.killpg(self.process.pid, how)
        if not self.process.stdout.closed:
            self.process.communicate(timeout=20)
            self.errors = self._said.read_text()

    def post(self, path: str, body: Any = None) -> Any:
        return self._ask(path, json.dumps(body).encode())

    def get(self, path: str) -> Any:
        return self._ask(path, None)

    def change(self, **change: Any) -> int:
        return int(self.post("/changes", [change])["sequence"])

    def _ask(self, path: str, body: bytes | None) -> Any:
        asked = urllib.request.Request(
            self.origin + path, data=body, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def toy() -> Iterator[Toy]:
    """A fresh server, so that no test sees another's rooms or figures."""
    server = Toy(free_port())
    yield server
    server.stop()
