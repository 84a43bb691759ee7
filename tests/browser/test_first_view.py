"""What is seen at first: all that matters of the phone without scrolling, and no page wider than a narrow phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES
from tests.browser.demo_server import DemoServer, Doors
from tests.browser.visits import VISITS

pytestmark = pytest.mark.browser

NARROW = {"width": 320, "height": 640}
FIRST_VIEW = {
    "earned": "#earned",
    "the stairs": ".stairs",
    "the distance": ".climb-words",
    "the next deal": ".tile >> nth=0",
    "the projection": ".tile >> nth=1",
}
PHONES = ("rep", "manager", "admin")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_shows_all_that_matters_without_scrolling(
    server: DemoServer, open_as: Callable[..., Page], language: str
) -> None:
    page = open_as(server, "rep", locale=LANGUAGES[language])
    bottom = page.locator(".tabs").bounding_box()["y"]
    for name, selector in FIRST_VIEW.items():
        box = page.locator(selector).first.bounding_box()
        assert box["y"] >= 0, name
        assert box["y"] + box["height"] <= bottom, name


@pytest.mark.parametrize("who", PHONES)
def test_no_page_scrolls_sideways_on_a_narrow_phone(
    server: DemoServer, doors: Doors, open_as: Callable[..., Page], who: str
) -> None:
    page = open_as(server, who, viewport=NARROW, locale=LANGUAGES["da"])
    too_wide = []
    for visit in VISITS:
        if visit.who != who:
            continue
        page.goto(doors.paths.get(visit.path, visit.path))
        visit.arrive(page)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > NARROW["width"]:
            too_wide.append(f"{visit.name}: {width}")
    assert too_wide == []


@pytest.mark.parametrize("size", [(1920, 1080), (3840, 2160), (1280, 720)])
def test_a_wall_fits_its_screen(
    server: DemoServer, open_as: Callable[..., Page], size: tuple[int, int]
) -> None:
    width, height = size
    page = open_as(server, "wall", viewport={"width": width, "height": height})
    expect(page.locator(".wall-goal")).to_be_visible()
    scroll = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert scroll == [width, height]
