"""What advice about a plan is made of: a rule, a place in the file, and figures; in no language."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from tracker.engine.agreement.plans import COUNT_MEASURES, Component, Plan
from tracker.engine.earning.rates import RateTable, compile_table
from tracker.engine.plan_files.plan_lines import KeyPath
from tracker.engine.plan_trials.plan_history import History

ASSUMED_QUOTA_MINOR, ASSUMED_COUNT = 100_000_000, 1_000
"""What a ladder is tried on when the file names no quota: a million, or ten of a count (in hundredths)."""

Figure = int | Fraction | str
Figures = Mapping[str, Figure]
"""By name; the ending says what it is: _minor, _count, _share (of one), _rate, _factor, _words."""


class Severity(StrEnum):
    BLOCKS = "blocks"
    WARNS = "warns"


class Rule(StrEnum):
    FIRST_STEP_REACH = "first_step_reach"
    STEP_RAISE = "step_raise"
    STEP_COUNT = "step_count"
    VARIABLES = "variables"
    CAP_PLACE = "cap_place"
    NO_CAP = "no_cap"
    NO_CLAWBACK = "no_clawback"
    QUOTA_REACH = "quota_reach"
    UNBOUNDED_MULTIPLIERS = "unbounded_multipliers"
    BELOW_FLAT_RATE = "below_flat_rate"
    NO_DEAL_POSSIBLE = "no_deal_possible"
    NO_DEAL_IN_HISTORY = "no_deal_in_history"
    MULTIPLIER_NEVER = "multiplier_never"


class Source(StrEnum):
    """Where a figure comes from: the file itself, or past deals."""

    FILE = "file"
    HISTORY = "history"


BLOCKING = frozenset({Rule.NO_DEAL_POSSIBLE, Rule.NO_DEAL_IN_HISTORY})
FROM_HISTORY = frozenset({Rule.FIRST_STEP_REACH, Rule.QUOTA_REACH, Rule.NO_DEAL_IN_HISTORY})


@dataclass(frozen=True, slots=True)
class Advice:
    """One thing experience says against a plan: which rule, where in the file, and the figures behind it.

    `component_key` is "" where it is about the plan as a whole.
    """

    rule: Rule
    path: KeyPath
    component_key: str
    figures: Figures

    @property
    def severity(self) -> Severity:
        return Severity.BLOCKS if self.rule in BLOCKING else Severity.WARNS

    @property
    def source(self) -> Source:
        return Source.HISTORY if self.rule in FROM_HISTORY else Source.FILE


@dataclass(frozen=True, slots=True)
class Place:
    """One component of a plan, where it stands in the file, and the past."""

    plan: Plan
    component: Component
    path: KeyPath
    history: History | None

    def advice(self, rule: Rule, *path: str | int, **figures: Figure) -> Advice:
        return Advice(rule, (*self.path, *path), self.component.key, figures)

    @property
    def quota_minor(self) -> int:
        is_count = self.component.measure in COUNT_MEASURES
        return self.component.quota_minor or (ASSUMED_COUNT if is_count else ASSUMED_QUOTA_MINOR)

    @property
    def table(self) -> RateTable:
        table = compile_table(self.component, self.quota_minor)
        assert table is not None, "there is a quota"
        return table
