"""The commands: listed fast, looked up one at a time, and plain when they fail."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest

from tracker import cli
from tracker.commands import checks
from tracker.errors import BadConfiguration, NotFound, PortInUse, Problem

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def failing_command(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A command `fail` that raises what the module's `error` is."""
    module = ModuleType("failing")
    module.error = Exception()  # type: ignore[attr-defined]

    @click.command()
    def fail() -> None:
        raise module.error

    module.fail = fail  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "failing", module)
    monkeypatch.setitem(cli.COMMANDS, "fail", ("failing:fail", "Fail."))
    monkeypatch.setattr(cli, "module_exists", lambda target: True)
    return module


def test_the_list_of_commands_imports_none_of_them() -> None:
    question = (
        "import sys; from tracker import cli; cli.main(['--help']); print('IMPORTED', *sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True, check=True
    )
    listed, _, imported = answer.stdout.partition("IMPORTED ")
    assert "test " in listed
    assert "lint " in listed
    assert set(imported.split()).isdisjoint(
        {"flask", "sqlalchemy", "pydantic", "tracker.commands.checks"}
    )


def test_every_listed_command_explains_itself() -> None:
    # In a process of its own: a command that serves changes the standard library for good.
    ask_all = (
        "import click; from tracker import cli\n"
        "for name in cli.tracker.list_commands(click.Context(cli.tracker)):\n"
        "    assert cli.main([name, '--help']) == 0, name\n"
    )
    asked = subprocess.run(
        [sys.executable, "-c", ask_all], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    for name in cli.tracker.list_commands(click.Context(cli.tracker)):
        assert f"Usage: python3 -m tracker {name}" in asked.stdout


def test_a_command_whose_module_is_missing_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for target in ("tracker.nowhere:command", "tracker.nowhere.deeper:command"):
        monkeypatch.setitem(cli.COMMANDS, "missing", (target, "Not there."))
        assert "missing" not in cli.tracker.list_commands(click.Context(cli.tracker))


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dmeo"]) == 2
    assert "dmeo" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "exit_code", "said"),
    [
        (NotFound("There is no plan ae. Show them with: plan show"), 1, "There is no plan ae."),
        (PortInUse("127.0.0.1", 8700), 1, "Port 8700 on 127.0.0.1 is already used"),
        (
            BadConfiguration([Problem("TRACKER_PORT", "wrong.", "Set it.")]),
            2,
            "TRACKER_PORT: wrong. Set it.",
        ),
    ],
)
def test_an_error_meant_for_a_person_is_printed_without_a_traceback(
    failing_command: ModuleType,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    exit_code: int,
    said: str,
) -> None:
    failing_command.error = error
    assert cli.main(["fail"]) == exit_code
    printed = capsys.readouterr()
    assert said in printed.err
    assert "Traceback" not in printed.err
    assert printed.out == ""


def test_a_fault_of_the_program_keeps_its_traceback(failing_command: ModuleType) -> None:
    failing_command.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        cli.main(["fail"])


def test_ctrl_c_ends_a_command_quietly(failing_command: ModuleType) -> None:
    failing_command.error = KeyboardInterrupt()
    assert cli.main(["fail"]) == 130


def test_a_bare_start_shows_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) in (0, 2)
    printed = capsys.readouterr()
    assert "python3 -m tracker demo" in (printed.out + printed.err).replace("\n ", "")


def test_arguments_of_test_reach_pytest_and_its_verdict_comes_back(tmp_path: Path) -> None:
    inner = tmp_path / "test_inner.py"
    inner.write_text("def test_fine(): pass\ndef test_broken(): assert False\n")
    quiet = ["-n", "0", "-q", "-p", "no:cacheprovider", "--no-header", str(inner)]
    assert cli.main(["test", *quiet, "-k", "fine"]) == 0
    assert cli.main(["test", *quiet, "-k", "broken"]) == 1


def test_lint_fails_when_any_of_its_tools_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for failing in ("ruff", "mypy", "none"):
        monkeypatch.setattr(
            checks, "run", lambda module, *_, failing=failing: int(module == failing)
        )
        assert cli.main(["lint"]) == int(failing != "none")


def test_random_histories_are_asked_for_by_number_and_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(checks, "run", lambda *arguments: asked.append(arguments) or 0)
    monkeypatch.setenv(checks.HISTORIES_SETTING, "0")
    assert cli.main(["test", "--histories", "5000", "--seed", "7", "-x"]) == 0
    assert os.environ[checks.HISTORIES_SETTING] == "5000"
    (arguments,) = asked
    assert {"histories", "--hypothesis-seed=7", "faulthandler_timeout=0", "-x"} <= set(arguments)
    assert "5,000 random histories, seed 7" in capsys.readouterr().out
    assert cli.main(["test", "--seed", "7"]) == 2


def test_faults_are_asked_for_apart_and_by_seed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(checks, "run", lambda *arguments: asked.append(arguments) or 0)
    for setting in (checks.FAULTS_SETTING, checks.FAULTS_SEED_SETTING):
        monkeypatch.setenv(setting, "")
    assert cli.main(["test", "--faults", "--long", "--seed", "7", "-x"]) == 0
    assert (os.environ[checks.FAULTS_SETTING], os.environ[checks.FAULTS_SEED_SETTING]) == (
        "long",
        "7",
    )
    (arguments,) = asked
    assert {"faults", "--hypothesis-seed=7", "-x"} <= set(arguments)
    assert "test --faults --long --seed 7" in capsys.readouterr().out
    assert cli.main(["test", "--long"]) == 2
    assert cli.main(["test", "--faults", "--histories", "5"]) == 2


def test_the_api_is_held_to_its_document_with_as_many_examples_as_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(checks, "run", lambda *arguments: asked.append(arguments) or 0)
    for setting in (checks.API_SETTING, checks.API_SEED_SETTING):
        monkeypatch.setenv(setting, "")
    assert cli.main(["test", "--api", "500", "--seed", "7", "-x"]) == 0
    assert (os.environ[checks.API_SETTING], os.environ[checks.API_SEED_SETTING]) == ("500", "7")
    (arguments,) = asked
    assert {"api", "-x"} <= set(arguments)
    assert "test --api 500 --seed 7" in capsys.readouterr().out
    assert cli.main(["test", "--api", "5", "--faults"]) == 2


def test_the_ordinary_run_says_how_many_faults_it_left_out() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/faults"], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert re.search(
        r"^\d+ fault tests are left to: python3 -m tracker test --faults$", done.stdout, re.M
    )
    assert " passed" not in done.stdout
