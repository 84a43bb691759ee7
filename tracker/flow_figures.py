"""Totals as they are kept -> the figures they give: a payee's own, and of a team's those of its members.

A member's figure moves with the figures of the teams the member belongs to. It is locked after every window of a
deal, in key order like those, and only then are the other teams' sums read.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.pools import Pool, figures_of_members, pool_of
from tracker.engine.earning.totals import TotalKey
from tracker.store import totals
from tracker.store.ledger import Cause
from tracker.store.totals import PeriodFigures
from tracker.store.types import Connection

Found = TypeVar("Found")


@dataclass
class Figures:
    """What totals have earned by period, and in which currency; `pools` are those of them that members share.

    `moved_by` names for each member's figure the team's that moved it.
    """

    earned: dict[TotalKey, PeriodFigures] = field(default_factory=dict)
    currencies: dict[TotalKey, str] = field(default_factory=dict)
    pools: list[Pool] = field(default_factory=list)
    moved_by: Mapping[TotalKey, TotalKey] = field(default_factory=dict)

    def caused(self, cause: Cause) -> Cause:
        """The same cause, for members too: what moved their team's figure."""
        return replace(
            cause,
            fact_ids={**cause.fact_ids, **_through(cause.fact_ids, self.moved_by)},
            losses={**cause.losses, **_through(cause.losses, self.moved_by)},
        )


def _through(
    found: Mapping[TotalKey, Found], moved_by: Mapping[TotalKey, TotalKey]
) -> dict[TotalKey, Found]:
    return {member: found[team] for member, team in moved_by.items() if team in found}


def figures_of(
    connection: Connection, keys: Collection[TotalKey], book: PlanBook, at: datetime
) -> Figures:
    """The figures of these totals, and of everybody who has a part in them."""
    figures = _evaluated(connection, keys, book)
    figures.moved_by = _members_of(keys, book)
    if not figures.moved_by:
        return figures
    totals.lock_windows(connection, figures.moved_by, at)
    beside = _evaluated(connection, _beside(figures.moved_by, book) - set(keys), book)
    parts = figures_of_members([*figures.pools, *beside.pools])
    for member, team in figures.moved_by.items():
        figures.earned[member] = parts.get(member, {})
        if team in figures.currencies:
            figures.currencies[member] = figures.currencies[team]
    return figures


def _evaluated(connection: Connection, keys: Iterable[TotalKey], book: PlanBook) -> Figures:
    found = totals.window_totals(connection, set(keys), book)
    figures = Figures()
    for total in found:
        key = total.key
        earned = figures.earned[key] = earned_by_period(total, book)
        if (pool := pool_of(total, earned, book)) is not None:
            figures.pools.append(pool)
        for version_id in total.version_ids:
            figures.currencies[key] = book.version(version_id).plan.currency
    return figures


def _members_of(keys: Iterable[TotalKey], book: PlanBook) -> dict[TotalKey, TotalKey]:
    """The figure of everyone who ever belonged to a team among these: who left may lose what was posted."""
    return {
        replace(key, payee_id=member): key
        for key in sorted(keys)
        if book.teams.is_team(key.payee_id) and book.is_shared(key.component_key)
        for member in book.teams.ever_in(key.payee_id)
    }


def _beside(members: Iterable[TotalKey], book: PlanBook) -> set[TotalKey]:
    """The figures of all the teams of these members."""
    return {
        replace(key, payee_id=team) for key in members for team in book.teams.teams_of(key.payee_id)
    }
