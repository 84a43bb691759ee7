"""Objectives: scores that a person gives, in percent, recorded as deals from inside so that history and replay hold.

A score is a snapshot like any deal's: the newest version counts. It has no amount and no other measure, so it counts
in components of the measure "objective" alone.
"""

from datetime import date
from fractions import Fraction

from tracker.engine.deals import CreditShare, Deal, DealStatus

OBJECTIVE = "objective"
"""The measure, the property that names the objective, and the source of the events."""
FULL_SCORE = 10_000
"""100 % in hundredths of a percent point: the quota of an objective where nobody set another."""
SCORE_MAX = 100_000


def score_key(payee_id: int, objective: str, window_key: str) -> str:
    """The key of the deal that holds a payee's score: one for each objective and window."""
    return f"{OBJECTIVE}:{payee_id}/{objective}/{window_key}"


def score_deal(
    key: str, payee_id: int, objective: str, score: int, counts_on: date, currency: str
) -> Deal:
    """A score in hundredths of a percent point as a deal that counts on a day."""
    return Deal(
        key=key,
        name=objective,
        status=DealStatus.WON,
        effective_on=counts_on,
        currency=currency,
        amount_minor=0,
        credit_shares=(CreditShare(payee_id, Fraction(1)),),
        measures={OBJECTIVE: score},
        properties={OBJECTIVE: objective},
    )


def is_score(deal: Deal) -> bool:
    """Whether a deal is a score, and no sale."""
    return OBJECTIVE in deal.measures
