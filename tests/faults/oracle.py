"""What people earn by deal events, in plain sums. Written from the README alone; shares no code with the product.

The newest snapshot of each deal counts: the highest version, then the highest event id. Of a deal that is won each
participant has a part: amounts are split by largest remainder, the earlier participant first on a tie. Two components
pay it, in quarters: revenue on a ladder, and margin flat. Sums are rounded once, at the end of each month, half away
from zero; a month earns the difference to the rounded sum before it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

PLAN = """
name = "Fault plan"
currency = "DKK"
window = "quarter"
settlement = "month"
[[components]]
key = "sales"
measure = "revenue"
tiers = [ {up_to = "500000.00", rate = "3%"}, {up_to = "2000000.00", rate = "5.5%"}, {rate = "8%"} ]
[[components]]
key = "margin"
measure = "margin"
tiers = [ {rate = "1.7%"} ]
"""
# Where each tier ends, in minor units, and what it pays, in thousandths.
LADDERS = {
    "sales": ((50_000_000, 30), (200_000_000, 55), (None, 80)),
    "margin": ((None, 17),),
}
MEASURES = {"sales": "amount", "margin": "margin"}

Figures = dict[tuple[str, str, str], int]
"""Minor units by rep, component and month (2026-11)."""


def earned_by(events: Iterable[Mapping[str, Any]]) -> Figures:
    """What these events, each once, in any order, make everybody earn. Nothing is left out where it is zero."""
    sold: dict[tuple[str, str, str], int] = defaultdict(int)
    for event in newest_of(events):
        deal = event["deal"]
        if deal["status"] == "won":
            for component, measure in MEASURES.items():
                for rep, part in parts(deal, minor(deal[measure])):
                    sold[rep, component, deal["effective_on"][:7]] += part
    return figures(sold)


def newest_of(events: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The snapshot of each deal that counts."""
    newest: dict[str, Mapping[str, Any]] = {}
    for event in events:
        known = newest.get(event["deal_id"])
        if known is None or rank(event) > rank(known):
            newest[event["deal_id"]] = event
    return list(newest.values())


def rank(event: Mapping[str, Any]) -> tuple[int, str]:
    return event["version"], event["event_id"]


def minor(amount: str) -> int:
    whole, _, decimals = amount.partition(".")
    return int(whole) * 100 + int(decimals.ljust(2, "0")) * (-1 if whole.startswith("-") else 1)


def parts(deal: Mapping[str, Any], amount_minor: int) -> list[tuple[str, int]]:
    """The amount, shared out in whole minor units."""
    percents = [int(credit["share"].rstrip("%")) for credit in deal["credits"]]
    sign = -1 if amount_minor < 0 else 1
    exact = [abs(amount_minor) * percent for percent in percents]
    cut = [one // 100 for one in exact]
    left_over = abs(amount_minor) - sum(cut)
    order = sorted(range(len(exact)), key=lambda index: (-(exact[index] % 100), index))
    for index in order[:left_over]:
        cut[index] += 1
    reps = [credit["rep"] for credit in deal["credits"]]
    return [(rep, sign * part) for rep, part in zip(reps, cut, strict=True)]


def figures(sold: Mapping[tuple[str, str, str], int]) -> Figures:
    earned: Figures = {}
    for rep, component in sorted({place[:2] for place in sold}):
        reached: dict[str, int] = defaultdict(int)  # what each quarter has sold so far
        for month in sorted(place[2] for place in sold if place[:2] == (rep, component)):
            quarter = quarter_of(month)
            before = reached[quarter]
            reached[quarter] += sold[rep, component, month]
            pays = pay(component, reached[quarter]) - pay(component, before)
            earned[rep, component, month] = pays
    return earned


def quarter_of(month: str) -> str:
    return f"{month[:4]}-Q{(int(month[5:]) + 2) // 3}"


def pay(component: str, sold_minor: int) -> int:
    """What so much sold in one quarter pays, rounded half away from zero."""
    thousandths, begins = 0, 0
    for ends, rate in LADDERS[component]:
        within = sold_minor if ends is None else min(sold_minor, ends)
        if within > begins or begins == 0:  # less than nothing is paid at the first rate
            thousandths += (within - begins) * rate
        begins = ends or begins
    sign = -1 if thousandths < 0 else 1
    return sign * ((abs(thousandths) + 500) // 1000)
