"""What a file of people says of one person's quotas and exceptions, under each of the plans that are calculated."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from tracker.engine.agreement.plans import COUNT_MEASURES, Component, PersonalException, Plan
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.quotas import is_of_sales
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.periods import PeriodKind, period_named
from tracker.engine.plan_files.exception_file import EXCEPTION_KEYS, read_exception
from tracker.engine.plan_files.plan_reader import COUNT_DIGITS, TableReader

CHANGE_KEYS = ("window", "from", "quota")
QUOTA_KEYS = ("quota", "quotas", "quota_changes")
COMPONENT_KEYS = (*QUOTA_KEYS, *EXCEPTION_KEYS)
EXAMPLE_QUOTA = '"1000000"'
EXAMPLE_CHANGE = '{ window = "2026-Q4", from = "2026-11-15", quota = "1500000" }'


@dataclass
class PersonalTerms:
    """The quotas and exceptions of everybody in a file, in the order in which they stand there."""

    plans: Mapping[str, Plan]
    quotas: list[QuotaFact] = field(default_factory=list)
    exceptions: list[PersonalException] = field(default_factory=list)

    def read(self, table: TableReader, payee_id: int) -> None:
        """Read what a person's table says of all components, and of single ones."""
        own = table.table("components", '{ new_business = { quota = "1000000" } }')
        by_name = _components_by_name(self.plans)
        if own is not None and self.plans:
            own.refuse_unknown(list(by_name))
        spoken_of: set[tuple[str, str]] = set()
        for name in own.values if own else ():
            component_table = own.table(name, '{ quota = "1000000" }') if own else None
            if component_table is None:
                continue
            component_table.refuse_unknown(COMPONENT_KEYS)
            meant = by_name.get(name, [])
            self._read_quotas(component_table, payee_id, meant)
            for plan_key, component in meant:
                self._read_exception(component_table, payee_id, plan_key, component)
            if any(component_table.has(key) for key in QUOTA_KEYS):
                spoken_of |= {(plan_key, component.key) for plan_key, component in meant}
        others = [
            (plan_key, component)
            for plan_key, plan in self.plans.items()
            for component in plan.components
            if (plan_key, component.key) not in spoken_of and is_of_sales(component)
        ]
        self._read_quotas(table, payee_id, others)

    def _read_exception(
        self, table: TableReader, payee_id: int, plan_key: str, component: Component
    ) -> None:
        found = read_exception(table, self.plans[plan_key], component)
        if found is not None:
            made = replace(
                found,
                exception_id=len(self.exceptions) + 1,
                payee_id=payee_id,
                component_key=f"{plan_key}/{component.key}",
            )
            self.exceptions.append(made)

    def _read_quotas(
        self, table: TableReader, payee_id: int, components: list[tuple[str, Component]]
    ) -> None:
        """The quotas of a table, for each of some components in the units of what it measures."""
        digits_of = {
            f"{plan_key}/{component.key}": _digits(component, self.plans[plan_key])
            for plan_key, component in components
        }
        for digits in sorted({*digits_of.values()}) or [2]:
            for period_key, valid_from, quota_minor in self._quotas_in(table, digits):
                self.quotas += [
                    QuotaFact(
                        payee_id,
                        component_key,
                        period_key,
                        quota_minor,
                        valid_from,
                        len(self.quotas) + number,
                    )
                    for number, component_key in enumerate(digits_of)
                    if digits_of[component_key] == digits
                ]

    def _quotas_in(self, table: TableReader, digits: int) -> Iterator[tuple[str, date | None, int]]:
        """Each quota of a table with its window, "" for every one, and the day from which it holds."""
        by_window = table.table("quotas", '{ "2026-Q4" = "1000000" }')
        found: list[tuple[str, date | None, int | None]] = [
            ("", None, _quota_minor(table, "quota", digits))
        ]
        for key in by_window.values if by_window else ():
            assert by_window is not None
            self._check_period(by_window, key, key)
            found.append((key, None, _quota_minor(by_window, key, digits)))
        for change in table.tables("quota_changes", EXAMPLE_CHANGE):
            change.refuse_unknown(CHANGE_KEYS)
            for key in ("from", "quota"):
                change.require(key, f"{key} as in {EXAMPLE_CHANGE}")
            window_key = change.word("window", '"2026-Q4"')
            if window_key:
                self._check_period(change, "window", window_key)
            found.append((window_key, change.day("from"), _quota_minor(change, "quota", digits)))
        for period_key, valid_from, quota_minor in found:
            if quota_minor is not None:
                yield period_key, valid_from, quota_minor

    def _check_period(self, table: TableReader, key: str, period_key: str) -> None:
        """A quota is for a window that some plan has, or for a year."""
        plans = list(self.plans.values())
        try:
            period = period_named(period_key, plans[0].year_starts_in_month if plans else 1)
        except ValueError as error:
            table.problem(key, f"{error}.", "A quota is for a whole window, or for a year.")
            return
        windows = {plan.window for plan in plans} | {PeriodKind.YEAR}
        if plans and period.kind not in windows:
            what = f"{period_key} is a {period.kind}, but the plan's window is a {plans[0].window}."
            table.problem(key, what, "Write one quota for each window, or one for the year.")


def _components_by_name(plans: Mapping[str, Plan]) -> dict[str, list[tuple[str, Component]]]:
    """What a file can call a component: by its own key in every plan that has it, or by plan and key."""
    by_name: dict[str, list[tuple[str, Component]]] = {}
    for plan_key, plan in plans.items():
        for component in plan.components:
            by_name.setdefault(component.key, []).append((plan_key, component))
            by_name[f"{plan_key}/{component.key}"] = [(plan_key, component)]
    return by_name


def _digits(component: Component, plan: Plan) -> int:
    return COUNT_DIGITS if component.measure in COUNT_MEASURES else MINOR_DIGITS[plan.currency]


def _quota_minor(table: TableReader, key: str, digits: int) -> int | None:
    quota_minor = table.amount_minor(key, digits, EXAMPLE_QUOTA)
    if quota_minor is not None and quota_minor < 0:
        table.problem(key, "a quota cannot be negative.", "Write 0 for no quota.")
    return quota_minor
