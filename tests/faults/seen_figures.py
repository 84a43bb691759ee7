"""What the people of a company see of their figures by HTTP, held against the oracles and the product's own check."""

import html
import json
import re
from collections.abc import Iterable
from typing import Any

from tests.faults import ladder_oracle
from tests.faults.asking import ask, patiently
from tests.faults.living_company import (
    NAMES,
    NOW,
    PLAN_KEY,
    REPS,
    THIS_MONTH,
    LivingCompany,
)
from tests.faults.payroll_oracle import NOTHING, Paid, posted_without_zeros
from tests.faults.visitors import Page, Visitor
from tracker.store import ledger, people, totals
from tracker.verify import verify

QUARTER = "2026-Q4"
COMPONENTS = ("sales", "margin")
EARNED = re.compile(r'class="earned-figure">(.*?)<span class="earned-notes"', re.DOTALL)
ROW = re.compile(r'<tr id="rep-(\d+)"(.*?)>', re.DOTALL)
OPEN_MONTH = re.compile(
    r'<section [^>]*labelledby="open-(\d{4}-\d\d)-DKK">(.*?)</section>', re.DOTALL
)
CLOSED_MONTH = re.compile(r'href="(/statements/\d+)"')
WHYS = {"/me/why": COMPONENTS} | {f"/me/why/{PLAN_KEY}/{name}": (name,) for name in COMPONENTS}
ADDED = re.compile(r'class="number row-added (\w+)">([^<]*)<')
FIGURE = re.compile(r'class="why-figure number[^"]*">([^<]*)<')
OWED = re.compile(r'class="small waiting">([^<]*)<')


def minor_in(text: str) -> int:
    """The one amount in a text in Danish: "−1.250,50 kr."."""
    plain = html.unescape(re.sub(r"<[^>]*>", "", text)).replace("\N{MINUS SIGN}", "-")
    found = re.search(r"(-?)\s*(\d[\d.\s\N{NO-BREAK SPACE}]*)(?:,(\d\d))?", plain)
    assert found, text
    whole = int(re.sub(r"\D", "", found[2]))
    return (whole * 100 + int(found[3] or 0)) * (-1 if found[1] else 1)


def check_figures(company: LivingCompany) -> None:
    """What programs read: what everybody sold and earned to date, and the tier they stand in."""
    right = right_figures(company)
    for payee in read(company, "/api/v1/standings")["standings"]:
        rep = payee["reference"]
        for ladder in payee["ladders"]:
            name = ladder["component"].partition("/")[2]
            found = ladder["attainment_minor"], ladder["earned_minor"]
            assert found == right[rep, name], (rep, name)
            if name == "sales" and company.facts.is_on_plan(rep, NOW.date()):
                assert ladder["step"] == right_step(company, rep), rep


def check_earnings(company: LivingCompany) -> None:
    """The same as the other address for it says."""
    right = right_figures(company)
    for payee in read(company, "/api/v1/earnings")["payees"]:
        for one in payee["components"]:
            place = payee["reference"], one["component"].partition("/")[2]
            assert (one["attainment_minor"], one["earned_minor"]) == right[place], place


def read(company: LivingCompany, path: str) -> Any:
    answer = patiently(lambda: ask(company.port, path, Authorization=f"Bearer {company.key}"))
    assert answer.status == 200, answer
    return json.loads(answer.text)


def right_figures(company: LivingCompany) -> dict[tuple[str, str], tuple[int, int]]:
    """By rep and component: what was sold and earned in this quarter."""
    sold = ladder_oracle.attained_minor(company.facts, QUARTER)
    return {
        (rep, name): (sold.get((rep, name), 0), right_earned(company, rep, name))
        for rep in REPS
        for name in COMPONENTS
    }


def right_earned(company: LivingCompany, rep: str, *names: str) -> int:
    """What these components earned in this quarter."""
    return sum(
        amount
        for (whose, name, month), amount in company.payroll.figures.items()
        if whose == rep and name in names and month >= "2026-10"
    )


def right_step(company: LivingCompany, rep: str) -> int:
    return ladder_oracle.step_reached(company.facts, rep, QUARTER, NOW.date())


def check_pages(company: LivingCompany, reps: Iterable[str]) -> None:
    """What reps see on their own phones: earned to date, the tier, and what each month pays."""
    for rep in reps:
        page = opened(company.visitor(rep), "/me")
        earned = EARNED.search(page.text)
        if earned is None:
            assert not right_earned(company, rep, *COMPONENTS), rep
            continue
        assert minor_in(earned[1]) == right_earned(company, rep, *COMPONENTS), rep
        if company.facts.is_on_plan(rep, NOW.date()):
            assert f'data-step="{right_step(company, rep)}"' in page.text, rep


def check_statements(company: LivingCompany, reps: Iterable[str]) -> None:
    """What each month pays, as each rep reads it, and that the export of a closed one is what it was."""
    for rep in reps:
        visitor, payroll = company.visitor(rep), company.payroll
        page = opened(visitor, "/me/statements")
        found = {month: paid_in(section) for month, section in OPEN_MONTH.findall(page.text)}
        right = payroll.open_months(rep, THIS_MONTH, company.facts)
        for month in found.keys() | right.keys():
            assert found.get(month, NOTHING) == right.get(month, NOTHING), (rep, month)
    for month, exported in company.frozen.items():
        assert company.exported(month) == exported, month
        check_closed(company, month)


