"""Every page of the product: how a person comes to it, and what must be there before it is looked at."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.demo_server import REP, TEAM


@dataclass(frozen=True)
class Visit:
    """A page (or a page with something opened on it) as one member of the company sees it.

    `who` is "" for a visitor without an account. `part` is what was opened, looked at alone when the rest has been.
    `width` is that of a window other than the one they usually have.
    """

    name: str
    who: str
    path: str
    arrive: Callable[[Page], None] = lambda page: None
    part: str = ""
    width: int = 0


def open_sheet(selector: str) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.wait_for_function("window.htmx !== undefined")
        page.locator(selector).first.click()
        expect(page.locator("#sheet-title")).to_be_visible()

    return arrive


def open_deal_in_sheet(page: Page) -> None:
    open_sheet("#reps tbody a")(page)
    title = page.locator("#sheet-title")
    before = title.inner_text()
    page.locator("#sheet .why-row a").first.click()
    expect(title).not_to_have_text(before)


def fail_to_sign_in(page: Page) -> None:
    page.locator("#email").fill("nobody@demo.example")
    page.locator("#password").fill("not the password")
    page.locator("form .button").click()
    expect(page.get_by_role("alert")).to_be_visible()


def fail_to_pair(page: Page) -> None:
    page.locator("#code").fill("AAAAAA")
    page.locator("#name").fill("Sales floor")
    page.locator("form .button").first.click()
    expect(page.get_by_role("alert")).to_be_visible()


def follow(selector: str) -> Callable[[Page], None]:
    """Go where a link leads without its sheet, as a browser without script would."""

    def arrive(page: Page) -> None:
        page.goto(str(page.locator(selector).first.get_attribute("href")))

    return arrive


def follow_to_deal_of_rep(page: Page) -> None:
    follow("#reps tbody a")(page)
    follow(".why-row a")(page)


def open_form_in_sheet(page: Page) -> None:
    open_sheet(".row")(page)
    page.locator("#sheet .why-doubt a").click()
    expect(page.locator("#sheet textarea")).to_be_visible()


def compare_a_list(page: Page) -> None:
    page.wait_for_function("window.htmx !== undefined")
    text = "Kunde;Dato;Provision\nNobody A/S;2026-11-03;100\n"
    page.set_input_files(
        "#file", {"name": "mine.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    expect(page.locator("#totals")).to_be_visible()


def follow_to_correction(page: Page) -> None:
    follow(".disputes a")(page)
    follow(".dispute-acts a >> nth=0")(page)
    page.locator(".correction summary, .deals .row").first.click()


def follow_to_addition(page: Page) -> None:
    follow(".disputes a")(page)
    follow(".dispute-acts a >> nth=1")(page)


def look_at_deal_by_hand(page: Page, amount: str = "50000") -> None:
    page.locator("#name").fill("Nordwind A/S")
    page.locator("#effective_on").fill(date.today().isoformat())
    page.locator("#amount").fill(amount)
    page.locator("#words").fill("Signed at the fair")
    page.locator("[value=look]").click()


def see_what_a_deal_by_hand_changes(page: Page) -> None:
    page.locator("#credit-0").select_option(label=REP)
    page.locator("#share-0").fill("100%")
    look_at_deal_by_hand(page)
    expect(page.locator("#changes")).to_be_visible()


def fail_to_say_a_deal_by_hand(page: Page) -> None:
    look_at_deal_by_hand(page, "much")
    expect(page.locator(".field-problem").first).to_be_visible()


def open_every_detail(page: Page) -> None:
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")


def win_on_the_wall(page: Page) -> None:
    page.evaluate(
        """words => document.dispatchEvent(new CustomEvent("live:celebration", { detail: words }))""",
        {
            "sequence": 1,
            "person": REP,
            "initials": "AL",
            "headline": f"{REP} won Nordwind A/S",
            "team_line": f"and took {TEAM.name} to 55%",
            "step_line": "1% to step 2",
        },
    )
    expect(page.locator("#win")).to_be_visible()


def on_both(name: str, path: str, arrive: Callable[[Page], None]) -> tuple[Visit, Visit]:
    """An administrator at the desk, and on the way."""
    desk = Visit(name, "admin", path, arrive)
    return desk, replace(desk, name=f"{name}, on a phone", width=PHONE["width"])


VISITS = (
    Visit("the sign-in page", "", "/sign-in"),
    Visit("the sign-in page after a wrong password", "", "/sign-in", fail_to_sign_in),
    Visit("an invitation", "", "invited"),
    Visit("the pairing code", "", "/screen"),
    Visit("a page that is not there, signed out", "", "/nowhere"),
    Visit("the phone", "rep", "/me"),
    Visit("why earned", "rep", "/me", open_sheet(".earned"), "#sheet"),
    Visit("why this step", "rep", "/me", open_sheet(".climb"), "#sheet"),
    Visit("what the next deal adds", "rep", "/me", open_sheet(".tile >> nth=0"), "#sheet"),
    Visit("what is projected", "rep", "/me", open_sheet(".tile >> nth=1"), "#sheet"),
    Visit("why a deal paid", "rep", "/me", open_sheet(".row"), "#sheet"),
    Visit("the plan in words", "rep", "/me/plan"),
    Visit("the deals", "rep", "/me/deals"),
    Visit("why an open deal pays nothing", "rep", "/me/deals?status=open", open_sheet(".row")),
    Visit("why earned, as a page", "rep", "/me/why"),
    Visit("the statements", "rep", "/me/statements"),
    Visit("one statement", "rep", "/me/statements", follow(".row")),
    Visit("a rep's disputes", "rep", "/me/disputes"),
    Visit("one of them", "rep", "/me/disputes", follow(".disputes a")),
    Visit("a dispute to be raised", "rep", "/me", open_form_in_sheet, "#sheet"),
    Visit("a missing deal to be named", "rep", "/me/disputes/new?about=missing"),
    Visit("a rep's own spreadsheet", "rep", "/me/spreadsheet", compare_a_list),
    Visit("a rep's own settings", "rep", "/you"),
    Visit("a page that is not there", "rep", "/team/1"),
    Visit("the manager's page", "manager", "/team"),
    Visit("a rep in the sheet", "manager", "/team", open_sheet("#reps tbody a"), "#sheet"),
    Visit("a rep's deal in the sheet", "manager", "/team", open_deal_in_sheet, "#sheet"),
    Visit("a rep, as a page", "manager", "/team", follow("#reps tbody a")),
    Visit("a rep's deal, as a page", "manager", "/team", follow_to_deal_of_rep),
    Visit("the disputes", "manager", "/disputes"),
    Visit("a dispute to decide", "manager", "/disputes", follow(".disputes a")),
    Visit("a deal to correct", "manager", "/disputes", follow_to_correction),
    Visit("a deal to add", "manager", "/disputes", follow_to_addition),
    Visit("the plans", "manager", "/plans"),
    Visit("a plan as its manager reads it", "manager", "/plans/ae_smb"),
    Visit("the screens", "manager", "/screens"),
    Visit("the screens after a wrong code", "manager", "/screens", fail_to_pair),
    Visit("a manager's own settings", "manager", "/you"),
    Visit("an administrator's teams", "admin", "/team"),
    Visit("the plans and their drafts", "admin", "/plans"),
    Visit("a plan with all that can be changed", "admin", "/plans/ae_smb", open_every_detail),
    Visit("a draft as a form", "admin", "/plans/drafts/1", open_every_detail),
    Visit("a draft as a text", "admin", "/plans/drafts/1?as=text"),
    Visit("the company", "admin", "/company"),
    Visit("deals by hand", "admin", "/deals/change"),
    Visit("a deal by hand", "admin", "/deals/add"),
    Visit("a deal by hand that cannot be", "admin", "/deals/add", fail_to_say_a_deal_by_hand),
    *on_both("what a deal by hand would change", "/deals/add", see_what_a_deal_by_hand_changes),
    Visit("the sources", "admin", "/sources", open_every_detail),
    *on_both("what was set aside", "/quarantine", open_every_detail),
    Visit("the month to approve", "admin", "/payroll"),
    Visit("the columns of the payroll file", "admin", "/payroll/columns"),
    Visit("adjustments by hand", "admin", "/adjustments"),
    Visit("an administrator's own settings", "admin", "/you"),
    Visit("the wall", "wall", "/screen"),
    Visit("a win on the wall", "wall", "/screen", win_on_the_wall, "#win"),
)
