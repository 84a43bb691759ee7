"""From a deal to its credits: filter, gate, measure, cap per deal, split, multipliers. Linear: one deal at a time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import lru_cache
from itertools import count
from math import prod

from tracker.engine.agreement.deal_terms import Churn, Instalments, Overlays
from tracker.engine.agreement.exceptions import component_for
from tracker.engine.agreement.plan_book import Opening, PlanBook
from tracker.engine.agreement.plans import (
    MONEY_MEASURES,
    WEIGHT_SCALE,
    Component,
    Multiplier,
    PlanVersion,
    Stacking,
    WeightPolicy,
)
from tracker.engine.agreement.teams import Whose
from tracker.engine.crediting.credit_parts import foreign_parts, part_of, parts_of
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.money import round_to_minor_unit, share_out
from tracker.engine.periods import months_later
from tracker.engine.values import value

ONE = Fraction(1)
ONE_DEAL = 100
"""One deal as a measure, in hundredths."""

CHURN_PART = 1
BELOW_TIERS = -1
INSTALMENTS_IN_YEAR = {Instalments.MONTH: 12, Instalments.YEAR: 1}


@value
class Credit:
    """One payee's part of one deal under one component.

    `attainment_minor` climbs the table, `weight_scaled` (1/10,000 of a minor unit) is what the rate is paid on.
    Neither a rate nor a quota is in it, so a change of those reads no deal. A credit that waits for evidence is
    *held*: it says what is missing and counts nothing. `part` tells apart what one deal gives on different days: 0 is
    the sale itself, CHURN_PART what counts off when its customer leaves, instalments are counted from 0. `tier` is 0
    for a credit that climbs the table with the others; otherwise the number of the tier that pays it, BELOW_TIERS for
    a deal of no size or less. Of a deal in another `currency` it also says the part in that currency and the quoted
    `rate` it was converted by.
    """

    deal_key: str
    component_key: str
    payee_id: int
    line: int
    plan_version_id: int
    window_key: str
    period_key: str
    effective_on: date
    attainment_minor: int
    weight_scaled: int
    capped_off_minor: int
    missing_evidence: tuple[str, ...]
    part: int = 0
    tier: int = 0
    currency: str = ""
    original_minor: int = 0
    rate: str = ""

    @property
    def is_counted(self) -> bool:
        return not self.missing_evidence

    @property
    def order(self) -> tuple[date, str, int, int]:
        """Where the credit stands among those of a window: never by arrival."""
        return self.effective_on, self.deal_key, self.line, self.part


def component_key_of(version: PlanVersion, component: Component) -> str:
    """The name of a component outside its plan file: plan and component."""
    return f"{version.plan_key}/{component.key}"


def split_component_key(component_key: str) -> tuple[str, str]:
    """The plan key and the component's own key again."""
    plan_key, _, own_key = component_key.rpartition("/")
    return plan_key, own_key


def credits_of(deal: Deal | None, book: PlanBook) -> list[Credit]:
    """Every credit a deal gives, held ones included. A deal that is not won gives none."""
    if deal is None or deal.status is not DealStatus.WON:
        return []
    sold: list[Credit] = []
    is_alone = False
    since = book.unchanged_since(deal.effective_on)
    for line, share in enumerate(deal.credit_shares):
        for opening in _openings_of(share, since, book):
            credit = _credit(deal, line, share, opening, book)
            if credit is not None:
                sold.append(credit)
                is_alone = is_alone or credit.tier != 0
    if is_alone and (book.residual_keys or book.has_exceptions):
        sold = [part for credit in sold for part in _instalments(credit, deal, book)]
    if deal.ended_on is not None:
        sold += [churned for credit in sold for churned in _churned(credit, deal.ended_on, book)]
    return sold


def _openings_of(share: CreditShare, since: date, book: PlanBook) -> tuple[Opening, ...]:
    """The components that may credit a share of a deal of this day; looked up once for all deals of its stretch."""
    key = share.payee_id, share.is_overlay, since
    found = book.openings.get(key)
    if found is None:
        found = book.openings[key] = tuple(_openings(share, since, book))
    return found


def _openings(share: CreditShare, day: date, book: PlanBook) -> Iterator[Opening]:
    for payee_id, whose in earners_of(share, day, book):
        for version in book.versions_for(payee_id, day):
            window, period = version.plan.window_of(day), version.plan.settlement_period_of(day)
            for component in _components(book, payee_id, version, day):
                if book.pays_for(payee_id, whose, component) and component.is_open_on(day):
                    key = component_key_of(version, component)
                    yield Opening(payee_id, version, component, key, window.key, period.key)


