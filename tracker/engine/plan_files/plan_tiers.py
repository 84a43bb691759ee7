"""The tier table and the payout curve of one component of a plan file, and what must be true of them.

Here a plan is refused when it has a hole, an overlap or a contradiction: a deal would fall through it unseen.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from tracker.engine.agreement.plans import COUNT_MEASURES, Axis, CurvePoint, Tier
from tracker.engine.plan_files.plan_reader import COUNT_DIGITS, TableReader, shown

TIER_KEYS = ("up_to", "rate", "multiple", "per_unit", "bonus", "bound", "printed_multiple")
CURVE_KEYS = ("at", "pays")
_EXAMPLE_TIER = '{ up_to = "80%", rate = "8%" }'


class BoundOwner(StrEnum):
    """Which tier an attainment of exactly the bound belongs to."""

    THIS = "this"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class TableUnits:
    """What the numbers of a component's table are written in."""

    axis: Axis
    measure: str
    paid_measure: str
    currency_digits: int

    @property
    def measure_digits(self) -> int:
        return COUNT_DIGITS if self.measure in COUNT_MEASURES else self.currency_digits

    @property
    def pays_per_unit(self) -> bool:
        return self.paid_measure in COUNT_MEASURES


def read_bound(table: TableReader, key: str, units: TableUnits) -> Fraction | None:
    """A place on the table's axis, above zero: an amount of the measure, or a share of the quota."""
    if units.axis is Axis.AMOUNT:
        if str(table.values.get(key, "")).endswith("%"):
            what = f"{shown(table.values[key])} is a share, but the tiers are on an amount."
            table.problem(key, what, 'Add tiers_on = "quota" to the component, or write an amount.')
            return None
        bound_minor = table.positive_amount_minor(key, units.measure_digits, '"500000"')
        return None if bound_minor is None else Fraction(bound_minor)
    bound = table.percentage(key, '"80%"')
    if bound is not None and bound <= 0:
        table.problem(key, f"{shown(table.values[key])} is not above zero.", 'Write "80%".')
        return None
    return bound


def read_tiers(
    component: TableReader, units: TableUnits, cap_at: Fraction | None
) -> tuple[Tier, ...]:
    """The tiers of a component, the last one without end; every problem with them noted."""
    tables = component.tables("tiers", _EXAMPLE_TIER)
    if component.has("tiers") and component.values["tiers"] == []:
        component.problem("tiers", "the list is empty.", f"Write at least {_EXAMPLE_TIER}.")
    tiers = [_read_tier(table, units) for table in tables]
    _check_order(tables, tiers)
    _check_printed_multiples(tables, tiers)
    if tiers:
        _check_end(component, tables[-1], tiers, cap_at)
    return _open_ended(tiers)


def _read_tier(table: TableReader, units: TableUnits) -> Tier:
    table.refuse_unknown(TIER_KEYS)
    _check_pay_keys(table, units)
    if table.has("bound") and not table.has("up_to"):
        table.problem("bound", "a tier without end has no bound.", "Remove bound, or add up_to.")
    multiple = table.factor("multiple", '"1.5"')
    if multiple is not None and units.axis is not Axis.QUOTA:
        table.problem(
            "multiple",
            "a multiple is per point of quota.",
            'Add tiers_on = "quota", or write a rate.',
        )
    return Tier(
        up_to=read_bound(table, "up_to", units),
        rate=_read_rate(table, units),
        multiple=multiple,
        bonus_minor=_read_bonus_minor(table, units),
        owns_bound=table.choice("bound", BoundOwner, BoundOwner.THIS) is BoundOwner.THIS,
    )


def _check_pay_keys(table: TableReader, units: TableUnits) -> None:
    """A tier says once what it pays, in the words its measure allows."""
    rates = [key for key in ("rate", "multiple", "per_unit") if table.has(key)]
    if len(rates) > 1:
        table.problem(rates[1], f"the tier already has {rates[0]}.", "Keep one of the two.")
        return
    if not rates and not table.has("bonus"):
        needed = 'per_unit = "500.00"' if units.pays_per_unit else 'rate = "8%"'
        table.problem("", "the tier does not say what it pays.", f"Add {needed}.")
    if table.has("rate") and units.pays_per_unit:
        what = f'"{units.paid_measure}" is counted, so a percentage of it is no money.'
        table.problem("rate", what, 'Write what one pays: per_unit = "500.00".')
    if table.has("per_unit") and not units.pays_per_unit:
        what = f'"{units.paid_measure}" is money, not a count.'
        table.problem("per_unit", what, 'Write a rate: rate = "8%".')


def _read_rate(table: TableReader, units: TableUnits) -> Fraction:
    """Minor units paid per minor unit of money, or per hundredth of a count."""
    if table.has("per_unit"):
        per_unit_minor = table.amount_minor("per_unit", units.currency_digits, '"500.00"') or 0
        if per_unit_minor < 0:
            table.problem("per_unit", "the amount is negative.", 'Write per_unit = "500.00".')
        return Fraction(per_unit_minor, 10**COUNT_DIGITS)
    return table.percentage("rate", '"8%"') or Fraction(0)


def _read_bonus_minor(table: TableReader, units: TableUnits) -> int:
    bonus_minor = table.amount_minor("bonus", units.currency_digits, '"10000"') or 0
    if bonus_minor < 0:
        table.problem("bonus", "the bonus is negative.", 'Write bonus = "10000", or leave it out.')
    return bonus_minor


