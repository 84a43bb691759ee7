"""The page's side in a real browser: swap, gap, cut, restart, no CDN, no Socket.IO."""

import os
import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.live.conftest import Toy

pytestmark = pytest.mark.browser


@pytest.fixture
def page(browser: Browser, toy: Toy) -> Iterator[Page]:
    context = browser.new_context()
    context.add_cookies([{"name": "who", "value": "anna", "url": toy.origin}])
    opened = context.new_page()
    opened.violations = []  # type: ignore[attr-defined]
    opened.on("console", lambda said: _note_violation(opened, said.text))
    opened.on("pageerror", lambda problem: opened.violations.append(str(problem)))  # type: ignore[attr-defined]
    yield opened
    assert opened.violations == []  # type: ignore[attr-defined]
    context.close()


def _note_violation(page: Page, text: str) -> None:
    if "Content Security Policy" in text:
        page.violations.append(text)  # type: ignore[attr-defined]


def open_live(page: Page, toy: Toy, query: str = "") -> None:
    page.goto(f"{toy.origin}/page{query}")
    expect(page.locator("body")).to_have_attribute("data-link", "live", timeout=10_000)


def test_a_change_moves_the_page_and_the_field_in_use_keeps_its_focus(page: Page, toy: Toy) -> None:
    open_live(page, toy)
    page.locator("#field").fill("half a word")
    toy.change(payee_id=1)
    expect(page.locator("#figure")).to_have_text("1")
    toy.change(payee_id=1)
    expect(page.locator("#figure")).to_have_text("2")
    expect(page.locator("#field")).to_be_focused()
    expect(page.locator("#field")).to_have_value("half a word")
    expect(page.locator("body")).to_have_attribute("data-sequence", "2")


def test_messages_in_order_fetch_nothing(page: Page, toy: Toy) -> None:
    fetched = fetches_of(page)
    open_live(page, toy)
    for expected in ("1", "2", "3"):
        toy.change(payee_id=1)
        expect(page.locator("#figure")).to_have_text(expected)
    assert fetched == []


def test_after_a_gap_the_page_fetches_the_fragment(page: Page, toy: Toy) -> None:
    fetched = fetches_of(page)
    open_live(page, toy)
    show_in_title(page, "live:fragment", "type")
    deliver(toy, sequence=9, previous_sequence=8, html="<b id=figure>of a message after a gap</b>")
    expect(page).to_have_title("live:fragment")
    assert len(fetched) == 1
    expect(page.locator("#figure")).to_have_text("0")


def test_an_old_message_changes_nothing(page: Page, toy: Toy) -> None:
    toy.change(payee_id=1)
    fetched = fetches_of(page)
    open_live(page, toy)
    deliver(toy, sequence=1, previous_sequence=0, html="<b id=figure>old</b>")
    deliver(toy, sequence=0, previous_sequence=0, html="<b id=figure>older</b>")
    toy.change(payee_id=1)
    expect(page.locator("#figure")).to_have_text("2")
    assert fetched == []


def test_a_change_between_page_and_socket_is_not_missed(page: Page, toy: Toy) -> None:
    def change_first(route: Route) -> None:
        toy.change(payee_id=1)
        route.continue_()

    page.route("**/static/live.js", change_first)
    page.goto(f"{toy.origin}/page")
    expect(page.locator("#figure")).to_have_text("1")


def test_a_killed_server_shows_the_stale_mark_and_the_right_figure_afterwards(
    page: Page, toy: Toy
) -> None:
    open_live(page, toy)
    toy.change(payee_id=1)
    expect(page.locator("#figure")).to_have_text("1")
    toy.stop()
    expect(page.locator("body")).to_have_attribute("data-link", "lost", timeout=10_000)
    expect(page.locator("[data-stale]")).to_be_visible()
    expect(page.locator("[data-stale]")).to_contain_text("as of ")
    toy.start()
    for _ in range(5):
        toy.change(payee_id=1)
    expect(page.locator("#figure")).to_have_text("5", timeout=20_000)
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    expect(page.locator("[data-stale]")).to_be_hidden()


def test_a_silent_link_is_called_lost_within_ten_seconds(page: Page, toy: Toy) -> None:
    open_live(page, toy)
    os.killpg(toy.process.pid, signal.SIGSTOP)
    try:
        expect(page.locator("body")).to_have_attribute("data-link", "lost", timeout=10_500)
    finally:
        os.killpg(toy.process.pid, signal.SIGCONT)
    expect(page.locator("body")).to_have_attribute("data-link", "live", timeout=20_000)


