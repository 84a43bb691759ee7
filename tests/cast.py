"""The people of the access tests. Every figure of a rep has digits of its own, so that a leak can be found in any byte.

North: Anna and Bo, with Cleo and Dan to make four; Mette manages them. South: Olaf; Sofie manages him. Ida is the
administrator. A wall hangs in each team's room; one key may send deals, another may read figures.
"""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests.builders import a_deal, an_event
from tracker import access, clock, flow, flow_drafts, flow_imports, flow_payroll, passwords
from tracker.app import create_app
from tracker.config import load_settings
from tracker.engine.deals import CreditShare, DealStatus
from tracker.ingest.files.staging import Stage
from tracker.store import disputes, drafts, imports, keys, links, payroll, people, screens, sessions
from tracker.store.adjustments import Decision, Proposal
from tracker.store.database import Database, upgrade
from tracker.store.imports import FileImport
from tracker.store.plans import QuotaChange

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
WINDOW = "2026-Q4"
CLOSED_MONTH = "2026-10"
PASSWORD = "three plain words"
PLAN = """
name = "Cast ladder"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
name = "New sales"
measure = "revenue"
tiers_on = "quota"
tiers = [ {up_to = "80%", rate = "7%"}, {up_to = "100%", rate = "9%"}, {rate = "12%"} ]
"""


@dataclass(frozen=True)
class Figures:
    """What one rep has sold and earned, in minor units. The digits are nobody else's."""

    sold_minor: int
    quota_minor: int
    adjusted_minor: int  # paid by hand in October, the one month that is closed

    @property
    def earned_minor(self) -> int:
        return self.sold_minor * 7 // 100

    @property
    def distance_minor(self) -> int:
        """What is left to the next step, at 80 % of the quota."""
        return self.quota_minor * 80 // 100 - self.sold_minor


FIGURES = {
    "anna": Figures(sold_minor=613_457_00, quota_minor=1_903_271_00, adjusted_minor=271_935_00),
    "bo": Figures(sold_minor=824_691_00, quota_minor=2_719_433_00, adjusted_minor=382_416_00),
    "cleo": Figures(sold_minor=435_829_00, quota_minor=1_517_639_00, adjusted_minor=164_172_00),
    "dan": Figures(sold_minor=346_193_00, quota_minor=1_429_877_00, adjusted_minor=253_864_00),
    "olaf": Figures(sold_minor=957_313_00, quota_minor=3_317_909_00, adjusted_minor=195_728_00),
}
NAMES = {
    "anna": "Anna Lund",
    "bo": "Bo Dahl",
    "cleo": "Cleo Friis",
    "dan": "Dan Krogh",
    "olaf": "Olaf Ravn",
    "mette": "Mette Holm",
    "sofie": "Sofie Bruun",
    "ida": "Ida Storm",
}
TEAM_OF = {"anna": "North", "bo": "North", "cleo": "North", "dan": "North", "olaf": "South"}
MANAGED_BY = {"North": "mette", "South": "sofie"}


@dataclass
class Cast:
    """The company as it stands, and a browser or program for each of its members."""

    app: Flask
    database: Database
    person_ids: dict[str, int] = field(default_factory=dict)
    payee_ids: dict[str, int] = field(default_factory=dict)
    team_ids: dict[str, int] = field(default_factory=dict)
    statement_ids: dict[str, int] = field(default_factory=dict)
    screen_ids: dict[str, int] = field(default_factory=dict)
    dispute_ids: dict[str, int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    draft_id: int = 0
    staged_id: str = ""
    import_id: int = 0

    def client_of(self, who: str, **headers: str) -> FlaskClient:
        """A fresh browser in which this person is signed in or this wall is paired; a program with this key."""
        client = self.app.test_client()
        if who in self.person_ids:
            with self.database.write() as connection:
                token = sessions.open_session(connection, self.person_ids[who], NOW)
            client.set_cookie(access.SESSION_COOKIE, token)
        elif who.startswith("screen"):
            client.set_cookie(access.SCREEN_COOKIE, self.secrets[who])
        elif who.startswith("key"):
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.secrets[who]}"
        for name, value in headers.items():
            client.environ_base[f"HTTP_{name.upper()}"] = value
        return client


def make_cast(folder: Path, **settings: str) -> Cast:
    """The cast in a database of its own under this folder, at the moment NOW."""
    shutil.copytree(_prepared(), folder, dirs_exist_ok=True)
    app = create_app(_settings(folder, **settings))
    app.config["WTF_CSRF_ENABLED"] = False  # the forms' own tests switch it on
    app.testing = True
    cast = Cast(app, app.extensions["tracker"].database)
    with cast.database.write() as connection:
        _look_up(cast, connection)
        _give_secrets(cast, connection)
    cast.staged_id = Stage(folder).add_file("deals.csv", b"id\n1\n", "ida@firma.dk", NOW).id
    return cast


def _settings(folder: Path, **more: str):
    return load_settings(
        {"TRACKER_DATA": str(folder), "TRACKER_PUBLIC_URL": "http://localhost", **more}
    )


@cache
def _prepared() -> Path:
    """A folder with the company's database, made once per test process and copied for each cast."""
    import atexit
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="tracker-cast-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(_settings(folder).database_url)
    upgrade(database)
    _hire(database)
    _sell(database)
    _close_october(database)
    earlier = FileImport("crm", "earlier.csv", "0" * 64, 1)
    flow_imports.begin_import(database, earlier, "ida@firma.dk", NOW)
    _doubt(folder, database)
    database.dispose()
    return folder


