"""Why a figure is what it is: each sheet is a figure, the lines that make it, and a few plain sentences.

The lines of an earned figure and of a deal sum to it exactly, to the minor unit; they are the engine's own. The rep's
page and, where the matrix allows it, the manager's show the same sheets.
"""

from dataclasses import dataclass
from fractions import Fraction

from tracker.engine.credits import Credit, multipliers_on
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.explain import (
    DealLine,
    LineKind,
    Reason,
    ReasonKind,
    TierLine,
    explain_no_pay,
    explain_total,
)
from tracker.engine.plans import COUNT_MEASURES, Component, PlanBook
from tracker.engine.standing import Standing, Step
from tracker.engine.totals import TotalKey
from tracker.pages.deal_rows import (
    Worth,
    component_of,
    evidence_words,
    multiplier_words,
    quota_of,
    rates_words,
    worths_of,
)
from tracker.pages.formatting import (
    count,
    day,
    measured,
    money,
    pay_rate,
    percent,
    period_name,
    sentence,
    signed_money,
)
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.standings import PayeeStanding
from tracker.store import credits, people, plans
from tracker.store.database import Connection
from tracker.store.deals import StoredDeal


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a sheet: what, a remark under it, and a figure. `tone` is "", gain, waiting, loss or mute."""

    label: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that belong together; `total` closes them when they sum to something."""

    heading: str
    rows: tuple[Row, ...]
    total: Row | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A why: title, the figure it explains, a sentence under it, the sections, and remarks."""

    title: str
    figure: str
    tone: str
    remark: str
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()


# --- what is earned -----------------------------------------------------------------------------------------------


def why_earned(connection: Connection, standing: PayeeStanding, component_key: str = "") -> Sheet:
    """The lines behind what a payee has earned in the window, of one component or of all."""
    book = plans.load_plan_book(connection)
    chosen = [s for s in standing.standings if component_key in ("", s.component_key)]
    sections = [_earned_section(connection, one, book) for one in chosen]
    sections += [_steps_section(one) for one in chosen if len(chosen) == 1 and one.steps]
    earned_minor = sum(one.earned_minor for one in chosen)
    return Sheet(
        title=chosen[0].component_name if component_key else _("What you have earned"),
        figure=money(earned_minor, standing.currency),
        tone="",
        remark=_figure_remark(chosen[0]),
        sections=tuple(sections),
        notes=tuple(_earned_notes(standing, chosen)),
    )


def _figure_remark(standing: Standing) -> str:
    return f"{period_name(standing.window)} · {standing.plan_name}"


def _earned_section(connection: Connection, standing: Standing, book: PlanBook) -> Section:
    key = TotalKey(standing.payee_id, standing.component_key, standing.window.key)
    credited = credits.credits_of_total(connection, key)
    lines = explain_total(credited, book, quota_of(connection, key))
    deals_count = len({credit.deal_key for credit in credited})
    counted = ngettext("%(count)s deal", "%(count)s deals", deals_count, count=count(deals_count))
    return Section(
        heading=f"{standing.component_name} · {counted}",
        rows=tuple(_tier_row(line, standing) for line in lines),
        total=Row(_("Earned"), money(standing.earned_minor, standing.currency)),
    )


def _tier_row(line: TierLine, standing: Standing) -> Row:
    paid = money(line.amount_minor, standing.currency)
    if line.kind is LineKind.BONUS:
        return Row(_("Bonus for step %(number)s", number=line.number), paid, tone="gain")
    if line.kind is LineKind.CAP:
        return Row(_("Above the most a window can pay"), paid, tone="loss")
    if line.kind is LineKind.WEIGHTS:
        return Row(_("Multipliers, on average"), paid)
    basis = measured(line.basis_minor, standing.measure, standing.currency)
    rate = pay_rate(line.rate, standing.measure, standing.currency)
    return Row(
        _("%(rate)s of %(basis)s", rate=rate, basis=basis)
        if standing.measure not in COUNT_MEASURES
        else _("%(rate)s for each of %(basis)s", rate=rate, basis=basis),
        paid,
        note=_stretch(standing, line.number, line.starts_at_minor, line.up_to_minor),
    )


def _steps_section(standing: Standing) -> Section:
    """Every step there is, with where it ends and what it pays."""
    return Section(_("All the steps"), tuple(_step_row(standing, step) for step in standing.steps))


def _step_row(standing: Standing, step: Step) -> Row:
    pays = pay_rate(step.rate, standing.measure, standing.currency)
    if step.bonus_minor:
        pays = f"{pays} {signed_money(step.bonus_minor, standing.currency)}"
    is_here = step.number == standing.step_number
    return Row(
        _stretch(standing, step.number, step.starts_at_minor, step.up_to_minor),
        pays,
        note=_("you are here") if is_here else "",
        tone="gain" if is_here else "" if step.filled else "mute",
    )


def _stretch(standing: Standing, number: int, starts_at_minor: int, up_to_minor: int | None) -> str:
    """A step by number and bounds: "Step 2: 80 % to 100 %"."""
    low, high = bound_words(standing, starts_at_minor), ""
    if up_to_minor is None:
        return _("Step %(number)s: above %(low)s", number=number, low=low)
    high = bound_words(standing, up_to_minor)
    if not starts_at_minor:
        return _("Step %(number)s: up to %(high)s", number=number, high=high)
    return _("Step %(number)s: %(low)s to %(high)s", number=number, low=low, high=high)


def bound_words(standing: Standing, amount_minor: int) -> str:
    """A bound as it is agreed: a share of the quota where there is one, else the amount."""
    if standing.attainment_ratio is not None and standing.quota_minor:
        return percent(Fraction(amount_minor, standing.quota_minor))
    return measured(amount_minor, standing.measure, standing.currency, decimals=0)


def _earned_notes(standing: PayeeStanding, chosen: list[Standing]) -> list[str]:
    notes = []
    for one in chosen:
        if one.problem:
            notes.append(_("%(name)s earns nothing yet: no quota is set.", name=one.component_name))
        if one.is_whole:
            notes.append(_("The rate of the step reached counts for everything sold"))
        if one.quota_minor:
            quota = measured(one.quota_minor, one.measure, one.currency)
            sold = measured(one.attainment_minor, one.measure, one.currency)
            notes.append(_("%(sold)s of a quota of %(quota)s", sold=sold, quota=quota))
        if one.cap_at_minor is not None:
            bound = bound_words(one, one.cap_at_minor)
            notes.append(_("Nothing more is earned above %(bound)s", bound=bound))
    if standing.held_count:
        held = money(standing.held_minor, standing.currency)
        notes.append(
            _(
                "%(amount)s is held until its evidence is there; it is not in the figure.",
                amount=held,
            )
        )
    return [sentence(note) for note in dict.fromkeys(notes)]


# --- what the next deal is worth, and where it all ends -----------------------------------------------------------


def why_next_deal(standing: Standing) -> Sheet:
    """What one more deal of this payee's usual size adds right now, and above the next bound."""
    currency = standing.currency
    typical = standing.typical_deal_minor or 0
    rows = [
        Row(_("A typical deal"), measured(typical, standing.measure, currency)),
        Row(
            _("What it adds now"),
            signed_money(standing.next_deal_minor or 0, currency),
            tone="gain",
        ),
    ]
    upcoming = standing.next_step
    if upcoming is not None:
        pays = pay_rate(upcoming.rate, standing.measure, currency)
        if standing.next_deal_above_minor is not None:
            above = signed_money(standing.next_deal_above_minor, currency)
            rows.append(Row(_("The same deal at %(rate)s", rate=pays), above))
        left = measured(upcoming.distance_minor, standing.measure, currency)
        rows.append(Row(_("Left to step %(number)s", number=upcoming.number), left))
        if upcoming.gain_minor:
            gain = signed_money(upcoming.gain_minor, currency)
            rows.append(Row(_("Reaching it adds at once"), gain, tone="gain"))
    return Sheet(
        title=_("Your next deal"),
        figure=signed_money(standing.next_deal_minor or 0, currency),
        tone="gain",
        remark=_("if it is of your usual size and comes today"),
        sections=(Section("", tuple(rows)),),
        notes=(
            _(
                "Your usual size is the middle one of your latest deals, so that one giant does not move it."
            ),
            _("An estimate. It counts as earned only when the deal is won."),
        ),
    )


