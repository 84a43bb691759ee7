"""Which month pays what, in the plainest way: every difference goes where it belongs when it appears.

Written from the README alone; shares no code with the product.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.faults.ladder_oracle import Facts, month_after, months_between
from tests.faults.oracle import Figures


@dataclass(frozen=True)
class Paid:
    """What a month pays somebody, and what is owed after it, in minor units."""

    paid_minor: int
    debt_minor: int = 0


NOTHING = Paid(0)


@dataclass
class Payroll:
    """`posted` is by month and rep; `statements` hold what the closed months pay."""

    figures: Figures = field(default_factory=dict)
    posted: dict[tuple[str, str], int] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    statements: dict[tuple[str, str], Paid] = field(default_factory=dict)

    def follow(self, now: Figures) -> None:
        """Post by how much each figure moved, to its own month or to the first open one."""
        for figure in now.keys() | self.figures.keys():
            rep, _, month = figure
            self.post(rep, month, now.get(figure, 0) - self.figures.get(figure, 0))
        self.figures = now

    def post(self, rep: str, own_month: str, amount_minor: int) -> None:
        is_late = bool(self.closed) and own_month <= self.closed[-1]
        place = (month_after(self.closed[-1]) if is_late else own_month), rep
        self.posted[place] = self.posted.get(place, 0) + amount_minor

    def close(self, month: str, reps: list[str], facts: Facts) -> None:
        for rep in reps:
            before = (
                self.statements.get((self.closed[-1], rep), NOTHING) if self.closed else NOTHING
            )
            self.statements[month, rep] = self._settled(rep, month, before.debt_minor, facts)
        self.closed.append(month)

    def reopen(self) -> None:
        """Nothing is taken back: what was posted to a later month stays there."""
        self.closed.pop()

    def open_months(self, rep: str, this_month: str, facts: Facts) -> dict[str, Paid]:
        """What the months that are not closed pay so far; before the first close only this one, without debts."""
        if not self.closed:
            return {this_month: self._settled(rep, this_month, 0, facts)}
        found: dict[str, Paid] = {}
        owed = self.statements.get((self.closed[-1], rep), NOTHING).debt_minor
        for month in months_between(month_after(self.closed[-1]), this_month):
            found[month] = self._settled(rep, month, owed, facts)
            owed = found[month].debt_minor
        return found

    def _settled(self, rep: str, month: str, owed_minor: int, facts: Facts) -> Paid:
        """Who earned above the draw gives back; who earned below is topped up, as a loan or as a gift."""
        earned_minor = self.posted.get((month, rep), 0)
        least_minor, is_gift = draw_of(rep, month, facts)
        if earned_minor > least_minor:
            back_minor = min(owed_minor, earned_minor - least_minor)
            return Paid(earned_minor - back_minor, owed_minor - back_minor)
        lacking_minor = least_minor - earned_minor
        given_minor = min(lacking_minor, least_minor) if is_gift else 0
        return Paid(least_minor, owed_minor + lacking_minor - given_minor)


def draw_of(rep: str, month: str, facts: Facts) -> tuple[int, bool]:
    """The draw of a month for who is on the plan in it, by the version of the last such day; whether it is a gift."""
    first = date.fromisoformat(f"{month}-01")
    last = date.fromisoformat(f"{month_after(month)}-01") - timedelta(days=1)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    on_plan = [day for day in days if facts.is_on_plan(rep, day)]
    version = facts.version_on(on_plan[-1]) if on_plan else None
    if version is None:
        return 0, False
    return version.terms.draw * 100, version.terms.draw_kind == "non_recoverable"


def posted_without_zeros(posted: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {place: amount for place, amount in posted.items() if amount}
