"""How a plan does: attainment in this window and the last, margin near its steps, sales at the ends of its windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tracker.engine.agreement.plans import Plan
from tracker.engine.earning.paying import pay
from tracker.engine.periods import Period
from tracker.engine.plan_trials.plan_watch import Reach, edges_of, near_steps, reach_by_window
from tracker.engine.plan_trials.simulation import Trial, attainments_of
from tracker.off_the_loop import beside_the_loop
from tracker.pages.charts import Chart
from tracker.pages.formatting import count, factor, money, percent, period_name
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.simulation_charts import attainment_chart

FIRST_STEP_SHARES = (Fraction(7, 10), Fraction(8, 10))
QUOTA_SHARES = (Fraction(1, 2), Fraction(7, 10))
"""From and to: how many a first step, and a quota, are meant for."""
CROWDED, EMPTY = Fraction(3, 2), Fraction(2, 3)
"""Times the usual day: from here on deals look pulled forward, or held back."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a plan: its figure, what it means, and whether it asks for attention."""

    title: str
    figure: str
    words: str
    is_fine: bool


@dataclass(frozen=True, slots=True)
class PlanWatch:
    """What was found, with the spread of attainment window by window."""

    findings: tuple[Finding, ...]
    charts: tuple[Chart, ...]


def plan_watch(trial: Trial, today: date) -> PlanWatch | None:
    """How a plan does for the people of a trial on itself; None where nobody is on it."""
    if not trial.payee_ids:
        return None
    plan = trial.new.plan
    payroll = beside_the_loop(
        lambda: pay(trial.deals, trial.new, keeps_credits=True, tells_lines=False)
    )
    reaches = reach_by_window(attainments_of(payroll.payees, trial))
    running = plan.window_of(today)
    ended = plan.window_of(running.starts_on - timedelta(days=1))
    found: list[Finding] = []
    if ended.key in reaches:
        found += _reach_findings(reaches[ended.key], ended)
    near = near_steps(payroll, {deal.key: deal for deal in trial.deals}, plan.components[0])
    if near is not None:
        given = money(near.given_away_minor, plan.currency, decimals=0)
        words = _(
            "%(deals)s deals near a step had a margin of %(near)s, all others %(other)s.",
            deals=count(near.near_count),
            near=percent(near.near_share, 1),
            other=percent(near.other_share, 1),
        )
        is_fine = near.given_away_minor <= 0
        figure = given if near.given_away_minor > 0 else _("none")
        found.append(Finding(_("Margin given away near steps"), figure, words, is_fine))
    found += _edge_findings(trial, plan, running)
    charts = [
        attainment_chart([int(ratio * 100) for ratio in reaches[window.key].ratios], name, key)
        for window, name, key in (
            (running, _("%(window)s so far", window=period_name(running)), "reach-now"),
            (ended, period_name(ended), "reach-last"),
        )
        if window.key in reaches and reaches[window.key].ratios
    ]
    return PlanWatch(tuple(found), tuple(charts))


def _reach_findings(reach: Reach, window: Period) -> Iterator[Finding]:
    name = period_name(window)
    first = Fraction(reach.past_first_step_count, reach.people_count)
    words = _(
        "passed the first step in %(window)s; a good one is for %(least)s to %(most)s",
        window=name,
        **_range(FIRST_STEP_SHARES),
    )
    yield Finding(_("First step"), percent(first), words, _is_within(first, FIRST_STEP_SHARES))
    if reach.ratios:
        at_quota = Fraction(reach.at_quota_count, len(reach.ratios))
        words = _(
            "reached the quota in %(window)s; a good one is for %(least)s to %(most)s",
            window=name,
            **_range(QUOTA_SHARES),
        )
        yield Finding(_("Quota"), percent(at_quota), words, _is_within(at_quota, QUOTA_SHARES))


def _range(shares: tuple[Fraction, Fraction]) -> dict[str, str]:
    return {"least": percent(shares[0]), "most": percent(shares[1])}


def _is_within(share: Fraction, shares: tuple[Fraction, Fraction]) -> bool:
    return shares[0] <= share <= shares[1]


def _edge_findings(trial: Trial, plan: Plan, running: Period) -> Iterator[Finding]:
    windows = _ended_windows(trial, plan, running)
    edges = edges_of(trial.deals, windows)
    if edges is None:
        return
    over = ngettext(
        "over %(count)s window", "over %(count)s windows", edges.windows_count, count=len(windows)
    )
    words = _(
        "the usual day's sales in the last and the first week of a window, %(over)s", over=over
    )
    is_fine = edges.last_week < CROWDED and edges.first_week > EMPTY
    figure = f"{_times(edges.last_week)} / {_times(edges.first_week)}"
    yield Finding(_("Around the end of a window"), figure, words, is_fine)


def _ended_windows(trial: Trial, plan: Plan, running: Period) -> Sequence[Period]:
    windows: list[Period] = []
    day = trial.first_day
    while day < running.starts_on:
        windows.append(plan.window_of(day))
        day = windows[-1].ends_on + timedelta(days=1)
    return windows


def _times(ratio: Fraction) -> str:
    return factor(Fraction(round(ratio * 10), 10))
