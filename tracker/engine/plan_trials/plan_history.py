"""What past deals say about a plan: how far each payee would have climbed in each window, and what matches nothing."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.paying import Terms, pay
from tracker.engine.earning.totals import TotalKey
from tracker.engine.periods import Period

PLAN_KEY = "plan"


@dataclass(frozen=True, slots=True)
class Climbed:
    """How far one payee came in one window, and their quota in it if anybody knows one."""

    attainment_minor: int
    quota_minor: int | None


@dataclass(frozen=True, slots=True)
class ComponentHistory:
    """One component over the past: every payee in every window, and how many deals it took (held ones too)."""

    climbed: tuple[Climbed, ...]
    matched_count: int

    def reached_share(self, bound: Fraction, is_of_quota: bool) -> Fraction | None:
        """The share of windows that came to a bound; None where there is nothing to compare with."""
        known = [one for one in self.climbed if not is_of_quota or one.quota_minor]
        reached = sum(
            one.attainment_minor >= bound * ((one.quota_minor or 0) if is_of_quota else 1)
            for one in known
        )
        return Fraction(reached, len(known)) if known else None


@dataclass(frozen=True, slots=True)
class History:
    """Past deals paid by a plan that was not there: how many, of whom, until when, and each component's part."""

    deals_count: int
    payees_count: int
    windows_count: int
    last_day: date
    components: Mapping[str, ComponentHistory]


def history_of(
    plan: Plan,
    deals: Iterable[Deal],
    quotas: Sequence[QuotaFact],
    only: Collection[int] | None = None,
) -> History | None:
    """The won deals of the past under a plan that their sellers are on (or `only` these of them); None without any.

    The quotas of a component name it by PLAN_KEY and its own key.
    """
    won = [deal for deal in deals if deal.status is DealStatus.WON]
    sellers = {share.payee_id for deal in won for share in deal.credit_shares}
    payee_ids = sorted(sellers if only is None else sellers & set(only))
    if not payee_ids:
        return None
    days = sorted(deal.effective_on for deal in won)
    windows = _windows(plan, days[0], days[-1])
    terms = _terms(plan, payee_ids, quotas, days[-1])
    payroll = pay(won, terms)
    found = {
        (split_component_key(of.key.component_key)[1], payee.payee_id, of.key.window_key): of
        for payee in payroll.payees
        for of in payee.components
    }
    components = {}
    for component in plan.components:
        own = component.key
        climbed = tuple(
            Climbed(
                found[place].attainment_minor
                if (place := (own, payee_id, window.key)) in found
                else 0,
                terms.quota_minor(TotalKey(payee_id, f"{PLAN_KEY}/{own}", window.key)),
            )
            for payee_id in payee_ids
            for window in windows
        )
        matched = sum(
            of.credit_count + len(of.held) for (key, _, _), of in found.items() if key == own
        )
        components[own] = ComponentHistory(climbed, matched)
    return History(len(won), len(payee_ids), len(windows), days[-1], components)


def _terms(
    plan: Plan, payee_ids: Collection[int], quotas: Sequence[QuotaFact], last_day: date
) -> Terms:
    """Everybody on the plan since ever; draws are no part of how far somebody climbs."""
    without_draw = replace(plan, draw=None)
    book = PlanBook(
        [PlanVersion(1, PLAN_KEY, date.min, without_draw)],
        [Assignment(payee_id, PLAN_KEY, date.min) for payee_id in payee_ids],
        quotas=quotas,
        has_plan_quotas=True,
        until=last_day,
        exchange_rates=plan.exchange_rates,
    )
    return Terms(plan=without_draw, book=book, last_day=last_day)


def _windows(plan: Plan, first_day: date, last_day: date) -> list[Period]:
    windows = [plan.window_of(first_day)]
    while windows[-1].ends_on < last_day:
        windows.append(plan.window_of(windows[-1].ends_on + timedelta(days=1)))
    return windows
