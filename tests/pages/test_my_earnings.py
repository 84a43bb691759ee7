"""The rep's phone: what it shows, that every figure opens its why, and that hand, keyboard and ear can use it."""

import re
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from html import unescape
from threading import Thread

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from tests.builders import a_deal, an_event
from tests.cast import FIGURES, NOW, PLAN, WINDOW, Cast
from tracker import access, flow
from tracker.engine.deals import CreditShare, DealStatus
from tracker.pages import my_earnings
from tracker.pages.i18n import LOCALES
from tracker.store import accounts, sessions
from tracker.store.plans import QuotaChange

PLAN_THAT_HOLDS = """
name = "Gated ladder"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
name = "New sales"
measure = "revenue"
requires = ["decision_maker"]
tiers = [ {up_to = "1000000", rate = "7%"}, {rate = "12%"} ]
multipliers = [ {where = {product = "Nova"}, factor = "1.5", label = "Nova"} ]
"""


def words(html: str) -> str:
    """The text a person sees, with plain spaces."""
    html = re.sub(r"<(title|desc)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def seen(cast: Cast, address: str, who: str = "anna", **headers: str) -> str:
    answer = cast.client_of(who, **headers).get(address)
    assert answer.status_code == 200
    return words(answer.text)


def sell(cast: Cast, key: str, amount_minor: int, version: int = 1, **changes: object) -> None:
    """Anna's CRM says so about a deal of hers."""
    changes = {"credit_shares": (CreditShare(cast.payee_ids["anna"], Fraction(1)),), **changes}
    deal = a_deal(key, amount_minor, effective_on=date(2026, 11, 18), **changes)
    (outcome,) = flow.record_deal_events(cast.database, [an_event(deal, version)], NOW)
    assert outcome.kind == "recorded"


def speak(cast: Cast, locale: str, theme: str = "auto") -> None:
    with cast.database.write() as connection:
        accounts.set_choices(connection, cast.person_ids["anna"], locale, theme, True, NOW)


# --- what it shows


def test_the_first_view_says_what_is_earned_and_what_is_next(cast: Cast) -> None:
    shown = seen(cast, "/me", accept_language="en")
    assert FIGURES["anna"].earned_minor == 42_941_99
    assert "Earned this quarter DKK 42,941 .99" in shown
    assert "DKK 909,160 to 9%" in shown
    assert "about 2 deals · 28 working days left" in shown
    assert "32%" in shown
    assert "Customer of anna DKK 613,457 · 7% + 42,941.99" in shown
    assert "All 1" in shown


def test_it_speaks_danish_and_swedish(cast: Cast) -> None:
    speak(cast, "da")
    assert "Optjent i kvartalet 42.941 ,99 kr." in seen(cast, "/me")
    speak(cast, "sv")
    assert "Intjänat i kvartalet 42 941 ,99 Dkr" in seen(cast, "/me")


def test_a_push_brings_the_very_partial_that_a_load_brings(cast: Cast) -> None:
    pushed = my_earnings.render_fragment(cast.app, cast.payee_ids["anna"], "sv")
    fetched = cast.client_of("anna", accept_language="sv").get("/me/fragment").text
    loaded = cast.client_of("anna", accept_language="sv").get("/me").text
    assert pushed.html == fetched
    assert fetched.strip() in loaded
    assert f'data-sequence="{pushed.sequence}"' in fetched
    assert f'data-sequence="{pushed.sequence}" data-fragment-url="/me/fragment"' in loaded


def test_a_deal_moves_the_figure_and_the_sequence(cast: Cast) -> None:
    before = my_earnings.render_fragment(cast.app, cast.payee_ids["anna"], "en")
    sell(cast, "crm:new", 100_000_00)
    after = my_earnings.render_fragment(cast.app, cast.payee_ids["anna"], "en")
    assert after.sequence > before.sequence
    assert "DKK 49,941 .99" in words(after.html)
    assert "+ 7,000" in words(after.html)


def test_a_colleagues_deal_moves_nothing(cast: Cast) -> None:
    before = my_earnings.render_fragment(cast.app, cast.payee_ids["bo"], "en")
    sell(cast, "crm:new", 100_000_00)
    assert my_earnings.render_fragment(cast.app, cast.payee_ids["bo"], "en") == before


def test_who_has_no_quota_is_told_so(cast: Cast) -> None:
    no_quota = QuotaChange(cast.payee_ids["anna"], "", WINDOW, 0)
    flow.change_quotas(cast.database, [no_quota], "test", NOW)
    shown = seen(cast, "/me", accept_language="en")
    assert "No quota yet" in shown
    assert "DKK 0" in shown


def test_people_who_do_not_sell_have_no_such_page(cast: Cast) -> None:
    for who in ("mette", "ida"):
        assert cast.client_of(who).get("/me").status_code == 404


# --- why


def test_the_lines_behind_the_figure_come_to_the_figure(cast: Cast) -> None:
    sell(cast, "crm:big", 1_000_000_00)
    shown = seen(cast, "/me/why", accept_language="en")
    assert "7% of DKK 1,522,616.80 Step 1: up to 80% DKK 106,583.18" in shown
    assert "9% of DKK 90,840.20 Step 2: 80% to 100% DKK 8,175.61" in shown
    assert "Earned DKK 114,758.79" in shown


def test_a_deal_says_what_it_added_and_through_what(cast: Cast) -> None:
    flow.activate_plan_version(cast.database, "cast", date(2026, 10, 1), PLAN_THAT_HOLDS, "t", NOW)
    half = (
        CreditShare(cast.payee_ids["anna"], Fraction(1, 2)),
        CreditShare(cast.payee_ids["bo"], Fraction(1, 2)),
    )
    sell(
        cast,
        "crm:nova/1",
        200_000_00,
        credit_shares=half,
        properties={"product": "Nova"},
        evidence=frozenset({"decision_maker"}),
    )
    shown = seen(cast, "/me/deals/crm:nova/1", accept_language="en")
    assert "+ DKK 10,500 added to your earnings" in shown
    assert "Your share 50%" in shown
    assert "Counts towards your steps DKK 100,000" in shown
    assert "Multiplier Nova ×1.5" in shown
    assert "Step 1 7%" in shown
    assert "Multipliers raise what the rate is paid on" in seen(
        cast, "/me/why", accept_language="en"
    )


def test_a_held_deal_says_what_is_missing_and_what_it_would_add(cast: Cast) -> None:
    flow.activate_plan_version(cast.database, "cast", date(2026, 10, 1), PLAN_THAT_HOLDS, "t", NOW)
    sell(cast, "crm:held", 200_000_00)
    assert "held: decision maker missing + 14,000 held" in seen(cast, "/me", accept_language="en")
    shown = seen(cast, "/me/deals/crm:held", accept_language="en")
    assert "+ DKK 14,000 held: it would add this once there is decision maker" in shown
    sell(cast, "crm:held", 200_000_00, version=2, evidence=frozenset({"decision_maker"}))
    assert "added to your earnings" in seen(cast, "/me/deals/crm:held", accept_language="en")


def test_a_deal_that_pays_nothing_says_why(cast: Cast) -> None:
    sell(cast, "crm:gone", 200_000_00, status=DealStatus.CANCELLED)
    shown = seen(cast, "/me/deals/crm:gone", accept_language="en")
    assert "added nothing" in shown
    assert "It pays when it is won." in shown


def test_the_next_deal_and_the_projection_say_what_they_assume(cast: Cast) -> None:
    shown = seen(cast, "/me/next/cast/sales", accept_language="en")
    assert "A typical deal DKK 613,457" in shown
    assert "counts as earned only when the deal is won" in shown
    shown = seen(cast, "/me/projection", accept_language="en")
    assert "Working days gone 37 of 65" in shown
    assert "An estimate: the mean of every way" in shown


def test_who_left_the_plan_long_ago_has_a_page_and_nothing_behind_it(cast: Cast) -> None:
    first, last = date(2026, 1, 1), date(2026, 3, 31)
    flow.assign_plan(cast.database, cast.payee_ids["anna"], "cast", first, last, "test", NOW)
    client = cast.client_of("anna")
    assert client.get("/me").status_code == 200
    for address in ("/me/why", "/me/why/cast/sales", "/me/next/cast/sales", "/me/projection"):
        assert client.get(address).status_code == 404, address


def test_the_lists_tell_won_from_open_deals(cast: Cast) -> None:
    assert "Prospect of anna" not in seen(cast, "/me/deals")
    assert "Prospect of anna" in seen(cast, "/me/deals?status=open")
    assert "Customer of anna" in seen(cast, "/me/deals?status=all")


@pytest.mark.parametrize("question", ["?page=0", "?page=x", "?page=99999999999", "?status=<b>"])
def test_a_strange_question_about_deals_gets_an_ordinary_answer(cast: Cast, question: str) -> None:
    assert cast.client_of("anna").get(f"/me/deals{question}").status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/me/deals/crm:bo", "/me/deals/none", "/me/why/cast/none", "/me/next/none", "/me/next/cast"],
)
def test_what_is_not_mine_is_not_there(cast: Cast, address: str) -> None:
    assert cast.client_of("anna").get(address).status_code == 404


