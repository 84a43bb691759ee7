"""The whole write path: what sources say about deals, and what the company agrees on, becomes what people earn.

Every function here is one transaction, acknowledged after its commit. Locks are always taken in this order, each
kind in key order, so no two writers can wait for each other:

    plans     shared by deals, alone for a change of plans, assignments or quotas
    events    the rows themselves; a retry waits for the first try
    deals     the newest snapshot of each
    windows   one row per payee, component and window, before any of its sums is read; after those of the deals
              themselves, those of the members who have a part in a team's
    outbox    held to the commit, so that sequences commit in order
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Literal

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.quotas import quota_periods
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.crediting.objectives import is_score
from tracker.engine.deals import DealEvent
from tracker.engine.earning.totals import TotalKey
from tracker.engine.money import AMOUNT_MINOR_MAX
from tracker.engine.payroll_months.posting import Loss
from tracker.engine.plan_trials.plan_trial import refuse_wrong_examples
from tracker.errors import NotFound
from tracker.flow_credits import be_present, replace_credits
from tracker.flow_figures import figures_of
from tracker.store import credits, deals, outbox, people, plans, sources, totals, trail
from tracker.store.database import Database
from tracker.store.deals import Arrival, DealChange, Rank
from tracker.store.ledger import Cause
from tracker.store.outbox import OutboxChange
from tracker.store.plans import QuotaChange
from tracker.store.statements import OutOfRange, in_chunks
from tracker.store.types import Connection

OutcomeKind = Literal["recorded", "duplicate", "stale", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an event. `is_conflict`: its id was used before, with another body."""

    event_id: str
    kind: OutcomeKind
    problem: str = ""
    is_conflict: bool = False


def record_deal_events(
    database: Database, events: Sequence[DealEvent], recorded_at: datetime
) -> list[Outcome]:
    """Record what sources said about deals, and bring every figure that follows from it up to date.

    One transaction for all, so a caller with many events sends some hundreds at a time. Each event has its outcome,
    in the order given; one that is refused leaves nothing and does not hold up the others.
    """
    try:
        with database.write() as connection:
            return record_within(connection, events, recorded_at)
    except OutOfRange as error:
        if len(events) == 1:
            return [too_large(events[0], error)]
        one_by_one = (record_deal_events(database, [event], recorded_at) for event in events)
        return [outcome for outcomes in one_by_one for outcome in outcomes]


def record_within(
    connection: Connection, events: Sequence[DealEvent], recorded_at: datetime
) -> list[Outcome]:
    """The same as a part of a transaction that says more, such as a correction and whom it answers.

    Raises OutOfRange when a total would grow too large; then nothing may be committed.
    """
    plans.hold_plans(connection)
    problems = _problems(connection, events)
    acceptable = [event for event, bad in zip(events, problems, strict=True) if not bad]
    arrivals = deals.insert_events(connection, acceptable, recorded_at)
    changes, ranks = deals.keep_newest(connection, arrivals)
    _follow_deals(connection, changes, recorded_at)
    sources.note(connection, arrivals, recorded_at)
    return _outcomes(connection, events, problems, arrivals, ranks)


def change_quotas(
    database: Database, changes: Sequence[QuotaChange], by: str, at: datetime
) -> list[QuotaChange]:
    """Set quotas, and re-evaluate the totals they touch without reading a deal. Those that changed anything."""
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        require_payees(connection, {change.payee_id for change in changes})
        in_force = {
            (fact.payee_id, fact.component_key, fact.period_key, fact.valid_from): fact.amount_minor
            for fact in plans.quota_facts(connection, {change.payee_id for change in changes})
        }
        newest = {change.place: change for change in changes}
        new = [
            change for place, change in newest.items() if in_force.get(place) != change.amount_minor
        ]
        set_by = {_set_quota(connection, change, by, at): change for change in new}
        payee_ids = {change.payee_id for change in new}
        book = plans.load_plan_book(connection, payee_ids)
        touched = _touched_by(set_by, totals.totals_of_payees(connection, payee_ids), book)
        concerned = post(connection, touched, book, Cause("quota", touched), at)
        tell(connection, [], payee_ids | concerned, at)
        return new


def activate_plan_version(
    database: Database, plan_key: str, effective_from: date, source_toml: str, by: str, at: datetime
) -> int:
    """Let a new version of a plan count from a day on; the version's id.

    Rebuilds the credits of every deal it pays. Raises PlanFileError, also when its own examples do not come out, or
    Conflict.
    """
    refuse_wrong_examples(source_toml)
    with database.write() as connection:
        return activate_within(connection, plan_key, effective_from, source_toml, by, at)


