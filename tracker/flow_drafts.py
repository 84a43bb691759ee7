"""What is done with a plan draft, each act one transaction: draft, check, simulate, pilot, activate.

Every step belongs to one exact text. A changed text starts again; so what pays people was checked and simulated
letter for letter. A pilot is computed, never paid.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from tracker import flow
from tracker.engine.agreement.plans import Plan
from tracker.engine.periods import Period
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.errors import BadInput, Conflict, NotFound, Problem
from tracker.store import drafts, outbox, people, plans, trail
from tracker.store.database import Database
from tracker.store.drafts import Draft, Step
from tracker.store.outbox import OutboxChange
from tracker.store.types import Connection

PILOT_PEOPLE = range(3, 6)
"""How many people a pilot has: fewer say nothing, more are no pilot."""

ACTS: Mapping[Step, str] = {
    "checked": "check plan draft",
    "simulated": "simulate plan draft",
    "activated": "activate plan draft",
    "discarded": "discard plan draft",
}
"""What the trail calls each step."""

PLAN_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
"""What can name a plan."""


def start_draft(
    database: Database, plan_key: str, replaces_key: str, source_toml: str, by: str, at: datetime
) -> int:
    """A new draft; its id. Raises BadInput for a key that cannot name a plan, or compares with none."""
    if not PLAN_KEY.fullmatch(plan_key):
        what = f"{plan_key!r} cannot name a plan."
        fix = "Use small letters, digits, _ and -, such as ae-smb."
        raise BadInput([Problem("plan", what, fix)])
    with database.write() as connection:
        if replaces_key and not plans.plan_versions(connection, replaces_key):
            raise BadInput([Problem("plan", f"there is no active plan {replaces_key!r}.")])
        draft_id = drafts.add_draft(connection, plan_key, replaces_key, by, at)
        drafts.add_text(connection, draft_id, source_toml, by, at)
        subject = {"draft_id": draft_id, "plan": plan_key}
        trail.append(connection, "draft plan", by, at, subject)
        return draft_id


def save_text(database: Database, draft_id: int, source_toml: str, by: str, at: datetime) -> bool:
    """Let another text count, right or wrong; whether it is another. Its steps start again. Raises Conflict."""
    with database.write() as connection:
        draft = _open_draft(connection, draft_id)
        if draft.text.text_hash == drafts.text_hash(source_toml):
            return False
        drafts.add_text(connection, draft_id, source_toml, by, at)
        _announce(connection, [one.payee_id for one in draft.piloting()], at)
        return True


def record_check(
    database: Database, draft_id: int, found: Mapping[str, Any], by: str, at: datetime
) -> None:
    """Keep that the text was checked, with the advice it got. Raises PlanFileError for a text that is no plan."""
    with database.write() as connection:
        draft = _open_draft(connection, draft_id)
        parse_plan(draft.text.source_toml)
        _take(connection, draft, "checked", found, by, at)


def record_simulation(
    database: Database,
    draft_id: int,
    text_hash: str,
    figures: Mapping[str, Any],
    by: str,
    at: datetime,
) -> None:
    """Keep what a simulation of an exact text found. Raises Conflict when another text counts by now."""
    with database.write() as connection:
        draft = _open_draft(connection, draft_id)
        if draft.text.text_hash != text_hash:
            raise Conflict("The text was changed while it was simulated. Simulate it again.")
        _require(draft, "checked", "Check the text before it is simulated.")
        _take(connection, draft, "simulated", figures, by, at)


def start_pilot(
    database: Database,
    draft_id: int,
    payee_ids: Collection[int],
    starts_on: date,
    ends_on: date,
    by: str,
    at: datetime,
) -> None:
    """Compute some people's figures under the draft beside their plan. Raises Conflict or BadInput."""
    with database.write() as connection:
        draft = _open_draft(connection, draft_id)
        _require(draft, "simulated", "Simulate the text before people try it.")
        _refuse_bad_pilot(connection, draft, payee_ids, starts_on, ends_on)
        for payee_id in sorted(payee_ids):
            drafts.add_pilot(connection, draft, payee_id, starts_on, ends_on, by, at)
        subject = {
            "draft_id": draft_id,
            "text_sha256": draft.text.text_hash,
            "payee_ids": sorted(payee_ids),
            "starts_on": str(starts_on),
            "ends_on": str(ends_on),
        }
        trail.append(connection, "start pilot", by, at, subject)
        _announce(connection, payee_ids, at)


