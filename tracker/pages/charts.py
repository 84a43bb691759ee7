"""Charts drawn on the server: shapes with places and classes, a title, the same in words, and the figures as a table.

Colours and line styles are the style sheet's. Whatever a shape says by its colour, its place, its pattern or a word
says too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from babel.numbers import format_compact_decimal

from tracker.engine.money import minor_digits
from tracker.pages.i18n import babel_locale

WIDTH, HEIGHT = 560.0, 250.0
LEFT, RIGHT, TOP, FOOT = 8.0, 8.0, 26.0, 30.0
CHARACTER_WIDTH = 7.8
SHORTENED_FROM = 1_000_000
BASE = HEIGHT - FOOT


@dataclass(frozen=True, slots=True)
class Rect:
    """A bar; `kind` is its class."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True)
class Text:
    """A label; `anchor` as SVG says it, `kind` its class."""

    x: float
    y: float
    text: str
    kind: str = "axis"
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points ("x,y x,y"); `kind` is its class."""

    points: str
    kind: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    kind: str


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of a chart. The first cell of each row names it."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture. `legend` names its classes; it is empty where there is one thing to see."""

    key: str
    title: str
    words: str
    table: Table
    rects: tuple[Rect, ...] = ()
    lines: tuple[Line, ...] = ()
    dots: tuple[Dot, ...] = ()
    texts: tuple[Text, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()
    width: float = WIDTH
    height: float = HEIGHT


@dataclass(frozen=True, slots=True)
class Group:
    """Bars that stand together under one name; each a figure, the words over it ("" none) and its class."""

    name: str
    bars: tuple[tuple[int, str, str], ...]


def grouped_bars(groups: Sequence[Group], gap_share: float = 0.3) -> tuple[list[Rect], list[Text]]:
    """Upright bars from zero, as high as their figure; none below zero."""
    highest = max((1, *(bar[0] for group in groups for bar in group.bars)))
    place = (WIDTH - LEFT - RIGHT) / max(1, len(groups))
    rects: list[Rect] = []
    texts: list[Text] = []
    for index, group in enumerate(groups):
        start = LEFT + index * place + place * gap_share / 2
        width = place * (1 - gap_share) / max(1, len(group.bars))
        for number, (figure, words, kind) in enumerate(group.bars):
            height = max(0.0, (BASE - TOP) * figure / highest)
            x = start + number * width
            rects.append(Rect(x, BASE - height, max(1.0, width - 2), height, kind))
            if words:
                texts.append(Text(x + width / 2, BASE - height - 6, words, f"value {kind}-text"))
        texts.append(Text(start + place * (1 - gap_share) / 2, BASE + 19, group.name))
    return rects, texts


def thinned(texts: Iterable[Text]) -> tuple[Text, ...]:
    """The labels that have room, from the left; one that would touch the last on its line is left out."""
    kept: list[Text] = []
    ends: dict[float, float] = {}
    for text in texts:
        half = len(text.text) * CHARACTER_WIDTH / 2
        if text.x - half >= ends.get(text.y, -WIDTH):
            kept.append(text)
            ends[text.y] = text.x + half + 6
    return tuple(kept)


def short_amount(amount_minor: int, currency: str) -> str:
    """An amount in as little room as a bar has, without its currency: "4,1 mio."."""
    whole = Fraction(amount_minor, 10 ** minor_digits(currency))
    digits = 1 if abs(whole) >= SHORTENED_FROM else 0
    return format_compact_decimal(round(whole), fraction_digits=digits, locale=babel_locale())


def points(places: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
