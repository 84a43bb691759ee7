"""`python3 -m tracker import people|quotas|deals|rates FILE --mapping MAP.toml`, and `import list|undo`."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tracker import clock
from tracker.config import command_author, load_settings
from tracker.engine.money import minor_digits
from tracker.errors import BadInput, Problem
from tracker.flow_imports import Left
from tracker.ingest.files import runs
from tracker.ingest.files.importing import ImportRefused, Report
from tracker.ingest.files.mapping_file import parse_mapping
from tracker.ingest.files.runs import KINDS, OUTCOMES, Given, Tried
from tracker.ingest.files.table import opened_table
from tracker.store import imports
from tracker.store.database import Database, opened_database
from tracker.store.pay_changes import PayChange

EXISTING_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
LISTED_COUNT = 50
LEFT_NAMED_MAX = 200

OnRows = Callable[[int], None]


def _fields_of_each_kind() -> str:
    return "\n\n".join(
        f"Fields of {kind.name}: {', '.join((*kind.needed, *sorted(kind.fields - {*kind.needed})))}"
        + (", and any property under [fields.properties]." if kind.has_properties else ".")
        for kind in KINDS.values()
    )


@click.group("import", epilog=_fields_of_each_kind())
def import_command() -> None:
    """Bring in people, quotas, deals or exchange rates from a CSV or XLSX file; list and undo imports of deals.

    The whole file is looked at first. If anything is wrong, all of it is named, and nothing is kept unless you say
    --keep-going. Importing twice changes nothing.
    """


def _import_kind(kind: str) -> click.Command:
    @click.argument("file", type=EXISTING_FILE)
    @click.option(
        "--mapping",
        "mapping_path",
        type=EXISTING_FILE,
        required=True,
        help="A TOML file that says which column means what.",
    )
    @click.option(
        "--sheet", default="", help="Which sheet of an XLSX file, when several have rows."
    )
    @click.option("--keep-going", is_flag=True, help=_KEEP_GOING[kind == "deals"])
    @click.option(
        "--dry-run", is_flag=True, help="Say what it would change, pay too; keep nothing."
    )
    def command(
        file: Path, mapping_path: Path, sheet: str, keep_going: bool, dry_run: bool
    ) -> None:
        settings = load_settings()
        mapping = parse_mapping(_text_of(mapping_path), KINDS[kind])
        given = Given(
            path=file,
            name=file.name,
            table=opened_table(file, mapping.encoding, mapping.delimiter, sheet),
            mapping=mapping,
            by=command_author(),
            at=clock.now(),
            today=clock.today(settings.company_zone),
        )
        with opened_database(settings) as database:
            report = _checked(database, given)
            if report.problems and not keep_going:
                raise ImportRefused(_named(report))
            _say_what_was_skipped(report)
            _bring_in(database, given, report, dry_run)

    return click.command(kind, help=f"Bring in {_WORDS[kind]} from FILE.")(command)


_KEEP_GOING = (
    "Keep the good rows of a file with bad ones.",
    "Keep the good rows of a file with bad ones; of those, what names its deal is set aside (quarantine).",
)
_WORDS = {**{name: name for name in KINDS}, "rates": "exchange rates"}

for _kind in KINDS:
    import_command.add_command(_import_kind(_kind))


@import_command.command("list")
def list_imports() -> None:
    """List the last imports of deals: number, when, who, file, and what became of it."""
    with opened_database(load_settings()) as database, database.read() as connection:
        found = imports.latest(connection, LISTED_COUNT)
        so_far = {
            one.id: imports.event_count(connection, one.id) for one in found if not one.ended_at
        }
    for one in reversed(found):
        file = one.file
        what = f"undoes {file.undoes_id}: {file.reason}" if one.is_undo else file.file_name
        became = _told(one.counts)
        if one.ended_at is None:
            became = f"interrupted after {so_far[one.id]:,} changes."
        undone = f" Undone by {one.undone_by_id}." if one.undone_by_id else ""
        when = f"{one.id:>4}  {one.recorded_at:%Y-%m-%d %H:%M}  {one.recorded_by}"
        click.echo(f"{when}  {file.source}  {what}  {became}{undone}")
    if not found:
        click.echo("Nothing has been imported yet.")


@import_command.command()
@click.argument("import_id", type=int)
@click.option("--reason", default="", help="Why; it is kept, also in the trail.")
@click.option("--dry-run", is_flag=True, help="Say what it would change, pay too; keep nothing.")
def undo(import_id: int, reason: str, dry_run: bool) -> None:
    """Take the import IMPORT_ID of deals back: each deal is again what it was before.

    New ones are cancelled. A deal of which somebody has said something since is left, and named. In closed months pay
    changes by an adjustment, as ever.
    """
    if not reason.strip() and not dry_run:
        what, fix = "is missing: whoever reads the trail asks why.", "Write --reason “…”."
        raise BadInput([Problem("--reason", what, fix)])
    by, at = command_author(), clock.now()
    with (
        opened_database(load_settings()) as database,
        _progress("Undoing", None) as on_deals,
    ):
        if dry_run:
            tried = runs.try_undo(database, import_id, by, at, on_deals)
            undone = tried.undone
        else:
            undone = runs.undo(database, import_id, reason.strip(), by, at, on_deals)
    click.echo(_told(undone.counts))
    _say_what_is_left(undone.left)
    if dry_run:
        _say_what_was_tried(tried)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput([Problem(str(path), "is not UTF-8.", "Save it as UTF-8.")]) from None


def _checked(database: Database, given: Given) -> Report:
    with _progress("Checking", None) as on_rows:
        report = runs.check(database, given, on_rows)
    click.echo(f"{_rows(report.row_count)} read, {report.good_count:,} good.")
    for name, count in sorted(report.empty.items()):
        default = given.mapping.rules[name].default
        filled = f"; “{default}” stands in" if default else ""
        click.echo(f"  {_rows(count)} without {name}{filled}.")
    return report


def _bring_in(database: Database, given: Given, report: Report, dry_run: bool) -> None:
    if dry_run:
        with _progress("Trying", report.row_count) as on_rows:
            tried = runs.try_out(database, given, report, on_rows)
        click.echo(_told(tried.counts))
        _say_what_was_tried(tried)
    else:
        with _progress("Importing", report.row_count) as on_rows:
            click.echo(_told(runs.bring_in(database, given, report, on_rows).counts))


def _named(report: Report) -> list[Problem]:
    more_count = report.problem_count - len(report.problems)
    more = [Problem("…", f"and {more_count:,} more.")] if more_count else []
    return report.problems + more


def _say_what_was_skipped(report: Report) -> None:
    if report.problems:
        skipped_count = report.row_count - report.good_count
        click.echo(f"{_rows(skipped_count)} left out, because of:", err=True)
        for problem in _named(report):
            click.echo(f"  {problem}", err=True)


def _say_what_is_left(left: list[Left]) -> None:
    for one in left[:LEFT_NAMED_MAX]:
        click.echo(f"  {one.name} ({one.deal_key}) stays: {one.by} has said something of it since.")
    if more_count := len(left[LEFT_NAMED_MAX:]):
        click.echo(f"  … and {more_count:,} more.")


def _say_what_was_tried(tried: Tried) -> None:
    if tried.pay_changes:
        click.echo("Pay that would change:")
    for one in tried.pay_changes:
        click.echo(f"  {_pay_words(one)}")
    if not tried.pay_changes:
        click.echo("Nobody's pay would change.")
    click.echo("Nothing was kept: this was a dry run.")


def _pay_words(one: PayChange) -> str:
    before, after, difference = (
        _amount(amount, one.currency)
        for amount in (one.before_minor, one.after_minor, one.difference_minor)
    )
    sign = "+" if one.difference_minor > 0 else ""
    late = f", posted to {', '.join(one.late_months)}" if one.late_months else ""
    return f"{one.name}  {one.period_key}  {one.currency} {before} → {after}  ({sign}{difference}{late})"


def _amount(amount_minor: int, currency: str) -> str:
    digits = minor_digits(currency)
    whole, part = divmod(abs(amount_minor), 10**digits)
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{whole:,}.{part:0{digits}}" if digits else f"{sign}{whole:,}"


def _told(outcomes: Mapping[str, int]) -> str:
    in_order = sorted(outcomes.items(), key=lambda one: OUTCOMES.index(one[0]))
    told = ", ".join(f"{count:,} {kind}" for kind, count in in_order if count)
    return f"{told or 'nothing to do'}.".capitalize()


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


@contextmanager
def _progress(what: str, row_count: int | None) -> Iterator[OnRows]:
    """A bar on a terminal; nothing where the output goes to a file, since the summary says it all."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=row_count)
        yield lambda count: progress.advance(task, count)
