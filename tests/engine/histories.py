"""Random plans, and random histories of what sources and people tell the product, small enough to collide often.

A history is a list of steps. Amounts, bounds and days come from short lists, so that deals land exactly on bounds,
share days, cross windows and cancel each other out; everything a plan file accepts may stand in a plan.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from tests.builders import a_deal, an_event
from tracker.engine.agreement.plans import COUNT_MEASURES, PersonalException
from tracker.engine.agreement.teams import Membership, TeamRole
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.crediting.objectives import score_deal
from tracker.engine.deals import CreditShare, Deal, DealEvent, DealStatus

PAYEES = (1, 2, 3)
TEAM = 4
PLAN_KEYS = ("ae", "extra")
COMPONENT_KEYS = ("sales", "more")
SINCE = date(2026, 1, 1)
WINDOW_KEYS = ("2026-Q4", "2026-11", "2026", "2026", "2027-Q1", "2027-01", "")
CHANGE_DAYS = tuple(date(2026, month, day) for month, day in [(10, 1), (11, 1), (11, 10), (11, 20)])

DAYS = tuple(
    date(*parts)
    for parts in [
        (2026, 9, 30),
        (2026, 10, 1),
        (2026, 10, 15),
        (2026, 10, 31),
        (2026, 11, 1),
        (2026, 11, 20),
        (2026, 12, 5),
        (2026, 12, 31),
        (2027, 1, 1),
    ]
)

LATER_DAYS = (date(2026, 11, 30), date(2027, 1, 31), date(2027, 2, 28))
"""On some of them a customer leaves right when a month or the window of a clawback is full."""

HORIZONS = (date(2026, 11, 20), date(2026, 12, 31), date(2027, 2, 28), date(2029, 1, 15))


@dataclass(frozen=True)
class VersionActivated:
    """A plan gets a version from a day on, possibly a day long gone."""

    plan_key: str
    effective_from: date
    text: str


@dataclass(frozen=True)
class RateSet:
    """One unit of a currency is worth so much of another from a day on."""

    rate: ExchangeRate


@dataclass(frozen=True)
class CalendarRolled:
    """What deals give on later days is known until another day."""

    until: date


@dataclass(frozen=True)
class PayeeAssigned:
    payee_id: int
    plan_key: str
    starts_on: date
    ends_on: date | None


@dataclass(frozen=True)
class QuotaSet:
    payee_id: int
    component_key: str
    window_key: str
    amount_minor: int
    valid_from: date | None = None


@dataclass(frozen=True)
class ExceptionMade:
    """Something is agreed with a payee; with `withdraws` an earlier exception, counted from 0, never held."""

    exception: PersonalException
    withdraws: int | None = None


Step = (
    ExceptionMade
    | DealEvent
    | RateSet
    | CalendarRolled
    | VersionActivated
    | PayeeAssigned
    | QuotaSet
    | Membership
)
History = Sequence[Step]


# --- plans


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[ " + ", ".join(map(_toml, value)) + " ]"
    return str(value) if isinstance(value, int) else f'"{value}"'


def _lines(values: Mapping[str, object]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items() if value not in ("", [], {})]


RATES = ("0%", "5%", "7.5%", "10%", "33.33%", "100%")
PER_UNIT = ("0", "12.34", "100", "333.33")
BOUNDS = {
    "money": ("100", "250.50", "500"),
    "count": ("1", "2.5", "4"),
    "quota": ("50%", "100%", "120%"),
}
CAPS = {"money": ("500.01", "700"), "count": ("4.5", "6"), "quota": ("120.5%", "150%")}
CURVES = (
    [("50%", "0%"), ("100%", "80%"), ("100%", "100%"), ("150%", "150%")],
    [("0%", "10%"), ("100%", "100%")],
    [("40%", "30%"), ("120%", "20%")],
    [("80%", "50%"), ("80%", "60%"), ("110%", "60%"), ("110%", "90%")],
)
WHERES = (*[{}] * 9, {"kind": "new"}, {"product": ["Nova", "Lyra"]}, {"role": "closer"})
WHOSE = ("own", "own", "team", "shared")
"""What the versions of a plan may not change about a component."""
PAYS_ON = ("", "", "margin", "margin", "revenue", "units")
MULTIPLIERS = (
    {"where": {"product": "Nova"}, "factor": "1.5"},
    {"where": {"product": ["Nova", "Lyra"]}, "factor": "1.3333"},
    {"where": {"kind": "new"}, "factor": "0.33333"},
    {"where": {"role": "closer"}, "factor": "2"},
)


CLAWBACKS = (
    {"within_months": 2, "takes": "all"},
    {"within_months": 3, "takes": "by_months_remaining"},
    {"within_months": 2, "takes": "33.33%"},
    {
        "takes": [
            {"within_months": 1, "takes": "100%"},
            {"within_months": 3, "takes": "50%"},
        ]
    },
)
CAMPAIGN_DAYS = ("2026-10-15", "2026-11-01", "2026-12-05")


def _rarely(value: Any, absent: Any = "") -> st.SearchStrategy[Any]:
    """Mostly absent, else something of the strategy or the value."""
    present = value if isinstance(value, st.SearchStrategy) else st.just(value)
    return st.integers(0, 3).flatmap(lambda die: present if die == 3 else st.just(absent))


AGREED: Mapping[str, tuple[Any, Any]] = {
    "rate_factor": (Fraction(3, 2), Fraction(1, 3)),
    "add_rate": (Fraction(1, 100), Fraction(0)),
    "cap_payout_minor": (3_000, 9_999),
    "cap_at": (Fraction(30_000), Fraction(40_001)),
    "deal_cap_minor": (12_345, 20_000),
    "lifts": (frozenset({"cap_payout", "deal_cap"}), frozenset({"cap_at"})),
}
"""What is agreed with somebody: other rates, other limits or none."""

SEASON = [1, 2, 0, 3, 1, 1, 1, 1, 1, 4, "2.5", "10%"]
RAMP = ["25%", "50%", "75%"]

quota_rules = st.fixed_dictionaries(
    {
        "seasonal": st.sampled_from([[], SEASON]),
        "ramp": st.sampled_from([[], RAMP]),
        "prorate": st.sampled_from(["days", "no"]),
        "on_quota_change": st.sampled_from(["retro", "prorate", "continue", "restart"]),
    }
)


@st.composite
def component_values(draw: st.DrawFn, key: str, whose: str) -> dict[str, object]:
    """One component: a ladder, a table for each deal by itself, a residual, or one no deal is behind."""
    if whose == "own" and draw(st.integers(0, 4)) == 4:
        return draw(st.one_of(_presences(key), _objectives(key), _objectives(key)))
    values = draw(_ladders(key, whose))
    kind = draw(st.sampled_from(["ladder"] * 4 + ["each", "residual"]))
    if kind == "each" and values["tiers_on"] == "amount":
        return values | draw(_one_by_one(values))
    if kind == "residual" and values["measure"] not in COUNT_MEASURES:
        return draw(_residuals(values))
    return values


def _presences(key: str) -> st.SearchStrategy[dict[str, object]]:
    when = st.sampled_from(
        [
            {"due": ["2026-10-31", "2026-12-05"]},
            {"every": "month"},
            {"every": "quarter"},
            {"after_months": [1, 2, 11]},
        ]
    )
    tiers = st.sampled_from(
        [[{"per_unit": "333.33"}], [{"up_to": "2", "per_unit": "0"}, {"bonus": "12.34"}]]
    )
    return st.builds(
        lambda due, table: {"key": key, "measure": "presence", "tiers": table, **due}, when, tiers
    )


def _objectives(key: str) -> st.SearchStrategy[dict[str, object]]:
    values = {"key": key, "measure": "objective", "where": {"objective": "nps"}}
    values["target_incentive"] = "123.45"
    curve = {"curve": [{"at": at, "pays": pays} for at, pays in CURVES[0]]}
    tiers = {"tiers": [{"up_to": "80%", "multiple": "0.5"}, {"multiple": "2.25", "bonus": "7"}]}
    return st.sampled_from([values | curve, values | tiers])


@st.composite
def _one_by_one(draw: st.DrawFn, values: Mapping[str, object]) -> dict[str, object]:
    """What makes a ladder a table for each deal by itself, in ways that are clear."""
    is_weighed = values["pays_on"] or "clawback" in values or values["multipliers"]
    clear = {"judged": "each", "cap_at": "", "overlays": "", "churn": "gross"}
    if is_weighed and values["weights"] != "on_credit":
        return clear | {"mode": "whole"}
    return clear | {"clawback": {}, "mode": draw(st.sampled_from(["marginal", "whole"]))}


@st.composite
def _residuals(draw: st.DrawFn, values: Mapping[str, object]) -> dict[str, object]:
    means_nothing = {
        *("pays_on", "weights", "overlays", "tiers_on", "cap_at", "target_incentive", "churn"),
        *("clawback", "curve", "mode", "tiers"),
    }
    kept = {key: value for key, value in values.items() if key not in means_nothing}
    years = draw(st.sampled_from([["10%"], ["10%", "5%"], ["33.33%", "0%", "7.5%"]]))
    instalments = draw(st.sampled_from(["month", "month", "year"]))
    return kept | {"years": years, "instalments": instalments}


@st.composite
def _ladders(draw: st.DrawFn, key: str, whose: str) -> dict[str, object]:
    measure = draw(st.sampled_from(["revenue"] * 4 + ["margin", "units", "deals"]))
    table = draw(st.sampled_from(["amount"] * 5 + ["quota", "multiple", "curve"]))
    by_attainment = table in ("multiple", "curve")
    pays_on = "" if by_attainment else draw(st.sampled_from(PAYS_ON))
    weights = (
        ["in_order", "average"] if pays_on else ["in_order", "in_order", "average", "on_credit"]
    )
    axis = "quota" if table != "amount" else "count" if measure in COUNT_MEASURES else "money"
    cap_at = draw(_rarely(st.sampled_from(CAPS[axis])))
    weights_chosen = draw(st.sampled_from(weights))
    overlays = "" if weights_chosen == "average" else draw(_rarely("pay_only"))
    values: dict[str, object] = {
        "key": key,
        "measure": measure,
        "pays_on": pays_on,
        "weights": weights_chosen,
        "overlays": overlays,
        "tiers_on": "quota" if axis == "quota" else "amount",
        "where": draw(st.sampled_from(WHERES)),
        "requires": draw(_rarely(st.sampled_from([[], ["icp"], ["icp", "budget"]]), [])),
        "multipliers": draw(st.lists(st.sampled_from(MULTIPLIERS), max_size=2)),
        "stacking": draw(st.sampled_from(["product", "sum_of_excesses", "highest"])),
        "multiplier_limit": draw(_rarely(st.sampled_from(["1.2", "2.5"]))),
        "deal_cap": draw(_rarely("1.5" if measure in COUNT_MEASURES else "333.33")),
        "cap_at": cap_at,
        "cap_payout": draw(_rarely(st.sampled_from(["40", "75.55"]))),
        "target_incentive": "123.45" if by_attainment else "",
        **draw(_campaigns()),
        **draw(st.one_of(st.just({}), st.just({"churn": "net"}), _clawbacks())),
        "of": "own" if whose == "own" else "team",
        "shared": draw(st.sampled_from(["by_weight", "each"])) if whose == "shared" else "",
        **draw(_rarely(quota_rules, {})),
    }
    if table == "curve":
        points = draw(st.sampled_from(CURVES))
        on_a_point = draw(_rarely(st.sampled_from(["80%", "100%", "110%"]), cap_at))
        curve = [{"at": at, "pays": pays} for at, pays in points]
        return values | {"curve": curve, "cap_at": on_a_point}
    values["mode"] = draw(st.sampled_from(["marginal", "marginal", "marginal", "whole", "whole"]))
    values["tiers"] = draw(_tiers(BOUNDS[axis], table, pays_on or measure))
    return values


def _campaigns() -> st.SearchStrategy[dict[str, object]]:
    """The days of a component: mostly all."""
    first = st.sampled_from(CAMPAIGN_DAYS[:2])
    last = st.sampled_from(CAMPAIGN_DAYS[1:])
    return _rarely(st.fixed_dictionaries({"from": first, "until": last}), {})


def _clawbacks() -> st.SearchStrategy[dict[str, object]]:
    reprices = st.sampled_from(["window", "deal"])
    return st.builds(
        lambda rule, how: {"clawback": {**rule, "reprices": how}},
        st.sampled_from(CLAWBACKS),
        reprices,
    )


@st.composite
def _tiers(
    draw: st.DrawFn, bounds: Sequence[str], table: str, paid_measure: str
) -> list[dict[str, str]]:
    left_out = draw(st.sampled_from(["none", *bounds, "all"]))
    ends = [bound for bound in bounds if left_out not in ("all", bound)] + [""]
    key, rates = ("per_unit", PER_UNIT) if paid_measure in COUNT_MEASURES else ("rate", RATES)
    if table == "multiple":
        key, rates = "multiple", ("0.5", "1", "2.25")
    tiers = []
    for end in ends:
        tier = {key: draw(st.sampled_from(rates)), "bonus": draw(_rarely("12.34"))}
        if end:
            tier |= {"up_to": end, "bound": draw(st.sampled_from(["this", "next"]))}
        tiers.append({name: value for name, value in tier.items() if value})
    return tiers


WINDOWS = (
    ("quarter", "month"),
    ("quarter", "month"),
    ("quarter", "quarter"),
    ("month", "month"),
    ("year", "month"),
    ("year", "quarter"),
)


Kept = tuple[str, str, str, str]
"""What all versions of a plan have in common: window, settlement, and whose deals each component counts."""


@st.composite
def plan_texts(draw: st.DrawFn, kept: Kept) -> str:
    """A plan file. One plan keeps its window, and whose deals its components count, in all versions."""
    window, settlement, *whose = kept
    keys = draw(st.sampled_from([COMPONENT_KEYS[:1], COMPONENT_KEYS[:1], COMPONENT_KEYS]))
    lines = _lines(
        {
            "name": "Any",
            "currency": "DKK",
            "window": window,
            "settlement": settlement,
            "on_change": draw(st.sampled_from(["continue", "restart", "retro"])),
            **draw(_rarely(quota_rules, {})),
        }
    )
    for key, of in zip(keys, whose, strict=False):
        lines += ["[[components]]", *_lines(draw(component_values(key, of)))]
    return "\n".join(lines)


# --- deals

_HALF, _THIRD, _EIGHTH = Fraction(1, 2), Fraction(1, 3), Fraction(1, 8)
SHARES = (
    *[(CreditShare(1, Fraction(1)),)] * 4,
    (CreditShare(1, Fraction(1), "closer"),),
    (CreditShare(2, Fraction(1)),),
    (CreditShare(1, _HALF), CreditShare(2, _HALF, "closer")),
    (CreditShare(3, _EIGHTH, "opener"), CreditShare(1, 1 - _EIGHTH, "closer")),
    tuple(CreditShare(payee_id, _THIRD) for payee_id in PAYEES),
    (CreditShare(1, _THIRD, "opener"), CreditShare(1, 1 - _THIRD, "closer")),
    (CreditShare(1, Fraction(1)), CreditShare(2, _EIGHTH, "closer", is_overlay=True)),
    (CreditShare(1, _THIRD, is_overlay=True), CreditShare(1, _HALF), CreditShare(3, _HALF)),
)
ON_BOUNDS = (10_000, 15_050, 24_950, 20_000, 50_000)
"""Alone and together they land exactly on the bounds in money, and on those of a quota of 400.00."""

amounts = st.one_of(
    st.sampled_from(ON_BOUNDS),
    st.sampled_from(ON_BOUNDS),
    st.sampled_from((0, 1, 50_001, -10_000, -10_000, -7_777)),
    st.integers(1, 30_000),
)
aspects: Mapping[str, st.SearchStrategy[Any]] = {
    "amount_minor": amounts,
    "effective_on": st.sampled_from(DAYS),
    "status": st.sampled_from([*[DealStatus.WON] * 4, *DealStatus]),
    "credit_shares": st.sampled_from(SHARES),
    "evidence": st.sampled_from(
        [*[frozenset({"icp", "budget"})] * 3, frozenset({"icp"}), frozenset[str]()]
    ),
    "properties": st.sampled_from(
        [{}, {"product": "Nova"}, {"product": "Lyra", "kind": "new"}, {"kind": "old"}]
    ),
    "measures": st.one_of(
        *[st.fixed_dictionaries({"margin": st.integers(0, 20_000), "units": st.integers(0, 300)})]
        * 3,
        st.just({"margin": -3_000, "units": -100}),
        st.just({}),
    ),
    "ended_on": st.sampled_from([None, None, *DAYS[1:], *LATER_DAYS]),
    "currency": st.sampled_from([*["DKK"] * 5, "EUR", "JPY"]),
}


@st.composite
def _won_deals(draw: st.DrawFn, key: str) -> Deal:
    """A deal that probably earns something."""
    drawn = {name: draw(aspects[name]) for name in aspects if name not in ("status", "currency")}
    return a_deal(key, **drawn)


scores = st.builds(
    lambda payee_id, score, day: score_deal(
        f"objective:{payee_id}", payee_id, "nps", score, day, "DKK"
    ),
    st.sampled_from(PAYEES),
    st.sampled_from([0, 4_000, 8_000, 8_001, 10_000, 12_345]),
    st.sampled_from([DAYS[3], DAYS[7]]),
)


@st.composite
def deal_events(draw: st.DrawFn, number: int, told: Sequence[DealEvent]) -> DealEvent:
    """New, a retry, or an amendment of one aspect; its version may be older than what is known."""
    if told and draw(st.integers(0, 9)) == 9:
        return draw(st.sampled_from(told))
    if draw(st.integers(0, 5)) == 5:
        return an_event(draw(scores), draw(st.integers(1, number)), event_id=f"e{number:02}")
    key = f"d{draw(st.integers(1, max(5, number)))}"
    known = [event.deal for event in told if event.deal.key == key]
    if known and draw(st.integers(0, 5)) < 5:
        aspect = draw(st.sampled_from(sorted(aspects)))
        deal = replace(known[-1], **{aspect: draw(aspects[aspect])})
    else:
        deal = draw(_won_deals(key))
    is_late = draw(st.integers(0, 5)) == 5
    version = draw(st.integers(1, number)) if is_late else number
    return an_event(deal, version, event_id=f"e{number:02}")


# --- histories

rates_set = st.builds(
    RateSet,
    st.builds(
        ExchangeRate,
        st.just("EUR"),
        st.just("DKK"),
        st.sampled_from([SINCE, DAYS[2], DAYS[5]]),
        st.sampled_from(["7.46", "0.3333333", "1"]),
    ),
)
memberships_changed = st.builds(
    Membership,
    st.just(TEAM),
    st.sampled_from(PAYEES),
    st.sampled_from([SINCE, DAYS[3], DAYS[4], DAYS[5]]),
    st.sampled_from([None, None, DAYS[6], DAYS[7]]),
    st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(1), Fraction(3)]),
    st.sampled_from([TeamRole.MEMBER, TeamRole.MEMBER, TeamRole.LEADER]),
)


@st.composite
def histories(draw: st.DrawFn, step_count_max: int = 18) -> list[Step]:
    """Plans, assignments and quotas, then deals with a change of plan or quota in between now and then."""
    whose = st.sampled_from(WHOSE)
    windows = {
        key: (*draw(st.sampled_from(WINDOWS)), draw(whose), draw(whose)) for key in PLAN_KEYS
    }
    steps: list[Step] = draw(_beginnings(windows))
    starts = {step.effective_from for step in steps if isinstance(step, VersionActivated)}
    told: list[DealEvent] = []
    for number in range(1, draw(st.integers(6, step_count_max)) + 1):
        kind = draw(st.integers(-12, 7))
        if kind == 6:
            steps.append(draw(rates_set))
        elif kind == 7:
            steps.append(draw(exceptions_made(steps)))
        elif kind == 5:
            steps.append(CalendarRolled(draw(st.sampled_from(HORIZONS))))
        elif kind == 4:
            steps.append(draw(memberships_changed))
        elif kind == 3:
            steps.append(draw(quotas_set()))
        elif kind == 1 and (free := [day for day in DAYS if day not in starts]):
            steps.append(draw(_versions("ae", windows["ae"], free)))
            starts.add(steps[-1].effective_from)
        elif kind == 2:
            steps.append(draw(_assignments()))
        else:
            told.append(draw(deal_events(number, told)))
            steps.append(told[-1])
    return steps


@st.composite
def _beginnings(draw: st.DrawFn, windows: Mapping[str, Kept]) -> list[Step]:
    """One or two plans, sometimes with several versions; everybody on the first, the first payee on both."""
    steps: list[Step] = [draw(_versions("ae", windows["ae"], [SINCE]))]
    later = draw(st.sampled_from([(), DAYS[3:4], DAYS[4:5], DAYS[5:6], DAYS[3:6:2]]))
    steps += [draw(_versions("ae", windows["ae"], [day])) for day in later]
    on_plan = PAYEES if windows["ae"][2] == "own" else (*PAYEES, TEAM)
    steps += [PayeeAssigned(payee_id, "ae", SINCE, None) for payee_id in on_plan]
    steps += [Membership(TEAM, payee_id, SINCE) for payee_id in PAYEES[:2]]
    steps += draw(st.lists(memberships_changed, max_size=2))
    steps += draw(st.lists(rates_set, max_size=1))
    if draw(st.booleans()):
        steps.append(draw(_versions("extra", windows["extra"], [SINCE])))
        steps.append(PayeeAssigned(1, "extra", date(2026, 10, 15), date(2026, 12, 5)))
    window_of = {"month": "2026-11", "quarter": "2026-Q4", "year": "2026"}[windows["ae"][0]]
    steps += [QuotaSet(payee_id, "", window_of, 40_000) for payee_id in (*PAYEES[:2], TEAM)]
    return steps


def _assignments() -> st.SearchStrategy[PayeeAssigned]:
    """Somebody leaves a plan, comes back to it, or is on it for a while only."""
    return st.builds(
        PayeeAssigned,
        st.sampled_from(PAYEES),
        st.just("ae"),
        st.just(SINCE),
        st.sampled_from([None, date(2026, 10, 20), date(2026, 11, 10), date(2026, 12, 31)]),
    )


@st.composite
def _versions(draw: st.DrawFn, plan_key: str, kept: Kept, days: Sequence[date]) -> VersionActivated:
    return VersionActivated(plan_key, draw(st.sampled_from(days)), draw(plan_texts(kept)))


def quotas_set() -> st.SearchStrategy[QuotaSet]:
    return st.builds(
        QuotaSet,
        st.sampled_from(PAYEES),
        st.sampled_from(["", "ae/sales", "extra/sales"]),
        st.sampled_from(WINDOW_KEYS),
        st.sampled_from([0, 30_000, 40_000, 99_999, 160_001]),
        st.one_of(st.none(), st.sampled_from(CHANGE_DAYS)),
    )


@st.composite
def exceptions_made(draw: st.DrawFn, steps: Sequence[Step]) -> ExceptionMade:
    """Other rates or limits for somebody on some days; now and then an earlier agreement is taken back."""
    made = [step for step in steps if isinstance(step, ExceptionMade) and step.withdraws is None]
    if made and draw(st.integers(0, 3)) == 3:
        number = draw(st.integers(0, len(made) - 1))
        agreed = made[number].exception
        taken = PersonalException(0, agreed.payee_id, agreed.component_key)
        return ExceptionMade(taken, number)
    starts_on = draw(st.sampled_from([None, None, *CHANGE_DAYS]))
    ends_on = draw(st.sampled_from([None, None, date(2026, 11, 30), date(2026, 12, 31)]))
    said = draw(st.dictionaries(st.sampled_from(sorted(AGREED)), st.integers(0, 1), min_size=1))
    terms = {name: AGREED[name][choice] for name, choice in said.items()}
    payee_id = draw(st.sampled_from((1, 1, 1, 2, TEAM)))
    component_key = draw(st.sampled_from(["ae/sales", "ae/sales", "ae/more", "extra/sales"]))
    exception = PersonalException(0, payee_id, component_key, starts_on, ends_on, **terms)
    return ExceptionMade(exception)
