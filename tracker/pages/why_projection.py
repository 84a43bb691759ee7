"""Why the projection is what it is: the four bands with their deals, the chances, the pace beside, every assumption."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from tracker.engine.ahead.outcomes import DRAWS_COUNT
from tracker.engine.ahead.projection import LadderProjection, Outlook, Projection
from tracker.engine.deals import Deal
from tracker.engine.earning.standing import Standing
from tracker.engine.money import round_to_minor_unit
from tracker.pages.formatting import (
    amount,
    chance_words,
    count,
    day,
    measured,
    money,
    percent,
    period_name,
    sentence,
    signed_money,
)
from tracker.pages.i18n import gettext as _
from tracker.pages.prospect_words import lacks, prospect_note
from tracker.pages.sheets import Row, Section, Sheet
from tracker.pages.standing_words import bound_words, step_pay
from tracker.pages.standings import PayeeStanding

ROWS_MAX = 12
"""A list of deals longer than this is cut; the deals of the rep are all on a page of their own."""

AddressOf = Callable[[Deal], str]
"""Where a deal opens its own why; "" where it opens nowhere."""


def why_projection(standing: PayeeStanding, address_of: AddressOf = lambda deal: "") -> Sheet:
    """Where the window ends, and how that is worked out."""
    at_pace = tuple(_pace_section(one) for one in standing.together)
    sections, notes = at_pace, [_pace_note()]
    remark = _("for the whole of %(window)s, at today's pace", window=_window(standing))
    if standing.projection is not None:
        sections = (*_evidence_sections(standing, standing.projection, address_of), *at_pace)
        notes = [*_evidence_notes(standing.projection), _pace_note()]
        remark = _("for the whole of %(window)s, by evidence", window=_window(standing))
    elif standing.window is not None:
        notes.insert(0, _("No source tells of open deals, so this is the pace alone."))
    return Sheet(
        title=_("Projected"),
        figure=money(standing.projected_minor, standing.currency, decimals=0),
        tone="",
        remark=remark if standing.window else "",
        sections=sections,
        notes=(*notes, *_held_notes(standing)),
    )


def _window(standing: PayeeStanding) -> str:
    return period_name(standing.window) if standing.window else ""


# --- by evidence


def _evidence_sections(
    standing: PayeeStanding, projection: Projection, address_of: AddressOf
) -> Iterator[Section]:
    yield _bands_section(standing, projection)
    yield _beside_section(standing, projection)
    for ladder, one in zip(projection.ladders, standing.together, strict=True):
        yield from _ladder_sections(ladder, one, address_of)


def _bands_section(standing: PayeeStanding, projection: Projection) -> Section:
    """The three bands that are counted; they come to the figure."""
    currency = standing.currency
    secured_minor = standing.earned_minor - projection.exposed_minor
    rows = [
        Row(
            _("Secured"),
            money(secured_minor, currency, decimals=0),
            note=_("earned, and beyond any taking back"),
            mark="secured",
        ),
        Row(
            _("Backed"),
            signed_money(projection.backed_minor, currency, decimals=0),
            note=_("open deals with their evidence and a dated next step, by how likely they are"),
            mark="backed",
        ),
    ]
    if projection.exposed_minor:
        exposed = money(projection.exposed_minor, currency, decimals=0)
        note = _("earned; goes back if the customer leaves early")
        rows.insert(1, Row(_("Exposed"), exposed, note=note, mark="exposed"))
    total = Row(_("Projected"), money(standing.projected_minor, currency, decimals=0))
    return Section("", tuple(rows), total)


def _beside_section(standing: PayeeStanding, projection: Projection) -> Section:
    """The range of the figure, and what is hoped for beside it."""
    currency, spread = standing.currency, standing.projected
    rows = []
    if projection.uncertain_count:
        low = amount(spread.low_minor, currency, decimals=0)
        between = f"{low}–{money(spread.high_minor, currency, decimals=0)}"
        note = _("one time in ten it is less, one time in ten more (P10–P90)")
        rows.append(Row(_("Most likely between"), between, note=note))
    hope = signed_money(projection.hope_minor, currency, decimals=0)
    note = _("the other open deals; not in the figure until something backs them")
    rows.append(Row(_("Hope"), hope, note=note, tone="mute", mark="hope"))
    return Section("", tuple(rows))


def _ladder_sections(
    ladder: LadderProjection, standing: Standing, address_of: AddressOf
) -> Iterator[Section]:
    backed = tuple(
        _backed_row(one, standing, address_of) for one in ladder.outlooks if one.is_backed
    )
    hoped = tuple(
        _hoped_row(one, standing, address_of) for one in ladder.outlooks if not one.is_backed
    )
    exposed = tuple(
        Row(
            one.deal.name,
            day(one.safe_on),
            address=address_of(one.deal),
        )
        for one in ladder.exposures
    )
    headed = {
        _("Chance of reaching"): tuple(_chance_rows(ladder, standing)),
        _("Backed: what it adds if won"): backed,
        _("Hope: what it adds if won"): hoped,
        _("Exposed: fully yours from"): exposed,
    }
    for heading, rows in headed.items():
        if rows:
            more_count = len(rows) - ROWS_MAX
            more = (Row(_("and %(count)s more", count=more_count), "", tone="mute"),)
            shown = rows if more_count <= 1 else (*rows[:ROWS_MAX], *more)
            yield Section(f"{heading} · {standing.component_name}", shown)


def _chance_rows(ladder: LadderProjection, standing: Standing) -> Iterator[Row]:
    steps = {step.number: step for step in standing.steps}
    for chance in ladder.chances:
        if (step := steps.get(chance.step_number)) is not None:
            bound = bound_words(standing, chance.starts_at_minor)
            name = _("Step %(number)s: above %(low)s", number=step.number, low=bound)
            yield Row(name, chance_words(chance.probability), note=step_pay(standing, step))


def _backed_row(one: Outlook, standing: Standing, address_of: AddressOf) -> Row:
    return Row(
        one.prospect.deal.name,
        signed_money(one.adds_minor, standing.currency, decimals=0),
        note=prospect_note(one.prospect),
        address=address_of(one.prospect.deal),
    )


def _hoped_row(one: Outlook, standing: Standing, address_of: AddressOf) -> Row:
    return Row(
        one.prospect.deal.name,
        signed_money(one.adds_minor, standing.currency, decimals=0),
        note=lacks(one.prospect, one.missing_evidence),
        tone="mute",
        address=address_of(one.prospect.deal),
    )


def _evidence_notes(projection: Projection) -> Iterator[str]:
    yield _(
        "An estimate: the mean of every way the backed deals can go, each through your real steps."
    )
    if projection.uncertain_count:
        yield _ways_note(projection)
    yield _(
        "Deals are taken to be won or lost independently of each other, on the day they are expected."
    )
    yield _("A deal expected after the end of the period is not in it.")


def _ways_note(projection: Projection) -> str:
    number = projection.uncertain_count
    if not projection.is_exact:
        return _(
            "With %(deals)s open deals a fixed sample of %(ways)s ways stands for all of them.",
            deals=count(number),
            ways=count(DRAWS_COUNT),
        )
    return _("All %(ways)s ways that they can go were looked at.", ways=count(2**number))


def _held_notes(standing: PayeeStanding) -> Iterator[str]:
    if standing.held_count:
        held = money(standing.held_minor, standing.currency)
        yield sentence(
            _(
                "%(amount)s is held until its evidence is there; it is not in the figure.",
                amount=held,
            )
        )


def sales_outlook(standing: PayeeStanding) -> Iterator[Section]:
    """The bands in sales instead of pay, for who may not see pay: what is sold, backed and hoped for."""
    lead, projection = standing.lead, standing.projection
    ladder = projection.of(lead.component_key) if projection and lead else None
    if lead is None or ladder is None:
        return
    backed_minor = ladder.attainment.expected_minor - lead.attainment_minor
    hope_minor = sum(
        round_to_minor_unit(one.probability * credit.attainment_minor)
        for one in ladder.outlooks
        if not one.is_backed
        for credit in one.credits
    )

    def sales(minor: int) -> str:
        return measured(minor, lead.measure, lead.currency, decimals=0)

    rows = (
        Row(_("Sold so far"), sales(lead.attainment_minor), mark="secured"),
        Row(_("Backed"), sales(backed_minor), mark="backed"),
    )
    end = sales(ladder.attainment.expected_minor)
    yield Section(_("Where it ends"), rows, Row(_("Projected"), end))
    yield Section("", (Row(_("Hope"), sales(hope_minor), tone="mute", mark="hope"),))
    chances = tuple(replace(row, note="") for row in _chance_rows(ladder, lead))
    if chances:
        yield Section(_("Chance of reaching"), chances)


# --- at the pace


def _pace_note() -> str:
    return _(
        "The pace is what you have sold per working day so far; weekends and days off do not count."
    )


def _pace_section(standing: Standing) -> Section:
    pace, currency = standing.pace, standing.currency
    gone = _(
        "%(gone)s of %(all)s",
        gone=pace.working_days_gone_count,
        all=pace.working_days_count,
    )
    sold = measured(standing.attainment_minor, standing.measure, currency)
    end = measured(pace.attainment_minor, standing.measure, currency, decimals=0)
    share = ""
    if standing.quota_minor:
        share = _(
            "%(ratio)s of the quota",
            ratio=percent(Fraction(pace.attainment_minor, standing.quota_minor)),
        )
    season: list[Row] = []
    if pace.season_gone is not None:
        season.append(Row(_("Gone by the season"), percent(pace.season_gone)))
    rows = (
        Row(_("Sold so far"), sold),
        Row(_("Working days gone"), gone),
        *season,
        Row(_("At this pace it ends at"), end, note=share),
    )
    total = Row(_("Which earns"), money(pace.earned_minor, currency, decimals=0))
    heading = _("At today’s pace")
    return Section(f"{heading} · {standing.component_name}", rows, total)
