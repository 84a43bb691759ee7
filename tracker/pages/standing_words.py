"""Where a payee stands, in a few words: what is left to the next step, the way there, a bound, what a step pays."""

from fractions import Fraction

from tracker.engine.agreement.plans import COUNT_MEASURES
from tracker.engine.earning.standing import Standing, Step
from tracker.pages.formatting import count, measured, money, pay_rate, percent
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext


def distance(standing: Standing) -> str:
    """What is left to the next step, in a few words: "160.000 kr. to 13 %"."""
    upcoming, currency = standing.next_step, standing.currency
    if upcoming is None:
        return _at_the_top(standing)
    left = measured(upcoming.distance_minor, standing.measure, currency, decimals=0)
    if upcoming.rate == standing.rate:
        bonus = money(upcoming.gain_minor, currency, decimals=0)
        return _("%(distance)s to a bonus of %(bonus)s", distance=left, bonus=bonus)
    pays = pay_rate(upcoming.rate, standing.paid_measure, currency)
    return _("%(distance)s to %(rate)s", distance=left, rate=pays)


def way_there(standing: Standing) -> str:
    """The same distance in deals, and the time there is: "about 3 deals · 28 working days left"."""
    upcoming, left = standing.next_step, standing.pace.working_days_left_count
    said = []
    if upcoming is not None and upcoming.deals_count and standing.measure not in COUNT_MEASURES:
        said.append(_about_deals(upcoming.deals_count))
    said.append(
        ngettext(
            "%(count)s working day left", "%(count)s working days left", left, count=count(left)
        )
    )
    return " · ".join(said)


def _about_deals(number: int) -> str:
    return ngettext("about %(count)s deal", "about %(count)s deals", number, count=count(number))


def _at_the_top(standing: Standing) -> str:
    pays = pay_rate(standing.rate, standing.paid_measure, standing.currency)
    if standing.cap_at_minor is not None and standing.attainment_minor >= standing.cap_at_minor:
        return _("The ceiling is reached")
    if len(standing.steps) > 1:
        return _("Top step, %(rate)s", rate=pays)
    if standing.measure in COUNT_MEASURES:
        return _("%(rate)s for each", rate=pays)
    return _("%(rate)s of everything", rate=pays)


def bound_words(standing: Standing, amount_minor: int) -> str:
    """A bound as it is agreed: a share of the quota where there is one, else the amount."""
    if standing.attainment_ratio is not None and standing.quota_minor:
        return percent(Fraction(amount_minor, standing.quota_minor))
    return measured(amount_minor, standing.measure, standing.currency, decimals=0)


def year_words(number: int, is_last: bool) -> str:
    """A year of a residual; the last one stands for all later ones."""
    if is_last and number > 1:
        return _("Year %(number)s and later", number=number)
    return _("Each year") if is_last else _("Year %(number)s", number=number)


def step_pay(standing: Standing, step: Step) -> str:
    """What a step pays: its rate, or its bonus where that is all."""
    if not step.rate and step.bonus_minor:
        return "+" + money(step.bonus_minor, standing.currency)
    return pay_rate(step.rate, standing.paid_measure, standing.currency)