def test_signing_out_elsewhere_takes_the_page_to_the_door(page: Page, toy: Toy) -> None:
    open_live(page, toy)
    toy.post("/rooms/anna", None)
    toy.change(kind="access", payee_id=1)
    expect(page.locator("#sign-in")).to_be_visible(timeout=10_000)


def test_a_session_that_ended_while_away_takes_the_page_to_the_door(page: Page, toy: Toy) -> None:
    open_live(page, toy)
    toy.stop()
    expect(page.locator("body")).to_have_attribute("data-link", "lost", timeout=10_000)
    toy.start()
    toy.post("/rooms/anna", None)
    expect(page.locator("#sign-in")).to_be_visible(timeout=20_000)


def test_other_rights_bring_a_fresh_page_state(page: Page, toy: Toy) -> None:
    open_live(page, toy)
    toy.post("/rooms/anna", ["rep:1", "team:9"])
    toy.change(kind="access")
    toy.change(payee_id=1)
    expect(page.locator("#figure")).to_have_text("2", timeout=10_000)


def test_a_wall_hears_of_a_win(page: Page, toy: Toy) -> None:
    page.context.add_cookies([{"name": "who", "value": "wall", "url": toy.origin}])
    open_live(page, toy)
    show_in_title(page, "live:celebration", "detail.headline")
    toy.change(kind="deal", team_id=3, payee_id=2, is_win=True)
    expect(page).to_have_title("A win for Team Nord")


def test_without_the_cdn_the_local_copy_makes_the_page_live(page: Page, toy: Toy) -> None:
    page.route("https://cdn.jsdelivr.net/**", lambda route: route.abort())
    open_live(page, toy, "?cdn=yes")
    toy.change(payee_id=1)
    expect(page.locator("#figure")).to_have_text("1")


def test_a_changed_file_on_the_cdn_is_refused_and_replaced(page: Page, toy: Toy) -> None:
    def swap_file(route: Route) -> None:
        route.fulfill(
            body="window.io = () => { document.title = 'broken into'; };",
            content_type="text/javascript",
            headers={"Access-Control-Allow-Origin": "*"},
        )

    page.route("https://cdn.jsdelivr.net/**", swap_file)
    open_live(page, toy, "?cdn=yes")
    assert page.title() == "t"


def test_a_cdn_that_never_answers_costs_a_few_seconds(page: Page, toy: Toy) -> None:
    page.route("https://cdn.jsdelivr.net/**", lambda route: None)
    page.goto(f"{toy.origin}/page?cdn=yes", wait_until="commit")
    expect(page.locator("body")).to_have_attribute("data-link", "live", timeout=10_000)


def test_without_any_socket_io_the_page_still_follows(page: Page, toy: Toy) -> None:
    page.goto(f"{toy.origin}/page?cdn=nowhere")
    expect(page.locator("body")).to_have_attribute("data-link", "degraded", timeout=10_000)
    toy.change(payee_id=1)
    expect(page.locator("#figure")).to_have_text("1", timeout=10_000)


def test_a_page_nobody_gave_socket_io_follows_too(page: Page, toy: Toy) -> None:
    page.goto(f"{toy.origin}/page?no_socket=1")
    expect(page.locator("body")).to_have_attribute("data-link", "degraded", timeout=12_000)


def fetches_of(page: Page) -> list[str]:
    fetched: list[str] = []
    page.on(
        "request", lambda asked: fetched.append(asked.url) if "/fragment" in asked.url else None
    )
    return fetched


def show_in_title(page: Page, event: str, part: str) -> None:
    page.evaluate(f"document.addEventListener('{event}', (e) => {{ document.title = e.{part}; }})")


def deliver(toy: Toy, *, sequence: int, previous_sequence: int, html: str) -> None:
    """Has the server say what it would never say by itself."""
    message = {
        "room": "rep:1", "html": html, "sequence": sequence,
        "previous_sequence": previous_sequence, "sent_at": "2026-11-22T10:00:00+00:00",
    }  # fmt: skip
    toy.post("/say", {"event": "fragment", "message": message, "room": "rep:1:en"})