def why_projection(standing: PayeeStanding) -> Sheet:
    """Where the window ends at the pace so far, and how that is worked out."""
    sections = tuple(_projection_section(one) for one in standing.standings)
    return Sheet(
        title=_("Projected"),
        figure=money(standing.projected_minor, standing.currency, decimals=0),
        tone="",
        remark=_(
            "for the whole of %(window)s, at today's pace", window=period_name(standing.window)
        )
        if standing.window
        else "",
        sections=sections,
        notes=(
            _(
                "The pace is what you have sold per working day so far; weekends and days off do not count."
            ),
            _("What that comes to climbs the same steps as your real deals."),
            _("An estimate. Held and open deals are not in it."),
        ),
    )


def _projection_section(standing: Standing) -> Section:
    projection, currency = standing.projection, standing.currency
    gone = _(
        "%(gone)s of %(all)s",
        gone=projection.working_days_gone_count,
        all=projection.working_days_count,
    )
    sold = measured(standing.attainment_minor, standing.measure, currency)
    end = measured(projection.attainment_minor, standing.measure, currency, decimals=0)
    share = ""
    if standing.quota_minor:
        share = _(
            "%(ratio)s of the quota",
            ratio=percent(Fraction(projection.attainment_minor, standing.quota_minor)),
        )
    rows = (
        Row(_("Sold so far"), sold),
        Row(_("Working days gone"), gone),
        Row(_("At this pace it ends at"), end, note=share),
    )
    total = Row(_("Which earns"), money(projection.earned_minor, currency, decimals=0))
    return Section(standing.component_name, rows, total)


