"""The measurements run, and what does not depend on the machine stays under its limit."""

import json
import subprocess
import sys
from tempfile import TemporaryDirectory

import pytest
from click.testing import CliRunner

from tracker.bench import (
    calc_cost,
    engine_cost,
    flow_cost,
    ladder_cost,
    large_store,
    post_cost,
    posting,
    push_latency,
    quota_cost,
    recomputation_cost,
    two_writers,
)
from tracker.bench import command as bench_command
from tracker.bench.command import bench


@pytest.fixture(scope="module")
def report() -> str:
    """One small run, and what it printed as JSON."""
    with pytest.MonkeyPatch.context() as small:
        for module in (engine_cost, flow_cost):
            small.setattr(module, "MANY_DEALS", 200)
            small.setattr(module, "EVENTS_COUNT", 3)
            small.setattr(module, "ROUNDS_COUNT", 1)
        for module in (calc_cost, ladder_cost, quota_cost, recomputation_cost):
            small.setattr(module, "ROUNDS_COUNT", 1)
        for module in (ladder_cost, quota_cost):
            small.setattr(module, "REPS_COUNT", 20)
        small.setattr(ladder_cost, "ONE_BY_ONE_COUNT", 20)
        small.setattr(calc_cost, "DEALS_COUNT", 500)
        small.setattr(recomputation_cost, "DEALS_COUNTS", (50, 200))
        small.setattr(post_cost, "ROUNDS_COUNT", 1)
        small.setattr(post_cost, "BATCHES_COUNT", 1)
        small.setattr(post_cost, "SINGLES_COUNT", 15)
        small.setattr(post_cost, "ONE_BY_ONE_COUNT", 3)
        small.setattr(post_cost, "REPS_COUNT", 5)
        small.setattr(two_writers, "ROUNDS_COUNT", 1)
        small.setattr(two_writers, "REPS_COUNT", 5)
        small.setattr(large_store, "SMALL_DEALS", 200)
        small.setattr(large_store, "BATCHES_COUNT", 2)
        small.setattr(push_latency, "DEALS_COUNT", 3)
        small.setattr(push_latency, "WARM_UP_COUNT", 1)
        outcome = CliRunner().invoke(bench, ["--json", "--large", "1000"], catch_exceptions=False)
    assert outcome.exit_code == 0
    return outcome.stdout


def test_every_measurement_is_reported(report: str) -> None:
    measured = json.loads(report)
    assert {cost["name"] for cost in measured["engine"]} == {"order-free", "ordered"}
    assert {cost["name"] for cost in measured["flow"]} == {"order-free", "ordered"}
    assert {cost["name"] for cost in measured["calc"]} == {"order-free", "ordered"}
    assert {cost["deals_count"] for cost in measured["recomputation"]} == {50, 200}
    assert measured["ladder"]["reps_count"] == 20
    assert measured["push"]["deals_count"] == 3
    assert 0 < measured["push"]["p50_milliseconds"] <= measured["push"]["p99_milliseconds"]
    assert measured["machine"]["cores"] >= 1


def test_two_writers_lose_nothing_to_each_other(report: str) -> None:
    writers = json.loads(report)["writers"]
    if writers is None:
        pytest.skip(two_writers.MISSING)
    assert writers["events_count"] == (1 + 1 + 2) * 60 * 10
    assert writers["drift_minor"] == 0


def test_all_that_is_posted_is_kept_and_stands_beside_its_bare_rows(report: str) -> None:
    posts = json.loads(report)["posts"]
    assert all(single["share"] > 0 for single in posts["singles"])
    assert posts["batches"]["rows_of_event"] > 5


def test_the_product_has_no_address_that_does_nothing() -> None:
    source = (
        "from tracker.app import create_app; from tracker.config import load_settings; import sys;"
    )
    asking = f"{source} print(create_app(load_settings({{'TRACKER_DATA': sys.argv[1]}})).url_map)"
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-c", asking, folder]
        addresses = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "/api/v1/deal-events" in addresses
    assert posting.NO_OP not in addresses


def test_the_phone_page_is_light(report: str) -> None:
    page = json.loads(report)["page"]
    assert page["files_count"] >= 10
    assert page["total_kilobytes"] <= 150
    assert page["scripts_kilobytes"] <= 60


def test_a_new_quota_reads_no_deal(report: str) -> None:
    quotas = json.loads(report)["quotas"]
    assert quotas["reps_count"] == 20
    assert quotas["deal_reads_count"] == 0


def test_without_openfisca_the_rest_is_measured_and_the_run_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "openfisca_core.taxscales", None)
    assert ladder_cost.ladder_cost(lambda step: None) is None
    table = bench_command._ladder_table(None)
    assert "OpenFisca is not installed" in str(table.caption)
