"""A plan tried out: what deals that have been would have cost under it, and who would have won and lost.

A sales level multiplies everyone's part of every deal by an exact fraction, so 130 % is 1.3 times as many of the same
deals on the same days: caps per deal stay where they are, counts of deals grow as amounts do. Pay is `paying.pay` on
both sides; only it rounds. What a plan *costs* is what it pays less what is still owed to the company at the end.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

from tracker.engine.crediting.credits import component_key_of
from tracker.engine.deals import Deal, DealStatus
from tracker.engine.earning.paying import ComponentPay, PayeePay, Terms, pay
from tracker.engine.earning.totals import TotalKey
from tracker.engine.money import round_to_minor_unit
from tracker.engine.periods import Period
from tracker.engine.plan_trials.break_even import LEVEL_ONE, BreakEven, break_even

EXPECTED, MORE, LESS = 1000, 1300, 700
"""Sales levels in thousandths: as they were, 30 % more, 30 % less."""
INNER_LEVELS = (LESS, EXPECTED, MORE)
OUTER_LEVELS = (400, 2000)
"""How far a break-even is looked for when the sales levels everybody plans with do not hold one."""
WHOLE_PERCENT = 10
"""A person's own break-even is told to a percent; the company's to a tenth of one."""

Costs = dict[int, int]
"""What each payee costs, in minor units."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Deals from a day on, whose pay is asked for, the new terms, and those they are compared with (None: none)."""

    deals: Sequence[Deal]
    first_day: date
    payee_ids: tuple[int, ...]
    new: Terms
    old: Terms | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One sales level, in thousandths: what these payees sold in all, and what both plans cost."""

    level: int
    sales_minor: int
    new_minor: int
    old_minor: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one payee gets at the expected level under both plans, and where the two are level for them."""

    payee_id: int
    new_minor: int
    old_minor: int
    break_even: BreakEven

    @property
    def difference_minor(self) -> int:
        return self.new_minor - self.old_minor


@dataclass(frozen=True, slots=True)
class Attainment:
    """What one payee reached in one window of the plan's first component: a share of the quota, and the step."""

    payee_id: int
    window_key: str
    ratio: Fraction | None
    is_past_first_step: bool


@dataclass(frozen=True, slots=True)
class Simulation:
    """Everything a trial found. `outcomes` go from the greatest winner to the greatest loser.

    `curve` holds every sales level that was looked at for all, in order.

    `without_quota` are payees of whom the first component asks for a quota they lack: they earn nothing there.
    """

    currency: str
    deals_count: int
    scenarios: tuple[Scenario, ...]
    curve: tuple[Scenario, ...]
    outcomes: tuple[Outcome, ...]
    attainments: tuple[Attainment, ...]
    break_even: BreakEven
    is_compared: bool
    without_quota: tuple[int, ...] = ()

    def scenario(self, level: int) -> Scenario:
        return next(one for one in self.scenarios if one.level == level)


def simulate(
    trial: Trial, say: Callable[[int, int], None] = lambda done, total: None
) -> Simulation:
    """Try a plan at three sales levels and look for its break-even; `say` hears of the steps done and of how many."""
    runs = _Runs(trial, say)
    expected = pay(trial.deals, trial.new, tells_lines=False)
    runs.remember(EXPECTED, expected.payees)
    scenarios = tuple(runs.scenario(level) for level in (EXPECTED, MORE, LESS))
    compared = trial.old is not None
    whole = runs.break_even_of_all() if compared else BreakEven("none")
    outcomes = [runs.outcome(payee_id) for payee_id in trial.payee_ids]
    runs.finish()
    return Simulation(
        currency=trial.new.plan.currency,
        deals_count=sum(deal.status is DealStatus.WON for deal in trial.deals),
        scenarios=scenarios,
        curve=runs.curve(),
        outcomes=tuple(sorted(outcomes, key=lambda one: (-one.difference_minor, one.payee_id))),
        attainments=tuple(attainments_of(expected.payees, trial)),
        break_even=whole,
        is_compared=compared,
        without_quota=tuple(_without_quota(trial)),
    )


def scaled(deals: Iterable[Deal], level: int) -> list[Deal]:
    """The same deals, everyone's part of each multiplied by a level in thousandths."""
    if level == LEVEL_ONE:
        return list(deals)
    factor = Fraction(level, LEVEL_ONE)
    return [
        replace(
            deal,
            credit_shares=tuple(
                replace(share, share=share.share * factor) for share in deal.credit_shares
            ),
        )
        for deal in deals
    ]


def cost_minor(payee: PayeePay) -> int:
    """What a payee costs: all that is paid, less the debt that is left."""
    return payee.total_minor - (payee.periods[-1].debt_minor if payee.periods else 0)


def attainments_of(payees: Iterable[PayeePay], trial: Trial) -> Iterator[Attainment]:
    """What everybody reached in each window of the new plan's first component; without a deal nothing of the quota."""
    found = {paid.key: paid for payee in payees for paid in payee.components}
    component = trial.new.plan.components[0]
    first_step = component.tiers[0].up_to if len(component.tiers) > 1 else None
    for key in _ladders(trial):
        quota_minor = trial.new.quota_minor(key) if component.needs_quota else None
        reached_minor = _attainment_minor(found.get(key))
        scale = quota_minor if component.needs_quota else 1
        is_past = bool(first_step and scale) and reached_minor > (first_step or 0) * (scale or 0)
        yield Attainment(
            payee_id=key.payee_id,
            window_key=key.window_key,
            ratio=Fraction(reached_minor, quota_minor) if quota_minor else None,
            is_past_first_step=is_past,
        )


