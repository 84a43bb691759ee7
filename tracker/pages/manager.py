"""The manager's morning: how the team stands, every rep live, and the deals that need a hand.

The table is pushed to everybody in the team's room, so it shows what its least trusted reader may see: a manager of
the team. An admin sees the same table, and a rep's pay on the rep's own page.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from flask import Blueprint, Flask, Response, make_response, redirect, url_for

from tracker import access, clock
from tracker.access import Principal
from tracker.engine.earning.totals import TotalKey
from tracker.engine.periods import Period
from tracker.live.renderers import Rendered
from tracker.pages import context
from tracker.pages.company_calendar import CompanyCalendar, company_calendar
from tracker.pages.deal_rows import DealRow, deal_rows, evidence_words
from tracker.pages.i18n import speaking
from tracker.pages.people_names import short_names
from tracker.pages.pipeline import Pipeline, pipeline_of
from tracker.pages.projections import stage_book
from tracker.pages.rep_rows import RepRow, first_trend_day, rep_row
from tracker.pages.sheets import Section, Sheet
from tracker.pages.stage_odds import priority_segments
from tracker.pages.standings import PayeeStanding, payee_standing, team_standings
from tracker.pages.team_goal import TeamGoal, lead_standings, team_goal, team_window
from tracker.pages.why_deal import why_deal
from tracker.pages.why_projection import sales_outlook, why_projection
from tracker.pages.why_sheets import why_earned
from tracker.store import (
    deals,
    disputes,
    outbox,
    people,
    plans,
    quarantine,
    standing_reads,
    team_reads,
    verifications,
)
from tracker.store.deals import StoredDeal
from tracker.store.people import Payee, Team
from tracker.store.quarantine import Unclaimed
from tracker.store.types import Connection
from tracker.store.verifications import StoredVerification

blueprint = Blueprint("manager", __name__, url_prefix="/team")

LATEST_DEALS_COUNT = 12


@dataclass(frozen=True, slots=True)
class NearTile:
    """The reps one deal from a step: their short names, and what that deal is worth to them in all."""

    names: tuple[str, ...]
    worth_minor: int | None


@dataclass(frozen=True, slots=True)
class HeldTile:
    """What waits for evidence: how many deals, their pay, and which evidence is missing most often."""

    deals_count: int
    held_minor: int | None
    missing: str
    missing_count: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything on the manager's page. Amounts of pay are None where its readers may not see them.

    `landing` is the share of the goal that backed deals bring the team to; None where no open deals are known.
    """

    team: Team
    window: Period | None
    currency: str
    shown_at: datetime
    goal: TeamGoal | None
    landing: Fraction | None
    near: NearTile
    held: HeldTile
    pipeline: Pipeline
    rows: tuple[RepRow, ...]
    shows_pay: bool
    unclaimed: tuple[Unclaimed, ...]
    check: StoredVerification | None
    dispute_acts_count: int
    sequence: int


@dataclass(frozen=True, slots=True)
class RepPage:
    """One rep as the manager sees them: the rep's own why when pay is open, else the deals with their amounts."""

    team_id: int
    payee: Payee
    row: RepRow
    sheet: Sheet | None
    outlook: tuple[Section, ...]
    paid_deals: tuple[DealRow, ...]
    deals: tuple[StoredDeal, ...]
    shown_at: datetime


# --- the view model ------------------------------------------------------------------------------------------------


def load_desk(connection: Connection, team_id: int, now: datetime) -> Desk:
    """The page of a team at an instant. NotFound when there is no such team."""
    # The sequence is read first: a change that commits meanwhile is then shown twice, never missed.
    sequence = outbox.sequence_of_team(connection, team_id)
    team = people.team(connection, team_id) or context.not_found()
    calendar = company_calendar(context.settings())
    members = team_standings(connection, team_id, calendar, now)
    reader = _least_reader(connection, team_id)
    leads = lead_standings(members)
    rows = _rows(connection, members, reader, calendar, now)
    currency = _currency(members)
    return Desk(
        team=team,
        window=team_window(leads),
        currency=currency,
        shown_at=now,
        goal=team_goal(leads),
        landing=_landing(members),
        near=_near(rows, reader, team_id),
        held=_held(connection, members, reader, team_id),
        pipeline=_pipeline(connection, team_id, members, calendar, now, currency),
        rows=tuple(sorted(rows, key=lambda row: (-(row.ratio or 0), row.name))),
        shows_pay=reader.managers_see_pay,
        unclaimed=tuple(quarantine.unclaimed(connection)),
        check=verifications.latest_verification(connection),
        dispute_acts_count=disputes.count_acts(connection, team_id),
        sequence=sequence,
    )


