"""The `run` command as several processes on one database, to be killed, stopped and started again."""

import contextlib
import http.client
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.canaries import kept_log
from tests.run_process import ROOT, free_port

START_SECONDS_MAX = 90
POLL_SECONDS = 0.05


class Server:
    """One `run`: a process that keeps a worker alive, and the worker that answers."""

    def __init__(
        self, folder: Path, database_url: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self.port = free_port()
        with kept_log("faults") as log:
            self.log = Path(log.name)
        self._environment = {
            **os.environ,
            "TRACKER_DATA": str(folder),
            "TRACKER_DATABASE_URL": database_url,
            "PYTHONPATH": str(ROOT),
            **(environment or {}),
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `wait_until_ready` says when it answers."""
        command = [sys.executable, "-m", "tracker.cli", "run", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env=self._environment,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        give_up_at = time.monotonic() + START_SECONDS_MAX
        while not self.is_ready():
            assert self.process is not None
            assert self.process.poll() is None, f"it ended: {self.log.read_text()[-2000:]}"
            assert time.monotonic() < give_up_at, f"it does not answer: {self.log.read_text()}"
            time.sleep(POLL_SECONDS)

    def is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def worker_ids(self) -> list[int]:
        """The processes that answer; none for a moment after a kill."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        try:
            return [int(number) for number in children.read_text().split()]
        except OSError:
            return []

    def kill_worker(self) -> int:
        """SIGKILL for what answers; the process above starts another. How many were killed."""
        killed = 0
        for number in self.worker_ids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
                killed += 1
        return killed

    def kill(self) -> int:
        """SIGKILL for all of it at once. How many processes were killed."""
        killed = 1 + len(self.worker_ids())
        self.send_to_all(signal.SIGKILL)
        return killed

    def send_to_all(self, how: signal.Signals) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        if how == signal.SIGKILL:
            self.process.wait(timeout=20)

    def stop(self) -> None:
        """As an ordinary end: SIGTERM, then until it is over."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=30)
        finally:
            self.send_to_all(signal.SIGKILL)


class Fleet:
    """So many servers on one database."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers

    @property
    def ports(self) -> list[int]:
        return [server.port for server in self.servers]

    def kill_all(self) -> int:
        """All of them, before any can be started again."""
        return sum(server.kill() for server in self.servers)

    def start(self) -> None:
        """Start those that do not run, together, and wait for all."""
        for server in self.servers:
            if server.process is None or server.process.poll() is not None:
                server.start()
        for server in self.servers:
            server.wait_until_ready()

    def kill_some(self, rng: random.Random) -> int:
        """One worker, one server, or everything; started again. How many processes were killed."""
        how = rng.choices(("worker", "server", "all"), weights=(7, 2, 1))[0]
        if how == "worker":
            return rng.choice(self.servers).kill_worker()
        killed = rng.choice(self.servers).kill() if how == "server" else self.kill_all()
        self.start()
        return killed


@contextlib.contextmanager
def running_fleet(
    folder: Path,
    database_url: str,
    count: int,
    environments: Mapping[int, Mapping[str, str]] | None = None,
) -> Iterator[Fleet]:
    """`count` servers until the test is done; `environments` are further variables of some, by number."""
    more = environments or {}
    fleet = Fleet([Server(folder, database_url, more.get(number)) for number in range(count)])
    try:
        fleet.start()
        yield fleet
    finally:
        for server in fleet.servers:
            if server.process is not None:
                server.send_to_all(signal.SIGKILL)
