"""`calendar`: let the instalments of residuals fall due."""

import click

from tracker import clock
from tracker.config import load_settings
from tracker.flow_calendar import forget_old_answers, roll_calendar
from tracker.store.database import opened_database


@click.command()
def calendar() -> None:
    """Count the instalments that fall due until the end of next month; forget answers kept for a week.

    A running tracker does this by itself, at its start and every day; again changes nothing.
    """
    settings = load_settings()
    with opened_database(settings) as database:
        is_news = roll_calendar(database, clock.today(settings.company_zone), clock.now())
        forget_old_answers(database, clock.now())
    click.echo("counted until the end of next month." if is_news else "nothing to do.")
