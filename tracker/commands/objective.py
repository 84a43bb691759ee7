"""The `objective` command: score people's objectives, and see who waits for a score."""

import re
from datetime import date
from fractions import Fraction

import click

from tracker import clock, flow_objectives
from tracker.config import Settings, command_author, load_settings
from tracker.engine.periods import period_named
from tracker.errors import BadInput, Problem
from tracker.store import objectives, people
from tracker.store.database import opened_database

_SCORE = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,2})?)%")
window_option = click.option(
    "--window", "window_key", default="", help="Such as 2026-Q4; without it the window of today."
)


@click.group()
def objective() -> None:
    """Score objectives that a plan pays for, in percent."""


@objective.command("list")
@window_option
def list_objectives(window_key: str) -> None:
    """List everybody's objectives with their scores."""
    settings = load_settings()
    day = _day(window_key, settings)
    with opened_database(settings) as database, database.read() as connection:
        names = {payee.id: payee.name for payee in people.payees(connection)}
        for one in objectives.objectives_on(connection, names, day):
            score = "no score" if one.score is None else score_text(one.score)
            click.echo(f"{names[one.payee_id]}, {one.objective}, {one.window.key}: {score}")


@objective.command()
@click.argument("reference", metavar="REP")
@click.argument("name", metavar="OBJECTIVE")
@click.argument("score_text", metavar="SCORE")
@window_option
@click.option("--reason", default="", help="Needed when a score changes; kept in the trail.")
def score(reference: str, name: str, score_text: str, window_key: str, reason: str) -> None:
    """Give a rep a score such as 87.5%, or change it."""
    settings = load_settings()
    match = _SCORE.fullmatch(score_text)
    if match is None:
        what = f"{score_text!r} is no score."
        raise BadInput([Problem("SCORE", what, "Write 87.5%, with at most two decimals.")])
    day = _day(window_key, settings)
    with opened_database(settings) as database:
        with database.read() as connection:
            payee = people.payee_by_reference(connection, reference)
        if payee is None:
            what = "Import people first, or check the spelling."
            raise BadInput([Problem(reference, "nobody has this reference.", what)])
        hundredths = int(Fraction(match[1]) * 100)
        flow_objectives.record_score(
            database, payee.id, name, day, hundredths, command_author(), clock.now(), reason
        )
    click.echo(f"{payee.name}, {name}: {score_text}.")


def score_text(score: int) -> str:
    """Hundredths of a percent point: "87.5%"."""
    whole, part = divmod(score, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") + "%"


def _day(window_key: str, settings: Settings) -> date:
    if not window_key:
        return clock.today(settings.company_zone)
    try:
        return period_named(window_key).ends_on
    except ValueError as error:
        raise BadInput(
            [Problem("--window", f"{error}.", "A score is for a whole window.")]
        ) from None
