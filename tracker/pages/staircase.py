"""The staircase: the product's picture of a plan, worked out here and drawn as SVG by templates/_staircase.html.

A step's width is how much must be sold on it, its height is its rate. Filled is sold; the ring is where the payee
stands; the dashed line is where the window ends at this pace. In a retroactive plan everything sold stands at the
height of the step reached. Labels that would touch are left out, the most telling ones last: the text beside the
picture says them all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from babel.numbers import format_compact_decimal

from tracker.engine.money import minor_digits
from tracker.engine.plans import COUNT_MEASURES
from tracker.engine.standing import Standing, Step
from tracker.pages.formatting import (
    COUNT_SCALE,
    count,
    measured,
    money,
    pay_rate,
    percent,
    sentence,
)
from tracker.pages.i18n import babel_locale, gettext

TEXT_SIZE = 13.0
STEP_GAP = 3.0
STEP_WIDTH_MIN = 10.0
LOWEST_SHARE_OF_HEIGHT = 0.15
RING_RADIUS = 7.5
LABEL_MARGIN = 2.0
BOUND_TEXT_SHARE = 0.88
CHARACTER_WIDTHS = {" ": 0.34, "\N{NO-BREAK SPACE}": 0.34, ".": 0.36, ",": 0.36, "%": 0.98}
CHARACTER_WIDTH = 0.68
"""Of the text size, in a bold system font: wide rather than narrow, so that labels stay apart in any font."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture; y grows downwards."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def overlaps(self, other: "Box") -> bool:
        beside = self.right <= other.x or other.right <= self.x
        above = self.bottom <= other.y or other.bottom <= self.y
        return not (beside or above)


@dataclass(frozen=True, slots=True)
class DrawnStep:
    """A step: its outline, and how much of its width is filled. `state` is reached, current or ahead."""

    number: int
    box: Box
    filled_width: float
    state: str
    is_gate: bool


@dataclass(frozen=True, slots=True)
class Label:
    """A text, centred on x with its baseline on y. `kind` is rate or bound, `state` as the step's it belongs to."""

    text: str
    x: float
    y: float
    box: Box
    kind: str
    state: str


@dataclass(frozen=True, slots=True)
class Staircase:
    """The whole picture in its own units; `title` and `description` say it in words."""

    key: str
    width: float
    height: float
    foot: float
    text_size: float
    steps: tuple[DrawnStep, ...]
    labels: tuple[Label, ...]
    ring_x: float
    ring_y: float
    projection: Box | None
    ceiling: Box | None
    title: str
    description: str


def staircase(
    standing: Standing,
    width: float,
    height: float,
    projection: bool = True,
    rates: bool = True,
    text_size: float = TEXT_SIZE,
) -> Staircase | None:
    """The staircase of a standing; None when there is no ladder to draw. `rates` False leaves pay out altogether."""
    if not standing.steps:
        return None
    stairs = _Stairs(standing, width, height, text_size, rates)
    steps = [stairs.drawn(index) for index in range(len(standing.steps))]
    ring_x, ring_y = stairs.ring()
    return Staircase(
        key=f"{standing.payee_id}-{standing.component_key}".replace("/", "-"),
        width=width,
        height=height,
        foot=stairs.foot,
        text_size=text_size,
        steps=tuple(steps),
        labels=tuple(_labels(stairs, steps, rates)),
        ring_x=ring_x,
        ring_y=ring_y,
        projection=stairs.projection() if projection else None,
        ceiling=stairs.ceiling(),
        title=_title(standing, rates),
        description=_description(standing, projection, rates),
    )


