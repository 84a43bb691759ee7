"""A company on a real server, to which everything happens by HTTP, or by a command where there is no address for it.

Each act is told to the product and, once it was accepted, noted among the facts from which the oracles work.
"""

import csv
import itertools
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

from tests.builders import a_rep
from tests.faults import ladder_oracle
from tests.faults.asking import patiently, post
from tests.faults.deals_sent import Event
from tests.faults.ladder_oracle import Facts, Quota, Version
from tests.faults.oracle import rank
from tests.faults.payroll_oracle import Payroll
from tests.faults.plan_terms import Terms
from tests.faults.servers import running_fleet
from tests.faults.test_clocks import clock_of
from tests.faults.visitors import PASSWORD, Visitor
from tests.pages.test_disputes import form_values
from tracker import access, clock, flow, passwords
from tracker.cli import main
from tracker.store import keys, people
from tracker.store.database import Database

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
THIS_MONTH, FIRST_MONTH = "2026-11", "2026-07"
NAMES = ("anna", "bo", "carl", "dora", "eva", "finn")
REPS = tuple(f"{name}@firma.dk" for name in NAMES)
FIRST_ON_PLAN = REPS[:4]
SINCE = date(2026, 1, 1)
PLAN_KEY = "ladder"


class LivingCompany:
    """Six reps in one team, their manager, two administrators; four of the reps are on the plan."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.database_url = folder, database_url
        self.database = Database(database_url)
        self.facts, self.payroll = Facts(), Payroll()
        self.newest: dict[str, Event] = {}
        self.told: list[str] = []
        self.frozen: dict[str, str] = {}  # what was exported of each closed month
        self.payee_ids: dict[str, int] = {}
        self.visitors: dict[str, Visitor] = {}
        self.adjustments_count = 0
        self._numbers = itertools.count(1)
        self._began = time.monotonic()
        folder.mkdir(exist_ok=True)
        self._hire()

    def _hire(self) -> None:
        password_hash = passwords.hash_password(PASSWORD)
        with self.database.write() as connection:
            for rep in REPS:
                self.payee_ids[rep] = a_rep(connection, rep, "Nord")
            team = people.team_named(connection, "Nord")
            assert team is not None
            self.team_id = team.id
            roles = dict.fromkeys(NAMES, "rep") | {"ida": "admin", "pia": "admin"}
            for name, role in (roles | {"mette": "manager"}).items():
                email = f"{name}@firma.dk"
                payee_id = self.payee_ids.get(email)
                person_id = people.add_person(
                    connection, name.title(), email, role, NOW, payee_id, password_hash
                )
            people.set_manager(connection, team.id, person_id)
            people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")
            self.key = keys.create_key(connection, "CRM", frozenset({"ingest", "read"}), NOW)
        first = Terms()
        flow.activate_plan_version(self.database, PLAN_KEY, SINCE, first.text(), "test", NOW)
        self.facts.versions.append(Version(1, SINCE, first))
        for rep in FIRST_ON_PLAN:
            payee_id = self.payee_ids[rep]
            flow.assign_plan(self.database, payee_id, PLAN_KEY, SINCE, None, "test", NOW)
            self.facts.on_plan[rep, SINCE] = None

    @contextmanager
    def open_for_business(self) -> Iterator["LivingCompany"]:
        """With a server whose clock says November, and everybody signed in."""
        clock_in_november = clock_of(f"@{NOW:%Y-%m-%d %H:%M:%S}")
        with running_fleet(self.folder, self.database_url, 1, {0: clock_in_november}) as fleet:
            (self.port,) = fleet.ports
            for name in (*NAMES, "ida", "pia", "mette"):
                self.visitors[name] = Visitor(self.port, f"{name}@firma.dk")
            try:
                yield self
            finally:
                for visitor in self.visitors.values():
                    visitor.close()
                self.database.dispose()

    def visitor(self, email: str) -> Visitor:
        return self.visitors[email.partition("@")[0]]

    def learn(self) -> None:
        """Post what has moved since the last step."""
        self.payroll.follow(ladder_oracle.earned(self.facts))

    # --- deals

    def tell_of(self, deal_id: str, deal: Mapping[str, Any], later: int = 10) -> Event:
        """The next snapshot of a deal, ready to be sent; one with `later` below 0 comes too late."""
        before = self.newest.get(deal_id)
        version = (before["version"] if before else 100) + later
        return {
            "source": "crm",
            "event_id": f"e-{next(self._numbers):05}",
            "deal_id": deal_id,
            "version": version,
            "occurred_at": NOW.isoformat(),
            "deal": dict(deal),
        }

    def send(self, *events: Event) -> list[str]:
        """Send them in one request; what became of each."""
        self.told += [f"event {event}" for event in events]
        answer = patiently(lambda: post(self.port, self.key, events))
        assert answer.status == 200, answer
        outcomes = [one["outcome"] for one in json.loads(answer.text)["outcomes"]]
        assert set(outcomes) <= {"recorded", "stale", "duplicate"}, answer.text
        for event, outcome in zip(events, outcomes, strict=True):
            if outcome != "duplicate":
                self._note(event)
        return outcomes

    def _note(self, event: Event) -> None:
        self.facts.events.append(event)
        known = self.newest.get(event["deal_id"])
        if known is None or rank(event) > rank(known):
            self.newest[event["deal_id"]] = event

    def correct(self, deal_id: str, amount: str) -> None:
        """A rep doubts a deal, and the manager corrects its amount."""
        self.told.append(f"correct {deal_id} {amount}")
        known = self.newest[deal_id]
        rep = known["deal"]["credits"][0]["rep"]
        words = f"Not so, for the reason {next(self._numbers)}."
        raised = self.visitor(rep).send(
            "/me/disputes", about="deal", key=f"crm:{deal_id}", words=words, line=""
        )
        number = raised.location.partition("?")[0].rpartition("/")[2]
        path = f"/disputes/{number}/correct"
        page = self.visitors["mette"].get(path)
        typed = amount.replace(".", ",")
        form = form_values(page.text) | {"amount": typed, "words": "As signed."}
        self.visitors["mette"].send(path, **form)
        deal = known["deal"] | {"amount": amount}
        self._note(known | {"event_id": f"{known['event_id']}~", "deal": deal})

    # --- what is agreed

    def activate(self, terms: Terms, starts_on: date) -> None:
        self.told.append(f"plan {terms} from {starts_on}")
        file = self.folder / "plan.toml"
        file.write_text(terms.text(), encoding="utf-8")
        self.command("plan", "activate", PLAN_KEY, str(file), "--from", str(starts_on))
        number = len(self.facts.versions) + 1
        self.facts.versions.append(Version(number, starts_on, terms))

    def put_on_plan(self, rep: str, starts_on: date, ends_on: date | None) -> None:
        self.told.append(f"on the plan {rep} {starts_on} {ends_on}")
        self.visitors["ida"].send(
            f"/plans/{PLAN_KEY}/people",
            payee_id=str(self.payee_ids[rep]),
            starts_on=str(starts_on),
            ends_on=str(ends_on or ""),
        )
        self.facts.on_plan[rep, starts_on] = ends_on

    def end_on_plan(self, rep: str, starts_on: date, ends_on: date) -> None:
        self.told.append(f"last day {rep} {starts_on} {ends_on}")
        self.visitors["ida"].send(
            f"/plans/{PLAN_KEY}/people/end",
            payee_id=str(self.payee_ids[rep]),
            starts_on=str(starts_on),
            ends_on=str(ends_on),
        )
        self.facts.on_plan[rep, starts_on] = ends_on

    def set_quota(self, rep: str, period: str, amount: int, since: date | None) -> None:
        """`period` is a quarter or a year; the amount is in whole kroner."""
        words = ("--from", str(since)) if since else ()
        self.command("quota", "set", rep, period, str(amount), "--reason", "Agreed", *words)
        self.facts.quotas.append(Quota(rep, period, amount * 100, since or date.min))

    def set_rate(self, currency: str, day: date, rate: str) -> None:
        file, mapping = self.folder / "rates.csv", self.folder / "rates.toml"
        with file.open("w", encoding="utf-8", newline="") as written:
            csv.writer(written).writerows(
                [("of", "into", "day", "rate"), (currency, "DKK", day, rate)]
            )
        names = {"currency": "of", "into": "into", "day": "day", "rate": "rate"}
        fields = (f'{name} = "{column}"' for name, column in names.items())
        mapping.write_text("\n".join(["[fields]", *fields, ""]), encoding="utf-8")
        self.command("import", "rates", str(file), "--mapping", str(mapping))
        self.facts.rates[currency, day] = Fraction(rate)

    # --- payroll

    def close(self, month: str) -> None:
        """Ida asks, Pia looks and approves; what it exports is kept."""
        self.told.append(f"close {month}")
        path = f"/payroll/{month}"
        self.visitors["ida"].send(f"{path}/request")
        seen = self.visitors["pia"].get(path).seen
        self.visitors["pia"].send(f"{path}/approve", seen=seen)
        self.payroll.close(month, list(REPS), self.facts)
        self.frozen[month] = self.exported(month)

    def reopen(self) -> None:
        month = self.payroll.closed[-1]
        self.told.append(f"reopen {month}")
        self.visitors["ida"].send(f"/payroll/{month}/reopen", reason="A deal was forgotten")
        self.payroll.reopen()
        del self.frozen[month]

    def exported(self, month: str) -> str:
        page = self.visitors["ida"].get(f"/payroll/{month}/export/csv")
        assert page.status == 200, page
        return page.text

    def adjust(self, rep: str, month: str, amount_minor: int) -> None:
        """By hand: Ida proposes, Pia approves."""
        self.told.append(f"adjust {rep} {month} {amount_minor}")
        kroner, oere = divmod(abs(amount_minor), 100)
        self.visitors["ida"].send(
            "/adjustments",
            payee_id=str(self.payee_ids[rep]),
            month=month,
            amount=f"{'-' if amount_minor < 0 else ''}{kroner},{oere:02}",
            currency="DKK",
            reason=f"Agreed {next(self._numbers)}",
        )
        self.adjustments_count += 1
        self.visitors["pia"].send(f"/adjustments/{self.adjustments_count}/approved")
        self.payroll.post(rep, month, amount_minor)

    # --- commands

    def command(self, *words: str) -> None:
        """A command of the product on the same database, while the server runs."""
        self.told.append(" ".join(words))
        places = {
            "TRACKER_DATA": str(self.folder),
            "TRACKER_DATABASE_URL": self.database_url,
        }
        with mock.patch.dict(os.environ, places), clock.told_by(self._now):
            assert main(list(words)) == 0, words

    def _now(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - self._began)
