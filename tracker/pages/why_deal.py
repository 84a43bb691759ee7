"""Why a deal added what it added: its way through share, limit, multipliers and steps; or what it waits for."""

from datetime import date

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component
from tracker.engine.crediting.credits import Credit, multipliers_on
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.earning.explain import DealLine
from tracker.engine.earning.why_no_pay import Reason, ReasonKind, explain_no_pay
from tracker.pages.deal_rows import (
    Worth,
    component_of,
    currency_of,
    evidence_words,
    multiplier_words,
    pay_currency,
    rates_words,
    worths_of,
)
from tracker.pages.formatting import (
    day,
    exchange_rate,
    measured,
    money,
    percent,
    period_name,
    signed_money,
)
from tracker.pages.i18n import gettext as _
from tracker.pages.sheets import Row, Section, Sheet
from tracker.pages.why_open_deal import why_open_deal
from tracker.pages.why_over_time import churn_rows, clawback_rows, residual_sections
from tracker.store import people, plans
from tracker.store.database import Connection
from tracker.store.deals import StoredDeal


def why_deal(connection: Connection, payee: people.Payee, stored: StoredDeal) -> Sheet:
    """What a deal added for a payee and why; or why it added nothing, and what it would add."""
    book = plans.load_plan_book(connection)
    deal = stored.deal
    if deal.status is DealStatus.OPEN:
        found = why_open_deal(connection, payee.id, deal, book, _credit_section)
        if found is not None:
            return found
    worth = worths_of(connection, payee.id, [deal.key], book)[deal.key]
    figure, tone, remark = _deal_figure(worth, pay_currency(deal, worth, book))
    sections = [_deal_section(deal)]
    residuals, lines = residual_sections(deal, worth.lines, book)
    sections += [_line_section(connection, deal, line, book) for line in lines] + residuals
    sections += [_held_section(deal, credit, book) for credit in worth.held]
    reasons = () if worth.lines or worth.held else explain_no_pay(deal, payee.id, book)
    notes = tuple(dict.fromkeys(reason_words(reason) for reason in reasons))
    return Sheet(deal.name, figure, tone, remark, tuple(sections), notes)


def _deal_figure(worth: Worth, currency: str) -> tuple[str, str, str]:
    if worth.held and not worth.lines:
        missing = evidence_words(word for credit in worth.held for word in credit.missing_evidence)
        remark = _("held: it would add this once there is %(missing)s", missing=missing)
        return signed_money(worth.would_add_minor, currency), "waiting", remark
    added = worth.added_minor
    tone = "gain" if added > 0 else "loss" if added < 0 else "mute"
    remark = _("added to your earnings") if worth.lines else _("added nothing")
    return signed_money(added, currency), tone, remark


def _deal_section(deal: Deal) -> Section:
    status = {
        DealStatus.OPEN: _("open"),
        DealStatus.WON: _("won"),
        DealStatus.LOST: _("lost"),
        DealStatus.CANCELLED: _("cancelled"),
    }[deal.status]
    rows = [
        Row(_("The deal"), money(deal.amount_minor, deal.currency), note=status),
        Row(_("Counts from"), day(deal.effective_on)),
    ]
    if deal.next_step is not None:
        due = day(deal.next_step.due_on) if deal.next_step.due_on else ""
        rows.append(Row(_("Next step"), due, note=deal.next_step.text))
    return Section("", tuple(rows))


def _line_section(connection: Connection, deal: Deal, line: DealLine, book: PlanBook) -> Section:
    component, currency = component_of(line.credit, book), currency_of(line.credit, book)
    rows = [*_credit_rows(deal, line.credit, book), *churn_rows(deal, line.credit)]
    steps = "–".join(str(number) for number in _ends(line.tier_numbers))
    if steps:
        rates = rates_words(line.rates, component.pays_on or component.measure, currency)
        rows.append(Row(_("Step %(number)s", number=steps), rates))
    rows += clawback_rows(connection, deal, line.credit, book)
    total = Row(_("Added"), signed_money(line.added_minor, currency), tone="gain")
    return Section(_credit_heading(line.credit, component, book), tuple(rows), total)


