"""From what a period earned to what it pays: draws, guarantees and the debt they leave. The last step, after every cap.

A draw is paid in advance of what is earned. Of a recoverable one, what was not earned is owed and taken from what
later periods earn above theirs; a non-recoverable one is a guaranteed minimum: the greater of the two is paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tracker.engine.agreement.plans import Draw, DrawKind
from tracker.engine.periods import Period


@dataclass(frozen=True, slots=True)
class Settled:
    """One settlement period of one payee, in minor units.

    `draw_minor` is the least the period pays; `debt_minor` what is owed after it; `forgiven_minor` what was owed and
    is no more. Where nothing is forgiven or guaranteed, earned - debt before = paid - debt after.
    """

    period: Period
    earned_minor: int
    draw_minor: int
    paid_minor: int
    debt_minor: int
    forgiven_minor: int = 0


def settle(periods: Sequence[tuple[Period, int]], draw: Draw | None) -> list[Settled]:
    """What consecutive periods, each with what it earned, pay under a draw; the debt begins at zero."""
    settled: list[Settled] = []
    debt_minor = 0
    for period, earned_minor in periods:
        settled.append(settle_one(period, earned_minor, debt_minor, draw))
        debt_minor = settled[-1].debt_minor
    return settled


def is_drawn_in(period: Period, draw: Draw) -> bool:
    """Whether a draw is paid in a period: in full, if any of its days fall in it."""
    begins = draw.starts_on is None or draw.starts_on <= period.ends_on
    return begins and (draw.ends_on is None or draw.ends_on >= period.starts_on)


def settle_one(period: Period, earned_minor: int, debt_minor: int, draw: Draw | None) -> Settled:
    """What one period pays under a draw, after what was owed before it."""
    draw_minor = draw.amount_minor if draw and is_drawn_in(period, draw) else 0
    recovered_minor = _recovered_minor(max(0, earned_minor - draw_minor), debt_minor, draw)
    paid_minor = max(draw_minor, earned_minor - recovered_minor)
    owed_minor = debt_minor - recovered_minor
    if draw_minor and draw and draw.kind is DrawKind.NON_RECOVERABLE:
        owed_minor += max(0, -earned_minor)  # a guarantee is a gift; a negative period is not
        return Settled(period, earned_minor, draw_minor, paid_minor, owed_minor)
    owed_minor += max(0, draw_minor - earned_minor)
    forgiven_minor = owed_minor if draw and _forgives_after(period, draw) else 0
    debt_after_minor = owed_minor - forgiven_minor
    return Settled(period, earned_minor, draw_minor, paid_minor, debt_after_minor, forgiven_minor)


def _recovered_minor(above_draw_minor: int, debt_minor: int, draw: Draw | None) -> int:
    """What a period gives back of the debt: only from what it earned above its draw, and never above the limit."""
    recovered_minor = min(above_draw_minor, debt_minor)
    if draw is None or draw.recovery_limit_minor is None:
        return recovered_minor
    return min(recovered_minor, draw.recovery_limit_minor)


def _forgives_after(period: Period, draw: Draw) -> bool:
    """Whether this is the last period of a draw whose balance is forgiven at its end."""
    return draw.forgives_at_end and draw.ends_on is not None and draw.ends_on in period
