"""What can be done to a dispute, by whom, and where it leaves it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.engine.claims.disputes import (
    RULES,
    Act,
    Done,
    NotPossible,
    Side,
    State,
    first_answer_after,
    median,
    possible_acts,
    state_after,
)

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ("raise", State.OPEN),
        ("raise reply", State.OPEN),
        ("raise answer", State.ANSWERED),
        ("raise answer answer", State.ANSWERED),
        ("raise answer reply", State.OPEN),
        ("raise answer withdraw", State.WITHDRAWN),
        ("raise correct", State.CORRECTED),
        ("raise answer decline", State.DECLINED),
        ("raise decline reopen", State.OPEN),
        ("raise correct reopen correct", State.CORRECTED),
        ("raise withdraw reopen answer", State.ANSWERED),
    ],
)
def test_a_dispute_stands_where_its_last_act_left_it(acts: str, expected: State) -> None:
    assert state_after(Act(word) for word in acts.split()) is expected


@pytest.mark.parametrize(
    "acts",
    [
        "",
        "answer",
        "raise raise",
        "raise reopen",
        "raise correct answer",
        "raise decline correct",
        "raise withdraw decline",
        "raise correct withdraw",
        "raise decline reply",
    ],
)
def test_what_is_over_changes_only_by_being_reopened(acts: str) -> None:
    with pytest.raises(NotPossible):
        state_after(Act(word) for word in acts.split())


def test_a_rep_never_decides_and_a_decider_never_speaks_for_the_rep() -> None:
    for state in State:
        rep, decider = (possible_acts(state, side) for side in Side)
        assert rep.isdisjoint(decider)
        assert rep <= {Act.REPLY, Act.WITHDRAW, Act.REOPEN}
        assert decider <= {Act.ANSWER, Act.CORRECT, Act.DECLINE}
        assert rep, "the rep can always do something"


@given(st.lists(st.sampled_from(list(RULES)), max_size=12))
def test_every_act_that_is_offered_is_possible_and_no_other_is(wishes: list[Act]) -> None:
    acts = [Act.RAISE]
    for wish in wishes:
        offered = {act for side in Side for act in possible_acts(state_after(acts), side)}
        if wish in offered:
            acts.append(wish)
        else:
            with pytest.raises(NotPossible):
                state_after([*acts, wish])
    state_after(acts)


def test_the_time_to_an_answer_ends_with_the_first_word_of_whoever_decides() -> None:
    done = [Done(Act.RAISE, AT), Done(Act.REPLY, AT + HOUR)]
    assert first_answer_after(done) is None
    done += [Done(Act.ANSWER, AT + 3 * HOUR), Done(Act.DECLINE, AT + 9 * HOUR)]
    assert first_answer_after(done) == 3 * HOUR


def test_the_median_is_the_middle_one_or_between_the_two() -> None:
    assert median([]) is None
    assert median([9 * HOUR, HOUR, 2 * HOUR]) == 2 * HOUR
    assert median([HOUR, 4 * HOUR]) == 2.5 * HOUR
