"""The database is away: what cannot be kept is said so soon and leaves nothing, and all is well again by itself."""

import itertools
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.faults.asking import (
    OK,
    UNREADY,
    Answer,
    ask,
    assert_says_nothing_of_its_inside,
    assert_told_to_come_back,
    post,
    signed_in_as,
    won_today,
)
from tests.faults.company import REPS, Company, compare, make_company
from tests.faults.deals_sent import Crm, Event
from tests.faults.listening import Listening
from tests.faults.proxy import Proxy, proxied
from tests.faults.servers import Server, running_fleet
from tests.faults.size import chance, sized
from tests.live.raw_client import RawClient, Refused

FAILURES = ("refuse", "reset", "blackhole", "delay")
ANSWERED_WITHIN_SECONDS, BACK_WITHIN_SECONDS = 2, 5
SLACK = sized(5, 1)
"""Those are promised, and printed; in a sample, a busy machine may be so many times slower before the test fails."""
COMMITS_OF_A_REQUEST, UNHEARD_WANTED = 6, sized(2, 10)
MARK_WITHIN_MS = 30_000
PAGES_AT_ONCE = 40
"""More than there are connections to the database in a process."""


class Outage:
    """A server behind a line that can fail, on the company's database."""

    def __init__(self, company: Company, proxy: Proxy, server: Server) -> None:
        self.company, self.proxy, self.server = company, proxy, server

    @property
    def port(self) -> int:
        return self.server.port

    def post(self, events: list[Event]) -> Answer:
        return post(self.port, self.company.key, events)


@contextmanager
def on_a_line_that_fails(company: Company) -> Iterator[Outage]:
    with (
        proxied(company.database_url) as (proxy, url),
        running_fleet(company.folder, url, 1) as fleet,
    ):
        yield Outage(company, proxy, fleet.servers[0])


@pytest.fixture
def outage(tmp_path: Path, postgresql_url: str) -> Iterator[Outage]:
    with on_a_line_that_fails(make_company(tmp_path / "company", postgresql_url)) as outage:
        yield outage


@pytest.fixture
def crm() -> Crm:
    return Crm("w", chance("database away"), REPS)


def test_a_lost_database_is_said_within_seconds_and_found_again_without_a_restart(
    outage: Outage, crm: Crm, tell: Callable[[str], None]
) -> None:
    cookie = signed_in_as(outage.company, REPS[0])
    sent: list[list[Event]] = []
    times = 0
    with Listening(outage.port, cookie) as socket:
        for failure in FAILURES:
            slowest, slowest_return = 0.0, 0.0
            for _ in range(sized(1, 20)):
                lost = [[crm.next_event()] for _ in range(3)]
                sent += lost
                slowest = max(slowest, lose_and_ask(outage, failure, lost, cookie))
                times += 1
                socket.wait_for("away", times)
                slowest_return = max(slowest_return, seconds_until_kept(outage, lost))
                socket.wait_for("resync", times, reason="back")
            assert ask(outage.port, "/me", Cookie=cookie).status == OK
            assert slowest < ANSWERED_WITHIN_SECONDS * SLACK
            tell(
                f"{failure}, {sized(1, 20)} times: told to come back after {slowest:.1f} s at most, "
                f"first 2xx {slowest_return:.1f} s after the return at most"
            )
    ids = [events[0]["event_id"] for events in sent]
    tell(str(compare(outage.company.database_url, ids, sent)))


def lose_and_ask(outage: Outage, failure: str, lost: list[list[Event]], cookie: str) -> float:
    """Lose the database while deals are sent and a page is looked at; seconds that the slowest answer took."""
    outage.proxy.set(failure)
    answers = [outage.post(events) for events in lost]
    page = ask(outage.port, "/me", Cookie=cookie)
    for answer in [*answers, page]:
        assert_told_to_come_back(answer)
    assert "Back in a moment" in page.text
    assert "0.00" not in page.text, "a figure that is not known is no zero"
    assert ask(outage.port, "/healthz").status == OK
    return max(answer.seconds for answer in [*answers, page])


def seconds_until_kept(outage: Outage, lost: list[list[Event]]) -> float:
    """Give the database back and send again what was refused; seconds until the first was kept."""
    outage.proxy.set("pass")
    began, first = time.monotonic(), 0.0
    for events in lost:
        while outage.post(events).status != OK:
            assert time.monotonic() - began < BACK_WITHIN_SECONDS * SLACK
        first = first or time.monotonic() - began
    return first


def test_a_line_cut_right_after_any_commit_has_exactly_one_effect(
    outage: Outage, crm: Crm, tell: Callable[[str], None]
) -> None:
    sent, kept_unheard = list[list[Event]](), 0
    for commit in itertools.cycle(range(COMMITS_OF_A_REQUEST)):
        events = [crm.next_event()]
        sent.append(events)
        outage.proxy.cut_after_commit(commit)
        first = outage.post(events)
        outage.proxy.set("pass")
        assert first.status in (OK, UNREADY)
        assert_says_nothing_of_its_inside(first)
        if first.status == UNREADY:
            again = posted_until_kept(outage, events)
            kept_unheard += '"duplicate"' in again.text
        if kept_unheard >= UNHEARD_WANTED and commit == COMMITS_OF_A_REQUEST - 1:
            break
        assert len(sent) < 30 * UNHEARD_WANTED, (
            "no cut falls between the commit of a deal and its answer"
        )
    ids = [events[0]["event_id"] for events in sent]
    found = compare(outage.company.database_url, ids, sent)
    tell(
        f"{outage.proxy.cuts} cuts right after a COMMIT, {kept_unheard} of them the deal's own; {found}"
    )


