"""The reps of a team as rows of the manager's table: attainment against pace, step, distance, trend, held, marks.

What is pay (rates, earnings, held money) is None unless the reader may see it; then the row speaks of steps and deals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from tracker.engine.ahead.outcomes import Spread
from tracker.engine.earning.standing import Standing
from tracker.pages.formatting import measured, pay_rate, percent
from tracker.pages.i18n import gettext as _
from tracker.pages.standings import PayeeStanding

TREND_WEEKS = 6
TREND_WIDTH, TREND_HEIGHT = 76, 20
BAR_FULL_AT = Fraction(3, 2)
"""The attainment at which the bar is full; more fills it too, and the figure beside it says how much."""
SLOW_BELOW = Fraction(9, 10)
BEHIND_BELOW = Fraction(2, 3)
"""Shares of the pace. Under the first the bar turns amber, under the second the rep is marked as falling behind."""
PACE_TELLS_FROM = Fraction(1, 10)
"""Before this much of the window is gone, nobody is behind."""
CHANCE_FROM = Fraction(1, 100)
"""A chance below this is not worth a line."""

Mark = Literal["near", "held", "behind"]


@dataclass(frozen=True, slots=True)
class Bar:
    """Attainment, where backed deals bring it, and pace, as shares (0 to 1) of the bar's width.

    `tone` is good, slow or behind.
    """

    reached: Fraction
    backed: Fraction
    pace: Fraction
    tone: str


@dataclass(frozen=True, slots=True)
class Trend:
    """Attainment of the last weeks, oldest first: the points of a line, and its direction for sorting."""

    points: str
    last_x: float
    last_y: float
    words: str
    slope_minor: int


@dataclass(frozen=True, slots=True)
class RepRow:
    """One rep. Amounts are minor units of `currency`; None where the reader may not see pay, or there is none."""

    payee_id: int
    name: str
    plan_name: str
    currency: str
    attainment: str
    ratio: Fraction | None
    bar: Bar | None
    step_number: int
    step: str
    distance: str
    distance_ratio: Fraction | None
    landing: str
    chance: str
    trend: Trend
    earned_minor: int | None
    held_minor: int | None
    held_count: int
    next_deal_minor: int | None
    marks: tuple[Mark, ...]


def rep_row(
    person: PayeeStanding, days: Mapping[date, int], today: date, shows_pay: bool
) -> RepRow:
    """The row of one rep; `days` holds the attainment of each day under the lead ladder."""
    lead = person.lead
    return RepRow(
        payee_id=person.payee.id,
        name=person.payee.name,
        plan_name=lead.plan_name if lead else "",
        currency=person.currency,
        attainment=_attainment(lead),
        ratio=lead.attainment_ratio if lead else None,
        bar=_bar(lead, person.landing),
        step_number=lead.step_number if lead else 0,
        step=_step(lead, shows_pay),
        distance=_distance(lead, shows_pay),
        distance_ratio=lead.next_step.distance_ratio if lead and lead.next_step else None,
        landing=_landing(lead, person.landing),
        chance=_chance(person),
        trend=trend_of(weekly(days, today), lead),
        earned_minor=person.earned_minor if shows_pay else None,
        held_minor=person.held_minor if shows_pay else None,
        held_count=person.held_count,
        next_deal_minor=lead.next_deal_minor if lead and shows_pay else None,
        marks=tuple(_marks(person)),
    )


def weekly(days: Mapping[date, int], today: date) -> list[int]:
    """Sums of the last weeks, oldest first; a week ends today."""
    sums = [0] * TREND_WEEKS
    for day, amount_minor in days.items():
        weeks_ago = (today - day).days // 7
        if 0 <= weeks_ago < TREND_WEEKS:
            sums[TREND_WEEKS - 1 - weeks_ago] += amount_minor
    return sums


def first_trend_day(today: date) -> date:
    return today - timedelta(days=7 * TREND_WEEKS - 1)


def trend_of(weeks: Sequence[int], lead: Standing | None) -> Trend:
    """The line through the weeks; its height is that of the best week."""
    low, high = min(0, *weeks), max(1, *weeks)
    inner = TREND_HEIGHT - 4
    places = [
        (
            2 + index * (TREND_WIDTH - 4) / (len(weeks) - 1),
            2 + inner * (high - amount_minor) / (high - low),
        )
        for index, amount_minor in enumerate(weeks)
    ]
    half = len(weeks) // 2
    return Trend(
        points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places),
        last_x=round(places[-1][0], 1),
        last_y=round(places[-1][1], 1),
        words=_trend_words(weeks, lead),
        slope_minor=sum(weeks[half:]) - sum(weeks[:half]),
    )


def _trend_words(weeks: Sequence[int], lead: Standing | None) -> str:
    if lead is None:
        return ""
    figures = (measured(week, lead.measure, lead.currency, decimals=0) for week in weeks)
    return _("Sold by week, the latest last: %(weeks)s", weeks="; ".join(figures))


def _attainment(lead: Standing | None) -> str:
    if lead is None:
        return _("no plan")
    if lead.attainment_ratio is None:
        return measured(lead.attainment_minor, lead.measure, lead.currency, decimals=0)
    return percent(lead.attainment_ratio)


def _bar(lead: Standing | None, landing: Spread | None) -> Bar | None:
    if lead is None or lead.attainment_ratio is None:
        return None
    backed = _landing_ratio(lead, landing) or lead.attainment_ratio
    shares = (lead.attainment_ratio, max(backed, lead.attainment_ratio))
    reached, with_backed = (
        min(max(share, Fraction(0)) / BAR_FULL_AT, Fraction(1)) for share in shares
    )
    return Bar(reached, with_backed, lead.pace.ratio / BAR_FULL_AT, _tone(lead))


def _landing_ratio(lead: Standing, landing: Spread | None) -> Fraction | None:
    """Where the open deals that are backed bring the attainment, as a share of the quota."""
    if landing is None or not lead.quota_minor:
        return None
    return Fraction(landing.expected_minor, lead.quota_minor)


def _landing(lead: Standing | None, landing: Spread | None) -> str:
    """The same as a figure; "" where nothing moves."""
    ratio = _landing_ratio(lead, landing) if lead else None
    if (
        lead is None
        or ratio is None
        or landing is None
        or landing.expected_minor <= lead.attainment_minor
    ):
        return ""
    return percent(ratio)


def _chance(person: PayeeStanding) -> str:
    """How likely the next step is reached by the end of the window, by evidence; "" for next to none."""
    if person.projection is None or person.lead is None or person.lead.next_step is None:
        return ""
    ladder = person.projection.of(person.lead.component_key)
    chances = ladder.chances if ladder else ()
    number = person.lead.next_step.number
    found = next((one for one in chances if one.step_number == number), None)
    if found is None or found.probability < CHANCE_FROM:
        return ""
    return _("chance %(share)s", share=percent(found.probability))


def _tone(lead: Standing) -> str:
    if is_behind(lead):
        return "behind"
    return "slow" if _is_under_pace(lead, SLOW_BELOW) else "good"


def is_behind(lead: Standing) -> bool:
    """Whether a rep's attainment is far under what the working days gone ask for."""
    return _is_under_pace(lead, BEHIND_BELOW)


