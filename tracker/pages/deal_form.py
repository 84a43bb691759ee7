"""The form that corrects a deal, or adds one that was missing: its facts to edit, and what was typed -> a deal."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction

from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.money import MINOR_DIGITS
from tracker.ingest.deal_payload import (
    FIRST_DAY,
    OWN_COUNTS,
    OWN_MEASURES,
    OWN_PROPERTIES,
    WORD_LENGTH_MAX,
    last_day_possible,
)
from tracker.ingest.values import parse_day, parse_share, text_problem
from tracker.pages.doubts import NAME_LENGTH_MAX, amount_in
from tracker.pages.formatting import amount, count
from tracker.pages.i18n import gettext as _
from tracker.store.people import Payee

EMPTY_CREDITS_COUNT = 2
CREDITS_MAX = 12
UNIT_CURRENCY = "DKK"  # counts have two decimals, as its amounts do


@dataclass(frozen=True, slots=True)
class CreditTyped:
    """One participant as the form shows it."""

    payee_id: str = ""
    share: str = ""
    role: str = ""
    is_overlay: bool = False


@dataclass(frozen=True, slots=True)
class DealForm:
    """The fields as the form shows them, who may be chosen, and what is wrong by field."""

    typed: Mapping[str, str]
    credits: tuple[CreditTyped, ...]
    payees: tuple[Payee, ...]
    measures: tuple[str, ...]
    properties: tuple[str, ...]
    statuses: tuple[str, ...] = tuple(status.value for status in DealStatus)
    currencies: tuple[str, ...] = tuple(sorted(MINOR_DIGITS))
    problems: Mapping[str, str] = field(default_factory=dict)


# --- a deal as a form --------------------------------------------------------------------------------------------


def form_of(deal: Deal, payees: Collection[Payee]) -> DealForm:
    """The form filled in with a deal."""
    typed = {
        "name": deal.name,
        "status": deal.status.value,
        "effective_on": deal.effective_on.isoformat(),
        "ended_on": deal.ended_on.isoformat() if deal.ended_on else "",
        "currency": deal.currency,
        "amount": amount(deal.amount_minor, deal.currency),
        "evidence": " ".join(sorted(deal.evidence)),
    }
    for name, figure in deal.measures.items():
        currency = UNIT_CURRENCY if name in OWN_COUNTS else deal.currency
        typed[f"measure.{name}"] = amount(figure, currency)
    typed |= {f"property.{name}": word for name, word in deal.properties.items()}
    credited = [_typed_credit(share) for share in deal.credit_shares]
    return _form(typed, credited, payees, deal.properties)


def _typed_credit(share: CreditShare) -> CreditTyped:
    return CreditTyped(str(share.payee_id), _typed_share(share.share), share.role, share.is_overlay)


def _typed_share(share: Fraction) -> str:
    in_percent = share * 100
    return f"{count(in_percent)}%" if (in_percent * 100).denominator == 1 else str(share)


def typed_form(
    typed: Mapping[str, str], payees: Collection[Payee], properties: Collection[str]
) -> DealForm:
    """The form as it came back from the browser."""
    credited = [
        CreditTyped(
            typed.get(f"credit.{number}.payee_id", ""),
            typed.get(f"credit.{number}.share", "").strip(),
            typed.get(f"credit.{number}.role", "").strip(),
            typed.get(f"credit.{number}.overlay") == "yes",
        )
        for number in range(CREDITS_MAX)
    ]
    return _form(typed, [one for one in credited if one.payee_id], payees, properties)


def _form(
    typed: Mapping[str, str],
    credited: list[CreditTyped],
    payees: Collection[Payee],
    properties: Collection[str],
) -> DealForm:
    empty_count = min(EMPTY_CREDITS_COUNT, CREDITS_MAX - len(credited))
    return DealForm(
        typed=typed,
        credits=(*credited, *[CreditTyped()] * empty_count),
        payees=tuple(payees),
        measures=(*OWN_MEASURES, *OWN_COUNTS),
        properties=tuple(dict.fromkeys((*OWN_PROPERTIES, *sorted(properties)))),
    )


# --- a form as a deal --------------------------------------------------------------------------------------------


def deal_in(form: DealForm, before: Deal, today: date) -> tuple[Deal, DealForm]:
    """The deal that was typed, with what the form does not show as it was `before`; and the form with its problems."""
    reading = _Reading(form, before, today)
    deal = replace(
        before,
        name=reading.name(),
        status=reading.status(),
        currency=reading.currency,
        amount_minor=reading.amount_minor("amount", reading.currency) or 0,
        effective_on=reading.day("effective_on") or before.effective_on,
        ended_on=reading.day("ended_on"),
        measures=reading.measures(),
        properties=reading.properties(),
        evidence=reading.evidence(),
        credit_shares=reading.credit_shares(),
    )
    reading.check(deal)
    return deal, replace(form, problems=reading.problems)


class _Reading:
    """Reads a form field by field and notes what is wrong."""

    def __init__(self, form: DealForm, before: Deal, today: date) -> None:
        self._form, self._before, self._today = form, before, today
        self.problems: dict[str, str] = {}
        typed = self._text("currency")
        self.currency = typed if typed in MINOR_DIGITS else before.currency

    def name(self) -> str:
        name = self._text("name")
        if text_problem(name, NAME_LENGTH_MAX):
            self.problems["name"] = _(
                "Say which customer or deal it is, in at most 200 characters."
            )
        return name or self._before.name

    def status(self) -> DealStatus:
        typed = self._text("status")
        return DealStatus(typed) if typed in self._form.statuses else self._before.status

    def amount_minor(self, name: str, currency: str) -> int | None:
        amount_minor, problem = amount_in(self._form.typed.get(name, ""), currency)
        if problem:
            self.problems[name] = problem
        return amount_minor

    def day(self, name: str) -> date | None:
        typed = self._text(name)
        day = parse_day(typed)
        if (typed or name == "effective_on") and (
            day is None or not FIRST_DAY <= day <= last_day_possible(self._today)
        ):
            self.problems[name] = _(
                "This is not a date it can have been won on. Write it as 2026-11-22."
            )
            return None
        return day

    def measures(self) -> dict[str, int]:
        shown = self._form.measures
        found = {name: minor for name, minor in self._before.measures.items() if name not in shown}
        for name in shown:
            currency = UNIT_CURRENCY if name in OWN_COUNTS else self.currency
            amount_minor = self.amount_minor(f"measure.{name}", currency)
            if amount_minor is not None:
                found[name] = amount_minor
        return found

    def properties(self) -> dict[str, str]:
        words = {name: self._text(f"property.{name}") for name in self._form.properties}
        for name, word in words.items():
            if word and text_problem(word, NAME_LENGTH_MAX):
                self.problems[f"property.{name}"] = _("Remove characters that cannot be shown.")
        return {name: word for name, word in words.items() if word}

    def evidence(self) -> frozenset[str]:
        words = frozenset(self._text("evidence").split())
        if any(text_problem(word, WORD_LENGTH_MAX) for word in words):
            self.problems["evidence"] = _("Write words with spaces between, such as icp_match.")
        return words

    def credit_shares(self) -> tuple[CreditShare, ...]:
        allowed = {str(payee.id) for payee in self._form.payees}
        shares = []
        for typed in self._form.credits:
            if not typed.payee_id:
                continue
            share = parse_share(typed.share.replace(",", ".").replace("\N{NO-BREAK SPACE}", " "))
            if typed.payee_id not in allowed or share is None or not share:
                self.problems["credits"] = _(
                    "Choose a rep and a share above nothing, such as 60%% or 1/3, in each line."
                )
                continue
            if typed.role and text_problem(typed.role, WORD_LENGTH_MAX):
                self.problems["credits"] = _("Remove characters that cannot be shown.")
            shares.append(CreditShare(int(typed.payee_id), share, typed.role, typed.is_overlay))
        return tuple(shares)

    def check(self, deal: Deal) -> None:
        """What only shows once everything is read."""
        total = sum((one.share for one in deal.credit_shares if not one.is_overlay), Fraction(0))
        parts = {(one.payee_id, one.role, one.is_overlay) for one in deal.credit_shares}
        if "credits" not in self.problems and total != 1:
            self.problems["credits"] = _(
                "The shares must be 100%% together; those beside the split do not count."
            )
        if "credits" not in self.problems and len(parts) < len(deal.credit_shares):
            self.problems["credits"] = _("The same rep stands there twice in the same role.")
        is_ended_early = deal.ended_on is not None and deal.ended_on < deal.effective_on
        if is_ended_early and "ended_on" not in self.problems:
            self.problems["ended_on"] = _("The customer cannot leave before the deal counts.")
        if deal.status is DealStatus.WON and not self._text("amount"):
            self.problems["amount"] = _(
                "A deal that is won has an amount. Write it such as 1.234,50."
            )
        can_be_negative = deal.status in (DealStatus.WON, DealStatus.CANCELLED)
        if deal.amount_minor < 0 and not can_be_negative:
            self.problems["amount"] = _("Only a deal that is won can be below zero.")

    def _text(self, name: str) -> str:
        return self._form.typed.get(name, "").strip()


def empty_deal(
    key: str, name: str, on: date, amount_minor: int, currency: str, payee_id: int
) -> Deal:
    """The deal a rep says is missing, as far as it is known."""
    return Deal(
        key=key,
        name=name,
        status=DealStatus.WON,
        effective_on=on,
        currency=currency,
        amount_minor=amount_minor,
        credit_shares=(CreditShare(payee_id, Fraction(1)),),
    )
