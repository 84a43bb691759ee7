"""The company's own choices about who sees what, which only an administrator makes."""

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, redirect, request, url_for

from tracker import access, clock
from tracker.access import MANAGERS_SEE_PAY
from tracker.pages import context
from tracker.pages.i18n import gettext as _
from tracker.pages.team_board import SHOWS_CUSTOMERS
from tracker.store import accounts, people

blueprint = Blueprint("company", __name__, url_prefix="/company")

CHOICES = (MANAGERS_SEE_PAY, SHOWS_CUSTOMERS)


@dataclass(frozen=True, slots=True)
class Company:
    """The choices as they are."""

    managers_see_pay: bool
    wall_shows_customers: bool
    notice: str


@blueprint.get("")
def company_page() -> str:
    context.require_function(access.may_administer(context.principal()))
    with context.database().read() as connection:
        chosen = {name: people.setting(connection, name, "no") == "yes" for name in CHOICES}
    notice = _("Saved.") if request.args.get("done") else ""
    return context.render("company/page.html", company=Company(**chosen, notice=notice))


@blueprint.post("")
def save_company() -> Response:
    """Keep the choices; every open page of every team is drawn again by them."""
    context.require_function(access.may_administer(context.principal()))
    with context.database().write() as connection:
        for name in CHOICES:
            people.put_setting(connection, name, "yes" if request.form.get(name) == "yes" else "no")
        for team in people.teams(connection):
            accounts.announce_access_of_team(connection, team.id, clock.now())
    return make_response(redirect(url_for("company.company_page", done="saved"), code=303))
