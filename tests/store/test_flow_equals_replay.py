"""The same random histories through the whole write path: what the database keeps is what a replay says."""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete

from tests.engine.histories import (
    PAYEES,
    TEAM,
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
from tracker import flow, flow_calendar, flow_exceptions, flow_exchange, flow_teams
from tracker.engine.agreement.plans import Assignment, PersonalException, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership
from tracker.engine.crediting.exchange import ExchangeRate
from tracker.engine.deals import DealEvent
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.engine.replaying.replay import Earned, replay
from tracker.store import ledger, people, tables, totals
from tracker.store.database import Database
from tracker.store.plans import QuotaChange
from tracker.verify import verify

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
some_histories = tried_on(15, share=10)


class Recorder:
    """Tells an empty database a history, and remembers for itself what was said."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = AT
        self.events: dict[str, DealEvent] = {}
        self.versions: list[PlanVersion] = []
        self.assignments: dict[tuple[int, str], Assignment] = {}
        self.quotas: list[QuotaFact] = []
        self.memberships: list[Membership] = []
        self.exceptions: list[PersonalException] = []
        self.until: date | None = None
        self.exchange_rates: list[ExchangeRate] = []
        with database.write() as connection:
            for table in reversed(tables.metadata.sorted_tables):
                if table not in (tables.team, tables.payee):
                    connection.execute(delete(table))

    def take(self, step: Step) -> None:
        self.now += timedelta(minutes=1)
        match step:
            case DealEvent():
                self.take_events([step])
            case Membership():
                self.memberships.append(step)
                flow_teams.change_memberships(self.database, [step], "test", self.now)
            case RateSet(rate):
                self.exchange_rates.append(rate)
                flow_exchange.set_exchange_rates(self.database, [rate], "test", self.now)
            case CalendarRolled(until):
                self.until = max(until, self.until or until)
                flow_calendar.roll_until(self.database, until, self.now)
            case ExceptionMade():
                self.take_exception(step)
            case QuotaSet():
                change = QuotaChange(*astuple(step))
                self.quotas.append(QuotaFact(*astuple(step), fact_id=len(self.quotas)))
                flow.change_quotas(self.database, [change], "test", self.now)
            case VersionActivated(plan_key, effective_from, text):
                version_id = flow.activate_plan_version(
                    self.database, plan_key, effective_from, text, "test", self.now
                )
                plan = parse_plan(text)
                self.versions.append(PlanVersion(version_id, plan_key, effective_from, plan))
            case PayeeAssigned(payee_id, plan_key, starts_on, ends_on):
                assignment = Assignment(payee_id, plan_key, starts_on, ends_on)
                self.assignments[payee_id, plan_key] = assignment
                flow.assign_plan(
                    self.database, payee_id, plan_key, starts_on, ends_on, "test", self.now
                )

    def take_exception(self, step: ExceptionMade) -> None:
        made = [one.exception_id for one in self.exceptions if one.withdraws_id is None]
        withdrawn = {one.withdraws_id for one in self.exceptions}
        if step.withdraws is None:
            number = flow_exceptions.agree(self.database, step.exception, "test", self.now)
            self.exceptions.append(replace(step.exception, exception_id=number))
        elif (taken := made[step.withdraws]) not in withdrawn:
            flow_exceptions.withdraw(self.database, taken, "not so", "test", self.now)
            number = max(one.exception_id for one in self.exceptions) + 1
            fact = replace(step.exception, exception_id=number, withdraws_id=taken)
            self.exceptions.append(fact)

    def take_events(self, events: Sequence[DealEvent]) -> None:
        """In one transaction."""
        outcomes = flow.record_deal_events(self.database, events, self.now)
        for event, outcome in zip(events, outcomes, strict=True):
            is_retry = event.event_id in self.events
            assert outcome.kind in (["duplicate"] if is_retry else ["recorded", "stale"])
            self.events[event.event_id] = event

    def replayed(self) -> Earned:
        assignments = self.assignments.values()
        return without_zeros(
            replay(
                self.events.values(),
                self.versions,
                assignments,
                self.quotas,
                memberships=self.memberships,
                exceptions=self.exceptions,
                until=self.until,
                exchange_rates=self.exchange_rates,
            )
        )

    def kept(self) -> Earned:
        """What the database says, once the figures and the sums of the ledger say the same."""
        with self.database.read() as connection:
            earnings = without_zeros(totals.all_earnings(connection))
            assert without_zeros(ledger.figure_sums(connection)) == earnings
        return earnings


def without_zeros(earned: Earned) -> Earned:
    return {key: earned_minor for key, earned_minor in earned.items() if earned_minor}


@pytest.fixture
def reps(database: Database) -> Database:
    """A database with the payees of the histories."""
    with database.write() as connection:
        ids = [people.add_payee(connection, f"rep{n}@firma.dk", f"Rep {n}", None) for n in PAYEES]
        ids += [people.add_payee(connection, "team:north", "North", None, kind="team")]
    assert tuple(ids) == (*PAYEES, TEAM)
    return database


def told(recorder: Recorder, steps: Iterable[Step]) -> Recorder:
    for step in steps:
        recorder.take(step)
    return recorder


@some_histories
@given(history=histories(step_count_max=12))
def test_after_every_step_the_database_keeps_what_a_replay_says(
    reps: Database, history: History
) -> None:
    recorder = Recorder(reps)
    for step in history:
        recorder.take(step)
        assert recorder.kept() == recorder.replayed(), step
    assert verify(reps).differences == ()


@some_histories
@given(history=histories(step_count_max=12), data=st.data())
def test_events_in_any_order_and_in_any_batches_end_the_same(
    reps: Database, history: History, data: st.DataObject
) -> None:
    events = [step for step in history if isinstance(step, DealEvent)]
    agreements = [step for step in history if not isinstance(step, DealEvent)]
    shuffled = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(shuffled)))
    recorder = told(Recorder(reps), agreements)
    recorder.take_events(shuffled[:cut])
    recorder.take_events(shuffled[cut:] + shuffled[:1])
    assert recorder.kept() == recorder.replayed()
    assert verify(reps).differences == ()
