"""What a team earns is shared by its members to the last øre, whoever belonged to it on which day."""

from datetime import date
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import ANNA, BO, CARL, a_deal, a_plan
from tests.engine.histories import TEAM, History, histories
from tests.engine.test_incremental_equals_replay import Company
from tests.random_histories import tried_on
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, PlanVersion
from tracker.engine.agreement.teams import Membership, Sharing, TeamRole, Teams, parts_of
from tracker.engine.crediting.credits import credits_of
from tracker.engine.deals import CreditShare
from tracker.engine.earning.climbing import earned_by_period
from tracker.engine.earning.why_no_pay import ReasonKind, explain_no_pay
from tracker.engine.periods import period_named

Q4 = period_named("2026-Q4")
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
A_TEAM = 9
TEAM_PLAN = 'of = "team"\ntiers = [ { rate = "10%" } ]'


def a_team_book(
    *memberships: Membership, component: str = TEAM_PLAN, on_plan: int = A_TEAM
) -> PlanBook:
    version = PlanVersion(1, "ae", date(2020, 1, 1), a_plan(component))
    assignment = Assignment(on_plan, "ae", date(2020, 1, 1))
    return PlanBook([version], [assignment], memberships=memberships)


@given(
    figures=st.lists(st.integers(-10_000, 1_000_000), min_size=1, max_size=5),
    weights=st.lists(st.fractions(Fraction(1, 100), 100), min_size=1, max_size=7),
)
def test_the_parts_of_a_pool_sum_to_it_in_every_period(
    figures: list[int], weights: list[Fraction]
) -> None:
    in_time = {f"2026-{month:02}": figure for month, figure in enumerate(figures, start=1)}
    parts = parts_of(in_time, dict(enumerate(weights)), Sharing.BY_WEIGHT, 365)
    for period_key, figure in in_time.items():
        assert sum(part[period_key] for part in parts.values()) == figure


@tried_on(60, share=5)
@given(histories())
def test_the_parts_are_the_pool_at_every_moment_of_a_history(history: History) -> None:
    company = Company()
    for step in history:
        company.take(step)
        totals = company.totals
        figures = {
            key: earned_by_period(totals.total(key), totals.book)
            for key in totals.totals()
            if key.payee_id == TEAM
        }
        for pool in totals.pools(figures):
            if pool.sharing is Sharing.BY_WEIGHT and pool.parts:
                for period_key, figure in pool.figures.items():
                    assert sum(part[period_key] for part in pool.parts.values()) == figure


def test_the_newest_fact_that_speaks_of_a_day_counts() -> None:
    teams = Teams(
        [
            Membership(A_TEAM, ANNA, OCTOBER),
            Membership(A_TEAM, ANNA, date(2026, 10, 11), date(2026, 10, 20), Fraction(0)),
            Membership(A_TEAM, ANNA, NOVEMBER, None, Fraction(1, 2)),
        ]
    )
    weights = [teams.weight_on(A_TEAM, ANNA, date(2026, 10, day)) for day in (1, 10, 11, 20, 21)]
    assert weights == [1, 1, 0, 0, 1]
    assert teams.weighted_days(A_TEAM, Q4) == {ANNA: 21 + Fraction(61, 2)}


def test_a_team_is_credited_with_each_share_once_and_with_no_overlay() -> None:
    members = [Membership(A_TEAM, payee_id, OCTOBER) for payee_id in (ANNA, BO)]
    shares = (
        CreditShare(ANNA, Fraction(1, 3)),
        CreditShare(CARL, Fraction(2, 3)),
        CreditShare(BO, Fraction(1, 2), is_overlay=True),
    )
    credits = credits_of(a_deal(amount_minor=100, credit_shares=shares), a_team_book(*members))
    assert [(c.payee_id, c.line, c.attainment_minor) for c in credits] == [(A_TEAM, 0, 33)]


def test_who_leads_a_team_gets_credit_for_its_deals_but_not_for_own_ones() -> None:
    leader = Membership(A_TEAM, CARL, OCTOBER, role=TeamRole.LEADER)
    members = [Membership(A_TEAM, payee_id, OCTOBER) for payee_id in (ANNA, CARL)]
    book = a_team_book(*members, leader, on_plan=CARL)
    shares = (CreditShare(ANNA, Fraction(1, 2)), CreditShare(CARL, Fraction(1, 2)))
    credits = credits_of(a_deal(credit_shares=shares), book)
    assert [(credit.payee_id, credit.line) for credit in credits] == [(CARL, 0)]
    own = a_deal(credit_shares=(CreditShare(CARL, Fraction(1)),))
    assert [reason.kind for reason in explain_no_pay(own, CARL, book)] == [ReasonKind.TEAM_ONLY]


def test_who_leads_two_teams_of_one_rep_gets_credit_once() -> None:
    book = a_team_book(
        *[Membership(team, ANNA, OCTOBER) for team in (A_TEAM, 8)],
        *[Membership(team, CARL, OCTOBER, role=TeamRole.LEADER) for team in (A_TEAM, 8)],
        on_plan=CARL,
    )
    assert len(credits_of(a_deal(), book)) == 1


def test_a_shared_component_pays_nothing_to_who_leads_the_team() -> None:
    shared = 'of = "team"\nshared = "by_weight"\ntiers = [ { rate = "10%" } ]'
    book = a_team_book(
        Membership(A_TEAM, ANNA, OCTOBER),
        Membership(A_TEAM, CARL, OCTOBER, role=TeamRole.LEADER),
        component=shared,
        on_plan=CARL,
    )
    assert credits_of(a_deal(), book) == []
