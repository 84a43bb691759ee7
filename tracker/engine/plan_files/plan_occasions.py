"""Components of a plan file that no deal is behind: presence on due days, and objectives with a score."""

from dataclasses import replace
from datetime import date

from tracker.engine.agreement.plans import PRESENCE, Axis, Component
from tracker.engine.crediting.due import Due
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.periods import PeriodKind
from tracker.engine.plan_files.plan_over_time import MONTHS_MAX, OVER_TIME_KEYS
from tracker.engine.plan_files.plan_reader import TableReader, shown

OCCASION_KEYS = ("due", "every", "after_months")
EXAMPLE_DUE = 'due = ["2026-12-31"], every = "year" or after_months = 12'
EXAMPLE_WHERE = 'where = { objective = "nps" }'
KEYS_OF_DEALS = (
    *("pays_on", "requires", "multipliers", "stacking", "multiplier_limit", "weights", "deal_cap"),
    *("replaces_flat_rate", "of", "shared", *OVER_TIME_KEYS),
)


def with_occasions(table: TableReader, component: Component) -> Component:
    """A component with the days on which presence is due. Every problem with it is noted."""
    due = Due(_read_days(table), _read_every(table), _read_months(table))
    there = [key for key in OCCASION_KEYS if table.has(key)]
    if component.measure == PRESENCE:
        _refuse_keys(table, ("where", *KEYS_OF_DEALS), "for being there no deal is looked at.")
        if len(there) != 1:
            what = (
                "nothing says when presence is due."
                if not there
                else f"{there[1]} is one too many."
            )
            table.problem(there[1] if there else "due", what, f"Write one of {EXAMPLE_DUE}.")
        return replace(component, due=due)
    if component.pays_on in (PRESENCE, OBJECTIVE):
        what = f"{component.pays_on} is nothing that rates are paid on."
        table.problem("pays_on", what, "Write a measure of deals, or remove pays_on.")
    for key in there:
        table.problem(key, "only presence is due.", 'Write measure = "presence", or remove it.')
    if component.measure == OBJECTIVE:
        _check_objective(table, component)
    return component


def _read_days(table: TableReader) -> tuple[date, ...]:
    value = table.values.get("due", [])
    listed = value if isinstance(value, list) else [value]
    readers = (TableReader({"due": day}, table.path, table.report) for day in listed)
    days = [reader.day("due") for reader in readers]
    return tuple(day for day in days if day is not None)


def _read_every(table: TableReader) -> PeriodKind | None:
    if not table.has("every"):
        return None
    return table.choice("every", PeriodKind, PeriodKind.YEAR)


def _read_months(table: TableReader) -> tuple[int, ...]:
    value = table.values.get("after_months", [])
    listed = value if isinstance(value, list) else [value]
    readers = (TableReader({"after_months": one}, table.path, table.report) for one in listed)
    return tuple(reader.whole_number("after_months", 1, MONTHS_MAX, 12) for reader in readers)


def _refuse_keys(table: TableReader, keys: tuple[str, ...], what: str) -> None:
    for key in keys:
        if table.has(key):
            table.problem(key, what, f"Remove {key}.")


def _check_objective(table: TableReader, component: Component) -> None:
    _refuse_keys(table, KEYS_OF_DEALS, "a score is no deal.")
    if set(component.where) != {OBJECTIVE}:
        what = "the component does not say which objective, and nothing else can be asked of one."
        table.problem("where", what, f"Write {EXAMPLE_WHERE}.")
    if component.tiers_on is not Axis.QUOTA:
        what = f"{shown(table.values.get('tiers_on'))} is no way to read a score."
        table.problem("tiers_on", what, 'Write tiers_on = "quota", or leave it out.')
    if any(tier.rate for tier in component.tiers):
        what = "a score is no money that a rate could be taken of."
        table.problem("tiers", what, "Write multiple with a target_incentive, bonus, or a curve.")
