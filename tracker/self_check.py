"""While the product serves, a second process keeps computing everything again from scratch and notes the drift.

Once a day it first lets fall due what does.

A process of its own, at low priority: the check is pure computation and must not hold up a single push.
"""

import os
import subprocess
import sys
from datetime import date

import gevent

from tracker import clock, logs
from tracker.config import Settings

log = logs.log_of(__name__)

FIRST_CHECK_AFTER_SECONDS = 5
PAUSE_SECONDS_MIN = 60
PAUSE_PER_SECOND_OF_CHECK = 20
"""A check may take one twentieth of one core, however large the company."""


def check_for_ever(settings: Settings) -> None:
    """Check, note the result in the database, rest; until the server stops. Runs in a greenlet."""
    pause_seconds: float = FIRST_CHECK_AFTER_SECONDS
    day: date | None = None
    while True:
        gevent.sleep(pause_seconds)
        started_seconds = clock.monotonic_seconds()
        try:
            if day != (day := clock.today(settings.company_zone)):
                roll(settings)
            check(settings)
        except OSError as problem:
            logs.say_fault(log, "the self-check could not be started; it is tried later", problem)
        taken_seconds = clock.monotonic_seconds() - started_seconds
        pause_seconds = max(PAUSE_SECONDS_MIN, PAUSE_PER_SECOND_OF_CHECK * taken_seconds)


def roll(settings: Settings) -> None:
    """Let the instalments of residuals fall due; a failure is in the log."""
    if _run(settings, "calendar") != 0:
        log.error("the calendar could not be rolled", command="calendar")


def check(settings: Settings) -> None:
    """Check once; what it finds is in the database and, if anything is off, in the log."""
    if _run(settings, "verify", "--json") != 0:
        log.error("the self-check failed or found drift", command="verify")


def _run(settings: Settings, *arguments: str) -> int:
    """Run a command in a process of its own, at low priority; its exit code."""
    checked = {
        **os.environ,
        "TRACKER_DATA": str(settings.data_folder),
        "TRACKER_DATABASE_URL": settings.database_url,
    }
    command = [sys.executable, "-m", "tracker.cli", *arguments]
    with subprocess.Popen(
        command, env=checked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        os.setpriority(os.PRIO_PROCESS, process.pid, 10)
        return process.wait()
