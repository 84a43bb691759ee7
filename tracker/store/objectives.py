"""Which objectives payees have in a window, and how they were scored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import PlanVersion
from tracker.engine.crediting.objectives import OBJECTIVE, score_key
from tracker.engine.periods import Period
from tracker.store import deals, plans


@dataclass(frozen=True, slots=True)
class PayeeObjective:
    """One objective of a payee in a window. `score` is in hundredths of a percent point, None while there is none.

    `version` counts how often it was scored; `counts_on` is the last day of the window with the payee on the plan.
    """

    payee_id: int
    objective: str
    window: Period
    counts_on: date
    currency: str
    score: int | None
    version: int
    scored_at: datetime | None

    @property
    def key(self) -> str:
        return score_key(self.payee_id, self.objective, self.window.key)


def objectives_on(
    connection: Connection, payee_ids: Collection[int], day: date
) -> list[PayeeObjective]:
    """The objectives of these payees in the windows that hold a day, by payee and name; each once."""
    book = plans.load_plan_book(connection, payee_ids)
    found: dict[tuple[int, str, str], PayeeObjective] = {}
    for payee_id in sorted(payee_ids):
        for version, window in _windows(book, payee_id, day):
            for objective in _objectives_of(version):
                key = payee_id, objective, window.key
                found.setdefault(
                    key, _scored(connection, book, payee_id, version, window, objective)
                )
    return [found[key] for key in sorted(found)]


def _windows(book: PlanBook, payee_id: int, day: date) -> list[tuple[PlanVersion, Period]]:
    """Each plan a payee is on for any day of its window that holds a day, with that window."""
    plan_keys = {one.plan_key for one in book.assignments() if one.payee_id == payee_id}
    found: list[tuple[PlanVersion, Period]] = []
    for plan_key in sorted(plan_keys):
        anyone = next(iter(book.stretches_of(plan_key)), None)
        if anyone is None:
            continue
        window = anyone[0].plan.window_of(day)
        of_plan = [one for one in book.versions_in(payee_id, window) if one.plan_key == plan_key]
        found += [(version, version.plan.window_of(day)) for version in of_plan]
    return found


def _objectives_of(version: PlanVersion) -> list[str]:
    return sorted(
        {
            word
            for component in version.plan.components
            if component.measure == OBJECTIVE
            for word in component.where.get(OBJECTIVE, ())
        }
    )


def _scored(
    connection: Connection,
    book: PlanBook,
    payee_id: int,
    version: PlanVersion,
    window: Period,
    objective: str,
) -> PayeeObjective:
    stretches = book.stretches_on(payee_id, version.plan_key)
    last_days = [last for first, last in stretches if first <= window.ends_on]
    stored = deals.stored_deal(connection, score_key(payee_id, objective, window.key))
    return PayeeObjective(
        payee_id=payee_id,
        objective=objective,
        window=window,
        counts_on=min(window.ends_on, last_days[-1]),
        currency=version.plan.currency,
        score=None if stored is None else stored.deal.measures[OBJECTIVE],
        version=0 if stored is None else deals.event_by_id(connection, stored.event_id).version,
        scored_at=None if stored is None else stored.changed_at,
    )
