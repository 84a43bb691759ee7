"""What a component of a plan file says about time: its days, customers who leave, and shares beside the split."""

from dataclasses import replace
from fractions import Fraction

from tracker.engine.plan_draw import read_days
from tracker.engine.plan_reader import TableReader, shown
from tracker.engine.plans import (
    Churn,
    Clawback,
    ClawbackStep,
    Component,
    Overlays,
    Reprices,
    WeightPolicy,
)

OVER_TIME_KEYS = ("from", "until", "overlays", "clawback", "churn")
CLAWBACK_KEYS = ("within_months", "takes", "reprices")
CLAWBACK_STEP_KEYS = ("within_months", "takes")
MONTHS_MAX = 120
TAKES_ALL, TAKES_BY_MONTHS = "all", "by_months_remaining"
EXAMPLE_CLAWBACK = '{ within_months = 12, takes = "all" }'
EXAMPLE_STEP = '{ within_months = 3, takes = "100%" }'
ONE = Fraction(1)


def with_time(table: TableReader, component: Component) -> Component:
    """A component with what its table says about time. Every problem with it is noted."""
    starts_on, ends_on = read_days(table)
    component = replace(
        component,
        starts_on=starts_on,
        ends_on=ends_on,
        overlays=table.choice("overlays", Overlays, Overlays.COUNT),
        clawback=_read_clawback(table),
        churn=table.choice("churn", Churn, Churn.GROSS),
    )
    _check_fits_together(table, component)
    return component


def _read_clawback(component: TableReader) -> Clawback | None:
    table = component.table("clawback", EXAMPLE_CLAWBACK)
    if table is None:
        return None
    table.refuse_unknown(CLAWBACK_KEYS)
    reprices = table.choice("reprices", Reprices, Reprices.WINDOW)
    takes = table.values.get("takes", TAKES_ALL)
    if isinstance(takes, list):
        steps = _read_schedule(table)
        return Clawback(steps, reprices=reprices) if steps else None
    table.require("within_months", "within_months = 12")
    months = table.whole_number("within_months", 1, MONTHS_MAX, 12)
    share = ONE if takes in (TAKES_ALL, TAKES_BY_MONTHS) else _read_share(table)
    return Clawback((ClawbackStep(months, share),), takes == TAKES_BY_MONTHS, reprices)


def _read_share(table: TableReader) -> Fraction:
    takes = table.values["takes"]
    if not isinstance(takes, str) or not takes.strip().endswith("%"):
        fix = f'Write "{TAKES_ALL}", "{TAKES_BY_MONTHS}", a percentage, or a list of steps.'
        table.problem("takes", f"{shown(takes)} does not say how much is taken back.", fix)
        return ONE
    return _share_of(table)


def _share_of(table: TableReader) -> Fraction:
    share = table.percentage("takes", '"50%"')
    if share is not None and not 0 < share <= 1:
        what = f"{shown(table.values['takes'])} is not a part of what was credited."
        table.problem("takes", what, 'Write takes = "50%", above zero and at most "100%".')
    return ONE if share is None else share


def _read_schedule(clawback: TableReader) -> tuple[ClawbackStep, ...]:
    tables = clawback.tables("takes", EXAMPLE_STEP)
    if not clawback.values["takes"]:
        clawback.problem("takes", "the list is empty.", f"Write at least {EXAMPLE_STEP}.")
    steps: list[ClawbackStep] = []
    for table in tables:
        table.refuse_unknown(CLAWBACK_STEP_KEYS)
        table.require("within_months", "within_months = 3")
        table.require("takes", 'takes = "100%"')
        months = table.whole_number("within_months", 1, MONTHS_MAX, 3)
        if steps and table.has("within_months") and months <= steps[-1].within_months:
            what = f"{months} months are not more than the {steps[-1].within_months} before."
            table.problem("within_months", what, "Write the steps from early to late.")
        steps.append(ClawbackStep(months, _share_of(table)))
    if clawback.has("within_months") and steps:
        months = clawback.whole_number("within_months", 1, MONTHS_MAX, 12)
        if months != steps[-1].within_months:
            what = f"the last step ends after {steps[-1].within_months} months, not {months}."
            clawback.problem("within_months", what, "Remove it here; the steps say it.")
    return tuple(steps)


def _check_fits_together(table: TableReader, component: Component) -> None:
    if component.clawback is not None and component.churn is Churn.NET:
        what = "a customer who leaves would be taken off twice: by the clawback and as churn."
        table.problem("churn", what, 'Remove the clawback, or write churn = "gross".')
    is_average = component.weight_policy is WeightPolicy.AVERAGE
    if component.overlays is Overlays.PAY_ONLY and is_average:
        what = "shares that climb nothing have no average weight."
        table.problem("overlays", what, 'Write weights = "in_order" or overlays = "count".')
