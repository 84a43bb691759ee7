"""What climbs a ladder, by the name people have for it."""

from tracker.pages.i18n import gettext as _


def measure_name(measure: str) -> str:
    """A measure inside a sentence: "revenue", "the margin", "new annual revenue (ARR)"."""
    names = {
        "revenue": _("revenue"),
        "margin": _("margin"),
        "arr": _("annual recurring revenue (ARR)"),
        "acv": _("annual contract value (ACV)"),
        "mrr": _("monthly recurring revenue (MRR)"),
        "tcv": _("total contract value (TCV)"),
        "deals": _("number of deals"),
        "units": _("number of units"),
        "presence": _("presence"),
        "objective": _("score"),
    }
    return names[measure]


def short_measure_name(measure: str) -> str:
    """The same in a narrow place: "margin", "ARR"."""
    return measure.upper() if measure in ("arr", "acv", "mrr", "tcv") else measure_name(measure)
