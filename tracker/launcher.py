"""Make `.venv`, install the pinned packages, hand over to the command. Standard library only.

Debian's bare python3 has neither ensurepip nor an unlocked pip, so `python3 -m venv` and `pip install` both fail there.
An empty venv filled from outside by `python3 -m pip --python .venv/bin/python` works everywhere.
"""

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
LEVELS = ("run", "test", "dev")  # each holds everything of the one before
LEVEL_OF_COMMAND = {"test": "test", "bench": "test", "lint": "dev"}
INSTALLING = "installing"
TRY_AGAIN = "then run the same command again."

# What pip says when it cannot install -> what a person can do about it.
INSTALL_FAILURES = (
    (
        r"No space left on device|Disk quota exceeded",
        "the disk is full. Free about 1 GB, " + TRY_AGAIN,
    ),
    (
        r"DO NOT MATCH THE HASHES|Hash mismatch",
        "a downloaded package is not the one that was pinned, so it was refused. "
        "If you compile the pins, compile them again; otherwise check your package index, "
        + TRY_AGAIN,
    ),
    (
        r"Retrying \(|from versions: none|NewConnectionError|name resolution|unreachable"
        r"|[Tt]imed out|ProxyError|error sending request|Connection refused|dns error",
        "the package index cannot be reached. Check the network (and the proxy settings of pip), "
        + TRY_AGAIN,
    ),
    (
        r"No matching distribution|no matching|no wheels",
        "the package index has no ready-made package for this Python and system. "
        "Use Python 3.11 to 3.14 on Linux or macOS, " + TRY_AGAIN,
    ),
)


class LaunchError(Exception):
    """The environment cannot be made. The message is one plain sentence with what to do next."""


class Environment:
    """The `.venv` folder and the stamp in it that says which pins it holds."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.stamp = self.folder / "tracker-pins"
        scripts, name = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
        self.python = self.folder / scripts / name

    def requirements(self, level: str) -> Path:
        return self.root / "requirements" / f"{level}.txt"

    def wanted_stamp(self, level: str) -> str:
        pins = hashlib.sha256(self.requirements(level).read_bytes()).hexdigest()
        return f"{level} python{sys.version_info[0]}.{sys.version_info[1]} {pins}"

    def read_stamp(self) -> str:
        try:
            return self.stamp.read_text(encoding="ascii").strip()
        except (FileNotFoundError, UnicodeDecodeError):
            return ""

    def level_to_hold(self, needed: str) -> str:
        """The needed level, or the one already there when that holds more."""
        words = self.read_stamp().split()
        held = words[0] if words and words[0] in LEVELS else LEVELS[0]
        return max(needed, held, key=LEVELS.index)

    def is_ready(self, needed: str) -> bool:
        level = self.level_to_hold(needed)
        return self.read_stamp() == self.wanted_stamp(level) and self.python.exists()


def launch(arguments: list[str]) -> NoReturn:
    """Run one command of the tracker in its own environment; never returns."""
    environment = Environment()
    try:
        prepare(environment, needed_level(arguments))
    except LaunchError as error:
        sys.exit(f"The tracker cannot start: {error}")
    except OSError as error:
        sys.exit(
            f"The tracker cannot start: {environment.folder} cannot be made ({error.strerror}). "
            f"Put the project in a folder you may write to, {TRY_AGAIN}"
        )
    except KeyboardInterrupt:
        sys.exit("\nStopped before all packages were installed; the next start repairs that.")
    hand_over(environment, arguments)


def needed_level(arguments: list[str]) -> str:
    command = next((word for word in arguments if not word.startswith("-")), "")
    return LEVEL_OF_COMMAND.get(command, "run")


def prepare(environment: Environment, needed: str) -> None:
    """Make sure that `.venv` holds the pins of this level, installing them when it does not."""
    if environment.is_ready(needed):
        return
    with only_one(environment.root) as lock:
        if environment.is_ready(needed):
            return
        level = environment.level_to_hold(needed)
        make_folder(environment)
        environment.stamp.write_text(INSTALLING, encoding="ascii")
        install(environment, level, lock)
        environment.stamp.write_text(environment.wanted_stamp(level), encoding="ascii")


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[int]:
    """Let a second start wait for the first; yields the lock, which an installing child must share."""
    with (root / "pyproject.toml").open("rb") as held:
        with contextlib.suppress(ImportError):  # Windows has no fcntl: two starts are on their own
            import fcntl

            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Waiting for another start to finish ...", file=sys.stderr, flush=True)
                fcntl.flock(held, fcntl.LOCK_EX)
        yield held.fileno()


def make_folder(environment: Environment) -> None:
    """An empty venv; what an interrupted install left behind is removed, since nobody knows what is in it."""
    if environment.read_stamp() != INSTALLING and has_this_python(environment):
        return
    try:
        venv.EnvBuilder(clear=True, symlinks=os.name != "nt", with_pip=False).create(
            environment.folder
        )
    except (subprocess.CalledProcessError, ValueError) as error:
        raise LaunchError(
            f"python3 could not make a virtual environment ({error}). "
            f"Remove {environment.folder}, {TRY_AGAIN}"
        ) from error


def has_this_python(environment: Environment) -> bool:
    if not environment.python.exists():
        return False
    question = "import sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run(
        [environment.python, "-c", question], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() == "{}.{}".format(*sys.version_info[:2])


def install(environment: Environment, level: str, lock: int) -> None:
    """Run the installer. It shares the lock, since it goes on writing when only this start is killed."""
    requirements = environment.requirements(level)
    rules = ["--require-hashes", "--only-binary", ":all:", "-r", str(requirements)]
    command = [*installer(environment), *rules]
    announce(requirements)
    answer = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        pass_fds=() if os.name == "nt" else (lock,),
    )
    if answer.returncode != 0:
        raise LaunchError(why_install_failed(answer.stdout + answer.stderr))


def announce(requirements: Path) -> None:
    lines = requirements.read_text(encoding="utf-8").splitlines()
    count = sum("==" in line and not line.startswith(" ") for line in lines)
    packages = "1 package" if count == 1 else f"{count} packages"
    message = f"Installing {packages} into .venv (once, about 20 s) ..."
    print(message, file=sys.stderr, flush=True)


def installer(environment: Environment) -> list[str]:
    """The first that works of: this Python's pip, the pip of ensurepip, uv."""
    target = str(environment.python)
    for python in dict.fromkeys([sys.executable, getattr(sys, "_base_executable", sys.executable)]):
        if succeeds([python, "-m", "pip", "--version"]):
            return [python, "-m", "pip", "--python", target, "install", "--no-input", "--quiet"]
    if succeeds([target, "-m", "ensurepip"]):
        return [target, "-m", "pip", "install", "--no-input", "--quiet"]
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--python", target]
    raise LaunchError(
        "pip is missing. Install it (Debian and Ubuntu: sudo apt install python3-pip), " + TRY_AGAIN
    )


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def why_install_failed(output: str) -> str:
    for pattern, sentence in INSTALL_FAILURES:
        if re.search(pattern, output):
            return sentence
    errors = [line for line in output.splitlines() if line.lower().startswith("error")]
    return "pip failed: " + (errors or output.splitlines() or ["it gave no reason"])[-1]


def hand_over(environment: Environment, arguments: list[str]) -> NoReturn:
    """Become the command. The working directory stays; the project is found from wherever that is."""
    search_path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(search_path)
    command = [str(environment.python), "-P", "-m", "tracker.cli", *arguments]
    if os.name == "nt":  # exec on Windows returns to the prompt at once
        sys.exit(subprocess.call(command))
    os.execv(command[0], command)
