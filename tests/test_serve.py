"""The `run` command as a real process: first start, setup, second start, and a port somebody else has."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import requests

from tests.run_process import ROOT, free_port, running

ADMIN = {"name": "Eva First", "email": "eva@firma.dk", "password": "four quite plain words"}


def csrf_token(browser: requests.Session, address: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(address, timeout=10).text)
    assert found
    return found[1]


def test_the_first_start_makes_the_first_administrator_and_no_later_one_does(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "var"
    with running(folder, free_port()) as (address, printed):
        setup_link = next(line for line in printed if "/setup/" in line)
        assert setup_link.startswith(address)
        with requests.Session() as browser:
            assert browser.get(f"{address}/company", timeout=10).url.startswith(
                f"{address}/sign-in"
            )
            form = ADMIN | {"csrf_token": csrf_token(browser, setup_link)}
            browser.post(setup_link, data=form, timeout=10)
            assert browser.get(f"{address}/company", timeout=10).status_code == 200
            assert browser.get(setup_link, timeout=10).status_code == 404
    assert (folder / "secret_key").stat().st_mode & 0o777 == 0o600
    with running(folder, free_port()) as (address, printed):
        assert not [line for line in printed if "/setup/" in line]
        ready = requests.get(f"{address}/readyz", timeout=10).json()
        assert ready == {"ready": True, "outbox_lag_seconds": 0}


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "tracker.cli", "run", "--port", str(port)],
            env={**os.environ, "TRACKER_DATA": str(tmp_path), "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert result.returncode == 1
    assert f"Port {port}" in result.stderr
    assert "Traceback" not in result.stderr
    assert "/setup/" not in result.stdout, "no link is given that leads nowhere"
