"""Whose deals a component of a plan file counts, and how the members of a team share what it pays."""

from tracker.engine.agreement.plans import Plan
from tracker.engine.agreement.teams import Sharing, Whose
from tracker.engine.plan_files.plan_reader import TableReader


def read_sharing(table: TableReader) -> Sharing | None:
    """How members are paid; None when the file does not say, and nobody is."""
    if not table.has("shared"):
        return None
    sharing = table.choice("shared", Sharing, Sharing.BY_WEIGHT)
    if table.values.get("of") != Whose.TEAM:
        what = "only what a team sells can be shared by its members."
        table.problem("shared", what, 'Add of = "team", or remove shared.')
    return sharing


def counts_teams(plan: Plan) -> bool:
    """Whether any component of a plan counts what teams sell."""
    return any(component.of is Whose.TEAM for component in plan.components)


def clash_of(earlier: Plan, later: Plan) -> str:
    """The key of a component that two versions of a plan cannot both have; "" when there is none.

    A member's part of a team's figure and a figure of the member's own would stand under one name.
    """
    for component in later.components:
        before = earlier.component(component.key)
        if before is None:
            continue
        if before.of is not component.of or (before.shared is None) != (component.shared is None):
            return component.key
    return ""