def _hire(database: Database) -> None:
    password_hash = passwords.hash_password(PASSWORD)
    with database.write() as connection:
        team_ids = {name: people.add_team(connection, name) for name in MANAGED_BY}
        for who, name in NAMES.items():
            email, team = f"{who}@firma.dk", TEAM_OF.get(who)
            role = "rep" if team else "admin" if who == "ida" else "manager"
            payee_id = people.add_payee(connection, email, name, team_ids[team]) if team else None
            person_id = people.add_person(
                connection, name, email, role, NOW, payee_id, password_hash, is_on_wall=who != "bo"
            )
            for managed, manager in MANAGED_BY.items():
                if manager == who:
                    people.set_manager(connection, team_ids[managed], person_id)


def _sell(database: Database) -> None:
    with database.read() as connection:
        payee_ids = {
            who: people.payee_by_reference(connection, f"{who}@firma.dk").id for who in FIGURES
        }
    flow.activate_plan_version(database, "cast", date(2026, 1, 1), PLAN, "test", NOW)
    for who, payee_id in payee_ids.items():
        flow.assign_plan(database, payee_id, "cast", date(2026, 1, 1), None, "test", NOW)
        quota = QuotaChange(payee_id, "", WINDOW, FIGURES[who].quota_minor)
        flow.change_quotas(database, [quota], "test", NOW)
    earlier = NOW - timedelta(days=3)
    deals = [
        a_deal(
            f"crm:{who}",
            FIGURES[who].sold_minor,
            name=f"Customer of {who}",
            effective_on=date(2026, 11, 12),
            credit_shares=(CreditShare(payee_id, Fraction(1)),),
        )
        for who, payee_id in payee_ids.items()
    ]
    open_deals = [
        a_deal(
            f"crm:{who}-open",
            11_000_00,
            status=DealStatus.OPEN,
            name=f"Prospect of {who}",
            effective_on=date(2026, 12, 1),
            credit_shares=(CreditShare(payee_id, Fraction(1)),),
        )
        for who, payee_id in payee_ids.items()
    ]
    outcomes = flow.record_deal_events(
        database, [an_event(deal) for deal in deals + open_deals], earlier
    )
    assert {outcome.kind for outcome in outcomes} == {"recorded"}
    flow_drafts.start_draft(database, "cast", "cast", PLAN, "test", NOW)


def _doubt(folder: Path, database: Database) -> None:
    """Anna and Olaf each doubt a deal of theirs, as the phone would send it."""
    cast = Cast(create_app(_settings(folder), database), database)
    cast.app.config["WTF_CSRF_ENABLED"] = False
    with database.read() as connection:
        _look_up(cast, connection)
    for who in ("anna", "olaf"):
        form = {"about": "deal", "key": f"crm:{who}", "words": f"Doubt of {who}", "line": ""}
        with clock.stopped_at(NOW):
            phone = cast.client_of(who)
            assert phone.post("/me/disputes", data=form).status_code == 303
            phone.post("/sign-out")


def _close_october(database: Database) -> None:
    with database.read() as connection:
        payees = {
            who: people.payee_by_reference(connection, f"{who}@firma.dk").id for who in FIGURES
        }
    for who, payee_id in payees.items():
        adjusted = Proposal(payee_id, CLOSED_MONTH, FIGURES[who].adjusted_minor, "DKK", "Fair")
        number = flow_payroll.propose_adjustment(database, adjusted, "ida@firma.dk", NOW)
        flow_payroll.decide_adjustment(database, number, Decision.APPROVED, "pia@firma.dk", NOW)
    flow_payroll.request_close(database, CLOSED_MONTH, "ida@firma.dk", NOW.date(), NOW)
    flow_payroll.approve_close(database, CLOSED_MONTH, "pia@firma.dk", NOW)


def _look_up(cast: Cast, connection) -> None:
    for who in NAMES:
        person = people.person_by_email(connection, f"{who}@firma.dk")
        cast.person_ids[who] = person.id
        if person.payee_id is not None:
            cast.payee_ids[who] = person.payee_id
            (statement,) = payroll.statements_of(connection, person.payee_id)
            cast.statement_ids[who] = statement.id
            for dispute in disputes.disputes_of_payee(connection, person.payee_id):
                cast.dispute_ids[who] = dispute.id
    cast.import_id = imports.latest(connection, 1)[0].id
    cast.draft_id = drafts.drafts(connection)[0].id
    cast.team_ids.update({team.name: team.id for team in people.teams(connection)})


def _give_secrets(cast: Cast, connection) -> None:
    for team, team_id in cast.team_ids.items():
        paired_by = cast.person_ids[MANAGED_BY[team]]
        token = screens.add_screen(connection, f"{team} wall", team_id, paired_by, NOW)
        name = f"screen of {team}"
        cast.secrets[name] = token
        cast.screen_ids[team] = screens.live_screen(connection, screens.token_hash(token)).id
    for scope in keys.SCOPES:
        cast.secrets[f"key to {scope}"] = keys.create_key(
            connection, f"Program to {scope}", frozenset({scope}), NOW
        )
    cast.secrets["link"] = links.make_sign_in_link(
        connection, cast.person_ids["anna"], NOW + timedelta(days=1)
    )
