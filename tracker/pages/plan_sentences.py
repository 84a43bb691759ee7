"""What a plan says as a whole, sentence by sentence, in the reader's language."""

from collections.abc import Callable, Iterator, Mapping

from babel.dates import get_month_names
from babel.numbers import format_decimal

from tracker.engine.agreement.plans import (
    Draw,
    OnChange,
    Plan,
)
from tracker.engine.periods import PeriodKind
from tracker.engine.plan_trials.plan_outline import Topic
from tracker.pages.formatting import count, day, money
from tracker.pages.i18n import babel_locale
from tracker.pages.i18n import gettext as _
from tracker.pages.plan_phrases import between


def _periods(plan: Plan) -> Iterator[str]:
    climbs = any(one.climbs and (len(one.tiers) > 1 or one.curve) for one in plan.components)
    if climbs:
        yield {
            PeriodKind.MONTH: _("You climb within a month, and begin at the bottom in the next."),
            PeriodKind.QUARTER: _(
                "You climb within a quarter, and begin at the bottom in the next."
            ),
            PeriodKind.YEAR: _("You climb within a year, and begin at the bottom in the next."),
        }[plan.window]
    else:
        yield {
            PeriodKind.MONTH: _("Sales are added up a month at a time."),
            PeriodKind.QUARTER: _("Sales are added up a quarter at a time."),
            PeriodKind.YEAR: _("Sales are added up a year at a time."),
        }[plan.window]
    yield {
        PeriodKind.MONTH: _("You are paid every month."),
        PeriodKind.QUARTER: _("You are paid every quarter."),
        PeriodKind.YEAR: _("You are paid once a year."),
    }[plan.settlement]
    yield _("Amounts are in %(currency)s.", currency=plan.currency)


def _fiscal_year(plan: Plan) -> Iterator[str]:
    names = get_month_names("wide", locale=babel_locale())
    yield _("The year begins in %(month)s.", month=names[plan.year_starts_in_month])


def _several_components(plan: Plan) -> Iterator[str]:
    parts = count(len(plan.components))
    yield _("There are %(count)s parts, and what they earn is added up.", count=parts)


def _base_salary(plan: Plan) -> Iterator[str]:
    salary = money(plan.base_salary_minor or 0, plan.currency)
    yield _(
        "Your base salary is %(amount)s a year, paid beside what the plan earns.", amount=salary
    )


def _draw_of(plan: Plan) -> Draw:
    assert plan.draw is not None
    return plan.draw


def _draw(plan: Plan) -> Iterator[str]:
    draw = _draw_of(plan)
    amount = money(draw.amount_minor, plan.currency)
    yield {
        PeriodKind.MONTH: _("Every month pays you at least %(amount)s.", amount=amount),
        PeriodKind.QUARTER: _("Every quarter pays you at least %(amount)s.", amount=amount),
        PeriodKind.YEAR: _("Every year pays you at least %(amount)s.", amount=amount),
    }[plan.settlement]
    if days := between(draw.starts_on, draw.ends_on):
        yield _("That holds %(days)s.", days=days)


def _draw_guarantee(plan: Plan) -> Iterator[str]:
    yield _("It is a guarantee: you get the greater of the two, and owe nothing.")


def _draw_recovery(plan: Plan) -> Iterator[str]:
    limit = _draw_of(plan).recovery_limit_minor
    yield _("What you had not earned of it is owed, and taken from what you later earn above it.")
    if limit is not None:
        yield _("At most %(amount)s is taken at a time.", amount=money(limit, plan.currency))


def _draw_forgiven(plan: Plan) -> Iterator[str]:
    last = _draw_of(plan).ends_on
    assert last is not None
    yield _("Whatever you still owe on %(last)s is forgotten.", last=day(last))


def _exchange(plan: Plan) -> Iterator[str]:
    yield _("A deal in another currency is converted once, at the rate of its day.")
    for one in plan.exchange_rates:
        yield _(
            "From %(day)s %(currency)s 1 is %(rate)s %(into)s.",
            day=day(one.day),
            currency=one.currency,
            rate=format_decimal(one.quoted, format="#,##0.##########", locale=babel_locale()),
            into=one.into,
        )


def _on_change(plan: Plan) -> Iterator[str]:
    yield {
        OnChange.CONTINUE: _(
            "If the plan changes in the middle of a period, you keep your place and go on at the new rates."
        ),
        OnChange.RESTART: _(
            "If the plan changes in the middle of a period, what you have earned stays, and you begin at the "
            "bottom of the new one."
        ),
        OnChange.RETRO: _(
            "If the plan changes in the middle of a period, the new rates count for the whole period."
        ),
    }[plan.on_change]


PLAN_SENTENCES: Mapping[Topic, Callable[[Plan], Iterator[str]]] = {
    Topic.PERIODS: _periods,
    Topic.FISCAL_YEAR: _fiscal_year,
    Topic.SEVERAL_COMPONENTS: _several_components,
    Topic.BASE_SALARY: _base_salary,
    Topic.DRAW: _draw,
    Topic.DRAW_GUARANTEE: _draw_guarantee,
    Topic.DRAW_RECOVERY: _draw_recovery,
    Topic.DRAW_FORGIVEN: _draw_forgiven,
    Topic.EXCHANGE: _exchange,
    Topic.ON_CHANGE: _on_change,
}
