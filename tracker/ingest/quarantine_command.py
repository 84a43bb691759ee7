"""`quarantine`: what waits to be put right, from the command line."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager

import click

from tracker import clock
from tracker.config import Settings, load_settings
from tracker.errors import BadInput, NotFound, Problem
from tracker.ingest.setting_aside import Replayed, replay
from tracker.store import people
from tracker.store import quarantine as store
from tracker.store.database import Database, opened_database
from tracker.store.quarantine import SetAside


@click.group("quarantine")
def quarantine_command() -> None:
    """Show, replay or discard events that were authentic but could not be used."""


@quarantine_command.command("list")
def list_waiting() -> None:
    """Everything that waits, the oldest first, with its problems."""
    with _opened() as (_, database), database.read() as connection:
        entries = store.waiting(connection)
    for entry in entries:
        click.echo(_in_words(entry))
    click.echo(f"{len(entries)} wait." if entries else "Nothing waits.")


@quarantine_command.command()
@click.argument("number", type=int)
def show(number: int) -> None:
    """One entry whole: the event as it came, its problems and what became of it."""
    with _opened() as (_, database):
        entry = _entry(database, number)
    click.echo(_in_words(entry))
    click.echo(f"  {entry.end or 'waiting'} {entry.ended_by} {entry.reason}".rstrip())
    click.echo(entry.event.body)


@quarantine_command.command("replay")
@click.argument("numbers", type=int, nargs=-1)
@click.option("--all", "takes_all", is_flag=True, help="Everything that waits.")
def replay_entries(numbers: tuple[int, ...], takes_all: bool) -> int:
    """Judge entries again and record those that can be used now. Once, however often it is called."""
    if not numbers and not takes_all:
        raise BadInput([Problem("NUMBERS", "nothing is named.", "Name entries, or write --all.")])
    with _opened() as (settings, database):
        if takes_all:
            with database.read() as connection:
                entries = store.waiting(connection)
        else:
            entries = [_entry(database, number) for number in numbers]
        played = replay(database, entries, _who(), clock.now(), settings.company_zone)
    for one in played:
        click.echo(_outcome_in_words(one))
    return int(any(one.kind == "waiting" for one in played))


@quarantine_command.command()
@click.argument("numbers", type=int, nargs=-1, required=True)
@click.option("--reason", required=True, help="Why it is not needed; it is kept with the entry.")
def discard(numbers: tuple[int, ...], reason: str) -> None:
    """Say that entries are not needed. They stay in the list of what has ended."""
    if not reason.strip():
        raise BadInput([Problem("--reason", "is empty.", "Say why.")])
    with _opened() as (_, database):
        entries = [_entry(database, number) for number in numbers]
        with database.write() as connection:
            ids = [entry.id for entry in entries]
            store.end(connection, ids, "discarded", _who(), reason.strip(), clock.now())
    click.echo(f"Discarded {', '.join(map(str, numbers))}.")


@quarantine_command.command()
@click.argument("reference")
@click.argument("rep")
def claim(reference: str, rep: str) -> None:
    """Say that a name nobody knows (REFERENCE) is REP; then replay what waited for it."""
    with _opened() as (_, database), database.write() as connection:
        payee = people.payee_by_reference(connection, rep)
        if payee is None:
            raise NotFound(f"There is no rep {rep}. Use the reference the rep was added with.")
        store.claim(connection, reference, payee.id, _who(), clock.now())
    click.echo(f"{reference} is {payee.name} from now on. Now: quarantine replay --all")


@contextmanager
def _opened() -> Iterator[tuple[Settings, Database]]:
    settings = load_settings()
    with opened_database(settings) as database:
        yield settings, database


def _who() -> str:
    return f"command:{getpass.getuser()}"


def _entry(database: Database, number: int) -> SetAside:
    with database.read() as connection:
        entry = store.entry(connection, number)
    if entry is None:
        raise NotFound(f"There is no entry {number}. See: quarantine list")
    return entry


def _in_words(entry: SetAside) -> str:
    event = entry.event
    head = (
        f"{entry.id}  {entry.received_at:%Y-%m-%d %H:%M} UTC  {event.deal_key} "
        f"{event.deal_name} (event {event.source_event_id}, from {entry.sender})"
    )
    return "\n".join([head, *(f"     {problem}" for problem in event.problems)])


def _outcome_in_words(played: Replayed) -> str:
    reasons = "".join(f"\n     {problem}" for problem in played.problems)
    return f"{played.entry_id}  {played.kind}{reasons}"
