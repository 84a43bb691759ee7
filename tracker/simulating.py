"""Simulations of drafts, in a process of their own: seconds of arithmetic would hold up every socket of the server.

The server starts `python3 -m tracker.simulating DRAFT BY` and reads its progress; that process keeps what it found.
What is under way is known to the server process that started it; what was found stands in the database.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from tracker import clock, flow_drafts, logs, trials
from tracker.config import Settings, load_settings
from tracker.engine.plan_files.plan_file import PlanFileError
from tracker.engine.plan_trials.simulation import simulate
from tracker.engine.plan_trials.simulation_values import values_of
from tracker.errors import NotFound, TrackerError
from tracker.store import drafts
from tracker.store.database import Database, opened_database

PROBLEM = "problem: "


@dataclass(slots=True)
class Run:
    """A simulation under way or just ended: steps done, of how many, and what went wrong ("" nothing)."""

    done: int = 0
    total: int = 1
    problem: str = ""
    is_over: bool = False

    @property
    def percent(self) -> int:
        return 100 * self.done // self.total


_runs: dict[int, Run] = {}


def run_of(draft_id: int) -> Run | None:
    """The simulation of a draft that this process started last."""
    return _runs.get(draft_id)


def start(settings: Settings, draft_id: int, by: str) -> Run:
    """Simulate a draft in the background, unless that is under way; returns at once."""
    run = _runs.get(draft_id)
    if run is not None and not run.is_over:
        return run
    run = _runs[draft_id] = Run()
    process = subprocess.Popen(
        [sys.executable, "-m", "tracker.simulating", str(draft_id), by],
        env={
            **os.environ,
            "TRACKER_DATA": str(settings.data_folder),
            "TRACKER_DATABASE_URL": settings.database_url,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    threading.Thread(target=_follow, args=(process, run), daemon=True).start()
    return run


def simulate_draft(
    database: Database,
    draft_id: int,
    today: date,
    by: str,
    at: datetime,
    say: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Simulate the text that counts, and keep what was found. Raises Conflict unless it was checked."""
    with database.read() as connection:
        draft = drafts.draft(connection, draft_id)
        if draft is None:
            raise NotFound(f"There is no plan draft with id {draft_id}.")
        trial = trials.draft_trial(connection, draft, today)
    figures = values_of(simulate(trial, say)) | {
        "from": trial.first_day.isoformat(),
        "to": trial.new.last_day.isoformat(),
    }
    flow_drafts.record_simulation(database, draft_id, draft.text.text_hash, figures, by, at)


def _follow(process: "subprocess.Popen[str]", run: Run) -> None:
    """Read what the other process says until it ends."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(PROBLEM):
            run.problem = line.removeprefix(PROBLEM).strip()
        else:
            run.done, run.total = (int(word) for word in line.split())
    if process.wait() and not run.problem:
        run.problem = "The simulation stopped. Try again; the log of the server says why."
    run.is_over = True


def _main(draft_id: int, by: str) -> int:
    settings = load_settings()
    logs.start(settings)
    try:
        with opened_database(settings) as database:
            now = clock.now()
            simulate_draft(database, draft_id, clock.today(settings.company_zone), by, now, _say)
    except (TrackerError, PlanFileError) as error:
        print(PROBLEM + " ".join(str(error).split()), flush=True)  # noqa: T201
        return 1
    return 0


def _say(done: int, total: int) -> None:
    print(done, total, flush=True)  # noqa: T201  # read by the server


if __name__ == "__main__":
    sys.exit(_main(int(sys.argv[1]), sys.argv[2]))
