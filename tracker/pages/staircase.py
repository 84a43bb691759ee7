"""The staircase: the product's picture of a plan, worked out here and drawn as SVG by templates/_staircase.html.

A step's width is how much must be sold on it, its height is its rate. Filled is sold; the ring is where the payee
stands; the dashed line is where the window is expected to end, the grey bar at its foot how far that may vary. In a
retroactive plan everything sold stands at the height of the step reached. Labels that would touch are left out, the
most telling ones last: the text beside the picture says them all.
"""

from dataclasses import dataclass

from tracker.engine.ahead.outcomes import Spread
from tracker.engine.earning.standing import Standing, Step
from tracker.pages.formatting import pay_rate, percent, sentence
from tracker.pages.i18n import gettext
from tracker.pages.stair_labels import Label, labels_of
from tracker.pages.stair_places import Box, DrawnStep, Stairs
from tracker.pages.standing_words import bound_words, step_pay

TEXT_SIZE = 13.0


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
    likely: Box | None
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
    landing: Spread | None = None,
) -> Staircase | None:
    """The staircase of a standing; None when there is no ladder to draw. `rates` False leaves pay out altogether.

    `landing` is where open deals say that attainment ends; without it the pace says so.
    """
    if not standing.steps:
        return None
    at_pace = standing.pace.attainment_minor
    stairs = Stairs(
        standing, landing or Spread(at_pace, at_pace, at_pace), width, height, text_size
    )
    steps = [stairs.drawn(index) for index in range(len(standing.steps))]
    ring_x, ring_y = stairs.ring()
    return Staircase(
        key=f"{standing.payee_id}-{standing.component_key}".replace("/", "-"),
        width=width,
        height=height,
        foot=stairs.foot,
        text_size=text_size,
        steps=tuple(steps),
        labels=tuple(labels_of(stairs, steps, rates)),
        ring_x=ring_x,
        ring_y=ring_y,
        projection=stairs.projection() if projection else None,
        likely=stairs.likely() if projection else None,
        ceiling=stairs.ceiling(),
        title=_title(standing, rates),
        description=_description(standing, landing, projection, rates),
    )


# --- the same in words


def _title(standing: Standing, rates: bool) -> str:
    steps_count, number = len(standing.steps), standing.step_number
    if not rates:
        return gettext("Step %(number)s of %(count)s", number=number, count=steps_count)
    pays = pay_rate(standing.rate, standing.paid_measure, standing.currency)
    return gettext(
        "Step %(number)s of %(count)s, %(rate)s", number=number, count=steps_count, rate=pays
    )


def _description(standing: Standing, landing: Spread | None, projection: bool, rates: bool) -> str:
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
                bound=bound_words(standing, standing.cap_at_minor),
            )
        )
    if projection:
        said.append(_landing_in_words(standing, landing))
    return " ".join(sentence(text) for text in said if text)


def _landing_in_words(standing: Standing, landing: Spread | None) -> str:
    """Where it ends by open deals, with the range if there is one; without any, at the pace."""
    if landing is None:
        if standing.pace.attainment_minor <= standing.attainment_minor:
            return ""
        end = bound_words(standing, standing.pace.attainment_minor)
        return gettext("At this pace it ends at %(amount)s", amount=end)
    if landing.high_minor <= landing.low_minor:
        return ""
    return gettext(
        "With the deals that are backed it is expected to end at %(amount)s, mostly between %(low)s and %(high)s",
        amount=bound_words(standing, landing.expected_minor),
        low=bound_words(standing, landing.low_minor),
        high=bound_words(standing, landing.high_minor),
    )


def _sold(standing: Standing, rates: bool) -> str:
    if standing.attainment_ratio is not None:
        return gettext(
            "%(ratio)s of the quota is reached", ratio=percent(standing.attainment_ratio)
        )
    if not rates:
        return ""
    return gettext("%(amount)s is sold", amount=bound_words(standing, standing.attainment_minor))


def _step_in_words(standing: Standing, step: Step) -> str:
    pays = step_pay(standing, step)
    if step.up_to_minor is None:
        return gettext(
            "Above %(bound)s: %(rate)s",
            bound=bound_words(standing, step.starts_at_minor),
            rate=pays,
        )
    return gettext(
        "Up to %(bound)s: %(rate)s", bound=bound_words(standing, step.up_to_minor), rate=pays
    )
