"""A folder with only so much room: a file system of its own where that is allowed, or a limit on the size of files."""

import os
import resource
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.servers import Server
from tests.run_process import ROOT

ROOM_BYTES, PIECE_BYTES = 48_000_000, 65_536


class Room(ABC):
    """Where a company's files are; `take` leaves so little, `give_back` what there was."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @abstractmethod
    def take(self, server: Server | None, left_bytes: int) -> None: ...

    @abstractmethod
    def give_back(self, server: Server | None) -> None: ...

    @abstractmethod
    def command(
        self, environment: Mapping[str, str], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        """A command of the product in what room there is."""


class OwnFileSystem(Room):
    """Filled by a file: what is written meanwhile meets ENOSPC."""

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def take(self, server: Server | None, left_bytes: int) -> None:
        found = os.statvfs(self.folder)
        wanted = found.f_bavail * found.f_frsize - left_bytes
        with self._filler.open("wb") as file:
            for _ in range(max(0, wanted) // PIECE_BYTES):
                file.write(bytes(PIECE_BYTES))

    def give_back(self, server: Server | None) -> None:
        self._filler.unlink()

    def command(
        self, environment: Mapping[str, str], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        return _run(environment, arguments, None)


class LimitedFiles(Room):
    """No file of a process may grow beyond a size: what is written meanwhile meets EFBIG."""

    _limit_bytes: int | None = None

    def take(self, server: Server | None, left_bytes: int) -> None:
        largest = max(file.stat().st_size for file in self.folder.glob("*.sqlite3*"))
        self._limit_bytes = left_bytes if server is None else largest + left_bytes
        self._limit(server, self._limit_bytes)

    def give_back(self, server: Server | None) -> None:
        self._limit_bytes = None
        self._limit(server, resource.RLIM_INFINITY)

    def _limit(self, server: Server | None, size_bytes: int) -> None:
        for number in server.worker_ids() if server else ():
            resource.prlimit(number, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))

    def command(
        self, environment: Mapping[str, str], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        return _run(environment, arguments, self._limit_bytes)


def _run(
    environment: Mapping[str, str], arguments: tuple[str, ...], limit_bytes: int | None
) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, resource.RLIM_INFINITY))

    return subprocess.run(
        [sys.executable, "-m", "tracker.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
        text=True,
        preexec_fn=limit,
        timeout=120,
    )


@contextmanager
def a_room(kind: str, folder: Path) -> Iterator[Room]:
    """`own` or `limited`; the first is skipped where nothing may be mounted."""
    folder.mkdir(mode=0o700)
    if kind == "limited":
        yield LimitedFiles(folder)
        return
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES},mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here: a full one is tried by limits alone")
    try:
        yield OwnFileSystem(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
