"""The `run` command: bring the tables up to date, offer the first administrator a link, and serve until stopped."""

from tracker.live import server  # isort: skip  first: it makes what is imported after it fit for gevent

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import click
import gevent
from flask import Flask

from tracker import clock, logs
from tracker.app import create_app
from tracker.config import Settings, load_settings
from tracker.errors import RETRY_AFTER_SECONDS, Unavailable
from tracker.flow_calendar import roll_calendar
from tracker.following import follow_for_ever
from tracker.group_writer import WAITING_EVENTS_MAX, GroupWriter
from tracker.ingest.turnstile import Turnstile
from tracker.live.gateway import Gateway
from tracker.live.worker import AnsweredAtTheLast
from tracker.pages import silence
from tracker.pages.context import Pulse, Tracker
from tracker.pages.errors import come_back
from tracker.reconciling import compare_nightly
from tracker.self_check import check_for_ever
from tracker.store import accounts, links
from tracker.store.database import create_database, upgrade
from tracker.wiring import gateway_around

log = logs.log_of(__name__)

SILENCE_WATCH_SECONDS = 60
SETUP_LINK_LIFETIME = timedelta(days=7)


@click.command()
@click.option("--port", type=int, help="Port to listen on, instead of TRACKER_PORT or 8700.")
@click.option("--host", help="Address to listen on, instead of TRACKER_HOST or 127.0.0.1.")
def run(port: int | None, host: str | None) -> None:
    """Start the tracker for your own company. The first start prints a link that makes the first administrator."""
    settings = settings_with(TRACKER_PORT=port, TRACKER_HOST=host)
    logs.start(settings)
    prepare(settings)
    serve_until_stopped(settings, lambda: _welcome(settings))


def settings_with(**overrides: object) -> Settings:
    """The settings of the environment, with some of its variables replaced where a value is given."""
    given = {name: str(value) for name, value in overrides.items() if value is not None}
    return load_settings({**os.environ, **given})


def prepare(settings: Settings) -> None:
    """Make the data folder, bring the tables up to date and let fall due what does; nothing stays open."""
    settings.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = create_database(settings)
    try:
        upgrade(database)
        roll_calendar(database, clock.today(settings.company_zone), clock.now())
    finally:
        database.dispose()


def serve_until_stopped(settings: Settings, on_ready: Callable[[], None]) -> None:
    """Serve pages, API and sockets; `on_ready` is called once they answer. Raises PortInUse."""
    logs.start(settings)

    def on_started() -> None:
        log.info("serving", port=settings.port, database=settings.database_url.partition(":")[0])
        on_ready()

    server.serve(settings.host, settings.port, lambda: _application(settings), on_ready=on_started)


def _application(settings: Settings) -> tuple[Flask, Gateway]:
    app = create_app(settings)
    parts: Tracker = app.extensions["tracker"]
    writer, gateway = GroupWriter(parts.database), gateway_around(app)
    # Outermost: whoever is turned away costs next to nothing.
    turnstile = Turnstile(app.wsgi_app, RETRY_AFTER_SECONDS)
    app.wsgi_app = AnsweredAtTheLast(turnstile, come_back)  # type: ignore[method-assign]
    pulse = Pulse(
        writer.waiting_events_count,
        WAITING_EVENTS_MAX,
        turnstile.deliveries_count,
        gateway.follower.told_sequence,
    )
    app.extensions["tracker"] = replace(parts, record=writer.record, write=writer.run, pulse=pulse)
    gevent.spawn(check_for_ever, settings)
    gevent.spawn(follow_for_ever, settings, parts.database, writer.run)
    gevent.spawn(compare_nightly, settings, parts.database)
    gevent.spawn(_watch_silences, app)
    return app, gateway


def _watch_silences(app: Flask) -> None:
    """Say in the log when a source falls silent, also while nobody looks at a page."""
    while True:
        with app.app_context(), contextlib.suppress(Unavailable):
            silence.watch_of_app().to_say()
        gevent.sleep(SILENCE_WATCH_SECONDS)


def _welcome(settings: Settings) -> None:
    token = _setup_token(settings)
    if token is not None:
        click.echo("Nobody can sign in yet. Open this link once to become the first administrator:")
        click.echo(f"  {settings.public_url}/setup/{token}")
    click.echo(f"ready {settings.public_url}")


def _setup_token(settings: Settings) -> str | None:
    """A fresh setup link's token; None once there is an administrator."""
    database = create_database(settings)
    try:
        with database.write() as connection:
            if accounts.has_admin(connection):
                return None
            return links.make_setup_link(connection, clock.now() + SETUP_LINK_LIFETIME)
    finally:
        database.dispose()