class _Stairs:
    """From amounts and rates to places in the picture."""

    def __init__(
        self, standing: Standing, width: float, height: float, text_size: float, rates: bool
    ) -> None:
        self.standing = standing
        self.text_size = text_size
        self.width = width
        self.side = RING_RADIUS / 2
        self.top = text_size * 2
        self.foot = height - text_size * 1.6
        self.ends = [*(_end(step) for step in standing.steps[:-1]), _last_end(standing)]
        self.widths = _widths(
            [
                end - step.starts_at_minor
                for step, end in zip(standing.steps, self.ends, strict=True)
            ],
            width - 2 * self.side,
        )
        self.heights = _heights(standing.steps, self.foot - self.top)
        self.current = _current_index(standing)

    def left(self, index: int) -> float:
        return self.side + sum(self.widths[:index])

    def x_of(self, amount_minor: int) -> float:
        """Where an attainment lies; never outside the stairs."""
        for index, (step, end) in enumerate(zip(self.standing.steps, self.ends, strict=True)):
            if amount_minor < end or index == len(self.ends) - 1:
                part = (amount_minor - step.starts_at_minor) / max(1, end - step.starts_at_minor)
                return self.left(index) + min(1.0, max(0.0, part)) * self.widths[index]
        raise AssertionError("stairs have a last step")

    def drawn(self, index: int) -> DrawnStep:
        step = self.standing.steps[index]
        gap = STEP_GAP if index < len(self.widths) - 1 else 0.0
        height = self.heights[index]
        if self.standing.is_whole and index < self.current:
            height = self.heights[self.current]
        box = Box(self.left(index), self.foot - height, self.widths[index] - gap, height)
        state = ("reached", "current", "ahead")[(index >= self.current) + (index > self.current)]
        sold_to = self.x_of(self.standing.attainment_minor) if index == self.current else box.right
        filled = 0.0 if state == "ahead" else min(box.width, max(0.0, sold_to - box.x))
        is_gate = _is_gate(self.standing.steps, index) and not (
            self.standing.is_whole and state == "reached"
        )
        return DrawnStep(step.number, box, filled, state, is_gate)

    def ring(self) -> tuple[float, float]:
        return self.x_of(self.standing.attainment_minor), self.foot - self.heights[self.current]

    def projection(self) -> Box | None:
        projected = self.standing.projection.attainment_minor
        if projected <= self.standing.attainment_minor:
            return None
        x = self.x_of(projected)
        index = next(
            i for i, end in enumerate(self.ends) if projected < end or end == self.ends[-1]
        )
        height = self.heights[index]
        return Box(x, self.foot - height, 0.0, height)

    def ceiling(self) -> Box | None:
        """The cap: a lid over the last step, beyond which nothing more is earned."""
        if self.standing.cap_at_minor is None:
            return None
        x = self.x_of(self.standing.cap_at_minor)
        left = self.left(len(self.widths) - 1)
        return Box(min(left, x), self.foot - self.heights[-1] - 5, max(2.0, x - left), 3)


def _end(step: Step) -> int:
    return step.up_to_minor if step.up_to_minor is not None else step.starts_at_minor + 1


