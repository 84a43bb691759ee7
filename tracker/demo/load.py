"""Builds the demo company in an empty database, through the same functions a real company's data comes in by."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path

from tracker import clock, flow
from tracker.demo.closing import ask_for_the_last, close_what_is_due
from tracker.demo.company import (
    ADMIN,
    NOT_ON_THE_WALL,
    PAYROLL,
    TEAMS,
    DemoTeam,
    email_of,
    plan_text,
)
from tracker.demo.disputes import add_disputes
from tracker.demo.history import HISTORY_DAYS, history
from tracker.demo.next_plan import add_next_plan
from tracker.demo.team_pay import add_team_pay
from tracker.engine.periods import period_containing
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.errors import Conflict
from tracker.flow_calendar import roll_calendar
from tracker.ingest.deal_payload import Reader
from tracker.ingest.directory import Directory
from tracker.ingest.strict_json import parse_strict
from tracker.pages.company_calendar import CompanyCalendar
from tracker.pages.stage_odds import put_priority_segments
from tracker.store import keys, links, people, plans, screens
from tracker.store.database import Database, HasDatabaseUrl, opened_database

BY = "demo"
LINKS_LIVE_DAYS = 400
DAY_SETTING = "demo_day"
MARK_SETTING = "is_demo"


@dataclass(frozen=True, slots=True)
class DemoAccess:
    """Secrets made for one start of the demo: sign-in tokens by name, a wall's token, and the feed's API key."""

    sign_in_tokens: dict[str, str]
    screen_token: str
    feed_key: str


def make_room(settings: HasDatabaseUrl, today: date, is_kept: bool) -> bool:
    """Whether the company is still to be built in this database.

    One that is half built is removed, and so is one whose history ended on an earlier day unless it `is_kept`.
    Raises Conflict where a real company is kept.
    """
    with opened_database(settings) as database, database.read() as connection:
        last_day = people.setting(connection, DAY_SETTING, "")
        is_empty = not people.is_anyone_there(connection) and not people.payees(connection)
        is_demo = last_day or people.setting(connection, MARK_SETTING, "")
        file = Path(database.url.database or "")
    if last_day and (is_kept or last_day == today.isoformat()):
        return False
    if is_kept and not is_empty and not is_demo:
        raise Conflict(
            f"{file.parent} holds the database of a real company, which the demo leaves alone. "
            "Give the demo a folder of its own: --data DIR."
        )
    if not is_empty:
        _remove(file)
    return True


def _remove(file: Path) -> None:
    """A database and what SQLite keeps beside it; nothing else that may be in its folder."""
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()


def load_company(database: Database, calendar: CompanyCalendar) -> Iterator[tuple[int, int]]:
    """Build the company; yields how many days of history are done, and how many there are."""
    now = clock.now()
    today = calendar.day_of(now)
    _add_people(database, now)
    started_on = today - timedelta(days=HISTORY_DAYS)
    _add_plans(database, started_on, today, calendar.start_of(started_on))
    add_team_pay(database, today, BY, calendar.start_of(started_on), now)
    yield from _add_history(database, calendar, today)
    ask_for_the_last(database, calendar, today, now)
    add_disputes(database, now)
    add_next_plan(database, calendar, now)
    roll_calendar(database, today, now)
    with database.write() as connection:
        people.put_setting(connection, DAY_SETTING, today.isoformat())


def make_access(database: Database, names: Iterable[str], now: datetime) -> DemoAccess:
    """Fresh one-click links for these people, a wall of the first team and a key for the feed."""
    expires_at = now + timedelta(days=LINKS_LIVE_DAYS)
    with database.write() as connection:
        tokens = {}
        for name in names:
            person = people.person_by_email(connection, email_of(name))
            assert person is not None
            tokens[name] = links.make_sign_in_link(connection, person.id, expires_at, True)
        team = people.team_named(connection, TEAMS[0].name)
        manager = people.person_by_email(connection, email_of(TEAMS[0].manager))
        assert team is not None
        assert manager is not None
        screen_token = screens.add_screen(connection, "Demo", team.id, manager.id, now)
        feed_key = keys.create_key(connection, "Demo feed", frozenset({"ingest"}), now)
    return DemoAccess(tokens, screen_token, feed_key)


def _add_people(database: Database, now: datetime) -> None:
    with database.write() as connection:
        for name in (MARK_SETTING, "managers_see_pay", "wall_shows_customers"):
            people.put_setting(connection, name, "yes")
        put_priority_segments(connection, "enterprise")
        for name in (ADMIN, PAYROLL):
            people.add_person(connection, name, email_of(name), "admin", now)
        for team in TEAMS:
            team_id = people.add_team(connection, team.name)
            manager = people.add_person(
                connection, team.manager, email_of(team.manager), "manager", now
            )
            people.set_manager(connection, team_id, manager)
            for rep in team.reps:
                payee_id = people.add_payee(connection, email_of(rep), rep, team_id)
                is_on_wall = rep not in NOT_ON_THE_WALL
                people.add_person(
                    connection, rep, email_of(rep), "rep", now, payee_id, is_on_wall=is_on_wall
                )


def _add_plans(database: Database, started_on: date, today: date, at: datetime) -> None:
    year_start = date(started_on.year, 1, 1)
    for team in TEAMS:
        flow.activate_plan_version(
            database, team.plan_key, year_start, plan_text(team.plan_key), BY, at
        )
    payee_ids = _payee_ids(database)
    for team in TEAMS:
        for rep in team.reps:
            flow.assign_plan(database, payee_ids[rep], team.plan_key, year_start, None, BY, at)
        flow.change_quotas(database, list(_quotas(team, payee_ids, year_start, today)), BY, at)


def _quotas(
    team: DemoTeam, payee_ids: dict[str, int], first: date, today: date
) -> Iterator[plans.QuotaChange]:
    """A quota for every window up to the end of the year; the newest rep of a team climbs a lower one."""
    window = parse_plan(plan_text(team.plan_key)).window
    months = [
        date(year, month, 1) for year in range(first.year, today.year + 1) for month in range(1, 13)
    ]
    window_keys = dict.fromkeys(period_containing(month, window).key for month in months)
    for rep in team.reps:
        percent = 70 if rep == team.reps[-1] else 100
        for window_key in window_keys:
            amount_minor = team.quota_kroner * percent
            yield plans.QuotaChange(payee_ids[rep], "", window_key, amount_minor)


def _payee_ids(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {payee.name: payee.id for payee in people.payees(connection)}


def _add_history(
    database: Database, calendar: CompanyCalendar, today: date
) -> Iterator[tuple[int, int]]:
    """One transaction per day, recorded in the evening of that day, so that "today" holds only today's deals."""
    now = clock.now()
    with database.read() as connection:
        reader = Reader(Directory(connection).payee_id_of, now, today)
        records = [reader.event(parse_strict(json.dumps(r).encode())) for r in history(today)]
    by_day = sorted(records, key=lambda event: event.occurred_at)
    days = [
        list(events) for _, events in groupby(by_day, key=lambda event: event.occurred_at.date())
    ]
    for index, events in enumerate(days):
        close_what_is_due(database, calendar, today, events[0].occurred_at.date())
        recorded_at = min(events[-1].occurred_at, now)
        _refuse_problems(flow.record_deal_events(database, events, recorded_at))
        yield index + 1, len(days)
    close_what_is_due(database, calendar, today, today)


def _refuse_problems(outcomes: list[flow.Outcome]) -> None:
    problems = [outcome.problem for outcome in outcomes if outcome.problem]
    if problems:
        raise AssertionError(f"the demo's own deals were refused: {problems[:3]}")
