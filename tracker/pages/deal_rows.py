"""Deals as lines of a list: what each was, and what it added, or why not yet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import COUNT_MEASURES, Component, Multiplier
from tracker.engine.crediting.credits import Credit, multipliers_on, split_component_key
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.explain import DealLine, explain_deals
from tracker.engine.earning.supposed import would_add
from tracker.engine.earning.totals import TotalKey
from tracker.engine.earning.why_no_pay import ReasonKind, explain_no_pay
from tracker.pages.formatting import NO_BREAK_SPACE, count, factor, money, pay_rate, percent, rate
from tracker.pages.i18n import gettext as _
from tracker.store import credits, plans, totals
from tracker.store.database import Connection
from tracker.store.deals import StoredDeal


@dataclass(frozen=True, slots=True)
class DealRow:
    """One line. `added_minor` is what the deal added, or would add while it is held; None when it is not won.

    `tone` is gain, waiting, loss or mute; `state_word` stands where the time would, when there is one.
    """

    key: str
    name: str
    currency: str
    about: str
    added_minor: int | None
    tone: str
    state_word: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Worth:
    """What one deal is worth to a payee: its lines, its held credits, and what those would add."""

    lines: tuple[DealLine, ...]
    held: tuple[Credit, ...]
    would_add_minor: int

    @property
    def added_minor(self) -> int:
        return sum(line.added_minor for line in self.lines)


def deal_rows(connection: Connection, payee_id: int, stored: Sequence[StoredDeal]) -> list[DealRow]:
    """Lines for deals of a payee, in the order given."""
    book = plans.load_plan_book(connection)
    worths = worths_of(connection, payee_id, [one.deal.key for one in stored], book)
    return [_row(one, worths[one.deal.key], payee_id, book) for one in stored]


def worths_of(
    connection: Connection, payee_id: int, deal_keys: Iterable[str], book: PlanBook
) -> dict[str, Worth]:
    """What each of these deals is worth to a payee. Each window they fall into is walked once."""
    keys = list(deal_keys)
    own = [c for c in credits.credits_of_deals(connection, keys) if c.payee_id == payee_id]
    lines: dict[str, list[DealLine]] = {key: [] for key in keys}
    would: dict[str, int] = dict.fromkeys(keys, 0)
    for total_key in sorted({_total_key(credit) for credit in own}):
        for line in explain_deals(credits.credits_of_total(connection, total_key), book):
            if line.credit.deal_key in lines:
                lines[line.credit.deal_key].append(line)
        held = [c for c in own if not c.is_counted and _total_key(c) == total_key]
        if held:
            total = totals.window_total(connection, total_key, book)
            for credit in held:
                would[credit.deal_key] += would_add(total, [credit], book)
    return {
        key: Worth(
            tuple(lines[key]),
            tuple(c for c in own if c.deal_key == key and not c.is_counted),
            would[key],
        )
        for key in keys
    }


def component_of(credit: Credit, book: PlanBook) -> Component:
    """The component a credit was given under, as its plan version has it."""
    version = book.version(credit.plan_version_id)
    component = version.plan.component(split_component_key(credit.component_key)[1])
    assert component is not None
    return component


def currency_of(credit: Credit, book: PlanBook) -> str:
    """What a credit is paid in, whatever its deal was sold in."""
    return book.version(credit.plan_version_id).plan.currency


def pay_currency(deal: Deal, worth: Worth, book: PlanBook) -> str:
    """What a deal is paid in; of one that pays nothing, what it was sold in."""
    credited = [line.credit for line in worth.lines] or list(worth.held)
    return currency_of(credited[0], book) if credited else deal.currency


def evidence_words(missing: Iterable[str]) -> str:
    """Missing evidence in the reader's words: "decision maker, customer profile"."""
    known = {
        "decision_maker": _("decision maker"),
        "icp_match": _("customer profile"),
        "budget": _("budget"),
        "signed_contract": _("signed contract"),
        "contract_signed": _("signed contract"),
        "next_step": _("next step"),
    }
    return ", ".join(known.get(word, word.replace("_", " ")) for word in dict.fromkeys(missing))


