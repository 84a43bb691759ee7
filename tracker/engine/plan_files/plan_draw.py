"""The table of a draw, in a plan file for everybody and in a file of people for one of them."""

from datetime import date

from tracker.engine.agreement.plans import Draw, DrawKind
from tracker.engine.plan_files.plan_reader import TableReader

DRAW_KEYS = ("amount", "kind", "from", "until", "recovery_limit", "forgive_at_end")
EXAMPLE_DRAW = '{ amount = "30000", kind = "recoverable", from = "2026-01-01" }'


def read_draw(table: TableReader, currency_digits: int) -> Draw | None:
    """The draw a table describes; an amount of 0 is none. Every problem with it is noted."""
    table.refuse_unknown(DRAW_KEYS)
    table.require("amount", 'amount = "30000"')
    amount_minor = _not_negative_minor(table, "amount", currency_digits) or 0
    starts_on, ends_on = read_days(table)
    draw = Draw(
        amount_minor,
        table.choice("kind", DrawKind, DrawKind.RECOVERABLE),
        starts_on,
        ends_on,
        _not_negative_minor(table, "recovery_limit", currency_digits),
        table.flag("forgive_at_end"),
    )
    _check_fits_together(table, draw)
    return draw if draw.amount_minor else None


def read_days(table: TableReader) -> tuple[date | None, date | None]:
    """The first and the last day of something, both of which may be left open."""
    starts_on, ends_on = table.day("from"), table.day("until")
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        table.problem("until", f"{ends_on} is before {starts_on}.", "Write the last day here.")
    return starts_on, ends_on


def _not_negative_minor(table: TableReader, key: str, digits: int) -> int | None:
    amount_minor = table.amount_minor(key, digits, '"30000"')
    if amount_minor is not None and amount_minor < 0:
        table.problem(key, "the amount is negative.", f'Write {key} = "30000".')
    return amount_minor


def _check_fits_together(table: TableReader, draw: Draw) -> None:
    if draw.kind is DrawKind.NON_RECOVERABLE:
        for key in ("recovery_limit", "forgive_at_end"):
            if table.has(key):
                what = "a draw that is not recoverable leaves no debt to give back."
                table.problem(key, what, f'Remove {key}, or write kind = "recoverable".')
    elif draw.forgives_at_end and draw.ends_on is None:
        what = "a draw without an end has no day on which its balance is forgiven."
        table.problem("forgive_at_end", what, 'Add until = "2026-12-31".')
