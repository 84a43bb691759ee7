"""What clawbacks have taken: which credits were cut because a customer left, by which rule, and what that cost."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component
from tracker.engine.crediting.credits import Credit, credits_of, split_component_key
from tracker.engine.crediting.over_time import kept_of
from tracker.engine.deals import Deal
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.supposed import supposing
from tracker.engine.earning.totals import WindowTotal
from tracker.engine.periods import full_months


@dataclass(frozen=True, slots=True)
class Clawed:
    """A credit of which a clawback left the part `kept`; `whole` is what it would be if the customer had stayed.

    The customer left on `ended_on`, after so many full months.
    """

    credit: Credit
    whole: Credit
    kept: Fraction
    ended_on: date
    months_count: int


def clawed_of(deal: Deal, credited: Iterable[Credit], book: PlanBook) -> Iterator[Clawed]:
    """Those of a deal's credits that a clawback cut."""
    if deal.ended_on is None:
        return
    rules = [(credit, component_of(credit, book).clawback) for credit in credited]
    cut = [(credit, kept_of(deal, rule)) for credit, rule in rules if rule is not None]
    if all(kept == 1 for _, kept in cut):
        return
    whole = {_place(credit): credit for credit in credits_of(replace(deal, ended_on=None), book)}
    months_count = full_months(deal.effective_on, deal.ended_on)
    for credit, kept in cut:
        if kept != 1 and _place(credit) in whole:
            yield Clawed(credit, whole[_place(credit)], kept, deal.ended_on, months_count)


def taken_back(total: WindowTotal, clawed: Sequence[Clawed], book: PlanBook) -> int:
    """What these cuts cost a window in minor units: what it would have earned without them, less what it has."""
    counted = [one for one in clawed if one.credit.is_counted]
    whole, cut = [one.whole for one in counted], [one.credit for one in counted]
    without = earned_by_period(supposing(total, whole, cut), book)
    return sum(without.values()) - sum(earned_by_period(total, book).values())


def component_of(credit: Credit, book: PlanBook) -> Component:
    """The component a credit was given under, as its plan version has it."""
    version = book.version(credit.plan_version_id)
    component = version.plan.component(split_component_key(credit.component_key)[1])
    assert component is not None
    return component


def _place(credit: Credit) -> tuple[int, str, int, int]:
    return credit.payee_id, credit.component_key, credit.line, credit.part
