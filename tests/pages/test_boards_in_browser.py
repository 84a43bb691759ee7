"""The wall and the manager's page in a real browser: what their scripts do, no scrolling, no barrier, no violation."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Connection, update
from werkzeug.serving import make_server

from tests.cast import NOW, Cast
from tests.pages.test_team_board import show_customers, win
from tracker import access
from tracker.store import people, screens, sessions
from tracker.store.tables import screen

pytestmark = pytest.mark.browser

LOCALES = ("en", "da", "sv")
THEMES = ("light", "dark")


@pytest.fixture
def origin(cast: Cast) -> Iterator[str]:
    """The company's pages on a port of their own; nothing is pushed, so the tests say what arrives."""
    server = make_server("127.0.0.1", 0, cast.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()


@dataclass
class Visitor:
    """One browser window of somebody; `page` keeps what the browser complained about in `complaints`."""

    page: Page
    complaints: list[str]


@pytest.fixture
def visit(cast: Cast, browser: Browser, origin: str):
    """Opens an address as somebody, in a window of a size; checks at the end that no page was refused anything."""
    visitors = []

    def open_page(who: str, address: str, width: int = 1440, height: int = 900, **options) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        name, token = cookie_of(cast, who)
        context.add_cookies([{"name": name, "value": token, "url": origin}])
        page = context.new_page()
        visitor = Visitor(page, [])
        visitors.append(visitor)
        page.on("console", lambda said: note(visitor, said.text))
        page.on("pageerror", lambda problem: visitor.complaints.append(str(problem)))
        page.goto(origin + address)
        return page

    yield open_page
    for visitor in visitors:
        assert visitor.complaints == []
        visitor.page.context.close()


def note(visitor: Visitor, text: str) -> None:
    if "Content Security Policy" in text:
        visitor.complaints.append(text)


def cookie_of(cast: Cast, who: str) -> tuple[str, str]:
    if who.startswith("screen"):
        return access.SCREEN_COOKIE, cast.secrets[who]
    with cast.database.write() as connection:
        return access.SESSION_COOKIE, sessions.open_session(connection, cast.person_ids[who], NOW)


def cheer(page: Page, sequence: int, person: str = "Anna") -> None:
    """A win arrives as live.js would tell it."""
    detail = {
        "sequence": sequence,
        "person": person,
        "initials": "AL" if person else "",
        "headline": f"{person} won Nordwind A/S" if person else "A win for North",
        "team_line": "and took North to 31%",
        "step_line": "",
    }
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('live:celebration', { detail }))", detail
    )


def stop_time(page: Page) -> None:
    """From here on the page's time moves only as far as the test says, however busy the machine is."""
    put_under_a_clock(page)
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + 1)


def put_under_a_clock(page: Page) -> None:
    """The page once more, with a clock of the test's from its first script on.

    Put into a running page the clock shows its own zero for a moment, and a wall that looks then sees another day.
    """
    address = page.url
    page.goto("about:blank")
    page.clock.install()
    page.goto(address)


def pushed(page: Page) -> None:
    """The fragment arrives again, as after any change."""
    page.evaluate("""async () => {
        const live = document.getElementById('live');
        const answer = await fetch(document.body.dataset.fragmentUrl);
        live.innerHTML = await answer.text();
        document.dispatchEvent(new CustomEvent('live:fragment', { detail: {} }));
    }""")


