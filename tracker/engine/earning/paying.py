"""A list of deals -> what everybody is paid, in one go: no store, no history, each deal as it is now."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter

from tracker.engine.agreement.ladder_terms import LadderTerms, quota_minor_of
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Component, Draw, Plan
from tracker.engine.agreement.quotas import WindowQuota
from tracker.engine.crediting.credits import Credit, credits_of, split_component_key
from tracker.engine.crediting.presence import presences_of
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.clawbacks import Clawed, clawed_of, taken_back
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.explain import LineKind, TierLine, explain_sums, explain_total
from tracker.engine.earning.on_target import base_minor
from tracker.engine.earning.pools import Pool, figures_of_members, line_of_member, pool_of
from tracker.engine.earning.supposed import would_add
from tracker.engine.earning.totals import CellKey, Climb, Sums, TotalKey, total_of_cells
from tracker.engine.payroll_months.settlement import Settled, settle
from tracker.engine.periods import Period, period_named

IN_ORDER = attrgetter("effective_on", "deal_key", "line", "part")
"""The order of credits in a window (`Credit.order`), read at the speed of a long list."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What people are paid by: plans and their versions, who is on which, and what is agreed with each of them.

    Settlement periods and the base salary are those of `plan`.

    `draws`, `base_salaries` (a year's, instead of the plan's) and `first_days` are by payee; whoever has no first
    day begins with the first deal. `payee_ids` are those who are told of even when they have no deal. Periods are
    settled until the one that holds `last_day`.
    """

    plan: Plan
    book: PlanBook
    last_day: date
    draws: Mapping[int, Draw | None] = field(default_factory=dict)
    base_salaries: Mapping[int, int] = field(default_factory=dict)
    first_days: Mapping[int, date] = field(default_factory=dict)
    payee_ids: Sequence[int] = ()

    def quota_minor(self, key: TotalKey) -> int | None:
        """A payee's quota for a component in a window, as the version at the window's end has it; None without any."""
        return quota_minor_of(self.book, key)

    def component(self, component_key: str) -> Component:
        """A component by plan and own key, as the newest version of its plan that has it says."""
        plan_key, own_key = split_component_key(component_key)
        versions = self.book.versions_within(plan_key, date.min, date.max)
        found = (version.plan.component(own_key) for version in reversed(versions))
        return next(component for component in found if component is not None)

    def base_minor(self, payee_id: int, period: Period) -> int:
        """A payee's base salary in a period: their own, or the plan's, or none."""
        if self.book.teams.is_team(payee_id):
            return 0
        yearly_minor = self.base_salaries.get(payee_id, self.plan.base_salary_minor or 0)
        return base_minor(yearly_minor, period, self.plan.year_starts_in_month)


@dataclass(frozen=True, slots=True)
class ComponentPay:
    """What one component earned one payee in one window, the lines whose sum it is, and what waits for evidence.

    A team's has the `pool` that its members get their parts of; a member's part has a line for each team, and no deals.
    `quota` is that of the plan version that holds at the window's end; None for a part of a pool.
    `clawed_minor` is what the clawbacks of all `clawed` credits cost.
    """

    key: TotalKey
    quota: WindowQuota | None
    attainment_minor: int
    credit_count: int
    earned_minor: int
    earned_by_period: Mapping[str, int]
    lines: Sequence[TierLine]
    credited: Sequence[Credit] = ()
    held: Sequence[Credit] = ()
    held_minor: int = 0
    clawed: Sequence[Clawed] = ()
    clawed_minor: int = 0
    pool: Pool | None = None

    @property
    def is_part_of_pool(self) -> bool:
        return any(line.kind is LineKind.SHARE for line in self.lines)

    @property
    def quota_minor(self) -> int | None:
        return self.quota.amount_minor if self.quota else None


@dataclass(frozen=True, slots=True)
class PayeePay:
    """Everything one payee earned and is paid; `total_minor` is the sum of what the periods pay.

    `base_minor` is the base salary of each of the periods, paid beside it.
    """

    payee_id: int
    components: Sequence[ComponentPay]
    periods: Sequence[Settled]
    base_minor: Sequence[int]

    @property
    def total_minor(self) -> int:
        return sum(period.paid_minor for period in self.periods)


@dataclass(frozen=True, slots=True)
class Payroll:
    """What everybody is paid, by payee id, and the won deals that gave nobody a credit."""

    payees: Sequence[PayeePay]
    unpaid: Sequence[Deal]


def pay(
    deals: Iterable[Deal],
    terms: Terms,
    keeps_credits: bool = False,
    tells_lines: bool = True,
) -> Payroll:
    """What each payee of these deals and terms earned and is paid.

    With `keeps_credits` each component also lists its counted credits, for those who ask what each deal added.
    Without `tells_lines` its lines are left out, which saves a third of the time where only the figure is asked for.
    """
    tallies, unpaid = _tallied(deals, terms.book, keeps_credits)
    components = [
        _component_pay(TotalKey(*key), tallies[key], terms, tells_lines) for key in sorted(tallies)
    ]
    components += _members_pay(components, terms)
    by_payee: dict[int, list[ComponentPay]] = {payee_id: [] for payee_id in terms.payee_ids}
    for component in components:
        by_payee.setdefault(component.key.payee_id, []).append(component)
    payees = [_payee_pay(payee_id, by_payee[payee_id], terms) for payee_id in sorted(by_payee)]
    return Payroll(payees, unpaid)


@dataclass(slots=True)
class _Tally:
    """The sums of one total while deals are added: count, negatives, attainment and weight of each cell."""

    needs_days: bool
    cells: dict[tuple[str, int, int], list[int]] = field(default_factory=dict)
    credited: list[Credit] = field(default_factory=list)
    held: list[Credit] = field(default_factory=list)
    clawed: list[Clawed] = field(default_factory=list)


def _tallied(
    deals: Iterable[Deal], book: PlanBook, keeps_credits: bool
) -> tuple[dict[tuple[int, str, str], _Tally], list[Deal]]:
    """The sums of every total, and the won deals without credit.

    Lists that grow, and no object for each change: this is the loop over all deals.
    """
    tallies: dict[tuple[int, str, str], _Tally] = {}
    unpaid: list[Deal] = []
    for deal, credited in _credited(deals, book, unpaid):
        for credit in credited:
            key = credit.payee_id, credit.component_key, credit.window_key
            tally = tallies.get(key)
            if tally is None:
                needs_days = LadderTerms(TotalKey(*key), book).need_days([credit.plan_version_id])
                tally = tallies[key] = _Tally(needs_days)
            if credit.missing_evidence:
                tally.held.append(credit)
                continue
            cell = credit.period_key, credit.plan_version_id, credit.tier
            sums = tally.cells.get(cell)
            if sums is None:
                sums = tally.cells[cell] = [0, 0, 0, 0]
            attainment_minor = credit.attainment_minor
            sums[0] += 1
            sums[1] += attainment_minor < 0
            sums[2] += attainment_minor
            sums[3] += credit.weight_scaled
            if tally.needs_days or keeps_credits:
                tally.credited.append(credit)
        if deal is not None and deal.ended_on is not None:
            for one in clawed_of(deal, credited, book):
                credit = one.credit
                tallies[credit.payee_id, credit.component_key, credit.window_key].clawed.append(one)
    return tallies, unpaid


def _credited(
    deals: Iterable[Deal], book: PlanBook, unpaid: list[Deal]
) -> Iterator[tuple[Deal | None, Sequence[Credit]]]:
    """The credits of each deal, those without any noted, and then those for being there."""
    for deal in deals:
        credited = credits_of(deal, book)
        if not credited and deal.status is DealStatus.WON:
            unpaid.append(deal)
        yield deal, credited
    yield None, presences_of(book)


def _component_pay(key: TotalKey, tally: _Tally, terms: Terms, tells_lines: bool) -> ComponentPay:
    book = terms.book
    credited = sorted(tally.credited, key=IN_ORDER)
    cells = [
        (CellKey(key.payee_id, key.component_key, key.window_key, *cell), Sums(*sums))
        for cell, sums in tally.cells.items()
    ]
    together = [credit for credit in credited if not credit.tier]
    total = total_of_cells(key, cells, _climb(together) if tally.needs_days else None)
    earned = earned_by_period(total, book)
    walks_back = tally.needs_days and total.sums.negative_count
    lines: Sequence[TierLine] = ()
    if tells_lines:
        lines = explain_total(credited, book) if walks_back else explain_sums(total, book)
    held = sorted(tally.held, key=IN_ORDER)
    return ComponentPay(
        key=key,
        quota=_quota_at_end(key, tally, book),
        attainment_minor=total.attainment_minor,
        credit_count=total.sums.credit_count,
        earned_minor=sum(earned.values()),
        earned_by_period=earned,
        lines=lines,
        credited=credited,
        held=held,
        held_minor=would_add(total, held, book) if held else 0,
        clawed=tally.clawed,
        clawed_minor=taken_back(total, tally.clawed, book) if tally.clawed else 0,
        pool=pool_of(total, earned, book),
    )


def _members_pay(components: Sequence[ComponentPay], terms: Terms) -> list[ComponentPay]:
    """What members get of what their teams earned, each with a line for every team."""
    pools = {of.key: of.pool for of in components if of.pool is not None}
    earned = figures_of_members(pools.values())
    return [
        ComponentPay(
            key=key,
            quota=None,
            attainment_minor=0,
            credit_count=0,
            earned_minor=sum(earned[key].values()),
            earned_by_period=earned[key],
            lines=[
                line_of_member(pool, key.payee_id)
                for pool in pools.values()
                if key == replace(pool.key, payee_id=key.payee_id) and key.payee_id in pool.parts
            ],
        )
        for key in sorted(earned)
    ]


def _quota_at_end(key: TotalKey, tally: _Tally, book: PlanBook) -> WindowQuota | None:
    """The quota of a total as it holds at its window's end."""
    version_ids = {version_id for _, version_id, _ in tally.cells}
    version_ids |= {credit.plan_version_id for credit in tally.held}
    versions = [book.version(version_id) for version_id in version_ids]
    last = max(versions, key=lambda version: (version.effective_from, version.version_id))
    return LadderTerms(key, book).quota(last)