def test_a_why_is_a_page_of_its_own_without_script_and_a_part_for_the_sheet(cast: Cast) -> None:
    client = cast.client_of("anna")
    page = client.get("/me/why").text
    part = client.get("/me/why", headers={"HX-Request": "true"}).text
    assert "<!doctype html>" in page
    assert "<html" not in part
    assert part.strip() in page


# --- in a browser


@pytest.fixture
def origin(cast: Cast) -> Iterator[str]:
    """Where the cast's company answers; its scripts are its own."""
    server = make_server("localhost", 0, cast.app, threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def phone(browser: Browser, origin: str, cast: Cast) -> Iterator[BrowserContext]:
    """Anna's phone, signed in; anything the policy refuses or a script trips over fails the test."""
    context = browser.new_context(
        base_url=origin, viewport={"width": 390, "height": 844}, has_touch=True, locale="en-GB"
    )
    with cast.database.write() as connection:
        token = sessions.open_session(connection, cast.person_ids["anna"], NOW)
    context.add_cookies([{"name": access.SESSION_COOKIE, "value": token, "url": origin}])
    yield context
    context.close()


@pytest.fixture
def page(phone: BrowserContext) -> Iterator[Page]:
    troubles: list[str] = []
    page = phone.new_page()
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on(
        "console",
        lambda message: (
            troubles.append(message.text) if "Content Security" in message.text else None
        ),
    )
    page.goto("/me")
    yield page
    assert troubles == []


def open_why(page: Page) -> None:
    page.locator(".earned").tap()
    expect(page.get_by_role("dialog")).to_be_visible()


@pytest.mark.browser
def test_a_tap_opens_the_why_over_the_page(page: Page) -> None:
    open_why(page)
    expect(page.get_by_role("dialog")).to_contain_text("42,941.99")
    expect(page.locator("#sheet-title")).to_be_focused()
    expect(page).to_have_url(re.compile("/me$"))


@pytest.mark.browser
def test_the_sheet_closes_by_key_by_button_beside_it_and_by_going_back(page: Page) -> None:
    sheet, opener = page.locator("#sheet"), page.locator(".earned")
    for close in (
        lambda: page.keyboard.press("Escape"),
        lambda: page.get_by_role("button", name="Close").tap(),
        lambda: page.touchscreen.tap(195, 20),
        lambda: page.go_back(),
    ):
        open_why(page)
        close()
        expect(sheet).to_be_hidden()
        expect(opener).to_be_focused()
        expect(page).to_have_url(re.compile("/me$"))


@pytest.mark.browser
def test_a_deal_opens_by_keyboard_alone(page: Page) -> None:
    page.locator(".row").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Customer of anna")


@pytest.mark.browser
def test_all_that_matters_is_seen_without_scrolling(page: Page) -> None:
    top_of_tabs = page.locator(".tabs").bounding_box()["y"]
    for part in (".earned", ".stairs", ".climb-words", ".tiles", ".row"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= top_of_tabs, part


@pytest.mark.browser
@pytest.mark.parametrize("locale", LOCALES)
def test_a_narrow_phone_scrolls_in_one_direction_only(page: Page, cast: Cast, locale: str) -> None:
    speak(cast, locale)
    page.set_viewport_size({"width": 320, "height": 640})
    for address in ("/me", "/me/why", "/me/deals", "/me/projection"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, address


@pytest.mark.browser
def test_everything_to_press_is_large_enough_for_a_thumb(page: Page) -> None:
    for address in ("/me", "/me/deals", "/me/why"):
        page.goto(address)
        for link in page.locator("main a, nav a, main button").all():
            box = link.bounding_box()
            assert box["height"] >= 44, link.inner_text()
            assert box["width"] >= 44, link.inner_text()


@pytest.mark.browser
@pytest.mark.parametrize(("locale", "theme"), [("da", "light"), ("en", "dark"), ("sv", "light")])
def test_no_barrier_is_found(page: Page, cast: Cast, locale: str, theme: str) -> None:
    speak(cast, locale, theme)
    page.emulate_media(reduced_motion="reduce")  # no colour is judged in the middle of a fade
    for address in ("/me", "/me/deals", "/me/why", "/me/deals/crm:anna-open", "/me/projection"):
        page.goto(address)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{address}\n{found.generate_report()}"
    page.goto("/me")
    open_why(page)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.browser
def test_without_script_the_same_taps_open_pages(
    browser: Browser, phone: BrowserContext, origin: str
) -> None:
    plain = browser.new_context(
        java_script_enabled=False, storage_state=phone.storage_state(), base_url=origin
    )
    page = plain.new_page()
    page.goto("/me")
    page.locator(".earned").click()
    expect(page).to_have_url(re.compile("/me/why$"))
    expect(page.locator(".why")).to_contain_text("Step 1")
    page.locator(".back").click()
    expect(page).to_have_url(re.compile("/me$"))
    plain.close()


@pytest.mark.browser
def test_a_changed_figure_ends_as_the_server_wrote_it_and_a_reached_step_is_marked_once(
    page: Page, cast: Cast
) -> None:
    page.evaluate("window.scrollTo(0, 0)")
    sell(cast, "crm:huge", 1_200_000_00)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("body.is-reached")).to_have_count(1)
    expect(page.locator("#earned")).to_have_text("132,758")
    expect(page.locator("#announcement")).to_contain_text("Step 2 is reached: 9%.")
    expect(page.locator("body.is-reached")).to_have_count(0)


@pytest.mark.browser
def test_an_open_sheet_follows_an_update_and_keeps_the_focus(page: Page, cast: Cast) -> None:
    open_why(page)
    sell(cast, "crm:more", 100_000_00)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#earned")).to_have_text("49,941")
    expect(page.get_by_role("dialog")).to_contain_text("49,941.99")
    expect(page.locator("#sheet-title")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".earned")).to_be_focused()


def test_the_agreement_on_target_stands_under_the_figure(cast: Cast) -> None:
    with_base = PLAN.replace('currency = "DKK"', 'currency = "DKK"\nbase_salary = "400000"')
    flow.activate_plan_version(cast.database, "cast", date(2026, 11, 1), with_base, "ida", NOW)
    sheet = cast.client_of("anna", accept_language="en").get("/me/why").text
    # a quarter of 400,000, and 7 % to 80 % then 9 % to 100 % of a quota of 1,903,271.00
    for figure in ("DKK 100,000", "140,842.05", "240,842.05"):
        assert figure in sheet.replace("\xa0", " ")
    assert "payroll" not in cast.client_of("bo", accept_language="en").get("/me").text
