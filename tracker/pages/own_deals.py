"""A rep's deals as the company has them, to be held against the rep's own list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import COUNT_MEASURES
from tracker.engine.claims.list_matching import Line, OwnDeal
from tracker.engine.crediting.credits import Credit
from tracker.engine.crediting.over_time import kept_of
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.explain import DealLine
from tracker.engine.earning.why_no_pay import explain_no_pay
from tracker.engine.money import round_to_minor_unit, share_out
from tracker.engine.periods import Period, PeriodKind, period_containing
from tracker.pages.deal_rows import Worth, component_of, evidence_words, worths_of
from tracker.pages.why_deal import reason_words
from tracker.store import deals, plans
from tracker.store.people import Payee
from tracker.store.types import Connection

DEALS_MAX = 3_000


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days a list is held against: whole months, so that a deal that is missing from it can be seen."""

    first: date
    last: date


def stretch_of(lines: Iterable[Line], window: Period) -> Stretch:
    """The months of the days of these lines; the window when none has a day."""
    days = sorted(line.on for line in lines if line.on is not None)
    if not days:
        return Stretch(window.starts_on, window.ends_on)
    first, last = (period_containing(day, PeriodKind.MONTH) for day in (days[0], days[-1]))
    return Stretch(first.starts_on, last.ends_on)


def own_deals(
    connection: Connection, payee: Payee, lines: Sequence[Line], stretch: Stretch, currency: str
) -> list[OwnDeal]:
    """The payee's deals in a stretch of days, and those that the lines name by id whenever they are.

    Amounts are in `currency`, by the rate of the deal's day; 0 where nobody has said it.
    """
    ids = {line.deal_id.casefold() for line in lines if line.deal_id}
    keys = [
        key
        for key in deals.deal_keys_of_payees(connection, [payee.id], date.min)
        if not ids.isdisjoint({key.casefold(), key.partition(":")[2].casefold()})
    ]
    window = Period("", PeriodKind.MONTH, stretch.first, stretch.last)
    stored = {
        one.deal.key: one.deal
        for one in (
            *deals.deals(connection, keys[:DEALS_MAX]),
            *deals.deals_of_payee(connection, payee.id, window=window, limit=DEALS_MAX),
        )
    }
    book = plans.load_plan_book(connection)
    worths = worths_of(connection, payee.id, stored, book)
    return [_own(deal, worths[key], payee.id, book, currency) for key, deal in stored.items()]


def _own(deal: Deal, worth: Worth, payee_id: int, book: PlanBook, currency: str) -> OwnDeal:
    amount_minor, part_minor = deal.amount_minor, _part_minor(deal, payee_id)
    if deal.currency != currency:
        rate = book.exchange.on(deal.currency, currency, deal.effective_on)
        amount_minor = rate.convert(amount_minor) if rate else 0
        part_minor = rate.convert(part_minor) if rate else 0
    is_won = deal.status is DealStatus.WON
    is_unpaid = is_won and not worth.lines and not worth.held
    reasons = explain_no_pay(deal, payee_id, book) if is_unpaid else ()
    missing = () if worth.lines else [word for one in worth.held for word in one.missing_evidence]
    credited = [*(line.credit for line in worth.lines), *worth.held]
    return OwnDeal(
        key=deal.key,
        name=deal.name,
        on=deal.effective_on,
        amount_minor=amount_minor,
        part_minor=part_minor,
        is_won=is_won,
        paid_minor=worth.added_minor,
        missing=(evidence_words(missing),) if missing else (),
        reasons=tuple(dict.fromkeys(reason_words(reason) for reason in reasons)),
        rates=tuple(dict.fromkeys(_rates(worth.lines, book))),
        is_capped=any(_is_capped(line, book) for line in worth.lines),
        is_clawed_back=any(_is_clawed_back(deal, credit, book) for credit in credited),
    )


def _rates(lines: Iterable[DealLine], book: PlanBook) -> Iterable[Fraction]:
    """The rates that these lines were paid at, where they are rates of money."""
    for line in lines:
        component = component_of(line.credit, book)
        if (component.pays_on or component.measure) not in COUNT_MEASURES:
            yield from line.rates


def _part_minor(deal: Deal, payee_id: int) -> int:
    """The payee's part of the amount: of the split, and beside it."""
    splitting = [share for share in deal.credit_shares if not share.is_overlay]
    parts = share_out(deal.amount_minor, [share.share for share in splitting])
    split = sum(
        part for part, share in zip(parts, splitting, strict=True) if share.payee_id == payee_id
    )
    beside = sum(
        (
            share.share
            for share in deal.credit_shares
            if share.is_overlay and share.payee_id == payee_id
        ),
        Fraction(0),
    )
    return split + round_to_minor_unit(deal.amount_minor * beside)


def _is_capped(line: DealLine, book: PlanBook) -> bool:
    """Whether a limit took something: the one for a deal, or the one for a period, after which nothing is added."""
    if line.credit.capped_off_minor:
        return True
    component = component_of(line.credit, book)
    has_limit = component.cap_payout_minor is not None or component.cap_at is not None
    return has_limit and not line.added_minor and bool(line.credit.attainment_minor)


def _is_clawed_back(deal: Deal, credit: Credit, book: PlanBook) -> bool:
    return kept_of(deal, component_of(credit, book).clawback) < 1
