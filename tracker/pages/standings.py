"""Where payees stand now: what the phone, the wall and the manager's page all read, loaded in one place.

The ladder itself is the engine's (`engine.earning.standing`); this module fetches its sums and adds what
belongs to the payee as a whole: all components together, today's change, and what is held.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from statistics import median_low

from tracker.engine.agreement.ladder_terms import LadderTerms
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component, PlanVersion
from tracker.engine.ahead.outcomes import Spread
from tracker.engine.ahead.projection import Ladder, Projection, project
from tracker.engine.ahead.prospects import Prospect
from tracker.engine.crediting.credits import component_key_of
from tracker.engine.earning.standing import Standing, left_behind, standing_of
from tracker.engine.earning.supposed import would_add
from tracker.engine.earning.totals import TotalKey
from tracker.engine.periods import Period, working_days
from tracker.errors import NotFound
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.projections import Prospects, climbing, exposures, prospects_of_payees
from tracker.store import credits, people, plans, standing_reads, totals
from tracker.store.database import Connection

TYPICAL_DEALS_COUNT = 25
"""How many of a payee's latest deals say what a typical one is."""


@dataclass(frozen=True, slots=True)
class PayeeStanding:
    """One payee in the window that holds today; amounts are minor units of `currency`.

    `standings` holds one ladder per component, the plan's first (the lead) first; it is empty for a payee without
    a plan. `pace_minor` is what the window pays at the pace so far; `projection`, from open deals, is None where no
    source tells of any. `sequence` is that of the payee's newest change, so a page knows what it shows.
    """

    payee: people.Payee
    window: Period | None
    currency: str
    earned_minor: int
    earned_today_minor: int
    pace_minor: int
    projection: Projection | None
    held_minor: int
    held_count: int
    standings: tuple[Standing, ...]
    sequence: int

    @property
    def lead(self) -> Standing | None:
        return self.standings[0] if self.standings else None

    @property
    def projected_minor(self) -> int:
        """Where the window ends: by the evidence of open deals, or at the pace where none are known."""
        return self.pace_minor if self.projection is None else self.projected.expected_minor

    @property
    def projected(self) -> Spread:
        """The projected payout and its range; the range is nothing where no open deals are known."""
        if self.projection is None:
            return Spread(self.pace_minor, self.pace_minor, self.pace_minor)
        # The stored figure, moved by what open deals add.
        return self.projection.payout.moved_by(self.earned_minor - self.projection.earned_minor)

    @property
    def landing(self) -> Spread | None:
        """Where the lead's attainment ends by the evidence of open deals; None where none are known."""
        projected = (
            self.projection.of(self.lead.component_key) if self.projection and self.lead else None
        )
        return projected.attainment if projected else None

    @property
    def together(self) -> list[Standing]:
        """The ladders whose sum is the headline: those that share the lead's window."""
        return [one for one in self.standings if self.lead and one.window == self.lead.window]


def payee_standing(
    connection: Connection, payee_id: int, calendar: CompanyCalendar, now: datetime
) -> PayeeStanding:
    """Everything a screen shows of one payee at an instant. Raises NotFound."""
    payee = people.payee(connection, payee_id)
    if payee is None:
        raise NotFound(f"There is no payee {payee_id}.")
    return standings_of(connection, [payee], calendar, now)[0]


def team_standings(
    connection: Connection, team_id: int, calendar: CompanyCalendar, now: datetime
) -> list[PayeeStanding]:
    """The active reps of a team, each where they stand, by name."""
    return standings_of(connection, people.payees_of_team(connection, team_id), calendar, now)


def standings_of(
    connection: Connection,
    payees: Sequence[people.Payee],
    calendar: CompanyCalendar,
    now: datetime,
) -> list[PayeeStanding]:
    """Where each of these payees stands: one set of statements for all, and one for each ladder's typical deal."""
    payee_ids = [payee.id for payee in payees]
    # Sequences are read first: a change that commits meanwhile is then shown twice, never missed.
    sequences = standing_reads.sequences_of(connection, payee_ids)
    book = plans.load_plan_book(connection, payee_ids)
    today = calendar.day_of(now)
    rungs = [rung for payee in payees for rung in _rungs(payee.id, book, today)]
    last_day = max((rung.window.ends_on for rung in rungs), default=today)
    prospects = prospects_of_payees(connection, payee_ids, last_day, book, today)
    ladders = _ladders(connection, rungs, book, calendar, today, prospects)
    moved = standing_reads.earned_since(connection, payee_ids, calendar.start_of(today))
    found = []
    for payee in payees:
        own = [ladder for ladder in ladders if ladder.standing.payee_id == payee.id]
        projection = _projection(own, prospects[payee.id], book) if prospects is not None else None
        found.append(_together(payee, own, moved, projection, sequences[payee.id]))
    return found


