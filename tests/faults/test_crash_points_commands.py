"""Each command that writes, cut off before each of its statements and commits, and given again: it happens once."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import acts_commands, acts_connectors
from tests.faults.acts_commands import COMMANDS, READ_ONLY
from tests.faults.acts_connectors import READ
from tests.faults.stage import make_stage
from tests.faults.sweeping import assert_as_if_sent_once
from tests.run_process import ROOT

GIVEN = COMMANDS | READ
MAY_DIFFER = acts_commands.SAID_TWICE | acts_connectors.SAID_TWICE


@pytest.mark.parametrize("name", GIVEN)
def test_a_command_cut_off_anywhere_and_given_again_is_as_if_it_was_given_once(
    swift_path: Path, name: str, tell: Callable[[str], None]
) -> None:
    stage = make_stage(swift_path / "before")
    request = GIVEN[name](stage)
    tell(assert_as_if_sent_once(stage, name, request, MAY_DIFFER.get(name, set())))


def test_every_command_that_writes_is_cut_off_here() -> None:
    # In a process of its own: to look at the command that serves is to patch the standard library.
    listed = (
        "from tests.faults.acts_commands import all_commands; print(*all_commands(), sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", listed], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    there = set(done.stdout.splitlines())
    tried = {name if name in there else name.split()[0] for name in GIVEN}
    assert tried | READ_ONLY == there
