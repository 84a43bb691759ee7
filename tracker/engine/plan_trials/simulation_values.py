"""A simulation as plain values (text, whole numbers, lists), and back again: what is kept, and what `--json` prints."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tracker.engine.plan_trials.break_even import BreakEven
from tracker.engine.plan_trials.simulation import Attainment, Outcome, Scenario, Simulation


def values_of(simulation: Simulation) -> dict[str, Any]:
    """Money in minor units, sales levels in thousandths, shares as "n/d"."""
    return {
        "currency": simulation.currency,
        "deals_count": simulation.deals_count,
        "is_compared": simulation.is_compared,
        "scenarios": [_scenario_values(scenario) for scenario in simulation.scenarios],
        "curve": [_scenario_values(scenario) for scenario in simulation.curve],
        "break_even": _break_even_values(simulation.break_even),
        "outcomes": [
            {
                "payee_id": outcome.payee_id,
                "new_minor": outcome.new_minor,
                "old_minor": outcome.old_minor,
                "break_even": _break_even_values(outcome.break_even),
            }
            for outcome in simulation.outcomes
        ],
        "attainments": [
            {
                "payee_id": attainment.payee_id,
                "window": attainment.window_key,
                "ratio": None if attainment.ratio is None else str(attainment.ratio),
                "is_past_first_step": attainment.is_past_first_step,
            }
            for attainment in simulation.attainments
        ],
        "without_quota": list(simulation.without_quota),
    }


def simulation_from(values: Mapping[str, Any]) -> Simulation:
    """What `values_of` was made of."""
    return Simulation(
        currency=values["currency"],
        deals_count=values["deals_count"],
        scenarios=tuple(Scenario(**scenario) for scenario in values["scenarios"]),
        curve=tuple(Scenario(**scenario) for scenario in values["curve"]),
        outcomes=tuple(
            Outcome(**(outcome | {"break_even": BreakEven(**outcome["break_even"])}))
            for outcome in values["outcomes"]
        ),
        attainments=tuple(
            Attainment(
                found["payee_id"],
                found["window"],
                None if found["ratio"] is None else Fraction(found["ratio"]),
                found["is_past_first_step"],
            )
            for found in values["attainments"]
        ),
        break_even=BreakEven(**values["break_even"]),
        is_compared=values["is_compared"],
        without_quota=tuple(values["without_quota"]),
    )


def _scenario_values(scenario: Scenario) -> dict[str, Any]:
    return {
        "level": scenario.level,
        "sales_minor": scenario.sales_minor,
        "new_minor": scenario.new_minor,
        "old_minor": scenario.old_minor,
    }


def _break_even_values(found: BreakEven) -> dict[str, Any]:
    return {"kind": found.kind, "level": found.level}
