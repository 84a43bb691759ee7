"""The usual plan as the fields of a form: one component, its tiers, filters, multipliers and limits.

The form writes the same file a person would. What it has no field for it keeps as further lines. It is offered only for
plans that come back as they were (`form_of`), so nothing a file says is lost by opening it in the form.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tracker.engine.agreement.plans import COUNT_MEASURES, Axis, Component, Plan, Tier
from tracker.engine.money import minor_digits
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan, toml_values
from tracker.engine.plan_files.plan_reader import COUNT_DIGITS

PLAN_KEYS = ("name", "currency", "window", "settlement", "on_change")
COMPONENT_KEYS = (
    *("key", "name", "measure", "pays_on", "where", "requires", "tiers_on", "mode", "tiers"),
    *("multipliers", "stacking", "multiplier_limit", "deal_cap", "cap_at", "cap_payout"),
)
REST_OF_PLAN, REST_OF_COMPONENT = "rest_of_plan", "rest_of_component"
"""Fields of further lines: what the plan, and what its component says that the form has no field for."""
AMOUNTS = ("deal_cap", "cap_at", "cap_payout")
DEFAULTS = {
    "settlement": "month",
    "on_change": "continue",
    "tiers_on": "amount",
    "mode": "marginal",
    "stacking": "product",
}


@dataclass(frozen=True, slots=True)
class TierRow:
    """One step as it is typed: where it ends ("" for the last), what it pays, and what reaching it pays once."""

    up_to: str = ""
    pays: str = ""
    bonus: str = ""


@dataclass(frozen=True, slots=True)
class FilterRow:
    """A property of a deal, the words it may have (commas between); of a multiplier also its factor and its name."""

    name: str = ""
    words: str = ""
    factor: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class PlanForm:
    """Every field as text, the way the file writes it; "" is not said. `fields` are the single ones by key."""

    fields: Mapping[str, str]
    tiers: tuple[TierRow, ...]
    filters: tuple[FilterRow, ...] = ()
    multipliers: tuple[FilterRow, ...] = ()

    def field(self, key: str) -> str:
        return self.fields.get(key, "") or DEFAULTS.get(key, "")

    @property
    def is_by_count(self) -> bool:
        """Whether tiers pay money for each deal or unit rather than a percentage."""
        return self.field("measure") in COUNT_MEASURES


def form_of(source_toml: str) -> PlanForm | None:
    """The fields of a plan's text; None where the form could not write all the text says."""
    try:
        plan = parse_plan(source_toml)
        form = _fields_of(plan, _rest_of(toml_values(source_toml)))
        is_same = len(plan.components) == 1 and parse_plan(text_of(form)) == plan
    except (PlanFileError, ValueError):
        return None
    return form if is_same else None


def text_of(form: PlanForm) -> str:
    """The plan file these fields say."""
    return "\n".join(_lines(form)) + "\n"


# --- fields -> text --------------------------------------------------------------------------------------------------


def _lines(form: PlanForm) -> Iterator[str]:
    for key in PLAN_KEYS:
        yield from _line(key, form.field(key))
    yield from form.field(REST_OF_PLAN).splitlines()
    yield ""
    yield "[[components]]"
    yield from _line("key", form.field("key") or "sales")
    yield from _line("name", form.field("component_name"))
    yield from _line("measure", form.field("measure"))
    yield from _line("pays_on", form.field("pays_on"))
    if form.filters:
        yield f"where = {_where(form.filters)}"
    if evidence := _words(form.field("requires")):
        yield f"requires = {_list(evidence)}"
    yield from _line("tiers_on", form.field("tiers_on"))
    yield from _line("mode", form.field("mode"))
    yield "tiers = ["
    for row in form.tiers:
        yield f"  {_tier(row, form.is_by_count)},"
    yield "]"
    if form.multipliers:
        yield "multipliers = ["
        for multiplier in form.multipliers:
            yield f"  {_multiplier(multiplier)},"
        yield "]"
        yield from _line("stacking", form.field("stacking"))
    for key in ("multiplier_limit", *AMOUNTS):
        yield from _line(key, form.field(key))
    yield from form.field(REST_OF_COMPONENT).splitlines()


def _line(key: str, value: str) -> Iterator[str]:
    if value:
        yield f"{key} = {_text(value)}"


def _tier(row: TierRow, is_by_count: bool) -> str:
    said = {"up_to": row.up_to, "per_unit" if is_by_count else "rate": row.pays, "bonus": row.bonus}
    return f"{{ {', '.join(f'{key} = {_text(value)}' for key, value in said.items() if value)} }}"


