"""The keys of a file of people as JSON Schema: who is on a plan and in which team."""

from collections.abc import Mapping
from typing import Any

from tracker.engine.equity import MONTHS_MAX, UNITS_MAX
from tracker.engine.plan_schema import DRAW_TABLE
from tracker.engine.schema_values import (
    AMOUNT,
    AMOUNT_ABOVE_ZERO,
    COMPONENT_KEY,
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
    "propertyNames": COMPONENT_KEY,
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


_PERSON = Table(
    {
        "rep": Key("As in the file of deals.", WORD, True),
        "name": Key("What people call them.", WORD),
        "from": Key("The first day on the plan.", DAY),
        "until": Key("The last day on the plan.", DAY),
        "quota": Key("For each window.", AMOUNT),
        "quotas": Key("For some windows: 2026-11, 2026-Q4 or 2026.", QUOTAS),
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
        "quota": Key("For each window.", AMOUNT),
        "quotas": Key("For some windows.", QUOTAS),
    }
)

_TEAM = Table(
    {
        "name": Key("Its name, which nobody else has.", WORD, True),
        "members": Key("Who belongs to it.", _entries("member"), True),
        "leader": Key("Who leads it.", _entries("leader")),
        "quota": Key("For each window.", AMOUNT),
        "quotas": Key("For some windows.", QUOTAS),
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
    "grant": _GRANT,
    "team": _TEAM,
    "member": _MEMBER,
    "leader": _LEADER,
    "draw": DRAW_TABLE,
}


def people_schema() -> dict[str, Any]:
    """The schema of a file of people."""
    return document("Who is on a plan: PEOPLE.toml", "people", PEOPLE_TABLES)
