"""The company's own choices: who sees what, and how its pipeline is judged. Only an administrator makes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock
from tracker.access import MANAGERS_SEE_PAY
from tracker.pages import context
from tracker.pages.i18n import gettext as _
from tracker.pages.stage_odds import (
    odds_text,
    priority_segments,
    put_odds,
    put_priority_segments,
    read_odds,
)
from tracker.pages.team_board import SHOWS_CUSTOMERS
from tracker.store import accounts, people
from tracker.store.database import Connection

blueprint = Blueprint("company", __name__, url_prefix="/company")

CHOICES = (MANAGERS_SEE_PAY, SHOWS_CUSTOMERS)


@dataclass(frozen=True, slots=True)
class Company:
    """The choices as they are."""

    managers_see_pay: bool
    wall_shows_customers: bool
    stage_odds: str
    priority_segments: str
    notice: str
    problem: str = ""


@blueprint.get("")
def company_page() -> str:
    context.require_function(access.may_administer(context.principal()))
    with context.database().read() as connection:
        company = Company(
            managers_see_pay=people.setting(connection, MANAGERS_SEE_PAY, "no") == "yes",
            wall_shows_customers=people.setting(connection, SHOWS_CUSTOMERS, "no") == "yes",
            stage_odds=odds_text(connection),
            priority_segments=", ".join(sorted(priority_segments(connection))),
            notice=_("Saved.") if request.args.get("done") else "",
        )
    return context.render("company/page.html", company=company)


@blueprint.post("")
def save_company() -> Response:
    """Keep the choices; every open page of every team is drawn again by them."""
    context.require_function(access.may_administer(context.principal()))
    agreed, problems = read_odds(request.form.get("stage_odds", ""))
    if problems:
        return _shown_again(" ".join(problems))
    with context.database().write() as connection:
        _keep(connection, agreed)
    return make_response(redirect(url_for("company.company_page", done="saved"), code=303))


def _keep(connection: Connection, agreed: Mapping[str, Fraction]) -> None:
    for name in CHOICES:
        people.put_setting(connection, name, "yes" if request.form.get(name) == "yes" else "no")
    put_odds(connection, agreed)
    put_priority_segments(connection, request.form.get("priority_segments", ""))
    for team in people.teams(connection):
        accounts.announce_access_of_team(connection, team.id, clock.now())


def _shown_again(problem: str) -> Response:
    """What the administrator wrote, with what is wrong with it; nothing was kept."""
    company = Company(
        managers_see_pay=request.form.get(MANAGERS_SEE_PAY) == "yes",
        wall_shows_customers=request.form.get(SHOWS_CUSTOMERS) == "yes",
        stage_odds=request.form.get("stage_odds", ""),
        priority_segments=request.form.get("priority_segments", ""),
        notice="",
        problem=problem,
    )
    return make_response(context.render("company/page.html", company=company), 400)
