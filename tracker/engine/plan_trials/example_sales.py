"""Made-up sales that show what a plan pays: the author's own, and those we show people."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from tracker.engine.plan_files.plan_lines import KeyPath


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale of an example. What it leaves open is as the plan wants it: the words of `where`, all the evidence.

    `measures` are minor units, or hundredths of a count; "revenue" is the deal's amount. Without a day it is on the
    first of the window, in the order in which it is written.
    """

    measures: Mapping[str, int]
    properties: Mapping[str, str] = field(default_factory=dict)
    effective_on: date | None = None
    ended_on: date | None = None
    role: str = ""
    share: Fraction = Fraction(1)
    evidence: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """What the author of a plan says it earns: these sales, or so much sold of what `sale` is like, earn this.

    `component_key` is "" for the plan as a whole. What comes later is counted `until` a day. `path` is where it stands
    in the file.
    """

    name: str
    component_key: str
    quota_minor: int | None
    sold_minor: int | None
    sales: tuple[Sale, ...]
    earned_minor: int
    until: date | None
    path: KeyPath
