"""A rep says that something is not right, and the manager's menu counts it; the answer comes to the phone by itself."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import expect_live
from tests.browser.demo_server import DemoServer

pytestmark = pytest.mark.browser


def test_a_dispute_and_its_answer_reach_the_other_side_without_a_reload(
    own_server: DemoServer, open_as: Callable[..., Page]
) -> None:
    manager, phone = open_as(own_server, "manager"), open_as(own_server, "rep")
    expect_live(manager)
    expect_live(phone)
    badge = manager.locator("[data-waiting-count]")
    before = int(badge.inner_text())

    phone.wait_for_function("window.htmx !== undefined")
    phone.locator(".deals .row").first.click()
    phone.locator(".why-doubt a").click()
    phone.locator("#sheet textarea").fill("The amount is too low.")
    phone.locator("#sheet form .button").click()
    expect(phone.get_by_role("status").first).to_contain_text("Sent")
    expect(badge).to_have_text(str(before + 1), timeout=10_000)

    manager.goto("/disputes")
    expect_live(manager)
    expect_live(phone)
    manager.locator(".disputes a", has_text="The amount is too low.").click()
    manager.locator("#words").fill("I look into it.")
    manager.get_by_role("button", name="Answer").click()
    expect(manager.locator("[data-waiting-count]")).to_have_text(str(before))
    expect(phone.locator(".history-words").last).to_have_text("I look into it.", timeout=10_000)


def test_what_is_being_written_survives_a_push(
    own_server: DemoServer, doors, open_as: Callable[..., Page]
) -> None:
    phone = open_as(own_server, "rep")
    expect_live(phone)
    phone.wait_for_function("window.htmx !== undefined")
    phone.locator(".deals .row").first.click()
    phone.locator(".why-doubt a").click()
    phone.locator("#sheet textarea").fill("Half a sent")
    earned = phone.locator("#earned").inner_text()
    own_server.post_deal(doors)
    expect(phone.locator("#earned")).not_to_have_text(earned, timeout=10_000)
    expect(phone.locator("#sheet textarea")).to_have_value("Half a sent")
