"""The `trail` command: what was done that changed pay, by whom and why; and the head to keep somewhere else."""

import re
from pathlib import Path

import click

from tracker.config import load_settings
from tracker.errors import BadInput, Problem
from tracker.store import trail as store_trail
from tracker.store.database import Database, opened_database
from tracker.store.trail import TrailEntry, TrailHead

_HEAD = re.compile(r"(\d+)\s+([0-9a-f]{64})")
_HASH = re.compile(r"[0-9a-f]{64}")


@click.group()
def trail() -> None:
    """Show the acts that changed pay, or export the head of their chain."""


@trail.command()
@click.option("--last", "count", type=click.IntRange(1), help="Only so many of the latest entries.")
def show(count: int | None) -> None:
    """Print every entry: when, who, what, and why."""
    with opened_database(load_settings()) as database, database.read() as connection:
        entries = store_trail.entries(connection)
    for entry in entries[-(count or len(entries)) :]:
        click.echo(_in_words(entry))
    if not entries:
        click.echo("Nothing has been done yet.")


@trail.command()
@click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path), help="A new file.")
def head(file: Path | None) -> None:
    """Export the last entry's number and hash. Keep it where nobody who can write to the database can change it.

    `verify --trail-head` then finds even a trail whose end was cut off, or that was written anew.
    """
    with opened_database(load_settings()) as database, database.read() as connection:
        last = store_trail.head(connection)
    if file is None:
        click.echo(str(last))
        return
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(f"{last}\n")
    except OSError as error:
        what = f"it cannot be written: {error.strerror}."
        raise BadInput([Problem(str(file), what, "Name a new file.")]) from None
    click.echo(f"Entry {last.id} is the last. Its hash is in {file}.")


def exported_head(given: str, database: Database) -> TrailHead:
    """The head that a file written by `trail head` holds, or the entry a bare hash names."""
    text = given.strip().lower()
    if _HASH.fullmatch(text):
        return _entry_with(text, database)
    try:
        found = _HEAD.fullmatch(Path(given).read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        found = None
    if found is None:
        what = f"{given!r} is neither a hash nor a file that `trail head` wrote."
        raise BadInput([Problem("--trail-head", what, "Name that file, or give the 64 digits.")])
    return TrailHead(int(found[1]), found[2])


def _entry_with(text: str, database: Database) -> TrailHead:
    with database.read() as connection:
        entries = store_trail.entries(connection)
    known = {entry.hash: entry.id for entry in entries} | {store_trail.FIRST_HASH: 0}
    return TrailHead(known.get(text, len(entries) + 1), text)


def _in_words(entry: TrailEntry) -> str:
    reason = f": {entry.reason}" if entry.reason else ""
    return f"{entry.id} {entry.at:%Y-%m-%d %H:%M:%S} UTC {entry.actor} {entry.act} {entry.subject}{reason}"
