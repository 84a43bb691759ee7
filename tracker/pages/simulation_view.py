"""A simulation as it is looked at: what it comes to in a few figures, five charts, and every person's difference."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tracker.engine.plan_trials.simulation import EXPECTED, Outcome, Scenario, Simulation
from tracker.engine.plan_trials.simulation_values import simulation_from
from tracker.pages.charts import Chart
from tracker.pages.formatting import percent
from tracker.pages.simulation_charts import charts_of
from tracker.pages.simulation_words import break_even_words, share_words
from tracker.store.drafts import DraftStep


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """One person's pay under both plans, and the sales at which they are level."""

    payee_id: int
    name: str
    new_minor: int
    old_minor: int
    difference_minor: int
    break_even: str


@dataclass(frozen=True, slots=True)
class SimulationView:
    """Everything shown of a simulation. Amounts are minor units of `currency`."""

    simulation: Simulation
    first_day: date
    last_day: date
    simulated_at: datetime
    simulated_by: str
    charts: tuple[Chart, ...]
    rows: tuple[OutcomeRow, ...]
    cost: Scenario
    cost_share: str
    difference_minor: int | None
    difference_share: str
    break_even: str
    winners_count: int
    losers_count: int
    without_quota: tuple[str, ...]

    @property
    def currency(self) -> str:
        return self.simulation.currency


def simulation_view(step: DraftStep, names: Mapping[int, str], by: str) -> SimulationView:
    """The view of a simulation that was kept."""
    simulation = simulation_from(step.figures)
    cost = simulation.scenario(EXPECTED)
    difference = None if cost.old_minor is None else cost.new_minor - cost.old_minor
    rows = tuple(_row(outcome, names) for outcome in simulation.outcomes)
    return SimulationView(
        simulation=simulation,
        first_day=date.fromisoformat(step.figures["from"]),
        last_day=date.fromisoformat(step.figures["to"]),
        simulated_at=step.recorded_at,
        simulated_by=by,
        charts=tuple(charts_of(simulation, names)),
        rows=rows,
        cost=cost,
        cost_share=share_words(cost.new_minor, cost.sales_minor),
        difference_minor=difference,
        difference_share=_change(difference, cost.old_minor),
        break_even=break_even_words(simulation.break_even),
        winners_count=sum(row.difference_minor > 0 for row in rows),
        losers_count=sum(row.difference_minor < 0 for row in rows),
        without_quota=tuple(names.get(one, str(one)) for one in simulation.without_quota),
    )


def _row(outcome: Outcome, names: Mapping[int, str]) -> OutcomeRow:
    return OutcomeRow(
        outcome.payee_id,
        names.get(outcome.payee_id, str(outcome.payee_id)),
        outcome.new_minor,
        outcome.old_minor,
        outcome.difference_minor,
        break_even_words(outcome.break_even),
    )


def _change(difference_minor: int | None, before_minor: int | None) -> str:
    if difference_minor is None or not before_minor:
        return ""
    sign = "+" if difference_minor > 0 else ""
    return sign + percent(Fraction(difference_minor, before_minor), digits=1)