@dataclass(frozen=True, slots=True)
class _Rung:
    """A ladder to look at: who climbs which component in which window."""

    payee_id: int
    version: PlanVersion
    component: Component
    window: Period
    is_running: bool

    @property
    def key(self) -> TotalKey:
        component_key = component_key_of(self.version, self.component)
        return TotalKey(self.payee_id, component_key, self.window.key)


def _rungs(payee_id: int, book: PlanBook, today: date) -> list[_Rung]:
    """The ladders of a payee: those of the plans that hold today, then those left earlier in their window."""
    running = book.versions_for(payee_id, today)
    left = [one for one in book.versions_of_window(payee_id, today) if one not in running]
    return [
        _Rung(payee_id, version, component, version.plan.window_of(today), version in running)
        for version in [*running, *left]
        for component in version.plan.components
        if component.shared is None or book.teams.is_team(payee_id)
    ]


@dataclass(frozen=True, slots=True)
class _Ladder:
    standing: Standing
    held_minor: int
    held_deal_keys: frozenset[str]
    climbed: Ladder


def _ladders(
    connection: Connection,
    rungs: Sequence[_Rung],
    book: PlanBook,
    calendar: CompanyCalendar,
    today: date,
    prospects: Prospects | None,
) -> list[_Ladder]:
    keys = [rung.key for rung in rungs]
    climbs = climbing(keys, prospects or {}, book)
    found = {total.key: total for total in totals.window_totals(connection, keys, book, climbs)}
    earned = standing_reads.earned_of(connection, keys)
    held = standing_reads.held_of(connection, keys)
    working = {
        window: working_days(window, calendar.days_off(window))
        for window in {rung.window for rung in rungs}
    }
    ladders = []
    for rung, key in zip(rungs, keys, strict=True):
        standing = standing_of(
            rung.version,
            rung.component,
            found[key],
            book,
            rung.window,
            earned_minor=earned.get(key, 0),
            working=working[rung.window],
            today=today,
            typical_deal_minor=_typical_deal(connection, key),
        )
        if not rung.is_running:
            standing = left_behind(standing)
        held_minor = would_add(found[key], held[key], book) if held[key] else 0
        held_deal_keys = frozenset(credit.deal_key for credit in held[key])
        held_today = LadderTerms(key, book).on(rung.version, today)
        component, table = held_today or (rung.component, None)
        climbed = Ladder(found[key], component, table)
        ladders.append(_Ladder(standing, held_minor, held_deal_keys, climbed))
    if prospects is None:
        return ladders
    exposed = exposures(connection, [ladder.climbed for ladder in ladders], book, today)
    return [
        replace(one, climbed=replace(one.climbed, exposures=exposed.get(one.climbed.total.key, ())))
        for one in ladders
    ]


def _projection(
    ladders: Sequence[_Ladder], prospects: Sequence[Prospect], book: PlanBook
) -> Projection:
    """Where the lead's window ends, all ladders of that window together."""
    window = ladders[0].standing.window if ladders else None
    together = [ladder.climbed for ladder in ladders if ladder.standing.window == window]
    return project(together, prospects, book)


def _together(
    payee: people.Payee,
    ladders: Sequence[_Ladder],
    moved: Mapping[TotalKey, int],
    projection: Projection | None,
    sequence: int,
) -> PayeeStanding:
    """All ladders of a payee as one figure each; what is earned in another window than the lead's stays apart."""
    standings = tuple(ladder.standing for ladder in ladders)
    lead = standings[0] if standings else None
    together = [one for one in standings if lead and one.window == lead.window]
    return PayeeStanding(
        payee=payee,
        window=lead.window if lead else None,
        currency=lead.currency if lead else "",
        earned_minor=sum(standing.earned_minor for standing in together),
        earned_today_minor=sum(
            moved.get(TotalKey(payee.id, one.component_key, one.window.key), 0) for one in together
        ),
        pace_minor=sum(standing.pace.earned_minor for standing in together),
        projection=projection,
        held_minor=sum(ladder.held_minor for ladder in ladders),
        held_count=len({deal_key for ladder in ladders for deal_key in ladder.held_deal_keys}),
        standings=standings,
        sequence=sequence,
    )


def _typical_deal(connection: Connection, key: TotalKey) -> int | None:
    """The median of the latest deals: one giant does not move it, and it is always a deal that happened."""
    latest = credits.latest_attainments(
        connection, key.payee_id, key.component_key, TYPICAL_DEALS_COUNT
    )
    return median_low(latest) if latest else None
