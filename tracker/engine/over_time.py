"""What time does to a deal: months from its day, what a customer who left takes back, and when it is safe.

A month after the 31st is the last day of a shorter month, and a year after 29 February is 28 February; both are
always counted from the deal's own day.
"""

from calendar import monthrange
from datetime import date
from fractions import Fraction

from tracker.engine.deal_terms import Clawback
from tracker.engine.deals import Deal
from tracker.engine.plans import Component

ONE = Fraction(1)


def months_later(day: date, months: int) -> date:
    """The same day so many months on, or the last day of a month that is too short.

    >>> months_later(date(2024, 2, 29), 12), months_later(date(2026, 1, 31), 1)
    (datetime.date(2025, 2, 28), datetime.date(2026, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def full_months(since: date, until: date) -> int:
    """How many whole months lie between two days; never less than none.

    >>> full_months(date(2026, 1, 31), date(2026, 2, 28)), full_months(date(2026, 1, 15), date(2026, 2, 14))
    (1, 0)
    """
    months = (until.year - since.year) * 12 + until.month - since.month
    return max(0, months if months_later(since, months) <= until else months - 1)


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