# --- one deal -----------------------------------------------------------------------------------------------------


def why_deal(connection: Connection, payee: people.Payee, stored: StoredDeal) -> Sheet:
    """What a deal added for a payee and why; or why it added nothing, and what it would add."""
    book = plans.load_plan_book(connection)
    deal = stored.deal
    worth = worths_of(connection, payee.id, [deal.key], book)[deal.key]
    figure, tone, remark = _deal_figure(deal, worth)
    sections = [_deal_section(deal)]
    sections += [_line_section(deal, line, book) for line in worth.lines]
    sections += [_held_section(deal, credit, book) for credit in worth.held]
    reasons = () if worth.lines or worth.held else explain_no_pay(deal, payee.id, book)
    notes = tuple(dict.fromkeys(_reason_words(reason) for reason in reasons))
    return Sheet(deal.name, figure, tone, remark, tuple(sections), notes)


def _deal_figure(deal: Deal, worth: Worth) -> tuple[str, str, str]:
    if worth.held and not worth.lines:
        missing = evidence_words(word for credit in worth.held for word in credit.missing_evidence)
        remark = _("held: it would add this once there is %(missing)s", missing=missing)
        return signed_money(worth.would_add_minor, deal.currency), "waiting", remark
    added = worth.added_minor
    tone = "gain" if added > 0 else "loss" if added < 0 else "mute"
    remark = _("added to your earnings") if worth.lines else _("added nothing")
    return signed_money(added, deal.currency), tone, remark


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


def _line_section(deal: Deal, line: DealLine, book: PlanBook) -> Section:
    component = component_of(line.credit, book)
    rows = _credit_rows(deal, line.credit, component)
    steps = "–".join(str(number) for number in _ends(line.tier_numbers))
    if steps:
        rates = rates_words(line.rates, component.measure, deal.currency)
        rows.append(Row(_("Step %(number)s", number=steps), rates))
    total = Row(_("Added"), signed_money(line.added_minor, deal.currency), tone="gain")
    return Section(_credit_heading(line.credit, component, book), tuple(rows), total)


def _held_section(deal: Deal, credit: Credit, book: PlanBook) -> Section:
    component = component_of(credit, book)
    missing = evidence_words(credit.missing_evidence)
    rows = _credit_rows(deal, credit, component)
    rows.append(Row(_("Waiting for"), missing, tone="waiting"))
    return Section(_credit_heading(credit, component, book), tuple(rows))


def _credit_heading(credit: Credit, component: Component, book: PlanBook) -> str:
    plan = book.version(credit.plan_version_id).plan
    window = period_name(plan.window_of(credit.effective_on))
    return f"{component.name or plan.name} · {window}"


def _credit_rows(deal: Deal, credit: Credit, component: Component) -> list[Row]:
    """How the deal became this credit: share, limit per deal, what counts towards the steps, multipliers."""
    share = deal.credit_shares[credit.line]
    rows = []
    if share.share != 1:
        rows.append(Row(_("Your share"), percent(share.share), note=_share_note(share)))
    if credit.capped_off_minor:
        lost = measured(credit.capped_off_minor, component.measure, deal.currency)
        rows.append(
            Row(_("Above the limit for one deal"), lost, note=_("does not count"), tone="loss")
        )
    counts = measured(credit.attainment_minor, component.measure, deal.currency)
    rows.append(Row(_("Counts towards your steps"), counts))
    rows += [
        Row(_("Multiplier"), multiplier_words(one))
        for one in multipliers_on(component, deal, share.role)
    ]
    return rows


def _share_note(share: CreditShare) -> str:
    return _("beside the split") if share.is_overlay else ""


def _ends(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return numbers if len(numbers) < 2 else (min(numbers), max(numbers))


def _reason_words(reason: Reason) -> str:
    detail = ", ".join(reason.detail)
    return {
        ReasonKind.NOT_WON: _("It pays when it is won."),
        ReasonKind.NOT_ON_DEAL: _("You are no longer on this deal."),
        ReasonKind.NO_PLAN: _("You were on no plan on the day it counts from."),
        ReasonKind.CURRENCY: _("It is in another currency than your plan."),
        ReasonKind.FILTER: _(
            "Your plan does not pay for this kind of deal: %(detail)s.", detail=detail
        ),
        ReasonKind.NO_MEASURE: _("The source did not say its %(detail)s.", detail=detail),
        ReasonKind.HELD: _("It waits for %(detail)s.", detail=evidence_words(reason.detail)),
    }[reason.kind]
