"""The keys of a plan file as JSON Schema (2020-12), for editors and for whoever writes a plan.

One entry for each key a reader knows: what it is for, and what it may hold. A schema sees one table at a time, so
what follows from two places of a file together (bounds in order, holes, printed multiples) only `plan check` sees.
"""

from collections.abc import Mapping
from typing import Any

from tracker.engine.agreement.deal_terms import Churn, Instalments, Judged, Overlays
from tracker.engine.agreement.plans import (
    MONEY_MEASURES,
    PRESENCE,
    Axis,
    DrawKind,
    Mode,
    OnChange,
    Stacking,
    WeightPolicy,
)
from tracker.engine.agreement.quota_facts import OnQuotaChange
from tracker.engine.agreement.teams import Sharing, Whose
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.periods import PeriodKind
from tracker.engine.plan_files.plan_occasions import KEYS_OF_DEALS, OCCASION_KEYS
from tracker.engine.plan_files.plan_over_time import NOTHING_FOR_RESIDUALS
from tracker.engine.plan_files.plan_tiers import BoundOwner
from tracker.engine.plan_files.schema_over_time import CLAWBACK, CLAWBACK_STEP, EXCHANGE_RATE
from tracker.engine.plan_files.schema_values import (
    AMOUNT,
    AMOUNT_ABOVE_ZERO,
    BOUND,
    COMPONENT_KEY,
    COUNTS,
    DAY,
    FACTOR,
    FLAG,
    MEASURES,
    MONTHS,
    PERCENTAGE,
    SHARE_ABOVE_ZERO,
    SIGNED_AMOUNT,
    WEIGHT,
    WHERE,
    WORD,
    WORDS,
    Key,
    Schema,
    Table,
    document,
    list_of,
    numbers,
    one_of,
    table_named,
)

QUOTA_RULES = {
    "seasonal": Key("What each month of the year weighs.", numbers(WEIGHT, 12, 12)),
    "ramp": Key("Shares of the quota in the first months.", numbers(PERCENTAGE, 0, 36)),
    "prorate": Key("Whether days off the plan lower the quota.", one_of(("days", "no"))),
    "on_quota_change": Key("What a new quota does inside a window.", one_of(OnQuotaChange)),
}

# --- the tables ------------------------------------------------------------------------------------------------------

_PLAN = Table(
    {
        "name": Key("What people call the plan.", WORD, True),
        "currency": Key("What the plan pays in.", one_of(sorted(MINOR_DIGITS)), True),
        "window": Key("What the tiers are climbed in.", one_of(PeriodKind), True),
        "settlement": Key("How often people are paid.", one_of(PeriodKind)),
        "on_change": Key("What a new version does inside a window.", one_of(OnChange)),
        **QUOTA_RULES,
        "year_starts_in_month": Key(
            "The first month of the fiscal year.", {"type": "integer", "minimum": 1, "maximum": 12}
        ),
        "draw": Key("The least that each settlement period pays.", table_named("draw")),
        "base_salary": Key("Paid each year beside the plan; only shown.", AMOUNT_ABOVE_ZERO),
        "exchange_rates": Key(
            "What other currencies are worth, for `calc`.",
            {"type": "array", "items": table_named("exchange_rate")},
        ),
        "components": Key("What the plan pays for.", list_of("component"), True),
        "examples": Key(
            "What its author says it earns.", {"type": "array", "items": table_named("example")}
        ),
    }
)

_IS_COUNTED: Schema = {
    "anyOf": [
        {"required": ["pays_on"], "properties": {"pays_on": {"enum": COUNTS}}},
        {"not": {"required": ["pays_on"]}, "properties": {"measure": {"enum": COUNTS}}},
    ]
}
_IS_ON_QUOTA: Schema = {
    "anyOf": [
        {"required": ["tiers_on"], "properties": {"tiers_on": {"const": "quota"}}},
        {"required": ["curve"]},
        {"not": {"required": ["tiers_on"]}, "properties": {"measure": {"const": OBJECTIVE}}},
    ]
}
_HAS_MULTIPLE: Schema = {
    "required": ["tiers"],
    "properties": {"tiers": {"contains": {"required": ["multiple"]}}},
}


def _tiers_without(key: str) -> Schema:
    return {"properties": {"tiers": {"items": {"not": {"required": [key]}}}}}


def _bounds_in(holds: Schema) -> Schema:
    bounded = {"properties": {"up_to": holds}}
    return {"properties": {"tiers": {"items": bounded}, "cap_at": holds}}


_DAYS: Schema = {"type": "array", "items": DAY, "minItems": 1}
_IS_PRESENCE: Schema = {"properties": {"measure": {"const": PRESENCE}}}
_IS_OBJECTIVE: Schema = {"properties": {"measure": {"const": OBJECTIVE}}}

