"""A file of deals from the desk to the figures and back, in a real browser, with the work in its own process."""

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.demo_server import REP, DemoServer
from tests.browser.test_accessibility import barriers
from tracker.demo.company import email_of

pytestmark = pytest.mark.browser

ROWS = 40
PATIENT = 60_000


@pytest.fixture
def file_of_deals(tmp_path: Path) -> Path:
    path = tmp_path / "gamle salg.csv"
    rows = [
        f"N-{number};Kunde {number};{email_of(REP)};Vundet;12.11.2026;10.000,00"
        for number in range(ROWS)
    ]
    head = "Ordrenr;Kunde;Sælger;Fase;Lukket;Beløb"
    path.write_bytes(
        "\n".join([head, *rows, "N-x;Ukendt;Grethe;Vundet;12.11.2026;1,00"]).encode("cp1252")
    )
    return path


def without_barriers(page: Page) -> None:
    page.evaluate(AXE_SCRIPT)
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        found += [f"{theme}: {barrier}" for barrier in barriers(page, "")]
    assert found == []
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.set_viewport_size(DESK)


def test_a_file_is_sent_checked_imported_and_taken_back(
    own_server: DemoServer, open_as: Callable[..., Page], file_of_deals: Path
) -> None:
    page = open_as(own_server, "admin")
    page.goto("/import")
    page.wait_for_function("window.htmx !== undefined")
    without_barriers(page)
    page.locator("#file").set_input_files(file_of_deals)

    expect(page.locator("#file-columns")).to_be_visible(timeout=PATIENT)
    without_barriers(page)
    page.locator("#field-1").select_option("property")
    expect(page.locator(".imports-is").nth(1)).to_have_text("A property of its own")
    page.locator("#field-1").select_option("name")
    expect(page.locator(".imports-is").nth(1)).to_have_text("Customer or deal")
    page.get_by_role("button", name="See what it would change").press("Enter")

    pay = page.get_by_role("region", name="Whose pay would change").first
    expect(pay).to_contain_text(REP, timeout=PATIENT)
    expect(page.locator(".imports-problems")).to_contain_text("nobody is known as “Grethe”.")
    expect(page.locator(".imports-problems code")).to_have_text("C42")
    without_barriers(page)
    page.get_by_role("button", name=f"Import the {ROWS} good rows").press("Enter")

    expect(page.get_by_role("status")).to_contain_text("figures are up to date", timeout=PATIENT)
    expect(page.locator(".imports-tile").first).to_contain_text(f"{ROWS}")
    without_barriers(page)
    page.get_by_role("button", name="See what taking it back would change").press("Enter")

    page.locator("#reason").fill("the wrong month", timeout=PATIENT)
    without_barriers(page)
    page.get_by_role("button", name="Take it back").press("Enter")
    expect(page.get_by_role("status")).to_contain_text(
        "This import was taken back", timeout=PATIENT
    )
    page.get_by_role("link", name="What became of it").click()
    expect(page.locator(".imports-tile").first).to_contain_text(f"{ROWS}")
