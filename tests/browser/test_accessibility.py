"""No barrier that axe can find, on any page, in any language, in light and in dark."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import LANGUAGES, PHONE, OpenWindow
from tests.browser.demo_server import DemoServer, Doors
from tests.browser.visits import VISITS, Visit

pytestmark = pytest.mark.browser

COLOUR_RULES = ["color-contrast", "link-in-text-block"]
MEMBERS = list(dict.fromkeys(visit.who for visit in VISITS))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", MEMBERS, ids=lambda who: who or "anybody")
def test_no_page_has_a_barrier(
    server: DemoServer,
    doors: Doors,
    open_window: OpenWindow,
    open_as: Callable[..., Page],
    who: str,
    language: str,
) -> None:
    options = {"locale": LANGUAGES[language], "reduced_motion": "reduce"}
    page = (
        open_as(server, who, **options) if who else open_window(server, viewport=PHONE, **options)
    )
    found = [
        f"{visit.name}, {theme}: {barrier}"
        for visit in VISITS
        if visit.who == who
        for theme, barrier in barriers_of(page, doors, visit, language)
    ]
    assert found == []


def test_a_barrier_would_be_found(server: DemoServer, open_window: OpenWindow) -> None:
    page = open_window(server, "/sign-in")
    page.evaluate("document.querySelector('main').append(new Image())")
    page.evaluate("document.querySelector('label').remove()")
    page.evaluate(AXE_SCRIPT)
    found = "\n".join(barriers(page, ""))
    assert "image-alt" in found
    assert "label" in found


def barriers_of(page: Page, doors: Doors, visit: Visit, language: str) -> Iterator[tuple[str, str]]:
    page.emulate_media(color_scheme="light")
    usual = page.viewport_size
    assert usual is not None
    page.set_viewport_size({**usual, "width": visit.width or usual["width"]})
    page.goto(doors.paths.get(visit.path, visit.path))
    visit.arrive(page)
    expect(page.locator("html")).to_have_attribute("lang", language)
    page.evaluate(AXE_SCRIPT)  # through the debugger, which the page's own policy does not bind
    yield from (("light", barrier) for barrier in barriers(page, visit.part))
    page.emulate_media(color_scheme="dark")
    # The same document in other colours: only the rules about colour can find anything else.
    yield from (("dark", barrier) for barrier in barriers(page, visit.part, COLOUR_RULES))
    page.set_viewport_size(usual)


def barriers(page: Page, part: str, rules: list[str] | None = None) -> Iterator[str]:
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    outcome = page.evaluate(
        "([part, options]) => axe.run(part || document, options)", [part, options]
    )
    for violation in outcome["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']} at {node['target']}: {node['html'][:120]}"
