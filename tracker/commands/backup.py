"""`backup` and `restore`: the whole company in one file, taken while it works, put back somewhere else."""

from pathlib import Path

import click

from tracker import clock
from tracker.commands.files import EXISTING_FILE
from tracker.commands.plain_figures import amount_text
from tracker.config import load_settings
from tracker.engine.money import minor_digits
from tracker.store.backup import Backup, restore_backup, write_backup
from tracker.store.database import create_database, opened_database


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path | None) -> None:
    """Write everything as of this moment into FILE, while the company goes on working.

    Without FILE a new one in the folder `backups` of TRACKER_DATA. Keep it somewhere else, and safe: it holds what
    people earn. The secret key is not in it.
    """
    settings, at = load_settings(), clock.now()
    file = file or settings.data_folder / "backups" / f"tracker-{at:%Y-%m-%dT%H%M%SZ}.backup"
    with opened_database(settings) as database:
        written = write_backup(database, file, at)
    click.echo(f"{file}: {_in_words(written)}")


@click.command()
@click.argument("file", type=EXISTING_FILE)
def restore(file: Path) -> None:
    """Fill the empty database of the settings from FILE, of whichever kind it was and is.

    The file is checked to its last byte first; one that was cut off or changed is refused, and nothing is written.
    """
    database = create_database(load_settings())
    try:
        restored = restore_backup(database, file)
    finally:
        database.dispose()
    click.echo(f"Restored {_in_words(restored)} from {restored.made_at:%Y-%m-%d %H:%M:%S} UTC.")
    click.echo("Check it: python3 -m tracker verify")


def _in_words(backup: Backup) -> str:
    amounts = [
        f"{'-' if minor < 0 else ''}{amount_text(abs(minor), minor_digits(currency))} {currency}"
        for currency, minor in sorted(backup.ledger_minor.items())
    ]
    return f"{backup.row_count:,} rows, {' and '.join(amounts) or 'nothing'} earned"
