"""Each address that writes, cut off before each of its statements and commits, and asked again: it happens once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import acts, acts_connectors, acts_files
from tests.faults.acts import ACTS, WRITE_NOTHING
from tests.faults.acts_connectors import PUSHED
from tests.faults.acts_files import FILES
from tests.faults.stage import make_stage
from tests.faults.sweeping import assert_as_if_sent_once
from tracker.app import create_app
from tracker.config import load_settings

SENT = ACTS | PUSHED | FILES
MAY_DIFFER = acts.SAID_TWICE | acts_connectors.SAID_TWICE | acts_files.SAID_TWICE


@pytest.mark.parametrize("name", SENT)
def test_a_write_cut_off_anywhere_and_sent_again_is_as_if_it_was_sent_once(
    swift_path: Path, name: str, tell: Callable[[str], None]
) -> None:
    stage = make_stage(swift_path / "before")
    request = SENT[name](stage)
    tell(assert_as_if_sent_once(stage, name, request, MAY_DIFFER.get(name, set())))


def test_every_address_that_writes_is_cut_off_here(tmp_path: Path) -> None:
    app = create_app(load_settings({"TRACKER_DATA": str(tmp_path)}))
    writing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if {"POST", "PUT", "PATCH", "DELETE"} & (rule.methods or set())
    }
    assert {name.split()[0] for name in SENT} | WRITE_NOTHING == writing
