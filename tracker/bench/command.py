"""`bench`: measures this machine, and says beside each figure what it should stay under."""

import json
import os
import platform
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from tracker.bench import engine_cost, flow_cost, large_store
from tracker.bench import quota_cost as quota_cost_module
from tracker.bench.calc_cost import CalcCost, calc_costs
from tracker.bench.company_server import company_server
from tracker.bench.engine_cost import EngineCost, engine_costs
from tracker.bench.flow_cost import FlowCost, flow_costs
from tracker.bench.ladder_cost import MISSING, LadderCost, ladder_cost
from tracker.bench.large_store import LargeCost, large_cost
from tracker.bench.page_weight import PageWeight, page_weight
from tracker.bench.post_cost import PostCost, post_cost
from tracker.bench.push_latency import PushLatency, push_latency
from tracker.bench.quota_cost import QuotaCost, quota_cost
from tracker.bench.recomputation_cost import RecomputationCost, recomputation_costs
from tracker.bench.tables import at_most, table_of
from tracker.bench.two_writers import TwoWriters, two_writers
from tracker.bench.write_tables import write_tables


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
    posts: PostCost
    writers: TwoWriters | None
    large: LargeCost | None


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print all figures as JSON.")
@click.option(
    "--large",
    "large_count",
    type=click.IntRange(min=large_store.DEALS_OF_REP),
    metavar="DEALS",
    help="Also import so many deals, a thousand for each rep, and compare with 10,000. Takes hours for millions.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where that store is built and stays; one that is finished there is used as it is.",
)
def bench(as_json: bool, large_count: int | None, folder: Path | None) -> None:
    """Measure the engine, the push, the write path and the page weight on this machine.

    Takes some minutes and leaves nothing behind but the FOLDER. Times depend on the machine and on what else it does;
    the ratios are what should stay the same.
    """
    with _progress() as say:
        measurements = measure(say, large_count, folder)
    if as_json:
        click.echo(json.dumps(asdict(measurements), indent=2))
    else:
        _show(measurements, Console())


def measure(
    say: Callable[[str], None], large_count: int | None = None, folder: Path | None = None
) -> Measurements:
    """Runs every measurement, one after the other; that of a large store where one is asked for."""
    engine = engine_costs(lambda step: say(f"Engine, {step}"))
    flow = flow_costs(lambda step: say(f"Database, {step}"))
    quotas = quota_cost(lambda step: say(f"Database, {step}"))
    recomputation = recomputation_costs(lambda step: say(f"Engine, {step}"))
    ladder = ladder_cost(lambda step: say(f"Engine, {step}"))
    calc = calc_costs(lambda step: say(f"Files, {step}"))
    with company_server(lambda step: say(f"Push, {step}")) as server:
        page = page_weight(server)
        push = push_latency(server, lambda step: say(f"Push, {step}"))
    posts = post_cost(lambda step: say(f"Writing, {step}"))
    writers = two_writers(lambda step: say(f"Writing, {step}"))
    large = None
    if large_count is not None:
        large = large_cost(folder, large_count, lambda step: say(f"Writing, {step}"))
    return Measurements(
        Machine(os.cpu_count() or 1, platform.python_version(), platform.platform()),
        *(engine, flow, quotas, recomputation, ladder, calc, push, page),
        *(posts, writers, large),
    )


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
        *write_tables(measured.posts, measured.writers, measured.large),
    ):
        console.print(table)


def _engine_table(costs: list[EngineCost]) -> Table:
    few, many = engine_cost.FEW_DEALS, engine_cost.MANY_DEALS
    table = table_of(
        "One event in the engine", f"{few:,} deals", f"{many:,} deals", "ratio", "limit"
    )
    for cost in costs:
        times = f"{cost.few_microseconds:.0f} µs", f"{cost.many_microseconds:.0f} µs"
        table.add_row(
            cost.name, *times, at_most(cost.ratio, cost.limit, "×"), f"{cost.limit:.0f} ×"
        )
    return table


def _flow_table(costs: list[FlowCost]) -> Table:
    few, many = flow_cost.FEW_DEALS, flow_cost.MANY_DEALS
    table = table_of("One event to commit, SQLite", f"{few:,} deals", f"{many:,} deals", "ratio")
    for cost in costs:
        times = f"{cost.few_milliseconds:.1f} ms", f"{cost.many_milliseconds:.1f} ms"
        table.add_row(cost.name, *times, f"{cost.ratio:.2f} ×")
    return table


def _quota_table(cost: QuotaCost) -> Table:
    few, many = quota_cost_module.FEW_DEALS, quota_cost_module.MANY_DEALS
    table = table_of(
        f"A new quota for {cost.reps_count:,} reps, for each of them",
        f"{few} deals each",
        f"{many} deals each",
        "ratio",
        "statements that read deals",
    )
    times = f"{cost.few_milliseconds:.2f} ms", f"{cost.many_milliseconds:.2f} ms"
    table.add_row("SQLite", *times, f"{cost.ratio:.2f} ×", at_most(cost.deal_reads_count, 0, ""))
    return table


def _recomputation_table(costs: list[RecomputationCost]) -> Table:
    table = table_of("One event in the engine, beside all computed again", "event", "all", "ratio")
    for cost in costs:
        times = f"{cost.event_microseconds:.0f} µs", f"{cost.all_microseconds:,.0f} µs"
        table.add_row(f"{cost.name}, {cost.deals_count:,} deals", *times, f"{cost.ratio:,.0f} ×")
    return table


def _ladder_table(cost: LadderCost | None) -> Table:
    table = table_of("A ladder, for each rep", "ours", "OpenFisca", "ratio", "other figures")
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
    table = table_of("A file of deals, CPU", "plain loop", "calc", "ratio", "limit")
    for cost in costs:
        times = f"{cost.plain_seconds:.2f} s", f"{cost.calc_seconds:.2f} s"
        ratio = at_most(cost.ratio, cost.limit, "×")
        table.add_row(
            f"{cost.name}, {cost.deals_count:,} deals", *times, ratio, f"{cost.limit:.0f} ×"
        )
    return table


def _push_table(push: PushLatency) -> Table:
    table = table_of("Deal posted to frame received", "p50", "p95", "p99", "p50 to GET /healthz")
    times = (push.p50_milliseconds, push.p95_milliseconds, push.p99_milliseconds)
    compared = f"{push.ratio:.1f} × of {push.healthz_p50_milliseconds:.1f} ms"
    table.add_row(f"{push.deals_count} deals", *(f"{time:.1f} ms" for time in times), compared)
    return table


def _page_table(page: PageWeight) -> Table:
    table = table_of("Phone over the wire", "size", "limit")
    for name, size, limit in (
        (f"all {page.files_count} files", page.total_kilobytes, page.total_limit_kilobytes),
        ("scripts, gzipped", page.scripts_kilobytes, page.scripts_limit_kilobytes),
    ):
        table.add_row(name, at_most(size, limit, "kB"), f"{limit:.0f} kB")
    return table