def barriers(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


# --- the wall -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (3840, 2160), (1280, 720)])
def test_the_wall_fills_any_screen_without_scrolling(cast: Cast, visit, width, height) -> None:
    show_customers(cast)
    for number, who in enumerate(("anna", "bo", "cleo", "dan", "anna", "cleo")):
        win(cast, who, key=f"crm:{number}")
    page = visit("screen of North", "/screen", width, height)
    sizes = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
    )
    assert sizes == [width, height]
    figure = page.locator(".wall-figure")
    assert figure.evaluate("it => parseFloat(getComputedStyle(it).fontSize)") == pytest.approx(
        150 * width / 1920, rel=0.01
    )
    for part in (".wall-top", ".wall-goal", ".wall-close", ".wall-ticker"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height + 1


def test_a_win_fills_the_wall_for_eight_seconds_and_then_the_figures_are_back(visit) -> None:
    page = visit("screen of North", "/screen")
    stop_time(page)
    cheer(page, 1)
    page.clock.run_for(500)
    expect(page.locator("#win")).to_be_visible()
    expect(page.locator(".win-headline")).to_have_text("Anna won Nordwind A/S")
    page.clock.run_for(7_800)
    expect(page.locator("#win")).to_be_visible()
    page.clock.run_for(300)
    expect(page.locator("#win")).to_be_hidden()


def test_a_burst_of_wins_is_one_card_that_names_everybody_once(visit) -> None:
    page = visit("screen of North", "/screen")
    stop_time(page)
    for sequence, person in enumerate(("Anna", "Cleo", "", "Anna"), start=1):
        cheer(page, sequence, person)
    page.clock.run_for(500)
    expect(page.locator(".win-headline")).to_have_text("4 wins: Anna, Cleo and 1 more")
    cheer(page, 5, "Dan")
    cheer(page, 5, "Dan")
    page.clock.run_for(8_600)
    expect(page.locator("#win")).to_be_hidden()
    page.clock.run_for(5_000)
    expect(page.locator(".win-headline")).to_have_text("Dan won Nordwind A/S")


def test_calm_walls_and_people_who_want_no_motion_get_a_still_card(cast: Cast, visit) -> None:
    with cast.database.write() as connection:
        screens.change_screen(connection, cast.screen_ids["North"], "North wall", True)
    calm = visit("screen of North", "/screen")
    reduced = visit("screen of South", "/screen", reduced_motion="reduce")
    for page in (calm, reduced):
        page.evaluate("""() => {
            window.frames_drawn = 0;
            const ask = window.requestAnimationFrame.bind(window);
            window.requestAnimationFrame = (draw) => { window.frames_drawn += 1; return ask(draw); };
        }""")
        cheer(page, 1)
        expect(page.locator("#win")).to_be_visible()
        page.wait_for_timeout(300)
        assert page.evaluate("window.frames_drawn") == 0
        words = page.locator(".win-words")
        assert words.evaluate("it => getComputedStyle(it).animationName") == "none"


def test_a_wall_turns_calm_and_silent_by_a_push_alone(cast: Cast, visit) -> None:
    page = visit("screen of North", "/screen")
    page.get_by_role("button", name="Turn sound on").click()
    expect(page.get_by_role("button", name="Sound is on")).to_be_visible()
    with cast.database.write() as connection:
        screens.change_screen(connection, cast.screen_ids["North"], "North wall", True)
    pushed(page)
    expect(page.locator("body")).to_have_attribute("data-calm", "")
    expect(page.locator("[data-sound]")).to_be_hidden()
    page.evaluate("""() => {
        window.tones = 0;
        AudioContext.prototype.createOscillator = () => { window.tones += 1; };
    }""")
    cheer(page, 1)
    expect(page.locator("#win")).to_be_visible()
    assert page.evaluate("window.tones") == 0


def test_the_wall_is_silent_until_somebody_presses_for_sound(visit) -> None:
    page = visit("screen of North", "/screen")
    button = page.get_by_role("button", name="Turn sound on")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(page.get_by_role("button", name="Sound is on")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Sound is on").click()
    expect(button).to_have_attribute("aria-pressed", "false")


def test_a_wall_that_is_cut_off_says_as_of_when_its_figures_are(visit) -> None:
    page = visit("screen of North", "/screen")
    expect(page.locator("body")).to_have_attribute("data-link", "lost", timeout=10_000)
    expect(page.locator(".wall-stale")).to_contain_text("as of")
    expect(page.locator(".wall-now")).to_be_hidden()
    expect(page.locator(".wall-figure")).to_be_visible()


def test_a_new_day_starts_afresh_but_never_towards_a_server_that_is_away(visit) -> None:
    page = visit("screen of North", "/screen")
    put_under_a_clock(page)
    page.route("**/screen/fragment", lambda route: route.abort())
    page.evaluate("window.isYesterdays = true")
    page.clock.fast_forward("25:00:00")
    page.wait_for_timeout(1_000)
    assert page.evaluate("window.isYesterdays")
    page.unroute("**/screen/fragment")
    with page.expect_event("framenavigated"):
        page.clock.fast_forward("00:02:00")
    expect(page.locator(".wall-figure")).to_be_visible()


# --- the table -----------------------------------------------------------------------------------------------------


def names_in(page: Page) -> list[str]:
    return page.locator("#reps tbody tr:visible .cell-name a").all_inner_texts()


def desk(cast: Cast, visit, **options) -> Page:
    return visit("mette", f"/team/{cast.team_ids['North']}", **options)


def test_a_heading_sorts_the_table_and_says_so_and_a_push_keeps_it(cast: Cast, visit) -> None:
    page = desk(cast, visit)
    by_attainment = names_in(page)
    assert page.locator("th[aria-sort]").all_inner_texts()[0].startswith("Attainment")
    heading = page.get_by_role("button", name="Rep", exact=True)
    heading.focus()
    page.keyboard.press("Enter")
    assert names_in(page) == sorted(by_attainment)
    page.keyboard.press("Enter")
    assert names_in(page) == sorted(by_attainment, reverse=True)
    pushed(page)
    assert names_in(page) == sorted(by_attainment, reverse=True)
    expect(page.locator('th[data-key="name"]')).to_have_attribute("aria-sort", "descending")
    expect(page.locator("th[aria-sort]")).to_have_count(1)


@pytest.mark.parametrize(
    "key", ["attainment", "step", "distance", "trend", "earned", "held", "marks"]
)
def test_every_column_sorts_both_ways(cast: Cast, visit, key: str) -> None:
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")
    page = desk(cast, visit)
    values = []
    for _press in range(2):
        page.locator(f'[data-sort="{key}"]').click()
        found = page.locator("#reps tbody tr").evaluate_all(
            "(rows, key) => rows.map((row) => row.dataset[key])", key
        )
        values.append([text if key == "marks" else int(text) for text in found if text])
    assert sorted([values[0], values[1]]) == sorted(
        [sorted(values[0]), sorted(values[0], reverse=True)]
    )


def test_text_and_marks_filter_the_table_and_say_how_many_are_left(cast: Cast, visit) -> None:
    page = desk(cast, visit)
    page.get_by_role("searchbox").fill("  CLEO ")
    assert names_in(page) == ["Cleo Friis"]
    expect(page.locator("[data-shown]")).to_have_text("1 of 4 reps shown")
    pushed(page)
    assert names_in(page) == ["Cleo Friis"]
    page.get_by_role("searchbox").fill("nobody")
    expect(page.locator("[data-none]")).to_be_visible()
    page.get_by_role("searchbox").fill("")
    page.get_by_role("radio", name="Falling behind").check(force=True)
    behind = page.locator("#reps tbody tr:visible").evaluate_all(
        "rows => rows.map((row) => row.dataset.marks)"
    )
    assert behind
    assert all("behind" in marks.split() for marks in behind)
    page.reload()
    expect(page.get_by_role("radio", name="Falling behind")).to_be_checked()


def test_a_rep_opens_in_a_sheet_over_the_table(cast: Cast, visit) -> None:
    page = desk(cast, visit)
    page.get_by_role("link", name="Anna Lund").click()
    expect(page.get_by_role("dialog")).to_contain_text("Customer of anna")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_an_open_sheet_stays_at_its_deal_and_closes_when_pay_does(cast: Cast, visit) -> None:
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")
    page = desk(cast, visit)
    page.get_by_role("link", name="Anna Lund").click()
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("link", name="Customer of anna").click()
    title = page.locator("#sheet-title")
    expect(title).to_have_text("Customer of anna")
    with page.expect_response("**/reps/*/deals/**"):
        pushed(page)
    expect(title).to_have_text("Customer of anna")
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "no")
    pushed(page)
    expect(sheet).to_be_hidden()
    expect(page.locator("#sheet-body")).to_be_empty()


@pytest.mark.parametrize("locale", LOCALES)
def test_the_desk_never_scrolls_sideways(cast: Cast, visit, locale: str) -> None:
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")
        people.change_person(connection, cast.person_ids["mette"], locale=locale)
    page = desk(cast, visit)
    for width in (320, 390, 768, 960, 1024, 1280, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        too_wide = page.locator(".desk-table").evaluate("it => it.scrollWidth - it.clientWidth")
        assert too_wide <= 0, width


# --- barriers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("theme", THEMES)
def test_no_page_has_a_barrier_in_any_language_and_theme(
    cast: Cast, visit, locale: str, theme: str
) -> None:
    win(cast, "anna")
    with cast.database.write() as connection:
        people.put_setting(connection, access.MANAGERS_SEE_PAY, "yes")
        people.change_person(connection, cast.person_ids["mette"], locale=locale, theme=theme)
        screens_of_north(connection, cast, locale, theme)
    team = f"/team/{cast.team_ids['North']}"
    rep = f"{team}/reps/{cast.payee_ids['anna']}"
    for who, address in (("mette", team), ("mette", rep), ("screen of North", "/screen")):
        page = visit(who, address)
        assert page.locator("html").get_attribute("lang") == locale
        assert barriers(page) == [], address
    cheer(page, 1)
    page.wait_for_selector("#win:not([hidden])")
    page.wait_for_timeout(600)
    assert barriers(page) == []


def screens_of_north(connection: Connection, cast: Cast, locale: str, theme: str) -> None:
    chosen = update(screen).where(screen.c.id == cast.screen_ids["North"])
    connection.execute(chosen.values(locale=locale, theme=theme))
