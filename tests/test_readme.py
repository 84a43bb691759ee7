"""The README names every setting and every command, and no other."""

import re
from pathlib import Path

from tracker.cli import COMMANDS
from tracker.config import setting_names

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text below a heading, up to the next one of its level."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title}"
    return found.group(1)


def test_the_readme_names_every_setting_and_no_other() -> None:
    assert set(re.findall(r"`(TRACKER_\w+)`", section("Settings"))) == set(setting_names())


def test_the_readme_names_every_command_and_no_other() -> None:
    first_cells = re.findall(r"^\| (`.+?) \|", section("Commands"), re.MULTILINE)
    named = {word for cell in first_cells for word in re.findall(r"`(\w+)", cell)}
    assert named == set(COMMANDS)


def test_every_picture_of_the_readme_is_there() -> None:
    root = Path(__file__).resolve().parent.parent
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    assert all((root / picture).is_file() for picture in pictures)
