"""What a why is made of: a title, the figure it explains, the lines that make it, and a few plain sentences."""

import json
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a sheet: what, a remark under it, and a figure. `tone` is "", gain, waiting, loss or mute.

    `mark` is the band of a meter that the line stands for, `address` where its label leads.
    """

    label: str
    value: str
    note: str = ""
    tone: str = ""
    mark: str = ""
    address: str = ""


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


def sheet_to_json(sheet: Sheet) -> str:
    """A why as it was shown, to be kept."""
    return json.dumps(asdict(sheet), ensure_ascii=False, separators=(",", ":"))


def sheet_from_json(text: str) -> Sheet:
    """The why that `sheet_to_json` wrote."""
    kept = json.loads(text)
    sections = tuple(_section(one) for one in kept.pop("sections"))
    return Sheet(**{**kept, "sections": sections, "notes": tuple(kept["notes"])})


def _section(kept: dict[str, Any]) -> Section:
    rows = tuple(Row(**row) for row in kept["rows"])
    return Section(kept["heading"], rows, Row(**kept["total"]) if kept["total"] else None)