def _last_end(standing: Standing) -> int:
    """Where the picture ends: the last bound, or far enough up an open step to hold what is sold and projected."""
    last = standing.steps[-1]
    if last.up_to_minor is not None:
        return max(last.up_to_minor, last.starts_at_minor + 1)
    if standing.cap_at_minor is not None:
        return max(standing.cap_at_minor, last.starts_at_minor + 1)
    reached = max(standing.attainment_minor, standing.projection.attainment_minor)
    if last.starts_at_minor == 0:
        return max(standing.quota_minor or 0, reached * 23 // 20, 1)
    # Far above the last bound the ring stays at the end: the steps below must still be seen.
    sensible, farthest = last.starts_at_minor * 5 // 4, last.starts_at_minor * 2
    return max(sensible, min(reached * 21 // 20, farthest))


def _widths(amounts: Sequence[int], width: float) -> list[float]:
    """Widths in proportion to amounts, none so small that it cannot be seen; their sum is `width`."""
    smallest = min(STEP_WIDTH_MIN, width / (2 * len(amounts)))
    narrow: set[int] = set()
    while True:
        wide = [index for index in range(len(amounts)) if index not in narrow]
        scale = (width - smallest * len(narrow)) / sum(amounts[index] for index in wide)
        found = {index for index in wide if amounts[index] * scale < smallest}
        if not found:
            return [smallest if i in narrow else amount * scale for i, amount in enumerate(amounts)]
        narrow |= found


def _heights(steps: Sequence[Step], height: float) -> list[float]:
    """Heights in proportion to rates; a plan of bonuses alone climbs by what they sum to."""
    values = [max(Fraction(0), step.rate) for step in steps]
    if not any(values):
        values = [Fraction(sum(s.bonus_minor for s in steps[: i + 1])) for i in range(len(steps))]
    highest = max(values) or Fraction(1)
    return [height * max(LOWEST_SHARE_OF_HEIGHT, float(value / highest)) for value in values]


def _current_index(standing: Standing) -> int:
    numbers = [step.number for step in standing.steps]
    return numbers.index(standing.step_number) if standing.step_number in numbers else 0


def _is_gate(steps: Sequence[Step], index: int) -> bool:
    """A first step that pays nothing: one has to get over it before anything is earned."""
    return index == 0 and len(steps) > 1 and not steps[0].rate and not steps[0].bonus_minor


# --- labels -------------------------------------------------------------------------------------------------------


def _labels(stairs: _Stairs, steps: Sequence[DrawnStep], rates: bool) -> Iterator[Label]:
    """The labels that have room, the most telling ones placed first."""
    ring_x, ring_y = stairs.ring()
    reach = RING_RADIUS + 2
    placed = [Box(ring_x - reach, ring_y - reach, 2 * reach, 2 * reach)]
    wanted = [*_rate_labels(stairs, steps)] if rates else []
    for candidates in [*wanted, *_bound_labels(stairs, steps)]:
        for label in candidates:
            if not any(label.box.overlaps(other) for other in placed):
                placed.append(label.box)
                yield label
                break


def _telling_order(steps: Sequence[DrawnStep]) -> list[int]:
    """Steps by how much their label tells: where I am, what is next, the top, the rest from near to far."""
    current = next((i for i, step in enumerate(steps) if step.state == "current"), 0)
    order = [
        current,
        current + 1,
        len(steps) - 1,
        *sorted(range(len(steps)), key=lambda i: abs(i - current)),
    ]
    return [index for index in dict.fromkeys(order) if index < len(steps)]


def _rate_labels(stairs: _Stairs, steps: Sequence[DrawnStep]) -> Iterator[list[Label]]:
    """For each step the places its rate may stand: over its middle, else over one of its edges."""
    standing = stairs.standing
    for index in _telling_order(steps):
        if standing.is_whole and steps[index].state == "reached":
            continue
        text, box = _step_text(standing, standing.steps[index]), steps[index].box
        half = _text_width(text, stairs.text_size) / 2
        yield [
            _over_the_stairs(stairs, steps, text, x, steps[index].state)
            for x in (box.x + box.width / 2, box.right - half, box.x + half)
        ]


def _over_the_stairs(
    stairs: _Stairs, steps: Sequence[DrawnStep], text: str, x: float, state: str
) -> Label:
    """A label as low as the steps (and the ring) under it let it stand."""
    width = _text_width(text, stairs.text_size) + 2 * LABEL_MARGIN
    x = min(max(x, width / 2), stairs.width - width / 2)
    under = [s.box.y for s in steps if s.box.x < x + width / 2 and s.box.right > x - width / 2]
    ring_x, ring_y = stairs.ring()
    if abs(ring_x - x) < width / 2 + RING_RADIUS + 2:
        under.append(ring_y - RING_RADIUS)
    lid = stairs.ceiling()
    if lid is not None and lid.right > x - width / 2 and lid.x < x + width / 2:
        under.append(lid.y)
    baseline = min(under) - 0.5 * stairs.text_size
    return _label(text, x, baseline, stairs.text_size, "rate", state)


def _bound_labels(stairs: _Stairs, steps: Sequence[DrawnStep]) -> Iterator[list[Label]]:
    """For each bound between two steps its place under the stairs; the next one first."""
    standing, size = stairs.standing, stairs.text_size * BOUND_TEXT_SHARE
    baseline = stairs.foot + 1.25 * stairs.text_size
    for index in _telling_order(steps):
        step = standing.steps[index]
        is_last = index == len(steps) - 1
        bound = step.up_to_minor if step.up_to_minor is not None else standing.cap_at_minor
        if bound is None or (is_last and standing.cap_at_minor is None):
            continue
        text = _bound_text(standing, bound)
        half = _text_width(text, size) / 2
        edge = steps[index].box.right + (0.0 if is_last else STEP_GAP / 2)
        x = min(max(edge, half), stairs.width - half)
        yield [_label(text, x, baseline, size, "bound", steps[index].state)]


def _label(text: str, x: float, baseline: float, size: float, kind: str, state: str) -> Label:
    width = _text_width(text, size)
    box = Box(x - width / 2 - LABEL_MARGIN, baseline - 0.8 * size, width + 2 * LABEL_MARGIN, size)
    return Label(text, x, baseline, box, kind, state)


def _text_width(text: str, size: float) -> float:
    return size * sum(CHARACTER_WIDTHS.get(character, CHARACTER_WIDTH) for character in text)


def _step_text(standing: Standing, step: Step) -> str:
    if not step.rate and step.bonus_minor:
        return "+" + money(step.bonus_minor, standing.currency)
    return pay_rate(step.rate, standing.measure, standing.currency)


def _bound_text(standing: Standing, bound_minor: int) -> str:
    """A bound as it is agreed: a share of the quota, or an amount, shortened."""
    if standing.steps[0].starts_at_ratio is not None and standing.quota_minor:
        return percent(Fraction(bound_minor, standing.quota_minor))
    scale = 10 ** minor_digits(standing.currency)
    if standing.measure in COUNT_MEASURES:
        scale = COUNT_SCALE
    return _short(bound_minor // scale)


def _short(number: int) -> str:
    """A round number as one says it: "200.000", "1,5 mio."."""
    if number < 1_000_000:
        return count(number)
    return format_compact_decimal(number, fraction_digits=2, locale=babel_locale())


# --- the same in words --------------------------------------------------------------------------------------------


def _title(standing: Standing, rates: bool) -> str:
    steps_count, number = len(standing.steps), standing.step_number
    if not rates:
        return gettext("Step %(number)s of %(count)s", number=number, count=steps_count)
    pays = pay_rate(standing.rate, standing.measure, standing.currency)
    return gettext(
        "Step %(number)s of %(count)s, %(rate)s", number=number, count=steps_count, rate=pays
    )


def _description(standing: Standing, projection: bool, rates: bool) -> str:
    """One sentence for each thing the picture shows."""
    said = [_sold(standing, rates)]
    if rates:
        said += [_step_in_words(standing, step) for step in standing.steps]
    if rates and standing.is_whole:
        said.append(gettext("The rate of the step reached counts for everything sold"))
    if rates and standing.cap_at_minor is not None:
        said.append(
            gettext(
                "Nothing more is earned above %(bound)s",
                bound=_bound(standing, standing.cap_at_minor),
            )
        )
    if projection and standing.projection.attainment_minor > standing.attainment_minor:
        said.append(
            gettext(
                "At this pace it ends at %(amount)s",
                amount=_bound(standing, standing.projection.attainment_minor),
            )
        )
    return " ".join(sentence(text) for text in said if text)


def _sold(standing: Standing, rates: bool) -> str:
    if standing.attainment_ratio is not None:
        return gettext(
            "%(ratio)s of the quota is reached", ratio=percent(standing.attainment_ratio)
        )
    if not rates:
        return ""
    return gettext("%(amount)s is sold", amount=_bound(standing, standing.attainment_minor))


def _step_in_words(standing: Standing, step: Step) -> str:
    pays = _step_text(standing, step)
    if step.up_to_minor is None:
        return gettext(
            "Above %(bound)s: %(rate)s", bound=_bound(standing, step.starts_at_minor), rate=pays
        )
    return gettext("Up to %(bound)s: %(rate)s", bound=_bound(standing, step.up_to_minor), rate=pays)


def _bound(standing: Standing, amount_minor: int) -> str:
    if standing.attainment_ratio is not None and standing.quota_minor:
        return percent(Fraction(amount_minor, standing.quota_minor))
    return measured(amount_minor, standing.measure, standing.currency, decimals=0)
