"""strace around a running process: counts its calls to the system, or lets some of them fail or take long."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

SYNCS = "fsync,fdatasync"


def require_strace() -> None:
    """Skips the test where strace is missing or may not look at processes."""
    if shutil.which("strace") is None:
        pytest.skip(
            "no strace on this machine: failing system calls are not tried (apt install strace)"
        )
    probe = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    if probe.returncode != 0:
        pytest.skip("strace may not trace here: failing system calls are not tried")


@contextmanager
def traced(process_ids: Sequence[int], trace: Path, *options: str) -> Iterator[None]:
    """Trace processes, their threads and whom they fork until the block ends; all go on as if nothing had been."""
    attached = [word for number in process_ids for word in ("-p", str(number))]
    command = ["strace", "-f", *attached, "-o", str(trace), *options]
    strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert strace.stderr is not None
    try:
        for _ in process_ids:
            said = strace.stderr.readline()
            assert "attached" in said, said
        yield
    finally:
        strace.send_signal(signal.SIGINT)
        strace.wait(timeout=20)
        strace.stderr.close()


@contextmanager
def failing(process_id: int, trace: Path, calls: str, error: str) -> Iterator[None]:
    """Let every one of these calls fail with an error such as EIO."""
    with traced([process_id], trace, "-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"):
        yield


@contextmanager
def slowed(process_id: int, trace: Path, calls: str, seconds: float) -> Iterator[None]:
    """Let every one of these calls take so much longer."""
    delay = f"inject={calls}:delay_exit={round(seconds * 1_000_000)}"
    with traced([process_id], trace, "-e", f"trace={calls}", "-e", delay):
        yield


def count_calls(trace: Path, calls: str) -> int:
    """How many of these calls a trace holds; one that was interrupted by another thread counts once."""
    names = tuple(f"{name}(" for name in calls.split(","))
    lines = trace.read_text().splitlines()
    return sum(any(name in line for name in names) for line in lines)
