"""The running totals equal a computation from scratch, to the minor unit, after every step of any history."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_deal, a_plan_text, an_event
from tests.engine.histories import (
    SINCE,
    CalendarRolled,
    ExceptionMade,
    History,
    PayeeAssigned,
    QuotaSet,
    RateSet,
    Step,
    VersionActivated,
    histories,
)
from tests.random_histories import tried_on
from tests.scenarios.running import Earned, RunningTotals
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, PersonalException, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership
from tracker.engine.crediting.credits import Credit
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import DealEvent
from tracker.engine.earning.explain import explain_deals, explain_total
from tracker.engine.earning.supposed import would_add
from tracker.engine.earning.totals import TotalKey
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.engine.replaying.replay import replay

many_histories = tried_on(200)
fewer_histories = tried_on(100, share=2)


class Company:
    """Everything told so far, and what the running totals made of it."""

    def __init__(self) -> None:
        self.events: list[DealEvent] = []
        self.newest: dict[str, DealEvent] = {}
        self.versions: list[PlanVersion] = []
        self.assignments: dict[tuple[int, str], Assignment] = {}
        self.quotas: list[QuotaFact] = []
        self.memberships: list[Membership] = []
        self.exceptions: list[PersonalException] = []
        self.until: date | None = None
        self.exchange_rates: list[ExchangeRate] = []
        self.totals = RunningTotals(PlanBook([], []))

    def take(self, step: Step) -> None:
        match step:
            case DealEvent():
                self._take_event(step)
            case ExceptionMade():
                self.exceptions.append(self._agreed(step))
                self._rebuild()
            case QuotaSet():
                self.quotas.append(QuotaFact(*astuple(step), fact_id=len(self.quotas)))
                self.totals.book = self._book()
            case VersionActivated():
                number, plan = len(self.versions) + 1, parse_plan(step.text)
                self.versions.append(PlanVersion(number, step.plan_key, step.effective_from, plan))
                self._rebuild()
            case PayeeAssigned():
                assignment = Assignment(step.payee_id, step.plan_key, step.starts_on, step.ends_on)
                self.assignments[step.payee_id, step.plan_key] = assignment
                self._rebuild()
            case RateSet():
                self.exchange_rates.append(step.rate)
                self._rebuild()
            case CalendarRolled():
                self.until = max(step.until, self.until or step.until)
                self._rebuild()
            case Membership():
                self.memberships.append(step)
                self._rebuild()

    def _take_event(self, event: DealEvent) -> None:
        self.events.append(event)
        known = self.newest.get(event.deal.key)
        if known is None or (event.version, event.event_id) > (known.version, known.event_id):
            self.newest[event.deal.key] = event
            self.totals.record(event.deal)

    def _rebuild(self) -> None:
        self.totals.book = self._book()
        for event in self.newest.values():
            self.totals.record(event.deal)
        self.totals.record_presence()

    def _book(self) -> PlanBook:
        return PlanBook(
            self.versions,
            self.assignments.values(),
            quotas=self.quotas,
            memberships=self.memberships,
            exceptions=self.exceptions,
            until=self.until,
            exchange_rates=self.exchange_rates,
        )

    def _agreed(self, step: ExceptionMade) -> PersonalException:
        """The exception with its number; one that takes another back names that one's."""
        made = [one.exception_id for one in self.exceptions if one.withdraws_id is None]
        withdraws_id = None if step.withdraws is None else made[step.withdraws]
        number = len(self.exceptions) + 1
        return replace(step.exception, exception_id=number, withdraws_id=withdraws_id)

    def earned(self) -> Earned:
        return without_zeros(self.totals.earned())

    def replayed(self, versions: Sequence[PlanVersion] | None = None) -> Earned:
        assignments = self.assignments.values()
        return without_zeros(
            replay(
                self.events,
                versions or self.versions,
                assignments,
                self.quotas,
                memberships=self.memberships,
                exceptions=self.exceptions,
                until=self.until,
                exchange_rates=self.exchange_rates,
            )
        )

    def replayed_sum(self, key: TotalKey, versions: Sequence[PlanVersion] | None = None) -> int:
        """What a window earned in all, under these plan versions instead if any are given."""
        window = key.payee_id, key.component_key, key.window_key
        return sum(minor for of, minor in self.replayed(versions).items() if of[:3] == window)


