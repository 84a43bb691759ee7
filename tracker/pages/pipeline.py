"""The open deals of a team, sorted by what a manager can do about them today.

A deal is in one list at most: *decide now* when it should close soon and lacks what its pay waits for, *not moving*
when nobody knows what happens next, *soon to close* when it is on its way.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date
from babel.numbers import format_compact_currency

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.ahead.prospects import Prospect, StageBook, prospects_of
from tracker.engine.deals import Deal
from tracker.engine.money import minor_digits
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.deal_rows import evidence_words
from tracker.pages.formatting import NO_BREAK_SPACE, money
from tracker.pages.formatting import day as day_words
from tracker.pages.i18n import babel_locale, ngettext
from tracker.pages.i18n import gettext as _
from tracker.pages.pipeline_quality import JudgedDeal, QualityRow, quality_of
from tracker.store.deals import StoredDeal

SOON_DAYS = 14
UNMOVED_DAYS = 30
LISTED_MAX = 5
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class PipelineDeal:
    """A line of a list: the deal, what to know about it, whose it is."""

    key: str
    name: str
    amount_minor: int
    currency: str
    words: str
    owner: str


@dataclass(frozen=True, slots=True)
class DealList:
    """The most pressing deals of a list, and how many there are in all."""

    deals: tuple[PipelineDeal, ...]
    deals_count: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """All open deals of a team. The sums are minor units of `currency`; deals in other currencies are only listed."""

    currency: str
    backed_minor: int
    open_minor: int
    soon: DealList
    stuck: DealList
    decide: DealList
    quality: tuple[QualityRow, ...]

    @property
    def backed_words(self) -> str:
        return short_money(self.backed_minor, self.currency)

    @property
    def open_words(self) -> str:
        return short_money(self.open_minor, self.currency)


@dataclass(frozen=True, slots=True)
class _Open:
    """An open deal with what was worked out about it."""

    prospect: Prospect
    closes_in_days: int
    missing: tuple[str, ...]
    stuck: str

    @property
    def deal(self) -> Deal:
        return self.prospect.deal

    @property
    def is_backed(self) -> bool:
        """Everything its pay asks for is there, and nothing else speaks against it: as in the reps' projections."""
        return not self.missing and not self.prospect.doubts

    @property
    def needs_decision(self) -> bool:
        return bool(self.missing) and self.closes_in_days <= SOON_DAYS


def pipeline_of(
    stored: Sequence[StoredDeal],
    book: PlanBook,
    short_names: Mapping[int, str],
    calendar: CompanyCalendar,
    now: datetime,
    currency: str,
    stages: StageBook,
    segments: Collection[str] = (),
) -> Pipeline:
    """The pipeline as of an instant; `short_names` names the team's people by payee id."""
    today = calendar.day_of(now)
    found = [_open(one, book, calendar.day_of(one.changed_at), today, stages) for one in stored]
    decide = [one for one in found if one.needs_decision]
    stuck = [one for one in found if one.stuck and not one.needs_decision]
    soon = [one for one in found if one.is_backed and one.closes_in_days <= SOON_DAYS]
    own = [one for one in found if one.deal.currency == currency]
    return Pipeline(
        currency=currency,
        backed_minor=sum(one.deal.amount_minor for one in own if one.is_backed),
        open_minor=sum(one.deal.amount_minor for one in own),
        soon=_list(sorted(soon, key=_by_close), lambda one: _soon_words(one, today), short_names),
        stuck=_list(sorted(stuck, key=_by_amount), lambda one: one.stuck, short_names),
        decide=_list(sorted(decide, key=_by_amount), _decide_words, short_names),
        quality=quality_of([_judged(one) for one in own], segments, today),
    )


def short_money(amount_minor: int, currency: str) -> str:
    """An amount for a glance: "2,4 mio. kr.", and from a million down as it is."""
    whole = amount_minor // 10 ** minor_digits(currency)
    if abs(whole) < MILLION:
        return money(amount_minor, currency, decimals=0)
    short = format_compact_currency(whole, currency, locale=babel_locale(), fraction_digits=1)
    return short.replace(" ", NO_BREAK_SPACE)


def _open(
    stored: StoredDeal, book: PlanBook, changed_on: date, today: date, stages: StageBook
) -> _Open:
    deal, still_days = stored.deal, (today - changed_on).days
    (prospect,) = prospects_of([deal], book, today, stages)
    missing = (word for credit in prospect.credits for word in credit.missing_evidence)
    return _Open(
        prospect=prospect,
        closes_in_days=(deal.effective_on - today).days,
        missing=tuple(dict.fromkeys(missing)),
        stuck=_stuck_words(deal, still_days, today),
    )


def _judged(one: _Open) -> JudgedDeal:
    return JudgedDeal(one.prospect, not one.missing, not one.stuck, one.is_backed)


def _stuck_words(deal: Deal, still_days: int, today: date) -> str:
    """Why a deal does not move; "" when it does."""
    step = deal.next_step
    if step is None:
        if still_days <= 0:
            return _("No next step")
        return ngettext(
            "No next step for %(days)s day",
            "No next step for %(days)s days",
            still_days,
            days=still_days,
        )
    if step.due_on is None:
        return _("Next step without a date")
    due_on = step.due_on
    passed_days = (today - due_on).days
    if passed_days > 0:
        return ngettext(
            "Date passed %(days)s day ago",
            "Date passed %(days)s days ago",
            passed_days,
            days=passed_days,
        )
    if still_days >= UNMOVED_DAYS:
        return _("Unmoved for %(days)s days", days=still_days)
    return ""


def _soon_words(one: _Open, today: date) -> str:
    step = one.deal.next_step
    due_on = (step.due_on if step else None) or one.deal.effective_on
    said = [step.text if step else "", when(due_on, today)]
    return " · ".join(word for word in said if word)


def _decide_words(one: _Open) -> str:
    return _("Lacks %(missing)s: send back or pause?", missing=evidence_words(one.missing))


def when(due_on: date, today: date) -> str:
    """A day in the nearest words: today, tomorrow, a weekday, a date."""
    if due_on == today:
        return _("today")
    if due_on == today + timedelta(days=1):
        return _("tomorrow")
    return _weekday(due_on) if due_on < today + timedelta(days=7) else day_words(due_on, today)


def _weekday(day: date) -> str:
    return format_date(day, "EEEE", locale=babel_locale())


def _list(
    ordered: Sequence[_Open], words: Callable[[_Open], str], short_names: Mapping[int, str]
) -> DealList:
    lines = (
        PipelineDeal(
            key=one.deal.key,
            name=one.deal.name,
            amount_minor=one.deal.amount_minor,
            currency=one.deal.currency,
            words=words(one),
            owner=_owner(one.deal, short_names),
        )
        for one in ordered[:LISTED_MAX]
    )
    return DealList(tuple(lines), len(ordered))


def _owner(deal: Deal, short_names: Mapping[int, str]) -> str:
    """The first of the team on the deal."""
    ids = (share.payee_id for share in deal.credit_shares)
    return next((short_names[one] for one in ids if one in short_names), "")


def _by_close(one: _Open) -> tuple[date, int, str]:
    step = one.deal.next_step
    due_on = (step.due_on if step else None) or one.deal.effective_on
    return due_on, -one.deal.amount_minor, one.deal.key


def _by_amount(one: _Open) -> tuple[int, str]:
    return -one.deal.amount_minor, one.deal.key
