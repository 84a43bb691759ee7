"""The pins: complete, hashed, without an address, and those of pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEVELS = {"run": [], "test": ["test"], "dev": ["test", "dev"]}


def pins(level: str) -> dict[str, str]:
    """Each pinned package of a requirements file with its whole entry, hashes and reasons included."""
    text = (ROOT / "requirements" / f"{level}.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    return {
        re.split(r"[=\[ ]", entry)[0]: entry
        for entry in entries
        if entry and not entry.startswith("#")
    }


def names(declared: list[str]) -> set[str]:
    return {re.split(r"[\[>=<; ]", line)[0].lower() for line in declared}


def asked_for_by_the_project(level: str) -> set[str]:
    return {name for name, entry in pins(level).items() if "tracker (pyproject.toml)" in entry}


@pytest.mark.parametrize("level", LEVELS)
def test_the_pins_are_exactly_what_pyproject_asks_for(level: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = list(project["dependencies"])
    for extra in LEVELS[level]:
        declared += project["optional-dependencies"][extra]
    assert asked_for_by_the_project(level) == names(declared)


@pytest.mark.parametrize("level", LEVELS)
def test_every_pin_names_one_version_and_its_hashes(level: str) -> None:
    for name, entry in pins(level).items():
        assert re.match(rf"{re.escape(name)}(\[[\w,]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, f"{name} has no hash"


@pytest.mark.parametrize("level", LEVELS)
def test_no_requirements_file_holds_an_address(level: str) -> None:
    text = (ROOT / "requirements" / f"{level}.txt").read_text(encoding="utf-8")
    for sign_of_address in ("//", "--index", "--find-links", "--extra-index", "@ "):
        assert sign_of_address not in text


def test_each_level_holds_the_versions_of_the_one_before() -> None:
    version = re.compile(r"==(\S+)")
    for smaller, larger in (("run", "test"), ("test", "dev")):
        held = pins(larger)
        for name, entry in pins(smaller).items():
            assert version.search(entry).group(1) == version.search(held[name]).group(1), name  # type: ignore[union-attr]
