"""A screen that is cut off, or a source that fell silent: said in time, and for as long as it lasts."""

import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_live
from tests.browser.demo_server import DemoServer, Doors
from tracker.pages.silence import REMEMBERED

pytestmark = pytest.mark.browser

# Ten seconds are promised; two more are for a busy machine to paint them.
CUT_IS_SAID_WITHIN_MS = 12_000
COUNTED_WITHIN_MS = 12_000
MEMBERS = ("rep", "wall", "manager")


def test_every_screen_marks_old_figures_when_the_line_goes_silent(
    own_server: DemoServer, open_as: Callable[..., Page]
) -> None:
    pages = [open_as(own_server, who) for who in MEMBERS]
    for page in pages:
        expect_live(page)
        expect(page.locator("[data-stale]").first).to_be_hidden()
    own_server.signal(signal.SIGSTOP)  # nothing is closed: only the heartbeat stops
    try:
        for page in pages:
            mark = page.locator("[data-stale]").first
            expect(mark).to_be_visible(timeout=CUT_IS_SAID_WITHIN_MS)
            expect(mark).to_contain_text("as of")
    finally:
        own_server.signal(signal.SIGCONT)
    for page in pages:
        expect_live(page)
        expect(page.locator("[data-stale]").first).to_be_hidden()


def test_an_open_page_goes_on_counting_how_long_a_source_has_been_silent(
    server: DemoServer, doors: Doors, open_as: Callable[..., Page]
) -> None:
    server.post_deal(doors)  # from then on its source is one that sends by itself
    page = open_as(server, "rep")
    mark = page.locator(".silence").first
    for _ in range(2 * int(REMEMBERED.total_seconds())):
        if mark.count():
            break
        page.wait_for_timeout(1000)
        page.reload()
    expect_live(page)
    expect(mark).to_be_attached()
    expect(mark).to_be_hidden()
    for hours, said in ((5, "nothing for 5 h (since"), (50, "nothing for 2 days (since")):
        page.evaluate(
            """hours => {
              const mark = document.querySelector(".silence");
              mark.dataset.silentAt = 0;
              mark.querySelector("[data-silent-since]").dataset.silentSince = Date.now() / 1000 - hours * 3600 - 60;
            }""",
            hours,
        )
        expect(mark).to_contain_text(said, timeout=COUNTED_WITHIN_MS)
        expect(mark).to_be_visible()
