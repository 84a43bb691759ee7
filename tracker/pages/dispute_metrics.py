"""How many disputes there are, whose, and how long they wait for a word: what should come near zero."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tracker.engine.claims.disputes import Done, first_answer_after, median
from tracker.engine.periods import Period, PeriodKind, period_containing
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.formatting import lasting
from tracker.pages.i18n import ngettext
from tracker.store.disputes import Dispute

MONTHS_COUNT = 6
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RepCounts:
    """How many disputes a rep raised in each of the months."""

    name: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class DisputeMetrics:
    """The last months, oldest first. `per_rep`: disputes of the newest month for each rep; "" while nobody waited."""

    months: tuple[Period, ...]
    reps: tuple[RepCounts, ...]
    this_month_count: int
    per_rep: Fraction
    median_words: str


def dispute_metrics(
    found: Sequence[Dispute],
    names: Mapping[int, str],
    reps_count: int,
    calendar: CompanyCalendar,
    today: date,
) -> DisputeMetrics:
    """The figures of these disputes; `names` are the reps' by payee id."""
    months = _months_until(today)
    counted = Counter(
        (one.doubt.payee_id, _month_of(calendar.day_of(one.raised_at)).key) for one in found
    )
    reps = [
        RepCounts(names.get(payee_id, ""), tuple(counted[payee_id, month.key] for month in months))
        for payee_id in {one.doubt.payee_id for one in found}
    ]
    this_month_count = sum(rep.counts[-1] for rep in reps)
    middle = median(_waits(found))
    return DisputeMetrics(
        months=months,
        reps=tuple(sorted((rep for rep in reps if any(rep.counts)), key=lambda rep: rep.name)),
        this_month_count=this_month_count,
        per_rep=Fraction(this_month_count, reps_count) if reps_count else Fraction(0),
        median_words="" if middle is None else span_words(middle),
    )


def first_day_counted(today: date) -> date:
    """The first day of the months that are counted."""
    return _months_until(today)[0].starts_on


def span_words(span: timedelta) -> str:
    """A length of time in its largest unit: "35 min", "5 h", "3 days"."""
    if span < HOUR:
        minutes = span // timedelta(minutes=1)
        return ngettext("%(count)s min", "%(count)s min", minutes, count=minutes)
    return lasting(span)


def _waits(found: Iterable[Dispute]) -> list[timedelta]:
    done = ([Done(entry.act, entry.at) for entry in one.entries] for one in found)
    return [wait for acts in done if (wait := first_answer_after(acts)) is not None]


def _months_until(today: date) -> tuple[Period, ...]:
    months = [_month_of(today)]
    while len(months) < MONTHS_COUNT:
        months.insert(0, _month_of(months[0].starts_on - DAY))
    return tuple(months)


def _month_of(day: date) -> Period:
    return period_containing(day, PeriodKind.MONTH)