def _credit_section(deal: Deal, credit: Credit, book: PlanBook) -> Section:
    component = component_of(credit, book)
    return Section(
        _credit_heading(credit, component, book), tuple(_credit_rows(deal, credit, book))
    )


def _held_section(deal: Deal, credit: Credit, book: PlanBook) -> Section:
    component = component_of(credit, book)
    missing = evidence_words(credit.missing_evidence)
    rows = _credit_rows(deal, credit, book)
    rows.append(Row(_("Waiting for"), missing, tone="waiting"))
    return Section(_credit_heading(credit, component, book), tuple(rows))


def _credit_heading(credit: Credit, component: Component, book: PlanBook) -> str:
    plan = book.version(credit.plan_version_id).plan
    window = period_name(plan.window_of(credit.effective_on))
    return f"{component.name or plan.name} · {window}"


def _credit_rows(deal: Deal, credit: Credit, book: PlanBook) -> list[Row]:
    """How the deal became this credit: share, conversion, limit per deal, what counts, multipliers."""
    component, currency = component_of(credit, book), currency_of(credit, book)
    share = deal.credit_shares[credit.line]
    rows = []
    if share.share != 1:
        rows.append(Row(_("Your share"), percent(share.share), note=_share_note(share)))
    if credit.rate:
        rows.append(_conversion_row(credit, currency))
    if credit.capped_off_minor:
        lost = measured(credit.capped_off_minor, component.measure, currency)
        rows.append(
            Row(_("Above the limit for one deal"), lost, note=_("does not count"), tone="loss")
        )
    counts = measured(credit.attainment_minor, component.measure, currency)
    rows.append(Row(_("Counts towards your steps"), counts))
    rows += [
        Row(_("Multiplier"), multiplier_words(one))
        for one in multipliers_on(component, deal, share.role)
    ]
    return rows


def _conversion_row(credit: Credit, currency: str) -> Row:
    """From the deal's currency to the plan's, by the rate that was quoted."""
    rate = ExchangeRate(credit.currency, currency, credit.effective_on, credit.rate)
    converted = money(rate.convert(credit.original_minor), currency)
    original = money(credit.original_minor, credit.currency)
    return Row(_("Converted"), converted, note=f"{original} × {exchange_rate(credit.rate)}")


def _share_note(share: CreditShare) -> str:
    return _("beside the split") if share.is_overlay else ""


def _ends(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return numbers if len(numbers) < 2 else (min(numbers), max(numbers))


def _days_words(days: tuple[str, ...]) -> str:
    """The days from which and until which a component counts, either of them possibly open."""
    since, until = (day(date.fromisoformat(text)) if text else "" for text in days)
    if not until:
        return _("Only deals from %(since)s on count.", since=since)
    if not since:
        return _("Only deals until %(until)s count.", until=until)
    return _("Only deals from %(since)s to %(until)s count.", since=since, until=until)


def reason_words(reason: Reason) -> str:
    if reason.kind is ReasonKind.DAYS:
        return _days_words(reason.detail)
    detail = (" → " if reason.kind is ReasonKind.NO_RATE else ", ").join(reason.detail)
    return {
        ReasonKind.NOT_WON: _("It pays when it is won."),
        ReasonKind.NOT_ON_DEAL: _("You are no longer on this deal."),
        ReasonKind.NO_PLAN: _("You were on no plan on the day it counts from."),
        ReasonKind.NO_RATE: _(
            "There is no exchange rate for %(detail)s on its day.", detail=detail
        ),
        ReasonKind.FILTER: _(
            "Your plan does not pay for this kind of deal: %(detail)s.", detail=detail
        ),
        ReasonKind.NO_MEASURE: _("The source did not say its %(detail)s.", detail=detail),
        ReasonKind.HELD: _("It waits for %(detail)s.", detail=evidence_words(reason.detail)),
    }[reason.kind]
