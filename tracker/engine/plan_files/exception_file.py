"""The words of a personal exception, in a file of people or on a command line: what holds instead of the plan's."""

from dataclasses import replace
from fractions import Fraction

from tracker.engine.agreement.exceptions import CAPS
from tracker.engine.agreement.plans import Component, PersonalException, Plan
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.plan_files.plan_draw import read_days
from tracker.engine.plan_files.plan_reader import TableReader
from tracker.engine.plan_files.plan_tiers import TableUnits, read_bound, read_tiers

TERM_KEYS = ("rate_factor", "add_rate", "tiers", *CAPS)
EXCEPTION_KEYS = (*TERM_KEYS, "from", "until", "reason")
FACTOR_MAX = 10
NONE = "none"
"""What lifts a cap."""


def read_exception(
    table: TableReader, plan: Plan, component: Component
) -> PersonalException | None:
    """What a table says instead of a component of a plan; None when it says nothing. Every problem is noted.

    Whose it is, and its number, are for the caller to say.
    """
    days = {key: table.values[key] for key in ("from", "until") if table.has(key)}
    if not any(table.has(key) for key in TERM_KEYS):
        for key in (*days, *(["reason"] if table.has("reason") else [])):
            what = "nothing is said that is other than the plan."
            table.problem(key, what, f"Add {', '.join(TERM_KEYS)}, or remove {key}.")
        return None
    units = TableUnits(
        component.tiers_on,
        component.measure,
        component.pays_on or component.measure,
        MINOR_DIGITS[plan.currency],
    )
    lifts = frozenset(cap for cap in CAPS if table.values.get(cap) == NONE)
    limits = replace(table, values={key: v for key, v in table.values.items() if key not in lifts})
    starts_on, ends_on = read_days(table)
    cap_at = read_bound(limits, "cap_at", units)
    _check_fits(table, component)
    return PersonalException(
        exception_id=0,
        payee_id=0,
        component_key="",
        starts_on=starts_on,
        ends_on=ends_on,
        rate_factor=_factor(table),
        add_rate=table.percentage("add_rate", '"1%"'),
        tiers=read_tiers(table, units, cap_at) if table.has("tiers") else (),
        cap_payout_minor=limits.positive_amount_minor(
            "cap_payout", units.currency_digits, '"100000"'
        ),
        cap_at=cap_at,
        deal_cap_minor=limits.positive_amount_minor("deal_cap", units.measure_digits, '"1000000"'),
        lifts=lifts,
        reason=table.word("reason", '"agreed on 3 May"'),
    )


def _factor(table: TableReader) -> Fraction | None:
    factor = table.factor("rate_factor", '"1.1"')
    if factor is not None and factor > FACTOR_MAX:
        what = f"{factor} is more than {FACTOR_MAX} times."
        table.problem("rate_factor", what, 'A tenth more is written "1.1" or "110%".')
    return factor


def _check_fits(table: TableReader, component: Component) -> None:
    """What a component has no place for."""
    pays_by_count = TableUnits(component.tiers_on, "", component.pays_on or component.measure, 0)
    has_rates = any(tier.multiple is None for tier in component.tiers) or component.years
    if table.has("add_rate") and (pays_by_count.pays_per_unit or not has_rates):
        what = "the component has no percentage that another could be added to."
        table.problem("add_rate", what, "Write rate_factor instead.")
    if table.has("tiers") and (component.curve or not component.climbs):
        what = "the component has no tiers that deals climb together."
        table.problem("tiers", what, "Write rate_factor instead.")
    if table.has("cap_at") and not component.climbs:
        table.problem("cap_at", "deals do not climb here together.", "Write cap_payout instead.")