def _multiplier(row: FilterRow) -> str:
    label = f", label = {_text(row.label)}" if row.label else ""
    return f"{{ where = {_where((row,))}, factor = {_text(row.factor)}{label} }}"


def _where(rows: tuple[FilterRow, ...]) -> str:
    told = (f"{_key(row.name)} = {_list(_words(row.words))}" for row in rows)
    return f"{{ {', '.join(told)} }}"


def _key(name: str) -> str:
    return name if name.replace("_", "").isascii() and name.isidentifier() else _text(name)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _list(words: list[str]) -> str:
    return f"[{', '.join(_text(word) for word in words)}]"


def _text(value: str) -> str:
    """A TOML string: what JSON escapes, TOML reads."""
    return json.dumps(value, ensure_ascii=False)


# --- plan -> fields --------------------------------------------------------------------------------------------------


def _rest_of(values: Mapping[str, Any]) -> dict[str, str]:
    """What a file says beside what the form asks for, a line for each key."""
    component = values["components"][0]
    rest_of_plan = {k: v for k, v in values.items() if k not in (*PLAN_KEYS, "components")}
    rest_of_component = {k: v for k, v in component.items() if k not in COMPONENT_KEYS}
    return {
        name: "\n".join(f"{_key(key)} = {_value(value)}" for key, value in rest.items())
        for name, rest in ((REST_OF_PLAN, rest_of_plan), (REST_OF_COMPONENT, rest_of_component))
    }


def _value(value: Any) -> str:
    """A value as TOML writes it within a line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_value(one) for one in value)}]"
    if isinstance(value, dict):
        told = ", ".join(f"{_key(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {told} }}"
    return _text(value) if isinstance(value, str) else str(value)


def _fields_of(plan: Plan, rest: Mapping[str, str]) -> PlanForm:
    component = plan.components[0]
    digits = minor_digits(plan.currency)
    of_axis = COUNT_DIGITS if component.measure in COUNT_MEASURES else digits
    limits = {
        "deal_cap": _amount(component.deal_cap_minor, of_axis),
        "cap_at": _bound(component.cap_at, component.tiers_on, of_axis),
        "cap_payout": _amount(component.cap_payout_minor, digits),
        "multiplier_limit": _number(component.multiplier_limit),
    }
    fields = {
        "name": plan.name,
        "currency": plan.currency,
        "window": plan.window.value,
        "settlement": plan.settlement.value,
        "on_change": plan.on_change.value,
        "key": component.key,
        "component_name": component.name,
        "measure": component.measure,
        "pays_on": component.pays_on or "",
        "requires": ", ".join(component.requires),
        "tiers_on": component.tiers_on.value,
        "mode": component.mode.value,
        "stacking": component.stacking.value,
        **limits,
        **rest,
    }
    return PlanForm(
        fields,
        tuple(_tier_row(tier, component, of_axis, digits) for tier in component.tiers),
        tuple(FilterRow(name, ", ".join(words)) for name, words in component.where.items()),
        tuple(
            FilterRow(name, ", ".join(words), _number(multiplier.factor), multiplier.label)
            for multiplier in component.multipliers
            for name, words in multiplier.where.items()
        ),
    )


def _tier_row(tier: Tier, component: Component, of_axis: int, digits: int) -> TierRow:
    is_by_count = (component.pays_on or component.measure) in COUNT_MEASURES
    pays = (
        _number(tier.rate * 10**COUNT_DIGITS / 10**digits)
        if is_by_count
        else f"{_number(tier.rate * 100)}%"
    )
    bonus = _amount(tier.bonus_minor, digits) if tier.bonus_minor else ""
    return TierRow(_bound(tier.up_to, component.tiers_on, of_axis), pays, bonus)


def _bound(bound: Fraction | None, axis: Axis, digits: int) -> str:
    if bound is None:
        return ""
    return f"{_number(bound * 100)}%" if axis is Axis.QUOTA else _number(bound / 10**digits)


def _amount(amount_minor: int | None, digits: int) -> str:
    return "" if amount_minor is None else _number(Fraction(amount_minor, 10**digits))


def _number(number: Fraction | None) -> str:
    """A number as the file writes it. One without an end, such as a third, comes back as another: then no form."""
    if number is None:
        return ""
    decimal = Decimal(number.numerator) / Decimal(number.denominator)
    return f"{decimal.normalize():f}"
