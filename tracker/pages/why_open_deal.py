"""Why an open deal counts in the projection, or not yet: its evidence, its next step, how likely it is, its worth."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tracker import clock
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.ahead.prospects import Doubt, Prospect, prospects_of
from tracker.engine.crediting.credits import Credit
from tracker.engine.deals import Deal
from tracker.engine.earning.supposed import would_add
from tracker.engine.earning.totals import TotalKey
from tracker.pages import context
from tracker.pages.company_calendar import company_calendar
from tracker.pages.deal_rows import currency_of, evidence_words
from tracker.pages.formatting import day, money, sentence, signed_money
from tracker.pages.i18n import gettext as _
from tracker.pages.projections import stage_book
from tracker.pages.prospect_words import lacks, odds_source, odds_words
from tracker.pages.sheets import Row, Section, Sheet
from tracker.store import totals
from tracker.store.database import Connection

CreditSection = Callable[[Deal, Credit, PlanBook], Section]
"""How the way of a deal to one of its credits is shown."""


def why_open_deal(
    connection: Connection,
    payee_id: int,
    deal: Deal,
    book: PlanBook,
    credit_section: CreditSection,
) -> Sheet | None:
    """Which band an open deal is in and what it would add; None when it would not pay this payee at all."""
    today = company_calendar(context.settings()).day_of(clock.now())
    (prospect,) = prospects_of([deal], book, today, stage_book(connection, [deal], today))
    own = [credit for credit in prospect.credits if credit.payee_id == payee_id]
    if not own:
        return None
    missing = tuple(dict.fromkeys(word for credit in own for word in credit.missing_evidence))
    lacking = lacks(prospect, missing)
    remark = _("if it is won: hope, not in your projection yet")
    if not lacking:
        remark = _(
            "if it is won: backed, in your projection at %(odds)s", odds=odds_words(prospect.odds)
        )
    return Sheet(
        title=deal.name,
        figure=signed_money(_adds(connection, own, book), currency_of(own[0], book)),
        tone="mute" if lacking else "backed",
        remark=remark,
        sections=(
            Section(
                "", (Row(_("The deal"), money(deal.amount_minor, deal.currency), note=deal.stage),)
            ),
            Section(_("What backs it"), tuple(_backing_rows(prospect, missing))),
            *(credit_section(deal, credit, book) for credit in own),
        ),
        notes=tuple(_notes(lacking)),
    )


def _adds(connection: Connection, own: list[Credit], book: PlanBook) -> int:
    """What these credits would add to their windows, from where those stand now."""
    by_total: dict[TotalKey, list[Credit]] = {}
    for credit in own:
        key = TotalKey(credit.payee_id, credit.component_key, credit.window_key)
        by_total.setdefault(key, []).append(replace(credit, missing_evidence=()))
    found = totals.window_totals(connection, by_total.keys(), book, climbing=by_total.keys())
    return sum(would_add(total, by_total[total.key], book) for total in found)


def _backing_rows(prospect: Prospect, missing: tuple[str, ...]) -> Iterator[Row]:
    step, doubts = prospect.deal.next_step, prospect.doubts
    has_evidence = (
        _("all there") if not missing else _("missing: %(words)s", words=evidence_words(missing))
    )
    yield Row(_("Evidence"), has_evidence, tone="waiting" if missing else "gain")
    is_dated = not {Doubt.NO_STEP, Doubt.NO_STEP_DATE, Doubt.STEP_PASSED} & set(doubts)
    due = day(step.due_on) if step and step.due_on else _("none with a date")
    yield Row(
        _("Next step"), due, note=step.text if step else "", tone="gain" if is_dated else "waiting"
    )
    is_ahead = Doubt.DAY_PASSED not in doubts
    expected = day(prospect.deal.effective_on)
    yield Row(_("Expected"), expected, tone="gain" if is_ahead else "waiting")
    tone = "waiting" if Doubt.NO_ODDS in doubts else "gain"
    note = odds_source(prospect.odds)
    yield Row(_("How likely"), odds_words(prospect.odds), note=note, tone=tone)


def _notes(lacking: str) -> Iterator[str]:
    if lacking:
        yield sentence(_("It becomes backed when this is mended: %(lacking)s", lacking=lacking))
    yield _("It pays when it is won.")
