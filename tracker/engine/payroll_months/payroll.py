"""A payroll month from the facts known at one moment: what everybody is paid, and why. Pure, so it can be repeated."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tracker.engine.agreement.exceptions import draw_for
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Draw
from tracker.engine.crediting.credits import Credit, split_component_key
from tracker.engine.earning.explain import explain_deals, explain_total
from tracker.engine.earning.totals import TotalKey
from tracker.engine.payroll_months.equity import Grant, standing_of
from tracker.engine.payroll_months.payroll_teams import lines_of_member
from tracker.engine.payroll_months.posting import month_named, month_paying
from tracker.engine.payroll_months.settlement import Settled, is_drawn_in, settle_one
from tracker.engine.payroll_months.statement import (
    ComponentLines,
    PaidDeal,
    PaidTier,
    PostedLine,
    Statement,
    VestedUnits,
)
from tracker.engine.periods import Period

Whose = tuple[int, str]
"""Payee id and currency."""


@dataclass(frozen=True, slots=True)
class KnownFacts:
    """Everything that the statements of a month are made of, as it was known at one moment.

    `credited` are the credits of every total that has one in the month, those of its other months included.
    `payee_ids` are those who are paid: what stands under a team is reported, and its members are paid. `left_on` is
    the last day on which equity vests.
    """

    book: PlanBook
    quota_of: Callable[[TotalKey], int | None]
    posted: Mapping[Whose, Sequence[PostedLine]]
    debts: Mapping[Whose, int]
    credited: Mapping[TotalKey, Sequence[Credit]]
    deal_names: Mapping[str, str] = field(default_factory=dict)
    payee_ids: Collection[int] = ()
    grants: Mapping[int, Sequence[Grant]] = field(default_factory=dict)
    left_on: Mapping[int, date | None] = field(default_factory=dict)


def statements_of_month(month: str, known: KnownFacts) -> list[Statement]:
    """The statement of everyone who earned, owes or draws something in a month, by payee and currency."""
    paid = frozenset(known.payee_ids)
    drawing = {
        (payee_id, drawn.currency)
        for payee_id in paid
        if (drawn := draw_in(known.book, payee_id, month)) is not None and drawn.is_due
    }
    owing = {whose for whose, debt_minor in known.debts.items() if debt_minor}
    totals: dict[int, list[TotalKey]] = {}
    for key in sorted(known.credited):
        totals.setdefault(key.payee_id, []).append(key)
    return [
        _statement(whose, month, known, totals.get(whose[0], ()))
        for whose in sorted(drawing | owing | known.posted.keys())
        if whose[0] in paid
    ]


def _statement(
    whose: Whose, month: str, known: KnownFacts, totals: Sequence[TotalKey]
) -> Statement:
    payee_id, currency = whose
    posted = tuple(sorted(known.posted.get(whose, ()), key=lambda line: line.order))
    debt_before_minor = known.debts.get(whose, 0)
    drawn = draw_in(known.book, payee_id, month)
    if drawn is not None and drawn.currency != currency:
        drawn = None
    earned_minor = sum(line.amount_minor for line in posted)
    settled = settled_in(month, earned_minor, debt_before_minor, drawn)
    is_drawn = drawn is not None and drawn.is_due
    components = (
        _component_lines(key, month, known)
        for key in totals
        if known.book.currency_of(split_component_key(key.component_key)[0]) == currency
    )
    return Statement(
        payee_id=payee_id,
        month=month,
        currency=currency,
        posted=posted,
        components=(
            *(lines for lines in components if lines.deals),
            *lines_of_member(payee_id, currency, month, known.credited, known.book),
        ),
        earned_minor=earned_minor,
        draw_kind=drawn.draw.kind.value if drawn and is_drawn else "",
        draw_period=drawn.period.key if drawn and is_drawn else "",
        draw_minor=settled.draw_minor,
        debt_before_minor=debt_before_minor,
        paid_minor=settled.paid_minor,
        debt_minor=settled.debt_minor,
        forgiven_minor=settled.forgiven_minor,
        equity=tuple(_units(grant, month, known) for grant in known.grants.get(payee_id, ())),
    )


def _units(grant: Grant, month: str, known: KnownFacts) -> VestedUnits:
    """How a grant stood when the month ended, and what it vested in the month."""
    days, left_on = month_named(month), known.left_on.get(grant.payee_id)
    standing = standing_of(grant, days.ends_on, left_on)
    before = standing_of(grant, days.starts_on - timedelta(days=1), left_on)
    return VestedUnits(
        name=grant.name,
        granted_units=grant.units,
        vested_units=standing.vested_units,
        vested_in_month_units=standing.vested_units - before.vested_units,
        forfeited_units=standing.forfeited_units,
    )


# --- draws


@dataclass(frozen=True, slots=True)
class DrawnIn:
    """The draw that counts for a payee in a payroll month, and the settlement period it belongs to."""

    draw: Draw
    period: Period
    currency: str
    month: Period

    @property
    def ends_now(self) -> bool:
        """Whether the settlement period is paid in this month."""
        return self.period.ends_on == self.month.ends_on

    @property
    def is_due(self) -> bool:
        """Whether this month pays the draw."""
        return self.ends_now and is_drawn_in(self.period, self.draw)


def draw_in(book: PlanBook, payee_id: int, month: str) -> DrawnIn | None:
    """The draw that counts for a payee in a payroll month: that of the first of their plans that has one for them."""
    days = month_named(month)
    for version in book.versions_in(payee_id, days):
        if (draw := draw_for(book, payee_id, version)) is not None:
            period = version.plan.settlement_period_of(days.ends_on)
            return DrawnIn(draw, period, version.plan.currency, days)
    return None


def settled_in(month: str, earned_minor: int, debt_minor: int, drawn: DrawnIn | None) -> Settled:
    """What a payroll month pays after a debt; a draw is paid in the month in which its period ends."""
    if drawn is not None and drawn.ends_now:
        return settle_one(drawn.period, earned_minor, debt_minor, drawn.draw)
    return settle_one(month_named(month), earned_minor, debt_minor, None)


# --- the lines behind a figure


def _component_lines(key: TotalKey, month: str, known: KnownFacts) -> ComponentLines:
    plan_key, own_key = split_component_key(key.component_key)
    start = known.book.year_starts_in_month(plan_key)
    quota_minor = known.quota_of(key)
    credited = [credit for credit in known.credited[key] if credit.is_counted]
    so_far = [c for c in credited if month_paying(c.period_key, start) <= month]
    deals = (
        PaidDeal(
            deal_key=line.credit.deal_key,
            part=line.credit.part,
            name=known.deal_names.get(line.credit.deal_key, line.credit.deal_key),
            effective_on=line.credit.effective_on,
            attainment_minor=line.credit.attainment_minor,
            added_minor=line.added_minor,
            tier_numbers=line.tier_numbers,
            rates=line.rates,
        )
        for line in explain_deals(credited, known.book)
        if month_paying(line.credit.period_key, start) == month
    )
    version_ids = sorted({credit.plan_version_id for credit in so_far})
    newest = known.book.version(version_ids[-1]).plan if version_ids else None
    component = newest.component(own_key) if newest else None
    return ComponentLines(
        component_key=key.component_key,
        name=component.name if component else "",
        measure=component.measure if component else "",
        paid_measure=(component.pays_on or component.measure) if component else "",
        window_key=key.window_key,
        plan_version_ids=tuple(version_ids),
        quota_minor=quota_minor,
        attainment_minor=sum(credit.attainment_minor for credit in so_far),
        tiers=tuple(_tiers(so_far, known.book)),
        deals=tuple(deals),
    )


def _tiers(credited: Sequence[Credit], book: PlanBook) -> Sequence[PaidTier]:
    return [
        PaidTier(
            kind=line.kind.value,
            number=line.number,
            starts_at_minor=line.starts_at_minor,
            up_to_minor=line.up_to_minor,
            rate=line.rate,
            basis_minor=line.basis_minor,
            amount_minor=line.amount_minor,
            plan_version_id=line.plan_version_id,
        )
        for line in explain_total(credited, book)
    ]
