"""`python3 -m tracker pull NAME`: read a connected CRM now."""

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tracker.config import load_settings
from tracker.flow_connections import Kept
from tracker.ingest.connectors.pulling import Puller
from tracker.store.database import opened_database


@click.command()
@click.argument("name")
@click.option(
    "--again", is_flag=True, help="All deals once more, as after a change of the mapping."
)
def pull(name: str, again: bool) -> None:
    """Read what has changed in the CRM that is connected as NAME; at first, all of it.

    A running tracker does it by itself, all the time. May be stopped anywhere; the next pull goes on from there.
    """
    settings = load_settings()
    console = Console(stderr=True)
    columns = (TextColumn("{task.completed:,} read"), BarColumn(), TimeRemainingColumn())
    with (
        opened_database(settings) as database,
        Progress(*columns, console=console, disable=not console.is_terminal) as progress,
    ):
        task = progress.add_task(name, total=None)

        def on_page(kept: Kept, left_count: int) -> None:
            progress.update(task, completed=kept.count, total=kept.count + left_count)

        puller = Puller(
            database, lambda work: work(database), settings.company_zone, name, on_page=on_page
        )
        kept = puller.pull(again)
    click.echo(
        f"{kept.recorded_count:,} recorded, {kept.known_count:,} known already, "
        f"{kept.waiting_count:,} set aside."
    )