def activate_within(
    connection: Connection,
    plan_key: str,
    effective_from: date,
    source_toml: str,
    by: str,
    at: datetime,
) -> int:
    """The same inside a transaction of the caller's."""
    plans.hold_plans_alone(connection)
    version_id = plans.add_plan_version(connection, plan_key, effective_from, source_toml, by, at)
    subject = {
        "plan_version_id": version_id,
        "plan": plan_key,
        "effective_from": str(effective_from),
        "source_sha256": sha256(source_toml.encode()).hexdigest(),
    }
    trail.append(connection, "activate plan version", by, at, subject)
    on_plan = plans.payees_on(connection, plan_key)
    rebuild(connection, on_plan, effective_from, "plan", version_id, at)
    return version_id


def assign_plan(
    database: Database,
    payee_id: int,
    plan_key: str,
    starts_on: date,
    ends_on: date | None,
    by: str,
    at: datetime,
) -> bool:
    """Put a payee on a plan from a day on, or move the last day; whether that changed anything. Raises Conflict."""
    with database.write() as connection:
        plans.hold_plans_alone(connection)
        require_payees(connection, {payee_id})
        fact_id = plans.assign(connection, payee_id, plan_key, starts_on, ends_on, by, at)
        if fact_id is None:
            return False
        subject = {
            "assignment_id": fact_id,
            "payee_id": payee_id,
            "plan": plan_key,
            "starts_on": str(starts_on),
            "ends_on": ends_on and str(ends_on),
        }
        trail.append(connection, "assign plan", by, at, subject)
        # What is asked of a payee may hang on their days on the plan, also where no deal's credit does.
        on_plan = {
            key
            for key in totals.totals_of_payees(connection, {payee_id})
            if split_component_key(key.component_key)[0] == plan_key
        }
        rebuild(connection, {payee_id}, starts_on, "assignment", fact_id, at, on_plan)
        return True


# --- deals


def _follow_deals(connection: Connection, changes: Sequence[DealChange], at: datetime) -> None:
    """Bring credits, totals, earnings and the outbox in line with deals that have just changed."""
    payee_ids = {payee_id for change in changes for payee_id in change.payee_ids}
    book = plans.load_plan_book(connection, payee_ids)
    known_keys = [change.key for change in changes if change.before is not None]
    stored = credits.credits_of_deals(connection, known_keys)
    moved = replace_credits(connection, stored, [change.after for change in changes], book, at)
    event_ids = {change.key: change.event_id for change in changes}
    alone = {key: event_ids[min(keys)] for key, keys in moved.items() if len(keys) == 1}
    losses = {key: loss for key, keys in moved.items() if (loss := _loss(keys, changes))}
    concerned = post(connection, moved, book, Cause("deal", alone, losses), at)
    tell(connection, changes, payee_ids | concerned, at)


def _loss(deal_keys: set[str], changes: Sequence[DealChange]) -> Loss | None:
    """What happened to these deals, if nothing else did: each was cancelled, or its customer left."""
    losses = {change.loss for change in changes if change.key in deal_keys}
    if None in losses:
        return None
    return Loss.LEFT if losses == {Loss.LEFT} else Loss.CANCELLED


def rebuild(
    connection: Connection,
    payee_ids: set[int],
    first_day: date,
    cause: str,
    fact_id: int | None,
    at: datetime,
    others: Iterable[TotalKey] = (),
) -> None:
    """Give the deals that count for these payees from a day on, or still come in instalments, their credits anew.

    `others` are totals to be evaluated whatever the credits.
    """
    book = plans.load_plan_book(connection)
    sellers = payee_ids | book.teams.sellers_for(payee_ids)
    keys = {
        *deals.deal_keys_of_payees(connection, sellers, first_day),
        *credits.deal_keys_under(connection, book.residual_keys, payee_ids),
    }
    rebuild_deals(connection, sorted(keys), book, payee_ids, cause, fact_id, at, others)


def rebuild_deals(
    connection: Connection,
    deal_keys: Iterable[str],
    book: PlanBook,
    payee_ids: set[int],
    cause: str,
    fact_id: int | None,
    at: datetime,
    others: Iterable[TotalKey] = (),
) -> None:
    """Give these deals the credits of the plans as they are now; these payees hear of it in any case."""
    touched = set(others)
    for keys in in_chunks(deal_keys):
        newest = [kept.deal for kept in deals.deals(connection, keys)]
        stored = credits.credits_of_deals(connection, keys)
        touched |= replace_credits(connection, stored, newest, book, at).keys()
    touched |= be_present(connection, payee_ids, book, at)
    fact_ids = {} if fact_id is None else dict.fromkeys(touched, fact_id)
    concerned = post(connection, touched, book, Cause(cause, fact_ids), at)
    tell(connection, [], payee_ids | concerned, at)


def _set_quota(connection: Connection, change: QuotaChange, by: str, at: datetime) -> int:
    fact_id = plans.record_quota(connection, change, by, at)
    valid_from = change.valid_from and str(change.valid_from)
    subject = {"quota_id": fact_id, **change._asdict(), "valid_from": valid_from}
    del subject["reason"]
    trail.append(connection, "set quota", by, at, subject, change.reason)
    return fact_id