def test_sockets_that_come_while_the_database_is_away_are_told_so_soon_and_let_in_once_it_is_back(
    outage: Outage, tell: Callable[[str], None]
) -> None:
    rep = REPS[0]
    cookie = signed_in_as(outage.company, rep)
    for number, failure in enumerate(("refuse", "blackhole")):
        outage.proxy.set(failure)
        with ThreadPoolExecutor(PAGES_AT_ONCE) as pages:
            slowest = max(
                pages.map(
                    lambda _: refused_after_seconds(outage.port, cookie), range(PAGES_AT_ONCE)
                )
            )
        assert slowest < ANSWERED_WITHIN_SECONDS * SLACK
        outage.proxy.set("pass")
        let_in = seconds_until_let_in(outage.port, cookie)
        with Listening(outage.port, cookie) as page:
            posted_until_kept(outage, [won_today(number, rep)])
            page.wait_for("fragment")
        tell(
            f"{failure}: {PAGES_AT_ONCE} sockets told to come back after {slowest:.1f} s at most, "
            f"one let in {let_in:.1f} s after the return"
        )
    assert "Traceback" not in outage.server.log.read_text()


def refused_after_seconds(port: int, cookie: str) -> float:
    """Ask for a socket, and be told to come back."""
    began = time.monotonic()
    with pytest.raises(Refused) as refused:
        RawClient(port, Cookie=cookie)
    assert refused.value.status == UNREADY
    assert "\r\nRetry-After: " in refused.value.head
    return time.monotonic() - began


def seconds_until_let_in(port: int, cookie: str) -> float:
    """How long a page comes again and again until it has its socket."""
    began = time.monotonic()
    while not is_let_in(port, cookie):
        assert time.monotonic() - began < BACK_WITHIN_SECONDS * SLACK
        time.sleep(0.05)
    return time.monotonic() - began


def is_let_in(port: int, cookie: str) -> bool:
    """Ask for a socket once; False where it is told to come back."""
    with suppress(Refused), RawClient(port, Cookie=cookie) as page:
        page.join()
        return True
    return False


def posted_until_kept(outage: Outage, events: list[Event]) -> Answer:
    give_up_at = time.monotonic() + BACK_WITHIN_SECONDS * SLACK
    while (answer := outage.post(events)).status != OK:
        assert_told_to_come_back(answer)
        assert time.monotonic() < give_up_at
        time.sleep(0.05)
    return answer


def test_an_open_page_says_as_of_when_its_figures_are_and_is_right_again_by_itself(
    outage: Outage, browser: Browser
) -> None:
    company, rep = outage.company, REPS[0]
    name, _, value = signed_in_as(company, rep).partition("=")
    assert outage.post([won_today(1, rep)]).status == OK
    context = browser.new_context(locale="en-GB")
    address = f"http://127.0.0.1:{outage.port}"
    context.add_cookies([{"name": name, "value": value, "url": address}])
    try:
        page = context.new_page()
        page.goto(f"{address}/me")
        expect(page.locator("body[data-link=live]")).to_be_visible(timeout=MARK_WITHIN_MS)
        figures = page.locator("#live").inner_text()
        assert "31.70" in figures  # 3 % of 1,000.00 and 1.7 % of 100.00
        outage.proxy.set("blackhole")
        mark = page.locator("[data-stale]").first
        expect(mark).to_be_visible(timeout=MARK_WITHIN_MS)
        expect(mark).to_contain_text("as of")
        assert "31.70" in page.locator("#live").inner_text()
        outage.proxy.set("pass")
        expect(mark).to_be_hidden(timeout=MARK_WITHIN_MS)
        assert outage.post([won_today(2, rep)]).status == OK
        expect(page.locator("#live")).to_contain_text("63.40", timeout=MARK_WITHIN_MS)
        # One that is opened meanwhile, and a wall that nobody stands before, comes by itself, too.
        outage.proxy.set("refuse")
        page.goto(f"{address}/me")
        expect(page.locator("body")).to_contain_text("Back in a moment")
        outage.proxy.set("pass")
        expect(page.locator("#live")).to_contain_text("63.40", timeout=MARK_WITHIN_MS)
    finally:
        context.close()


def test_a_company_file_held_by_another_program_is_said_and_waited_for(
    sqlite_company: Company, crm: Crm, tell: Callable[[str], None]
) -> None:
    company = sqlite_company
    path = company.database_url.removeprefix("sqlite:///")
    cookie, held_seconds = signed_in_as(company, REPS[0]), sized(8, 20)
    events = [crm.next_event()]
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (port,) = fleet.ports
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        give_back_at = time.monotonic() + held_seconds
        refused = []
        while time.monotonic() < give_back_at:
            refused.append(post(port, company.key, events))
            assert_told_to_come_back(refused[-1])
            assert ask(port, "/me", Cookie=cookie).status == OK
        other.execute("ROLLBACK")
        other.close()
        began = time.monotonic()
        assert post(port, company.key, events).status == OK
        well_again = time.monotonic() - began
    found = compare(company.database_url, [events[0]["event_id"]], [events])
    slowest = max(answer.seconds for answer in refused)
    tell(
        f"held for {held_seconds} s: told to come back {len(refused)} times, after {slowest:.1f} s at most, "
        f"pages go on, recorded {well_again:.1f} s after; {found}"
    )
