"""`python3 -m tracker import people|quotas|deals|rates FILE --mapping MAP.toml`."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tracker import clock
from tracker.config import Settings, load_settings
from tracker.errors import BadInput, Problem
from tracker.ingest.files.deal_rows import DEALS
from tracker.ingest.files.importing import Import, ImportRefused, Report, Target
from tracker.ingest.files.mapping import FileMapping
from tracker.ingest.files.mapping_file import parse_mapping
from tracker.ingest.files.people_rows import PEOPLE
from tracker.ingest.files.quota_rows import QUOTAS
from tracker.ingest.files.rate_rows import RATES
from tracker.ingest.files.table import opened_table
from tracker.ingest.files.targets import DealsTarget, PeopleTarget, QuotasTarget, RatesTarget
from tracker.store.database import Database, opened_database

KINDS = {kind.name: kind for kind in (PEOPLE, QUOTAS, DEALS, RATES)}
EXISTING_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)

OnRows = Callable[[int], None]


def _fields_of_each_kind() -> str:
    return "\n\n".join(
        f"Fields of {kind.name}: {', '.join((*kind.needed, *sorted(kind.fields - {*kind.needed})))}"
        + (", and any property under [fields.properties]." if kind.has_properties else ".")
        for kind in KINDS.values()
    )


@click.command("import", epilog=_fields_of_each_kind())
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=EXISTING_FILE)
@click.option(
    "--mapping",
    "mapping_path",
    type=EXISTING_FILE,
    required=True,
    help="A TOML file that says which column means what.",
)
@click.option("--sheet", default="", help="Which sheet of an XLSX file, when several have rows.")
@click.option("--keep-going", is_flag=True, help="Keep the good rows of a file with bad ones.")
@click.option("--dry-run", is_flag=True, help="Only say what is wrong; keep nothing.")
def import_command(
    kind: str, file: Path, mapping_path: Path, sheet: str, keep_going: bool, dry_run: bool
) -> None:
    """Bring in people, quotas, deals or exchange rates from a CSV or XLSX FILE. Importing twice changes nothing.

    The whole file is looked at first. If anything is wrong, all of it is named, and nothing is kept unless you say
    --keep-going.
    """
    mapping = parse_mapping(_text_of(mapping_path), KINDS[kind])
    table = opened_table(file, mapping.encoding, mapping.delimiter, sheet)
    settings = load_settings()
    with opened_database(settings) as database:
        target = _target(mapping, database, settings)
        report = _checked(Import(database, table, mapping, target))
        if report.problems and not keep_going:
            raise ImportRefused(report.problems)
        _say_what_was_skipped(report)
        if dry_run:
            click.echo("Nothing was kept: this was a dry run.")
        else:
            outcomes = _written(Import(database, table, mapping, target), report)
            click.echo(_told(outcomes))


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput([Problem(str(path), "is not UTF-8.", "Save it as UTF-8.")]) from None


def _target(mapping: FileMapping, database: Database, settings: Settings) -> Target[Any]:
    now, today = clock.now(), clock.today(settings.company_zone)
    if mapping.kind is PEOPLE:
        return PeopleTarget(database, now, today)
    if mapping.kind is QUOTAS:
        return QuotasTarget(database, now)
    if mapping.kind is RATES:
        return RatesTarget(database, now)
    return DealsTarget(database, now, today, mapping.source)


def _checked(job: Import[Any]) -> Report:
    with _progress("Checking", None) as on_rows:
        report = replace(job, on_rows=on_rows).check()
    click.echo(f"{_rows(report.row_count)} read, {report.good_count:,} good.")
    for name, count in sorted(report.empty.items()):
        default = job.mapping.rules[name].default
        filled = f"; “{default}” stands in" if default else ""
        click.echo(f"  {_rows(count)} without {name}{filled}.")
    return report


def _written(job: Import[Any], report: Report) -> Counter[str]:
    with _progress("Importing", report.row_count) as on_rows:
        return replace(job, on_rows=on_rows).write(report)


def _say_what_was_skipped(report: Report) -> None:
    if report.problems:
        skipped_count = report.row_count - report.good_count
        click.echo(f"{_rows(skipped_count)} left out, because of:", err=True)
        for problem in report.problems:
            click.echo(f"  {problem}", err=True)


def _told(outcomes: Counter[str]) -> str:
    told = ", ".join(f"{count:,} {kind}" for kind, count in outcomes.items() if count)
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
