"""The form of a plan as a browser sends it: rows come as lists of the same name, and a button may add or take one."""

import re
from typing import TypeVar

from flask import request

from tracker.engine.plan_files.plan_form import (
    REST_OF_COMPONENT,
    REST_OF_PLAN,
    FilterRow,
    PlanForm,
    TierRow,
    text_of,
)

SINGLE_FIELDS = (
    *("name", "currency", "window", "settlement", "on_change", "key", "component_name", "measure"),
    *("pays_on", "requires", "tiers_on", "mode", "stacking", "multiplier_limit"),
    *("deal_cap", "cap_at", "cap_payout"),
)
NUMBERS = ("multiplier_limit", "deal_cap", "cap_at", "cap_payout")
ROWS_MAX = 20
FIELD_LENGTH_MAX = 500

Row = TypeVar("Row")

_NUMBER = re.compile(r"-?[0-9]+(,[0-9]+)?%?")


def sent_form() -> PlanForm:
    """The fields as they were sent, after the row button that was pressed, if any."""
    fields = {key: _field(key) for key in SINGLE_FIELDS}
    for key in (REST_OF_PLAN, REST_OF_COMPONENT):
        fields[key] = request.form.get(key, "").replace("\r\n", "\n").strip()
    for key in NUMBERS:
        fields[key] = _number(fields[key])
    tiers = [
        TierRow(_number(up_to), _number(pays), _number(bonus))
        for up_to, pays, bonus in _rows("tier_up_to", "tier_pays", "tier_bonus")
    ]
    filters = [FilterRow(*row) for row in _rows("where_name", "where_words")]
    multipliers = [
        FilterRow(name, words, _number(factor), label)
        for name, words, factor, label in _rows(
            "multiplier_name", "multiplier_words", "multiplier_factor", "multiplier_label"
        )
    ]
    _press("tier", tiers, TierRow(), is_last_fixed=True)
    _press("where", filters, FilterRow())
    _press("multiplier", multipliers, FilterRow())
    return PlanForm(fields, tuple(tiers), tuple(filters), tuple(multipliers))


def sent_text() -> str:
    """The plan file that was sent: as a text, or as the fields that say it."""
    if "source_toml" in request.form:
        return request.form["source_toml"].replace("\r\n", "\n")
    form = sent_form()
    kept = PlanForm(
        form.fields,
        form.tiers,
        tuple(row for row in form.filters if row.name or row.words),
        tuple(row for row in form.multipliers if row.name or row.words or row.factor),
    )
    return text_of(kept)


def _press(name: str, rows: list[Row], empty: Row, is_last_fixed: bool = False) -> None:
    """What a button named `rows` did: "add tier" adds a row, "drop tier 2" takes one away; the last step stays last."""
    act, _, which = request.form.get("rows", "").partition(" ")
    pressed, _, number = which.partition(" ")
    if pressed != name:
        return
    if act == "add" and len(rows) < ROWS_MAX:
        rows.insert(max(0, len(rows) - is_last_fixed), empty)
    elif act == "drop" and number.isdecimal() and int(number) < len(rows):
        del rows[int(number)]


def _rows(*names: str) -> list[tuple[str, ...]]:
    columns = [request.form.getlist(name)[:ROWS_MAX] for name in names]
    return [tuple(text.strip()[:FIELD_LENGTH_MAX] for text in row) for row in zip(*columns)]  # noqa: B905


def _field(key: str) -> str:
    return request.form.get(key, "").strip()[:FIELD_LENGTH_MAX]


def _number(typed: str) -> str:
    """A number as the file writes it: "8,5 %" is "8.5%"; anything else as it was typed, for the check to name."""
    plain = typed.replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    return plain.replace(",", ".") if _NUMBER.fullmatch(plain) else plain
