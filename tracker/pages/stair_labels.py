"""The labels of a staircase: rates over the steps, bounds under them, as many as have room."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from babel.numbers import format_compact_decimal

from tracker.engine.agreement.plans import COUNT_MEASURES
from tracker.engine.earning.standing import Standing
from tracker.engine.money import minor_digits
from tracker.pages.formatting import COUNT_SCALE, count, percent
from tracker.pages.i18n import babel_locale
from tracker.pages.stair_places import RING_RADIUS, STEP_GAP, Box, DrawnStep, Stairs
from tracker.pages.standing_words import step_pay

LABEL_MARGIN = 2.0
BOUND_TEXT_SHARE = 0.88
CHARACTER_WIDTHS = {" ": 0.34, "\N{NO-BREAK SPACE}": 0.34, ".": 0.36, ",": 0.36, "%": 0.98}
CHARACTER_WIDTH = 0.68
"""Of the text size, in a bold system font: wide rather than narrow, so that labels stay apart in any font."""


@dataclass(frozen=True, slots=True)
class Label:
    """A text, centred on x with its baseline on y. `kind` is rate or bound, `state` as the step's it belongs to."""

    text: str
    x: float
    y: float
    box: Box
    kind: str
    state: str


def labels_of(stairs: Stairs, steps: Sequence[DrawnStep], rates: bool) -> Iterator[Label]:
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


def _rate_labels(stairs: Stairs, steps: Sequence[DrawnStep]) -> Iterator[list[Label]]:
    """For each step the places its rate may stand: over its middle, else over one of its edges."""
    standing = stairs.standing
    for index in _telling_order(steps):
        if standing.is_whole and steps[index].state == "reached":
            continue
        text, box = step_pay(standing, standing.steps[index]), steps[index].box
        half = _text_width(text, stairs.text_size) / 2
        yield [
            _over_the_stairs(stairs, steps, text, x, steps[index].state)
            for x in (box.x + box.width / 2, box.right - half, box.x + half)
        ]


def _over_the_stairs(
    stairs: Stairs, steps: Sequence[DrawnStep], text: str, x: float, state: str
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


def _bound_labels(stairs: Stairs, steps: Sequence[DrawnStep]) -> Iterator[list[Label]]:
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
