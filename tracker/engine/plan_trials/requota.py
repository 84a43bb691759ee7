"""Quotas of one kind of window said for another: spread over the months, and summed up again; nothing is lost."""

from collections.abc import Mapping
from fractions import Fraction

from tracker.engine.agreement.plans import Plan
from tracker.engine.money import round_to_minor_unit, share_out
from tracker.engine.periods import MONTHS_IN, Period, days_of, period_named

EVERY_WINDOW = ""


def spread_quotas(quotas: Mapping[str, int], old: Plan, new: Plan) -> dict[str, int]:
    """One payee's quotas by window key of the old plan, by window key of the new one.

    A window some of whose months have no quota gets none. The key "" is the quota of every window.
    """
    if (old.window, old.year_starts_in_month) == (new.window, new.year_starts_in_month):
        return dict(quotas)
    months = _by_month(quotas, old)
    spread: dict[str, list[int]] = {}
    for month, amount_minor in months.items():
        window = new.window_of(month.starts_on)
        spread.setdefault(window.key, []).append(amount_minor)
    whole = {key: sum(of) for key, of in spread.items() if len(of) == MONTHS_IN[new.window]}
    if EVERY_WINDOW in quotas:
        months_ratio = Fraction(MONTHS_IN[new.window], MONTHS_IN[old.window])
        whole[EVERY_WINDOW] = round_to_minor_unit(quotas[EVERY_WINDOW] * months_ratio)
    return whole


def _by_month(quotas: Mapping[str, int], plan: Plan) -> dict[Period, int]:
    months: dict[Period, int] = {}
    for window_key, amount_minor in quotas.items():
        if window_key == EVERY_WINDOW:
            continue
        in_window = _months_of(period_named(window_key, plan.year_starts_in_month))
        parts = share_out(amount_minor, [Fraction(1, len(in_window))] * len(in_window))
        months.update(zip(in_window, parts, strict=True))
    return months


def _months_of(window: Period) -> list[Period]:
    firsts = [day for day in days_of(window) if day.day == 1]
    return [period_named(f"{day:%Y-%m}") for day in firsts]
