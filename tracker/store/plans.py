"""Plan versions, who is on which plan, and quotas. A version is added, never edited."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, text

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.engine.plan_files.plan_team import clash_of, counts_teams
from tracker.errors import Conflict
from tracker.store import exceptions, memberships, tables
from tracker.store.exchange import KnownRates
from tracker.store.horizon import horizon
from tracker.store.marks import known
from tracker.store.statements import inserted_id, within_64_bits


@dataclass(frozen=True, slots=True)
class StoredPlanVersion:
    """A plan version as it was recorded: the text itself, when and by whom."""

    id: int
    plan_key: str
    name: str
    effective_from: date
    source_toml: str
    recorded_at: datetime
    recorded_by: str


class QuotaChange(NamedTuple):
    """A payee's quota in a window, or in a year: for one component ("plan/component"), or "" for every one.

    It holds from `valid_from` on; None: from the start.
    """

    payee_id: int
    component_key: str
    window_key: str
    amount_minor: int
    valid_from: date | None = None
    reason: str = ""

    @property
    def place(self) -> tuple[int, str, str, date | None]:
        """What an earlier fact must share to be replaced by this one."""
        return self.payee_id, self.component_key, self.window_key, self.valid_from


_PLANS_LOCK = 7103

_parsed: Callable[[str], Plan] = lru_cache(maxsize=512)(parse_plan)
"""By the text itself, so that a version whose transaction was undone cannot leave its plan behind."""


# --- versions


def add_plan_version(
    connection: Connection,
    plan_key: str,
    effective_from: date,
    source_toml: str,
    by: str,
    at: datetime,
) -> int:
    """The id of a new version. Raises PlanFileError for its text, Conflict when it clashes with another version."""
    plan = _parsed(source_toml)
    for earlier in plan_versions(connection, plan_key):
        _refuse_clash(earlier, effective_from, plan)
    return inserted_id(
        connection,
        insert(tables.plan_version).values(
            plan_key=plan_key,
            name=plan.name,
            effective_from=effective_from,
            source_toml=source_toml,
            recorded_at=at,
            recorded_by=by,
        ),
    )


def _refuse_clash(earlier: StoredPlanVersion, effective_from: date, plan: Plan) -> None:
    key, earlier_plan = repr(earlier.plan_key), _parsed(earlier.source_toml)
    if earlier.effective_from == effective_from:
        raise Conflict(
            f"Plan {key} already has a version from {effective_from}, and a version is "
            "never edited. Choose another day, or another plan key."
        )
    if earlier_plan.currency != plan.currency:
        raise Conflict(
            f"Plan {key} pays in {earlier_plan.currency}, this version in {plan.currency}, and one "
            "figure cannot hold both. Give the plan in the other currency a key of its own."
        )
    if earlier_plan.year_starts_in_month != plan.year_starts_in_month:
        raise Conflict(
            f"The year of plan {key} starts in month {earlier_plan.year_starts_in_month}, that of this "
            f"version in month {plan.year_starts_in_month}, so two windows would share one name. Give "
            "the plan with the other year a key of its own."
        )
    if component_key := clash_of(earlier_plan, plan):
        raise Conflict(
            f"Component {component_key!r} of plan {key} counts other deals, or is shared otherwise, in the "
            f"version from {earlier.effective_from}, and one figure cannot hold both. Give it a key of its own."
        )


def plan_versions(connection: Connection, plan_key: str | None = None) -> list[StoredPlanVersion]:
    """Every version, or those of one plan, oldest first."""
    table = tables.plan_version
    was_known = known(connection, table)
    query = select(table).where(was_known).order_by(table.c.plan_key, table.c.effective_from)
    if plan_key is not None:
        query = query.where(table.c.plan_key == plan_key)
    return [StoredPlanVersion(**row._mapping) for row in connection.execute(query)]


def parsed_versions(connection: Connection) -> list[PlanVersion]:
    """Every plan version, its text read."""
    return [
        PlanVersion(
            version.id, version.plan_key, version.effective_from, _parsed(version.source_toml)
        )
        for version in plan_versions(connection)
    ]


def are_teams_paid(connection: Connection) -> bool:
    """Whether any plan counts what teams sell."""
    return any(counts_teams(version.plan) for version in parsed_versions(connection))


def newest_plan(connection: Connection, plan_key: str) -> Plan | None:
    """What the newest version of a plan says; None when there is none."""
    versions = plan_versions(connection, plan_key)
    return _parsed(versions[-1].source_toml) if versions else None


def load_plan_book(connection: Connection, payee_ids: Collection[int] | None = None) -> PlanBook:
    """Every plan version, and the assignments, quotas and exceptions of these payees (None: of all).

    With them come those who may get credit for these payees' deals: their teams, and who leads those.
    """
    versions = parsed_versions(connection)
    facts: list[Membership] = []
    if any(counts_teams(version.plan) for version in versions):
        if payee_ids is None:
            facts = memberships.all_memberships(connection)
        else:
            facts = memberships.memberships_near(connection, payee_ids)
            beside = {one for fact in facts for one in (fact.team_payee_id, fact.payee_id)}
            payee_ids = {*payee_ids, *beside}
    return PlanBook(
        versions,
        assignments(connection, payee_ids),
        quotas=quota_facts(connection, payee_ids),
        exceptions=exceptions.exceptions(connection, payee_ids),
        memberships=facts,
        until=horizon(connection),
        exchange_rates=KnownRates(connection),
    )


# --- assignments


def assign(
    connection: Connection,
    payee_id: int,
    plan_key: str,
    starts_on: date,
    ends_on: date | None,
    by: str,
    at: datetime,
) -> int | None:
    """Put a payee on a plan from a day on; again with the same first day moves the last one.

    The id of the fact; None when it changes nothing. Raises Conflict (`why_not`).
    """
    new = Assignment(payee_id, plan_key, starts_on, ends_on)
    if new in assignments(connection, [payee_id]):
        return None
    if reason := why_not(connection, new):
        raise Conflict(reason)
    fact = {
        "payee_id": payee_id,
        "plan_key": plan_key,
        "starts_on": starts_on,
        "ends_on": ends_on,
        "recorded_at": at,
        "recorded_by": by,
    }
    return inserted_id(connection, insert(tables.assignment).values(fact))


def why_not(connection: Connection, new: Assignment) -> str:
    """Why a payee cannot be on a plan for these days, and what to do; "" when nothing is in the way.

    On one plan twice a deal would count twice; on plans in two currencies the figures could not be added up.
    """
    if new.ends_on is not None and new.ends_on < new.starts_on:
        return f"The plan would end on {new.ends_on}, before it starts on {new.starts_on}."
    if memberships.is_team(connection, new.payee_id) and not _counts_teams(
        connection, new.plan_key
    ):
        return f'Nothing in plan {new.plan_key!r} counts what a team sells. Write of = "team" in a component.'
    for other in assignments(connection, [new.payee_id]):
        if _is_same_stretch(other, new) or not _overlap(other, new):
            continue
        since = f"from {other.starts_on} to {other.ends_on or 'further notice'}"
        there = f"{_reference(connection, new.payee_id)} is on plan {other.plan_key!r} {since}"
        if other.plan_key == new.plan_key:
            return f"{there} already. End that first, or choose other days."
        currencies = _currencies(connection, other.plan_key), _currencies(connection, new.plan_key)
        if all(currencies) and currencies[0] != currencies[1]:
            paid = f"{there}, which pays in {', '.join(currencies[0])}"
            return f"{paid}; {new.plan_key!r} pays in {', '.join(currencies[1])}. End that first, or choose other days."
    return ""


def assignments(
    connection: Connection, payee_ids: Collection[int] | None = None
) -> list[Assignment]:
    """Who is on which plan and when, of these payees or of all: the newest fact of each payee, plan and first day."""
    table = tables.assignment
    query = select(table.c.payee_id, table.c.plan_key, table.c.starts_on, table.c.ends_on).where(
        known(connection, table)
    )
    if payee_ids is not None:
        query = query.where(table.c.payee_id.in_(sorted(payee_ids)))
    found = (Assignment(*row) for row in connection.execute(query.order_by(table.c.id)))
    return list({(one.payee_id, one.plan_key, one.starts_on): one for one in found}.values())


def payees_on(connection: Connection, plan_key: str) -> set[int]:
    """Everyone who is, was or will be on a plan."""
    table = tables.assignment.c
    rows = connection.execute(select(table.payee_id).where(table.plan_key == plan_key))
    return set(rows.scalars())


def _is_same_stretch(one: Assignment, other: Assignment) -> bool:
    return (one.plan_key, one.starts_on) == (other.plan_key, other.starts_on)


def _counts_teams(connection: Connection, plan_key: str) -> bool:
    """Whether any version of a plan counts what teams sell; true while it has none."""
    versions = plan_versions(connection, plan_key)
    return not versions or any(counts_teams(_parsed(one.source_toml)) for one in versions)


def _currencies(connection: Connection, plan_key: str) -> set[str]:
    """What a plan pays in: one currency, or none while it has no version."""
    versions = plan_versions(connection, plan_key)
    return {_parsed(version.source_toml).currency for version in versions}


def _overlap(one: Assignment, other: Assignment) -> bool:
    last_of_one, last_of_other = one.ends_on or date.max, other.ends_on or date.max
    return one.starts_on <= last_of_other and other.starts_on <= last_of_one


def _reference(connection: Connection, payee_id: int) -> str:
    table = tables.payee.c
    reference = connection.scalar(select(table.reference).where(table.id == payee_id))
    return reference or f"Payee {payee_id}"


# --- quotas


def record_quota(connection: Connection, change: QuotaChange, by: str, at: datetime) -> int:
    """Record a quota; the newest one counts. The id of the fact."""
    within_64_bits(change.amount_minor)
    fact = change._asdict() | {"recorded_at": at, "recorded_by": by}
    return inserted_id(connection, insert(tables.quota).values(fact))


def quota_origin(connection: Connection, fact_id: int) -> tuple[str, str]:
    """Why a quota was set, "" when nobody said, and by whom."""
    table = tables.quota.c
    row = connection.execute(
        select(table.reason, table.recorded_by).where(table.id == fact_id)
    ).one_or_none()
    return ("", "") if row is None else (row[0], row[1])


def quota_facts(
    connection: Connection, payee_ids: Collection[int] | None = None
) -> list[QuotaFact]:
    """Every quota that was set for these payees, or for all, oldest first."""
    table = tables.quota
    columns = (
        table.c.payee_id,
        table.c.component_key,
        table.c.window_key,
        table.c.amount_minor,
        table.c.valid_from,
        table.c.id,
    )
    query = select(*columns).where(known(connection, table)).order_by(table.c.id)
    if payee_ids is not None:
        query = query.where(table.c.payee_id.in_(sorted(payee_ids)))
    return [QuotaFact(*row) for row in connection.execute(query)]


# --- who may go on while plans change


def hold_plans(connection: Connection) -> None:
    """Keep plans, assignments and quotas as they are until the transaction ends; deals may come in side by side."""
    _lock(connection, "pg_advisory_xact_lock_shared")


def hold_plans_alone(connection: Connection) -> None:
    """Wait for every deal that is coming in, and let no other in until the transaction ends."""
    _lock(connection, "pg_advisory_xact_lock")


def _lock(connection: Connection, function: str) -> None:
    if connection.dialect.name == "postgresql":  # an SQLite write has the whole database anyway
        connection.execute(text(f"SELECT {function}({_PLANS_LOCK})"))