_COMPONENT = Table(
    {
        "key": Key("Its name for machines.", COMPONENT_KEY, True),
        "name": Key("Its name for people.", WORD),
        "measure": Key("What climbs the tiers.", one_of(MEASURES), True),
        "pays_on": Key("What the rates are paid on, if not what climbs.", one_of(MEASURES)),
        "where": Key("Which deals count: words for each property.", WHERE),
        "requires": Key("Evidence without which a deal is held.", WORDS),
        "tiers_on": Key("What the bounds are written in.", one_of(Axis)),
        "mode": Key("Each rate on its own part, or the reached one on all.", one_of(Mode)),
        "tiers": Key("The ladder, from low to high.", list_of("tier")),
        "curve": Key(
            "A payout curve instead of tiers.",
            {"type": "array", "items": table_named("point"), "minItems": 2},
        ),
        "target_incentive": Key("Money paid at 100 % of quota.", AMOUNT_ABOVE_ZERO),
        "multipliers": Key(
            "Deals that are worth more, or less.",
            {"type": "array", "items": table_named("multiplier")},
        ),
        "stacking": Key("How several multipliers on one deal combine.", one_of(Stacking)),
        "multiplier_limit": Key("The most they make together.", FACTOR),
        "weights": Key("Where multipliers act in the tiers.", one_of(WeightPolicy)),
        "deal_cap": Key("What one deal may count.", AMOUNT_ABOVE_ZERO),
        "cap_at": Key("Attainment above it pays nothing more.", BOUND),
        "cap_payout": Key("The most a window pays.", AMOUNT_ABOVE_ZERO),
        "quota": Key("Everybody's quota where no other is known.", AMOUNT_ABOVE_ZERO),
        **QUOTA_RULES,
        "replaces_flat_rate": Key(
            "The flat rate paid before; `plan check` compares.", SHARE_ABOVE_ZERO
        ),
        "from": Key("The first day of a campaign.", DAY),
        "until": Key("Its last day.", DAY),
        "overlays": Key("What shares beside the split do.", one_of(Overlays)),
        "clawback": Key("What a customer who leaves takes back.", table_named("clawback")),
        "churn": Key("Whether a customer who leaves counts off again.", one_of(Churn)),
        "judged": Key("The table on the sum of deals, or on each by itself.", one_of(Judged)),
        "years": Key(
            "A residual: the rate of each year, the last for all later.",
            {"type": "array", "items": PERCENTAGE, "minItems": 1},
        ),
        "instalments": Key("How often a residual is paid.", one_of(Instalments)),
        "of": Key("Own deals, or those of a team.", one_of(Whose)),
        "shared": Key("How members are paid by what a team earns.", one_of(Sharing)),
        "due": Key("Days on which presence is paid.", {"anyOf": [DAY, _DAYS]}),
        "every": Key("... or the last day of every such period.", one_of(PeriodKind)),
        "after_months": Key(
            "... or so many months after joining the plan.",
            {"anyOf": [MONTHS, {"type": "array", "items": MONTHS, "minItems": 1}]},
        ),
    },
    {
        "oneOf": [{"required": [key]} for key in ("tiers", "curve", "years")],
        "dependentRequired": {"instalments": ["years"]},
        "allOf": [
            {
                "if": _IS_COUNTED,
                "then": _tiers_without("rate"),
                "else": _tiers_without("per_unit"),
            },
            {
                "if": _IS_ON_QUOTA,
                "then": _bounds_in(SHARE_ABOVE_ZERO),
                "else": {
                    "allOf": [_bounds_in(AMOUNT_ABOVE_ZERO), _tiers_without("multiple")],
                },
            },
            {
                "if": {"anyOf": [_HAS_MULTIPLE, {"required": ["curve"]}]},
                "then": {"required": ["target_incentive"], "not": {"required": ["pays_on"]}},
            },
            {
                "if": {"required": ["curve"]},
                "then": {
                    "properties": {"mode": {"const": "marginal"}, "tiers_on": {"const": "quota"}}
                },
            },
            {
                "if": {"required": ["pays_on"]},
                "then": {"properties": {"weights": {"not": {"const": "on_credit"}}}},
            },
            {
                "if": _IS_PRESENCE,
                "then": {
                    "oneOf": [{"required": [key]} for key in OCCASION_KEYS],
                    "not": {"anyOf": [{"required": [key]} for key in ("where", *KEYS_OF_DEALS)]},
                },
                "else": {"not": {"anyOf": [{"required": [key]} for key in OCCASION_KEYS]}},
            },
            {
                "if": _IS_OBJECTIVE,
                "then": {
                    "required": ["where"],
                    "properties": {
                        "where": {
                            "required": [OBJECTIVE],
                            "propertyNames": {"pattern": f"^{OBJECTIVE}$"},
                        },
                        "tiers_on": {"const": "quota"},
                    },
                    "not": {"anyOf": [{"required": [key]} for key in KEYS_OF_DEALS]},
                },
            },
            {
                "if": {"required": ["shared"]},
                "then": {"required": ["of"], "properties": {"of": {"const": "team"}}},
            },
            {
                "if": {"required": ["clawback"]},
                "then": {"properties": {"churn": {"const": "gross"}}},
            },
            {
                "if": {"required": ["years"]},
                "then": {
                    "not": {"anyOf": [{"required": [key]} for key in NOTHING_FOR_RESIDUALS]},
                    "properties": {"measure": one_of(sorted(MONEY_MEASURES))},
                },
            },
            {
                "if": {"properties": {"judged": {"const": "each"}}, "required": ["judged"]},
                "then": {
                    "not": {"anyOf": [{"required": [key]} for key in ("cap_at", "curve")]},
                    "properties": {
                        "tiers_on": {"const": "amount"},
                        "churn": {"const": "gross"},
                        "overlays": {"const": "count"},
                    },
                },
            },
            {
                "if": {"properties": {"overlays": {"const": "pay_only"}}, "required": ["overlays"]},
                "then": {"properties": {"weights": {"not": {"const": "average"}}}},
            },
        ],
    },
)

