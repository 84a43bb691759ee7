"""Where a window ends: four bands, from certain to hoped for, put through the real tables.

    secured   earned, and beyond any clawback
    exposed   earned, but taken back if the customer leaves before a day
    backed    open deals with the evidence their pay asks for and a dated next step, at their probability
    hope      the other open deals; shown, never counted

The projected payout is the expected value over every way the backed deals can go, each way paid as if its deals were
won on their expected days: multipliers, limits, splits, filters and caps act as they will. It is not what the expected
sales would pay, which on a ladder is another figure. Draws and what evidence holds back are not in it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component
from tracker.engine.ahead.outcomes import HIGH, LOW, Spread, Ways, ways_of
from tracker.engine.ahead.prospects import Prospect
from tracker.engine.crediting.credits import Credit, credits_of, split_component_key
from tracker.engine.crediting.over_time import safe_on
from tracker.engine.deals import Deal
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.rates import RateTable
from tracker.engine.earning.supposed import supposing
from tracker.engine.earning.totals import TotalKey, WindowTotal
from tracker.engine.earning.ways_climbed import Figure, Step, climbed_ways
from tracker.engine.money import round_to_minor_unit


@dataclass(frozen=True, slots=True)
class Exposure:
    """A won deal of which something is taken back if its customer leaves before the day it is `safe_on`.

    `credits` are what counts now, `left` what would count if the customer left today.
    """

    deal: Deal
    credits: tuple[Credit, ...]
    left: tuple[Credit, ...]
    safe_on: date


@dataclass(frozen=True, slots=True)
class Ladder:
    """What is projected: a window's total, the component in force today and its table, and what is still exposed.

    No table: there is no quota, and nothing is earned.
    """

    total: WindowTotal
    component: Component
    table: RateTable | None
    exposures: tuple[Exposure, ...] = ()

    @property
    def without_exposed(self) -> WindowTotal:
        """The total if the customers of all exposed deals left today."""
        gone = [credit for one in self.exposures for credit in one.credits]
        left = [credit for one in self.exposures for credit in one.left]
        return supposing(self.total, come=left, gone=gone) if gone else self.total


@dataclass(frozen=True, slots=True)
class Outlook:
    """An open deal on one ladder. `adds_minor` is what it would add if it alone was won, its evidence complete."""

    prospect: Prospect
    credits: tuple[Credit, ...]
    adds_minor: int

    @property
    def missing_evidence(self) -> tuple[str, ...]:
        words = (word for credit in self.credits for word in credit.missing_evidence)
        return tuple(dict.fromkeys(words))

    @property
    def is_backed(self) -> bool:
        return not self.missing_evidence and not self.prospect.doubts

    @property
    def probability(self) -> Fraction:
        """How likely it is; nothing where nobody can say."""
        return self.prospect.odds.probability or Fraction(0)

    @property
    def expected_minor(self) -> int:
        """What it would add, at its probability, taken by itself."""
        return round_to_minor_unit(self.probability * self.adds_minor)


@dataclass(frozen=True, slots=True)
class Chance:
    """How likely a step above today's is reached by the end of the window, secured and backed together."""

    step_number: int
    starts_at_minor: int
    probability: Fraction


@dataclass(frozen=True, slots=True)
class LadderProjection:
    """One ladder's window's end. `payout` is in minor units of money, `attainment` of the measure."""

    key: TotalKey
    earned_minor: int
    exposed_minor: int
    exposures: tuple[Exposure, ...]
    outlooks: tuple[Outlook, ...]
    payout: Spread
    attainment: Spread
    chances: tuple[Chance, ...]

    @property
    def secured_minor(self) -> int:
        return self.earned_minor - self.exposed_minor

    @property
    def backed_minor(self) -> int:
        """What the backed deals add to the projected payout."""
        return self.payout.expected_minor - self.earned_minor

    @property
    def hope_minor(self) -> int:
        """What the other open deals would add, each by itself at its probability; never counted."""
        return sum(one.expected_minor for one in self.outlooks if not one.is_backed)


@dataclass(frozen=True, slots=True)
class Projection:
    """All ladders of a payee together. Deals that count on several are won on all of them or on none."""

    ladders: tuple[LadderProjection, ...]
    payout: Spread
    uncertain_count: int
    is_exact: bool

    @property
    def earned_minor(self) -> int:
        return sum(one.earned_minor for one in self.ladders)

    @property
    def secured_minor(self) -> int:
        return self.earned_minor - self.exposed_minor

    @property
    def exposed_minor(self) -> int:
        return sum(one.exposed_minor for one in self.ladders)

    @property
    def backed_minor(self) -> int:
        return sum(one.backed_minor for one in self.ladders)

    @property
    def hope_minor(self) -> int:
        return sum(one.hope_minor for one in self.ladders)

    def of(self, component_key: str) -> LadderProjection | None:
        return next((one for one in self.ladders if one.key.component_key == component_key), None)