def multiplier_words(multiplier: Multiplier) -> str:
    """A multiplier by name: "Nova ×1,5"."""
    named = multiplier.label or ", ".join(w for words in multiplier.where.values() for w in words)
    return f"{named}{NO_BREAK_SPACE}{factor(multiplier.factor)}"


def _total_key(credit: Credit) -> TotalKey:
    return TotalKey(credit.payee_id, credit.component_key, credit.window_key)


def _row(stored: StoredDeal, worth: Worth, payee_id: int, book: PlanBook) -> DealRow:
    deal = stored.deal
    added_minor: int | None = None
    if deal.status is not DealStatus.WON:
        about, tone, word = _not_won(deal), "mute", _status_word(deal.status)
    elif worth.lines:
        added_minor = worth.added_minor
        about, word = _how_it_paid(deal, worth, book), ""
        tone = "gain" if added_minor > 0 else "loss" if added_minor < 0 else "mute"
    elif worth.held:
        missing = evidence_words(word for credit in worth.held for word in credit.missing_evidence)
        about, tone, word = _("held: %(missing)s missing", missing=missing), "waiting", _("held")
        added_minor = worth.would_add_minor
    else:
        about, tone, word, added_minor = _why_nothing(deal, payee_id, book), "mute", "", 0
    currency = pay_currency(deal, worth, book)
    return DealRow(deal.key, deal.name, currency, about, added_minor, tone, word, stored.changed_at)


def _not_won(deal: Deal) -> str:
    said = [money(deal.amount_minor, deal.currency)]
    if deal.status is DealStatus.OPEN:
        said.append(deal.next_step.text if deal.next_step else deal.stage)
    return " · ".join(word for word in said if word)


def _status_word(status: DealStatus) -> str:
    return {
        DealStatus.OPEN: _("open"),
        DealStatus.LOST: _("lost"),
        DealStatus.CANCELLED: _("cancelled"),
        DealStatus.WON: _("won"),
    }[status]


def _how_it_paid(deal: Deal, worth: Worth, book: PlanBook) -> str:
    """The amount, the rates it got, and what bent them: "61.500 kr. · 8–10 % · Nova ×1,5"."""
    said = [money(deal.amount_minor, deal.currency)]
    components = [(line, component_of(line.credit, book)) for line in worth.lines]
    # A bonus for each deal is the same every time: said only where there is nothing else to say.
    telling = [one for one in components if one[1].measure not in COUNT_MEASURES] or components
    for line, component in telling:
        share = deal.credit_shares[line.credit.line]
        if share.share != 1:
            said.append(_("%(share)s of the deal", share=percent(share.share)))
        measure, currency = component.pays_on or component.measure, currency_of(line.credit, book)
        said.append(rates_words(line.rates, measure, currency))
        said += [multiplier_words(one) for one in multipliers_on(component, deal, share.role)]
    return " · ".join(dict.fromkeys(word for word in said if word))


def rates_words(rates: Sequence[Fraction], measure: str, currency: str) -> str:
    """One rate, or the first and last of several: "10 %", "8–10 %"."""
    if not rates:
        return ""
    if len(rates) == 1 or measure in COUNT_MEASURES:
        return pay_rate(rates[-1], measure, currency)
    return f"{count(rates[0] * 100)}–{rate(rates[-1])}"


def _why_nothing(deal: Deal, payee_id: int, book: PlanBook) -> str:
    reasons = {reason.kind for reason in explain_no_pay(deal, payee_id, book)}
    amount = money(deal.amount_minor, deal.currency)
    if ReasonKind.NO_PLAN in reasons:
        return f"{amount} · " + _("no plan on that day")
    return f"{amount} · " + _("not in your plan")
