"""Rows of a quotas file -> quotas by rep, window and component."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from tracker.engine.agreement.plans import COUNT_MEASURES
from tracker.engine.crediting.credits import component_key_of
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.periods import Period, PeriodKind, period_named
from tracker.errors import BadInput, Problem
from tracker.ingest.deal_payload import FIRST_DAY, UNIT_DIGITS, PayeeIdOf
from tracker.ingest.fields import Fields
from tracker.ingest.files.mapping import Kind, RowFields, Values
from tracker.ingest.values import shown
from tracker.store import plans
from tracker.store.plans import QuotaChange
from tracker.store.types import Connection

QUOTAS = Kind(
    name="quotas",
    fields=frozenset({"rep", "window", "amount", "currency", "component", "valid_from", "reason"}),
    needed=("rep", "window", "amount", "currency"),
    numbers=frozenset({"amount"}),
    dates=frozenset({"valid_from"}),
)


LAST_DAY = date(2999, 12, 31)


@dataclass(frozen=True, slots=True)
class QuotaTerms:
    """What a quota can be for: every component of every plan with its measure, and the windows plans have."""

    measures: Mapping[str, str]
    windows: frozenset[PeriodKind]


def quota_terms(connection: Connection) -> QuotaTerms:
    book = plans.load_plan_book(connection, ())
    versions = [book.version(stored.id) for stored in plans.plan_versions(connection)]
    measures = {
        component_key_of(version, component): component.measure
        for version in versions
        for component in version.plan.components
    }
    windows = frozenset(version.plan.window for version in versions)
    return QuotaTerms(measures, windows)


def quota_row(values: Values, payee_id_of: PayeeIdOf, terms: QuotaTerms) -> QuotaChange:
    """The quota of a row. Raises BadInput with every problem."""
    problems: list[Problem] = []
    fields = RowFields(values, problems)
    rep = fields.text("rep", required=True)
    payee_id = payee_id_of(rep) if rep else None
    if rep and payee_id is None:
        fields.complain("rep", f"no active rep is known as “{shown(rep)}”.", "Import them first.")
    component_key = _component_key(fields, terms)
    window = _window(fields, terms)
    amount_minor = _amount_minor(fields, terms.measures.get(component_key, ""))
    valid_from = fields.day("valid_from", FIRST_DAY, LAST_DAY)
    if problems or payee_id is None or window is None:
        raise BadInput(problems)
    return QuotaChange(
        payee_id, component_key, window.key, amount_minor, valid_from, fields.text("reason")
    )


def _component_key(fields: Fields, terms: QuotaTerms) -> str:
    key = fields.text("component")
    if key and key not in terms.measures:
        known = ", ".join(sorted(terms.measures)) or "none yet"
        fields.complain(
            "component", f"there is no component “{shown(key)}”.", f"Known are {known}."
        )
    return key


def _window(fields: Fields, terms: QuotaTerms) -> Period | None:
    key = fields.text("window", required=True)
    if not key:
        return None
    try:
        window = period_named(key)
    except ValueError as error:
        fields.complain("window", f"{error}.", "A quota is for a whole window, or for a year.")
        return None
    if window.kind not in terms.windows | {PeriodKind.YEAR}:
        kinds = ", ".join(sorted(terms.windows | {PeriodKind.YEAR}))
        what = f"no plan has a {window.kind} as its window."
        fields.complain("window", what, f"The windows of the plans are: {kinds}.")
    return window


def _amount_minor(fields: Fields, measure: str) -> int:
    currency = fields.text("currency", required=True)
    if currency and currency not in MINOR_DIGITS:
        known = ", ".join(sorted(MINOR_DIGITS))
        fields.complain("currency", f"“{shown(currency)}” is not known.", f"Known are {known}.")
    digits = UNIT_DIGITS if measure in COUNT_MEASURES else MINOR_DIGITS.get(currency, 2)
    amount_minor = fields.amount_minor("amount", digits, required=True) or 0
    if amount_minor < 0:
        fields.complain("amount", "a quota cannot be negative.", "Write 0 for no quota.")
    return amount_minor
