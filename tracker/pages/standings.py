"""Where payees stand now: what the phone, the wall and the manager's page all read, loaded in one place.

The ladder itself is the engine's (`engine.standing`); this module fetches its sums and adds what
belongs to the payee as a whole: all components together, today's change, and what is held.
"""

from dataclasses import dataclass
from datetime import date, datetime
from statistics import median_low

from tracker.engine.credits import component_key_of
from tracker.engine.explain import would_add
from tracker.engine.periods import Period, working_days
from tracker.engine.plans import Component, PlanBook, PlanVersion
from tracker.engine.standing import Standing, standing_of
from tracker.engine.totals import TotalKey
from tracker.errors import NotFound
from tracker.pages.company_calendar import CompanyCalendar
from tracker.store import credits, outbox, people, plans, totals
from tracker.store.database import Connection

TYPICAL_DEALS_COUNT = 25
"""How many of a payee's latest deals say what a typical one is."""


@dataclass(frozen=True, slots=True)
class PayeeStanding:
    """One payee in the window that holds today; amounts are minor units of `currency`.

    `standings` holds one ladder per component, the plan's first (the lead) first; it is empty for a payee without
    a plan. `sequence` is that of the payee's newest change, so a page knows what it shows.
    """

    payee: people.Payee
    window: Period | None
    currency: str
    earned_minor: int
    earned_today_minor: int
    projected_minor: int
    held_minor: int
    held_count: int
    standings: tuple[Standing, ...]
    sequence: int

    @property
    def lead(self) -> Standing | None:
        return self.standings[0] if self.standings else None


def payee_standing(
    connection: Connection, payee_id: int, calendar: CompanyCalendar, now: datetime
) -> PayeeStanding:
    """Everything a screen shows of one payee at an instant. Raises NotFound."""
    payee = people.payee(connection, payee_id)
    if payee is None:
        raise NotFound(f"There is no payee {payee_id}.")
    # The sequence is read first: a change that commits meanwhile is then shown twice, never missed.
    sequence = outbox.sequence_of_payee(connection, payee_id)
    book = plans.load_plan_book(connection)
    today = calendar.day_of(now)
    ladders = [
        _ladder(connection, payee_id, version, component, book, calendar, today)
        for version in book.versions_for(payee_id, today)
        for component in version.plan.components
    ]
    standings = tuple(ladder.standing for ladder in ladders)
    lead = standings[0] if standings else None
    return PayeeStanding(
        payee=payee,
        window=lead.window if lead else None,
        currency=lead.currency if lead else "",
        earned_minor=sum(standing.earned_minor for standing in standings),
        earned_today_minor=_earned_today(connection, payee_id, lead, calendar, today),
        projected_minor=sum(standing.projection.earned_minor for standing in standings),
        held_minor=sum(ladder.held_minor for ladder in ladders),
        held_count=len({deal_key for ladder in ladders for deal_key in ladder.held_deal_keys}),
        standings=standings,
        sequence=sequence,
    )


def team_standings(
    connection: Connection, team_id: int, calendar: CompanyCalendar, now: datetime
) -> list[PayeeStanding]:
    """The active reps of a team, each where they stand, by name."""
    return [
        payee_standing(connection, payee.id, calendar, now)
        for payee in people.payees_of_team(connection, team_id)
        if payee.is_active
    ]


@dataclass(frozen=True, slots=True)
class _Ladder:
    standing: Standing
    held_minor: int
    held_deal_keys: frozenset[str]


def _ladder(
    connection: Connection,
    payee_id: int,
    version: PlanVersion,
    component: Component,
    book: PlanBook,
    calendar: CompanyCalendar,
    today: date,
) -> _Ladder:
    window = version.plan.window_of(today)
    key = TotalKey(payee_id, component_key_of(version, component), window.key)
    total = totals.window_total(connection, key, book)
    quota_minor = plans.quota_minor(connection, payee_id, key.component_key, window.key)
    earned = totals.earnings_of(connection, payee_id, window.key).get(key.component_key, {})
    held = credits.credits_of_total(connection, key, counted=False)
    standing = standing_of(
        version,
        component,
        total,
        book,
        window,
        quota_minor,
        earned_minor=sum(earned.values()),
        working=working_days(window, calendar.days_off(window)),
        today=today,
        typical_deal_minor=_typical_deal(connection, key),
    )
    held_minor = would_add(total, held, book, quota_minor) if held else 0
    return _Ladder(standing, held_minor, frozenset(credit.deal_key for credit in held))


def _typical_deal(connection: Connection, key: TotalKey) -> int | None:
    """The median of the latest deals: one giant does not move it, and it is always a deal that happened."""
    latest = credits.latest_attainments(
        connection, key.payee_id, key.component_key, TYPICAL_DEALS_COUNT
    )
    return median_low(latest) if latest else None


def _earned_today(
    connection: Connection,
    payee_id: int,
    lead: Standing | None,
    calendar: CompanyCalendar,
    today: date,
) -> int:
    if lead is None:
        return 0
    return totals.earned_since(connection, payee_id, lead.window.key, calendar.start_of(today))
