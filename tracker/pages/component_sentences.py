"""What a component of a plan says, sentence by sentence, in the reader's language. Each topic has its words here."""

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from tracker.engine.agreement.deal_terms import Clawback, Instalments, Judged, Reprices
from tracker.engine.agreement.plans import COUNT_MEASURES, Component, Mode, Stacking, WeightPolicy
from tracker.engine.agreement.teams import Sharing
from tracker.engine.crediting.objectives import OBJECTIVE
from tracker.engine.periods import PeriodKind
from tracker.engine.plan_trials.plan_outline import Topic, is_on_quota
from tracker.pages.deal_rows import evidence_words
from tracker.pages.formatting import count, day, measured, money, percent, rate
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.measure_words import measure_name
from tracker.pages.plan_phrases import between, conditions, listed, on_axis, paid, quoted, times
from tracker.pages.quota_sentences import QUOTA_SENTENCES

# --- what counts -----------------------------------------------------------------------------------------------------

Sentences = Callable[[Component, str], Iterator[str]]


def _counts(component: Component, currency: str) -> Iterator[str]:
    if component.measure == OBJECTIVE:
        objective = listed(map(quoted, component.where.get(OBJECTIVE, ())))
        yield _("What counts is the score you are given for %(objective)s.", objective=objective)
        return
    yield {
        "revenue": _("What counts is your revenue."),
        "margin": _("What counts is the margin on what you sell."),
        "arr": _("What counts is the annual recurring revenue (ARR) you sell."),
        "acv": _("What counts is the annual contract value (ACV) you sell."),
        "mrr": _("What counts is the monthly recurring revenue (MRR) you sell."),
        "tcv": _("What counts is the total contract value (TCV) you sell."),
        "deals": _("What counts is how many deals you win."),
        "units": _("What counts is how many units you sell."),
        "presence": _("What counts is that you are on the plan on certain days."),
    }[component.measure]


def _where(component: Component, currency: str) -> Iterator[str]:
    yield _("Only deals where %(conditions)s count.", conditions=conditions(component.where))


def _days(component: Component, currency: str) -> Iterator[str]:
    days = between(component.starts_on, component.ends_on)
    yield _("Only deals %(days)s count.", days=days)


def _due(component: Component, currency: str) -> Iterator[str]:
    due = component.due
    if due is None:
        return
    if due.days:
        yield _("Those days are %(days)s.", days=listed(map(day, due.days)))
    for months in due.after_months:
        yield ngettext(
            "One of them is %(count)s month after your first day.",
            "One of them is %(count)s months after your first day.",
            months,
            count=count(months),
        )
    if due.every is not None:
        yield {
            PeriodKind.MONTH: _("Those are the last days of every month."),
            PeriodKind.QUARTER: _("Those are the last days of every quarter."),
            PeriodKind.YEAR: _("That is the last day of every year."),
        }[due.every]


def _team(component: Component, currency: str) -> Iterator[str]:
    yield _("It counts what the whole team sells, for the team and for whoever leads it.")


def _shared(component: Component, currency: str) -> Iterator[str]:
    if component.shared is Sharing.BY_WEIGHT:
        yield _(
            "What the team earns is a pool, shared by its members' weights and days in the team."
        )
    else:
        yield _("Each member is paid what the team earns, by weight and days in the team.")


def _evidence(component: Component, currency: str) -> Iterator[str]:
    yield _(
        "A deal counts once this is known of it: %(evidence)s. Until then it is held, and you see what it "
        "would pay.",
        evidence=evidence_words(component.requires),
    )


def _overlays(component: Component, currency: str) -> Iterator[str]:
    yield _(
        "A share beside the split is paid at the step you stand on, and does not help you climb."
    )


def _pays_on(component: Component, currency: str) -> Iterator[str]:
    yield _("The rates are paid on the %(measure)s.", measure=measure_name(component.pays_on or ""))


# --- what it pays ----------------------------------------------------------------------------------------------------