def project(ladders: Sequence[Ladder], prospects: Sequence[Prospect], book: PlanBook) -> Projection:
    """Where the windows of a payee's ladders end. The order of the prospects does not matter."""
    in_order = sorted(prospects, key=lambda prospect: prospect.order)
    outlooks = [_outlooks(ladder, in_order, book) for ladder in ladders]
    backed = {one.prospect.deal.key for seen in outlooks for one in seen if one.is_backed}
    odds = {
        prospect.deal.key: prospect.odds.probability or Fraction(0)
        for prospect in in_order
        if prospect.deal.key in backed
    }
    uncertain = [key for key, probability in odds.items() if 0 < probability < 1]
    ways = ways_of(uncertain, [odds[key] for key in uncertain])
    bits: dict[str, int | None] = {key: bit for bit, key in enumerate(uncertain)}
    bits |= {key: None for key, probability in odds.items() if probability == 1}
    figures = [
        climbed_ways(ladder.total, _steps(seen, bits), ways.ways, book)
        for ladder, seen in zip(ladders, outlooks, strict=True)
    ]
    projected = tuple(
        _projected(*of_ladder, ways, book)
        for of_ladder in zip(ladders, outlooks, figures, strict=True)
    )
    together = [sum(figures) for figures in zip(*(_earned_of(f) for f in figures), strict=True)]
    return Projection(
        ladders=projected,
        payout=Spread(
            sum(one.payout.expected_minor for one in projected),
            ways.at(LOW, together) if together else 0,
            ways.at(HIGH, together) if together else 0,
        ),
        uncertain_count=len(uncertain),
        is_exact=ways.is_exact,
    )


def _outlooks(ladder: Ladder, prospects: Sequence[Prospect], book: PlanBook) -> tuple[Outlook, ...]:
    """The open deals that count on a ladder, each with what it would add by itself."""
    own = [(prospect, _own(prospect.credits, ladder.total.key)) for prospect in prospects]
    own = [(prospect, credited) for prospect, credited in own if credited]
    steps = [
        (replace(credit, missing_evidence=()), bit)
        for bit, (_, credited) in enumerate(own)
        for credit in credited
    ]
    ways = [0, *(1 << bit for bit in range(len(own)))]
    none, *alone = climbed_ways(ladder.total, steps, ways, book)
    return tuple(
        Outlook(prospect, credited, figure.earned_minor - none.earned_minor)
        for (prospect, credited), figure in zip(own, alone, strict=True)
    )


def _own(credited: Iterable[Credit], key: TotalKey) -> tuple[Credit, ...]:
    """Those of these credits that count towards one total."""
    return tuple(
        credit
        for credit in credited
        if (credit.payee_id, credit.component_key, credit.window_key)
        == (key.payee_id, key.component_key, key.window_key)
    )


def exposures_of(
    deals: Iterable[Deal], key: TotalKey, book: PlanBook, today: date
) -> tuple[Exposure, ...]:
    """Which of these won deals can still be taken back from one total, the first to be safe first."""
    found = []
    for deal in deals:
        own = [credit for credit in _own(credits_of(deal, book), key) if credit.is_counted]
        safe = [day for credit in own if (day := _safe_on(deal, credit, book)) and day > today]
        if safe and deal.ended_on is None:
            left = _own(credits_of(replace(deal, ended_on=today), book), key)
            found.append(Exposure(deal, tuple(own), left, max(safe)))
    return tuple(sorted(found, key=lambda one: (one.safe_on, one.deal.key)))


def _safe_on(deal: Deal, credit: Credit, book: PlanBook) -> date | None:
    _, own_key = split_component_key(credit.component_key)
    component = book.version(credit.plan_version_id).plan.component(own_key)
    return safe_on(deal, component) if component else None


def _steps(outlooks: Iterable[Outlook], bits: Mapping[str, int | None]) -> list[Step]:
    """The backed ones as steps of the climb; deals that are never won are left out."""
    return [
        (credit, bits[one.prospect.deal.key])
        for one in outlooks
        if one.is_backed and one.prospect.deal.key in bits
        for credit in one.credits
    ]


def _earned_of(figures: Iterable[Figure]) -> list[int]:
    return [figure.earned_minor for figure in figures]


def _projected(
    ladder: Ladder,
    outlooks: tuple[Outlook, ...],
    figures: Sequence[Figure],
    ways: Ways,
    book: PlanBook,
) -> LadderProjection:
    earned_minor = _earned(ladder.total, book)
    exposed_minor = earned_minor - _earned(ladder.without_exposed, book) if ladder.exposures else 0
    attainments = [figure.attainment_minor for figure in figures]
    return LadderProjection(
        key=ladder.total.key,
        earned_minor=earned_minor,
        exposed_minor=exposed_minor,
        exposures=ladder.exposures,
        outlooks=outlooks,
        payout=_spread(_earned_of(figures), ways),
        attainment=_spread(attainments, ways),
        chances=tuple(_chances(ladder, attainments, ways)),
    )


def _earned(total: WindowTotal, book: PlanBook) -> int:
    return sum(earned_by_period(total, book).values())


def _spread(figures: Sequence[int], ways: Ways) -> Spread:
    expected_minor = round_to_minor_unit(ways.mean(figures))
    return Spread(expected_minor, ways.at(LOW, figures), ways.at(HIGH, figures))


def _chances(ladder: Ladder, attainments: Sequence[int], ways: Ways) -> Iterable[Chance]:
    """Of each step above the one reached without any open deal."""
    table = ladder.table
    for below, band in pairwise(table.bands if table and ladder.component.climbs else ()):
        first_minor = floor(band.starts_at) + 1 if below.owns_bound else ceil(band.starts_at)
        if band.is_cap or ladder.total.attainment_minor >= first_minor:
            continue
        reached = ways.chance([attainment >= first_minor for attainment in attainments])
        yield Chance(band.number, round_to_minor_unit(band.starts_at), reached)
