"""Why a figure is what it is: each sheet is a figure, the lines that make it, and a few plain sentences.

The lines of an earned figure sum to it exactly, to the minor unit; they are the engine's own. The rep's
page and, where the matrix allows it, the manager's show the same sheets.
"""

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import COUNT_MEASURES
from tracker.engine.earning.explain import LineKind, TierLine, explain_total
from tracker.engine.earning.standing import Standing, Step
from tracker.engine.earning.totals import TotalKey
from tracker.pages.formatting import (
    count,
    measured,
    money,
    pay_rate,
    period_name,
    rate,
    sentence,
    signed_money,
)
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.on_target import on_target_sections
from tracker.pages.sheets import Row, Section, Sheet
from tracker.pages.standing_words import bound_words, year_words
from tracker.pages.standings import PayeeStanding
from tracker.pages.why_multipliers import multipliers_section
from tracker.pages.why_terms import terms_sections
from tracker.store import credits, plans
from tracker.store.database import Connection

# --- what is earned -----------------------------------------------------------------------------------------------


def why_earned(connection: Connection, standing: PayeeStanding, component_key: str = "") -> Sheet:
    """The lines behind what a payee has earned in the window, of one component or of all."""
    book = plans.load_plan_book(connection)
    chosen = [s for s in standing.standings if s.component_key == component_key]
    chosen = chosen or standing.together
    sections = [part for one in chosen for part in earned_sections(connection, one, book)]
    sections += [part for one in chosen for part in terms_sections(connection, one, book)]
    sections += [_steps_section(one) for one in chosen if len(chosen) == 1 and one.steps]
    sections += on_target_sections(standing, book)
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


def earned_sections(
    connection: Connection, standing: Standing, book: PlanBook
) -> tuple[Section, ...]:
    """What the rates are paid on where that is not what was sold, and what they make of it."""
    key = TotalKey(standing.payee_id, standing.component_key, standing.window.key)
    credited = credits.credits_of_total(connection, key)
    lines = explain_total(credited, book)
    deals_count = len({credit.deal_key for credit in credited})
    counted = ngettext("%(count)s deal", "%(count)s deals", deals_count, count=count(deals_count))
    earned = Section(
        heading=f"{standing.component_name} · {counted}",
        rows=tuple(_tier_row(line, standing) for line in lines),
        total=Row(_("Earned"), money(standing.earned_minor, standing.currency)),
    )
    # An average multiplier acts on the pay, and has a line of its own there.
    is_averaged = any(line.kind is LineKind.WEIGHTS for line in lines)
    paid_on = None if is_averaged else multipliers_section(connection, credited, standing, book)
    return (paid_on, earned) if paid_on else (earned,)


def _tier_row(line: TierLine, standing: Standing) -> Row:
    paid = money(line.amount_minor, standing.currency)
    if line.kind is LineKind.BONUS:
        return Row(_("Bonus for step %(number)s", number=line.number), paid, tone="gain")
    if line.kind is LineKind.CAP:
        return Row(_("Above the most this period can pay"), paid, tone="loss")
    if line.kind is LineKind.YEAR:
        return _year_line(line, paid, standing.currency)
    if line.kind is LineKind.WEIGHTS:
        return Row(_("Multipliers, on average"), paid)
    basis = measured(line.basis_minor, standing.paid_measure, standing.currency)
    rate = pay_rate(line.rate, standing.paid_measure, standing.currency)
    return Row(
        _("%(rate)s of %(basis)s", rate=rate, basis=basis)
        if standing.paid_measure not in COUNT_MEASURES
        else _("%(rate)s for each of %(basis)s", rate=rate, basis=basis),
        paid,
        note=_stretch(standing, line.number, line.starts_at_minor, line.up_to_minor),
    )


def _year_line(line: TierLine, paid: str, currency: str) -> Row:
    basis = money(line.basis_minor, currency)
    words = _("%(rate)s of %(basis)s", rate=rate(line.rate), basis=basis)
    return Row(words, paid, note=_("Year %(number)s", number=line.number))


def _steps_section(standing: Standing) -> Section:
    """Every step there is, with where it ends and what it pays; or every year of what pays year by year."""
    steps = standing.alone_steps or standing.steps
    if standing.is_residual:
        last = len(steps)
        years = (Row(year_words(of.number, of.number == last), rate(of.rate)) for of in steps)
        return Section(_("Year by year, while the customer stays"), tuple(years))
    heading = _("Each deal by its own size") if standing.alone_steps else _("All the steps")
    return Section(heading, tuple(_step_row(standing, step) for step in steps))


def _step_row(standing: Standing, step: Step) -> Row:
    pays = pay_rate(step.rate, standing.paid_measure, standing.currency)
    if step.bonus_minor:
        pays = f"{pays} {signed_money(step.bonus_minor, standing.currency)}"
    is_here = step.number == standing.step_number and not standing.alone_steps
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


def _earned_notes(standing: PayeeStanding, chosen: list[Standing]) -> list[str]:
    notes = []
    for one in chosen:
        if one.problem:
            notes.append(_("%(name)s earns nothing yet: no quota is set.", name=one.component_name))
        if one.is_whole and not one.alone_steps:
            notes.append(_("The rate of the step reached counts for everything sold"))
        if one.quota_minor:
            quota = measured(one.quota_minor, one.measure, one.currency)
            sold = measured(one.attainment_minor, one.measure, one.currency)
            notes.append(_("%(sold)s of a quota of %(quota)s", sold=sold, quota=quota))
        if one.has_multipliers:
            notes.append(
                _("Multipliers raise what the rate is paid on, not how far you have climbed")
            )
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


# --- what the next deal is worth -----------------------------------------------------------------------------------


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
        pays = pay_rate(upcoming.rate, standing.paid_measure, currency)
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
