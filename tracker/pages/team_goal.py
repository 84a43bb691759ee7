"""How far a team is: its share of the goal, points against the pace of working days, and its staircase.

Only shares leave this module: nothing in it lets a reader compute what one person earns, sells or should sell.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tracker.engine.agreement.plans import Mode
from tracker.engine.earning.standing import Pace, Standing, Step
from tracker.engine.money import round_to_minor_unit
from tracker.engine.periods import Period
from tracker.pages.standings import PayeeStanding

GOAL_SCALE = 10_000
"""The staircase of a team is drawn on a goal of so many units."""

EVEN_BOUNDS = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(1))
"""The steps of a team whose people climb different ladders."""


@dataclass(frozen=True, slots=True)
class TeamGoal:
    """`ratio` of the goal reached; `pace_ratio` is where the working days gone would have it."""

    ratio: Fraction
    pace_ratio: Fraction

    @property
    def pace_points(self) -> int:
        """Whole points ahead of the pace; negative when behind."""
        return int(self.ratio * 100) - round_to_minor_unit(self.pace_ratio * 100)


def lead_standings(people: Sequence[PayeeStanding]) -> list[Standing]:
    """The ladder each person sees first, of those who have one."""
    return [person.standings[0] for person in people if person.standings]


def team_window(leads: Sequence[Standing]) -> Period | None:
    """The window most of the team climbs in."""
    windows = Counter(lead.window for lead in leads)
    return windows.most_common(1)[0][0] if windows else None


def team_goal(leads: Sequence[Standing]) -> TeamGoal | None:
    """The team against the sum of its quotas; None when nobody has one.

    What cannot be added up (kroner and deals, a month and a quarter) is averaged by people instead.
    """
    groups = defaultdict(list)
    for lead in leads:
        if lead.quota_minor:
            groups[lead.currency, lead.measure, lead.window.key].append(lead)
    if not groups:
        return None
    people_count = sum(len(group) for group in groups.values())
    shares = [(Fraction(len(group), people_count), group) for group in groups.values()]
    return TeamGoal(
        ratio=sum((share * _attained(group) for share, group in shares), Fraction(0)),
        pace_ratio=sum((share * group[0].pace.ratio for share, group in shares), Fraction(0)),
    )


def team_standing(goal: TeamGoal, leads: Sequence[Standing]) -> Standing:
    """The team as one climber of the ladder most of its people climb, for the drawing alone.

    Every step is one higher than the one before: true heights would be rates, which a wall never shows. And it moves
    by whole percents: a finer drawing would tell the size of a single deal.
    """
    bounds = _common_bounds(leads)
    goal = TeamGoal(Fraction(int(goal.ratio * 100), 100), goal.pace_ratio)
    attainment = round_to_minor_unit(goal.ratio * GOAL_SCALE)
    steps = tuple(
        _step(number, starts_at, up_to, goal.ratio)
        for number, (starts_at, up_to) in enumerate(
            zip((Fraction(0), *bounds), (*bounds, None), strict=True), start=1
        )
    )
    number = max(step.number for step in steps if step.starts_at_minor <= max(attainment, 0))
    first = leads[0]
    return Standing(
        payee_id=0,
        component_key="team",
        component_name="",
        plan_name="",
        window=first.window,
        currency=first.currency,
        measure="revenue",
        mode=Mode.MARGINAL,
        attainment_minor=attainment,
        quota_minor=GOAL_SCALE,
        attainment_ratio=goal.ratio,
        earned_minor=0,
        steps=steps,
        step_number=number,
        rate=Fraction(number),
        cap_at_minor=None,
        next_step=None,
        typical_deal_minor=None,
        next_deal_minor=None,
        next_deal_above_minor=None,
        pace=_pace(goal, first.pace),
    )


def _attained(group: Sequence[Standing]) -> Fraction:
    return Fraction(
        sum(lead.attainment_minor for lead in group), sum(lead.quota_minor or 0 for lead in group)
    )


def _common_bounds(leads: Sequence[Standing]) -> tuple[Fraction, ...]:
    ladders = Counter(_bounds(lead) for lead in leads if lead.quota_minor)
    bounds, climbers = ladders.most_common(1)[0] if ladders else ((), 0)
    return bounds if bounds and 2 * climbers >= len(leads) else EVEN_BOUNDS


def _bounds(lead: Standing) -> tuple[Fraction, ...]:
    return tuple(step.up_to_ratio for step in lead.steps if step.up_to_ratio is not None)


def _step(number: int, starts_at: Fraction, up_to: Fraction | None, ratio: Fraction) -> Step:
    span = up_to - starts_at if up_to is not None else max(starts_at, Fraction(1))
    return Step(
        number=number,
        starts_at_minor=round_to_minor_unit(starts_at * GOAL_SCALE),
        up_to_minor=None if up_to is None else round_to_minor_unit(up_to * GOAL_SCALE),
        rate=Fraction(number),
        bonus_minor=0,
        filled=min(Fraction(1), max(Fraction(0), (ratio - starts_at) / span)),
        starts_at_ratio=starts_at,
        up_to_ratio=up_to,
    )


def _pace(goal: TeamGoal, days: Pace) -> Pace:
    projected = goal.ratio / goal.pace_ratio if goal.pace_ratio else goal.ratio
    projected = Fraction(int(projected * 100), 100)
    return Pace(
        attainment_minor=round_to_minor_unit(max(projected, goal.ratio) * GOAL_SCALE),
        earned_minor=0,
        ratio=goal.pace_ratio,
        working_days_count=days.working_days_count,
        working_days_gone_count=days.working_days_gone_count,
        working_days_left_count=days.working_days_left_count,
    )