def _touched_by(
    set_by: Mapping[int, QuotaChange], keys: Iterable[TotalKey], book: PlanBook
) -> dict[TotalKey, int]:
    """The totals that some quotas may concern, each with the last of these facts that does."""
    of_payees: dict[int, list[tuple[int, QuotaChange]]] = {}
    for fact_id, change in set_by.items():
        of_payees.setdefault(change.payee_id, []).append((fact_id, change))
    touched: dict[TotalKey, int] = {}
    for key in keys:
        periods = quota_periods(book, key.component_key, key.window_key)
        for fact_id, change in of_payees.get(key.payee_id, ()):
            is_named = change.component_key in ("", key.component_key)
            if is_named and change.window_key in periods:
                touched[key] = fact_id
    return touched


def require_payees(connection: Connection, payee_ids: set[int]) -> None:
    missing = payee_ids - people.team_ids_of(connection, payee_ids).keys()
    if missing:
        named = ", ".join(map(str, sorted(missing)))
        raise NotFound(f"There is no payee with id {named}. Add the payee first.")


# --- what both ends share


def post(
    connection: Connection, keys: Iterable[TotalKey], book: PlanBook, cause: Cause, at: datetime
) -> set[int]:
    """Evaluate these totals and post the differences of their rounded figures; the payees who see one of them."""
    keys = set(keys)
    figures = figures_of(connection, keys, book, at)
    moved = figures.caused(cause)
    totals.post_earned(connection, figures.earned, figures.currencies, book, moved, at)
    payee_ids = {key.payee_id for key in keys}
    return payee_ids | {member for team in payee_ids for member in book.teams.ever_in(team)}


def tell(
    connection: Connection, changes: Sequence[DealChange], payee_ids: set[int], at: datetime
) -> None:
    """Write down who must hear: everyone of each deal that changed, and everyone whose figures may have."""
    teams = people.team_ids_of(connection, payee_ids)
    of_deals = [
        OutboxChange("deal", payee_id, teams.get(payee_id), change.key, change.is_win)
        for change in changes
        if not is_score(change.after)
        for payee_id in sorted(deals.payee_ids_of(change.after))
    ]
    of_payees = [
        OutboxChange("earnings", payee_id, teams.get(payee_id)) for payee_id in sorted(payee_ids)
    ]
    outbox.append(connection, of_deals + of_payees, at)


# --- what becomes of each event


def _problem_of(event: DealEvent, payee_ids: Set[int]) -> str:
    """Why an event cannot be recorded, whatever else is known; "" when it can."""
    unknown = sorted(deals.payee_ids_of(event.deal) - payee_ids)
    if unknown:
        named = ", ".join(map(str, unknown))
        return f"There is no payee with id {named}. Add the payee, then send the event again."
    figures = [event.deal.amount_minor, *event.deal.measures.values()]
    if any(abs(figure) > AMOUNT_MINOR_MAX for figure in figures):
        return "An amount is larger than the product accepts. Correct it, then send it again."
    return ""


def _problems(connection: Connection, events: Sequence[DealEvent]) -> list[str]:
    """What keeps each event from being recorded, in order."""
    payee_ids = {payee_id for event in events for payee_id in deals.payee_ids_of(event.deal)}
    there = people.team_ids_of(connection, payee_ids).keys()
    return [_problem_of(event, there) for event in events]


def _outcomes(
    connection: Connection,
    events: Sequence[DealEvent],
    problems: Sequence[str],
    arrivals: Sequence[Arrival],
    ranks: Mapping[str, Rank],
) -> list[Outcome]:
    """The outcome of each event, as if they had come one by one."""
    hashes = {deals.name_of(arrival.event): arrival.event.body_hash for arrival in arrivals}
    new = set(hashes)
    hashes |= deals.body_hashes(connection, {deals.name_of(event) for event in events} - new)
    newest = dict(ranks)
    outcomes: list[Outcome] = []
    for event, problem in zip(events, problems, strict=True):
        name, key = deals.name_of(event), event.deal.key
        if problem:
            outcomes.append(Outcome(event.event_id, "refused", problem))
        elif hashes[name] != event.body_hash:
            outcomes.append(_conflict(event))
        elif name not in new:
            outcomes.append(Outcome(event.event_id, "duplicate"))
        else:
            new.remove(name)
            is_newest = key not in newest or deals.rank_of(event) > newest[key]
            outcomes.append(Outcome(event.event_id, "recorded" if is_newest else "stale"))
            newest[key] = max(newest.get(key, deals.rank_of(event)), deals.rank_of(event))
    return outcomes


def _conflict(event: DealEvent) -> Outcome:
    problem = (
        f"Event {event.event_id!r} of {event.source!r} was recorded before with another content, "
        "which stays as it is."
    )
    return Outcome(event.event_id, "refused", problem, is_conflict=True)


def too_large(event: DealEvent, error: OutOfRange) -> Outcome:
    """The outcome of an event that no total could hold."""
    return Outcome(event.event_id, "refused", why_too_large(error))


def why_too_large(error: OutOfRange) -> str:
    return f"With this deal a total would grow too large: {error}. Check its amount."
