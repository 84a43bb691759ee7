"""The rep's phone: what is earned, the staircase, the next deal, the projection, the latest deals, and every why."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from flask import Blueprint, Flask, request, url_for

from tracker import access, clock
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.standing import Standing
from tracker.live.renderers import Rendered
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.deal_rows import DealRow, deal_rows
from tracker.pages.doubts import DEAL, FIGURE
from tracker.pages.earnings_view import MyEarnings, my_earnings
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import speaking
from tracker.pages.sheets import Sheet
from tracker.pages.standings import PayeeStanding, payee_standing
from tracker.pages.team_parts import why_team_part
from tracker.pages.why_deal import why_deal
from tracker.pages.why_equity import why_equity
from tracker.pages.why_projection import why_projection
from tracker.pages.why_sheets import why_earned, why_next_deal
from tracker.store import deals as deal_store
from tracker.store import equity as equity_store
from tracker.store import people
from tracker.store.database import Connection

blueprint = Blueprint("my_earnings", __name__)

DEALS_PER_PAGE = 25
PAGE_NUMBER_MAX = 10_000


@dataclass(frozen=True, slots=True)
class DealChoice:
    """One of the lists of deals a rep can look at."""

    key: str
    name: str
    deals_count: int


@dataclass(frozen=True, slots=True)
class DealsPage:
    """A page of a rep's deals; page numbers are None where there is no further page."""

    choices: tuple[DealChoice, ...]
    chosen: str
    rows: tuple[DealRow, ...]
    previous_page: int | None
    next_page: int | None
    now: datetime


def render_fragment(app: Flask, payee_id: int, locale: str) -> Rendered:
    """The first view of a rep, as pushed to the rep's own room."""
    with app.app_context(), speaking(locale):
        mine = _mine(payee_id)
        return Rendered(context.render("my_earnings/_live.html", mine=mine), mine.sequence)


# --- routes -------------------------------------------------------------------------------------------------------


@blueprint.get("/me")
def page() -> str:
    mine = _mine(_own_payee().id)
    zone = context.settings().company_zone.key
    return context.render("my_earnings/page.html", mine=mine, zone=zone)


@blueprint.get("/me/fragment")
def fragment() -> str:
    return context.render("my_earnings/_live.html", mine=_mine(_own_payee().id))


@blueprint.get("/me/why", defaults={"component_key": ""})
@blueprint.get("/me/why/<path:component_key>")
def why(component_key: str) -> str:
    payee = _own_payee()
    with context.database().read() as connection:
        standing = _standing(connection, payee)
        if component_key or not standing.standings:
            _component(standing, component_key)
        doubt = url_for("my_disputes.new", about=FIGURE, key=component_key)
        return _sheet(why_earned(connection, standing, component_key), doubt=doubt)


@blueprint.get("/me/next/<path:component_key>")
def next_deal(component_key: str) -> str:
    payee = _own_payee()
    with context.database().read() as connection:
        return _sheet(why_next_deal(_component(_standing(connection, payee), component_key)))


@blueprint.get("/me/projection")
def projection() -> str:
    payee = _own_payee()
    with context.database().read() as connection:
        standing = _standing(connection, payee)
        if not standing.standings:
            context.not_found()
        return _sheet(why_projection(standing, partial(_deal_address, payee.id)))


@blueprint.get("/me/teams/<int:team_payee_id>/<path:component_key>")
def team_part(team_payee_id: int, component_key: str) -> str:
    payee, calendar = _own_payee(), company_calendar(context.settings())
    with context.database().read() as connection:
        sheet = why_team_part(
            connection, payee.id, team_payee_id, component_key, calendar, clock.now()
        )
    if sheet is None:
        context.not_found()
    return _sheet(sheet)