def _is_under_pace(lead: Standing, share: Fraction) -> bool:
    pace, ratio = lead.pace.ratio, lead.attainment_ratio
    return ratio is not None and pace >= PACE_TELLS_FROM and ratio < pace * share


def is_near_step(lead: Standing) -> bool:
    """Whether one deal of this rep's usual size reaches the next step."""
    upcoming = lead.next_step
    return upcoming is not None and upcoming.deals_count is not None and upcoming.deals_count <= 1


def _marks(person: PayeeStanding) -> list[Mark]:
    lead = person.lead
    marks: list[Mark] = []
    if lead is not None and is_near_step(lead):
        marks.append("near")
    if person.held_count:
        marks.append("held")
    if lead is not None and is_behind(lead):
        marks.append("behind")
    return marks


def _step(lead: Standing | None, shows_pay: bool) -> str:
    if lead is None or lead.problem:
        return _("no quota") if lead else ""
    if not shows_pay:
        return _("%(number)s of %(count)s", number=lead.step_number, count=len(lead.steps))
    rate = pay_rate(lead.rate, lead.paid_measure, lead.currency)
    return _("%(number)s · %(rate)s", number=lead.step_number, rate=rate)


def _distance(lead: Standing | None, shows_pay: bool) -> str:
    if lead is None or lead.problem:
        return ""
    upcoming = lead.next_step
    if upcoming is None:
        return _("top step")
    if upcoming.distance_ratio is None:
        left = measured(upcoming.distance_minor, lead.measure, lead.currency, decimals=0)
    else:
        # Rounded up, as what is left must never look like nothing.
        left = percent(Fraction(-(-upcoming.distance_ratio * 100 // 1), 100))
    if shows_pay and upcoming.rate != lead.rate:
        rate = pay_rate(upcoming.rate, lead.paid_measure, lead.currency)
        return _("%(left)s to %(rate)s", left=left, rate=rate)
    return _("%(share)s to step %(number)s", share=left, number=upcoming.number)
