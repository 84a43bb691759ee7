"""The company of tests/cast.py made ready for one write of any kind, and the request that is about to be made."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from tests.cast import NOW, PLAN, Cast, make_cast
from tests.faults.cutting import Request, done_on
from tests.faults.standing import OnPostgresql, OnSqlite, Standing
from tests.ingest.records import record
from tests.pages.test_disputes import form_values
from tests.postgres import PostgresServer
from tracker import access, clock, flow, flow_drafts, simulating
from tracker.store import people, senders, sessions
from tracker.store.backup import restore_backup, write_backup
from tracker.store.database import Database
from tracker.store.plans import QuotaChange

DECEMBER = datetime(2026, 12, 3, 9, tzinfo=UTC)
"""November is over, and can be closed."""
TODAY = date(2026, 11, 20)
STEEPER = PLAN.replace("12%", "20%")
MBO = """
name = "MBO"
currency = "DKK"
window = "quarter"
settlement = "quarter"
[[components]]
key = "nps"
measure = "objective"
where = { objective = "nps" }
target_incentive = "60000"
curve = [ { at = "50%", pays = "0%" }, { at = "100%", pays = "100%" } ]
"""


@dataclass
class Stage:
    """What a write needs to find, and who makes it."""

    company: Standing
    cast: Cast
    at: datetime = NOW
    until_done: ExitStack = field(default_factory=ExitStack)
    """What runs beside the write, such as a CRM, and ends when all is tried."""

    def client(self, who: str) -> FlaskClient:
        client = self.cast.app.test_client()
        for name, value in self.cookies(who).items():
            client.set_cookie(name, value)
        return client

    def cookies(self, who: str) -> dict[str, str]:
        if not who:
            return {}
        with self.cast.database.write() as connection:
            token = sessions.open_session(connection, self.cast.person_ids[who], self.at)
        return {access.SESSION_COOKIE: token}

    def post(self, who: str, path: str, **form: Any) -> None:
        """What has happened before the write."""
        with clock.stopped_at(self.at):
            answer = self.client(who).post(path, data=form)
        assert answer.status_code == 303, (path, answer.status_code, answer.text[:2000])

    def form_on(self, who: str, path: str) -> dict[str, str]:
        """What the browser would send of the form on a page."""
        with clock.stopped_at(self.at):
            return form_values(self.client(who).get(path).text)

    def form(self, who: str, path: str, **form: Any) -> Request:
        """The write: a form sent by somebody who is signed in."""
        return Request(self.at, path, form, cookies=self.cookies(who))

    def sent(self, path: str, body: Any, **headers: str) -> Request:
        """The write: a program's request."""
        kind = {} if isinstance(body, bytes) else {"kind": "json"}
        return Request(self.at, path, body, {**kind, **headers})

    def command(self, *words: str) -> Request:
        return Request(self.at, command=words)

    def run(self, request: Request) -> None:
        """Do a command now, as what has happened before."""
        done = done_on(self.company, request)
        assert done is not None
        assert done.status == 0, request

    def file(self, name: str, text: str) -> str:
        path = self.company.folder.parent / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def in_december(self) -> "Stage":
        self.at = DECEMBER
        return self

    # --- what many writes begin with

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.cast.secrets['key to ingest']}"}

    def strange_deal(self, event_id: str = "e-1", rep: str = "nobody@firma.dk") -> dict[str, Any]:
        """An event whose rep nobody knows."""
        return a_deal_event(event_id, deal__credits=[{"rep": rep}])

    def set_aside(self, *event_ids: str) -> None:
        """Events wait in the quarantine, and could be used by now: the rep was added since."""
        bodies = [self.strange_deal(event_id, "new@firma.dk") for event_id in event_ids]
        with clock.stopped_at(self.at):
            answer = self.cast.app.test_client().post(
                "/api/v1/deal-events", json=bodies, headers=self.key
            )
            assert {one["outcome"] for one in answer.json["outcomes"]} == {"quarantined"}
        with self.cast.database.write() as connection:
            new = people.add_payee(connection, "new@firma.dk", "New", self.cast.team_ids["North"])
        flow.assign_plan(self.cast.database, new, "cast", date(2026, 1, 1), None, "test", NOW)

    def sender_secret(self) -> str:
        with self.cast.database.write() as connection:
            return senders.add_sender(connection, "erp", "signed", "", NOW)

    def checked_draft(self) -> str:
        """A draft that was checked; its address."""
        database, draft_id = self.cast.database, self.cast.draft_id
        flow_drafts.save_text(database, draft_id, STEEPER, "ida@firma.dk", NOW)
        flow_drafts.record_check(database, draft_id, {}, "ida@firma.dk", NOW)
        return self.draft()

    def simulated_draft(self) -> str:
        """The same, simulated."""
        address = self.checked_draft()
        database, draft_id = self.cast.database, self.cast.draft_id
        simulating.simulate_draft(database, draft_id, TODAY, "ida@firma.dk", NOW)
        return address

    def draft(self, what: str = "") -> str:
        return f"/plans/drafts/{self.cast.draft_id}{what}"

    def piloted_draft(self) -> str:
        """The same, with a pilot of three."""
        address = self.simulated_draft()
        payee_ids = [self.cast.payee_ids[who] for who in ("anna", "bo", "cleo")]
        days = date(2026, 10, 1), date(2026, 12, 31)
        database, draft_id = self.cast.database, self.cast.draft_id
        flow_drafts.start_pilot(database, draft_id, payee_ids, *days, "ida@firma.dk", NOW)
        return address

    def quotas(self) -> None:
        changes = [
            QuotaChange(payee_id, "", "2026-Q3", 100_000_00)
            for payee_id in self.cast.payee_ids.values()
        ]
        flow.change_quotas(self.cast.database, changes, "test", NOW)

    def objective(self) -> None:
        anna = self.cast.payee_ids["anna"]
        flow.activate_plan_version(self.cast.database, "mbo", date(2026, 1, 1), MBO, "test", NOW)
        flow.assign_plan(self.cast.database, anna, "mbo", date(2026, 1, 1), None, "test", NOW)

    def adjustment(self) -> int:
        """Ida proposes to pay Anna something; the number of the proposal."""
        self.post("ida", "/adjustments", **self.proposal())
        return len(self.cast.payee_ids) + 1

    def proposal(self) -> dict[str, str]:
        return {
            "payee_id": str(self.cast.payee_ids["anna"]),
            "month": "2026-11",
            "amount": "1.250,50",
            "currency": "DKK",
            "reason": "Agreed",
        }

    def seen_on(self, who: str, path: str) -> str:
        with clock.stopped_at(self.at):
            found = re.search(r'name="seen" value="(\d+)"', self.client(who).get(path).text)
        assert found
        return found[1]


