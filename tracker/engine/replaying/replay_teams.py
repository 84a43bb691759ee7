"""The teams of the replay: who belonged to what, asked day by day, and pools shared out with a list and a sort.

The facts are read as they were written, the newest that speaks of a day first; nothing is kept between two questions.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from tracker.engine.agreement.plans import Component
from tracker.engine.agreement.teams import Membership, Sharing, TeamRole, Whose
from tracker.engine.deals import CreditShare
from tracker.engine.periods import Period


class Facts:
    """Memberships as they were recorded, newest first: by team and role, and by member."""

    def __init__(self, memberships: Iterable[Membership]) -> None:
        self.of_team: dict[tuple[int, TeamRole], list[Membership]] = {}
        self.of_member: dict[int, list[Membership]] = {}
        for fact in list(memberships)[::-1]:
            self.of_team.setdefault((fact.team_payee_id, fact.role), []).append(fact)
            if fact.role is TeamRole.MEMBER:
                self.of_member.setdefault(fact.payee_id, []).append(fact)

    def is_team(self, payee_id: int) -> bool:
        return any(team == payee_id for team, _ in self.of_team)

    def pays_for(self, payee_id: int, whose: Whose, component: Component) -> bool:
        """Whether a component counts these deals; one that members share is nobody's but the team's."""
        is_members = component.shared is not None
        return component.of is whose and (self.is_team(payee_id) or not is_members)

    def earners(self, share: CreditShare, day: date) -> list[tuple[int, Whose]]:
        """Who is looked at for a share: its holder, the teams the holder is in, and who leads those."""
        found = [(share.payee_id, Whose.OWN)]
        if share.is_overlay:
            return found
        own = _weights_on(day, self.of_member.get(share.payee_id, []))
        teams = sorted(team for team, _ in own)
        led = [fact for team in teams for fact in self.of_team.get((team, TeamRole.LEADER), [])]
        leaders = {leader for _, leader in _weights_on(day, led)} - {share.payee_id}
        return found + [(payee_id, Whose.TEAM) for payee_id in (*teams, *sorted(leaders))]

    def days_held(self, team: int, window: Period) -> dict[int, Fraction]:
        """The weights of each member of a team, added up over every day of a window."""
        held: dict[int, Fraction] = {}
        facts = self.of_team.get((team, TeamRole.MEMBER), [])
        day = window.starts_on
        while day <= window.ends_on:
            for (_, member), weight in _weights_on(day, facts).items():
                held[member] = held.get(member, Fraction(0)) + weight
            day += timedelta(days=1)
        return held


def _weights_on(day: date, newest_first: Sequence[Membership]) -> dict[tuple[int, int], Fraction]:
    """The weight of each payee in each team on a day, by team and payee; who has none is left out."""
    said: dict[tuple[int, int], Fraction] = {}
    for fact in newest_first:
        if fact.starts_on <= day <= (fact.ends_on or date.max):
            said.setdefault((fact.team_payee_id, fact.payee_id), fact.weight)
    return {pair: weight for pair, weight in said.items() if weight != 0}


def members_earned(
    in_time: Sequence[tuple[str, int]],
    held: Mapping[int, Fraction],
    sharing: Sharing,
    window: Period,
) -> dict[tuple[int, str], int]:
    """What each member gets in each period: the difference of his parts of the figure so far."""
    earned: dict[tuple[int, str], int] = {}
    so_far, had = 0, dict.fromkeys(held, 0)
    for period_key, amount_minor in in_time:
        so_far += amount_minor
        has = _each(so_far, held, window) if sharing is Sharing.EACH else _pool(so_far, held)
        for member in held:
            earned[member, period_key] = has[member] - had[member]
        had = has
    return earned


def _each(amount_minor: int, held: Mapping[int, Fraction], window: Period) -> dict[int, int]:
    days_count = (window.ends_on - window.starts_on).days + 1
    return {member: _rounded(amount_minor * days / days_count) for member, days in held.items()}


def _pool(amount_minor: int, held: Mapping[int, Fraction]) -> dict[int, int]:
    """Each part cut to whole units, and what is left over, unit by unit, to who lost most."""
    sign = -1 if amount_minor < 0 else 1
    whole = sum(held.values(), Fraction(0))
    exact = {member: abs(amount_minor) * days / whole for member, days in held.items()}
    parts = {member: part.numerator // part.denominator for member, part in exact.items()}
    while parts and sum(parts.values()) < abs(amount_minor):
        most_cut = max(parts, key=lambda member: (exact[member] - parts[member], -member))
        parts[most_cut] += 1
    return {member: sign * part for member, part in parts.items()}


def _rounded(exact: Fraction) -> int:
    """Half away from zero."""
    half_up = abs(exact) + Fraction(1, 2)
    whole = half_up.numerator // half_up.denominator
    return whole if exact >= 0 else -whole
