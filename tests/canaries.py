"""What is said in a run of the tests is kept, at the lowest level, and in the end searched for what may not be said.

It is said by this process and by every server that the tests start (`kept_log`). Looked for are the people of the
tests, their figures, every secret that was made, and anything that looks like a secret or an address. What is found
fails the run, with its file and line. This module is a plugin of pytest, registered by conftest.
"""

import json
import logging
import os
import re
import secrets
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import IO, Any

import pytest

FOLDER_SETTING = "LOGS_OF_THIS_RUN"
SECRETS_SUFFIX = ".secrets"
LOG_SUFFIX = ".log"

LOOKS_SECRET = re.compile(r"(?<![\w-])(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*\d)[\w+/-]{20,}")
"""A session, a key, a webhook's secret or the id of a socket, whoever made it."""
LOOKS_LIKE_AN_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")
WORD = re.compile(r"[\w+/=-]{6,}")
NUMBER = re.compile(r"\d{1,3}(?:[.,'\s]\d{3})+|\d+")
NO_DIGIT = re.compile(r"\D")
NO_CANARY = re.compile(r'"at": "[^"]+"')
"""The time of day may look like a figure."""

SUMMARY = pytest.StashKey[str]()


def folder() -> Path:
    return Path(os.environ[FOLDER_SETTING])


def kept_log(name: str) -> IO[bytes]:
    """A new file for what a server says on its standard error; searched when the run ends."""
    number, path = tempfile.mkstemp(prefix=f"{name}-", suffix=LOG_SUFFIX, dir=folder())
    os.close(number)
    return Path(path).open("wb")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to listen: in the process that leads the run, and in each that works for it."""
    is_leading = not hasattr(config, "workerinput")
    if is_leading:
        os.environ[FOLDER_SETTING] = tempfile.mkdtemp(prefix="tracker-logs-")
    # Of every server that a test starts; what it inherits says all there is to say.
    os.environ.update(TRACKER_LOG_LEVEL="debug", TRACKER_LOG_FORMAT="json")
    _listen()
    _note_secrets()


def _listen() -> None:
    from tracker.logs import Funnel

    said = (folder() / f"in-process-{os.getpid()}{LOG_SUFFIX}").open("w")  # to the end of the run
    logging.getLogger().addHandler(Funnel(said, is_for_people=False))
    logging.getLogger("tracker").setLevel(logging.DEBUG)


def _note_secrets() -> None:
    """Every secret that is made in this process is a canary."""
    from tracker.store import screens

    noted = folder() / f"{os.getpid()}{SECRETS_SUFFIX}"
    _noting(secrets, "token_urlsafe", noted, str)
    _noting(secrets, "token_bytes", noted, lambda made: b64encode(made).decode())
    _noting(screens, "_unused_code", noted, str)


def _noting(module: Any, name: str, noted: Path, written: Callable[[Any], str]) -> None:
    make = getattr(module, name)

    def make_and_note(*arguments: Any, **options: Any) -> Any:
        made = make(*arguments, **options)
        with noted.open("a") as file:
            file.write(written(made) + "\n")
        return made

    setattr(module, name, make_and_note)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Search, and let the run fail when anything is found; then its logs are kept to be looked at."""
    if hasattr(session.config, "workerinput"):
        return
    found = list(findings(folder()))
    logs = list(folder().glob(f"*{LOG_SUFFIX}"))
    lines_count = sum(path.read_bytes().count(b"\n") for path in logs)
    searched = f"{lines_count:,} lines of {len(logs)} logs searched for what may not be said"
    session.config.stash[SUMMARY] = "\n".join([f"{searched}: {len(found)} found", *found[:20]])
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    else:
        shutil.rmtree(folder(), ignore_errors=True)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    terminalreporter.write_line(config.stash.get(SUMMARY, ""))


def findings(logs: Path) -> Iterator[str]:
    """Every place in the logs of a folder that holds a canary or is no line of JSON: its file, line and what it is."""
    made = _secrets_made(logs)
    for path in sorted(logs.glob(f"*{LOG_SUFFIX}")):
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            for what in _wrong_with(line, made):
                yield f"{path}:{number}: {what}"


def _wrong_with(line: str, made: set[str]) -> Iterator[str]:
    if not _is_json_object(line):
        yield "no JSON object"
    text = NO_CANARY.sub("", line)
    found = made.intersection(WORD.findall(text))
    found |= {words for words in _known_words() if words in text}
    found |= {number for number in NUMBER.findall(text) if NO_DIGIT.sub("", number) in _amounts()}
    found |= {
        word for looks in (LOOKS_SECRET, LOOKS_LIKE_AN_ADDRESS) for word in looks.findall(text)
    }
    yield from (f"holds {canary!r}" for canary in sorted(found))


def _is_json_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _secrets_made(logs: Path) -> set[str]:
    return {
        secret
        for path in logs.glob(f"*{SECRETS_SUFFIX}")
        for secret in path.read_text().split()
        if len(secret) >= 6
    }


@cache
def _known_words() -> frozenset[str]:
    """The people of the tests and of the demo, and what stands around their deals."""
    from tests import cast
    from tracker.demo.company import ADMIN, TEAMS

    people = {*cast.NAMES.values(), ADMIN, cast.PASSWORD}
    people |= {name for team in TEAMS for name in (*team.reps, team.manager)}
    return frozenset(people | {"Customer ", "Prospect of", "Doubt of"})


@cache
def _amounts() -> frozenset[str]:
    """The figures of the cast as digits: whole, rounded and in minor units."""
    from tests import cast

    amounts_minor = {
        amount
        for figures in cast.FIGURES.values()
        for amount in (
            figures.sold_minor,
            figures.quota_minor,
            figures.adjusted_minor,
            figures.earned_minor,
            figures.distance_minor,
        )
    }
    readings = ((minor, minor // 100, (minor + 50) // 100) for minor in amounts_minor)
    return frozenset(str(number) for one in readings for number in one)
