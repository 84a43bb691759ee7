"""A deal comes in, and every screen moves: without a reload, after a power cut, and without the CDN."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, TELEVISION, OpenWindow, expect_live
from tests.browser.demo_server import MANAGER, REP, DemoServer, Doors

pytestmark = pytest.mark.browser

PATIENCE_MS = 20_000


@dataclass
class Screens:
    """The phone, the wall and the manager's page, and what they must show."""

    server: DemoServer
    doors: Doors
    phone: Page
    wall: Page
    manager: Page

    def __post_init__(self) -> None:
        for page in self.pages:
            expect_live(page)
            page.evaluate("window.isTheSamePage = true")
        self.wins_count = self.shown_wins_count()

    @property
    def pages(self) -> tuple[Page, Page, Page]:
        return self.phone, self.wall, self.manager

    def shown_wins_count(self) -> int:
        return int(re.sub(r"\D", "", self.wall.locator(".wall-pill").inner_text()))

    def win(self) -> None:
        self.server.post_deal(self.doors)
        self.wins_count += 1

    def expect_the_truth(self) -> None:
        """Every screen shows the figures of the API, and never left the page it was."""
        earned_minor = self.server.earned_minor(self.doors)
        whole = f"{earned_minor // 100:,}"
        row = self.manager.locator(f"#rep-{self.doors.payee_id}")
        expect(self.phone.locator("#earned")).to_have_text(whole, timeout=PATIENCE_MS)
        expect(row).to_have_attribute("data-earned", str(earned_minor), timeout=PATIENCE_MS)
        expect(row.locator(".cell-earned")).to_have_text(f"{round(earned_minor / 100):,}")
        expect(self.wall.locator(".wall-pill")).to_have_text(
            f"Won today {self.wins_count}", timeout=PATIENCE_MS
        )
        for page in self.pages:
            assert page.evaluate("window.isTheSamePage") is True


def test_a_deal_moves_phone_wall_and_manager_and_a_killed_server_comes_back_right(
    own_server: DemoServer, doors: Doors, open_window: OpenWindow
) -> None:
    screens = open_all(own_server, doors, open_window)
    screens.expect_the_truth()
    before_minor = own_server.earned_minor(doors)
    screens.win()
    assert own_server.earned_minor(doors) > before_minor
    screens.expect_the_truth()
    expect(screens.wall.locator("#win")).to_contain_text(f"{REP.split()[0]} won Customer 1")
    expect(screens.phone.locator(".row-name").first).to_have_text("Customer 1")

    own_server.kill()
    for page in screens.pages:
        expect(page.locator("body")).to_have_attribute("data-link", "lost", timeout=PATIENCE_MS)
    own_server.start()
    screens.win()
    screens.expect_the_truth()


def test_with_the_cdn_refused_all_three_screens_still_move(
    own_server: DemoServer, doors: Doors, open_window: OpenWindow
) -> None:
    own_server.kill()
    own_server.start(assets="cdn")
    refused: list[str] = []

    def open_without_cdn(server: DemoServer, path: str, viewport: object = None) -> Page:
        page = open_window(server, viewport=viewport)
        page.route("https://cdn.jsdelivr.net/**", lambda route: _refuse(route, refused))
        page.goto(path)
        return page

    screens = Screens(
        own_server,
        doors,
        open_without_cdn(own_server, doors.paths["rep"], PHONE),
        open_without_cdn(own_server, doors.paths["wall"], TELEVISION),
        open_without_cdn(own_server, doors.paths["manager"]),
    )
    screens.win()
    screens.expect_the_truth()
    assert len(refused) == 6  # htmx and Socket.IO, asked for by each of the three
    screens.phone.locator(".earned").click()
    expect(screens.phone.get_by_role("dialog")).to_be_visible()


def _refuse(route, refused: list[str]) -> None:
    refused.append(route.request.url)
    route.abort()


def open_all(server: DemoServer, doors: Doors, open_window: Callable[..., Page]) -> Screens:
    """Opens the three as people do: two sign in, and the manager pairs the wall by the code it shows."""
    phone = open_window(server, doors.paths["rep"], PHONE)
    wall = open_window(server, "/screen", TELEVISION)
    manager = open_window(server, doors.paths["manager"])
    expect(manager).to_have_url(re.compile("/team/"))
    pair(wall, manager)
    manager.get_by_role("link", name="Team", exact=True).click()
    expect(manager.locator("#reps")).to_contain_text(REP)
    return Screens(server, doors, phone, wall, manager)


def pair(wall: Page, manager: Page) -> None:
    code = wall.locator(".pairing-code").inner_text()
    manager.get_by_role("link", name="Screens").click()
    manager.get_by_label("Code on the screen").fill(code)
    manager.locator("#name").fill(f"The wall of {MANAGER}")
    manager.get_by_role("button", name="Pair", exact=True).click()
    expect(manager.get_by_role("status")).to_contain_text("The screen is paired")
    expect(wall).to_have_url(re.compile("/screen$"), timeout=PATIENCE_MS)
    wall.wait_for_load_state()
