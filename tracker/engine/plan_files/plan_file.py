"""A plan as a TOML file people can read: strict, and every problem of the file named at once, each with its line.

Decimals and percentages stand in quotes ("8%", "120000.00"), so that they stay exact. What must be true of a tier
table is in plan_tiers; this module knows the rest of the file.
"""

import re
import tomllib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tracker.engine.agreement.plans import (
    COUNT_MEASURES,
    MONEY_MEASURES,
    Axis,
    Component,
    Mode,
    Multiplier,
    OnChange,
    Plan,
    Stacking,
    WeightPolicy,
)
from tracker.engine.agreement.quota_facts import QuotaRules
from tracker.engine.agreement.teams import Whose
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.periods import MONTHS_IN, PeriodKind
from tracker.engine.plan_files.plan_draw import EXAMPLE_DRAW, read_draw
from tracker.engine.plan_files.plan_examples import read_examples
from tracker.engine.plan_files.plan_exchange import read_exchange_rates
from tracker.engine.plan_files.plan_lines import lines_of
from tracker.engine.plan_files.plan_occasions import OCCASION_KEYS, with_occasions
from tracker.engine.plan_files.plan_over_time import OVER_TIME_KEYS, with_time
from tracker.engine.plan_files.plan_quotas import QUOTA_RULE_KEYS, read_quota_rules
from tracker.engine.plan_files.plan_reader import BareFloat, PlanProblem, Report, TableReader, shown
from tracker.engine.plan_files.plan_team import read_sharing
from tracker.engine.plan_files.plan_tiers import (
    TableUnits,
    read_bound,
    read_curve,
    read_tiers,
)

SIZE_BYTES_MAX = 1_000_000
FACTOR_MAX = 10
"""A larger factor is taken for a percentage that lost its sign; it also keeps weights within 64 bits."""

PLAN_KEYS = (
    "name",
    "currency",
    "window",
    "settlement",
    "on_change",
    "year_starts_in_month",
    "draw",
    "base_salary",
    "exchange_rates",
    *QUOTA_RULE_KEYS,
    "components",
    "examples",
)
COMPONENT_KEYS = (
    "key",
    "name",
    "measure",
    "pays_on",
    "where",
    "requires",
    "tiers_on",
    "mode",
    "tiers",
    "curve",
    "target_incentive",
    "multipliers",
    "stacking",
    "multiplier_limit",
    "weights",
    "deal_cap",
    "cap_at",
    "cap_payout",
    "quota",
    *OVER_TIME_KEYS,
    "replaces_flat_rate",
    "of",
    "shared",
    *QUOTA_RULE_KEYS,
    *OCCASION_KEYS,
)
MULTIPLIER_KEYS = ("where", "factor", "label")

_COMPONENT_KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
_EXAMPLE_COMPONENT = '{ key = "new_business", measure = "revenue", tiers = [ { rate = "8%" } ] }'
_SYNTAX_LINE = re.compile(r" ?\(at (?:line (\d+), column \d+|end of document)\)")
_BARE_PERCENT = re.compile(r"=\s*[0-9.,]+\s*%")
_DEEP_KEY = re.compile(r"""(?<![\w.\-"'])(?:[\w\-"']++[ \t]*+\.[ \t]*+){30}""")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]")