def _check_order(tables: Sequence[TableReader], tiers: Sequence[Tier]) -> None:
    for table, tier in zip(tables[:-1], tiers[:-1], strict=True):
        if tier.up_to is None and not table.has("up_to"):
            what = "only the last tier may be without up_to; what follows is never reached."
            table.problem("", what, "Give this tier its end, or move it last.")
    for (_, lower), (table, upper) in pairwise(zip(tables, tiers, strict=True)):
        if lower.up_to is None or upper.up_to is None or upper.up_to > lower.up_to:
            continue
        word = "the same as" if upper.up_to == lower.up_to else "below"
        what = f"{shown(table.values['up_to'])} is {word} the end of the tier before it."
        table.problem("up_to", what, "Write the tiers from low to high, each end above the last.")


def _check_end(
    component: TableReader, last: TableReader, tiers: Sequence[Tier], cap_at: Fraction | None
) -> None:
    """The table must say what happens above its last bound: an open tier, or a cap."""
    end = tiers[-1].up_to
    if end is not None and (cap_at is None or cap_at > end):
        written = shown(last.values["up_to"])
        what = f"nothing says what is paid above {written}: a hole."
        fix = f"Leave up_to out of the last tier, or add cap_at = {written} to stop earning there."
        last.problem("up_to", what, fix)
    starts_at = tiers[-2].up_to if len(tiers) > 1 else None
    if cap_at is not None and starts_at is not None and cap_at <= starts_at:
        what = "the cap lies below the last tier, which is then never reached."
        component.problem("cap_at", what, "Raise the cap, or remove the tiers above it.")


def _open_ended(tiers: Sequence[Tier]) -> tuple[Tier, ...]:
    """A last tier that ends at its cap is kept open: the cap alone says where earning stops."""
    if not tiers or tiers[-1].up_to is None:
        return tuple(tiers)
    return (*tiers[:-1], replace(tiers[-1], up_to=None, owns_bound=True))


def _check_printed_multiples(tables: Sequence[TableReader], tiers: Sequence[Tier]) -> None:
    for index, (table, tier) in enumerate(zip(tables, tiers, strict=True)):
        if not table.has("printed_multiple"):
            continue
        printed = table.factor("printed_multiple", '"1.5"')
        if index == 0:
            what = "the first tier has none before it to be a multiple of."
            table.problem("printed_multiple", what, "Remove printed_multiple.")
        elif printed is not None:
            _check_printed_multiple(table, printed, tier, tiers[index - 1])


def _check_printed_multiple(
    table: TableReader, printed: Fraction, tier: Tier, before: Tier
) -> None:
    """The multiple people were told must be what the rates say, to the digits it was printed with."""
    pays, paid_before = tier.multiple or tier.rate, before.multiple or before.rate
    if (tier.multiple is None) != (before.multiple is None) or not paid_before or not pays:
        what = "the tier and the one before it cannot be compared."
        table.problem("printed_multiple", what, "Remove printed_multiple.")
        return
    true_multiple = pays / paid_before
    unit = _last_digit_of(shown(table.values["printed_multiple"]))
    if abs(true_multiple - printed) * 2 > unit:
        true_text = _decimal_text(true_multiple)
        shown_rates = f"{_percent_text(pays)} is {true_text} times {_percent_text(paid_before)}"
        what = f"the file prints {_decimal_text(printed)} times, but {shown_rates}."
        agreed = _percent_text(printed * paid_before)
        fix = f'Decide which is meant: printed_multiple = "{true_text}", or {agreed} in this tier.'
        table.problem("printed_multiple", what, fix)


def _last_digit_of(written: str) -> Fraction:
    """What one step of the last written digit is worth: "1.5" -> 1/10, "150%" -> 1/100."""
    number = written.strip('"').strip()
    decimals = len(number.removesuffix("%").strip().partition(".")[2])
    return Fraction(1, 10 ** (decimals + (2 if number.endswith("%") else 0)))


def _decimal_text(value: Fraction) -> str:
    """At most two decimals, for people."""
    hundredths = (value * 200 + 1) // 2
    return f"{(Decimal(hundredths) / 100).normalize():f}"


def _percent_text(value: Fraction) -> str:
    return f"{_decimal_text(value * 100)}%"


def read_curve(component: TableReader) -> tuple[CurvePoint, ...]:
    """The points of a payout curve, every problem with them noted."""
    tables = component.tables("curve", '{ at = "100%", pays = "100%" }')
    points = [_read_point(table) for table in tables]
    if component.has("curve") and len(tables) < 2:
        what = "a curve needs at least two points."
        component.problem("curve", what, 'Write { at = "50%", pays = "0%" } and where it ends.')
    for index, (lower, upper) in enumerate(pairwise(points), start=1):
        if lower and upper and upper.at < lower.at:
            what = f"{shown(tables[index].values['at'])} is below the point before it."
            tables[index].problem("at", what, "Write the points from low to high.")
    for index in range(2, len(points)):
        three = points[index - 2 : index + 1]
        if all(three) and len({point.at for point in three if point}) == 1:
            what = "three points stand at the same place; a jump needs two."
            tables[index].problem("at", what, "Remove the point in the middle.")
    return tuple(point for point in points if point is not None)


def _read_point(table: TableReader) -> CurvePoint | None:
    table.refuse_unknown(CURVE_KEYS)
    is_whole = [table.require("at", 'at = "100%"'), table.require("pays", 'pays = "100%"')]
    at, pays = table.percentage("at", '"100%"'), table.percentage("pays", '"100%"')
    if not all(is_whole) or at is None or pays is None:
        return None
    return CurvePoint(at, pays)
