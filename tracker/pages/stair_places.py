"""Where the pieces of a staircase lie: steps, ring, projection and ceiling, in the picture's own units."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from tracker.engine.ahead.outcomes import Spread
from tracker.engine.earning.standing import Standing, Step

STEP_GAP = 3.0
STEP_WIDTH_MIN = 10.0
LOWEST_SHARE_OF_HEIGHT = 0.15
RING_RADIUS = 7.5
LIKELY_HEIGHT = 5.0


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


class Stairs:
    """From amounts and rates to places in the picture."""

    def __init__(
        self, standing: Standing, landing: Spread, width: float, height: float, text_size: float
    ) -> None:
        self.standing = standing
        self.landing = landing
        self.text_size = text_size
        self.width = width
        self.side = RING_RADIUS / 2
        self.top = text_size * 2
        self.foot = height - text_size * 1.6
        self.ends = [*(_end(step) for step in standing.steps[:-1]), _last_end(standing, landing)]
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
        """The dashed line: where the window is expected to end, if that is further than today."""
        projected = self.landing.expected_minor
        if projected <= self.standing.attainment_minor:
            return None
        x = self.x_of(projected)
        index = next(
            i for i, end in enumerate(self.ends) if projected < end or end == self.ends[-1]
        )
        height = self.heights[index]
        return Box(x, self.foot - height, 0.0, height)

    def likely(self) -> Box | None:
        """The grey bar at the foot: from where it ends in 1 of 10 ways at most to where in 9 of 10."""
        left, right = self.x_of(self.landing.low_minor), self.x_of(self.landing.high_minor)
        if right - left < 1:
            return None
        return Box(left, self.foot - LIKELY_HEIGHT, right - left, LIKELY_HEIGHT)

    def ceiling(self) -> Box | None:
        """The cap: a lid over the last step, beyond which nothing more is earned."""
        if self.standing.cap_at_minor is None:
            return None
        x = self.x_of(self.standing.cap_at_minor)
        left = self.left(len(self.widths) - 1)
        return Box(min(left, x), self.foot - self.heights[-1] - 5, max(2.0, x - left), 3)


def _end(step: Step) -> int:
    return step.up_to_minor if step.up_to_minor is not None else step.starts_at_minor + 1


def _last_end(standing: Standing, landing: Spread) -> int:
    """Where the picture ends: the last bound, or far enough up an open step to hold what is sold and projected."""
    last = standing.steps[-1]
    if last.up_to_minor is not None:
        return max(last.up_to_minor, last.starts_at_minor + 1)
    if standing.cap_at_minor is not None:
        return max(standing.cap_at_minor, last.starts_at_minor + 1)
    reached = max(standing.attainment_minor, landing.expected_minor, landing.high_minor)
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
