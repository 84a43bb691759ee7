"""What a rep has agreed to: their own plans in plain words, each with its staircase and examples at their quota."""

from dataclasses import dataclass, replace
from datetime import date

from flask import Blueprint

from tracker import access, clock
from tracker.engine.agreement.exceptions import component_for, draw_for
from tracker.engine.agreement.ladder_terms import quota_minor_of
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Plan, PlanVersion
from tracker.engine.crediting.credits import component_key_of
from tracker.engine.earning.totals import TotalKey
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.plan_text import PlanText, plan_text
from tracker.pages.staircase import Staircase, staircase
from tracker.pages.standings import payee_standing
from tracker.store import people, plans
from tracker.store.types import Connection

blueprint = Blueprint("my_plan", __name__)

STAIRCASE_WIDTH, STAIRCASE_HEIGHT = 330, 170


@dataclass(frozen=True, slots=True)
class OwnPlan:
    """One plan a rep is on today, as agreed with them: its text, since when it pays, a staircase for each ladder.

    `is_personal` says that something in it is agreed with them alone.
    """

    text: PlanText
    is_personal: bool
    effective_from: date
    stairs: dict[str, Staircase]


@blueprint.get("/me/plan")
def page() -> str:
    payee = _own_payee()
    with context.database().read() as connection:
        own = _own_plans(connection, payee)
    return context.render("my_plan/page.html", own=own, today=_today())


def _own_payee() -> people.Payee:
    """The payee of whoever is signed in; NotFound for people who do not sell."""
    principal = context.principal()
    with context.database().read() as connection:
        payee = people.payee(connection, principal.payee_id) if principal.payee_id else None
    if payee is None or not access.may_see_pay(principal, payee):
        context.not_found()
    return payee


def _today() -> date:
    return company_calendar(context.settings()).day_of(clock.now())


def _own_plans(connection: Connection, payee: people.Payee) -> list[OwnPlan]:
    book = plans.load_plan_book(connection, [payee.id])
    stairs = _stairs(connection, payee)
    return [
        OwnPlan(
            plan_text(_as_agreed(book, payee, version), _quotas(book, payee, version)),
            _is_personal(book, payee, version),
            version.effective_from,
            {
                component.key: stairs[key]
                for component in version.plan.components
                if (key := f"{version.plan_key}/{component.key}") in stairs
            },
        )
        for version in book.versions_for(payee.id, _today())
    ]


def _as_agreed(book: PlanBook, payee: people.Payee, version: PlanVersion) -> Plan:
    """The plan as it holds for the rep today; its author's examples are not about whoever has other terms."""
    if not _is_personal(book, payee, version):
        return version.plan
    return replace(
        version.plan,
        components=tuple(
            component_for(book, payee.id, version, component, _today())
            for component in version.plan.components
        ),
        draw=draw_for(book, payee.id, version),
        examples=(),
    )


def _is_personal(book: PlanBook, payee: people.Payee, version: PlanVersion) -> bool:
    return any(
        one.component_key.startswith(f"{version.plan_key}/") and one.holds_on(_today())
        for one in book.exceptions_of(payee.id)
    )


def _stairs(connection: Connection, payee: people.Payee) -> dict[str, Staircase]:
    calendar = company_calendar(context.settings())
    drawn = (
        (one.component_key, staircase(one, STAIRCASE_WIDTH, STAIRCASE_HEIGHT))
        for one in payee_standing(connection, payee.id, calendar, clock.now()).standings
        if len(one.steps) > 1
    )
    return {key: stairs for key, stairs in drawn if stairs is not None}


def _quotas(book: PlanBook, payee: people.Payee, version: PlanVersion) -> dict[str, int]:
    """The rep's quotas in the running window, by component."""
    window_key = version.plan.window_of(_today()).key
    found = {
        component.key: quota_minor_of(
            book, TotalKey(payee.id, component_key_of(version, component), window_key)
        )
        for component in version.plan.components
    }
    return {key: quota_minor for key, quota_minor in found.items() if quota_minor}
