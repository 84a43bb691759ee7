"""Open deals as they would count if they were won on the day they are expected, and how likely that is.

A deal is *backed* when its next step has a date that has not passed, its own day has not passed, and somebody can say
how likely it is; what evidence its pay asks for is judged per component. All other open deals are *hope*.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.crediting.credits import Credit, credits_of
from tracker.engine.deals import Deal, DealStatus

DECIDED_DEALS_MIN = 20
"""So many deals of a stage must have been won or lost before their share says how likely the next one is."""


class OddsSource(StrEnum):
    """Who says how likely a deal is: the CRM about this deal, the company about its stage, or the past of its stage."""

    DEAL = "deal"
    STAGE = "stage"
    HISTORY = "history"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Decided:
    """How the deals that once stood in a stage ended."""

    won_count: int
    lost_count: int

    @property
    def deals_count(self) -> int:
        return self.won_count + self.lost_count


@dataclass(frozen=True, slots=True)
class Odds:
    """How likely a deal is to be won (None: nobody can say), and who says so."""

    probability: Fraction | None
    source: OddsSource
    decided: Decided | None = None


@dataclass(frozen=True, slots=True)
class StageBook:
    """What is known of stages, by their names in small letters: what the company agreed on, and the past."""

    agreed: Mapping[str, Fraction]
    decided: Mapping[str, Decided]

    def odds_of(self, deal: Deal) -> Odds:
        """The deal's own probability, else its stage's, else the share its stage has won; in that order."""
        stage = stage_key(deal.stage)
        if deal.probability is not None:
            return Odds(deal.probability, OddsSource.DEAL)
        if stage in self.agreed:
            return Odds(self.agreed[stage], OddsSource.STAGE)
        decided = self.decided.get(stage)
        if stage and decided is not None and decided.deals_count >= DECIDED_DEALS_MIN:
            share = Fraction(decided.won_count, decided.deals_count)
            return Odds(share, OddsSource.HISTORY, decided)
        return Odds(None, OddsSource.UNKNOWN)


def stage_key(stage: str) -> str:
    """A stage's name as it is looked up: small letters, single spaces."""
    return " ".join(stage.casefold().split())


class Doubt(StrEnum):
    """Why an open deal is no more than hope, whatever component pays it."""

    NO_STEP = "no_step"
    NO_STEP_DATE = "no_step_date"
    STEP_PASSED = "step_passed"
    DAY_PASSED = "day_passed"
    NO_ODDS = "no_odds"


@dataclass(frozen=True, slots=True)
class Prospect:
    """An open deal, the credits it would give if won on `counts_on`, how likely that is, and what speaks against it.

    `counts_on` is the expected day, or today where that has passed: a deal cannot be won in the past.
    """

    deal: Deal
    counts_on: date
    credits: tuple[Credit, ...]
    odds: Odds
    doubts: tuple[Doubt, ...]

    @property
    def order(self) -> tuple[date, str]:
        return self.counts_on, self.deal.key


def prospects_of(
    deals: Iterable[Deal], book: PlanBook, today: date, stages: StageBook
) -> list[Prospect]:
    """The open ones of these deals, in the order in which they would count; never the order of arrival."""
    found = [
        _prospect(deal, book, today, stages.odds_of(deal))
        for deal in deals
        if deal.status is DealStatus.OPEN
    ]
    return sorted(found, key=lambda prospect: prospect.order)


def _prospect(deal: Deal, book: PlanBook, today: date, odds: Odds) -> Prospect:
    counts_on = max(deal.effective_on, today)
    if_won = replace(deal, status=DealStatus.WON, effective_on=counts_on)
    return Prospect(
        deal=deal,
        counts_on=counts_on,
        credits=tuple(credits_of(if_won, book)),
        odds=odds,
        doubts=tuple(_doubts(deal, today, odds)),
    )


def _doubts(deal: Deal, today: date, odds: Odds) -> Iterable[Doubt]:
    step = deal.next_step
    if step is None or not step.text.strip():
        yield Doubt.NO_STEP
    elif step.due_on is None:
        yield Doubt.NO_STEP_DATE
    elif step.due_on < today:
        yield Doubt.STEP_PASSED
    if deal.effective_on < today:
        yield Doubt.DAY_PASSED
    if odds.probability is None:
        yield Doubt.NO_ODDS
