"""`test` and `lint`: what must be green before a change is shared."""

import os
import subprocess
import sys

import click

from tracker.launcher import ROOT

WORKERS_MAX = 4
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(context_settings=PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENTS]...")
def test(arguments: tuple[str, ...]) -> int:
    """Run the tests, the arguments going to pytest; for example: test tests/engine -k ladder -n 0"""
    workers = str(min(os.cpu_count() or 1, WORKERS_MAX))
    # A file stays with one worker: its servers and databases are started once.
    return run("pytest", "-n", workers, "--dist", "loadfile", *arguments)


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
