"""How good a pipeline is, not how large: evidence, movement, segments, and what it will ask of those who deliver."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tracker.engine.ahead.prospects import Prospect
from tracker.pages.formatting import count, percent
from tracker.pages.i18n import gettext as _
from tracker.pages.stage_odds import in_first_place

CAPACITY_DAYS = 28


@dataclass(frozen=True, slots=True)
class QualityRow:
    """A measure in words: what, how much, and of what."""

    label: str
    value: str
    note: str


@dataclass(frozen=True, slots=True)
class JudgedDeal:
    """An open deal with what was found out about it."""

    prospect: Prospect
    has_evidence: bool
    is_moving: bool
    is_backed: bool

    @property
    def amount_minor(self) -> int:
        return self.prospect.deal.amount_minor


def quality_of(
    deals: Sequence[JudgedDeal], segments: Collection[str], today: date
) -> tuple[QualityRow, ...]:
    """The measures of a pipeline; none for one without deals."""
    return tuple(_rows(deals, segments, today)) if deals else ()


def _rows(
    deals: Sequence[JudgedDeal], segments: Collection[str], today: date
) -> Iterator[QualityRow]:
    with_evidence = [one for one in deals if one.has_evidence]
    yield QualityRow(_("Has its evidence"), _share(with_evidence, deals), _("of the amount"))
    moving = Fraction(sum(one.is_moving for one in deals), len(deals))
    yield QualityRow(_("Moves with a dated next step"), percent(moving), _("of the deals"))
    if segments:
        first = [one for one in deals if in_first_place(segments, one.prospect.deal.properties)]
        yield QualityRow(_("In segments that come first"), _share(first, deals), _("of the amount"))
    last_day = today + timedelta(days=CAPACITY_DAYS)
    soon = [one for one in deals if one.is_backed and one.prospect.counts_on <= last_day]
    expected = sum((one.prospect.odds.probability or Fraction(0) for one in soon), Fraction(0))
    yield QualityRow(
        _("Lands within 4 weeks"),
        _("about %(count)s", count=count(round(expected))),
        _("of %(count)s backed", count=count(len(soon))),
    )


def _share(some: Sequence[JudgedDeal], deals: Sequence[JudgedDeal]) -> str:
    """How much of the amount some of the deals are; credit notes count as what they are."""
    whole = sum(one.amount_minor for one in deals)
    return percent(Fraction(sum(one.amount_minor for one in some), whole)) if whole > 0 else "–"
