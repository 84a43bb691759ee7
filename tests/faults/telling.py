"""What an ordinary run leaves to `test --faults`, and what a run of the fault tests measured: said at its end."""

from typing import Any

import pytest

from tests.faults.size import RUN, SEED

LEFT_OUT = pytest.StashKey[int]()
FIGURES = "figures"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the fault tests out, unless the run is about them."""
    left_out = [item for item in items if not RUN and item.get_closest_marker("faults")]
    config.stash[LEFT_OUT] = len(left_out)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells the process that prints; every worker has collected all tests."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["faults_left_out"] = session.config.stash.get(LEFT_OUT, 0)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    if left_out := getattr(node, "workeroutput", {}).get("faults_left_out"):
        node.config.stash[LEFT_OUT] = left_out


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left_out := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(
            f"{left_out} fault tests are left to: python3 -m tracker test --faults"
        )
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    told = [
        f"  {report.nodeid.rpartition('::')[2]}: {value}"
        for report in reports
        for name, value in report.user_properties
        if name == FIGURES
    ]
    if told:
        terminalreporter.section(f"figures, {RUN} run, seed {SEED}")
        for line in sorted(set(told)):
            terminalreporter.write_line(line)
