"""Who belongs to a team, who leads it, and how what a team is paid is shared by those who belong to it.

A team is a payee like any other. Who belongs to it are dated facts: each speaks of some days, and the newest fact that
speaks of a day counts on that day. So nothing is ever edited: leaving is a fact with the weight zero.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import chain, pairwise

from tracker.engine.money import round_to_minor_unit, share_out
from tracker.engine.periods import ONE_DAY, Period, days_of_change

ZERO, ONE = Fraction(0), Fraction(1)

Figures = Mapping[str, int]
"""Minor units by settlement period, in the order of time."""


class Whose(StrEnum):
    """Whose deals a component counts. TEAM: those of a team's members; for a rep, of the teams that rep leads."""

    OWN = "own"
    TEAM = "team"


class Sharing(StrEnum):
    """How members are paid by a team's component.

    BY_WEIGHT: what the table pays is a pool, shared out by weights. EACH: every member gets what the table pays.
    Both count the days of a member in the window.
    """

    BY_WEIGHT = "by_weight"
    EACH = "each"


class TeamRole(StrEnum):
    MEMBER = "member"
    LEADER = "leader"


@dataclass(frozen=True, slots=True)
class Membership:
    """A fact: from one day, to another or for good, a payee belongs to a team with this weight, or leads it.

    Weight zero says that it is not so. Both days belong to the fact; `team_payee_id` is the team as a payee.
    """

    team_payee_id: int
    payee_id: int
    starts_on: date
    ends_on: date | None = None
    weight: Fraction = ONE
    role: TeamRole = TeamRole.MEMBER

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)


class Teams:
    """All facts about teams, oldest first: answers who belongs to what on a day, and with which weight in a window."""

    def __init__(self, memberships: Iterable[Membership] = ()) -> None:
        self._facts: dict[tuple[TeamRole, int, int], list[Membership]] = {}
        self._teams_of: dict[int, set[int]] = {}
        self._people_of: dict[tuple[TeamRole, int], set[int]] = {}
        self._beside: dict[tuple[int, date], Sequence[int]] = {}
        for fact in memberships:
            self._facts.setdefault((fact.role, fact.team_payee_id, fact.payee_id), []).append(fact)
            self._people_of.setdefault((fact.role, fact.team_payee_id), set()).add(fact.payee_id)
            if fact.role is TeamRole.MEMBER:
                self._teams_of.setdefault(fact.payee_id, set()).add(fact.team_payee_id)
        self._ids = {team for _, team in self._people_of}

    def __bool__(self) -> bool:
        return bool(self._facts)

    def __iter__(self) -> Iterator[Membership]:
        return chain.from_iterable(self._facts.values())

    def is_team(self, payee_id: int) -> bool:
        return payee_id in self._ids

    def weight_on(
        self, team: int, payee_id: int, day: date, role: TeamRole = TeamRole.MEMBER
    ) -> Fraction:
        """The weight of a payee in a team on a day; zero for whoever does not belong to it."""
        facts = self._facts.get((role, team, payee_id), ())
        return next((fact.weight for fact in reversed(facts) if day in fact), ZERO)

    def ever_in(self, team: int, role: TeamRole = TeamRole.MEMBER) -> list[int]:
        """Everyone any fact ever said belongs to a team, or leads it."""
        return sorted(self._people_of.get((role, team), ()))

    def teams_of(self, payee_id: int) -> list[int]:
        """Every team a payee ever belonged to."""
        return sorted(self._teams_of.get(payee_id, ()))

    def sellers_for(self, payee_ids: Collection[int]) -> set[int]:
        """Everyone whose deals may give credit to one of these: to their teams, or to who leads those."""
        teams = {
            team
            for (role, team), people in self._people_of.items()
            if team in payee_ids or (role is TeamRole.LEADER and not people.isdisjoint(payee_ids))
        }
        return {seller for team in teams for seller in self.ever_in(team)}

    def beside(self, payee_id: int, day: date) -> Sequence[int]:
        """Who may get credit beside a payee for a deal of a day: the payee's teams and their leaders, each once."""
        found = self._beside.get((payee_id, day))
        if found is None:
            found = self._beside[payee_id, day] = self._found_beside(payee_id, day)
        return found

    def _found_beside(self, payee_id: int, day: date) -> Sequence[int]:
        teams = [team for team in self.teams_of(payee_id) if self.weight_on(team, payee_id, day)]
        leaders = {
            leader
            for team in teams
            for leader in self.ever_in(team, TeamRole.LEADER)
            if leader != payee_id and self.weight_on(team, leader, day, TeamRole.LEADER)
        }
        return (*teams, *sorted(leaders))

    def days_of_change(
        self, team: int, payee_id: int, role: TeamRole = TeamRole.MEMBER
    ) -> set[date]:
        """Every day on which the weight of a payee in a team may be another than on the day before."""
        facts = self._facts.get((role, team, payee_id), ())
        return days_of_change((fact.starts_on, fact.ends_on) for fact in facts)

    def weighted_days(self, team: int, window: Period) -> dict[int, Fraction]:
        """Each member of a team in a window, by id: the weight times the days it was held, never zero."""
        days = {payee_id: self._days_of(team, payee_id, window) for payee_id in self.ever_in(team)}
        return {payee_id: weighted for payee_id, weighted in days.items() if weighted}

    def _days_of(self, team: int, payee_id: int, window: Period) -> Fraction:
        """From one change to the next the weight is the same."""
        after_window = window.ends_on + ONE_DAY
        changes = {window.starts_on, after_window, *self.days_of_change(team, payee_id)}
        days = sorted(day for day in changes if window.starts_on <= day <= after_window)
        return sum(
            (
                self.weight_on(team, payee_id, first) * (after - first).days
                for first, after in pairwise(days)
            ),
            ZERO,
        )


def in_time(figures: Figures, periods: Mapping[str, Period]) -> dict[str, int]:
    """The same figures in the order of time; a period comes before a longer one that starts with it."""
    keys = sorted(figures, key=lambda key: (periods[key].starts_on, periods[key].ends_on, key))
    return {key: figures[key] for key in keys}


def parts_of(
    figures: Figures, weighted_days: Mapping[int, Fraction], sharing: Sharing, days_count: int
) -> dict[int, dict[str, int]]:
    """What each member gets in each period of a window, of what the team was paid in it.

    The window's figure so far is shared, and a period gets the difference: so the parts of a pool sum to it in each
    period, and each member's periods to his part of the whole. A team without members shares nothing.
    """
    parts: dict[int, dict[str, int]] = {payee_id: {} for payee_id in weighted_days}
    before = dict.fromkeys(weighted_days, 0)
    so_far = 0
    for period_key, figure in figures.items():
        so_far += figure
        for payee_id, part in _shared(so_far, weighted_days, sharing, days_count).items():
            parts[payee_id][period_key] = part - before[payee_id]
            before[payee_id] = part
    return parts


def _shared(
    amount_minor: int, weighted_days: Mapping[int, Fraction], sharing: Sharing, days_count: int
) -> dict[int, int]:
    members = sorted(weighted_days)
    if sharing is Sharing.EACH:
        return {
            payee_id: round_to_minor_unit(amount_minor * weighted_days[payee_id] / days_count)
            for payee_id in members
        }
    whole = sum(weighted_days.values(), ZERO)
    parts = share_out(amount_minor, [weighted_days[payee_id] / whole for payee_id in members])
    return dict(zip(members, parts, strict=True))


def days_in(window: Period) -> int:
    return (window.ends_on - window.starts_on).days + 1
