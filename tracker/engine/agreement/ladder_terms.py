"""What one payee climbs by in one window: the component as it holds for them, its quota and its table, day by day."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from tracker.engine.agreement.exceptions import exceptions_on, with_exceptions
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component, PlanVersion
from tracker.engine.agreement.quotas import WindowQuota, window_quota
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.earning.rates import RateTable, compile_table
from tracker.engine.earning.totals import TotalKey
from tracker.engine.periods import Period, days_of_change

TERMS_KEPT = 1000


@dataclass(slots=True)
class LadderTerms:
    """The terms of one total. Days are those of its window; a version is one of its plan's."""

    key: TotalKey
    book: PlanBook
    plan_key: str = field(init=False)
    own_key: str = field(init=False)
    window: Period = field(init=False)
    _quotas: dict[int, WindowQuota] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plan_key, self.own_key = split_component_key(self.key.component_key)
        self.window = self.book.window_of(self.key.component_key, self.key.window_key)

    def quota(self, version: PlanVersion) -> WindowQuota | None:
        """The quota of the window as a version reckons it; None when the version has no such component."""
        component = version.plan.component(self.own_key)
        if component is None:
            return None
        if version.version_id not in self._quotas:
            self._quotas[version.version_id] = window_quota(
                self.book, self.key.payee_id, version, component, self.key.window_key
            )
        return self._quotas[version.version_id]

    def on(self, version: PlanVersion, day: date) -> tuple[Component, RateTable | None] | None:
        """The component of a version as it holds on a day, and the table it climbs; no table: no quota, no pay."""
        component, quota = version.plan.component(self.own_key), self.quota(version)
        if component is None or quota is None:
            return None
        quota_minor = quota.on(day).amount_minor
        exceptions = exceptions_on(self.book, self.key.payee_id, self.key.component_key, day)
        exception_ids = tuple(one.exception_id for one in exceptions)
        place = (version.version_id, self.own_key, quota_minor, exception_ids)
        tables = self.book.ladder_tables
        if place not in tables:
            held = with_exceptions(component, exceptions)
            tables[place] = held, compile_table(held, quota_minor)
        return tables[place]

    def cuts(self, version_ids: Iterable[int] = ()) -> list[date]:
        """The days inside the window on which something else begins to hold, whatever version pays."""
        days = days_of_change(
            (exception.starts_on, exception.ends_on)
            for exception in self.book.exceptions_of(self.key.payee_id)
            if exception.component_key == self.key.component_key
        )
        for version in self._versions(version_ids):
            quota = self.quota(version)
            days |= {stretch.starts_on for stretch in quota.stretches} if quota else set()
        return sorted(day for day in days if self.window.starts_on < day <= self.window.ends_on)

    def need_days(self, version_ids: Iterable[int] = ()) -> bool:
        """Whether sums by day are needed: for the order of deals, or because something changes inside the window."""
        if self.cuts(version_ids):
            return True
        held = (self.on(version, self.window.starts_on) for version in self._versions(version_ids))
        return any(one is not None and one[0].is_ordered for one in held)

    def _versions(self, version_ids: Iterable[int]) -> list[PlanVersion]:
        """The versions that may pay in the window: those in effect in it, and those its credits were given under."""
        window = self.window
        found = {
            version.version_id: version
            for version in self.book.versions_within(
                self.plan_key, window.starts_on, window.ends_on
            )
        }
        found |= {version_id: self.book.version(version_id) for version_id in version_ids}
        return list(found.values())


def terms_of(key: TotalKey, book: PlanBook) -> LadderTerms:
    """The terms of a total, worked out once for those that a book was asked for lately."""
    found = book.ladder_terms.get(key)
    if found is None:
        if len(book.ladder_terms) >= TERMS_KEPT:
            book.ladder_terms.clear()
            book.ladder_tables.clear()
        found = book.ladder_terms[key] = LadderTerms(key, book)
    return found


def quota_minor_of(book: PlanBook, key: TotalKey) -> int | None:
    """A payee's quota for a component, as the version in effect at the window's end has it; None without any."""
    terms = LadderTerms(key, book)
    version = book.version_on(terms.plan_key, terms.window.ends_on)
    quota = terms.quota(version) if version else None
    return quota.amount_minor if quota else None