def _climb(credited: Sequence[Credit]) -> Climb:
    """Credits in order, by day."""
    credits_by_day = {
        day: list(of_day) for day, of_day in groupby(credited, attrgetter("effective_on"))
    }
    days = [(day, _sums(of_day)) for day, of_day in credits_by_day.items()]
    return Climb(days, lambda day: credits_by_day.get(day, ()))


def _sums(credited: Sequence[Credit]) -> Sums:
    negative_count = attainment_minor = weight_scaled = 0
    for credit in credited:  # one loop, because most days have few
        negative_count += credit.attainment_minor < 0
        attainment_minor += credit.attainment_minor
        weight_scaled += credit.weight_scaled
    return Sums(len(credited), negative_count, attainment_minor, weight_scaled)


def _payee_pay(payee_id: int, components: Sequence[ComponentPay], terms: Terms) -> PayeePay:
    periods = _settled(payee_id, components, terms)
    base = [terms.base_minor(payee_id, settled.period) for settled in periods]
    return PayeePay(payee_id, components, periods, base)


def _settled(payee_id: int, components: Sequence[ComponentPay], terms: Terms) -> Sequence[Settled]:
    """The settlement periods of a payee, from the first that matters to the one of the last day, without a gap.

    Those of a team are reported and pay nothing: its members are paid.
    """
    earned: dict[str, int] = {}
    for component in components:
        for period_key, earned_minor in component.earned_by_period.items():
            earned[period_key] = earned.get(period_key, 0) + earned_minor
    periods = _periods(_first_days(payee_id, components, terms), terms)
    if terms.book.teams.is_team(payee_id):
        return [Settled(period, earned.get(period.key, 0), 0, 0, 0) for period in periods]
    draw = terms.draws.get(payee_id)
    return settle([(period, earned.get(period.key, 0)) for period in periods], draw)


def _first_days(payee_id: int, components: Sequence[ComponentPay], terms: Terms) -> Iterator[date]:
    """The day a payee began, and the first day of each period with deals."""
    if payee_id in terms.first_days:
        yield terms.first_days[payee_id]
    for component in components:
        for period_key in component.earned_by_period:
            yield period_named(period_key, terms.plan.year_starts_in_month).starts_on
        yield from (credit.effective_on for credit in component.held)


def _periods(first_days: Iterable[date], terms: Terms) -> list[Period]:
    periods: list[Period] = []
    day = min(first_days, default=date.max)
    while day <= terms.last_day:
        periods.append(terms.plan.settlement_period_of(day))
        day = periods[-1].ends_on + timedelta(days=1)
    return periods