def end_pilot(database: Database, draft_id: int, by: str, at: datetime) -> None:
    """Stop computing the pilot's figures. Raises Conflict when there is none."""
    with database.write() as connection:
        draft = _open_draft(connection, draft_id)
        piloting = draft.piloting()
        if not piloting:
            raise Conflict("No pilot of this text is running.")
        for one in piloting:
            drafts.add_pilot(connection, draft, one.payee_id, one.starts_on, date.min, by, at)
        trail.append(connection, "end pilot", by, at, {"draft_id": draft_id})
        _announce(connection, [one.payee_id for one in piloting], at)


def activate_draft(
    database: Database, draft_id: int, effective_from: date, by: str, at: datetime
) -> int:
    """Let the draft pay from a day on; the id of its version. Raises Conflict before it was checked and simulated."""
    with database.write() as connection:
        draft = _open_draft(connection, draft_id)
        _require(draft, "checked", "Check the text before it pays anybody.")
        _require(draft, "simulated", "Simulate the text before it pays anybody.")
        version_id = flow.activate_within(
            connection, draft.plan_key, effective_from, draft.text.source_toml, by, at
        )
        figures = {"plan_version_id": version_id, "effective_from": str(effective_from)}
        _take(connection, draft, "activated", figures, by, at)
        _announce(connection, [one.payee_id for one in draft.piloting()], at)
        return version_id


def discard_draft(database: Database, draft_id: int, by: str, at: datetime) -> None:
    """Put a draft away. It stays readable; nothing is ever removed."""
    with database.write() as connection:
        draft = _open_draft(connection, draft_id)
        _take(connection, draft, "discarded", {}, by, at)
        _announce(connection, [one.payee_id for one in draft.piloting()], at)


def _open_draft(connection: Connection, draft_id: int) -> Draft:
    plans.hold_plans_alone(connection)
    draft = drafts.draft(connection, draft_id)
    if draft is None:
        raise NotFound(f"There is no plan draft with id {draft_id}.")
    if draft.end is not None:
        raise Conflict(f"This draft was {draft.end.step}. Start a new one from its text.")
    return draft


def _require(draft: Draft, step: Step, otherwise: str) -> None:
    if draft.done(step) is None:
        raise Conflict(f"{otherwise} A changed text starts again.")


def _take(
    connection: Connection,
    draft: Draft,
    step: Step,
    figures: Mapping[str, Any],
    by: str,
    at: datetime,
) -> None:
    drafts.add_step(connection, draft, step, figures, by, at)
    subject = {"draft_id": draft.id, "plan": draft.plan_key, "text_sha256": draft.text.text_hash}
    trail.append(connection, ACTS[step], by, at, subject)


def _refuse_bad_pilot(
    connection: Connection,
    draft: Draft,
    payee_ids: Collection[int],
    starts_on: date,
    ends_on: date,
) -> None:
    if len(set(payee_ids)) not in PILOT_PEOPLE:
        few, many = PILOT_PEOPLE[0], PILOT_PEOPLE[-1]
        what = f"a pilot has {few} to {many} people, not {len(set(payee_ids))}."
        raise BadInput([Problem("people", what)])
    if set(payee_ids) - people.team_ids_of(connection, payee_ids).keys():
        raise NotFound("One of these people is not there any more.")
    tried = parse_plan(draft.text.source_toml)
    live = plans.newest_plan(connection, draft.replaces_key) or tried
    if not all(_is_whole(plan, starts_on, ends_on) for plan in (tried, live)):
        what = f"{starts_on} to {ends_on} are no whole windows of both plans."
        fix = (
            "Choose the first day of a window and the last day of one, so that the figures compare."
        )
        raise BadInput([Problem("days", what, fix)])


def _is_whole(plan: Plan, starts_on: date, ends_on: date) -> bool:
    """Whether a stretch of days is made of whole windows of a plan."""
    first: Period = plan.window_of(starts_on)
    return (
        starts_on <= ends_on
        and first.starts_on == starts_on
        and plan.window_of(ends_on).ends_on == ends_on
    )


def _announce(connection: Connection, payee_ids: Collection[int], at: datetime) -> None:
    """Their pages show the trial figures, or show them no more."""
    teams = people.team_ids_of(connection, payee_ids)
    changes = [OutboxChange("earnings", one, teams.get(one)) for one in sorted(set(payee_ids))]
    outbox.append(connection, changes, at)
