"""`plan show`: a plan in plain words, with what it pays worked out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap

import click

from tracker.commands.files import problems_in, toml_text_of
from tracker.config import load_settings
from tracker.engine.agreement.plans import Plan
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan
from tracker.errors import BadInput, NotFound
from tracker.pages.i18n import LOCALES, speaking
from tracker.pages.plan_text import ExamplesText, PlanText, RowText, SectionText, plan_text
from tracker.store import plans
from tracker.store.database import opened_database

WIDTH = 100


@click.command()
@click.argument("file_or_key")
@click.option("--language", type=click.Choice(LOCALES), default="en", show_default=True)
def show(file_or_key: str, language: str) -> None:
    """Say in plain words what a plan file, or every version of an activated plan, means and pays."""
    file = Path(file_or_key)
    with speaking(language):
        if file.is_file():
            _print(_plan_of(file))
            return
        with opened_database(load_settings()) as database, database.read() as connection:
            versions = plans.plan_versions(connection, file_or_key)
        if not versions:
            raise NotFound(f"There is neither a file nor an activated plan called {file_or_key!r}.")
        for version in versions:
            recorded = f"{version.recorded_at:%Y-%m-%d %H:%M} UTC by {version.recorded_by}"
            click.echo(f"From {version.effective_from} (recorded {recorded}):\n")
            _print(parse_plan(version.source_toml))
            click.echo("")


def _plan_of(file: Path) -> Plan:
    try:
        return parse_plan(toml_text_of(file))
    except PlanFileError as error:
        raise BadInput(problems_in(file, error.problems)) from None


def _print(plan: Plan) -> None:
    for line in _lines(plan_text(plan)):
        click.echo(line)


def _lines(text: PlanText) -> Iterator[str]:
    yield text.name
    yield "=" * len(text.name)
    yield from _paragraph(text.opening)
    for section in text.sections:
        yield ""
        yield from _section(section)
    for examples in text.examples:
        yield ""
        yield from _examples(examples)


def _section(section: SectionText) -> Iterator[str]:
    yield section.heading
    yield "-" * len(section.heading)
    yield from _paragraph(section.opening)
    yield from _steps(section.steps)
    yield from _paragraph(section.further)
    for examples in section.examples:
        yield ""
        yield from _examples(examples)


def _examples(examples: ExamplesText) -> Iterator[str]:
    yield f"{examples.heading}:"
    yield from _rows(examples.rows)
    yield from _paragraph([examples.note] if examples.note else [])


def _paragraph(sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield from wrap(" ".join(sentences), WIDTH)


def _steps(rows: Sequence[RowText]) -> Iterator[str]:
    width = max((len(row.label) for row in rows), default=0)
    yield from (f"  {row.label:<{width}}  {row.figure}" for row in rows)


def _rows(rows: Sequence[RowText]) -> Iterator[str]:
    """Labels, and figures below each other; what explains a figure after it."""
    label_width = max((len(row.label) for row in rows), default=0)
    figure_width = max((len(row.figure) for row in rows), default=0)
    for row in rows:
        how = f"   ({row.how})" if row.how else ""
        yield f"  {row.label:<{label_width}}  {row.figure:>{figure_width}}{how}"