def without_zeros(earned: Earned) -> Earned:
    return {key: earned_minor for key, earned_minor in earned.items() if earned_minor}


def company_told(steps: Iterable[Step]) -> Company:
    company = Company()
    for step in steps:
        company.take(step)
    return company


def deal_events_of(history: History) -> list[DealEvent]:
    return [step for step in history if isinstance(step, DealEvent)]


def agreements_of(history: History) -> list[Step]:
    return [step for step in history if not isinstance(step, DealEvent)]


@many_histories
@given(histories())
def test_after_every_step_the_running_totals_are_what_a_replay_says(history: History) -> None:
    company = Company()
    for step in history:
        company.take(step)
        assert company.earned() == company.replayed(), step


@fewer_histories
@given(histories(), st.data())
def test_neither_order_nor_retries_of_deal_events_change_the_end(
    history: History, data: st.DataObject
) -> None:
    events, agreements = deal_events_of(history), agreements_of(history)
    shuffled = data.draw(st.permutations(events + events[::2]))
    in_another_order = company_told([*agreements, *shuffled])
    assert in_another_order.earned() == company_told(history).earned()


@fewer_histories
@given(histories())
def test_the_tiers_and_the_deals_each_explain_the_figure_exactly(history: History) -> None:
    assert_explained(company_told(history))


def assert_explained(company: Company) -> None:
    """The figures are right, and both ways of opening them sum to them."""
    earned, totals = company.earned(), company.totals
    assert earned == company.replayed()
    figures: Counter[TotalKey] = Counter()
    for (payee_id, component_key, window_key, _), earned_minor in earned.items():
        figures[TotalKey(payee_id, component_key, window_key)] += earned_minor
    for key in totals.totals():
        counted = totals.credits(key)
        tiers = explain_total(counted, totals.book)
        deals = explain_deals(counted, totals.book)
        assert sum(line.amount_minor for line in tiers) == figures[key]
        assert sum(line.added_minor for line in deals) == figures[key]


@fewer_histories
@given(histories())
def test_held_deals_would_add_what_they_earn_without_the_gate(history: History) -> None:
    company = company_told(history)
    totals = company.totals
    open_gates = [without_gates(version) for version in company.versions]
    held: dict[TotalKey, list[Credit]] = {}
    for credit in totals.held():
        key = TotalKey(credit.payee_id, credit.component_key, credit.window_key)
        held.setdefault(key, []).append(credit)
    for key, credits in held.items():
        added_minor = company.replayed_sum(key, open_gates) - company.replayed_sum(key)
        assert would_add(totals.total(key), credits, totals.book) == added_minor


def without_gates(version: PlanVersion) -> PlanVersion:
    open_to_all = (replace(component, requires=()) for component in version.plan.components)
    return replace(version, plan=replace(version.plan, components=tuple(open_to_all)))


# --- what random histories found, kept by name


def a_version(text: str, effective_from: date = SINCE) -> VersionActivated:
    return VersionActivated("ae", effective_from, text)


def a_history_over_two_versions(old: str, new: str, **deal_fields: Any) -> list[Step]:
    """A deal of 249.50 under the old version and one of 100.00 under the new one."""
    late, early = date(2026, 12, 5), date(2026, 10, 31)
    return [
        a_version(old),
        a_version(new, date(2026, 11, 20)),
        PayeeAssigned(1, "ae", SINCE, None),
        an_event(a_deal("d1", 24_950, effective_on=early, **deal_fields)),
        an_event(a_deal("d2", 10_000, effective_on=late, **deal_fields)),
    ]


