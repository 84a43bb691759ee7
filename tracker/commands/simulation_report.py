"""What a simulation says on the command line: as JSON, or as tables for people."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import click

from tracker.commands.plain_figures import amount_text
from tracker.engine.money import minor_digits
from tracker.engine.plan_trials.break_even import LEVEL_ONE, BreakEven
from tracker.engine.plan_trials.distributions import (
    ATTAINMENT_BINS,
    PAY_BINS_MAX,
    Bins,
    histogram,
    quantiles,
    round_bins,
)
from tracker.engine.plan_trials.simulation import Simulation, Trial
from tracker.engine.plan_trials.simulation_values import values_of

PERCENTS = (10, 25, 50, 75, 90)
SHOWN_COUNT = 5
"""How many winners and losers are named in the tables; JSON has all."""


@dataclass(frozen=True, slots=True)
class Told:
    """A simulation with what is needed to tell it."""

    simulation: Simulation
    trial: Trial
    references: Mapping[int, str]
    names: Mapping[int, str]


def as_json(told: Told) -> str:
    values = values_of(told.simulation)
    outcomes = values.pop("outcomes")
    attainments = values.pop("attainments")
    return json.dumps(
        {
            "plan": told.trial.new.plan.name,
            "from": told.trial.first_day.isoformat(),
            "to": told.trial.new.last_day.isoformat(),
            **values,
            "attainment_percent": _attainment_quantiles(told.simulation),
            "attainment_bins": _bins(_attained_percents(told.simulation), ATTAINMENT_BINS),
            "pay_minor": quantiles(_pay(told.simulation), PERCENTS),
            "pay_bins": _bins(
                _pay(told.simulation), round_bins(_pay(told.simulation), PAY_BINS_MAX)
            ),
            "payees": [_named(told, outcome) for outcome in outcomes],
            "attainments": [_named(told, attainment) for attainment in attainments],
            "without_quota": [told.references[one] for one in told.simulation.without_quota],
        },
        ensure_ascii=False,
        indent=2,
    )


def print_report(told: Told) -> None:
    for line in _lines(told):
        click.echo(line)


def level_text(level: int) -> str:
    """A sales level as a percentage: "110.9 %"."""
    whole, tenths = divmod(level, 10)
    return f"{whole}.{tenths} %" if tenths else f"{whole} %"


def break_even_text(found: BreakEven) -> str:
    if found.level is not None:
        return f"the same cost at {level_text(found.level)} of these sales"
    return {
        "dearer": "the new plan costs more at every sales level looked at",
        "cheaper": "the new plan costs less at every sales level looked at",
        "same": "both cost the same at every sales level looked at",
    }.get(found.kind, "")


def _named(told: Told, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of one payee, under the name and the reference they are known by."""
    payee_id = values["payee_id"]
    reference = told.references[payee_id]
    rest = {key: value for key, value in values.items() if key != "payee_id"}
    return {"payee": reference, "name": told.names.get(payee_id, reference), **rest}


def _pay(simulation: Simulation) -> list[int]:
    return [outcome.new_minor for outcome in simulation.outcomes]


def _attained_percents(simulation: Simulation) -> list[int]:
    ratios = [found.ratio for found in simulation.attainments if found.ratio is not None]
    return [int(ratio * 100) for ratio in ratios]


def _attainment_quantiles(simulation: Simulation) -> dict[int, int]:
    return quantiles(_attained_percents(simulation), PERCENTS)


def _bins(figures: list[int], bins: Bins) -> list[dict[str, int]]:
    """How many figures each bin holds, from where on."""
    counts = histogram(figures, bins)
    return [{"from": bins.lower(index), "count": count} for index, count in enumerate(counts)]


def _lines(told: Told) -> Iterator[str]:
    simulation, trial = told.simulation, told.trial
    digits = minor_digits(simulation.currency)
    yield f"{trial.new.plan.name} on {simulation.deals_count:,} deals from {trial.first_day} to {trial.new.last_day}"
    yield ""
    yield f"  {'sales':>8}  {'sold':>18}  {'cost':>16}  {'until now':>16}  {'of sales':>8}"
    for scenario in sorted(simulation.scenarios, key=lambda one: one.level):
        old = "" if scenario.old_minor is None else amount_text(scenario.old_minor, digits)
        yield (
            f"  {level_text(scenario.level):>8}  {amount_text(scenario.sales_minor, digits):>18}  "
            f"{amount_text(scenario.new_minor, digits):>16}  {old:>16}  "
            f"{_share_text(scenario.new_minor, scenario.sales_minor):>8}"
        )
    if words := break_even_text(simulation.break_even):
        yield f"\n  {words[0].upper()}{words[1:]}."
    yield from _spread(simulation, digits)
    if simulation.is_compared:
        yield from _who_wins(told, digits)
    if simulation.without_quota:
        names = ", ".join(told.references[one] for one in simulation.without_quota)
        yield f"\n  Without a quota in some window, and so without pay there: {names}"


def _spread(simulation: Simulation, digits: int) -> Iterator[str]:
    yield ""
    yield "  " + " " * 12 + "".join(f"{f'P{percent}':>16}" for percent in PERCENTS)
    pay = quantiles(_pay(simulation), PERCENTS)
    yield f"  {'pay':<12}" + "".join(f"{amount_text(pay[p], digits):>16}" for p in pay)
    reached = _attainment_quantiles(simulation)
    if reached:
        yield f"  {'attainment':<12}" + "".join(f"{f'{reached[p]} %':>16}" for p in reached)


def _who_wins(told: Told, digits: int) -> Iterator[str]:
    outcomes = told.simulation.outcomes
    winners = [one for one in outcomes if one.difference_minor > 0]
    losers = [one for one in reversed(outcomes) if one.difference_minor < 0]
    for title, found in (("win", winners), ("lose", losers)):
        amount = _signed_text(sum(one.difference_minor for one in found), digits)
        yield f"\n  {len(found)} of {len(outcomes)} {title}, {amount} in all:"
        for one in found[:SHOWN_COUNT]:
            change = _signed_text(one.difference_minor, digits)
            yield f"    {told.references[one.payee_id]:<36}{change:>14}  {break_even_text(one.break_even)}"


def _signed_text(amount_minor: int, digits: int) -> str:
    sign = "-" if amount_minor < 0 else "+" if amount_minor else ""
    return f"{sign}{amount_text(abs(amount_minor), digits)}"


def _share_text(part_minor: int, whole_minor: int) -> str:
    if not whole_minor:
        return ""
    tenths = int(Fraction(part_minor, whole_minor) * LEVEL_ONE)
    return level_text(tenths)
