"""What the phone's first view shows of one rep, ready to be put into words; the pushed partial shows the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tracker.engine.deals import DealStatus
from tracker.engine.earning.standing import Standing
from tracker.engine.money import minor_digits
from tracker.engine.payroll_months.equity import GrantStanding
from tracker.engine.payroll_months.posting import month_of
from tracker.engine.payroll_months.statement import Statement
from tracker.engine.periods import Period
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.deal_rows import DealRow, deal_rows
from tracker.pages.dispute_view import latest_words
from tracker.pages.formatting import money, pay_rate, sentence
from tracker.pages.i18n import gettext as _
from tracker.pages.projected_tile import ProjectedTile, projected_tile
from tracker.pages.staircase import Staircase, staircase
from tracker.pages.standing_words import distance, way_there
from tracker.pages.standings import PayeeStanding, payee_standing
from tracker.pages.team_parts import TeamPart, team_parts
from tracker.pages.trial_card import TrialCard, trial_cards
from tracker.store import deals, disputes, equity
from tracker.store.database import Connection
from tracker.store.payroll_review import open_statements

STAIRCASE_WIDTH, STAIRCASE_HEIGHT = 320, 150
LATEST_DEALS_COUNT = 5


@dataclass(frozen=True, slots=True)
class MyEarnings:
    """One rep's first view. Amounts are minor units of `currency`."""

    payee_id: int
    payee_name: str
    window: Period | None
    currency: str
    earned_minor: int
    earned_whole: int
    earned_today_minor: int
    held_minor: int
    held_count: int
    projected: ProjectedTile
    lead: Standing | None
    others: tuple[Standing, ...]
    stairs: Staircase | None
    distance: str
    way_there: str
    next_deal_adds_more_above: bool
    announcement: str
    reached_announcement: str
    deals: tuple[DealRow, ...]
    deals_count: int
    trials: tuple[TrialCard, ...]
    team_parts: tuple[TeamPart, ...]
    grants: tuple[GrantStanding, ...]
    disputes: str  # how the latest ones stand; "" when there is nothing to say
    now: datetime
    today: date
    sequence: int
    payouts: tuple[Statement, ...] = ()  # the months that are not closed, as far as known


def my_earnings(
    connection: Connection, payee_id: int, calendar: CompanyCalendar, now: datetime
) -> MyEarnings:
    """Everything the first view of a rep shows at an instant."""
    standing = payee_standing(connection, payee_id, calendar, now)
    won = DealStatus.WON
    latest = deals.deals_of_payee(connection, payee_id, won, limit=LATEST_DEALS_COUNT)
    rows = deal_rows(connection, payee_id, latest)
    deals_count = deals.count_deals_of_payee(connection, payee_id, won)
    said = latest_words(disputes.disputes_of_payee(connection, payee_id), now)
    today = calendar.day_of(now)
    payouts = tuple(open_statements(connection, payee_id, month_of(today)))
    return replace(
        view_of(standing, rows, deals_count, said, now, today),
        payouts=payouts,
        trials=trial_cards(connection, payee_id, today),
        team_parts=team_parts(connection, payee_id, today),
        grants=tuple(equity.equity_of(connection, payee_id, today)),
    )


def view_of(
    standing: PayeeStanding,
    rows: Sequence[DealRow],
    deals_count: int,
    said: str,
    now: datetime,
    today: date,
) -> MyEarnings:
    lead = standing.lead
    currency = standing.currency
    landing = standing.landing
    return MyEarnings(
        payee_id=standing.payee.id,
        payee_name=standing.payee.name,
        window=standing.window,
        currency=currency,
        earned_minor=standing.earned_minor,
        earned_whole=_whole_units(standing.earned_minor, currency) if currency else 0,
        earned_today_minor=standing.earned_today_minor,
        held_minor=standing.held_minor,
        held_count=standing.held_count,
        projected=projected_tile(standing),
        lead=lead,
        others=standing.standings[1:],
        stairs=staircase(lead, STAIRCASE_WIDTH, STAIRCASE_HEIGHT, landing=landing)
        if lead
        else None,
        distance=distance(lead) if lead else "",
        way_there=way_there(lead) if lead else "",
        next_deal_adds_more_above=_adds_more_above(lead),
        announcement=_announcement(standing),
        reached_announcement=_reached(lead),
        deals=tuple(rows),
        deals_count=deals_count,
        trials=(),
        team_parts=(),
        grants=(),
        disputes=said,
        now=now,
        today=today,
        sequence=standing.sequence,
    )


def _adds_more_above(standing: Standing | None) -> bool:
    if standing is None or standing.next_step is None or standing.next_deal_above_minor is None:
        return False
    return standing.next_deal_above_minor > (standing.next_deal_minor or 0)


def _announcement(standing: PayeeStanding) -> str:
    """The whole view in one sentence or two, for who listens."""
    if standing.lead is None:
        return ""
    earned = _("Earned: %(amount)s", amount=money(standing.earned_minor, standing.currency))
    return f"{sentence(earned)} {sentence(distance(standing.lead))}"


def _reached(standing: Standing | None) -> str:
    if standing is None or not standing.step_number:
        return ""
    pays = pay_rate(standing.rate, standing.paid_measure, standing.currency)
    said = _("Step %(number)s is reached: %(rate)s", number=standing.step_number, rate=pays)
    return sentence(said)


def _whole_units(amount_minor: int, currency: str) -> int:
    scale: int = 10 ** minor_digits(currency)
    return abs(amount_minor) // scale
