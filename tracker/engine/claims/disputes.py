"""A dispute from the first word to the last: who may do what to it, and where that leaves it.

A rep raises it and may reply, reopen or withdraw; whoever decides may answer, correct or decline. What was said is
never changed: a dispute is the acts on it, in order, and its state is where the last of them left it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    CORRECTED = "corrected"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Side(StrEnum):
    """Who acts: the rep whose pay it is about, or whoever decides about it."""

    REP = "rep"
    DECIDER = "decider"


class Act(StrEnum):
    RAISE = "raise"
    REPLY = "reply"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    ANSWER = "answer"
    CORRECT = "correct"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose act it is, in which states it can be done, and the state it leads to."""

    side: Side
    when: frozenset[State]
    leads_to: State


_GOING_ON = frozenset({State.OPEN, State.ANSWERED})
_OVER = frozenset({State.CORRECTED, State.DECLINED, State.WITHDRAWN})

RULES = {
    Act.REPLY: Rule(Side.REP, _GOING_ON, State.OPEN),
    Act.WITHDRAW: Rule(Side.REP, _GOING_ON, State.WITHDRAWN),
    Act.REOPEN: Rule(Side.REP, _OVER, State.OPEN),
    Act.ANSWER: Rule(Side.DECIDER, _GOING_ON, State.ANSWERED),
    Act.CORRECT: Rule(Side.DECIDER, _GOING_ON, State.CORRECTED),
    Act.DECLINE: Rule(Side.DECIDER, _GOING_ON, State.DECLINED),
}
"""What can be done to a dispute that was raised. Nothing happens by itself, however long one lies."""


class NotPossible(ValueError):
    """An act that is not the side's, or not possible in the state."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act that was done, and when."""

    act: Act
    at: datetime


def state_after(acts: Iterable[Act]) -> State:
    """Where these acts, in order, leave a dispute. Raises NotPossible for acts that cannot follow each other."""
    in_order = list(acts)
    if in_order[:1] != [Act.RAISE]:
        raise NotPossible("a dispute begins by being raised")
    state = State.OPEN
    for act in in_order[1:]:
        rule = RULES.get(act)
        if rule is None or state not in rule.when:
            raise NotPossible(f"{act} is not possible once it is {state}")
        state = rule.leads_to
    return state


def possible_acts(state: State, side: Side) -> frozenset[Act]:
    """What a side can do to a dispute in this state."""
    return frozenset(act for act, rule in RULES.items() if rule.side is side and state in rule.when)


def first_answer_after(done: Sequence[Done]) -> timedelta | None:
    """How long it took until somebody who decides said anything; None while nobody has."""
    answered = [one.at for one in done if one.act in RULES and RULES[one.act].side is Side.DECIDER]
    return answered[0] - done[0].at if answered else None


def median(spans: Iterable[timedelta]) -> timedelta | None:
    """The middle one; between the two middle ones when there is no middle. None of nothing."""
    in_order = sorted(spans)
    if not in_order:
        return None
    half = len(in_order) // 2
    return in_order[half] if len(in_order) % 2 else (in_order[half - 1] + in_order[half]) / 2
