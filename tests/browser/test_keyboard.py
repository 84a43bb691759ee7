"""Everything can be reached, seen and used with the keyboard alone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenWindow, expect_live
from tests.browser.demo_server import DemoServer

pytestmark = pytest.mark.browser

# What a person could click now. Of a group of radio buttons the Tab key stops at one; arrows do the rest.
REACHABLE = """
() => [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
  .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0)
  .filter((element) => !element.disabled && element.type !== "hidden")
  .filter((element) => element.type !== "radio" || element.checked)
  .map((element, index) => { element.dataset.place = index; return element.outerHTML.slice(0, 160); })
"""
# A button of a group is drawn by the words beside it.
FOCUSED = """
() => {
  const focused = document.activeElement;
  const style = getComputedStyle(focused.type === "radio" ? focused.nextElementSibling : focused);
  const isMarked = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  return { place: focused.dataset.place ?? "", isMarked };
}
"""
PAGES = [
    ("rep", "/me"),
    ("rep", "/me/deals"),
    ("rep", "/you"),
    ("manager", "/team"),
    ("manager", "/screens"),
]


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_the_tab_key_reaches_everything_and_shows_where_it_is(
    server: DemoServer, open_as: Callable[..., Page], who: str, path: str
) -> None:
    page = open_as(server, who, reduced_motion="reduce")
    page.goto(path)
    reachable = page.evaluate(REACHABLE)
    assert len(reachable) > 5
    unmarked, visited = [], []
    for _ in range(len(reachable)):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        visited.append(focused["place"])
        if not focused["isMarked"]:
            unmarked.append(focused["place"])
    missed = [text for place, text in enumerate(reachable) if str(place) not in visited]
    assert missed == []
    assert [reachable[int(place)] for place in unmarked] == []


@pytest.mark.parametrize(
    ("who", "link"), [("rep", ".earned"), ("rep", ".row"), ("manager", "#reps tbody a")]
)
def test_enter_opens_a_why_escape_closes_it_and_the_focus_is_back(
    server: DemoServer, open_as: Callable[..., Page], who: str, link: str
) -> None:
    page = open_as(server, who)
    page.wait_for_function("window.htmx !== undefined")
    opener = page.locator(link).first
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#sheet-title")).to_be_focused()
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || sheet.contains(document.activeElement)"
        )
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_manager_sorts_and_filters_without_a_mouse(
    server: DemoServer, open_as: Callable[..., Page]
) -> None:
    page = open_as(server, "manager")
    expect_live(page)
    page.get_by_role("button", name="Rep", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator('[data-key="name"]')).to_have_attribute("aria-sort", "ascending")
    names = page.locator("#reps tbody .cell-name a").all_inner_texts()
    assert names == sorted(names)
    page.get_by_role("searchbox").focus()
    page.keyboard.type("anna")
    expect(page.locator("#reps tbody tr:visible")).to_have_count(1)
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("Delete")
    page.locator("[name=mark]").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[name=mark]").nth(1)).to_be_checked()


def test_the_first_tab_skips_to_the_content(
    server: DemoServer, open_as: Callable[..., Page]
) -> None:
    page = open_as(server, "manager")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    expect(page.locator("#main")).to_be_focused()


def test_somebody_signs_in_with_the_keyboard(server: DemoServer, open_window: OpenWindow) -> None:
    page = open_window(server, "/sign-in")
    page.get_by_label("E-mail").focus()
    page.keyboard.type("nobody@demo.example")
    page.keyboard.press("Tab")
    page.keyboard.type("three plain words")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
