"""Whatever changes: what was pushed to an open page is what the page would fetch, for phone, wall and manager.

The server runs in a process of its own; the changes come from this one, as another web process would make them.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from tests.builders import a_deal, an_event, shared_by
from tests.canaries import kept_log
from tests.cast import NOW, PLAN, WINDOW, Cast, make_cast
from tests.live.conftest import REPOSITORY, free_port
from tests.live.raw_client import RawClient
from tracker import access, clock, flow
from tracker.engine.deals import CreditShare, Deal, DealStatus, NextStep
from tracker.store.plans import QuotaChange

PATIENCE_SECONDS = 15
HANDSHAKE = "/socket.io/?EIO=4&transport=websocket"


@dataclass
class Server:
    port: int
    process: subprocess.Popen[str]

    def get(self, path: str, cookie: str) -> str:
        asked = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            headers={"Cookie": cookie, "Accept-Language": "en"},
        )
        with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as answer:
            return answer.read().decode()


class LivePage:
    """A page that was opened once and has lived on what is pushed since. What it would fetch is only compared."""

    def __init__(self, server: Server, fragment_path: str, cookie: str, query: str = "") -> None:
        self._server, self._path, self._cookie = server, fragment_path, cookie
        self._socket = RawClient(
            server.port, path=HANDSHAKE + query, Cookie=cookie, Accept_Language="en"
        )
        self._socket.join()
        self.html = self.fetched()

    def fetched(self) -> str:
        return self._server.get(self._path, self._cookie).strip()

    def follow(self) -> None:
        """Takes what is pushed until it is as new as what a fetch would bring."""
        wanted = sequence_of(self.fetched())
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while sequence_of(self.html) < wanted and time.monotonic() < give_up_at:
            self.html = self._socket.next_event("fragment")["html"].strip()

    def close(self) -> None:
        self._socket.close()


def sequence_of(html: str) -> int:
    return int(html.partition('data-sequence="')[2].partition('"')[0])


@pytest.fixture(scope="module")
def stopped_clock() -> Iterator[None]:
    with clock.stopped_at(NOW):
        yield


@pytest.fixture(scope="module")
def cast(stopped_clock: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    cast = make_cast(tmp_path_factory.mktemp("straight") / "company")
    yield cast
    cast.database.dispose()


@pytest.fixture(scope="module")
def server(cast: Cast) -> Iterator[Server]:
    port = free_port()
    folder = cast.app.extensions["tracker"].settings.data_folder
    with kept_log("straight-line") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.straight_line_server", str(port), NOW.isoformat()],
            cwd=REPOSITORY,
            env=os.environ | {"TRACKER_DATA": str(folder), "TRACKER_PORT": str(port)},
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"
    yield Server(port, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)


@pytest.fixture(scope="module")
def pages(cast: Cast, server: Server) -> Iterator[dict[str, LivePage]]:
    """Anna's phone, the wall of her team and her manager's page, open through all these tests."""
    north = cast.team_ids["North"]
    screen = f"{access.SCREEN_COOKIE}={cast.secrets['screen of North']}"
    opened = {
        "phone": LivePage(server, "/me/fragment", session_of(cast, "anna")),
        "wall": LivePage(server, "/screen/fragment", screen, "&as=screen"),
        "manager": LivePage(server, f"/team/{north}/fragment", session_of(cast, "mette")),
    }
    yield opened
    for page in opened.values():
        page.close()


def session_of(cast: Cast, who: str) -> str:
    cookie = cast.client_of(who).get_cookie(access.SESSION_COOKIE)
    assert cookie is not None
    return f"{access.SESSION_COOKIE}={cookie.value}"


@dataclass
class Crm:
    """Says what happened to deals; each thing it says is a newer version than the one before."""

    cast: Cast
    version: int = 1

    def say(self, deal: Deal) -> None:
        self.version += 1
        (outcome,) = flow.record_deal_events(
            self.cast.database, [an_event(deal, self.version, source="line")], NOW
        )
        assert outcome.kind == "recorded", outcome

    def deal(self, **changes: Any) -> Deal:
        defaults = {
            "effective_on": NOW.date(),
            "credit_shares": (CreditShare(self.cast.payee_ids["anna"], Fraction(1)),),
        }
        return a_deal("crm:line", 77_123_00, **{**defaults, **changes})


@pytest.fixture(scope="module")
def crm(cast: Cast) -> Crm:
    return Crm(cast)


def win(crm: Crm) -> None:
    crm.say(crm.deal())


def amend(crm: Crm) -> None:
    crm.say(replace(crm.deal(), amount_minor=91_000_00, name="Nordwind & <b>Søn</b>"))


def give_to_a_colleague(crm: Crm) -> None:
    crm.say(crm.deal(credit_shares=(CreditShare(crm.cast.payee_ids["bo"], Fraction(1)),)))


def share(crm: Crm) -> None:
    crm.say(
        crm.deal(credit_shares=shared_by(crm.cast.payee_ids["anna"], crm.cast.payee_ids["olaf"]))
    )


def cancel(crm: Crm) -> None:
    crm.say(crm.deal(status=DealStatus.CANCELLED))


def reopen_with_a_next_step(crm: Crm) -> None:
    step = NextStep("Send the contract", "Anna", date(2026, 11, 30))
    crm.say(crm.deal(status=DealStatus.OPEN, next_step=step))


def move_to_the_quarter_before(crm: Crm) -> None:
    crm.say(crm.deal(effective_on=date(2026, 9, 1)))


def win_far_beyond_the_next_step(crm: Crm) -> None:
    crm.say(replace(crm.deal(), amount_minor=1_400_000_00))


def win_for_a_team_mate(crm: Crm) -> None:
    shares = (CreditShare(crm.cast.payee_ids["dan"], Fraction(1)),)
    crm.say(a_deal("crm:line-dan", 12_345_00, effective_on=NOW.date(), credit_shares=shares))


def raise_the_quota(crm: Crm) -> None:
    quota = QuotaChange(crm.cast.payee_ids["anna"], "", WINDOW, 2_500_000_00)
    flow.change_quotas(crm.cast.database, [quota], "test", NOW)


def take_the_quota_away_from_a_team_mate(crm: Crm) -> None:
    quota = QuotaChange(crm.cast.payee_ids["cleo"], "", WINDOW, 0)
    flow.change_quotas(crm.cast.database, [quota], "test", NOW)


def pay_by_a_new_version_of_the_plan(crm: Crm) -> None:
    better = PLAN.replace('rate = "7%"', 'rate = "8%"')
    flow.activate_plan_version(crm.cast.database, "cast", date(2026, 11, 1), better, "test", NOW)


def ask_for_evidence(crm: Crm) -> None:
    gated = PLAN + 'requires = ["icp_match"]\n'
    flow.activate_plan_version(crm.cast.database, "cast", date(2026, 11, 15), gated, "test", NOW)


def deliver_the_evidence(crm: Crm) -> None:
    crm.say(crm.deal(evidence=frozenset({"icp_match"})))


def leave_the_wall(crm: Crm) -> None:
    form = {"locale": "", "theme": "auto", "is_on_wall": ""}
    assert crm.cast.client_of("anna").post("/you/choices", data=form).status_code == 303


def come_back_to_the_wall(crm: Crm) -> None:
    form = {"locale": "", "theme": "auto", "is_on_wall": "yes"}
    assert crm.cast.client_of("anna").post("/you/choices", data=form).status_code == 303


def show_pay_and_customers(crm: Crm) -> None:
    form = {"managers_see_pay": "yes", "wall_shows_customers": "yes"}
    assert crm.cast.client_of("ida").post("/company", data=form).status_code == 303


def hide_pay_and_customers(crm: Crm) -> None:
    assert crm.cast.client_of("ida").post("/company", data={}).status_code == 303


CHANGES = (
    win,
    amend,
    give_to_a_colleague,
    share,
    cancel,
    reopen_with_a_next_step,
    move_to_the_quarter_before,
    win_far_beyond_the_next_step,
    win_for_a_team_mate,
    raise_the_quota,
    take_the_quota_away_from_a_team_mate,
    show_pay_and_customers,
    amend,
    pay_by_a_new_version_of_the_plan,
    ask_for_evidence,
    deliver_the_evidence,
    leave_the_wall,
    win,
    come_back_to_the_wall,
    hide_pay_and_customers,
    cancel,
)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_was_pushed_is_what_a_fresh_page_would_show(
    pages: dict[str, LivePage], crm: Crm, change: Callable[[Crm], None]
) -> None:
    before = {name: page.html for name, page in pages.items()}
    change(crm)
    for page in pages.values():
        page.follow()
    for name, page in pages.items():
        assert page.html == page.fetched(), name
    assert any(page.html != before[name] for name, page in pages.items())
