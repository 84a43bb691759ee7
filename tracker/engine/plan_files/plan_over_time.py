"""What a component of a plan file says about time: its days, customers who leave, and shares beside the split."""

from dataclasses import replace
from fractions import Fraction

from tracker.engine.agreement.deal_terms import (
    Churn,
    Clawback,
    ClawbackStep,
    Instalments,
    Judged,
    Overlays,
    Reprices,
)
from tracker.engine.agreement.plans import COUNT_MEASURES, Axis, Component, Mode, Tier, WeightPolicy
from tracker.engine.plan_files.plan_draw import read_days
from tracker.engine.plan_files.plan_reader import TableReader, shown

OVER_TIME_KEYS = (
    *("from", "until", "overlays", "clawback", "churn"),
    *("judged", "years", "instalments"),
)
CLAWBACK_KEYS = ("within_months", "takes", "reprices")
CLAWBACK_STEP_KEYS = ("within_months", "takes")
MONTHS_MAX = 120
TAKES_ALL, TAKES_BY_MONTHS = "all", "by_months_remaining"
EXAMPLE_CLAWBACK = '{ within_months = 12, takes = "all" }'
EXAMPLE_STEP = '{ within_months = 3, takes = "100%" }'
EXAMPLE_YEARS = '[ "10%", "5%", "2%" ]'
NOTHING_FOR_RESIDUALS = (
    *("pays_on", "tiers_on", "mode", "tiers", "curve", "target_incentive", "weights", "cap_at"),
    *("quota", "overlays", "clawback", "churn", "judged"),
)
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
        judged=table.choice("judged", Judged, Judged.ACCUMULATED),
        years=_read_years(table),
        instalments=table.choice("instalments", Instalments, Instalments.MONTH),
    )
    if table.has("years"):
        _check_residual(table, component)
        return replace(component, tiers=_tiers_of(component.years), mode=Mode.WHOLE)
    if table.has("instalments"):
        what = "only a residual comes in instalments."
        table.problem("instalments", what, f"Remove it, or write years = {EXAMPLE_YEARS}.")
    _check_fits_together(table, component)
    if component.judged is Judged.EACH:
        _check_one_by_one(table, component)
    return component


def _read_years(table: TableReader) -> tuple[Fraction, ...]:
    """The rate of each year of a residual."""
    years = table.values.get("years", [])
    if not isinstance(years, list) or ("years" in table.values and not years):
        what = f"{shown(years)} does not say what each year pays."
        table.problem("years", what, f"Write years = {EXAMPLE_YEARS}.")
        return ()
    one_by_one = (TableReader({"years": year}, table.path, table.report) for year in years)
    return tuple(year.percentage("years", EXAMPLE_YEARS) or Fraction(0) for year in one_by_one)


def _tiers_of(years: tuple[Fraction, ...]) -> tuple[Tier, ...]:
    """A tier for each year, so that what a year pays is what a tier pays."""
    return tuple(Tier(None, rate) for rate in years)


def _check_residual(table: TableReader, component: Component) -> None:
    for key in NOTHING_FOR_RESIDUALS:
        if table.has(key):
            what = "a residual pays each year of a deal at its own rate, and nothing climbs."
            table.problem(key, what, f"Remove {key}, or years.")
    if component.measure in COUNT_MEASURES:
        what = f'"{component.measure}" is counted, so a percentage of it is no money.'
        table.problem("measure", what, 'Write measure = "arr".')


def _check_one_by_one(table: TableReader, component: Component) -> None:
    """What has no clear meaning when a table is applied to every deal by itself."""
    if component.tiers_on is Axis.QUOTA or component.curve:
        what = "one deal by itself is no share of a quota."
        table.problem("judged", what, 'Write the tiers on amounts, or judged = "accumulated".')
    if component.cap_at is not None:
        what = "deals judged one by one have no sum that could reach it."
        table.problem("cap_at", what, "Write deal_cap for each deal, or cap_payout for the window.")
    if component.churn is Churn.NET:
        what = "deals judged one by one climb nothing that churn could lower."
        table.problem("churn", what, "Write a clawback instead.")
    if component.overlays is Overlays.PAY_ONLY:
        what = "a share that counts nothing has no size to be judged by."
        table.problem("overlays", what, 'Write overlays = "count".')
    if component.has_weights and component.mode is Mode.MARGINAL and len(component.tiers) > 1:
        what = "a deal that weighs more than it counts has no clear part in each tier."
        fix = 'Write mode = "whole", or weights = "on_credit" for multipliers.'
        table.problem("judged", what, fix)


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