def _landing(members: Sequence[PayeeStanding]) -> Fraction | None:
    """The team's attainment with its backed deals, as the goal is reckoned."""
    landed = [
        replace(member.lead, attainment_minor=member.landing.expected_minor)
        for member in members
        if member.lead is not None and member.landing is not None
    ]
    goal = team_goal(landed)
    return goal.ratio if goal else None


def _least_reader(connection: Connection, team_id: int) -> Principal:
    """The least trusted of those who may be in the team's room."""
    return Principal(
        kind="person",
        session_key="",
        role="manager",
        managed_team_ids=frozenset({team_id}),
        managers_see_pay=people.setting(connection, access.MANAGERS_SEE_PAY, "no") == "yes",
    )


def _currency(members: Sequence[PayeeStanding]) -> str:
    """The currency most of the team is paid in."""
    found = Counter(member.currency for member in members if member.currency)
    return found.most_common(1)[0][0] if found else ""


def _rows(
    connection: Connection,
    members: Sequence[PayeeStanding],
    reader: Principal,
    calendar: CompanyCalendar,
    now: datetime,
) -> list[RepRow]:
    today = calendar.day_of(now)
    ladders = {one.payee.id: one.lead.component_key for one in members if one.lead}
    days = team_reads.attainment_by_day(connection, ladders, first_trend_day(today))
    return [
        rep_row(one, days.get(one.payee.id, {}), today, access.may_see_pay(reader, one.payee))
        for one in members
    ]


def _near(rows: Sequence[RepRow], reader: Principal, team_id: int) -> NearTile:
    near = [row for row in rows if "near" in row.marks]
    short = short_names(row.name for row in rows)
    is_open = access.may_see_team_pay(reader, team_id, len(rows))
    worth = [row.next_deal_minor for row in near if row.next_deal_minor is not None]
    return NearTile(tuple(short[row.name] for row in near), sum(worth) if is_open else None)


def _held(
    connection: Connection, members: Sequence[PayeeStanding], reader: Principal, team_id: int
) -> HeldTile:
    keys = [
        TotalKey(one.payee.id, standing.component_key, standing.window.key)
        for one in members
        if one.held_count
        for standing in one.standings
    ]
    missing: dict[str, set[str]] = {}
    for waiting in standing_reads.held_of(connection, keys).values():
        for credit in waiting:
            missing.setdefault(credit.deal_key, set()).update(credit.missing_evidence)
    words = Counter(word for lacking in missing.values() for word in sorted(lacking))
    word, count = words.most_common(1)[0] if words else ("", 0)
    # Where nobody is on a plan there is no currency for an amount.
    is_open = access.may_see_team_pay(reader, team_id, len(members)) and bool(_currency(members))
    return HeldTile(
        deals_count=len(missing),
        held_minor=sum(one.held_minor for one in members) if is_open else None,
        missing=evidence_words([word]) if word else "",
        missing_count=count,
    )


def _pipeline(
    connection: Connection,
    team_id: int,
    members: Sequence[PayeeStanding],
    calendar: CompanyCalendar,
    now: datetime,
    currency: str,
) -> Pipeline:
    short = short_names(one.payee.name for one in members)
    names = {one.payee.id: short[one.payee.name] for one in members}
    stored = team_reads.open_deals_of_team(connection, team_id)
    book = plans.load_plan_book(connection)
    today, open_deals = calendar.day_of(now), [one.deal for one in stored]
    stages = stage_book(connection, open_deals, today)
    segments = priority_segments(connection)
    return pipeline_of(stored, book, names, calendar, now, currency, stages, segments)


# --- the pages -----------------------------------------------------------------------------------------------------


def render_fragment(app: Flask, team_id: int, locale: str) -> Rendered:
    """The live part of a team's page, for whoever follows it."""
    with app.app_context(), speaking(locale), context.database().read() as connection:
        desk = load_desk(connection, team_id, clock.now())
        return Rendered(context.render("manager/_live.html", desk=desk), desk.sequence)