TIER_TABLE = Table(
    {
        "up_to": Key("Where it ends; the last has none.", BOUND),
        "rate": Key("A percentage of money.", PERCENTAGE),
        "multiple": Key("Percent of the target incentive per percent of quota.", FACTOR),
        "per_unit": Key("Money for each unit or deal.", AMOUNT),
        "bonus": Key("An amount, once, when the tier is reached.", AMOUNT),
        "bound": Key("Which tier exactly `up_to` belongs to.", one_of(BoundOwner)),
        "printed_multiple": Key("What people were told the rate is of the one before.", FACTOR),
    },
    {
        "anyOf": [{"required": [key]} for key in ("rate", "multiple", "per_unit", "bonus")],
        "allOf": [
            {"not": {"required": [one, other]}}
            for one, other in (("rate", "multiple"), ("rate", "per_unit"), ("multiple", "per_unit"))
        ],
        "dependentRequired": {"bound": ["up_to"]},
    },
)

_POINT = Table(
    {
        "at": Key("A share of the quota.", PERCENTAGE, True),
        "pays": Key("The share of the target incentive paid there.", PERCENTAGE, True),
    }
)

_MULTIPLIER = Table(
    {
        "where": Key("Which deals.", {**WHERE, "minProperties": 1}, True),
        "factor": Key('How many times, such as "1.5"; at most 10.', FACTOR, True),
        "label": Key("What people call it.", WORD),
    }
)

DRAW_TABLE = Table(
    {
        "amount": Key("The least that a period pays; 0 is none.", AMOUNT, True),
        "kind": Key("Owed back, or a guaranteed minimum.", one_of(DrawKind)),
        "from": Key("The first day.", DAY),
        "until": Key("The last day.", DAY),
        "recovery_limit": Key("The most that one period gives back.", AMOUNT),
        "forgive_at_end": Key("Whether what is owed at the end is forgotten.", FLAG),
    },
    {
        "if": {"required": ["kind"], "properties": {"kind": {"const": "non_recoverable"}}},
        "then": {
            "not": {"anyOf": [{"required": ["recovery_limit"]}, {"required": ["forgive_at_end"]}]}
        },
        "else": {
            "if": {
                "required": ["forgive_at_end"],
                "properties": {"forgive_at_end": {"const": True}},
            },
            "then": {"required": ["until"]},
        },
    },
)

_EXAMPLE = Table(
    {
        "name": Key("What people call it.", WORD),
        "component": Key("Of which component it is.", COMPONENT_KEY),
        "quota": Key("The quota it is for.", AMOUNT_ABOVE_ZERO),
        "sold": Key("So much of what the component measures.", SIGNED_AMOUNT),
        "deal": Key("What the deals of `sold` are like.", table_named("sale")),
        "deals": Key("Or each deal.", list_of("sale")),
        "until": Key("Until when instalments are counted.", DAY),
        "earned": Key("What that earns.", SIGNED_AMOUNT, True),
    },
    {
        "oneOf": [{"required": ["sold"]}, {"required": ["deals"]}],
        "dependentRequired": {"deal": ["sold"]},
    },
)

_SALE = Table(
    {
        "amount": Key("The deal's amount.", SIGNED_AMOUNT),
        **{
            name: Key("As in a file of deals.", SIGNED_AMOUNT)
            for name in (*sorted(MONEY_MEASURES - {"revenue"}), "units")
        },
        "effective_on": Key("The day it counts from.", DAY),
        "ended_on": Key("The day its customer left.", DAY),
        "role": Key("The seller's.", WORD),
        "share": Key("The seller's part of it.", PERCENTAGE),
        "evidence": Key("What is known of it; without this key all of it.", WORDS),
    },
    others=WORD,
)

PLAN_TABLES: Mapping[str, Table] = {
    "plan": _PLAN,
    "component": _COMPONENT,
    "tier": TIER_TABLE,
    "point": _POINT,
    "multiplier": _MULTIPLIER,
    "clawback": CLAWBACK,
    "clawback_step": CLAWBACK_STEP,
    "draw": DRAW_TABLE,
    "exchange_rate": EXCHANGE_RATE,
    "example": _EXAMPLE,
    "sale": _SALE,
}


def plan_schema() -> dict[str, Any]:
    """The schema of a plan file."""
    return document("A plan: PLAN.toml", "plan", PLAN_TABLES)
