"""`plan schema`: what may stand in a plan file, for editors and programs that write one."""

import json

import click

from tracker.engine.plan_files.people_schema import people_schema
from tracker.engine.plan_files.plan_schema import plan_schema


@click.command()
@click.option("--people", is_flag=True, help="Of a file of people instead.")
def schema(people: bool) -> None:
    """Print the JSON Schema (2020-12) of a plan file."""
    written = people_schema() if people else plan_schema()
    click.echo(json.dumps(written, ensure_ascii=False, indent=2))
