"""What the measurements of the write path found, as tables."""

from rich.table import Table

from tracker.bench import large_store, post_cost, slow_disk, two_writers
from tracker.bench.large_store import LargeCost
from tracker.bench.post_cost import PostCost
from tracker.bench.tables import at_least, at_most, table_of
from tracker.bench.two_writers import TwoWriters


def write_tables(
    posts: PostCost, writers: TwoWriters | None, large: LargeCost | None
) -> list[Table]:
    """In the order in which they are measured."""
    tables = [_singles_table(posts), _batches_table(posts), _writers_table(writers)]
    return tables if large is None else [*tables, _large_table(large)]


def _singles_table(posts: PostCost) -> Table:
    table = table_of(
        f"One deal to a request, {post_cost.CONNECTIONS_COUNT} connections",
        *("no-op /s", "kept /s", "share of no-op", "of processor time", "limit"),
    )
    for single in posts.singles:
        rates = f"{single.no_op_per_second:,.0f}", f"{single.kept_per_second:,.0f}"
        limit = post_cost.NO_OP_SHARE_MIN
        share = at_least(single.share, limit, "")
        of_processor = f"{single.processor_share:.2f}"
        table.add_row(f"disk {single.disk}", *rates, share, of_processor, f"{limit} or more")
    if len(posts.singles) == 1:
        table.caption = f"A disk that waits: {slow_disk.MISSING}."
    return table


def _batches_table(posts: PostCost) -> Table:
    batches = posts.batches
    table = table_of("Deals kept over HTTP", "events /s", "batches over it", "limit")
    table.caption = (
        f"of processor time: {batches.processor_share:.2f} of that in a batch is for the bare rows"
    )
    batch = f"batches of {post_cost.BATCH_COUNT}, one connection"
    table.add_row(batch, f"{batches.batch_per_second:,.0f}", "", "")
    times_min, share_min = post_cost.BATCH_TIMES_MIN, post_cost.ROWS_SHARE_MIN
    times = at_least(batches.times_one_by_one, times_min, "×")
    one_by_one = f"{batches.one_by_one_per_second:,.0f}"
    table.add_row("one by one, one connection", one_by_one, times, f"{times_min} × or more")
    at_once = f"{batches.many_at_once_per_second:,.0f}"
    over = f"{batches.batch_per_second / batches.many_at_once_per_second:.2f} ×"
    table.add_row(f"one by one, {post_cost.CONNECTIONS_COUNT} connections", at_once, over, "")
    rows = f"the {batches.rows_of_event:.1f} rows of each, bare"
    share = at_least(batches.rows_share, share_min, "×")
    table.add_row(rows, f"{batches.rows_per_second:,.0f}", share, f"{share_min} × or more")
    return table


def _writers_table(writers: TwoWriters | None) -> Table:
    table = table_of(
        f"PostgreSQL, commits of {two_writers.GROUP_COUNT} events",
        *("one process /s", "two /s", "ratio", "limit", "drift"),
    )
    if writers is None:
        table.caption = two_writers.MISSING
        return table
    rates = f"{writers.one_per_second:,.0f}", f"{writers.two_per_second:,.0f}"
    ratio = at_least(writers.times, two_writers.TIMES_MIN, "×")
    drift = at_most(writers.drift_minor, 0, "")
    limit = f"more than {two_writers.TIMES_MIN} ×"
    table.add_row(f"{writers.events_count:,} deals in all", *rates, ratio, limit, drift)
    return table


def _large_table(large: LargeCost) -> Table:
    built, limit = large.built, large_store.COST_LIMIT
    table = table_of(
        f"An event of a batch of {large_store.BATCH_COUNT}, processor time",
        f"{large_store.SMALL_DEALS:,} deals",
        f"{built.deals_count:,} deals",
        *("ratio", "limit"),
    )
    times = f"{large.small_milliseconds:.2f} ms", f"{large.large_milliseconds:.2f} ms"
    table.add_row("SQLite", *times, at_most(large.ratio, limit, "×"), f"{limit} ×")
    held = ", ".join(
        f"{held:.0f} MB at {share} %" for share, held in built.memory_megabytes.items()
    )
    table.caption = (
        f"{built.file_megabytes:,.0f} MB of file for {built.reps_count:,} reps: checked in "
        f"{built.check_seconds:,.0f} s, imported in {built.import_seconds:,.0f} s to "
        f"{built.store_megabytes:,.0f} MB, holding {held}"
    )
    return table
