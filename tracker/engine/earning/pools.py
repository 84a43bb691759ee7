"""What the members of a team are paid by the team's components: their parts of figures the team has earned.

A figure under a team is a result that is reported. Who is paid are its members, each under the team's component.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import PlanVersion
from tracker.engine.agreement.teams import Figures, Sharing, days_in, in_time, parts_of
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.earning.explain import LineKind, TierLine
from tracker.engine.earning.totals import TotalKey, WindowTotal
from tracker.engine.periods import Period, period_named

SHARERS_MIN = 3
"""With fewer, the pool less the own part would be what one colleague is paid."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What one component of a team earned in a window, by settlement period in time, and how it is shared.

    `weighted_days` are the weights of the members times the days they held them, by payee.
    """

    key: TotalKey
    window: Period
    sharing: Sharing
    plan_version_id: int
    figures: Figures
    weighted_days: Mapping[int, Fraction]

    @property
    def earned_minor(self) -> int:
        return sum(self.figures.values())

    @property
    def is_told(self) -> bool:
        """Whether a member may read how large it is: of a pool that two share, the rest would be the other's pay."""
        return self.sharing is Sharing.EACH or len(self.weighted_days) >= SHARERS_MIN

    @property
    def parts(self) -> dict[int, dict[str, int]]:
        """What each member gets, by settlement period."""
        return parts_of(self.figures, self.weighted_days, self.sharing, days_in(self.window))

    def share_of(self, payee_id: int) -> Fraction:
        """The part of the figure that a member gets."""
        weighted = self.weighted_days.get(payee_id, Fraction(0))
        if self.sharing is Sharing.EACH:
            return weighted / days_in(self.window)
        whole = sum(self.weighted_days.values(), Fraction(0))
        return weighted / whole if whole else Fraction(0)


def version_that_shares(total: WindowTotal, book: PlanBook) -> PlanVersion | None:
    """The newest plan version with a deal in a window: how a window is shared is one rule for all of it."""
    versions = map(book.version, total.version_ids)
    return max(versions, key=lambda found: (found.effective_from, found.version_id), default=None)


def pool_of(total: WindowTotal, figures: Figures, book: PlanBook) -> Pool | None:
    """The figures of a total as a pool; None when it is not a team's, or its component is not shared."""
    version = version_that_shares(total, book) if book.teams.is_team(total.key.payee_id) else None
    component = (
        version.plan.component(split_component_key(total.key.component_key)[1]) if version else None
    )
    if version is None or component is None or component.shared is None:
        return None
    year_starts_in_month = version.plan.year_starts_in_month
    window = period_named(total.key.window_key, year_starts_in_month)
    periods = {key: period_named(key, year_starts_in_month) for key in figures}
    weighted_days = book.teams.weighted_days(total.key.payee_id, window)
    return Pool(
        total.key,
        window,
        component.shared,
        version.version_id,
        in_time(figures, periods),
        weighted_days,
    )


def figures_of_members(pools: Iterable[Pool]) -> dict[TotalKey, dict[str, int]]:
    """What members are paid by these pools: who belongs to several teams on one plan gets the sum."""
    found: dict[TotalKey, dict[str, int]] = {}
    for pool in pools:
        for payee_id, part in pool.parts.items():
            key = TotalKey(payee_id, pool.key.component_key, pool.key.window_key)
            sums = found.setdefault(key, {})
            for period_key, amount_minor in part.items():
                sums[period_key] = sums.get(period_key, 0) + amount_minor
    return found


def line_of_member(pool: Pool, payee_id: int) -> TierLine:
    """The line that opens a member's part: so much of what the team earned."""
    return TierLine(
        kind=LineKind.SHARE,
        number=0,
        starts_at_minor=0,
        up_to_minor=None,
        rate=pool.share_of(payee_id),
        basis_minor=pool.earned_minor,
        amount_minor=sum(pool.parts[payee_id].values()),
        plan_version_id=pool.plan_version_id,
    )
