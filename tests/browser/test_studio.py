"""The studio in a real browser: rows come and go, the check follows the typing, a simulation shows how far it is."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.demo_server import DemoServer

pytestmark = pytest.mark.browser


def test_a_draft_is_written_checked_and_simulated(
    own_server: DemoServer, open_as: Callable[..., Page]
) -> None:
    page = open_as(own_server, "admin")
    page.goto("/plans/drafts/1")
    page.wait_for_function("window.htmx !== undefined")
    pays = page.locator("input[name=tier_pays]")

    page.locator("button[value='add tier']").click()
    expect(pays).to_have_count(5)
    page.locator("button[value='drop tier 3']").click()
    expect(pays).to_have_count(4)

    pays.nth(0).fill("lots")
    expect(page.locator("#check")).to_contain_text('"lots" is not a percentage')
    pays.nth(0).fill("6,5 %")
    expect(page.locator("#check")).to_contain_text("Can be used")

    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator(".stage-done")).to_have_count(1)
    page.get_by_role("button", name="Check the saved text").click()
    expect(page.locator(".stage-done")).to_have_count(2)
    page.get_by_role("button", name="Simulate").click()
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.locator(".chart")).to_have_count(5, timeout=60_000)
    expect(page.locator(".stage-done")).to_have_count(3)
