"""The wall of a team: what everybody in the room may see. Shares of the goal, wins, and who is close to an own step.

Never pay, a rate, a quota or an amount; nobody is named who did not agree to it, and nobody is ever last: at most
half of a team is listed, and only people with at most half of their step left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import ceil

from flask import Blueprint, Flask

from tracker import access, clock
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.standing import Standing
from tracker.engine.periods import Period
from tracker.live.audiences import Change
from tracker.live.renderers import Rendered
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.formatting import percent
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import speaking
from tracker.pages.people_names import initials, short_names
from tracker.pages.staircase import Staircase, staircase
from tracker.pages.standings import PayeeStanding, team_standings
from tracker.pages.team_goal import (
    TeamGoal,
    lead_standings,
    team_goal,
    team_standing,
    team_window,
)
from tracker.store import deals, outbox, people, screens, team_reads
from tracker.store.types import Connection

blueprint = Blueprint("team_board", __name__, url_prefix="/screen")

TEAM_PEOPLE_MIN = access.TEAM_PAY_PEOPLE_MIN
LISTED_MAX = 5
LEFT_MAX = Fraction(1, 2)
WINS_SHOWN_MAX = 12
STAIRS_WIDTH, STAIRS_HEIGHT = 430, 250
"""Units of the drawing, about two wall pixels each: its text is then 28 high."""
CHEERED_DAYS = 7
"""A win that counts from longer ago is old news: an import, a correction."""
SHOWS_CUSTOMERS = "wall_shows_customers"
"""Name of the company's setting; its value "yes" puts customers' names on the walls."""


@dataclass(frozen=True, slots=True)
class Close:
    """Somebody close to an own step: `reached` of the way to it (0 to 1)."""

    name: str
    initials: str
    reached: Fraction
    left_percent: int
    step_number: int

    @property
    def words(self) -> str:
        """How far it is: "4 % to step 3"."""
        left = percent(Fraction(self.left_percent, 100))
        return _("%(share)s to step %(number)s", share=left, number=self.step_number)


@dataclass(frozen=True, slots=True)
class Win:
    """A win of today. `names` is empty when nobody of it agreed to be named, `customer` when the company hides it."""

    names: str
    customer: str
    won_at: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """Everything the wall shows. No field holds an amount."""

    team_id: int
    team_name: str
    window: Period | None
    shown_at: datetime
    working_days_left_count: int
    goal: TeamGoal | None
    stairs: Staircase | None
    close: tuple[Close, ...]
    win_count: int
    wins: tuple[Win, ...]
    calm_screen_ids: tuple[int, ...]
    sequence: int


# --- the view model ------------------------------------------------------------------------------------------------


def load_board(connection: Connection, team_id: int, now: datetime) -> Board:
    """The board of a team at an instant. NotFound when there is no such team."""
    # The sequence is read first: a change that commits meanwhile is then shown twice, never missed.
    sequence = outbox.sequence_of_team(connection, team_id)
    team = people.team(connection, team_id) or context.not_found()
    calendar = company_calendar(context.settings())
    members = team_standings(connection, team_id, calendar, now)
    names = _names_on_wall(connection, team_id)
    leads = lead_standings(members)
    wins = _wins(connection, team_id, calendar.day_of(now), names)
    goal = team_goal(leads) if len(members) >= TEAM_PEOPLE_MIN else None
    return Board(
        team_id=team_id,
        team_name=team.name,
        window=team_window(leads),
        shown_at=now,
        working_days_left_count=leads[0].pace.working_days_left_count if leads else 0,
        goal=goal,
        stairs=_stairs(goal, leads),
        close=closest(members, names),
        win_count=len(wins),
        wins=tuple(wins[:WINS_SHOWN_MAX]),
        calm_screen_ids=_calm_screen_ids(connection, team_id),
        sequence=sequence,
    )


def closest(members: Sequence[PayeeStanding], names: Mapping[int, str]) -> tuple[Close, ...]:
    """Who is nearest to an own step, of the people in `names` (payee id to short name); nearest first."""
    if len(members) < TEAM_PEOPLE_MIN:
        return ()
    found = [
        (left, member.payee.name, _close(names[member.payee.id], member.payee.name, lead, left))
        for member in members
        if member.payee.id in names
        and (lead := member.lead) is not None
        and (left := _left_to_step(lead)) is not None
        and left <= LEFT_MAX
    ]
    listed_max = min(LISTED_MAX, len(members) // 2)
    return tuple(close for *_order, close in sorted(found, key=lambda one: one[:2])[:listed_max])


def _close(short_name: str, name: str, lead: Standing, left: Fraction) -> Close:
    assert lead.next_step is not None
    return Close(short_name, initials(name), 1 - left, ceil(left * 100), lead.next_step.number)


def _left_to_step(lead: Standing) -> Fraction | None:
    """How much of the way from nothing to the next step is left (0 to 1); None on the top step."""
    if lead.next_step is None or lead.attainment_minor <= 0:
        return None
    bound = lead.attainment_minor + lead.next_step.distance_minor
    return Fraction(lead.next_step.distance_minor, bound)


def _stairs(goal: TeamGoal | None, leads: Sequence[Standing]) -> Staircase | None:
    if goal is None:
        return None
    return staircase(team_standing(goal, leads), STAIRS_WIDTH, STAIRS_HEIGHT, rates=False)


def _calm_screen_ids(connection: Connection, team_id: int) -> tuple[int, ...]:
    """The walls of the team that show wins without motion or sound."""
    own = screens.screens_of_teams(connection, frozenset({team_id}))
    return tuple(screen.id for screen in own if screen.is_calm)


def _names_on_wall(connection: Connection, team_id: int) -> dict[int, str]:
    """The short names of those who agreed to be named, by payee id."""
    agreed = people.people_on_wall(connection, team_id)
    short = short_names(person.name for person in agreed)
    return {person.payee_id: short[person.name] for person in agreed if person.payee_id}


def _wins(connection: Connection, team_id: int, today: date, names: Mapping[int, str]) -> list[Win]:
    """The wins of today, the latest first."""
    found = team_reads.wins_of_team(connection, team_id, today)
    won_at = team_reads.first_won_at(connection, [one.deal.key for one in found])
    shows_customers = _shows_customers(connection)
    wins = [
        Win(
            names=_and([names[one_id] for one_id in _payee_ids(won.deal) if one_id in names]),
            customer=won.deal.name if shows_customers else "",
            won_at=won_at.get(won.deal.key, won.changed_at),
        )
        for won in found
    ]
    return sorted(wins, key=lambda win: win.won_at, reverse=True)


def _payee_ids(deal: Deal) -> list[int]:
    """Who takes part, in order, each once."""
    return list(dict.fromkeys(share.payee_id for share in deal.credit_shares))


def _shows_customers(connection: Connection) -> bool:
    return people.setting(connection, SHOWS_CUSTOMERS, "no") == "yes"


# --- a win ---------------------------------------------------------------------------------------------------------


def celebration_for(app: Flask, change: Change, locale: str) -> dict[str, str] | None:
    """What the walls of a team cheer for a change of the outbox; None when it is nothing to cheer.

    Of several people in one deal only the first change cheers, for all of them.
    """
    with app.app_context(), speaking(locale), context.database().read() as connection:
        deal = deals.deal(connection, change.deal_key or "")
        if deal is None or change.team_id is None or not (change.is_win and _is_news(deal)):
            return None
        team_of = people.team_ids_of(connection, _payee_ids(deal))
        winners = [one for one in _payee_ids(deal) if team_of.get(one) == change.team_id]
        if not winners or change.payee_id != winners[0]:
            return None
        return _cheer(connection, deal, change.team_id, winners)


def _is_news(deal: Deal) -> bool:
    today = company_calendar(context.settings()).day_of(clock.now())
    is_recent = today - timedelta(days=CHEERED_DAYS) <= deal.effective_on <= today
    return deal.status is DealStatus.WON and is_recent


def _cheer(
    connection: Connection, deal: Deal, team_id: int, winners: Sequence[int]
) -> dict[str, str]:
    board = load_board(connection, team_id, clock.now())
    on_wall = _names_on_wall(connection, team_id)
    named = [payee_id for payee_id in winners if payee_id in on_wall]
    person = _and([on_wall[payee_id] for payee_id in named])
    customer = deal.name if named and _shows_customers(connection) else ""
    payee = people.payee(connection, named[0]) if len(named) == 1 else None
    return {
        "person": person,
        "initials": initials(payee.name) if payee else "",
        "headline": _headline(person, customer, board.team_name),
        "team_line": _team_line(board, bool(person)),
        "step_line": _step_line(board, person),
    }


def _headline(person: str, customer: str, team_name: str) -> str:
    if not person:
        return _("A win for %(team)s", team=team_name)
    if not customer:
        return _("%(name)s won a deal", name=person)
    return _("%(name)s won %(customer)s", name=person, customer=customer)


def _team_line(board: Board, is_named: bool) -> str:
    if board.goal is None:
        return _("for %(team)s", team=board.team_name) if is_named else ""
    share = percent(board.goal.ratio)
    if not is_named:
        return _("%(share)s of the team goal", share=share)
    return _("and took %(team)s to %(share)s", team=board.team_name, share=share)


def _step_line(board: Board, person: str) -> str:
    own = next((close for close in board.close if close.name == person), None)
    return "" if own is None else own.words


def _and(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("%(names)s and %(last)s", names=", ".join(names[:-1]), last=names[-1])


# --- the page ------------------------------------------------------------------------------------------------------


def render_fragment(app: Flask, team_id: int, locale: str) -> Rendered:
    """The live part of a team's wall, for whoever follows it."""
    with app.app_context(), speaking(locale), context.database().read() as connection:
        board = load_board(connection, team_id, clock.now())
        html = context.render("team_board/_live.html", board=board)
    return Rendered(html, board.sequence)


@blueprint.get("")
@context.for_screens
def page() -> str:
    """The whole wall of the team this screen is paired with."""
    with context.database().read() as connection:
        board = _own_board(connection, context.screen_principal())
    zone = context.settings().company_zone.key
    return context.render("team_board/page.html", board=board, zone=zone)


@blueprint.get("/fragment")
@context.for_screens
def fragment() -> str:
    """The live part alone, for a wall that missed something."""
    with context.database().read() as connection:
        board = _own_board(connection, context.screen_principal())
    return context.render("team_board/_live.html", board=board)


def _own_board(connection: Connection, principal: access.Principal) -> Board:
    team_id = principal.team_id or 0
    context.require(access.may_see_board(principal, team_id))
    return load_board(connection, team_id, clock.now())
