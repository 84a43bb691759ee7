"""Comparisons with a CRM's list of deals, in processes of their own: a long list must not hold up a socket.

Asked for on a page, or due at night. Of several processes that serve one company each sees what is due; the comparison
itself is done by one (`Database.alone`), and what is done is not due.
"""

import os
import subprocess
import sys

import gevent

from tracker import clock, logs
from tracker.config import Settings
from tracker.ingest.reconciling.schedule import due_sources
from tracker.store.database import Database

log = logs.log_of(__name__)

ENDED_CODES = (0, 1)
LOOK_SECONDS = 60
AGAIN_SECONDS = 3600
"""How soon a comparison that did not come to its end is begun again."""

_running: dict[str, subprocess.Popen[bytes]] = {}


def is_running(source: str) -> bool:
    """Whether a comparison that this process was asked for is under way."""
    return source in _running and _running[source].poll() is None


def has_failed(source: str) -> bool:
    """Whether the latest comparison that this process was asked for ended before its end; the log says why."""
    return source in _running and _running[source].poll() not in (None, *ENDED_CODES)


def start(settings: Settings, source: str, by: str) -> None:
    """Compare a source in the background, unless that is under way; returns at once."""
    if not is_running(source):
        _running[source] = _begin(settings, source, "--by", by)


def compare_nightly(settings: Settings, database: Database) -> None:
    """Begin what is due each night, until the server stops. Runs in a greenlet."""
    pause_seconds = LOOK_SECONDS
    while True:
        gevent.sleep(pause_seconds)
        pause_seconds = LOOK_SECONDS
        try:
            if due_sources(settings, database, clock.now()):
                _begin(settings, "--nightly").wait()
                pause_seconds = AGAIN_SECONDS
        except Exception as problem:
            logs.say_fault(log, "the nightly comparison could not be begun", problem)


def _begin(settings: Settings, *arguments: str) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "TRACKER_DATA": str(settings.data_folder),
        "TRACKER_DATABASE_URL": settings.database_url,
    }
    command = [sys.executable, "-m", "tracker.cli", "reconcile", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    os.setpriority(os.PRIO_PROCESS, process.pid, 10)
    return process
