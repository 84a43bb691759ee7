"""Whether a plan still does what it should: how far people climb, what deals near a step cost, when deals come.

A deal is *near a step* when it carries its seller over one, or leaves them within a twentieth of it. Near a step
discounts tend to grow; around the end of a window deals tend to be pulled forward or held back.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from tracker.engine.agreement.plans import Axis, Component
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.paying import ComponentPay, Payroll
from tracker.engine.money import round_to_minor_unit
from tracker.engine.periods import Period
from tracker.engine.plan_trials.simulation import Attainment

NEAR_SHARE = Fraction(1, 20)
"""How much of a step's bound may be missing for a deal to have come near it."""
EDGE_DAYS = 7
"""The days at either end of a window in which deals are looked at for pulling and pushing."""
DEALS_TELL_FROM = 20
"""With fewer deals a share says nothing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far the people of a plan came in one window: shares of the quota, and how many passed the first step."""

    window_key: str
    ratios: tuple[Fraction, ...]
    people_count: int
    past_first_step_count: int

    @property
    def at_quota_count(self) -> int:
        return sum(ratio >= 1 for ratio in self.ratios)


@dataclass(frozen=True, slots=True)
class NearSteps:
    """The margin, as a share of the amount, of deals near a step and of all others; what the difference came to."""

    near_count: int
    near_share: Fraction
    other_share: Fraction
    given_away_minor: int


@dataclass(frozen=True, slots=True)
class Edges:
    """What is sold in the first and the last week of a window, per day, over what is sold on all its days."""

    first_week: Fraction
    last_week: Fraction
    windows_count: int


def reach_by_window(attainments: Iterable[Attainment]) -> dict[str, Reach]:
    """How far people came, by window."""
    found: dict[str, list[Attainment]] = {}
    for attainment in attainments:
        found.setdefault(attainment.window_key, []).append(attainment)
    return {
        key: Reach(
            key,
            tuple(one.ratio for one in of if one.ratio is not None),
            len(of),
            sum(one.is_past_first_step for one in of),
        )
        for key, of in found.items()
    }


def near_steps(
    payroll: Payroll, deals: Mapping[str, Deal], component: Component
) -> NearSteps | None:
    """Margins near the steps of a component; None where too few deals say their margin. Needs the credits kept."""
    near: set[str] = set()
    for payee in payroll.payees:
        for paid in payee.components:
            if split_component_key(paid.key.component_key)[1] == component.key:
                near |= set(_near_a_step(paid, component))
    told = [deal for deal in deals.values() if _tells_margin(deal)]
    by_step = [deal for deal in told if deal.key in near]
    others = [deal for deal in told if deal.key not in near]
    if min(len(by_step), len(others)) * 4 < DEALS_TELL_FROM:
        return None
    near_share, other_share = _margin_share(by_step), _margin_share(others)
    sold_minor = sum(deal.amount_minor for deal in by_step)
    given_away = round_to_minor_unit((other_share - near_share) * sold_minor)
    return NearSteps(len(by_step), near_share, other_share, given_away)


def edges_of(deals: Iterable[Deal], windows: Sequence[Period]) -> Edges | None:
    """How sales crowd at the ends of these windows; None where too few were sold."""
    won = [deal for deal in deals if deal.status is DealStatus.WON and deal.amount_minor > 0]
    inside = [(deal, window) for window in windows for deal in won if deal.effective_on in window]
    total_minor = sum(deal.amount_minor for deal, _ in inside)
    if len(inside) < DEALS_TELL_FROM or not total_minor:
        return None
    days_count = sum((window.ends_on - window.starts_on).days + 1 for window in windows)
    week = timedelta(days=EDGE_DAYS)
    first = sum(d.amount_minor for d, w in inside if d.effective_on < w.starts_on + week)
    last = sum(d.amount_minor for d, w in inside if d.effective_on > w.ends_on - week)
    usual = Fraction(total_minor, days_count) * EDGE_DAYS * len(windows)
    return Edges(first / usual, last / usual, len(windows))


def _near_a_step(paid: ComponentPay, component: Component) -> Iterator[str]:
    """The deals of one climb that carried it over a step, or close to it."""
    if component.tiers_on is Axis.QUOTA and not paid.quota_minor:
        return
    scale = (paid.quota_minor or 1) if component.tiers_on is Axis.QUOTA else 1
    bounds = [tier.up_to * scale for tier in component.tiers if tier.up_to is not None]
    reached = 0
    for credit in paid.credited:
        before, reached = reached, reached + credit.attainment_minor
        if any(before < bound and reached >= bound * (1 - NEAR_SHARE) for bound in bounds):
            yield credit.deal_key


def _tells_margin(deal: Deal) -> bool:
    is_sale = deal.status is DealStatus.WON and deal.amount_minor > 0
    return is_sale and "margin" in deal.measures


def _margin_share(deals: Sequence[Deal]) -> Fraction:
    margin_minor = sum(deal.measures["margin"] for deal in deals)
    return Fraction(margin_minor, sum(deal.amount_minor for deal in deals))
