"""A plan's text as it is checked: everything wrong with it, what experience says about it, and the plan it makes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tracker.engine.agreement.plans import Plan
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan
from tracker.engine.plan_files.plan_lines import KeyPath, lines_of
from tracker.engine.plan_files.plan_reader import PlanProblem
from tracker.engine.plan_trials.plan_advice import advise
from tracker.engine.plan_trials.plan_findings import Severity
from tracker.engine.plan_trials.plan_history import History, history_of
from tracker.engine.plan_trials.plan_trial import refuse_wrong_examples
from tracker.off_the_loop import beside_the_loop
from tracker.pages.plan_advice import AdviceText, advice_in_words
from tracker.pages.plan_picture import PlanPicture, period_words, pictures_of
from tracker.trials import Past


@dataclass(frozen=True, slots=True)
class CheckedAdvice:
    """One piece of advice with the line it is about; `blocks` advice has to be followed."""

    text: AdviceText
    line: int | None
    blocks: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What was found in a text. Without problems there is a plan, and its picture."""

    problems: tuple[PlanProblem, ...]
    advice: tuple[CheckedAdvice, ...] = ()
    plan: Plan | None = None
    pictures: tuple[PlanPicture, ...] = ()
    period: str = ""

    @property
    def is_blocked(self) -> bool:
        return bool(self.problems) or any(one.blocks for one in self.advice)

    @property
    def figures(self) -> Mapping[str, Any]:
        """What is kept of a check."""
        return {
            "advice": [
                {"line": one.line, "where": one.text.where, "what": one.text.what}
                for one in self.advice
            ]
        }


def check_of(source_toml: str, past_of: Callable[[Plan], Past] | None = None) -> Check:
    """Check a text: by itself at once, and against the past where there is one."""
    try:
        plan = parse_plan(source_toml)
        refuse_wrong_examples(source_toml)
    except PlanFileError as error:
        return Check(error.problems)
    history = None
    if past_of is not None:
        past = past_of(plan)
        history = beside_the_loop(lambda: _history(plan, past))
    lines = lines_of(source_toml.removeprefix("\ufeff").replace("\r\n", "\n"))
    advice = tuple(
        CheckedAdvice(
            advice_in_words(one, plan, history),
            _line_of(one.path, lines),
            one.severity is Severity.BLOCKS,
        )
        for one in advise(plan, history)
    )
    return Check((), advice, plan, pictures_of(plan, "draft"), period_words(plan))


def _history(plan: Plan, past: Past) -> History | None:
    return history_of(plan, past.deals, past.quotas, past.payee_ids)


def _line_of(path: KeyPath, lines: Mapping[KeyPath, int]) -> int | None:
    """The line of a key, or of the nearest table around it."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path)
