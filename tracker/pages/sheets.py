"""What a why is made of: a title, the figure it explains, the lines that make it, and a few plain sentences."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a sheet: what, a remark under it, and a figure. `tone` is "", gain, waiting, loss or mute."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that belong together; `total` closes them when they sum to something."""

    heading: str
    rows: tuple[Row, ...]
    total: Row | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A why: title, the figure it explains, a sentence under it, the sections, and remarks."""

    title: str
    figure: str
    tone: str
    remark: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
