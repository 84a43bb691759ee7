"""The launcher on a project of its own: real venvs and the real pip, fed from a folder instead of the network."""

import ast
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tracker import __main__ as entry
from tracker.launcher import INSTALLING, ROOT, Environment, needed_level

PYTHON = getattr(sys, "_base_executable", sys.executable)
LAUNCHED = ("__init__.py", "__main__.py", "launcher.py")
COMMAND = """
import os, sys, tiny
print("version", tiny.VERSION)
print("arguments", *sys.argv[1:])
print("folder", os.getcwd())
print("prefix", sys.prefix)
"""


class Project:
    """A copy of the launcher with one tiny package as its pins."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.wheels = root.parent / "wheels"  # pip splits its list of folders at spaces
        for folder in (root / "tracker", root / "requirements", self.wheels):
            folder.mkdir(parents=True)
        for name in LAUNCHED:
            shutil.copy(ROOT / "tracker" / name, root / "tracker" / name)
        (root / "tracker" / "cli.py").write_text(COMMAND)
        (root / "pyproject.toml").write_text("")
        for level in ("run", "test", "dev"):
            self.pin(level, "1.0")

    def pin(self, level: str, version: str) -> None:
        wheel = make_wheel(self.wheels, version)
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        entry_text = f"tiny=={version} \\\n    --hash=sha256:{digest}\n    # via {level}\n"
        (self.root / "requirements" / f"{level}.txt").write_text(entry_text)

    def start(
        self,
        *arguments: str,
        cwd: Path | None = None,
        python: str | Path = PYTHON,
        **variables: str,
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [python, "-m", "tracker", *arguments],
            cwd=cwd or self.root,
            env=self.environment() | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        return {
            "PATH": "/nowhere",
            "HOME": str(self.root),
            "PYTHONPATH": str(self.root),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }


def make_wheel(folder: Path, version: str) -> Path:
    path = folder / f"tiny-{version}-py3-none-any.whl"
    described = f"tiny-{version}.dist-info"
    if not path.exists():
        with zipfile.ZipFile(path, "w") as wheel:
            wheel.writestr("tiny.py", f"VERSION = {version!r}\n")
            metadata = f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n"
            wheel.writestr(f"{described}/METADATA", metadata)
            kind = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            wheel.writestr(f"{described}/WHEEL", kind)
            wheel.writestr(f"{described}/RECORD", "")
    return path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "a project")


def test_the_first_start_installs_and_runs_the_command(project: Project) -> None:
    first = project.start("demo", "--port", "9000")
    assert first.returncode == 0, first.stderr
    assert "version 1.0" in first.stdout
    assert "arguments demo --port 9000" in first.stdout
    assert f"prefix {project.root / '.venv'}" in first.stdout
    assert first.stderr.splitlines() == ["Installing 1 package into .venv (once, about 20 s) ..."]


def test_the_next_start_installs_nothing_and_says_nothing(project: Project) -> None:
    project.start("demo")
    shutil.rmtree(project.wheels)
    second = project.start("demo")
    assert (second.returncode, second.stderr) == (0, "")


def test_changed_pins_are_installed_at_the_next_start(project: Project) -> None:
    project.start("demo")
    project.pin("run", "2.0")
    assert "version 2.0" in project.start("demo").stdout


def test_a_larger_set_is_kept_when_a_smaller_one_would_do(project: Project) -> None:
    project.pin("test", "2.0")
    assert "version 2.0" in project.start("test").stdout
    assert "version 2.0" in project.start("demo").stdout
    project.pin("test", "3.0")
    assert "version 3.0" in project.start("demo").stdout


def test_an_interrupted_install_is_removed_and_made_anew(project: Project) -> None:
    project.start("demo")
    environment = Environment(project.root)
    environment.stamp.write_text(INSTALLING)
    half_written = environment.folder / "half-written"
    half_written.write_text("")
    again = project.start("demo")
    assert "version 1.0" in again.stdout
    assert not half_written.exists()


def test_a_start_killed_while_installing_is_repaired_by_the_next(project: Project) -> None:
    killed = subprocess.Popen(
        [PYTHON, "-m", "tracker", "demo"],
        cwd=project.root,
        env=project.environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert killed.stderr is not None
    assert killed.stderr.readline().startswith("Installing ")
    killed.kill()
    again = project.start("demo")
    killed.communicate(timeout=120)
    assert "version 1.0" in again.stdout, again.stderr
    assert Environment(project.root).is_ready("run")


@pytest.mark.parametrize("left_behind", ["", "bin", "bin/python"])
def test_a_half_made_venv_is_repaired(project: Project, left_behind: str) -> None:
    place = project.root / ".venv" / left_behind
    if place.name == "python":
        place.parent.mkdir(parents=True)
        place.symlink_to("/nowhere/python3")
    else:
        place.mkdir(parents=True)
    assert "version 1.0" in project.start("demo").stdout


def test_a_venv_whose_python_has_gone_is_made_anew(project: Project) -> None:
    project.start("demo")
    python = Environment(project.root).python
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert "version 1.0" in project.start("demo").stdout


def test_it_starts_from_any_folder_and_stays_there(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "tracker").mkdir(parents=True)
    started = project.start("demo", cwd=tmp_path / "elsewhere")
    assert f"folder {tmp_path / 'elsewhere'}" in started.stdout, started.stderr
    assert not (tmp_path / "elsewhere" / ".venv").exists()


def test_it_starts_with_the_python_of_its_own_venv_too(project: Project) -> None:
    project.start("demo")
    project.pin("run", "2.0")
    assert "version 2.0" in project.start("demo", python=Environment(project.root).python).stdout


def test_two_first_starts_at_once_install_once(project: Project) -> None:
    started = [
        subprocess.Popen(
            [PYTHON, "-m", "tracker", "demo"],
            cwd=project.root,
            env=project.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], answers
    assert sum("Installing" in errors for _, errors in answers) == 1


def one_sentence(answer: subprocess.CompletedProcess[str]) -> str:
    """What the person reads: no traceback, nothing of pip, not more than the progress and one line."""
    assert answer.returncode == 1
    assert answer.stdout == ""
    lines = [line for line in answer.stderr.splitlines() if not line.startswith("Installing ")]
    assert len(lines) == 1, answer.stderr
    assert lines[0].startswith("The tracker cannot start: ")
    return lines[0]


def test_without_a_network_it_says_so_and_the_next_start_repairs(project: Project) -> None:
    nowhere = {"PIP_NO_INDEX": "0", "PIP_FIND_LINKS": "", "PIP_RETRIES": "1"}
    refused = project.start("demo", PIP_INDEX_URL="http://127.0.0.1:9/simple", **nowhere)
    assert "the package index cannot be reached" in one_sentence(refused)
    assert "version 1.0" in project.start("demo").stdout


def test_a_package_that_is_not_the_pinned_one_is_refused(project: Project) -> None:
    wheel = make_wheel(project.wheels, "1.0")
    with zipfile.ZipFile(wheel, "a") as changed:
        changed.writestr("stranger.py", "")
    assert "not the one that was pinned" in one_sentence(project.start("demo"))


def take_away(project: Project, modules: list[str], where: str) -> None:
    """Make modules impossible to import in every Python for which the condition `where` holds."""
    blocked = f"import sys\nif {where}:\n    sys.modules.update(dict.fromkeys({modules!r}))\n"
    (project.root / "sitecustomize.py").write_text(blocked)


def test_without_pip_it_says_what_to_install(project: Project) -> None:
    take_away(project, ["pip", "ensurepip"], where="True")
    assert "apt install python3-pip" in one_sentence(project.start("demo"))


def test_without_pip_the_one_of_ensurepip_is_used(project: Project) -> None:
    bundled = subprocess.run([PYTHON, "-c", "import ensurepip._bundled"], capture_output=True)
    if bundled.returncode != 0:
        pytest.skip("this Python has no ensurepip (Debian takes it out)")
    take_away(project, ["pip"], where="sys.prefix == sys.base_prefix")
    assert "version 1.0" in project.start("demo").stdout


def test_a_place_that_cannot_be_written_is_named(project: Project) -> None:
    (project.root / ".venv").write_text("a file in the way")
    assert ".venv" in one_sentence(project.start("demo"))


def test_an_old_python_is_refused_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer, and this is Python 3\.9\."):
        entry.main()


def test_an_old_python_can_read_the_file_that_refuses_it() -> None:
    for name in ("__init__.py", "__main__.py"):
        ast.parse((ROOT / "tracker" / name).read_text(), feature_version=(3, 4))


@pytest.mark.parametrize("name", LAUNCHED)
def test_nothing_is_imported_before_it_is_installed(name: str) -> None:
    tree = ast.parse((ROOT / "tracker" / name).read_text())
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    modules += [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    ]
    outside = {name.split(".")[0] for name in modules} - sys.stdlib_module_names
    assert outside <= {"tracker"}


@pytest.mark.parametrize(
    ("arguments", "level"),
    [
        (["demo"], "run"),
        ([], "run"),
        (["--help"], "run"),
        (["test", "-k", "lint"], "test"),
        (["lint"], "dev"),
    ],
)
def test_only_the_packages_a_command_needs_are_installed(arguments: list[str], level: str) -> None:
    assert needed_level(arguments) == level
