"""The demo company behind the real server in a process of its own, and everybody's way into it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from tests.canaries import kept_log
from tracker import clock
from tracker.config import Settings, load_settings
from tracker.demo.company import ADMIN, TEAMS, email_of
from tracker.demo.load import load_company, make_access
from tracker.pages.company_calendar import company_calendar
from tracker.store import keys, links, people
from tracker.store.database import create_database, upgrade

ROOT = Path(__file__).resolve().parents[2]
TEAM = TEAMS[0]
REP, MANAGER = TEAM.reps[0], TEAM.manager
MEMBERS = {"rep": REP, "manager": MANAGER, "admin": ADMIN}


def settings_of(folder: Path) -> Settings:
    return load_settings({"TRACKER_DATA": str(folder)})


def build_demo_company(folder: Path) -> None:
    """The company with its twelve months of deals, in a database under this folder."""
    settings = settings_of(folder)
    folder.mkdir(parents=True)
    database = create_database(settings)
    upgrade(database)
    for _ in load_company(database, company_calendar(settings)):
        pass
    database.dispose()


@dataclass(frozen=True)
class Doors:
    """Paths that let somebody in, and keys for programs."""

    paths: dict[str, str]
    ingest_key: str
    read_key: str
    payee_id: int
    team_id: int


def make_doors(folder: Path) -> Doors:
    """Fresh secrets for the company under a folder."""
    database, now = create_database(settings_of(folder)), clock.now()
    access = make_access(database, MEMBERS.values(), now)
    with database.write() as connection:
        read_key = keys.create_key(connection, "Figures", frozenset({"read"}), now)
        rep = people.person_by_email(connection, email_of(REP))
        team = people.team_named(connection, TEAM.name)
        invitation = links.make_sign_in_link(connection, rep.id, now + timedelta(days=1))
    database.dispose()
    tokens = access.sign_in_tokens
    paths = {who: f"/link/{tokens[name]}" for who, name in MEMBERS.items()}
    paths |= {"wall": f"/screen/link/{access.screen_token}", "invited": f"/link/{invitation}"}
    return Doors(paths, access.feed_key, read_key, rep.payee_id, team.id)


class DemoServer:
    """`python3 -m tracker run` on a folder; `kill` is the power cut, `start` what comes after it."""

    def __init__(self, folder: Path, assets: str = "local") -> None:
        self.folder, self.port = folder, free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.welcome: list[str] = []
        self._assets = assets
        self._deals = count(1)
        self.start()

    def start(self, assets: str = "") -> None:
        self._assets = assets or self._assets
        with kept_log("browser") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tracker.cli", "run", "--port", str(self.port)],
                cwd=ROOT,
                env=os.environ | {"TRACKER_DATA": str(self.folder), "TRACKER_ASSETS": self._assets},
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        self.welcome = []
        for line in self._process.stdout:
            self.welcome.append(line.strip())
            if line.startswith("ready"):
                return
        raise AssertionError(f"the server did not start; see {said.name}")

    def kill(self) -> None:
        """The whole process group at once, with nothing said to anybody."""
        self.signal(signal.SIGKILL)
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def post_deal(self, doors: Doors, **changes: Any) -> dict[str, Any]:
        """A deal the rep just won, as a CRM sends it; returns the outcome."""
        return self.post_record(doors, won_deal(next(self._deals), **changes))

    def post_record(
        self, doors: Doors, record: dict[str, Any], expected: str = "recorded"
    ) -> dict[str, Any]:
        answer = self._ask("/api/v1/deal-events", doors.ingest_key, json.dumps(record).encode())
        (outcome,) = answer["outcomes"]
        assert outcome["outcome"] == expected, outcome
        return dict(outcome)

    def earned_minor(self, doors: Doors, name: str = REP) -> int:
        """What a rep has earned in the window of today, as the API says."""
        payees = self._ask("/api/v1/earnings", doors.read_key)["payees"]
        (payee,) = (payee for payee in payees if payee["name"] == name)
        return sum(component["earned_minor"] for component in payee["components"])

    def _ask(self, path: str, key: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        asked = urllib.request.Request(self.origin + path, data=body, headers=headers)
        with urllib.request.urlopen(asked, timeout=60) as answer:
            return json.load(answer)


def won_deal(number: int, version: int = 1, **changes: Any) -> dict[str, Any]:
    now = clock.now()
    today = company_calendar(load_settings({})).day_of(now)
    return {
        "source": "test",
        "event_id": f"deal-{number}-{version}",
        "deal_id": f"deal-{number}",
        "version": version,
        "occurred_at": now.isoformat(),
        "deal": {
            "name": f"Customer {number}",
            "status": "won",
            "effective_on": today.isoformat(),
            "currency": "DKK",
            "amount": "41337.00",
            "product": "Core",
            "segment": "smb",
            "kind": "new",
            "credits": [{"rep": email_of(REP), "share": "100%"}],
            "evidence": ["icp_match", "decision_maker"],
            **changes,
        },
    }


def copied(folder: Path, to: Path) -> Path:
    shutil.copytree(folder, to)
    return to


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
