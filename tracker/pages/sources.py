"""Where deals come from and how fresh they are, for people and for a machine that watches."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock, reconciling
from tracker.errors import NotAllowed
from tracker.ingest.bearer import principal_of_request
from tracker.ingest.connectors.kinds import PULLED
from tracker.pages import context
from tracker.pages.authors import own_email
from tracker.pages.company_calendar import company_calendar
from tracker.pages.context import public
from tracker.pages.i18n import gettext as _
from tracker.pages.metrics import CONTENT_TYPE, metrics_text
from tracker.pages.silence import Silence, silences, watch_of_app
from tracker.store import connections, reconciliations, sources
from tracker.store.connections import CrmConnection
from tracker.store.reconciliations import Reconciliation
from tracker.store.sources import Source
from tracker.store.types import Connection

blueprint = Blueprint("sources", __name__)

PATIENCES_HOURS = (1, 2, 4, 9, 18, 45, 0)


@dataclass(frozen=True, slots=True)
class Compared:
    """The latest comparison with the source's own list, if any, and the gaps that are open now.

    `can_be_asked`: the source is a CRM that can be asked for its list.
    """

    latest: Reconciliation | None
    open_count: int
    can_be_asked: bool
    is_running: bool
    has_failed: bool


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One source; `patience_hours` is None for one that does not send by itself, `silence` None while it is heard.

    `crm` is the connection it is read by, if it is; `wanted_count` how many of its notices wait for their deals.
    """

    source: Source
    patience_hours: int | None
    silence: Silence | None
    compared: Compared
    crm: CrmConnection | None
    wanted_count: int


@dataclass(frozen=True, slots=True)
class SourcesView:
    """The page; `unheard` are connections by which nothing has come in yet."""

    rows: tuple[SourceRow, ...]
    unheard: tuple[CrmConnection, ...]
    patiences_hours: tuple[int, ...]
    may_change: bool
    now: datetime
    notice: str


@blueprint.get("/sources")
def page() -> str:
    principal = context.principal()
    context.require_function(access.may_see_sources(principal))
    now = clock.now()
    with context.database().read() as connection:
        hours = {one.name: one.silent_after_hours for one in sources.watched(connection)}
        silent = {
            one.source: one
            for one in silences(connection, company_calendar(context.settings()))
            if one.silent_at <= now
        }
        compared = _Comparisons(connection)
        crms = {crm.name: crm for crm in connections.live_connections(connection)}
        rows = tuple(
            SourceRow(
                source,
                hours.get(source.name),
                silent.get(source.name),
                compared.of(source.name),
                crms.pop(source.name, None),
                connections.wanted_count(connection, source.name),
            )
            for source in sources.all_sources(connection, now)
        )
    view = SourcesView(
        rows=rows,
        unheard=tuple(crms.values()),
        patiences_hours=PATIENCES_HOURS,
        may_change=access.may_administer(principal),
        now=now,
        notice=_notice(),
    )
    return context.render("sources/page.html", view=view)


@blueprint.post("/sources")
def set_patience() -> Response:
    """After how many working hours the silence of a source is said."""
    context.require_function(access.may_administer(context.principal()))
    source, hours = request.form.get("source", ""), request.form.get("hours", type=int)
    with context.database().write() as connection:
        known = {one.name for one in sources.watched(connection)}
        context.require(source in known and hours in PATIENCES_HOURS)
        assert hours is not None
        sources.set_patience(connection, source, hours)
    watch_of_app().forget()
    return make_response(redirect(url_for("sources.page", done="saved"), code=303))


def _notice() -> str:
    done = request.args.get("done", "")
    notices = {"saved": _("Saved."), "begun": _("The comparison has begun. Reload in a moment.")}
    return notices.get(done, "")


class _Comparisons:
    """What is known of comparisons with the sources' own lists, read once for all."""

    def __init__(self, connection: Connection) -> None:
        self._latest = reconciliations.latest_by_source(connection)
        self._open_counts = reconciliations.open_gaps_by_source(connection)
        self._asked = set(_askable(connection))

    def of(self, source: str) -> Compared:
        return Compared(
            self._latest.get(source),
            self._open_counts.get(source, 0),
            source in self._asked,
            reconciling.is_running(source),
            reconciling.has_failed(source),
        )


def _askable(connection: Connection) -> list[str]:
    """The CRMs that can be asked for their list."""
    every = connections.all_connections(connection)
    return [crm.name for crm in every if crm.revoked_at is None and crm.kind in PULLED]


@blueprint.post("/sources/compare")
def compare() -> Response:
    """Hold a CRM's own list of deals against ours, in the background."""
    context.require_function(access.may_administer(context.principal()))
    source = request.form.get("source", "")
    with context.database().read() as connection:
        context.require(source in _askable(connection))
        by = own_email(connection)
    reconciling.start(context.settings(), source, by)
    return make_response(redirect(url_for("sources.page", done="begun"), code=303))


@blueprint.get("/metrics")
@public
def metrics() -> Response:
    """The same for Prometheus, to a key with the scope `metrics`."""
    if not access.may_read_metrics(principal_of_request(request)):
        raise NotAllowed("This key may not read metrics. Use one with the scope “metrics”.")
    silent = {one.silence.source for one in watch_of_app().to_say() if one.is_now}
    with context.database().read() as connection:
        text = metrics_text(connection, clock.now(), context.tracker().pulse, silent)
    return Response(text, content_type=CONTENT_TYPE)
