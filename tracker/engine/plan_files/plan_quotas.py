"""How quotas spread and change, as a plan file says it: for every component, or for one of them."""

from collections.abc import Callable
from fractions import Fraction

from tracker.engine.agreement.quota_facts import AS_GIVEN, OnQuotaChange, QuotaRules
from tracker.engine.plan_files.plan_reader import TableReader, shown

QUOTA_RULE_KEYS = ("seasonal", "ramp", "prorate", "on_quota_change")
MONTHS_IN_YEAR = 12
RAMP_MONTHS_MAX = 36
WEIGHT_DIGITS = 2
EXAMPLE_SEASON = "[8, 8, 9, 9, 8, 7, 5, 7, 9, 10, 10, 10]"
EXAMPLE_RAMP = '["25%", "50%", "75%"]'


def read_quota_rules(table: TableReader, otherwise: QuotaRules = AS_GIVEN) -> QuotaRules:
    """The rules of a table; what it leaves out is as `otherwise` says. Every problem with it is noted."""
    prorate = table.values.get("prorate", "days" if otherwise.prorates_days else "no")
    if prorate not in ("days", "no"):
        what = f"{shown(prorate)} is not one of the choices."
        table.problem("prorate", what, 'Write prorate = "days" or "no".')
    return QuotaRules(
        seasonal=_season(table) if table.has("seasonal") else otherwise.seasonal,
        ramp=_ramp(table) if table.has("ramp") else otherwise.ramp,
        prorates_days=prorate == "days",
        on_change=table.choice("on_quota_change", OnQuotaChange, otherwise.on_change),
    )


def _season(table: TableReader) -> tuple[Fraction, ...]:
    weights = _list(table, "seasonal", EXAMPLE_SEASON, _weight)
    if weights is None:
        return ()
    if len(weights) != MONTHS_IN_YEAR:
        what = f"there are {len(weights)} weights, and a year has 12 months."
        table.problem("seasonal", what, f"Write seasonal = {EXAMPLE_SEASON}.")
        return ()
    if not any(weights):
        table.problem(
            "seasonal", "no month weighs anything.", f"Write seasonal = {EXAMPLE_SEASON}."
        )
        return ()
    return tuple(weights)


def _ramp(table: TableReader) -> tuple[Fraction, ...]:
    shares = _list(table, "ramp", EXAMPLE_RAMP, _share)
    if shares is None:
        return ()
    if len(shares) > RAMP_MONTHS_MAX:
        what = f"there are {len(shares)} months, and at most {RAMP_MONTHS_MAX} are possible."
        table.problem("ramp", what, f"Write ramp = {EXAMPLE_RAMP}.")
    return tuple(shares)


def _list(
    table: TableReader, key: str, example: str, read: Callable[[TableReader, str], Fraction | None]
) -> list[Fraction] | None:
    """The numbers of a list; None when there is anything wrong with it."""
    value = table.values[key]
    if not isinstance(value, list):
        table.problem(key, f"{shown(value)} is not a list.", f"Write {key} = {example}.")
        return None
    by_number = {str(number): element for number, element in enumerate(value, start=1)}
    elements = TableReader(by_number, (*table.path, key), table.report)
    found = [read(elements, number) for number in by_number]
    numbers = [number for number in found if number is not None]
    return numbers if len(numbers) == len(found) else None


def _share(elements: TableReader, number: str) -> Fraction | None:
    return elements.percentage(number, '"50%"')


def _weight(elements: TableReader, number: str) -> Fraction | None:
    """A plain number or a percentage; only how the twelve compare matters."""
    if str(elements.values[number]).endswith("%"):
        return elements.percentage(number, '"8.5%"')
    weight = elements.amount_minor(number, WEIGHT_DIGITS, '"8.5"')
    if weight is not None and weight < 0:
        elements.problem(number, f"{shown(elements.values[number])} is negative.", "Write 0.")
        return None
    return None if weight is None else Fraction(weight, 10**WEIGHT_DIGITS)
