"""What time does to a deal: what a customer who left takes back, and when it is safe.

Months are always counted from the deal's own day.
"""

from datetime import date
from fractions import Fraction

from tracker.engine.agreement.deal_terms import Clawback
from tracker.engine.agreement.plans import Component
from tracker.engine.deals import Deal
from tracker.engine.periods import full_months, months_later

ONE = Fraction(1)


def safe_on(deal: Deal, component: Component) -> date | None:
    """The first day on which nothing of a deal can be taken back any more; None when it never could."""
    if component.clawback is None:
        return None
    return months_later(deal.effective_on, component.clawback.within_months)


def kept_of(deal: Deal, clawback: Clawback | None) -> Fraction:
    """The part of its credit that a deal keeps: all of it, unless its customer left early."""
    if clawback is None or deal.ended_on is None:
        return ONE
    start, ended_on = deal.effective_on, deal.ended_on
    if ended_on >= months_later(start, clawback.within_months):
        return ONE
    if clawback.is_by_months:
        return Fraction(full_months(start, ended_on), clawback.within_months)
    takes = next(
        step.takes for step in clawback.steps if ended_on < months_later(start, step.within_months)
    )
    return ONE - takes
