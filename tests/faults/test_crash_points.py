"""Each write, cut off before each of its statements and commits, and done again: as if nothing had happened."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import acts, acts_commands
from tests.faults.acts import ACTS, TRIED_AS_COMMANDS, WRITE_NOTHING
from tests.faults.acts_commands import COMMANDS, READ_ONLY
from tests.faults.cutting import contents, copied, differences, done_in, is_changed
from tests.faults.size import RUN, chance
from tests.faults.stage import make_stage
from tests.run_process import ROOT
from tracker.app import create_app
from tracker.config import load_settings

SAMPLE = 2
WRITES = ACTS | COMMANDS
MAY_DIFFER = acts.SAID_TWICE | acts_commands.SAID_TWICE
FINE = (0, 200, 303)


def cut_points(name: str, statements: int, commits: tuple[int, ...]) -> list[int]:
    """Before which statements to cut; the last lies behind all of them: only the answer is lost.

    In a sample both sides of each commit are always there.
    """
    if RUN == "long":
        return list(range(1, statements + 2))
    around = {at for commit in commits for at in (commit, commit + 1)}
    others = chance(f"cuts {name}").sample(range(1, statements + 1), min(SAMPLE, statements))
    return sorted({*others, *around, statements + 1})


@pytest.mark.parametrize("name", WRITES)
def test_a_write_cut_off_anywhere_and_sent_again_is_as_if_it_was_sent_once(
    tmp_path: Path, name: str, tell: Callable[[str], None]
) -> None:
    stage = make_stage(tmp_path / "before")
    request = WRITES[name](stage)
    stage.cast.database.dispose()
    whole = copied(stage.folder, tmp_path / "whole")
    done = done_in(whole, request)
    assert done is not None
    assert done.status in FINE, (name, done)
    assert done.commits, f"{name} writes nothing"
    right = contents(whole)
    assert is_changed(stage.folder, whole), f"{name} changes nothing"
    points, wrong = cut_points(name, done.statements, done.commits), {}
    for point in points:
        cut = copied(stage.folder, tmp_path / "cut")
        was_cut = done_in(cut, request, point) is None
        assert was_cut is (point <= done.statements)
        again = done_in(cut, request)
        assert again is not None
        found = differences(right, contents(cut))
        if found.keys() - MAY_DIFFER.get(name, set()):
            wrong[point] = again.status, found
    assert not wrong, f"{name} of {done}: {wrong}"
    tell(f"{name}: cut at {len(points)} of {done.statements + 1} points")


def test_every_address_that_writes_is_cut_off_here(tmp_path: Path) -> None:
    app = create_app(load_settings({"TRACKER_DATA": str(tmp_path)}))
    writing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
    }
    assert {name.split()[0] for name in ACTS} | WRITE_NOTHING | TRIED_AS_COMMANDS == writing


def test_every_command_that_writes_is_cut_off_here() -> None:
    # In a process of its own: to look at the command that serves is to patch the standard library.
    listed = (
        "from tests.faults.acts_commands import all_commands; print(*all_commands(), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", listed], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    there = set(done.stdout.splitlines())
    tried = {name if name in there else name.split()[0] for name in COMMANDS}
    assert tried | READ_ONLY == there
