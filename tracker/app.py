"""The only place where the parts are put together: settings, database, pages, API, guards."""

from functools import partial
from pathlib import Path

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from tracker import guards, request_log
from tracker.config import Settings
from tracker.ingest import api, intake
from tracker.ingest.bearer import RecentKeys
from tracker.pages import (
    adjustments,
    company,
    context,
    corrections,
    deals_by_hand,
    disputes,
    errors,
    file_imports,
    formatting,
    health,
    i18n,
    manager,
    my_disputes,
    my_earnings,
    my_plan,
    objectives,
    payroll,
    plan_drafts,
    plans,
    quarantine,
    read_api,
    screens,
    sign_in,
    silence,
    sources,
    spreadsheet,
    statements,
    team_board,
    you,
)
from tracker.pages.context import BodyInMemory, Tracker
from tracker.store.database import Database, create_database

ROOT = Path(__file__).parent.parent

ANSWERING = (
    my_earnings,
    my_plan,
    statements,
    payroll,
    adjustments,
    my_disputes,
    spreadsheet,
    disputes,
    corrections,
    deals_by_hand,
    team_board,
    manager,
    objectives,
    sign_in,
    you,
    screens,
    company,
    quarantine,
    file_imports,
    sources,
    plans,
    plan_drafts,
    health,
    api,
    read_api,
)
"""Everything that answers over HTTP; each module holds one `blueprint`."""

PATIENCE_SECONDS = 5
"""How long a request waits for others who write, or for a connection."""
BODY_BYTES_MAX = 64 * 1024
"""No form is larger. The API, which takes batches, sets its own limit, and so does a view that takes a file."""


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The web application. Opens the database of the settings unless one is given."""
    app = Flask(
        __name__, static_folder=str(ROOT / "static"), template_folder=str(ROOT / "templates")
    )
    app.request_class = BodyInMemory
    database = database or create_database(settings, PATIENCE_SECONDS)
    record = partial(intake.record_batch, database)
    app.extensions["tracker"] = Tracker(
        settings, database, record, lambda work: work(database), RecentKeys(database)
    )
    _configure(app, settings)
    request_log.install(app)
    guards.install(app, settings)
    csrf = CSRFProtect(app)
    errors.install(app)
    i18n.install(app.jinja_env)
    silence.install(app)
    formatting.install(app.jinja_env, settings.company_zone)
    app.context_processor(context.shared_values)
    app.context_processor(lambda: {"open_disputes_count": disputes.open_disputes_count})
    for module in ANSWERING:
        app.register_blueprint(module.blueprint)
    csrf.exempt(api.blueprint)  # a key in a header is nothing a browser sends by itself
    _trust_proxies(app, settings.trusted_proxies)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key(),
        SESSION_COOKIE_NAME="tracker_form",  # holds the form token only; who is signed in is in the database
        SESSION_COOKIE_SECURE=settings.cookie_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a page left open over night must still work
        WTF_CSRF_SSL_STRICT=False,  # `guards` compares the origin, which survives a stripped Referer
        MAX_CONTENT_LENGTH=BODY_BYTES_MAX,
        TRUSTED_HOSTS=[origin.split("://")[1] for origin in settings.allowed_origins],
    )


def _trust_proxies(app: Flask, count: int) -> None:
    if count:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=0, x_port=0, x_prefix=0
        )
