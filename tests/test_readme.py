"""The README names every setting and every command, and no other."""

import re
from pathlib import Path

from tests.ingest.records import NOW, TODAY, payee_id_of
from tracker.cli import COMMANDS
from tracker.config import setting_names
from tracker.engine.plan_trials.plan_trial import refuse_wrong_examples
from tracker.ingest.connectors.deal_mapping import parse_deal_mapping
from tracker.ingest.deal_payload import Reader
from tracker.ingest.files.deal_rows import DEALS
from tracker.ingest.files.mapping_file import parse_mapping
from tracker.ingest.strict_json import parse_strict

README = (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text below a heading, up to the next one of its level."""
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", README, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title}"
    return found.group(1)


def example(title: str) -> str:
    """What is set off below a smaller heading, without its indent."""
    found = re.search(rf"^### {title}\n(.*?)(?=^##)", README, re.MULTILINE | re.DOTALL)
    assert found, f"no section {title}"
    lines = found.group(1).splitlines()
    return "\n".join(line[4:] for line in lines if line.startswith("    ") or not line)


def fenced(title: str) -> str:
    """The first block between fences below a smaller heading."""
    found = re.search(rf"^### {title}\n.*?^```\w*\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    assert found, f"no block in {title}"
    return found.group(1)


def test_what_the_readme_shows_is_accepted() -> None:
    refuse_wrong_examples(example("Plan files"))
    parse_mapping(example("Import files"), DEALS)
    for crm in ("HubSpot", "Salesforce"):
        parse_deal_mapping(fenced(f"Connect {crm}"))
    _, _, event = example("Send deals").partition("{")
    Reader(payee_id_of, NOW, TODAY).event(parse_strict(f"{{{event}".encode()))


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
