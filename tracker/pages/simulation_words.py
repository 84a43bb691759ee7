"""Sales levels, break-evens and shares of a simulation, in a few words."""

from fractions import Fraction

from tracker.engine.plan_trials.break_even import LEVEL_ONE, BreakEven
from tracker.pages.formatting import percent
from tracker.pages.i18n import gettext as _


def level_words(level: int) -> str:
    """A sales level: "130 %", "110,9 %"."""
    return percent(Fraction(level, LEVEL_ONE), digits=1 if level % 10 else 0)


def break_even_words(found: BreakEven) -> str:
    """Where two plans cost the same, in a few words."""
    if found.level is not None:
        return _("at %(level)s of these sales", level=level_words(found.level))
    return {
        "dearer": _("costs more at every sales level"),
        "cheaper": _("costs less at every sales level"),
        "same": _("costs the same at every sales level"),
        "none": "–",
    }[found.kind]


def break_even_sentence(found: BreakEven) -> str:
    """The end of the sentence "The new plan …"."""
    if found.level is not None:
        return _(
            "and the old one cost the same at %(level)s of these sales",
            level=level_words(found.level),
        )
    return break_even_words(found)


def share_words(part_minor: int, whole_minor: int) -> str:
    """A part of a whole: "8,3 %"; nothing to say of nothing."""
    return percent(Fraction(part_minor, whole_minor), digits=1) if whole_minor > 0 else "–"
