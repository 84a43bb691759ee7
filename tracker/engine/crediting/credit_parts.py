"""What of a deal is one participant's: cut at the cap per deal and by a clawback, split, and converted once."""

from fractions import Fraction

from tracker.engine.agreement.deal_terms import Clawback, Reprices
from tracker.engine.agreement.plans import MONEY_MEASURES, Component
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.crediting.over_time import kept_of
from tracker.engine.deals import Deal
from tracker.engine.money import round_to_minor_unit, share_out

ONE = Fraction(1)


def parts_of(
    deal: Deal, line: int, component: Component, measured: int, paid_on: int
) -> tuple[int, int, int]:
    """A participant's part of what counts, of what is paid on, and of what the cap per deal cut off."""
    capped, capped_off_minor = measured, 0
    if component.deal_cap_minor is not None and measured > component.deal_cap_minor:
        capped = component.deal_cap_minor
        paid_on = round_to_minor_unit(Fraction(paid_on * capped, measured))
        capped_off_minor = part_of(deal, line, measured) - part_of(deal, line, capped)
    if deal.ended_on is not None and component.clawback is not None:
        capped, paid_on = _kept(deal, component.clawback, capped, paid_on)
    part = part_of(deal, line, capped)
    return part, part if paid_on == capped else part_of(deal, line, paid_on), capped_off_minor


def foreign_parts(
    deal: Deal,
    line: int,
    component: Component,
    measured: int,
    paid_on: int,
    rate: ExchangeRate,
) -> tuple[int, int, int]:
    """The same of a deal in another currency: split as it was sold, then each part converted once.

    A deal above its cap is the cap, which is in the plan's currency and is split in it. Counts are not converted.
    """
    measures = component.measure, component.pays_on or component.measure
    factors = [rate.factor if measure in MONEY_MEASURES else ONE for measure in measures]
    worth, cap = measured * factors[0], component.deal_cap_minor
    whole = round_to_minor_unit(part_of(deal, line, measured) * factors[0])
    if cap is not None and worth > cap:
        paid_on = round_to_minor_unit(paid_on * factors[1] * cap / worth)
        counted, factors = cap, [ONE, ONE]
        capped_off_minor = whole - part_of(deal, line, cap)
    else:
        counted, capped_off_minor = measured, 0
    if component.clawback is not None and deal.ended_on is not None:
        counted, paid_on = _kept(deal, component.clawback, counted, paid_on)
    part = round_to_minor_unit(part_of(deal, line, counted) * factors[0])
    return part, round_to_minor_unit(part_of(deal, line, paid_on) * factors[1]), capped_off_minor


def _kept(deal: Deal, clawback: Clawback, counted: int, paid_on: int) -> tuple[int, int]:
    """What still counts towards the tiers, and what is still paid on, once a customer has left."""
    kept = kept_of(deal, clawback)
    paid_on = round_to_minor_unit(paid_on * kept)
    if clawback.reprices is Reprices.WINDOW:
        counted = round_to_minor_unit(counted * kept)
    return counted, paid_on


def part_of(deal: Deal, line: int, amount_minor: int) -> int:
    """What of an amount is this participant's: shared out among all who split it; an overlay is beside the split."""
    share = deal.credit_shares[line]
    if share.is_overlay:
        return round_to_minor_unit(amount_minor * share.share)
    if share.is_whole:
        return amount_minor
    splitting = [index for index, other in enumerate(deal.credit_shares) if not other.is_overlay]
    parts = share_out(amount_minor, [deal.credit_shares[index].share for index in splitting])
    return parts[splitting.index(line)]
