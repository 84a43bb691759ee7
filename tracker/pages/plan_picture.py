"""A plan as a picture and in short: the staircase of each component with nothing sold on it, and its conditions."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, Component, Mode, OnChange, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.earning.standing import Standing, standing_of
from tracker.engine.earning.totals import TotalKey, WindowTotal
from tracker.engine.periods import PeriodKind
from tracker.pages.deal_rows import evidence_words
from tracker.pages.formatting import factor, measured, money, percent
from tracker.pages.i18n import gettext as _
from tracker.pages.measure_words import measure_name
from tracker.pages.staircase import Staircase, staircase
from tracker.pages.standing_words import bound_words, step_pay

WIDTH, HEIGHT = 460.0, 170.0
SMALL_WIDTH, SMALL_HEIGHT = 300.0, 104.0
AN_EXAMPLE_QUOTA_MINOR = 1_000_000_00
A_DAY = date(2026, 1, 1)
NOBODY = 0


@dataclass(frozen=True, slots=True)
class PictureStep:
    """One step in words: where it is, and what it pays."""

    bound: str
    pays: str


@dataclass(frozen=True, slots=True)
class PlanPicture:
    """One component: its staircase (None: a table that cannot be drawn), its steps and its conditions."""

    key: str
    name: str
    stairs: Staircase | None
    steps: tuple[PictureStep, ...]
    conditions: tuple[str, ...]


def pictures_of(plan: Plan, key: str, is_small: bool = False) -> tuple[PlanPicture, ...]:
    """Every component of a plan; `key` keeps the pictures of several plans on one page apart."""
    return tuple(_picture(plan, component, key, is_small) for component in plan.components)


def period_words(plan: Plan) -> str:
    """How often the climb starts again, and how often it is paid."""
    climbs = {
        PeriodKind.MONTH: _("Climbs by month"),
        PeriodKind.QUARTER: _("Climbs by quarter"),
        PeriodKind.YEAR: _("Climbs by year"),
    }
    pays = {
        PeriodKind.MONTH: _("paid by month"),
        PeriodKind.QUARTER: _("paid by quarter"),
        PeriodKind.YEAR: _("paid by year"),
    }
    return f"{climbs[plan.window]}, {pays[plan.settlement]}"


def _picture(plan: Plan, component: Component, key: str, is_small: bool) -> PlanPicture:
    name = component.name or component.key
    standing = _standing(plan, component)
    size = (SMALL_WIDTH, SMALL_HEIGHT) if is_small else (WIDTH, HEIGHT)
    drawn = staircase(standing, *size, projection=False)
    steps = tuple(_steps(standing))
    if drawn is not None:
        told = " ".join(f"{step.bound}: {step.pays}." for step in steps)
        drawn = replace(drawn, key=f"{key}-{component.key}", title=name, description=told)
    return PlanPicture(component.key, name, drawn, steps, tuple(_conditions(plan, component)))


def _standing(plan: Plan, component: Component) -> Standing:
    """The foot of the stairs: somebody with a round quota and nothing sold."""
    version = PlanVersion(0, "plan", date.min, replace(plan, on_change=OnChange.CONTINUE))
    window = plan.window_of(A_DAY)
    quota = QuotaFact(NOBODY, "", "", AN_EXAMPLE_QUOTA_MINOR)
    quotas = [quota] if component.needs_quota else []
    book = PlanBook([version], [Assignment(NOBODY, "plan", date.min)], quotas=quotas)
    return standing_of(
        version=version,
        component=component,
        total=WindowTotal(TotalKey(NOBODY, f"plan/{component.key}", window.key)),
        book=book,
        window=window,
        earned_minor=0,
        working=[],
        today=A_DAY,
        typical_deal_minor=None,
    )


def _steps(standing: Standing) -> Iterator[PictureStep]:
    for step in standing.steps:
        pays = step_pay(standing, step)
        if step.bonus_minor and step.rate:
            pays = f"{pays} + {money(step.bonus_minor, standing.currency)}"
        if step.up_to_minor is not None:
            bound = _("up to %(bound)s", bound=bound_words(standing, step.up_to_minor))
        elif step.starts_at_minor:
            bound = _("above %(bound)s", bound=bound_words(standing, step.starts_at_minor))
        else:
            bound = _("everything")
        yield PictureStep(bound, pays)


def _conditions(plan: Plan, component: Component) -> Iterator[str]:
    """What else a component says, in short."""
    measure = measure_name(component.measure)
    if component.pays_on and component.pays_on != component.measure:
        paid = measure_name(component.pays_on)
        yield _("climbs by %(measure)s, paid on %(paid)s", measure=measure, paid=paid)
    else:
        yield _("on %(measure)s", measure=measure)
    if component.mode is Mode.WHOLE:
        yield _("the step reached counts for everything")
    if component.requires:
        yield _("needs %(evidence)s", evidence=evidence_words(component.requires))
    for multiplier in component.multipliers:
        words = multiplier.label or ", ".join(w for of in multiplier.where.values() for w in of)
        yield f"{words} {factor(multiplier.factor)}"
    yield from _limits(plan, component)


def _limits(plan: Plan, component: Component) -> Iterator[str]:
    if component.deal_cap_minor is not None:
        amount = measured(component.deal_cap_minor, component.measure, plan.currency)
        yield _("one deal counts at most %(amount)s", amount=amount)
    if component.cap_at is not None:
        bound = (
            percent(component.cap_at)
            if component.needs_quota
            else measured(int(component.cap_at), component.measure, plan.currency)
        )
        yield _("nothing more above %(bound)s", bound=bound)
    if component.cap_payout_minor is not None:
        amount = money(component.cap_payout_minor, plan.currency)
        yield _("at most %(amount)s in a window", amount=amount)
