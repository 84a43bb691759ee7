"""`test` and `lint`: what must be green before a change is shared."""

import os
import subprocess
import sys
from collections.abc import Sequence

import click

from tracker import clock
from tracker.launcher import ROOT

WORKERS_MAX = 4
HISTORIES_SETTING = "TRACKER_TEST_HISTORIES"
"""How many, for the tests (tests/random_histories.py)."""
FAULTS_SETTING, FAULTS_SEED_SETTING = "TRACKER_TEST_FAULTS", "TRACKER_TEST_FAULTS_SEED"
"""smoke or long, and the seed, for the tests (tests/faults/size.py)."""
API_SETTING, API_SEED_SETTING = "TRACKER_TEST_API", "TRACKER_TEST_API_SEED"
"""How many examples, and the seed, for the test of the API (tests/contract/test_conformance.py)."""
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(context_settings=PASS_ON)
@click.option(
    "--histories",
    type=click.IntRange(min=1),
    help="Only the properties of random histories, tried on so many; prints the seed and what was tried.",
)
@click.option(
    "--faults",
    is_flag=True,
    help="Only the tests that kill, cut off and starve the product; prints the seed and the figures.",
)
@click.option(
    "--api",
    "api_examples",
    type=click.IntRange(min=1),
    help="Only the API against its own document, with so many examples for each address; prints the seed.",
)
@click.option("--long", is_flag=True, help="With --faults: the full figures instead of a sample.")
@click.option("--seed", type=click.IntRange(min=0), help="What an earlier run tried, again.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENTS]...")
def test(
    histories: int | None,
    faults: bool,
    api_examples: int | None,
    long: bool,
    seed: int | None,
    arguments: tuple[str, ...],
) -> int:
    """Run the tests, the arguments going to pytest; for example: test tests/engine -k ladder -n 0"""
    _refuse_what_does_not_go_together(
        [histories is not None, faults, api_examples is not None], faults, long, seed
    )
    workers = str(min(os.cpu_count() or 1, WORKERS_MAX))
    if faults:
        return _break_things(long, _seed(seed), workers, arguments)
    if histories is not None:
        return _try_histories(histories, _seed(seed), workers, arguments)
    if api_examples is not None:
        return _hold_to_document(api_examples, _seed(seed), arguments)
    # A file stays with one worker: its servers and databases are started once.
    return run("pytest", "-n", workers, "--dist", "loadfile", *arguments)


def _refuse_what_does_not_go_together(
    runs: Sequence[bool], faults: bool, long: bool, seed: int | None
) -> None:
    if sum(runs) > 1:
        raise click.UsageError("Histories, faults and the API are runs of their own: ask for one.")
    if long and not faults:
        raise click.UsageError("A long run is one of faults: add --faults.")
    if seed is not None and not any(runs):
        raise click.UsageError(
            "A seed is for what is random: add --histories 5000, --faults, or --api 500."
        )


def _seed(given: int | None) -> int:
    return clock.now().microsecond if given is None else given


def _try_histories(count: int, seed: int, workers: str, arguments: tuple[str, ...]) -> int:
    """Every property of histories on `count` of them, or on its share of that where one takes long."""
    os.environ[HISTORIES_SETTING] = str(count)
    again = f"python3 -m tracker test --histories {count} --seed {seed}"
    click.echo(f"{count:,} random histories, seed {seed}. The same again: {again}")
    told = ("-m", "histories", f"--hypothesis-seed={seed}", "--hypothesis-show-statistics")
    patient = (
        "-o",
        "faulthandler_timeout=0",
    )  # one property may well take longer than a test that hangs
    code = run("pytest", "-n", workers, "--dist", "load", *told, *patient, *arguments)
    click.echo(f"Seed {seed}: {'all held' if code == 0 else 'not all held'}. Again: {again}")
    return code


def _break_things(long: bool, seed: int, workers: str, arguments: tuple[str, ...]) -> int:
    """The tests of tests/faults, as a sample or with the full figures."""
    os.environ[FAULTS_SETTING] = "long" if long else "smoke"
    os.environ[FAULTS_SEED_SETTING] = str(seed)
    again = f"python3 -m tracker test --faults{' --long' if long else ''} --seed {seed}"
    click.echo(f"Fault tests, seed {seed}. The same again: {again}")
    told = ("-m", "faults", f"--hypothesis-seed={seed}", "-o", "faulthandler_timeout=0")
    # Most of the time is waiting for servers to start and to come back: whoever is idle takes from the other.
    code = run("pytest", "-n", workers, "--dist", "worksteal", *told, *arguments)
    click.echo(f"Seed {seed}: {'all held' if code == 0 else 'not all held'}. Again: {again}")
    return code


def _hold_to_document(examples: int, seed: int, arguments: tuple[str, ...]) -> int:
    """The API against its own document, in one process: chains of requests follow each other's answers."""
    os.environ[API_SETTING], os.environ[API_SEED_SETTING] = str(examples), str(seed)
    again = f"python3 -m tracker test --api {examples} --seed {seed}"
    click.echo(f"{examples:,} examples for each address, seed {seed}. The same again: {again}")
    code = run("pytest", "-m", "api", "-s", "-o", "faulthandler_timeout=0", *arguments)
    click.echo(f"Seed {seed}: {'nothing found' if code == 0 else 'see above'}. Again: {again}")
    return code


@click.command()
@click.option("--fix", is_flag=True, help="Let ruff repair what it can before checking.")
def lint(fix: bool) -> int:
    """Run ruff (rules and format) and mypy (strict over tracker/); all three speak before it fails."""
    if fix:
        run("ruff", "check", "--fix-only", "--quiet", ".")
        run("ruff", "format", "--quiet", ".")
    codes = [run("ruff", "check", "."), run("ruff", "format", "--check", "."), run("mypy")]
    return max(codes)


def run(module: str, *arguments: str) -> int:
    """One tool of this environment, from the project's root; returns its exit code."""
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, check=False
    ).returncode
