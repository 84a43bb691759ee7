"""Parts of the sentences about a plan: lists, filters, stretches of days, bounds, and what a step pays."""

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction

from tracker.engine.agreement.plans import (
    COUNT_MEASURES,
    Axis,
    Component,
    Tier,
)
from tracker.pages.formatting import count, day, measured, money, pay_rate, percent, rate
from tracker.pages.i18n import gettext as _


def listed(parts: Iterable[str]) -> str:
    """Several things, all of them: "a, b and c"."""
    *first, last = parts
    return _("%(first)s and %(last)s", first=", ".join(first), last=last) if first else last


def either(parts: Iterable[str]) -> str:
    """Several things, one of them: "a, b or c"."""
    *first, last = parts
    return _("%(first)s or %(last)s", first=", ".join(first), last=last) if first else last


def quoted(word: str) -> str:
    return _("“%(word)s”", word=word)


def times(factor: Fraction) -> str:
    """A plain number such as 1,5."""
    return count(factor)


def conditions(where: Mapping[str, tuple[str, ...]]) -> str:
    """A filter inside a sentence: "the product is “Nova” and the segment is “smb” or “mid”"."""
    return listed(_condition(name, either(map(quoted, words))) for name, words in where.items())


def _condition(name: str, words: str) -> str:
    if name == "product":
        return _("the product is %(words)s", words=words)
    if name == "segment":
        return _("the segment is %(words)s", words=words)
    if name == "kind":
        return _("the kind of sale is %(words)s", words=words)
    if name == "role":
        return _("your role is %(words)s", words=words)
    return _("%(property)s is %(words)s", property=quoted(name), words=words)


def between(starts_on: date | None, ends_on: date | None) -> str:
    """A stretch of days, either end of which may be open; "" when both are."""
    if starts_on is not None and ends_on is not None:
        return _("from %(first)s to %(last)s", first=day(starts_on), last=day(ends_on))
    if starts_on is not None:
        return _("from %(first)s", first=day(starts_on))
    return _("until %(last)s", last=day(ends_on)) if ends_on is not None else ""


def on_axis(component: Component, bound: Fraction, currency: str) -> str:
    """A place on a ladder: a share of the quota, or an amount."""
    if component.tiers_on is Axis.QUOTA:
        return percent(bound)
    return measured(int(bound), component.measure, currency)


def paid(component: Component, tier: Tier, currency: str) -> str:
    """What a step pays, in a few words."""
    if not (tier.rate or tier.multiple or tier.bonus_minor):
        return _("nothing")
    if tier.multiple is not None:
        multiple = times(tier.multiple)
        pays = _("%(multiple)s %% of the target incentive for each %% of quota", multiple=multiple)
    elif (component.pays_on or component.measure) in COUNT_MEASURES:
        amount = pay_rate(tier.rate, component.pays_on or component.measure, currency)
        pays = _("%(amount)s each", amount=amount)
    else:
        pays = rate(tier.rate)
    if not tier.bonus_minor:
        return pays
    bonus = money(tier.bonus_minor, currency)
    if tier.rate or tier.multiple:
        return _("%(pays)s, and %(bonus)s when you get there", pays=pays, bonus=bonus)
    return _("%(bonus)s when you get there", bonus=bonus)
