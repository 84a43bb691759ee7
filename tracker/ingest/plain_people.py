"""A TOML file of people -> who is on a plan, from when until when, with which quotas and which draw."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from tracker.engine.deals import Deal
from tracker.engine.equity import Grant, GrantStanding, standing_of
from tracker.engine.money import MINOR_DIGITS
from tracker.engine.periods import period_named
from tracker.engine.plan_draw import EXAMPLE_DRAW, read_days, read_draw
from tracker.engine.plan_file import PlanFileError, toml_values
from tracker.engine.plan_lines import lines_of
from tracker.engine.plan_reader import COUNT_DIGITS, Report, TableReader
from tracker.engine.plans import COUNT_MEASURES, Component, Draw, Plan
from tracker.engine.presence import pays_for_presence
from tracker.engine.teams import Membership
from tracker.ingest.deal_payload import FIRST_DAY
from tracker.ingest.plain_equity import read_grants
from tracker.ingest.plain_objectives import read_scores
from tracker.ingest.plain_teams import EXAMPLE_TEAM, TEAM_KEYS, read_memberships

TOP_KEYS = ("people", "teams")
PERSON_KEYS = (
    "rep",
    "name",
    "from",
    "until",
    "quota",
    "quotas",
    "draw",
    "base_salary",
    "components",
    "equity",
    "objectives",
)
COMPONENT_KEYS = ("quota", "quotas")
EXAMPLE_PERSON = '{ rep = "anna@firma.dk", quota = "1000000" }'
EXAMPLE_QUOTA = '"1000000"'


@dataclass
class PlainPeople:
    """Who takes part in a calculation. Without a file everybody does, from their first deal.

    Ids follow the order in which people are named. `quotas` are minor units, or hundredths of a count, by payee,
    component and window ("" for every window).
    """

    is_closed: bool = False
    names: dict[int, str] = field(default_factory=dict)
    references: dict[int, str] = field(default_factory=dict)
    starts_on: dict[int, date] = field(default_factory=dict)
    ends_on: dict[int, date] = field(default_factory=dict)
    quotas: dict[tuple[int, str, str], int] = field(default_factory=dict)
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

    def draw_of(self, payee_id: int, plan: Plan) -> Draw | None:
        """The person's own draw, or the plan's; none of it before their first day or after their last."""
        draw = self.draws.get(payee_id, plan.draw)
        if draw is None:
            return None
        starts_on = max(draw.starts_on or date.min, self.starts_on.get(payee_id, date.min))
        ends_on = min(draw.ends_on or date.max, self.ends_on.get(payee_id, date.max))
        if ends_on < starts_on:
            return None
        forgives = draw.forgives_at_end and ends_on == draw.ends_on
        return replace(draw, starts_on=starts_on, ends_on=ends_on, forgives_at_end=forgives)


def parse_people(text: str, plan: Plan | None) -> PlainPeople:
    """The people a file describes, for a plan (None: one that could not be read, so its parts are not checked).

    Raises PlanFileError with all problems of the file.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    report = Report()
    top = TableReader(toml_values(text), (), report)
    report.lines = lines_of(text)
    top.refuse_unknown(TOP_KEYS)
    tables = top.tables("people", EXAMPLE_PERSON)
    if not any(top.has(key) for key in TOP_KEYS):
        top.problem("people", "the file names nobody.", f"Write people = [ {EXAMPLE_PERSON} ].")
    people = PlainPeople(is_closed=top.has("people"))
    for table in tables:
        _read_person(table, people, plan)
    for table in top.tables("teams", EXAMPLE_TEAM):
        _read_team(table, people, plan)
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
    people.scores += read_scores(table, payee_id, ends_on or date.max, plan)
    if starts_on is None and plan is not None and pays_for_presence(plan):
        what = "the plan pays for being there, and nothing says from when."
        table.problem("from", what, 'Write the first day on the plan: from = "2026-02-01".')
    _read_quotas_of_person(table, people, payee_id, plan)


def _read_team(table: TableReader, people: PlainPeople, plan: Plan | None) -> None:
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
    _read_quotas_of_person(table, people, team_id, plan)


def _currency_digits(plan: Plan | None) -> int:
    return MINOR_DIGITS[plan.currency] if plan else 2


def _read_quotas_of_person(
    table: TableReader, people: PlainPeople, payee_id: int, plan: Plan | None
) -> None:
    components = plan.components if plan else ()
    own = table.table("components", '{ new_business = { quota = "1000000" } }')
    if own is not None and plan is not None:
        own.refuse_unknown([component.key for component in components])
    tables = {key: own.table(key, '{ quota = "1000000" }') for key in own.values} if own else {}
    for key, component_table in tables.items():
        if component_table is not None:
            component_table.refuse_unknown(COMPONENT_KEYS)
            named = (component for component in components if component.key == key)
            _read_quotas(component_table, people, payee_id, plan, named)
    others = [component for component in components if component.key not in tables]
    _read_quotas(table, people, payee_id, plan, others)


def _read_quotas(
    table: TableReader,
    people: PlainPeople,
    payee_id: int,
    plan: Plan | None,
    components: Iterable[Component],
) -> None:
    """The quotas of a table, for each of some components in the units of what it measures."""
    by_window = table.table("quotas", '{ "2026-Q4" = "1000000" }')
    if by_window is not None:
        _check_windows(by_window, plan)
    digits_of = {component.key: _digits(component, plan) for component in components}
    for digits in sorted({*digits_of.values()}) or [2]:
        found = {"": _quota_minor(table, "quota", digits)}
        if by_window is not None:
            found |= {key: _quota_minor(by_window, key, digits) for key in by_window.values}
        for component_key in (key for key in digits_of if digits_of[key] == digits):
            for window_key, quota_minor in found.items():
                if quota_minor is not None:
                    people.quotas[payee_id, component_key, window_key] = quota_minor


def _digits(component: Component, plan: Plan | None) -> int:
    return COUNT_DIGITS if component.measure in COUNT_MEASURES else _currency_digits(plan)


def _quota_minor(table: TableReader, key: str, digits: int) -> int | None:
    quota_minor = table.amount_minor(key, digits, EXAMPLE_QUOTA)
    if quota_minor is not None and quota_minor < 0:
        table.problem(key, "a quota cannot be negative.", "Write 0 for no quota.")
    return quota_minor


def _check_windows(by_window: TableReader, plan: Plan | None) -> None:
    for key in by_window.values:
        try:
            window = period_named(key, plan.year_starts_in_month if plan else 1)
        except ValueError as error:
            by_window.problem(key, f"{error}.", "A quota is for a whole window.")
            continue
        if plan is not None and window.kind is not plan.window:
            what = f"{key} is a {window.kind}, but the plan's window is a {plan.window}."
            by_window.problem(key, what, "Write one quota for each window.")
