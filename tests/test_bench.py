"""The measurements run, and what does not depend on the machine stays under its limit."""

import json

import pytest
from click.testing import CliRunner

from tracker.bench import engine_cost, flow_cost, push_latency
from tracker.bench.command import bench


@pytest.fixture(scope="module")
def report() -> str:
    """One small run, and what it printed as JSON."""
    with pytest.MonkeyPatch.context() as small:
        for module in (engine_cost, flow_cost):
            small.setattr(module, "MANY_DEALS", 200)
            small.setattr(module, "EVENTS_COUNT", 3)
            small.setattr(module, "ROUNDS_COUNT", 1)
        small.setattr(push_latency, "DEALS_COUNT", 3)
        small.setattr(push_latency, "WARM_UP_COUNT", 1)
        outcome = CliRunner().invoke(bench, ["--json"], catch_exceptions=False)
    assert outcome.exit_code == 0
    return outcome.stdout


def test_every_measurement_is_reported(report: str) -> None:
    measured = json.loads(report)
    assert {cost["name"] for cost in measured["engine"]} == {"order-free", "ordered"}
    assert {cost["name"] for cost in measured["flow"]} == {"order-free", "ordered"}
    assert measured["push"]["deals_count"] == 3
    assert 0 < measured["push"]["p50_milliseconds"] <= measured["push"]["p99_milliseconds"]
    assert measured["machine"]["cores"] >= 1


def test_the_phone_page_is_light(report: str) -> None:
    page = json.loads(report)["page"]
    assert page["files_count"] >= 10
    assert page["total_kilobytes"] <= 150
    assert page["scripts_kilobytes"] <= 60
