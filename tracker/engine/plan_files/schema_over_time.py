"""The tables of a plan file about what time does: clawbacks, and what currencies are worth."""

from tracker.engine.agreement.deal_terms import Reprices
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.plan_files.plan_over_time import TAKES_ALL, TAKES_BY_MONTHS
from tracker.engine.plan_files.schema_values import (
    DAY,
    FACTOR,
    MONTHS,
    PART,
    Key,
    Table,
    list_of,
    one_of,
)

CLAWBACK = Table(
    {
        "within_months": Key("Leaving within so many months takes back.", MONTHS),
        "takes": Key(
            "All of it, by the months that remain, a percentage, or steps.",
            {
                "anyOf": [
                    {"enum": [TAKES_ALL, TAKES_BY_MONTHS]},
                    PART,
                    list_of("clawback_step"),
                ]
            },
        ),
        "reprices": Key("The whole window, or the deal alone.", one_of(Reprices)),
    },
    {
        "if": {"not": {"properties": {"takes": {"type": "array"}}, "required": ["takes"]}},
        "then": {"required": ["within_months"]},
    },
)


CLAWBACK_STEP = Table(
    {
        "within_months": Key("Until so many months.", MONTHS, True),
        "takes": Key("The part taken back.", PART, True),
    }
)


EXCHANGE_RATE = Table(
    {
        "currency": Key("Of which currency one unit.", one_of(sorted(MINOR_DIGITS)), True),
        "day": Key("From which day on.", DAY, True),
        "rate": Key("Is worth so much of the plan's.", FACTOR, True),
    }
)
