"""One demo server for all these tests; windows that fail the test when their page complains."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    expect,
)

from tests.browser.demo_server import (
    DemoServer,
    Doors,
    build_demo_company,
    copied,
    make_doors,
    won_deal,
)

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
TELEVISION = {"width": 1920, "height": 1080}
VIEWPORTS = {"rep": PHONE, "invited": PHONE, "wall": TELEVISION}
LANGUAGES = {"en": "en-GB", "da": "da-DK", "sv": "sv-SE"}
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => console.error(
  `Content Security Policy: ${event.effectiveDirective} refused ${event.blockedURI} ${event.sample}`));
"""


class OpenWindow(Protocol):
    def __call__(
        self, server: DemoServer, path: str = "", viewport: Any = None, **options: Any
    ) -> Page: ...


@pytest.fixture(scope="session")
def demo_folder(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished demo company. Copy it; do not serve it."""
    folder = tmp_path_factory.mktemp("demo") / "company"
    build_demo_company(folder)
    return folder


@pytest.fixture(scope="session")
def doors(demo_folder: Path) -> Doors:
    return make_doors(demo_folder)


@pytest.fixture(scope="session")
def server(
    demo_folder: Path, doors: Doors, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DemoServer]:
    """The one server of every test that leaves it as it found it, but for more deals; one deal there is nobody's."""
    running = DemoServer(copied(demo_folder, tmp_path_factory.mktemp("shared") / "company"))
    of_nobody = won_deal(0, credits=[{"rep": "nobody.yet@demo.example", "share": "100%"}])
    running.post_record(doors, of_nobody, "quarantined")
    yield running
    running.kill()


@pytest.fixture
def own_server(demo_folder: Path, doors: Doors, tmp_path: Path) -> Iterator[DemoServer]:
    """A server of this test alone, to kill and to start again."""
    running = DemoServer(copied(demo_folder, tmp_path / "company"))
    yield running
    running.kill()


@pytest.fixture
def open_window(browser: Browser) -> Iterator[OpenWindow]:
    """A fresh private window at a path; what its pages complained about fails the test in the end."""
    complaints: list[str] = []
    with ExitStack() as stack:

        def open_one(
            server: DemoServer, path: str = "", viewport: Any = None, **options: Any
        ) -> Page:
            context = browser.new_context(
                base_url=server.origin,
                viewport=viewport or DESK,
                **{"locale": LANGUAGES["en"], **options},
            )
            stack.callback(context.close)
            page = watched(context, complaints)
            if path:
                page.goto(path)
            return page

        yield open_one
    assert complaints == []


@pytest.fixture
def open_as(open_window: OpenWindow, doors: Doors) -> Callable[..., Page]:
    """A fresh window of a member of the company, signed in, on the screen they use."""

    def open_one(server: DemoServer, who: str, **options: Any) -> Page:
        viewport = options.pop("viewport", VIEWPORTS.get(who, DESK))
        return open_window(server, doors.paths[who], viewport, **options)

    return open_one


def watched(context: BrowserContext, complaints: list[str]) -> Page:
    context.add_init_script(TELL_VIOLATIONS)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    page.on("console", lambda said: _note(complaints, said))
    page.on("response", lambda answer: _note_broken(complaints, answer))
    return page


def _note(complaints: list[str], said: ConsoleMessage) -> None:
    # The browser itself reports every refused connection and every answer from 400 up; tests cause both on purpose.
    is_about_the_network = (
        "Failed to load resource" in said.text or "WebSocket connection to" in said.text
    )
    if said.type in ("error", "warning") and not is_about_the_network:
        complaints.append(f"{said.location.get('url', '')}: {said.text}")


def _note_broken(complaints: list[str], answer: Response) -> None:
    is_missing_file = answer.status >= 400 and "/static/" in answer.url
    if is_missing_file or answer.status == 500:
        complaints.append(f"{answer.status} {answer.url}")


def expect_live(page: Page) -> None:
    """The page's link stands: what is posted from here on reaches it."""
    expect(page.locator("body")).to_have_attribute("data-link", "live", timeout=20_000)
