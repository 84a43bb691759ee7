"""Random histories across closes: whatever comes when, each øre is in one statement or in an open month, for ever."""

from dataclasses import dataclass, field, replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.engine.histories import PAYEES, TEAM, History, Step, VersionActivated, histories
from tests.random_histories import tried_on
from tests.store.test_flow_equals_replay import Recorder, reps  # noqa: F401
from tracker import flow_payroll
from tracker.engine.payroll_months.posting import month_after
from tracker.engine.payroll_months.statement import lines_hash, statement_from_text
from tracker.engine.periods import period_named
from tracker.store import tables
from tracker.store.adjustments import Decision, Proposal
from tracker.store.database import Database
from tracker.store.payroll import StoredStatement
from tracker.verify import verify

FIRST_MONTH, LATE = "2026-09", date(2027, 6, 1)
DRAWS = ("", "", '\n[draw]\namount = "30"\n', '\n[draw]\namount = "50"\nkind = "non_recoverable"\n')
ACTS = ("close", "close", "close", "reopen", "adjust", "")
Owed = dict[int, int]


@dataclass
class Payroll:
    """What should be paid, kept in the plainest way: every difference goes where it belongs when it appears."""

    recorder: Recorder
    figures: dict[tuple[int, str, str, str], int] = field(default_factory=dict)
    posted: dict[tuple[str, int], int] = field(default_factory=dict)
    debts: dict[str, Owed] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    frozen: list[StoredStatement] = field(default_factory=list)

    @property
    def next_month(self) -> str:
        return month_after(self.closed[-1]) if self.closed else FIRST_MONTH

    def follow(self) -> None:
        """Post by how much each figure moved, to its own month or to the first open one."""
        now = self.recorder.replayed()
        for figure in now.keys() | self.figures.keys():
            moved = now.get(figure, 0) - self.figures.get(figure, 0)
            own_month = f"{period_named(figure[3]).ends_on:%Y-%m}"
            self.post(figure[0], own_month, moved)
        self.figures = now

    def post(self, payee_id: int, own_month: str, amount_minor: int) -> None:
        is_late = bool(self.closed) and own_month <= self.closed[-1]
        place = (self.next_month if is_late else own_month, payee_id)
        self.posted[place] = self.posted.get(place, 0) + amount_minor

    def close(self) -> None:
        month = self.next_month
        flow_payroll.request_close(self.recorder.database, month, "a@b.dk", LATE, self.recorder.now)
        flow_payroll.approve_close(self.recorder.database, month, "c@d.dk", self.recorder.now)
        before = self.debts.get(self.closed[-1], {}) if self.closed else {}
        new = [one for one in self.kept() if one not in self.frozen]
        owed: Owed = {}
        for one in new:
            statement = statement_from_text(one.lines)
            earned = self.posted.get((month, one.payee_id), 0)
            assert (one.month_key, statement.earned_minor) == (month, earned)
            assert lines_hash(one.lines) == one.lines_hash
            had = before.get(one.payee_id, 0)
            assert statement.debt_before_minor == had
            paid, owes = paid_and_owed_after(earned, had, statement.draw_minor, statement.draw_kind)
            assert (one.total_minor, one.debt_minor) == (paid, owes)
            owed[one.payee_id] = owes
        stated = {one.payee_id for one in new}
        # A team's figures are reported; its members are paid.
        left_out = {payee for at, payee in self.posted if at == month} - stated - {TEAM}
        assert not any(self.posted[month, payee] for payee in left_out)
        assert not any(debt for payee, debt in before.items() if payee not in stated)
        self.debts[month], self.frozen = owed, self.kept()
        self.closed.append(month)

    def reopen(self) -> None:
        if self.closed:
            month = self.closed.pop()
            flow_payroll.reopen_month(
                self.recorder.database, month, "a@b.dk", "again", self.recorder.now
            )

    def adjust(self, payee_id: int, amount_minor: int) -> None:
        database, now = self.recorder.database, self.recorder.now
        proposal = Proposal(payee_id, "2026-10", amount_minor, "DKK", "by hand")
        number = flow_payroll.propose_adjustment(database, proposal, "a@b.dk", now)
        flow_payroll.decide_adjustment(database, number, Decision.APPROVED, "c@d.dk", now)
        self.post(payee_id, "2026-10", amount_minor)

    def kept(self) -> list[StoredStatement]:
        table = tables.statement
        with self.recorder.database.read() as connection:
            rows = connection.execute(select(table).order_by(table.c.id))
            return [StoredStatement(**row._mapping) for row in rows]

    def check(self) -> None:
        """The ledger pays in each month what it should, and nothing that was frozen has changed."""
        entry = tables.ledger_entry.c
        place = entry.posting_month, entry.payee_id
        sums = select(*place, func.sum(entry.amount_minor)).group_by(*place)
        with self.recorder.database.read() as connection:
            found = {(row[0], row[1]): int(row[2]) for row in connection.execute(sums)}
        assert without_nothing(found) == without_nothing(self.posted)
        assert self.kept() == self.frozen


def without_nothing(posted: dict[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    return {place: amount for place, amount in posted.items() if amount}


def paid_and_owed_after(earned: int, owed: int, least: int, kind: str) -> tuple[int, int]:
    """Who earned above the least gives back; who earned below is topped up, as a loan or as a gift."""
    if earned > least:
        given_back = min(owed, earned - least)
        return earned - given_back, owed - given_back
    lacking = least - earned
    gift = min(lacking, least) if kind == "non_recoverable" else 0
    return least, owed + lacking - gift


def with_draws(history: History, draws: tuple[str, str]) -> list[Step]:
    by_plan = dict(zip(("ae", "extra"), draws, strict=True))
    return [
        replace(step, text=step.text + by_plan[step.plan_key])
        if isinstance(step, VersionActivated)
        else step
        for step in history
    ]


@tried_on(6)
@given(
    history=histories(step_count_max=10),
    draws=st.tuples(st.sampled_from(DRAWS), st.sampled_from(DRAWS)),
    acts=st.lists(st.sampled_from(ACTS), min_size=6, max_size=16),
)
def test_every_amount_is_in_one_statement_or_in_an_open_month(
    reps: Database,  # noqa: F811
    history: History,
    draws: tuple[str, str],
    acts: list[str],
) -> None:
    payroll_of = Payroll(Recorder(reps))
    steps = with_draws(history, draws)
    # The agreements come first in a history, so closes are spread over its later steps.
    at = {len(steps) - 1 - number // 2: [] for number in range(len(acts))}
    for number, act in enumerate(acts):
        at[len(steps) - 1 - number // 2].append(act)
    for number, step in enumerate(steps):
        payroll_of.recorder.take(step)
        if number < min(at):
            continue  # with nothing closed, all that came so far is posted as if it had come at once
        payroll_of.follow()
        for act in at.get(number, []):
            if act == "close" and len(payroll_of.closed) < 5:
                payroll_of.close()
            elif act == "reopen":
                payroll_of.reopen()
            elif act == "adjust":
                payroll_of.adjust(PAYEES[number % 3], -4_000 + 977 * number)
        payroll_of.check()
    assert verify(reps).differences == ()
