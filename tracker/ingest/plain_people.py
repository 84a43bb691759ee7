"""A TOML file of people -> who is on a plan, from when until when, with which quotas and which draw."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from tracker.engine.agreement.plans import Assignment, Draw, Plan
from tracker.engine.agreement.teams import Membership
from tracker.engine.crediting.presence import pays_for_presence
from tracker.engine.deals import Deal
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.payroll_months.equity import Grant, GrantStanding, standing_of
from tracker.engine.plan_files.plan_draw import EXAMPLE_DRAW, read_days, read_draw
from tracker.engine.plan_files.plan_file import PlanFileError, toml_values
from tracker.engine.plan_files.plan_lines import lines_of
from tracker.engine.plan_files.plan_reader import Report, TableReader, shown
from tracker.ingest.deal_payload import FIRST_DAY
from tracker.ingest.plain_equity import read_grants
from tracker.ingest.plain_objectives import read_scores
from tracker.ingest.plain_teams import EXAMPLE_TEAM, TEAM_KEYS, read_memberships
from tracker.ingest.plain_terms import QUOTA_KEYS, PersonalTerms

TOP_KEYS = ("people", "teams")
PERSON_KEYS = (
    "rep",
    "name",
    "from",
    "until",
    "plan",
    "plans",
    *QUOTA_KEYS,
    "draw",
    "base_salary",
    "components",
    "equity",
    "objectives",
)
ON_PLAN_KEYS = ("plan", "from", "until")
EXAMPLE_ON_PLAN = '{ plan = "smb", from = "2026-01-01", until = "2026-06-30" }'
EXAMPLE_PERSON = '{ rep = "anna@firma.dk", quota = "1000000" }'
PLAN_KEY = "plan"
"""What a plan is called where only one is calculated."""


@dataclass
class PlainPeople:
    """Who takes part in a calculation. Without a file everybody does, from their first deal.

    Ids follow the order in which people are named. `on_plans` says who is on which plan, as far as the file does;
    `terms` holds their quotas and exceptions.
    """

    is_closed: bool = False
    names: dict[int, str] = field(default_factory=dict)
    references: dict[int, str] = field(default_factory=dict)
    starts_on: dict[int, date] = field(default_factory=dict)
    ends_on: dict[int, date] = field(default_factory=dict)
    on_plans: list[Assignment] = field(default_factory=list)
    terms: PersonalTerms = field(default_factory=lambda: PersonalTerms({}))
    draws: dict[int, Draw | None] = field(default_factory=dict)
    memberships: list[Membership] = field(default_factory=list)
    team_ids: set[int] = field(default_factory=set)
    grants: list[Grant] = field(default_factory=list)
    scores: list[Deal] = field(default_factory=list)
    base_salaries: dict[int, int] = field(default_factory=dict)
    _ids: dict[str, int] = field(default_factory=dict)

    def payee_id_of(self, reference: str) -> int | None:
        """The payee with this reference, letter case aside; None for a stranger once a file says who is who.

        A team has a name, but deals are won by people.
        """
        folded = reference.casefold()
        if self._ids.get(folded) in self.team_ids:
            return None
        if folded not in self._ids and not self.is_closed:
            self.add(reference)
        return self._ids.get(folded)

    def is_known(self, reference: str) -> bool:
        return reference.casefold() in self._ids

    def add(self, reference: str) -> int:
        payee_id = self._ids[reference.casefold()] = len(self._ids) + 1
        self.references[payee_id] = reference
        return payee_id

    @property
    def first_days(self) -> dict[int, date]:
        """The days from which people are paid, as far as the file says: on the plan, or else by a draw of their own."""
        days = {payee_id: draw.starts_on for payee_id, draw in self.draws.items() if draw}
        begun = {payee_id: day for payee_id, day in days.items() if day and day >= FIRST_DAY}
        return begun | self.starts_on

    def equity_on(self, day: date) -> dict[int, list[GrantStanding]]:
        """How everybody's grants stand on a day; nothing vests after the last day on the plan."""
        found: dict[int, list[GrantStanding]] = {}
        for grant in self.grants:
            standing = standing_of(grant, day, self.ends_on.get(grant.payee_id))
            found.setdefault(grant.payee_id, []).append(standing)
        return found