@pytest.mark.parametrize("on_change", ["continue", "restart", "retro"])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('cap_payout = "4"\ntiers = [ { rate = "33.33%" } ]', 'tiers = [ { rate = "1%" } ]'),
        (
            'pays_on = "margin"\ntiers = [ { rate = "5%" } ]',
            'mode = "whole"\ntiers = [ { rate = "7%" } ]',
        ),
    ],
    ids=["a cap on pay is lifted", "a second measure is dropped"],
)
def test_a_new_version_drops_what_the_old_one_had(old: str, new: str, on_change: str) -> None:
    history = a_history_over_two_versions(
        a_plan_text(old), a_plan_text(new, on_change=on_change), measures={"margin": 1_111}
    )
    assert_explained(company_told(history))


def test_a_new_version_may_pay_in_other_periods() -> None:
    """Quarters sort after months by name, whatever came first."""
    quarters = a_plan_text('tiers = [ { rate = "5%" } ]', settlement="quarter")
    months = a_plan_text('tiers = [ { up_to = "300", rate = "5%" }, { rate = "10%" } ]')
    for old, new in [(quarters, months), (months, quarters)]:
        assert_explained(company_told(a_history_over_two_versions(old, new)))


@pytest.mark.parametrize("owner", ["this", "next"])
@pytest.mark.parametrize("first_minor", [24_999, 25_000, 25_001])
@pytest.mark.parametrize("mode", ["marginal", "whole"])
@pytest.mark.parametrize("quota_minor", [50_000, 50_001])
def test_an_attainment_on_a_bound_is_in_the_tier_that_owns_it(
    quota_minor: int, mode: str, first_minor: int, owner: str
) -> None:
    """Also where the bound lies between two minor units, and for a deal with no revenue but a margin to pay on."""
    plan = a_plan_text(
        f"""mode = "{mode}"
        pays_on = "margin"
        tiers_on = "quota"
        tiers = [ {{ up_to = "50%", rate = "5%", bound = "{owner}" }},
                  {{ up_to = "50.002%", rate = "10%", bonus = "7", bound = "{owner}" }},
                  {{ rate = "20%", bonus = "9" }} ]"""
    )
    quota = QuotaSet(1, "", "2026-Q4", quota_minor)
    company = company_told([a_version(plan), PayeeAssigned(1, "ae", SINCE, None), quota])
    for number, amount_minor in enumerate([first_minor, 0, 1, 0], start=1):
        day = date(2026, 11, number)
        deal = a_deal(f"d{number}", amount_minor, effective_on=day, measures={"margin": 1_000})
        company.take(an_event(deal))
        assert_explained(company)


@pytest.mark.parametrize("amounts", [(300, 300, -200, 100), (300, -400, 500, 300), (-100, 300, 1)])
@pytest.mark.parametrize("on_change", ["continue", "restart", "retro"])
def test_an_ordered_ladder_walks_back_down_for_a_negative_deal(
    on_change: str, amounts: tuple[int, ...]
) -> None:
    ladder = """pays_on = "margin"
        tiers = [ { up_to = "250", rate = "5%" }, { up_to = "400", rate = "10%" }, { rate = "20%" } ]"""
    plan = a_plan_text(ladder, on_change=on_change)
    company = company_told(
        [a_version(plan), a_version(plan, date(2026, 11, 3)), PayeeAssigned(1, "ae", SINCE, None)]
    )
    for number, amount in enumerate(amounts, start=1):
        margin_minor = 10_000 * number if amount > 0 else -7_000
        day, measures = date(2026, 11, number), {"margin": margin_minor}
        deal = a_deal(f"d{number}", 100 * amount, effective_on=day, measures=measures)
        company.take(an_event(deal))
        assert_explained(company)