@blueprint.get("")
def first_team() -> Response | str:
    """The first of the teams the person looks after."""
    with context.database().read() as connection:
        teams = _teams(connection, context.principal())
    if not teams:
        context.require(context.principal().role in ("manager", "admin"))
        return context.render("manager/no_team.html")
    return make_response(redirect(url_for("manager.page", team_id=teams[0].id)))


@blueprint.get("/<int:team_id>")
def page(team_id: int) -> str:
    """The whole page of a team."""
    with context.database().read() as connection:
        desk = _desk(connection, team_id)
        teams = _teams(connection, context.principal())
    zone = context.settings().company_zone.key
    return context.render("manager/page.html", desk=desk, teams=teams, zone=zone)


@blueprint.get("/<int:team_id>/fragment")
def fragment(team_id: int) -> str:
    """The live part alone, for a page that missed something."""
    with context.database().read() as connection:
        return context.render("manager/_live.html", desk=_desk(connection, team_id))


@blueprint.get("/<int:team_id>/reps/<int:payee_id>")
def rep(team_id: int, payee_id: int) -> str:
    """One rep: the part alone for htmx, which shows it in the sheet, or a whole page."""
    with context.database().read() as connection:
        payee = _rep_of_team(connection, team_id, payee_id)
        found = _rep_page(connection, team_id, payee, clock.now())
    template = "manager/_rep.html" if context.is_htmx() else "manager/rep_page.html"
    return context.render(template, rep=found)


@blueprint.get("/<int:team_id>/reps/<int:payee_id>/deals/<path:deal_key>")
def rep_deal(team_id: int, payee_id: int, deal_key: str) -> str:
    """Why one deal of a rep paid what it paid; only where the rep's pay is open to the reader."""
    with context.database().read() as connection:
        payee = _rep_of_team(connection, team_id, payee_id)
        stored = deals.stored_deal(connection, deal_key)
        if stored is None or payee.id not in deals.payee_ids_of(stored.deal):
            context.not_found()
        context.require(access.may_see_pay(context.principal(), payee))
        sheet = why_deal(connection, payee, stored)
    if context.is_htmx():
        return context.render("my_earnings/_why.html", sheet=sheet)
    return context.render("manager/deal_page.html", sheet=sheet, team_id=team_id, payee=payee)


def _desk(connection: Connection, team_id: int) -> Desk:
    context.require(access.may_see_team(context.principal(), team_id))
    return load_desk(connection, team_id, clock.now())


def _teams(connection: Connection, principal: Principal) -> list[Team]:
    """The teams a person may open, by name."""
    return [team for team in people.teams(connection) if access.may_see_team(principal, team.id)]


def _rep_of_team(connection: Connection, team_id: int, payee_id: int) -> Payee:
    payee = people.payee(connection, payee_id)
    if payee is None or payee.team_id != team_id:
        context.not_found()
    principal = context.principal()
    is_open = access.may_see_team(principal, team_id) and access.may_see_deals(principal, payee)
    context.require(is_open)
    return payee


def _rep_page(connection: Connection, team_id: int, payee: Payee, now: datetime) -> RepPage:
    calendar = company_calendar(context.settings())
    today = calendar.day_of(now)
    standing = payee_standing(connection, payee.id, calendar, now)
    shows_pay = access.may_see_pay(context.principal(), payee)
    ladder = {payee.id: standing.lead.component_key} if standing.lead else {}
    days = team_reads.attainment_by_day(connection, ladder, first_trend_day(today))
    latest = deals.deals_of_payee(connection, payee.id, limit=LATEST_DEALS_COUNT)
    return RepPage(
        team_id=team_id,
        payee=payee,
        row=rep_row(standing, days.get(payee.id, {}), today, shows_pay),
        sheet=_own_why(connection, standing) if shows_pay and standing.standings else None,
        outlook=() if shows_pay else tuple(sales_outlook(standing)),
        paid_deals=tuple(deal_rows(connection, payee.id, latest)) if shows_pay else (),
        deals=() if shows_pay else tuple(latest),
        shown_at=now,
    )


def _own_why(connection: Connection, standing: PayeeStanding) -> Sheet:
    """The sheets the rep sees, under the rep's name: what is earned, then where it ends."""
    earned, projected = why_earned(connection, standing), why_projection(standing)
    return replace(
        earned,
        title=standing.payee.name,
        sections=(*earned.sections, *projected.sections),
        notes=tuple(dict.fromkeys((*earned.notes, *projected.notes))),
    )
