"""The demo as a person starts it."""

import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_port_in_use_is_said_before_anything_is_built(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        started = subprocess.run(
            [sys.executable, "-m", "tracker.cli", "demo", "--port", str(port), "--data", tmp_path],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert started.returncode == 1
    assert str(port) in started.stderr
    assert "Traceback" not in started.stderr
    assert list(tmp_path.iterdir()) == []
