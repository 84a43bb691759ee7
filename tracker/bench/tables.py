"""How a measurement is printed: a table whose figures say by their mark whether they keep their limit."""

from rich.table import Table


def table_of(title: str, *headings: str) -> Table:
    table = Table(title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def at_most(value: float, limit: float, unit: str) -> str:
    """A figure that should not be above its limit."""
    return _marked(value, value <= limit, unit)


def at_least(value: float, limit: float, unit: str) -> str:
    """A figure that should not be below its limit."""
    return _marked(value, value >= limit, unit)


def _marked(value: float, holds: bool, unit: str) -> str:
    colour, mark = ("green", "✓") if holds else ("red", "✗")
    return f"[{colour}]{value:.2f} {unit} {mark}[/{colour}]"