def earners_of(share: CreditShare, day: date, book: PlanBook) -> list[tuple[int, Whose]]:
    """Who may get credit for one share of a deal: who holds it, and, unless it is an overlay, teams and leaders."""
    holder = [(share.payee_id, Whose.OWN)]
    if share.is_overlay or not book.teams:
        return holder
    return holder + [(beside, Whose.TEAM) for beside in book.teams.beside(share.payee_id, day)]


def _components(
    book: PlanBook, payee_id: int, version: PlanVersion, day: date
) -> Iterable[Component]:
    """The components of a version as they hold for a payee on a day."""
    if not book.exceptions_of(payee_id):
        return version.plan.components
    return [
        component_for(book, payee_id, version, component, day)
        for component in version.plan.components
    ]


def matches(where: Mapping[str, tuple[str, ...]], deal: Deal, role: str) -> bool:
    """Whether a deal, seen by a participant with this role, has one of the words a filter asks for under each key."""
    properties = deal.properties
    for key, words in where.items():  # noqa: SIM110 - a generator would cost as much again for every deal
        if (role if key == "role" else properties.get(key)) not in words:
            return False
    return True


def measure_of(deal: Deal, measure: str) -> int | None:
    """A deal's amount under a measure: minor units, hundredths for counts, None when the source did not say."""
    if measure in ("revenue", "deals"):
        if OBJECTIVE in deal.measures:
            return None  # a score is no sale
        return deal.amount_minor if measure == "revenue" else ONE_DEAL
    return deal.measures.get(measure)


def factor_scaled(component: Component, deal: Deal, role: str) -> int:
    """The combined multiplier of a deal in 1/10,000: stacked as the plan declares, limited, and rounded."""
    if not component.multipliers and component.multiplier_limit is None:
        return WEIGHT_SCALE
    found = multipliers_on(component, deal, role)
    if not found and component.multiplier_limit is None:
        return WEIGHT_SCALE
    factors = [multiplier.factor for multiplier in found]
    factor = _stacked(factors, component.stacking)
    limit = component.multiplier_limit
    if limit is not None and factor > limit:
        factor = limit
    # Half away from zero, as everywhere; written out, because a fraction times a number costs more than all the rest.
    numerator, denominator = factor.as_integer_ratio()
    return (2 * numerator * WEIGHT_SCALE + denominator) // (2 * denominator)


def multipliers_on(component: Component, deal: Deal, role: str) -> list[Multiplier]:
    return [
        multiplier for multiplier in component.multipliers if matches(multiplier.where, deal, role)
    ]


def _stacked(factors: list[Fraction], stacking: Stacking) -> Fraction:
    if len(factors) < 2:
        return factors[0] if factors else ONE
    if stacking is Stacking.HIGHEST:
        return max(factors)
    if stacking is Stacking.SUM_OF_EXCESSES:
        return 1 + sum((factor - 1 for factor in factors), Fraction(0))
    return _product(tuple(factors))


@lru_cache(maxsize=1024)
def _product(factors: tuple[Fraction, ...]) -> Fraction:
    return prod(factors[1:], start=factors[0])


def _credit(
    deal: Deal, line: int, share: CreditShare, opening: Opening, book: PlanBook
) -> Credit | None:
    component, into = opening.component, opening.version.plan.currency
    measured = measure_of(deal, component.measure)
    paid_on = measured if component.pays_on is None else measure_of(deal, component.pays_on)
    if measured is None or paid_on is None:
        return None
    if component.where and not matches(component.where, deal, share.role):
        return None
    rate = None
    if deal.currency == into:
        part, paid_part, capped_off_minor = parts_of(deal, line, component, measured, paid_on)
    else:
        rate = book.exchange.on(deal.currency, into, deal.effective_on)
        if rate is None:
            return None
        part, paid_part, capped_off_minor = foreign_parts(
            deal, line, component, measured, paid_on, rate
        )
    factor = factor_scaled(component, deal, share.role)
    attainment_minor, weight_scaled = _weighed(component, factor, part, paid_part)
    if share.is_overlay and component.overlays is Overlays.PAY_ONLY:
        attainment_minor = 0
    is_converted = rate is not None and component.measure in MONEY_MEASURES
    return Credit(  # by place: by name it would take three times as long
        deal.key,
        opening.component_key,
        opening.payee_id,
        line,
        opening.version.version_id,
        opening.window_key,
        opening.period_key,
        deal.effective_on,
        attainment_minor,
        weight_scaled,
        capped_off_minor,
        _missing(component.requires, deal.evidence) if component.requires else (),
        0,
        0 if component.climbs else tier_of(component, attainment_minor),
        deal.currency if is_converted else "",
        part_of(deal, line, measured) if is_converted else 0,
        rate.quoted if rate is not None and is_converted else "",
    )


