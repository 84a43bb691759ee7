"""`bench`: measures this machine, and says beside each figure what it should stay under."""

import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tracker.bench import engine_cost, flow_cost
from tracker.bench import quota_cost as quota_cost_module
from tracker.bench.calc_cost import CalcCost, calc_costs
from tracker.bench.company_server import company_server
from tracker.bench.engine_cost import EngineCost, engine_costs
from tracker.bench.flow_cost import FlowCost, flow_costs
from tracker.bench.ladder_cost import MISSING, LadderCost, ladder_cost
from tracker.bench.page_weight import PageWeight, page_weight
from tracker.bench.push_latency import PushLatency, push_latency
from tracker.bench.quota_cost import QuotaCost, quota_cost
from tracker.bench.recomputation_cost import RecomputationCost, recomputation_costs


@dataclass(frozen=True, slots=True)
class Machine:
    """What the figures hold for."""

    cores: int
    python: str
    system: str


@dataclass(frozen=True, slots=True)
class Measurements:
    """Everything one run found."""

    machine: Machine
    engine: list[EngineCost]
    flow: list[FlowCost]
    quotas: QuotaCost
    recomputation: list[RecomputationCost]
    ladder: LadderCost | None
    calc: list[CalcCost]
    push: PushLatency
    page: PageWeight


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
def bench(as_json: bool) -> None:
    """Measure the engine, the push and the page weight on this machine.

    Takes a few minutes and leaves nothing behind. Times depend on the machine and on what else it does; the ratios
    are what should stay the same.
    """
    with _progress() as say:
        measurements = measure(say)
    if as_json:
        click.echo(json.dumps(asdict(measurements), indent=2))
    else:
        _show(measurements, Console())


def measure(say: Callable[[str], None]) -> Measurements:
    """Runs every measurement, one after the other."""
    engine = engine_costs(lambda step: say(f"Engine, {step}"))
    flow = flow_costs(lambda step: say(f"Database, {step}"))
    quotas = quota_cost(lambda step: say(f"Database, {step}"))
    recomputation = recomputation_costs(lambda step: say(f"Engine, {step}"))
    ladder = ladder_cost(lambda step: say(f"Engine, {step}"))
    calc = calc_costs(lambda step: say(f"Files, {step}"))
    with company_server(lambda step: say(f"Push, {step}")) as server:
        page = page_weight(server)
        push = push_latency(server, lambda step: say(f"Push, {step}"))
    machine = Machine(os.cpu_count() or 1, platform.python_version(), platform.platform())
    return Measurements(machine, engine, flow, quotas, recomputation, ladder, calc, push, page)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Starting", total=None)
        yield lambda step: progress.update(task, description=step)


def _show(measured: Measurements, console: Console) -> None:
    machine = measured.machine
    console.print(f"{machine.cores} cores, Python {machine.python}, {machine.system}")
    for table in (
        _engine_table(measured.engine),
        _flow_table(measured.flow),
        _quota_table(measured.quotas),
        _recomputation_table(measured.recomputation),
        _ladder_table(measured.ladder),
        _calc_table(measured.calc),
        _push_table(measured.push),
        _page_table(measured.page),
    ):
        console.print(table)


def _engine_table(costs: list[EngineCost]) -> Table:
    few, many = engine_cost.FEW_DEALS, engine_cost.MANY_DEALS
    table = _table("One event in the engine", f"{few:,} deals", f"{many:,} deals", "ratio", "limit")
    for cost in costs:
        times = f"{cost.few_microseconds:.0f} µs", f"{cost.many_microseconds:.0f} µs"
        table.add_row(
            cost.name, *times, _judged(cost.ratio, cost.limit, "×"), f"{cost.limit:.0f} ×"
        )
    return table


def _flow_table(costs: list[FlowCost]) -> Table:
    few, many = flow_cost.FEW_DEALS, flow_cost.MANY_DEALS
    table = _table("One event to commit, SQLite", f"{few:,} deals", f"{many:,} deals", "ratio")
    for cost in costs:
        times = f"{cost.few_milliseconds:.1f} ms", f"{cost.many_milliseconds:.1f} ms"
        table.add_row(cost.name, *times, f"{cost.ratio:.2f} ×")
    return table


def _quota_table(cost: QuotaCost) -> Table:
    few, many = quota_cost_module.FEW_DEALS, quota_cost_module.MANY_DEALS
    table = _table(
        f"A new quota for {cost.reps_count:,} reps, for each of them",
        f"{few} deals each",
        f"{many} deals each",
        "ratio",
        "statements that read deals",
    )
    times = f"{cost.few_milliseconds:.2f} ms", f"{cost.many_milliseconds:.2f} ms"
    table.add_row("SQLite", *times, f"{cost.ratio:.2f} ×", _judged(cost.deal_reads_count, 0, ""))
    return table


def _recomputation_table(costs: list[RecomputationCost]) -> Table:
    table = _table("One event in the engine, beside all computed again", "event", "all", "ratio")
    for cost in costs:
        times = f"{cost.event_microseconds:.0f} µs", f"{cost.all_microseconds:,.0f} µs"
        table.add_row(f"{cost.name}, {cost.deals_count:,} deals", *times, f"{cost.ratio:,.0f} ×")
    return table


def _ladder_table(cost: LadderCost | None) -> Table:
    table = _table("A ladder, for each rep", "ours", "OpenFisca", "ratio", "other figures")
    if cost is None:
        table.caption = MISSING
        return table
    own = f"{cost.own_microseconds:.2f} µs"
    one, together = f"{cost.one_microseconds:.2f} µs", f"{cost.all_microseconds:.2f} µs"
    table.add_row("one rep at a time", own, one, f"OpenFisca {cost.one_ratio:.1f} ×", "")
    differing = f"{cost.differing_count} of {cost.reps_count:,}"
    table.add_row("all in one array", own, together, f"ours {cost.all_ratio:.1f} ×", differing)
    return table


def _calc_table(costs: list[CalcCost]) -> Table:
    table = _table("A file of deals, CPU", "plain loop", "calc", "ratio", "limit")
    for cost in costs:
        times = f"{cost.plain_seconds:.2f} s", f"{cost.calc_seconds:.2f} s"
        ratio = _judged(cost.ratio, cost.limit, "×")
        table.add_row(
            f"{cost.name}, {cost.deals_count:,} deals", *times, ratio, f"{cost.limit:.0f} ×"
        )
    return table


def _push_table(push: PushLatency) -> Table:
    table = _table("Deal posted to frame received", "p50", "p95", "p99", "p50 to GET /healthz")
    times = (push.p50_milliseconds, push.p95_milliseconds, push.p99_milliseconds)
    compared = f"{push.ratio:.1f} × of {push.healthz_p50_milliseconds:.1f} ms"
    table.add_row(f"{push.deals_count} deals", *(f"{time:.1f} ms" for time in times), compared)
    return table


def _page_table(page: PageWeight) -> Table:
    table = _table("Phone over the wire", "size", "limit")
    for name, size, limit in (
        (f"all {page.files_count} files", page.total_kilobytes, page.total_limit_kilobytes),
        ("scripts, gzipped", page.scripts_kilobytes, page.scripts_limit_kilobytes),
    ):
        table.add_row(name, _judged(size, limit, "kB"), f"{limit:.0f} kB")
    return table


def _table(title: str, *headings: str) -> Table:
    table = Table(title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def _judged(value: float, limit: float, unit: str) -> str:
    colour = "green" if value <= limit else "red"
    return f"[{colour}]{value:.2f} {unit}[/{colour}]"
