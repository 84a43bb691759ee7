"""Base salary and what the agreement pays on target: shown beside what is earned, never part of it.

Most people know their agreement as "400,000 base, 700,000 on target". Payroll pays the base; the plan earns the rest.
"""

from fractions import Fraction

from tracker.engine.agreement.plans import Component
from tracker.engine.earning.climbing import capped_payout
from tracker.engine.earning.rates import compile_table
from tracker.engine.money import round_to_minor_unit
from tracker.engine.periods import Period

MONTHS_A_YEAR = 12


def base_minor(yearly_minor: int, period: Period, year_starts_in_month: int) -> int:
    """The base salary of a period: what it adds to the rounded part of the year paid so far, so the year comes out."""
    first = (period.starts_on.month - year_starts_in_month) % MONTHS_A_YEAR
    last = (period.ends_on.month - year_starts_in_month) % MONTHS_A_YEAR
    before, after = (
        round_to_minor_unit(Fraction(yearly_minor * months, MONTHS_A_YEAR))
        for months in (first, last + 1)
    )
    return after - before


def on_target_minor(component: Component, quota_minor: int | None) -> int | None:
    """What a component pays in a window that ends exactly on its quota, deals weighing alike.

    None without a quota, or where the rate is paid on something else than what climbs.
    """
    table = compile_table(component, quota_minor)
    if table is None or not quota_minor or component.pays_on not in (None, component.measure):
        return None
    return round_to_minor_unit(capped_payout(table.value(quota_minor), component))
