"""A screen that is cut off says so within ten seconds, and says nothing once it is right again."""

import signal
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_live
from tests.browser.demo_server import DemoServer

pytestmark = pytest.mark.browser

# Ten seconds are promised; two more are for a busy machine to paint them.
CUT_IS_SAID_WITHIN_MS = 12_000
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