def tier_of(component: Component, attainment_minor: int) -> int:
    """The tier that pays a credit by itself: that of its own size, or the first year of a residual."""
    if component.years:
        return 1
    if attainment_minor <= 0:
        return BELOW_TIERS
    for number, tier in enumerate(component.tiers, start=1):
        if tier.up_to is None or attainment_minor < tier.up_to:
            return number
        if attainment_minor == tier.up_to and tier.owns_bound:
            return number
    return len(component.tiers)


def _instalments(first: Credit, deal: Deal, book: PlanBook) -> Iterator[Credit]:
    """The credits of a residual, each on its due day, as long as the customer and the payee stay; others as they are.

    The plan version of the sale governs all of them.
    """
    version, (plan_key, own_key) = (
        book.version(first.plan_version_id),
        split_component_key(first.component_key),
    )
    component = version.plan.component(own_key)
    if component is None or not component.years:
        yield _judged_for_payee(first, version, book)
        return
    in_year = INSTALMENTS_IN_YEAR[component.instalments]
    shares = [Fraction(1, in_year)] * in_year
    attainments = share_out(first.attainment_minor, shares)
    originals = share_out(first.original_minor, shares)
    factor = first.weight_scaled // first.attainment_minor if first.attainment_minor else 0
    last_day = deal.effective_on if book.until is None else max(book.until, deal.effective_on)
    last_day = last_day if deal.ended_on is None else min(last_day, deal.ended_on)
    for part in count():
        due_on = months_later(deal.effective_on, part * 12 // in_year)
        if part and due_on > last_day:
            return
        if part and not book.is_on(first.payee_id, plan_key, due_on):
            continue
        attainment_minor = attainments[part % in_year]
        yield replace(
            first,
            part=part,
            tier=min(part // in_year + 1, len(component.years)),
            window_key=version.plan.window_of(due_on).key,
            period_key=version.plan.settlement_period_of(due_on).key,
            effective_on=due_on,
            attainment_minor=attainment_minor,
            original_minor=originals[part % in_year],
            weight_scaled=attainment_minor * factor,
            capped_off_minor=first.capped_off_minor if part == 0 else 0,
        )


def _judged_for_payee(credit: Credit, version: PlanVersion, book: PlanBook) -> Credit:
    """A credit judged by itself in the tier it is in for a payee with exceptions: those of its period's last day."""
    component = version.plan.component(split_component_key(credit.component_key)[1])
    if not credit.tier or component is None or not book.exceptions_of(credit.payee_id):
        return credit
    last_day = version.plan.settlement_period_of(credit.effective_on).ends_on
    held = component_for(book, credit.payee_id, version, component, last_day)
    return replace(credit, tier=tier_of(held, credit.attainment_minor))


def _churned(sold: Credit, ended_on: date, book: PlanBook) -> Iterator[Credit]:
    """The same credit off again on the day the customer left, if it climbed and the plan of that day nets churn."""
    if sold.tier:
        return
    plan_key, own_key = split_component_key(sold.component_key)
    for version in book.versions_for(sold.payee_id, ended_on):
        component = version.plan.component(own_key) if version.plan_key == plan_key else None
        if component is not None and component.churn is Churn.NET:
            yield replace(
                sold,
                part=CHURN_PART,
                plan_version_id=version.version_id,
                window_key=version.plan.window_of(ended_on).key,
                period_key=version.plan.settlement_period_of(ended_on).key,
                effective_on=ended_on,
                attainment_minor=-sold.attainment_minor,
                weight_scaled=-sold.weight_scaled,
                original_minor=-sold.original_minor,
                capped_off_minor=0,
            )


def _missing(required: tuple[str, ...], evidence: frozenset[str]) -> tuple[str, ...]:
    if evidence.issuperset(required):
        return ()
    return tuple(word for word in required if word not in evidence)


def _weighed(
    component: Component, factor: int, part_minor: int, paid_on_minor: int
) -> tuple[int, int]:
    """Attainment and weight of a participant's part, the deal's factor (1/10,000) on the one the plan says."""
    if component.weight_policy is not WeightPolicy.ON_CREDIT or factor == WEIGHT_SCALE:
        return part_minor, paid_on_minor * factor
    weighed = (
        round_to_minor_unit(Fraction(minor * factor, WEIGHT_SCALE))
        for minor in (part_minor, paid_on_minor)
    )
    attainment_minor, weight_minor = weighed
    return attainment_minor, weight_minor * WEIGHT_SCALE