@blueprint.get("/me/equity")
def equity() -> str:
    payee, calendar = _own_payee(), company_calendar(context.settings())
    with context.database().read() as connection:
        grants = equity_store.equity_of(connection, payee.id, calendar.day_of(clock.now()))
    if not grants:
        context.not_found()
    return _sheet(why_equity(grants))


@blueprint.get("/me/deals")
def deals() -> str:
    payee = _own_payee()
    with context.database().read() as connection:
        found = _deals_page(connection, payee.id, request.args.get("status", "won"), _page_number())
    return context.render("my_earnings/deals.html", page=found)


@blueprint.get("/me/deals/<path:deal_key>")
def deal(deal_key: str) -> str:
    payee = _own_payee()
    with context.database().read() as connection:
        stored = deal_store.stored_deal(connection, deal_key)
        if stored is None or payee.id not in deal_store.payee_ids_of(stored.deal):
            context.not_found()
        doubt = url_for("my_disputes.new", about=DEAL, key=deal_key)
        return _sheet(why_deal(connection, payee, stored), back="/me/deals", doubt=doubt)


# --- behind them --------------------------------------------------------------------------------------------------


def _own_payee() -> people.Payee:
    """The payee of whoever is signed in; NotFound for people who do not sell."""
    principal = context.principal()
    with context.database().read() as connection:
        payee = people.payee(connection, principal.payee_id) if principal.payee_id else None
    if payee is None or not access.may_see_pay(principal, payee):
        context.not_found()
    return payee


def _mine(payee_id: int) -> MyEarnings:
    calendar = company_calendar(context.settings())
    with context.database().read() as connection:
        return my_earnings(connection, payee_id, calendar, clock.now())


def _standing(connection: Connection, payee: people.Payee) -> PayeeStanding:
    calendar = company_calendar(context.settings())
    return payee_standing(connection, payee.id, calendar, clock.now())


def _component(standing: PayeeStanding, component_key: str) -> Standing:
    found = next((s for s in standing.standings if s.component_key == component_key), None)
    if found is None:
        context.not_found()
    return found


def _deal_address(payee_id: int, deal: Deal) -> str:
    """The why of a deal for who takes part in it; a leader's projection also holds deals of others."""
    if payee_id not in deal_store.payee_ids_of(deal):
        return ""
    return url_for("my_earnings.deal", deal_key=deal.key)


def _sheet(sheet: Sheet, back: str = "/me", doubt: str = "") -> str:
    """A why: the part alone for htmx, which shows it in the sheet, or a whole page; `doubt` is where to dispute it."""
    if context.is_htmx():
        return context.render("my_earnings/_why.html", sheet=sheet, doubt=doubt)
    return context.render("my_earnings/why_page.html", sheet=sheet, back=back, doubt=doubt)


def _page_number() -> int:
    number = request.args.get("page", 1, type=int)
    return min(max(number, 1), PAGE_NUMBER_MAX)


def _deals_page(connection: Connection, payee_id: int, chosen: str, number: int) -> DealsPage:
    lists: dict[str, tuple[str, DealStatus | None]] = {
        "won": (_("Won"), DealStatus.WON),
        "open": (_("Open"), DealStatus.OPEN),
        "all": (_("All"), None),
    }
    chosen = chosen if chosen in lists else "won"
    choices = tuple(
        DealChoice(key, name, deal_store.count_deals_of_payee(connection, payee_id, status))
        for key, (name, status) in lists.items()
    )
    first = (number - 1) * DEALS_PER_PAGE
    found = deal_store.deals_of_payee(
        connection, payee_id, lists[chosen][1], limit=DEALS_PER_PAGE + 1, offset=first
    )
    rows = deal_rows(connection, payee_id, found[:DEALS_PER_PAGE])
    return DealsPage(
        choices=choices,
        chosen=chosen,
        rows=tuple(rows),
        previous_page=number - 1 if number > 1 else None,
        next_page=number + 1 if len(found) > DEALS_PER_PAGE else None,
        now=clock.now(),
    )