def _flat(component: Component, currency: str) -> Iterator[str]:
    tier = component.tiers[0]
    pays = paid(component, tier, currency)
    is_share = (
        tier.multiple is None and (component.pays_on or component.measure) not in COUNT_MEASURES
    )
    if is_share and not tier.bonus_minor:
        yield _("You earn %(rate)s of it.", rate=pays)
    else:
        yield _("You earn %(pays)s.", pays=pays)


def _judged(component: Component, currency: str) -> Iterator[str]:
    yield _("Each deal is judged by its own size, whatever else you sell.")


def _years(component: Component, currency: str) -> Iterator[str]:
    yield _("As long as the customer stays, each year pays its own rate:")


def _instalments(component: Component, currency: str) -> Iterator[str]:
    if component.instalments is Instalments.MONTH:
        yield _(
            "A deal is paid in twelfths, on the day of the sale and on that day of every month."
        )
    else:
        yield _("A deal is paid once a year, on the day of the sale and on each anniversary.")


def _ladder(component: Component, currency: str) -> Iterator[str]:
    if is_on_quota(component):
        yield _("The steps are set in percent of your quota.")
    is_each = component.judged is Judged.EACH
    if is_each and component.mode is Mode.WHOLE:
        yield _("The step a deal reaches decides what all of it pays:")
    elif is_each:
        yield _("Each step pays its own rate, for the part of a deal on that step:")
    elif component.mode is Mode.WHOLE:
        yield _("The step you reach decides what everything you have sold pays:")
    else:
        yield _("Each step pays its own rate, for what you sell on that step:")


def _curve(component: Component, currency: str) -> Iterator[str]:
    yield _(
        "How much of your quota you reach decides how much of the target incentive you earn. Between these "
        "points it rises evenly; below the first there is nothing, above the last nothing more:"
    )


def _bounds(component: Component, currency: str) -> Iterator[str]:
    bounded = [tier for tier in component.tiers if tier.up_to is not None]
    upper = [tier.up_to for tier in bounded if not tier.owns_bound]
    if not upper:
        yield _("Exactly on a bound you are still on the lower step.")
    elif len(upper) == len(bounded):
        yield _("Exactly on a bound you are already on the upper step.")
    else:
        places = listed(on_axis(component, bound, currency) for bound in upper if bound is not None)
        yield _("At exactly %(bounds)s you are already on the upper step.", bounds=places)


def _target_incentive(component: Component, currency: str) -> Iterator[str]:
    amount = money(component.target_incentive_minor or 0, currency)
    yield _("The target incentive is %(amount)s.", amount=amount)


def _multiplier(component: Component, currency: str) -> Iterator[str]:
    for multiplier in component.multipliers:
        worth, when = times(multiplier.factor), conditions(multiplier.where)
        if multiplier.label:
            yield _(
                "%(label)s: a deal is worth %(factor)s times as much when %(conditions)s.",
                label=multiplier.label,
                factor=worth,
                conditions=when,
            )
        else:
            yield _(
                "A deal is worth %(factor)s times as much when %(conditions)s.",
                factor=worth,
                conditions=when,
            )


def _stacking(component: Component, currency: str) -> Iterator[str]:
    if len(component.multipliers) > 1:
        yield {
            Stacking.PRODUCT: _(
                "When several meet on one deal, they are multiplied with each other."
            ),
            Stacking.SUM_OF_EXCESSES: _(
                "When several meet on one deal, what each adds is added up."
            ),
            Stacking.HIGHEST: _("When several meet on one deal, only the highest counts."),
        }[component.stacking]
    if component.multiplier_limit is not None:
        limit = times(component.multiplier_limit)
        yield _("No deal is worth more than %(limit)s times as much.", limit=limit)


