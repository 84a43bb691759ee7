"""Whose deals a component of a plan file counts, and how the members of a team share what it pays."""

from tracker.engine.plan_reader import TableReader
from tracker.engine.teams import Sharing, Whose


def read_sharing(table: TableReader) -> Sharing | None:
    """How members are paid; None when the file does not say, and nobody is."""
    if not table.has("shared"):
        return None
    sharing = table.choice("shared", Sharing, Sharing.BY_WEIGHT)
    if table.values.get("of") != Whose.TEAM:
        what = "only what a team sells can be shared by its members."
        table.problem("shared", what, 'Add of = "team", or remove shared.')
    return sharing
