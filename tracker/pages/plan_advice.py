"""Advice about a plan in the reader's language: what, why with its figure, and what to do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tracker.engine.agreement.plans import Component, Plan
from tracker.engine.plan_trials.plan_findings import Advice, Figure, Rule, Source
from tracker.engine.plan_trials.plan_history import History
from tracker.pages.formatting import count, factor, measured, money, pay_rate, percent, rate
from tracker.pages.i18n import gettext as _
from tracker.pages.measure_words import measure_name


@dataclass(frozen=True, slots=True)
class AdviceText:
    """One piece of advice as a person reads it. `where` names the component by what people call it."""

    where: str
    what: str
    why: str
    fix: str
    source: str


def advice_in_words(advice: Advice, plan: Plan, history: History | None) -> AdviceText:
    """A piece of advice in the language spoken now."""
    component = plan.component(advice.component_key)
    what, why, fix = _TEXTS[advice.rule](_Figures(advice.figures, plan, component))
    where = _("the plan") if component is None else component.name or component.key
    return AdviceText(where, what, why, fix, _source(advice, history))


def _source(advice: Advice, history: History | None) -> str:
    if advice.source is Source.HISTORY and history is not None:
        return _(
            "From the past: %(deals)s won deals, people: %(payees)s, windows: %(windows)s.",
            deals=count(history.deals_count),
            payees=count(history.payees_count),
            windows=count(history.windows_count),
        )
    return _("From the plan file.")


class _Figures:
    """The figures of one piece of advice, each as the reader writes it."""

    def __init__(
        self, figures: Mapping[str, Figure], plan: Plan, component: Component | None
    ) -> None:
        self._figures = figures
        self._currency = plan.currency
        self._measure = component.measure if component else "revenue"
        self._paid = (component.pays_on or component.measure) if component else "revenue"

    def share(self, name: str) -> str:
        return percent(self._exact(name))

    def rate(self, name: str) -> str:
        return pay_rate(self._exact(name), self._paid, self._currency)

    def plain_rate(self, name: str) -> str:
        return rate(self._exact(name))

    def count(self, name: str) -> str:
        return count(self._exact(name))

    def factor(self, name: str) -> str:
        return factor(self._exact(name)).lstrip("×")

    def money(self, name: str) -> str:
        return money(int(self._exact(name)), self._currency)

    def sold(self, name: str) -> str:
        return measured(int(self._exact(name)), self._measure, self._currency)

    def words(self, name: str) -> str:
        return str(self._figures[name])

    def is_below(self, name: str, limit: str) -> bool:
        return self._exact(name) < self._exact(limit)

    def _exact(self, name: str) -> Fraction:
        return Fraction(self._figures[name])


Texts = tuple[str, str, str]


def _first_step_reach(of: _Figures) -> Texts:
    reached, least, most = (
        of.share("reached_share"),
        of.share("least_share"),
        of.share("most_share"),
    )
    if of.is_below("reached_share", "least_share"):
        what = _("Only %(reached)s reached the first step.", reached=reached)
        fix = _("Move the end of the first tier down.")
    else:
        what = _("%(reached)s reached the first step.", reached=reached)
        fix = _("Move the end of the first tier up.")
    why = _(
        "A first step works when %(least)s to %(most)s reach it; below %(too_few)s it discourages, "
        "above %(too_many)s it gives nothing to work for.",
        least=least,
        most=most,
        too_few=of.share("too_few_share"),
        too_many=of.share("too_many_share"),
    )
    return what, why, fix


def _step_raise(of: _Figures) -> Texts:
    what = _(
        "Step %(number)s raises the rate from %(before)s to %(after)s, which is %(raised)s more.",
        number=of.count("step_count"),
        before=of.rate("before_rate"),
        after=of.rate("after_rate"),
        raised=of.share("raised_share"),
    )
    why = _(
        "A step is felt when it pays at least %(least)s to %(usual)s more than the one before.",
        least=of.share("least_share"),
        usual=of.share("usual_share"),
    )
    fix = _("Raise it to %(rate)s or more, or leave the step out.", rate=of.rate("enough_rate"))
    return what, why, fix


def _step_count(of: _Figures) -> Texts:
    what = _("The ladder has %(count)s steps.", count=of.count("found_count"))
    why = _(
        "%(least)s or %(most)s work best: fewer give nothing to climb, and nobody remembers more.",
        least=of.count("best_least_count"),
        most=of.count("best_most_count"),
    )
    return what, why, _("Add a step, or merge some.")


def _variables(of: _Figures) -> Texts:
    what = _(
        "There are %(count)s things to keep in mind (components: %(components)s, multipliers: "
        "%(multipliers)s, second measures: %(measures)s).",
        count=of.count("found_count"),
        components=of.count("components_count"),
        multipliers=of.count("multipliers_count"),
        measures=of.count("measures_count"),
    )
    why = _(
        "With more than %(most)s nobody can say what a deal is worth.", most=of.count("most_count")
    )
    return what, why, _("Leave out what moves the least money.")


def _cap_place(of: _Figures) -> Texts:
    what = _("Earning slows or stops at %(share)s of the quota.", share=of.share("cap_share"))
    why = _(
        "A cap belongs at %(least)s to %(most)s: below it punishes the best, above it stops nothing.",
        least=of.share("least_share"),
        most=of.share("most_share"),
    )
    return what, why, _("Move the cap, or leave it out.")


def _no_cap(of: _Figures) -> Texts:
    what = _("Nothing limits what a window can pay.")
    why = _(
        "One windfall is enough: %(sold)s would pay %(pays)s.",
        sold=of.sold("sold_minor"),
        pays=of.money("pays_minor"),
    )
    fix = _(
        "Add a last tier with a lower rate from %(least)s to %(most)s of the quota, or a limit for one "
        "deal (deal_cap).",
        least=of.share("least_share"),
        most=of.share("most_share"),
    )
    return what, why, fix


def _no_clawback(of: _Figures) -> Texts:
    measure = of.words("measure_words")
    what = _("It pays on %(measure)s and takes nothing back.", measure=measure_name(measure))
    why = _("A customer who leaves after a month has then been paid for as if they had stayed.")
    fix = _("Say what a customer who leaves within 3 to 12 months takes back (clawback).")
    return what, why, fix


def _quota_reach(of: _Figures) -> Texts:
    reached = of.share("reached_share")
    if of.is_below("reached_share", "least_share"):
        what = _("Only %(reached)s reached the quota.", reached=reached)
        fix = _("Lower the quotas, or find out what stood in the way.")
    else:
        what = _("%(reached)s reached the quota.", reached=reached)
        fix = _("Raise the quotas, carefully and before the window begins.")
    why = _(
        "A quota is fair and still asks for something when %(least)s to %(most)s reach it.",
        least=of.share("least_share"),
        most=of.share("most_share"),
    )
    return what, why, fix


def _unbounded_multipliers(of: _Figures) -> Texts:
    what = _(
        "%(count)s multipliers can meet on one deal, and nothing limits them.",
        count=of.count("together_count"),
    )
    why = _(
        "Together they make it worth %(worst)s times as much; the largest alone makes %(largest)s.",
        worst=of.factor("worst_factor"),
        largest=of.factor("largest_factor"),
    )
    fix = _(
        'Write multiplier_limit = "%(largest)s", or stacking = "highest".',
        largest=of.factor("largest_factor").replace(",", "."),
    )
    return what, why, fix


def _below_flat_rate(of: _Figures) -> Texts:
    what = _(
        "At %(at)s it pays %(ladder)s, where the flat %(rate)s paid %(flat)s.",
        at=of.share("at_share"),
        ladder=of.money("ladder_minor"),
        rate=of.plain_rate("flat_rate"),
        flat=of.money("flat_minor"),
    )
    why = _(
        "Whoever sells %(sold)s loses %(less)s by the change, and will see it.",
        sold=of.sold("sold_minor"),
        less=of.money("less_minor"),
    )
    fix = _("Raise the rates, or let the higher ones begin earlier.")
    return what, why, fix


def _no_deal_possible(of: _Figures) -> Texts:
    what = _("No deal can ever match it.")
    why = _("No deal has a property called “%(name)s”.", name=of.words("property_words"))
    return what, why, _("Use small letters, digits and _, as the source of the deals writes them.")


def _no_deal_in_history(of: _Figures) -> Texts:
    what = _("No deal matches it.")
    why = _("Not one of %(count)s won deals would have counted.", count=of.count("deals_count"))
    fix = _("Compare the words under where with those the deals have, and the measure too.")
    return what, why, fix


def _multiplier_never(of: _Figures) -> Texts:
    what = _("This multiplier never multiplies.")
    why = _(
        "The component takes only deals with another “%(name)s” than the multiplier asks for.",
        name=of.words("property_words"),
    )
    return what, why, _("Correct one of the two, or remove the multiplier.")


_TEXTS: Mapping[Rule, Callable[[_Figures], Texts]] = {
    Rule.FIRST_STEP_REACH: _first_step_reach,
    Rule.STEP_RAISE: _step_raise,
    Rule.STEP_COUNT: _step_count,
    Rule.VARIABLES: _variables,
    Rule.CAP_PLACE: _cap_place,
    Rule.NO_CAP: _no_cap,
    Rule.NO_CLAWBACK: _no_clawback,
    Rule.QUOTA_REACH: _quota_reach,
    Rule.UNBOUNDED_MULTIPLIERS: _unbounded_multipliers,
    Rule.BELOW_FLAT_RATE: _below_flat_rate,
    Rule.NO_DEAL_POSSIBLE: _no_deal_possible,
    Rule.NO_DEAL_IN_HISTORY: _no_deal_in_history,
    Rule.MULTIPLIER_NEVER: _multiplier_never,
}