def _weights(component: Component, currency: str) -> Iterator[str]:
    if not component.multipliers:
        yield {
            WeightPolicy.AVERAGE: _("All deals are paid alike, at the average the steps give."),
            WeightPolicy.IN_ORDER: _("Each deal is paid at the step it fell on, in order of date."),
            WeightPolicy.ON_CREDIT: _(
                "Each deal is paid at the step it fell on, in order of date."
            ),
        }[component.weight_policy]
        return
    yield {
        WeightPolicy.IN_ORDER: _("That acts on the step each deal fell on, in order of date."),
        WeightPolicy.AVERAGE: _("That acts on all you sell alike, by the average of your deals."),
        WeightPolicy.ON_CREDIT: _("Such deals also count for more on the way up."),
    }[component.weight_policy]


# --- what limits it, and what is taken back --------------------------------------------------------------------------


def _deal_cap(component: Component, currency: str) -> Iterator[str]:
    most = measured(component.deal_cap_minor or 0, component.measure, currency)
    yield _("One deal counts for at most %(amount)s.", amount=most)


def _cap_at(component: Component, currency: str) -> Iterator[str]:
    bound = on_axis(component, component.cap_at or Fraction(0), currency)
    if is_on_quota(component):
        yield _("Above %(bound)s of the quota you earn nothing more.", bound=bound)
    else:
        yield _("Above %(bound)s you earn nothing more.", bound=bound)


def _cap_payout(component: Component, currency: str) -> Iterator[str]:
    most = money(component.cap_payout_minor or 0, currency)
    yield _("In one period it pays at most %(amount)s.", amount=most)


def _clawback_of(component: Component) -> Clawback:
    assert component.clawback is not None
    return component.clawback


def _clawback(component: Component, currency: str) -> Iterator[str]:
    clawback = _clawback_of(component)
    for step in clawback.steps:
        within = ngettext(
            "If a customer leaves within %(count)s month,",
            "If a customer leaves within %(count)s months,",
            step.within_months,
            count=count(step.within_months),
        )
        if clawback.is_by_months:
            taken = _("what the missing months would have earned is taken back.")
        elif step.takes == 1:
            taken = _("all that deal earned is taken back.")
        else:
            taken = _(
                "%(share)s of what that deal earned is taken back.", share=percent(step.takes)
            )
        yield f"{within} {taken}"


def _clawback_reprices(component: Component, currency: str) -> Iterator[str]:
    if _clawback_of(component).reprices is Reprices.WINDOW:
        yield _(
            "The deal's period is then worked out again, so other deals may fall to a lower step."
        )
    else:
        yield _("The deal keeps its place on the steps; no other deal changes.")


def _churn(component: Component, currency: str) -> Iterator[str]:
    yield _("When a customer leaves, the deal counts off again on that day.")


def _replaced(component: Component, currency: str) -> Iterator[str]:
    before = rate(component.replaces_flat_rate or Fraction(0))
    yield _("Before, there was a flat rate of %(rate)s.", rate=before)


COMPONENT_SENTENCES: Mapping[Topic, Sentences] = {
    **QUOTA_SENTENCES,
    Topic.COUNTS: _counts,
    Topic.WHERE: _where,
    Topic.DAYS: _days,
    Topic.DUE: _due,
    Topic.TEAM: _team,
    Topic.SHARED: _shared,
    Topic.EVIDENCE: _evidence,
    Topic.OVERLAYS: _overlays,
    Topic.PAYS_ON: _pays_on,
    Topic.FLAT: _flat,
    Topic.LADDER: _ladder,
    Topic.CURVE: _curve,
    Topic.JUDGED: _judged,
    Topic.YEARS: _years,
    Topic.INSTALMENTS: _instalments,
    Topic.BOUNDS: _bounds,
    Topic.TARGET_INCENTIVE: _target_incentive,
    Topic.MULTIPLIER: _multiplier,
    Topic.STACKING: _stacking,
    Topic.WEIGHTS: _weights,
    Topic.DEAL_CAP: _deal_cap,
    Topic.CAP_AT: _cap_at,
    Topic.CAP_PAYOUT: _cap_payout,
    Topic.CLAWBACK: _clawback,
    Topic.CLAWBACK_REPRICES: _clawback_reprices,
    Topic.CHURN: _churn,
    Topic.REPLACED: _replaced,
}
