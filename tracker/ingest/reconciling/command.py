"""`python3 -m tracker reconcile`: hold a source's own list of its deals against ours."""

import time
from pathlib import Path

import click

from tracker import clock, logs
from tracker.config import Settings, command_author, load_settings
from tracker.errors import BadInput, Conflict, NotFound, Problem, TrackerError
from tracker.ingest.connectors.kinds import PULLED
from tracker.ingest.connectors.pulling import Puller
from tracker.ingest.reconciling.crm_mending import CrmMending, listing_of
from tracker.ingest.reconciling.listing import listed_in_file
from tracker.ingest.reconciling.reconcile import Comparison
from tracker.ingest.reconciling.schedule import due_sources
from tracker.store import connections, reconciliations, sources
from tracker.store.database import Database, opened_database
from tracker.store.reconciliations import Reconciliation

log = logs.log_of(__name__)

NIGHTLY = "nightly"
GAPS_SHOWN_COUNT = 50
FAILED_CODE = 3
"""Of a comparison in the background that did not come to its end; 1 means that it left gaps."""


@click.command()
@click.argument("name", required=False)
@click.option(
    "--list",
    "list_path",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A CSV file of all deals the source has, with the column id and, if known, version.",
)
@click.option("--nightly", is_flag=True, help="Every connected CRM that was not compared today.")
@click.option("--by", default="", hidden=True)
def reconcile(name: str | None, list_path: Path | None, nightly: bool, by: str) -> int:
    """Compare the deals that the source NAME has with ours, and fetch what is missing.

    A connected CRM is asked for its list and for what is missing; a running tracker does so every night. Of any other
    source give the list as a file. Exit code 1 when a gap is left.
    """
    settings = load_settings()
    with opened_database(settings) as database:
        if nightly:
            return _compare_due(settings, database)
        if not name:
            raise BadInput(
                [Problem("NAME", "no source is named.", "Name one, or write --nightly.")]
            )
        if by:
            logs.start(settings)
            return _compare_unwatched(settings, database, name, by)
        done = _compare(settings, database, name, list_path, command_author())
        click.echo(_in_words(done))
        with database.read() as connection:
            gaps = reconciliations.open_gaps(connection, name, 0, GAPS_SHOWN_COUNT)
    for gap in gaps:
        click.echo(f"  {gap.kind:8} {gap.deal_key}")
    return int(done.left_count > 0)


def _compare(
    settings: Settings, database: Database, name: str, list_path: Path | None, by: str
) -> Reconciliation:
    with database.read() as connection:
        crm = connections.connection_named(connection, name)
        is_known = crm is not None or name in sources.known_names(connection)
    if not is_known:
        raise NotFound(f"Nothing has ever come from a source {name!r}. See the page “Sources”.")
    puller = Puller(database, lambda work: work(database), settings.company_zone, name)
    is_asked = crm is not None and crm.revoked_at is None and crm.kind in PULLED
    if list_path is None and not is_asked:
        what = f"{name} is no CRM that can be asked for its deals."
        raise BadInput([Problem("--list", what, "Give its list as a CSV file.")])
    listed = listing_of(puller) if list_path is None else listed_in_file(list_path)
    mending = CrmMending(puller, time.sleep) if is_asked else None
    return Comparison(database, name, by, mending).run(listed)


def _compare_due(settings: Settings, database: Database) -> int:
    """Each CRM whose turn it is; one that fails does not keep the others from theirs."""
    logs.start(settings)
    codes = [0]
    for name in due_sources(settings, database, clock.now()):
        if name in due_sources(
            settings, database, clock.now()
        ):  # another process may have done it meanwhile
            codes.append(_compare_unwatched(settings, database, name, NIGHTLY))
    return max(codes)


def _compare_unwatched(settings: Settings, database: Database, name: str, by: str) -> int:
    """Compare a CRM where nobody reads what is printed: how it went is in the database or, if it failed, in the log."""
    try:
        done = _compare(settings, database, name, None, by)
    except Conflict:
        log.info("a source is being compared by another process", source=name)
        return 0
    except TrackerError as error:
        log.error("a source could not be compared", source=name, problem=type(error).__name__)
        return FAILED_CODE
    say = log.warning if done.gap_count else log.info
    say(
        "a source was compared",
        source=name,
        gap_count=done.gap_count,
        mended_count=done.mended_count,
    )
    return int(done.left_count > 0)


def _in_words(done: Reconciliation) -> str:
    listed = f"{done.source} lists {done.listed_count:,} deals"
    if not done.gap_count:
        return f"{listed}; we have them all as they are."
    kinds = (
        (done.missing_count, "missing here"),
        (done.older_count, "older here"),
        (done.gone_count, "no longer there"),
    )
    told = ", ".join(f"{count:,} {words}" for count, words in kinds if count)
    return f"{listed}; {told}. {done.mended_count:,} mended, {done.left_count:,} left."
