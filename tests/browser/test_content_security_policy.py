"""The policy holds in a browser, and nothing of ours runs into it (every window of these tests listens for that)."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.conftest import PHONE, OpenWindow, expect_live
from tests.browser.demo_server import ROOT, DemoServer, Doors

pytestmark = pytest.mark.browser

SMUGGLED = {
    "script-src-elem": "element.textContent = 'document.title = `broken into`'",
    "script-src-attr": "element.setAttribute('onclick', 'document.title = `broken into`'); element.click()",
    "style-src-attr": "element.setAttribute('style', 'color: red')",
    "img-src": "element.src = 'https://example.invalid/seen.png'",
    "frame-src": "element.src = '/me'",
}
TAGS = {"script-src-elem": "script", "img-src": "img", "frame-src": "iframe"}


@pytest.mark.parametrize("directive", SMUGGLED)
def test_what_a_customer_name_could_smuggle_in_is_refused(
    server: DemoServer, doors: Doors, browser: Browser, directive: str
) -> None:
    page = browser.new_page(base_url=server.origin)
    page.goto(doors.paths["rep"])
    title = page.title()
    refused = page.evaluate(
        f"""tag => new Promise((resolve) => {{
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
            const element = document.createElement(tag);
            {SMUGGLED[directive]};
            document.body.append(element);
            setTimeout(() => resolve("nothing"), 3000);
        }})""",
        TAGS.get(directive, "p"),
    )
    assert refused == directive
    assert page.title() == title
    page.context.close()


def test_code_made_of_text_is_refused(server: DemoServer, browser: Browser, doors: Doors) -> None:
    page = browser.new_page(base_url=server.origin)
    page.goto(doors.paths["rep"])
    page.evaluate("setTimeout('document.title = `broken into`', 0)")
    page.wait_for_timeout(200)
    assert page.title() != "broken into"
    page.context.close()


def test_the_files_of_the_cdn_are_the_ones_we_keep_and_run_under_the_policy(
    own_server: DemoServer, doors: Doors, open_window: OpenWindow
) -> None:
    own_server.kill()
    own_server.start(assets="cdn")
    page = open_window(own_server, viewport=PHONE)
    fallen_back: list[str] = []
    page.on(
        "request", lambda asked: fallen_back.append(asked.url) if "/vendor/" in asked.url else None
    )
    page.route("https://cdn.jsdelivr.net/**", serve_our_copy)
    page.goto(doors.paths["rep"])
    expect_live(page)
    page.locator(".earned").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert fallen_back == []


def serve_our_copy(route: Route) -> None:
    """The CDN as it would answer; the browser compares the file with the page's integrity hash."""
    name = "htmx" if "/htmx" in route.request.url else "socket.io"
    (copy,) = Path(ROOT / "static" / "vendor").glob(f"{name}-*.js")
    route.fulfill(
        path=copy,
        content_type="text/javascript",
        headers={"Access-Control-Allow-Origin": "*"},
    )
