"""`python3 -m tracker demo`: a complete company, a live feed, and links to click."""

from tracker.live import server  # isort: skip  first: it makes what is imported after it fit for gevent

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress

from tracker import clock, serve
from tracker.config import Settings
from tracker.demo.company import ADMIN, TEAMS
from tracker.demo.feed import STAR
from tracker.demo.load import DemoAccess, load_company, make_access, make_room
from tracker.pages.company_calendar import CompanyCalendar, company_calendar
from tracker.store.database import Database, create_database, opened_database

SHOWN = ((STAR, "rep"), (TEAMS[0].manager, "manager"), (ADMIN, "admin"))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on. [8700]")
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the company in this folder. Without it the company is built anew each day.",
)
@click.option("--no-feed", is_flag=True, help="Do not send deals; the company stays as it is.")
@click.option(
    "--pace",
    "pace_seconds",
    type=click.FloatRange(0.05, 3600),
    default=8.0,
    show_default=True,
    help="Seconds between two deals of the feed.",
)
def demo(port: int | None, folder: Path | None, no_feed: bool, pace_seconds: float) -> None:
    """Start a complete demo company with a live feed of deals.

    Prints links that sign you in with one click as a rep, a manager, an admin and a wall. Everybody in it is
    invented. Stop it with Ctrl-C.
    """
    settings = _settings(port, folder)
    server.refuse_taken_port(settings.host, settings.port)
    calendar = company_calendar(settings)
    today = calendar.day_of(clock.now())
    _make_company(settings, calendar, today, is_kept=folder is not None)
    database = create_database(settings)
    access = make_access(database, (STAR, TEAMS[0].manager, ADMIN), clock.now())
    database.dispose()
    feed: list[subprocess.Popen[bytes]] = []

    def on_ready() -> None:
        _welcome(settings, access)
        if not no_feed:
            feed.append(_start_feed(settings, access, pace_seconds, today))

    serve.serve_until_stopped(settings, on_ready)


def _settings(port: int | None, folder: Path | None) -> Settings:
    folder = folder or Path(os.environ.get("TRACKER_DATA") or "var") / "demo"
    # The demo never touches a company's own database, and its links must not scroll away.
    return serve.settings_with(
        TRACKER_PORT=port,
        TRACKER_DATA=folder,
        TRACKER_DATABASE_URL="",
        TRACKER_LOG_LEVEL=os.environ.get("TRACKER_LOG_LEVEL") or "warning",
    )


def _make_company(
    settings: Settings, calendar: CompanyCalendar, today: date, is_kept: bool
) -> None:
    if make_room(settings, today, is_kept):
        with opened_database(settings) as database:
            _load_with_progress(database, calendar)


def _load_with_progress(database: Database, calendar: CompanyCalendar) -> None:
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Building the demo company")
        for done, total in load_company(database, calendar):
            progress.update(task, completed=done, total=total)


def _welcome(settings: Settings, access: DemoAccess) -> None:
    address = settings.public_url
    rows = [(f"{name} ({role})", f"/link/{access.sign_in_tokens[name]}") for name, role in SHOWN]
    rows.append((f"The wall of {TEAMS[0].name}", f"/screen/link/{access.screen_token}"))
    width = max(len(who) for who, _ in rows)
    click.echo(
        "One click signs you in; open each in a window of its own (private windows keep them apart):"
    )
    for who, path in rows:
        click.echo(f"  {who:<{width}}  {address}{path}")
    click.echo(f"ready {address}")


def _start_feed(
    settings: Settings, access: DemoAccess, pace_seconds: float, today: date
) -> subprocess.Popen[bytes]:
    arguments = [settings.public_url, str(pace_seconds), today.isoformat()]
    environment = {**os.environ, "TRACKER_DEMO_KEY": access.feed_key}
    return subprocess.Popen(
        [sys.executable, "-m", "tracker.demo.feed", *arguments], env=environment
    )
