"""What time does to a deal, on its sheet: when it is fully the rep's, what was taken back and why, year by year."""

from collections.abc import Sequence
from itertools import groupby

from tracker.engine.agreement.deal_terms import Clawback
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component
from tracker.engine.crediting.credits import CHURN_PART, Credit
from tracker.engine.crediting.over_time import safe_on
from tracker.engine.deals import Deal
from tracker.engine.earning.clawbacks import Clawed, clawed_of, taken_back
from tracker.engine.earning.explain import DealLine
from tracker.pages.deal_rows import component_of
from tracker.pages.formatting import day, money, percent, rate, signed_money
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.sheets import Row, Section
from tracker.pages.standing_words import year_words
from tracker.store import totals
from tracker.store.database import Connection


def clawback_rows(
    connection: Connection, deal: Deal, credit: Credit, book: PlanBook
) -> tuple[Row, ...]:
    """Until when a clawback can take from this credit; or what it took, how much of it, and by which rule."""
    component = component_of(credit, book)
    rule, safe_day = component.clawback, safe_on(deal, component)
    if rule is None or safe_day is None or credit.part:
        return ()
    fully_yours = Row(_("Fully yours on"), day(safe_day), note=_rule_words(rule))
    clawed = next(clawed_of(deal, [credit], book), None)
    if clawed is None:
        return (fully_yours,)
    total = totals.window_total(connection, totals.total_of(credit), book)
    lost_minor = taken_back(total, [clawed], book)
    currency = book.version(credit.plan_version_id).plan.currency
    left = Row(_("The customer left on"), day(clawed.ended_on), note=_stayed_words(clawed))
    taken = Row(
        _("Taken back"),
        signed_money(-lost_minor, currency),
        note=_(
            "%(share)s of it is yours; %(rule)s", share=percent(clawed.kept), rule=_rule_words(rule)
        ),
        tone="loss",
    )
    return (left, taken)


def churn_rows(deal: Deal, credit: Credit) -> tuple[Row, ...]:
    """That a deal counts off again, because its customer left and the plan counts net."""
    if credit.part != CHURN_PART or credit.tier or deal.ended_on is None:
        return ()
    note = _("the plan counts net: it counts off again on that day")
    return (Row(_("The customer left on"), day(deal.ended_on), note=note, tone="loss"),)


def residual_sections(
    deal: Deal, lines: Sequence[DealLine], book: PlanBook
) -> tuple[list[Section], list[DealLine]]:
    """A section for each residual of a deal, year by year; and the lines that are no instalments."""
    others = [line for line in lines if not component_of(line.credit, book).years]
    instalments = [line for line in lines if component_of(line.credit, book).years]
    by_place = groupby(instalments, key=lambda line: (line.credit.component_key, line.credit.line))
    sections = [_residual_section(deal, list(of_one), book) for _place, of_one in by_place]
    return sections, others


def _residual_section(deal: Deal, lines: Sequence[DealLine], book: PlanBook) -> Section:
    version = book.version(lines[0].credit.plan_version_id)
    component, currency = component_of(lines[0].credit, book), version.plan.currency
    by_year: dict[int, list[DealLine]] = {}
    for line in lines:
        by_year.setdefault(line.credit.tier, []).append(line)
    rows = [_year_row(number, of_year, component, currency) for number, of_year in by_year.items()]
    if deal.ended_on is not None:
        note = _("nothing more comes after that day")
        rows.append(Row(_("The customer left on"), day(deal.ended_on), note=note))
    added_minor = sum(line.added_minor for line in lines)
    total = Row(_("Added"), signed_money(added_minor, currency), tone="gain")
    return Section(component.name or version.plan.name, tuple(rows), total)


def _year_row(number: int, lines: Sequence[DealLine], component: Component, currency: str) -> Row:
    counted_minor = sum(line.credit.attainment_minor for line in lines)
    several = ngettext(
        "%(count)s instalment, %(rate)s of %(amount)s",
        "%(count)s instalments, %(rate)s of %(amount)s",
        len(lines),
        count=len(lines),
        rate=rate(component.years[number - 1]),
        amount=money(counted_minor, currency),
    )
    label = year_words(number, number == len(component.years))
    return Row(label, signed_money(sum(line.added_minor for line in lines), currency), note=several)


def _stayed_words(clawed: Clawed) -> str:
    count = clawed.months_count
    return ngettext("after %(count)s full month", "after %(count)s full months", count, count=count)


def _rule_words(rule: Clawback) -> str:
    """The rule of a clawback in a few words."""
    if rule.is_by_months:
        return ngettext(
            "earned over %(count)s month",
            "earned month by month over %(count)s months",
            rule.within_months,
            count=rule.within_months,
        )
    said = [
        ngettext(
            "%(share)s is taken back within %(count)s month",
            "%(share)s is taken back within %(count)s months",
            step.within_months,
            share=percent(step.takes),
            count=step.within_months,
        )
        for step in rule.steps
    ]
    return ", ".join(said)
