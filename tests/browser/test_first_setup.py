"""The one page that is there only once: where the first administrator is made."""

from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, expect

from tests.browser.conftest import LANGUAGES, PHONE
from tests.browser.test_accessibility import barriers
from tests.run_process import free_port, running

pytestmark = pytest.mark.browser


def test_the_setup_page_has_no_barrier_in_any_language_or_theme(
    browser: Browser, tmp_path: Path
) -> None:
    found = []
    with running(tmp_path / "var", free_port()) as (_address, printed):
        setup_link = next(line for line in printed if "/setup/" in line)
        for language, locale in LANGUAGES.items():
            for theme in ("light", "dark"):
                context = browser.new_context(viewport=PHONE, locale=locale, color_scheme=theme)
                page = context.new_page()
                page.goto(setup_link)
                expect(page.locator("html")).to_have_attribute("lang", language)
                page.evaluate(AXE_SCRIPT)
                found += [f"{language}, {theme}: {barrier}" for barrier in barriers(page, "")]
                context.close()
    assert found == []
