"""The keys of a file of people as JSON Schema: who is on a plan and in which team."""

from collections.abc import Mapping
from typing import Any

from tracker.engine.payroll_months.equity import MONTHS_MAX, UNITS_MAX
from tracker.engine.plan_files.plan_schema import DRAW_TABLE, TIER_TABLE
from tracker.engine.plan_files.schema_values import (
    AMOUNT,
    AMOUNT_ABOVE_ZERO,
    BOUND,
    DAY,
    FACTOR,
    PERCENTAGE,
    QUOTAS,
    WORD,
    Key,
    Schema,
    Table,
    document,
    list_of,
    table_named,
)

_COMPONENTS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^([a-z0-9_-]+/)?[a-z][a-z0-9_]{0,59}$"},
    "additionalProperties": table_named("person_component"),
}


_NUMBER: Schema = {"type": "integer", "minimum": 1, "maximum": UNITS_MAX}
_MONTHS: Schema = {"type": "integer", "minimum": 1, "maximum": MONTHS_MAX}


_SCORES: Schema = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "propertyNames": QUOTAS["propertyNames"],
        "additionalProperties": PERCENTAGE,
    },
}


def _entries(name: str) -> Schema:
    """Names, or tables of one kind, or a list of both."""
    one = {"anyOf": [WORD, table_named(name)]}
    return {"anyOf": [*one["anyOf"], {"type": "array", "items": one}]}


_QUOTAS = {
    "quota": Key("For each window.", AMOUNT),
    "quotas": Key("For some windows, or a year: 2026-11, 2026-Q4 or 2026.", QUOTAS),
    "quota_changes": Key("Quotas that hold from a day on.", list_of("quota_change")),
}


def _cap(limit: Schema) -> Schema:
    return {"anyOf": [{"const": "none"}, limit]}


_PERSON = Table(
    {
        "rep": Key("As in the file of deals.", WORD, True),
        "name": Key("What people call them.", WORD),
        "from": Key("The first day on the plan.", DAY),
        "until": Key("The last day on the plan.", DAY),
        "plan": Key("The plan they are on, of several.", WORD),
        "plans": Key("The plans they are on, and when.", list_of("on_plan")),
        **_QUOTAS,
        "draw": Key("A draw of their own.", table_named("draw")),
        "base_salary": Key("A base salary of their own; only shown.", AMOUNT_ABOVE_ZERO),
        "components": Key("Quotas for one component, by its key.", _COMPONENTS),
        "objectives": Key("Scores in percent, by objective and window.", _SCORES),
        "equity": Key("Units that vest, beside the money.", list_of("grant")),
    }
)

_GRANT = Table(
    {
        "name": Key("What it is called.", WORD),
        "units": Key("How many units.", _NUMBER, True),
        "from": Key("The day vesting starts.", DAY, True),
        "over_months": Key("Until all of it is vested.", _MONTHS, True),
        "cliff_months": Key("Before these nothing vests.", {**_MONTHS, "minimum": 0}),
        "every_months": Key("How often it vests.", _MONTHS),
    }
)

_PERSON_COMPONENT = Table(
    {
        **_QUOTAS,
        "rate_factor": Key("What all rates are multiplied by.", FACTOR),
        "add_rate": Key("What is added to all rates.", PERCENTAGE),
        "tiers": Key("Tiers instead of the plan's.", list_of("tier")),
        "cap_payout": Key("The most a window pays, or none.", _cap(AMOUNT_ABOVE_ZERO)),
        "cap_at": Key("Attainment above it pays nothing more, or none.", _cap(BOUND)),
        "deal_cap": Key("What one deal may count, or none.", _cap(AMOUNT_ABOVE_ZERO)),
        "from": Key("The first day of what is other than the plan.", DAY),
        "until": Key("The last day of it.", DAY),
        "reason": Key("Why it was agreed.", WORD),
    }
)

_ON_PLAN = Table(
    {
        "plan": Key("The plan.", WORD, True),
        "from": Key("The first day on it.", DAY),
        "until": Key("The last day on it.", DAY),
    }
)

_QUOTA_CHANGE = Table(
    {
        "window": Key("The window or year; without it every one.", WORD),
        "from": Key("The day from which the quota holds.", DAY, True),
        "quota": Key("The quota.", AMOUNT, True),
    }
)

_TEAM = Table(
    {
        "name": Key("Its name, which nobody else has.", WORD, True),
        "members": Key("Who belongs to it.", _entries("member"), True),
        "leader": Key("Who leads it.", _entries("leader")),
        **_QUOTAS,
        "components": Key("Quotas for one component, by its key.", _COMPONENTS),
    }
)

_LEADER = Table(
    {
        "rep": Key("As in the file of deals.", WORD, True),
        "from": Key("The first day.", DAY),
        "until": Key("The last day.", DAY),
    }
)

_MEMBER = Table({**_LEADER.keys, "weight": Key("In what is shared, beside 1.", FACTOR)})

PEOPLE_TABLES: Mapping[str, Table] = {
    "people": Table(
        {
            "people": Key("One table for each person.", list_of("person")),
            "teams": Key("One table for each team.", list_of("team")),
        }
    ),
    "person": _PERSON,
    "person_component": _PERSON_COMPONENT,
    "on_plan": _ON_PLAN,
    "quota_change": _QUOTA_CHANGE,
    "tier": TIER_TABLE,
    "grant": _GRANT,
    "team": _TEAM,
    "member": _MEMBER,
    "leader": _LEADER,
    "draw": DRAW_TABLE,
}


def people_schema() -> dict[str, Any]:
    """The schema of a file of people."""
    return document("Who is on a plan: PEOPLE.toml", "people", PEOPLE_TABLES)
