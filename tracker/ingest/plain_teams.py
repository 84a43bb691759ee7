"""The `[[teams]]` of a file of people: who belongs to each and who leads it, on which days, with which weight."""

from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction

from tracker.engine.agreement.teams import Membership, TeamRole
from tracker.engine.plan_files.plan_draw import read_days
from tracker.engine.plan_files.plan_reader import TableReader, shown
from tracker.ingest.plain_terms import QUOTA_KEYS

TEAM_KEYS = ("name", "members", "leader", *QUOTA_KEYS, "components")
MEMBER_KEYS = ("rep", "weight", "from", "until")
LEADER_KEYS = ("rep", "from", "until")
EXAMPLE_TEAM = '{ name = "Aarhus", members = ["anna@firma.dk"] }'
EXAMPLE_MEMBER = '["anna@firma.dk", { rep = "bo@firma.dk", weight = "0.5" }]'

PayeeIdOf = Callable[[str], int | None]


def read_memberships(team: TableReader, team_id: int, payee_id_of: PayeeIdOf) -> list[Membership]:
    """Who belongs to a team and who leads it; problems are noted."""
    if not team.values.get("members"):
        team.problem("members", "nobody belongs to the team.", f"Write members = {EXAMPLE_MEMBER}.")
    found = [
        membership
        for key, role in (("members", TeamRole.MEMBER), ("leader", TeamRole.LEADER))
        for entry in _entries(team, key)
        if (membership := _membership(entry, team_id, role, payee_id_of)) is not None
    ]
    stretches = [(one.role, one.payee_id, one.starts_on) for one in found]
    if len(set(stretches)) < len(stretches):
        what = "somebody stands there twice from the same day."
        team.problem("members", what, "Write each once, or with days of their own.")
    return found


def _entries(team: TableReader, key: str) -> Iterator[TableReader]:
    """What stands under a key, each as a table: a name alone is the rep of one."""
    value = team.values.get(key, [])
    listed = value if isinstance(value, list) else [value]
    for index, entry in enumerate(listed):
        path = (*team.path, key, index) if isinstance(value, list) else (*team.path, key)
        if isinstance(entry, str):
            yield TableReader({"rep": entry}, path, team.report)
        elif isinstance(entry, dict):
            yield TableReader(entry, path, team.report)
        else:
            team.report.add(path, f"{shown(entry)} is nobody.", f"Write {EXAMPLE_MEMBER}.")


def _membership(
    entry: TableReader, team_id: int, role: TeamRole, payee_id_of: PayeeIdOf
) -> Membership | None:
    entry.refuse_unknown(MEMBER_KEYS if role is TeamRole.MEMBER else LEADER_KEYS)
    entry.require("rep", 'rep = "anna@firma.dk"')
    reference = entry.word("rep", '"anna@firma.dk"')
    starts_on, ends_on = read_days(entry)
    weight = entry.factor("weight", '"0.5"') if entry.has("weight") else None
    payee_id = payee_id_of(reference) if reference else None
    if reference and payee_id is None:
        what = f"{reference} is not among the people of the file."
        entry.problem("rep", what, "Add them to [[people]].")
    if payee_id is None:
        return None
    return Membership(
        team_id, payee_id, starts_on or date.min, ends_on, weight or Fraction(1), role
    )