def _attainment_minor(paid: ComponentPay | None) -> int:
    return paid.attainment_minor if paid else 0


def _ladders(trial: Trial) -> Iterator[TotalKey]:
    """The first component of everybody who is on the plan in a window, window by window."""
    component = trial.new.plan.components[0]
    for window in _windows(trial):
        for payee_id in trial.payee_ids:
            day = min(window.ends_on, trial.new.last_day)
            for version in trial.new.book.versions_for(payee_id, day):
                yield TotalKey(payee_id, component_key_of(version, component), window.key)


def _windows(trial: Trial) -> Iterator[Period]:
    day = trial.first_day
    while day <= trial.new.last_day:
        window = trial.new.plan.window_of(day)
        yield window
        day = window.ends_on + timedelta(days=1)


def _without_quota(trial: Trial) -> list[int]:
    """Those of whom the first component asks for a quota that they lack in some window."""
    if not trial.new.plan.components[0].needs_quota:
        return []
    return sorted({key.payee_id for key in _ladders(trial) if not trial.new.quota_minor(key)})


class _Runs:
    """Costs at each level that was asked for, each computed once. A run is both plans at one level."""

    def __init__(self, trial: Trial, say: Callable[[int, int], None]) -> None:
        self._trial, self._say = trial, say
        self._new: dict[int, Costs] = {}
        self._old: dict[int, Costs] = {}
        self._done, self._total = 0, 10 + len(trial.payee_ids)
        self._own_deals: dict[int, list[Deal]] = {payee_id: [] for payee_id in trial.payee_ids}
        self._sold = sum((self._part_of(deal) for deal in trial.deals), Fraction(0))
        for deal in trial.deals:
            for payee_id in {share.payee_id for share in deal.credit_shares}:
                if payee_id in self._own_deals:
                    self._own_deals[payee_id].append(deal)

    def _part_of(self, deal: Deal) -> Fraction:
        """What of a deal these payees sold; a share beside the split is no sale of its own."""
        if deal.status is not DealStatus.WON:
            return Fraction(0)
        shares = (
            share.share
            for share in deal.credit_shares
            if not share.is_overlay and share.payee_id in self._own_deals
        )
        return deal.amount_minor * sum(shares, Fraction(0))

    def remember(self, level: int, payees: Iterable[PayeePay]) -> None:
        self._new[level] = self._costs(payees)

    def scenario(self, level: int) -> Scenario:
        new, old = self._both(level)
        return Scenario(
            level=level,
            sales_minor=round_to_minor_unit(self._sold * level / LEVEL_ONE),
            new_minor=sum(new.values()),
            old_minor=None if self._trial.old is None else sum(old.values()),
        )

    def curve(self) -> tuple[Scenario, ...]:
        return tuple(self.scenario(level) for level in sorted(self._old))

    def break_even_of_all(self) -> BreakEven:
        return break_even(self._difference_of_all, INNER_LEVELS, OUTER_LEVELS)

    def outcome(self, payee_id: int) -> Outcome:
        new, old = self._both(EXPECTED)
        found = BreakEven("none")
        if self._trial.old is not None and self._is_alone(payee_id):
            difference = self._own_difference(payee_id)
            found = break_even(difference, INNER_LEVELS, OUTER_LEVELS, WHOLE_PERCENT)
        self._step()
        return Outcome(payee_id, new.get(payee_id, 0), old.get(payee_id, 0), found)

    def _difference_of_all(self, level: int) -> int:
        new, old = self._both(level)
        return sum(new.values()) - sum(old.values())

    def _is_alone(self, payee_id: int) -> bool:
        """Whether a payee's pay hangs on their own deals only, not on what a team sells."""
        terms = (self._trial.new, self._trial.old)
        if not any(one.book.teams for one in terms if one is not None):
            return True
        everybodys, alone = self._both(EXPECTED), self._own(payee_id, EXPECTED)
        return all(
            of_all.get(payee_id, 0) == own.get(payee_id, 0)
            for of_all, own in zip(everybodys, alone, strict=True)
        )

    def _own(self, payee_id: int, level: int) -> tuple[Costs, Costs]:
        deals = scaled(self._own_deals[payee_id], level)
        return self._pay(deals, self._trial.new), self._pay(deals, self._trial.old)

    def _own_difference(self, payee_id: int) -> Callable[[int], int]:
        """A payee's difference at a level: known where everybody's is, else from their own deals alone."""

        def difference(level: int) -> int:
            new, old = self._both(level) if level in self._old else self._own(payee_id, level)
            return new.get(payee_id, 0) - old.get(payee_id, 0)

        return difference

    def _both(self, level: int) -> tuple[Costs, Costs]:
        if level not in self._old:
            deals = scaled(self._trial.deals, level)
            if level not in self._new:
                self._new[level] = self._pay(deals, self._trial.new)
            self._old[level] = self._pay(deals, self._trial.old)
            self._step()
        return self._new[level], self._old[level]

    def _pay(self, deals: Sequence[Deal], terms: Terms | None) -> Costs:
        return {} if terms is None else self._costs(pay(deals, terms, tells_lines=False).payees)

    def _costs(self, payees: Iterable[PayeePay]) -> Costs:
        asked = self._own_deals
        return {payee.payee_id: cost_minor(payee) for payee in payees if payee.payee_id in asked}

    def finish(self) -> None:
        """However many levels had to be looked at, it is done."""
        self._say(self._total, self._total)

    def _step(self) -> None:
        self._done = min(self._done + 1, self._total)
        self._say(self._done, self._total)
