"""`test` and `lint`: what must be green before a change is shared."""

import os
import subprocess
import sys

import click

from tracker import clock
from tracker.launcher import ROOT

WORKERS_MAX = 4
HISTORIES_SETTING = "TRACKER_TEST_HISTORIES"
"""How many, for the tests (tests/random_histories.py)."""
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(context_settings=PASS_ON)
@click.option(
    "--histories",
    type=click.IntRange(min=1),
    help="Only the properties of random histories, tried on so many; prints the seed and what was tried.",
)
@click.option("--seed", type=click.IntRange(min=0), help="The histories of an earlier run again.")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENTS]...")
def test(histories: int | None, seed: int | None, arguments: tuple[str, ...]) -> int:
    """Run the tests, the arguments going to pytest; for example: test tests/engine -k ladder -n 0"""
    if seed is not None and histories is None:
        raise click.UsageError("A seed is for random histories: add --histories 5000.")
    workers = str(min(os.cpu_count() or 1, WORKERS_MAX))
    if histories is None:
        # A file stays with one worker: its servers and databases are started once.
        return run("pytest", "-n", workers, "--dist", "loadfile", *arguments)
    return _try_histories(histories, _seed(seed), workers, arguments)


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
