"""The search over the logs of a run finds what may not be said, and a run in which it is said fails."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import canaries
from tests.cast import FIGURES
from tests.run_process import ROOT

HARMLESS = {
    "at": "2026-11-25T09:30:00.120+00:00",
    "event": "answered",
    "request_id": "bcdfghjk",
    "route": "/link/<token>",
    "faults": [{"problem": "OperationalError", "places": ["tracker/store/database.py:79 read"]}],
}


def found_in(folder: Path, line: str) -> list[str]:
    (folder / "server-1.log").write_text(f"{json.dumps(HARMLESS)}\n{line}\n")
    (folder / "1.secrets").write_text("K7WXYA\n")
    return list(canaries.findings(folder))


def test_a_harmless_line_is_no_finding(tmp_path: Path) -> None:
    assert found_in(tmp_path, json.dumps(HARMLESS)) == []


@pytest.mark.parametrize(
    "canary",
    [
        "Anna Lund",
        "anna@firma.dk",
        "earned 613.457,00",
        str(FIGURES["bo"].earned_minor),
        "K7WXYA",  # a pairing code that this run made
        "trk_Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA",
        "/socket.io/?sid=q1W2e3R4t5Y6u7I8o9P0",
    ],
)
def test_a_planted_canary_is_found_with_its_file_and_line(tmp_path: Path, canary: str) -> None:
    (found, *_) = found_in(tmp_path, json.dumps(HARMLESS | {"event": canary}))
    assert found.startswith(f"{tmp_path}/server-1.log:2: holds ")


def test_what_is_no_json_is_found(tmp_path: Path) -> None:
    assert found_in(tmp_path, "Traceback (most recent call last):") == [
        f"{tmp_path}/server-1.log:2: no JSON object"
    ]


@pytest.mark.parametrize(("said", "code"), [("a b", 0), ("Anna Lund", 1)])
def test_a_run_in_which_a_canary_is_said_fails(tmp_path: Path, said: str, code: int) -> None:
    (tmp_path / "test_saying.py").write_text(
        "import json\nfrom tests.canaries import kept_log\n"
        "def test_that_passes_by_itself():\n"
        f"    with kept_log('server') as log: log.write(json.dumps({{'event': {said!r}}}).encode())\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.canaries",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    run = subprocess.run(
        [*command, "test_saying.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == code, run.stdout
    assert "1 passed" in run.stdout
    assert ("'Anna Lund'" in run.stdout) == bool(code)