def a_deal_event(event_id: str, **changes: Any) -> dict[str, Any]:
    """An event of Anna's that pays, unless `changes` say otherwise."""
    return record(
        event_id=event_id,
        deal_id=f"d-{event_id}",
        occurred_at=NOW.isoformat(),
        deal__effective_on="2026-11-10",
        **changes,
    )


def make_stage(folder: Path) -> Stage:
    """The cast, with a second administrator, in a folder."""
    return _with_pia(OnSqlite(folder), lambda: make_cast(folder))


def make_stage_on_postgresql(folder: Path, server: PostgresServer, template: str) -> Stage:
    """The same in a database of its own, copied from one with the cast (`cast_on_postgresql`)."""
    company = OnPostgresql(folder, server, server.create_database(template))
    return _with_pia(company, lambda: make_cast(folder, TRACKER_DATABASE_URL=company.url))


def cast_on_postgresql(folder: Path, server: PostgresServer) -> str:
    """A database with the cast in it, by way of a backup; its name."""
    original, file, name = (
        make_cast(folder).database,
        folder / "cast.backup",
        server.create_database(),
    )
    write_backup(original, file, NOW)
    original.dispose()
    copy = Database(server.url(name))
    restore_backup(copy, file)
    copy.dispose()
    return name


def _with_pia(company: Standing, make: Callable[[], Cast]) -> Stage:
    with clock.stopped_at(NOW):
        cast = make()
        with cast.database.write() as connection:
            cast.person_ids["pia"] = people.add_person(
                connection, "Pia", "pia@firma.dk", "admin", NOW
            )
    return Stage(company, cast)