def check_deals(company: LivingCompany, reps: Iterable[str]) -> None:
    """What each won deal added, as each rep reads it, sums to all that the rep ever earned."""
    for rep in reps:
        page = opened(company.visitor(rep), "/me/deals?status=won")
        added = [minor_in(words) for tone, words in ADDED.findall(page.text) if tone != "waiting"]
        figures = company.payroll.figures.items()
        assert sum(added) == sum(amount for (whose, *_), amount in figures if whose == rep), rep


def check_whys(company: LivingCompany, rep: str) -> None:
    """Every page behind a rep's figures opens, for the rep and for the manager, and the sums stand on them."""
    visitor, payee_id = company.visitor(rep), company.payee_ids[rep]
    doors = ["/me/plan", "/me/disputes", "/me/deals?status=all", "/you"]
    if EARNED.search(opened(visitor, "/me").text):
        doors += ["/me/projection", f"/me/next/{PLAN_KEY}/sales"]
        for path, names in WHYS.items():
            page = opened(visitor, path)
            figure = FIGURE.search(page.text)
            assert figure, page.text
            assert minor_in(figure[1]) == right_earned(company, rep, *names), (rep, path)
    else:
        for path in (*WHYS, "/me/projection"):
            assert visitor.get(path).status == 404, (rep, path)
    doors += [
        f"/me/deals/crm:{deal_id}"
        for deal_id, event in company.newest.items()
        if rep in [credit["rep"] for credit in event["deal"]["credits"]]
    ]
    statements = CLOSED_MONTH.findall(opened(visitor, "/me/statements").text)
    for path in (*doors, *statements, *(f"{one}/csv" for one in statements)):
        opened(visitor, path)
    for path in (f"/team/{company.team_id}/reps/{payee_id}", f"/plans/{PLAN_KEY}", "/disputes"):
        opened(company.visitors["mette"], path)
    opened(company.visitors["ida"], f"/payroll/{THIS_MONTH}")


def opened(visitor: Visitor, path: str) -> Page:
    page = visitor.get(path)
    assert page.status == 200, (path, page)
    return page


def paid_in(section: str) -> Paid:
    figure, owed = FIGURE.search(section), OWED.search(section)
    assert figure, section
    return Paid(minor_in(figure[1]), minor_in(owed[1]) if owed else 0)


def check_closed(company: LivingCompany, month: str) -> None:
    """What a closed month pays everybody is what the oracle says."""
    found = {
        one["reference"]: Paid(one["paid_minor"], one["debt_minor"])
        for one in read(company, f"/api/v1/statements?month={month}")["statements"]
    }
    for rep in REPS:
        right = company.payroll.statements[month, rep]
        assert found.get(rep, NOTHING) == right, (rep, month)


def check_manager(company: LivingCompany) -> None:
    """The manager's page, rep by rep and in all."""
    page = opened(company.visitors["mette"], f"/team/{company.team_id}")
    earned = {
        int(payee_id): int(found[1])
        for payee_id, attributes in ROW.findall(page.text)
        if (found := re.search(r'data-earned="(-?\d+)"', attributes))
    }
    right = {company.payee_ids[rep]: right_earned(company, rep, *COMPONENTS) for rep in REPS}
    assert earned == right
    assert len(earned) == len(NAMES)


def check_everything(company: LivingCompany) -> None:
    """Everybody's pages; every figure and posting of every month; and the product's own full recomputation."""
    check_figures(company)
    check_earnings(company)
    check_pages(company, REPS)
    check_deals(company, REPS)
    check_statements(company, REPS)
    check_manager(company)
    check_whys(company, REPS[len(company.told) % len(REPS)])
    earned, posted = kept_in(company)
    right = {place: minor for place, minor in company.payroll.figures.items() if minor}
    assert earned == right
    assert posted == posted_without_zeros(company.payroll.posted)
    verification = verify(company.database)
    assert verification.differences == (), verification.differences
    assert verification.drift_minor == 0


def kept_in(company: LivingCompany) -> tuple[Any, Any]:
    """What the database holds: earned by rep, component and month; posted by month and rep."""
    with company.database.read() as connection:
        reps = {payee.id: payee.reference for payee in people.payees(connection)}
        figures = totals.all_earnings(connection)
        entries = [
            (entry.posting_month, reps[payee_id], entry.amount_minor)
            for payee_id in reps
            for entry in ledger.entries_of(connection, payee_id)
        ]
    earned = {
        (reps[payee_id], component.removeprefix(f"{PLAN_KEY}/"), period): amount
        for (payee_id, component, _, period), amount in figures.items()
        if amount
    }
    posted: dict[tuple[str, str], int] = {}
    for month, rep, amount in entries:
        posted[month, rep] = posted.get((month, rep), 0) + amount
    return earned, posted_without_zeros(posted)