class PlanFileError(ValueError):
    """A plan file that cannot be used; `problems` holds everything wrong with it, in the order of the file."""

    def __init__(self, problems: Sequence[PlanProblem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line or 0))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def parse_plan(text: str) -> Plan:
    """The plan a file describes. Raises PlanFileError with all problems of the file."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    values = toml_values(text)
    report = Report(lines_of(text))
    plan = _read_plan(TableReader(values, (), report))
    if report.problems or plan is None:
        raise PlanFileError(report.problems)
    return plan


def toml_values(text: str) -> dict[str, Any]:
    """What a TOML text says, decimals kept as they were written. Raises PlanFileError."""
    _refuse_unreadable(text)
    try:
        return tomllib.loads(text, parse_float=BareFloat)
    except RecursionError:
        raise _refusal(None, "lists or tables are nested too deep.", "Flatten them.") from None
    except ValueError as error:
        raise _syntax_refusal(text, str(error)) from None


def _refuse_unreadable(text: str) -> None:
    size_bytes = len(text.encode(errors="replace"))
    if size_bytes > SIZE_BYTES_MAX:
        what = f"the file has {size_bytes:,} bytes; a plan has at most {SIZE_BYTES_MAX:,}."
        raise _refusal(None, what, "Is it the right file?")
    if (match := _CONTROL_CHARACTER.search(text)) is not None:
        what = f"there is a control character (code {ord(match[0])}), which no editor shows."
        raise _refusal(_line_at(text, match.start()), what, "Retype the line, as plain text.")
    if (match := _DEEP_KEY.search(text)) is not None:
        line = _line_at(text, match.start())
        raise _refusal(line, "a key with this many dots is nested too deep.", "Flatten it.")


def _syntax_refusal(text: str, message: str) -> PlanFileError:
    """What tomllib says, with our line number and, for the usual slips, what to write instead."""
    match = _SYNTAX_LINE.search(message)
    line = int(match[1]) if match and match[1] else _line_at(text, len(text.rstrip()))
    what = f"this is not TOML: {_SYNTAX_LINE.sub('', message)}."
    written = text.splitlines()[line - 1] if 0 < line <= len(text.splitlines()) else ""
    if _BARE_PERCENT.search(written):
        return _refusal(line, what, 'Put percentages in quotes: rate = "8%".')
    if "Cannot overwrite" in message or "Cannot declare" in message:
        return _refusal(line, what, "The same key stands twice; keep one.")
    return _refusal(line, what, 'A line is written key = "value"; lists in [ ], tables in { }.')


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _refusal(line: int | None, what: str, fix: str) -> PlanFileError:
    return PlanFileError([PlanProblem(line, "", what, fix)])


def _read_plan(table: TableReader) -> Plan | None:
    table.refuse_unknown(PLAN_KEYS)
    table.require("name", 'name = "AE SMB 2026"')
    table.require("window", 'window = "quarter"')
    currency = _read_currency(table)
    window = table.choice("window", PeriodKind, PeriodKind.YEAR)
    settlement = table.choice("settlement", PeriodKind, PeriodKind.MONTH)
    if MONTHS_IN[settlement] > MONTHS_IN[window]:
        what = f"pay per {settlement} is longer than the {window} the tiers are climbed in."
        table.problem("settlement", what, f'Write settlement = "{window}", or a longer window.')
    draw = table.table("draw", EXAMPLE_DRAW)
    components = _read_components(table, currency)
    return Plan(
        name=table.word("name", '"AE SMB 2026"'),
        currency=currency,
        window=window,
        settlement=settlement,
        components=components,
        on_change=table.choice("on_change", OnChange, OnChange.CONTINUE),
        year_starts_in_month=table.whole_number("year_starts_in_month", 1, 12, 1),
        draw=read_draw(draw, MINOR_DIGITS[currency]) if draw else None,
        base_salary_minor=_positive_money(table, "base_salary", MINOR_DIGITS[currency]),
        exchange_rates=read_exchange_rates(table, currency),
        examples=read_examples(table, components, MINOR_DIGITS[currency]),
    )


def _read_currency(table: TableReader) -> str:
    if table.require("currency", 'currency = "DKK"'):
        currency = table.values["currency"]
        if isinstance(currency, str) and currency in MINOR_DIGITS:
            return currency
        what = f"{shown(currency)} is not a currency the product knows."
        table.problem("currency", what, f"Known: {', '.join(sorted(MINOR_DIGITS))}.")
    return "DKK"


def _read_components(plan: TableReader, currency: str) -> tuple[Component, ...]:
    tables = plan.tables("components", _EXAMPLE_COMPONENT)
    if not plan.has("components") or plan.values["components"] == []:
        plan.problem("components", "the plan pays for nothing.", "Add a [[components]] section.")
    first_lines: dict[object, int] = {}
    for number, table in enumerate(tables, start=1):
        key = table.values.get("key")
        if isinstance(key, str) and first_lines.setdefault(key, number) != number:
            what = f'"{key}" is already the key of component {first_lines[key]}.'
            table.problem("key", what, "Give each component its own key.")
    rules = read_quota_rules(plan)
    return tuple(_read_component(table, MINOR_DIGITS[currency], rules) for table in tables)


def _read_component(table: TableReader, currency_digits: int, rules: QuotaRules) -> Component:
    table.refuse_unknown(COMPONENT_KEYS)
    units = _read_units(table, currency_digits)
    cap_at = read_bound(table, "cap_at", units)
    component = Component(
        key=_read_component_key(table),
        measure=units.measure,
        tiers=read_tiers(table, units, cap_at),
        name=table.word("name", '"New business"'),
        pays_on=units.paid_measure if table.has("pays_on") else None,
        where=table.where("where"),
        requires=table.words("requires", '["icp_match"]'),
        tiers_on=units.axis,
        mode=table.choice("mode", Mode, Mode.MARGINAL),
        curve=read_curve(table),
        target_incentive_minor=_positive_money(table, "target_incentive", currency_digits),
        multipliers=_read_multipliers(table),
        stacking=table.choice("stacking", Stacking, Stacking.PRODUCT),
        multiplier_limit=table.factor("multiplier_limit", '"2.0"'),
        weight_policy=table.choice("weights", WeightPolicy, WeightPolicy.IN_ORDER),
        deal_cap_minor=table.positive_amount_minor("deal_cap", units.measure_digits, '"1000000"'),
        cap_at=cap_at,
        cap_payout_minor=_positive_money(table, "cap_payout", currency_digits),
        quota_minor=table.positive_amount_minor("quota", units.measure_digits, '"1000000"'),
        replaces_flat_rate=table.percentage("replaces_flat_rate", '"10%"'),
        of=table.choice("of", Whose, Whose.OWN),
        shared=read_sharing(table),
        quota_rules=read_quota_rules(table, rules),
    )
    _check_fits_together(table, component)
    return with_occasions(table, with_time(table, component))


def _read_component_key(table: TableReader) -> str:
    key = table.values.get("key")
    if not table.require("key", 'key = "new_business"'):
        return ""
    if isinstance(key, str) and _COMPONENT_KEY.fullmatch(key):
        return key
    what = f"{shown(key)} cannot be a key; it is small letters, digits and _, at most 60."
    table.problem("key", what, 'Write key = "new_business", and a free text as name.')
    return ""


def _read_units(table: TableReader, currency_digits: int) -> TableUnits:
    table.require("measure", 'measure = "revenue"')
    measure = _read_measure(table, "measure", "revenue")
    is_of_quota = table.has("curve") or measure == OBJECTIVE
    default_axis = Axis.QUOTA if is_of_quota else Axis.AMOUNT
    axis = table.choice("tiers_on", Axis, default_axis)
    return TableUnits(axis, measure, _read_measure(table, "pays_on", measure), currency_digits)


def _read_measure(table: TableReader, key: str, default: str) -> str:
    known = sorted(MONEY_MEASURES | COUNT_MEASURES)
    measure = table.values.get(key, default)
    if isinstance(measure, str) and measure in known:
        return measure
    table.problem(key, f"{shown(measure)} is not a measure.", f"Known: {', '.join(known)}.")
    return default


def _positive_money(table: TableReader, key: str, currency_digits: int) -> int | None:
    return table.positive_amount_minor(key, currency_digits, '"100000"')


def _read_multipliers(component: TableReader) -> tuple[Multiplier, ...]:
    tables = component.tables("multipliers", '{ where = { product = "Nova" }, factor = "1.5" }')
    return tuple(_read_multiplier(table) for table in tables)


def _read_multiplier(table: TableReader) -> Multiplier:
    table.refuse_unknown(MULTIPLIER_KEYS)
    example = 'where = { product = "Nova" }'
    if table.require("where", example) and table.values["where"] == {}:
        table.problem("where", "the multiplier does not say for which deals.", f"Write {example}.")
    table.require("factor", 'factor = "1.5"')
    factor = table.factor("factor", '"1.5"')
    if factor is not None and factor > FACTOR_MAX:
        what = f"{shown(table.values['factor'])} is more than {FACTOR_MAX} times."
        table.problem("factor", what, 'One and a half times is written "1.5" or "150%".')
    return Multiplier(table.where("where"), factor or Fraction(1), table.word("label", '"Nova"'))


def _check_fits_together(table: TableReader, component: Component) -> None:
    """Keys that need, or exclude, each other."""
    has_multiple = any(tier.multiple is not None for tier in component.tiers)
    if not any(map(table.has, ("tiers", "curve", "years"))):
        table.problem(
            "", "the component does not say what it pays.", 'Add tiers = [ { rate = "8%" } ].'
        )
    if table.has("tiers") and table.has("curve"):
        table.problem(
            "curve", "a component has tiers or a curve, not both.", "Remove one of the two."
        )
    if (has_multiple or table.has("curve")) and not table.has("target_incentive"):
        reason = "a curve" if table.has("curve") else "a multiple"
        what = f"{reason} pays a part of the target incentive, which is missing."
        table.problem("target_incentive", what, 'Write target_incentive = "200000".')
    if (has_multiple or table.has("curve")) and table.has("pays_on"):
        what = "a multiple or a curve pays by attainment alone."
        table.problem("pays_on", what, "Remove pays_on, or write tiers with rates.")
    _check_curve(table, component)
    if component.weight_policy is WeightPolicy.ON_CREDIT and table.has("pays_on"):
        what = "on_credit counts multipliers towards the tiers, and pays_on would be ignored."
        table.problem("weights", what, 'Write weights = "in_order" or "average".')


def _check_curve(table: TableReader, component: Component) -> None:
    if not table.has("curve"):
        return
    if component.tiers_on is not Axis.QUOTA:
        table.problem("tiers_on", "a curve is drawn over the quota.", 'Write tiers_on = "quota".')
    if component.mode is not Mode.MARGINAL:
        what = "a curve already says what each attainment pays in all."
        table.problem("mode", what, "Remove mode.")
