"""Why a deal gives somebody nothing: the rule in its way, for each component."""

from dataclasses import dataclass
from enum import StrEnum

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component, PlanVersion
from tracker.engine.agreement.teams import Whose
from tracker.engine.crediting.credits import component_key_of, matches, measure_of
from tracker.engine.deals import CreditShare, Deal, DealStatus


class ReasonKind(StrEnum):
    NOT_WON = "not_won"
    NOT_ON_DEAL = "not_on_deal"
    TEAM_ONLY = "team_only"
    NO_PLAN = "no_plan"
    NO_RATE = "no_rate"
    DAYS = "days"
    FILTER = "filter"
    NO_MEASURE = "no_measure"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a deal gives a payee nothing under a component; `detail` holds the words behind it."""

    kind: ReasonKind
    component_key: str = ""
    detail: tuple[str, ...] = ()


def explain_no_pay(deal: Deal, payee_id: int, book: PlanBook) -> list[Reason]:
    """Why a deal gives a payee nothing, for each component that does not pay; empty when all do."""
    if deal.status is not DealStatus.WON:
        return [Reason(ReasonKind.NOT_WON, detail=(deal.status.value,))]
    shares = [share for share in deal.credit_shares if share.payee_id == payee_id]
    if not shares:
        return [Reason(ReasonKind.NOT_ON_DEAL)]
    versions = book.versions_for(payee_id, deal.effective_on)
    if not versions:
        return [Reason(ReasonKind.NO_PLAN)]
    return [
        reason
        for version in versions
        for component in version.plan.components
        for share in shares
        if (reason := _reason(deal, share, version, component, book)) is not None
    ]


def _reason(
    deal: Deal, share: CreditShare, version: PlanVersion, component: Component, book: PlanBook
) -> Reason | None:
    key = component_key_of(version, component)
    if component.of is Whose.TEAM:
        return Reason(ReasonKind.TEAM_ONLY, key)
    pair = deal.currency, version.plan.currency
    if pair[0] != pair[1] and book.exchange.on(*pair, deal.effective_on) is None:
        return Reason(ReasonKind.NO_RATE, key, pair)
    if not component.is_open_on(deal.effective_on):
        return Reason(ReasonKind.DAYS, key, _days_of(component))
    unmatched = tuple(
        word
        for word, allowed in component.where.items()
        if not matches({word: allowed}, deal, share.role)
    )
    if unmatched:
        return Reason(ReasonKind.FILTER, key, unmatched)
    measures = [component.measure, component.pays_on or component.measure]
    unknown = tuple(measure for measure in measures if measure_of(deal, measure) is None)
    if unknown:
        return Reason(ReasonKind.NO_MEASURE, key, unknown)
    missing = tuple(word for word in component.requires if word not in deal.evidence)
    return Reason(ReasonKind.HELD, key, missing) if missing else None


def _days_of(component: Component) -> tuple[str, str]:
    """The first and the last day of a component; "" for one that is open."""
    return str(component.starts_on or ""), str(component.ends_on or "")