def parse_people(
    text: str, plan: Plan | None, plans: Mapping[str, Plan] | None = None
) -> PlainPeople:
    """The people a file describes, for a plan (None: one that could not be read, so its parts are not checked).

    `plans` are all that are calculated, by key, where that is more than this one. Raises PlanFileError with all
    problems of the file.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    report = Report()
    top = TableReader(toml_values(text), (), report)
    report.lines = lines_of(text)
    top.refuse_unknown(TOP_KEYS)
    tables = top.tables("people", EXAMPLE_PERSON)
    if not any(top.has(key) for key in TOP_KEYS):
        top.problem("people", "the file names nobody.", f"Write people = [ {EXAMPLE_PERSON} ].")
    by_key = plans if plans is not None else {PLAN_KEY: plan} if plan else {}
    people = PlainPeople(is_closed=top.has("people"), terms=PersonalTerms(by_key))
    for table in tables:
        _read_person(table, people, plan)
    for table in top.tables("teams", EXAMPLE_TEAM):
        _read_team(table, people)
    if report.problems:
        raise PlanFileError(report.problems)
    return people


def _read_person(table: TableReader, people: PlainPeople, plan: Plan | None) -> None:
    table.refuse_unknown(PERSON_KEYS)
    table.require("rep", 'rep = "anna@firma.dk"')
    reference = table.word("rep", '"anna@firma.dk"')
    if people.payee_id_of(reference) is not None:
        table.problem("rep", f"{reference} is already there.", "Write each person once.")
    payee_id = people.add(reference)
    people.names[payee_id] = table.word("name", '"Anna Holm"', reference)
    starts_on, ends_on = read_days(table)
    draw_table = table.table("draw", EXAMPLE_DRAW)
    if draw_table is not None:
        people.draws[payee_id] = read_draw(draw_table, _currency_digits(plan))
    base_minor = table.positive_amount_minor("base_salary", _currency_digits(plan), '"400000"')
    if base_minor is not None:
        people.base_salaries[payee_id] = base_minor
    if starts_on is not None and starts_on < FIRST_DAY:
        what = f"{starts_on} is out of range."
        table.problem("from", what, f"Write a day from {FIRST_DAY}.")
    elif starts_on is not None:
        people.starts_on[payee_id] = starts_on
    if ends_on is not None:
        people.ends_on[payee_id] = ends_on
    people.grants += read_grants(table, payee_id)
    _read_assignments(table, people, payee_id, list(people.terms.plans))
    people.terms.read(table, payee_id)
    people.scores += read_scores(
        table, payee_id, people.ends_on.get(payee_id, date.max), _scored(people) or plan
    )
    if payee_id not in people.starts_on and any(
        map(pays_for_presence, people.terms.plans.values())
    ):
        what = "the plan pays for being there, and nothing says from when."
        table.problem("from", what, 'Write the first day on the plan: from = "2026-02-01".')


def _scored(people: PlainPeople) -> Plan | None:
    """The plan whose windows a score is for: of several the first that pays by objectives."""
    plans = people.terms.plans.values()
    return next((p for p in plans if any(c.measure == "objective" for c in p.components)), None)


def _read_team(table: TableReader, people: PlainPeople) -> None:
    """A team is a payee with a name for a reference."""
    table.refuse_unknown(TEAM_KEYS)
    table.require("name", 'name = "Aarhus"')
    name = table.word("name", '"Aarhus"')
    if people.is_known(name):
        table.problem("name", f"{name} is already there.", "Give each team a name of its own.")
        return
    team_id = people.add(name)
    people.names[team_id] = name
    people.team_ids.add(team_id)
    people.memberships += read_memberships(table, team_id, people.payee_id_of)
    people.on_plans += [Assignment(team_id, key, date.min) for key in people.terms.plans]
    people.terms.read(table, team_id)


def _read_assignments(
    table: TableReader, people: PlainPeople, payee_id: int, plan_keys: Collection[str]
) -> None:
    """On which plans a person is, and when; on all of them, from `from` until `until`, when the table does not say."""
    if table.has("plan") and table.has("plans"):
        table.problem("plans", "plan and plans say the same.", "Remove one of the two.")
    on_plans = table.tables("plans", EXAMPLE_ON_PLAN)
    for on_plan in on_plans:
        on_plan.refuse_unknown(ON_PLAN_KEYS)
        on_plan.require("plan", f"plan as in {EXAMPLE_ON_PLAN}")
        starts_on, ends_on = read_days(on_plan)
        key = _plan_key(on_plan, plan_keys)
        people.on_plans.append(Assignment(payee_id, key, starts_on or date.min, ends_on))
    if on_plans:
        own = [one for one in people.on_plans if one.payee_id == payee_id]
        _keep_days(people, payee_id, own)
        _refuse_overlaps(table, own)
        return
    for key in [_plan_key(table, plan_keys)] if table.has("plan") else plan_keys:
        starts_on = people.starts_on.get(payee_id, date.min)
        people.on_plans.append(Assignment(payee_id, key, starts_on, people.ends_on.get(payee_id)))


def _plan_key(table: TableReader, plan_keys: Collection[str]) -> str:
    key = table.word("plan", '"smb"')
    if table.has("plan") and plan_keys and key not in plan_keys:
        what = f"no plan is called {shown(key)} here."
        known = ", ".join(plan_keys)
        table.problem("plan", what, f"Known: {known}. A plan is named as smb=smb.toml.")
    return key


def _keep_days(people: PlainPeople, payee_id: int, own: Sequence[Assignment]) -> None:
    """The first and the last day on any plan; a day of the person's own wins."""
    starts_on = min(one.starts_on for one in own)
    if starts_on >= FIRST_DAY:
        people.starts_on.setdefault(payee_id, starts_on)
    ends = [one.ends_on for one in own if one.ends_on is not None]
    if len(ends) == len(own):
        people.ends_on.setdefault(payee_id, max(ends))


def _refuse_overlaps(table: TableReader, own: Sequence[Assignment]) -> None:
    in_time = sorted(own, key=lambda one: (one.plan_key, one.starts_on))
    for before, after in pairwise(in_time):
        is_same = before.plan_key == after.plan_key
        if is_same and after.starts_on <= (before.ends_on or date.max):
            what = f"two stretches on {before.plan_key} share days, and deals would count twice."
            table.problem("plans", what, "Let the one end before the other begins.")


def _currency_digits(plan: Plan | None) -> int:
    return MINOR_DIGITS[plan.currency] if plan else 2
