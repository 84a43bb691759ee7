"""Everything that may happen to a company: what the CRM says, what is agreed with people, and what is paid."""

import sys
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.faults.ladder_oracle import month_after
from tests.faults.living_company import FIRST_MONTH, REPS, LivingCompany
from tests.faults.plan_terms import EVIDENCE, LADDERS, Terms
from tests.faults.seen_figures import check_everything, check_figures, check_pages
from tests.faults.size import sized

STEPS_BETWEEN_FULL_CHECKS = sized(7, 25)

DAYS = tuple(
    date(2026, month, day)
    for month, day in (
        *((7, 15), (8, 10), (8, 31), (9, 1), (9, 20), (9, 30), (10, 1), (10, 10), (10, 31)),
        *((11, 1), (11, 12), (11, 19), (12, 5), (12, 31)),
    )
)
AMOUNTS = (
    *("100000", "200000", "199999.99", "333333.33", "12345.67", "0.01", "500000", "0"),
    *("81234.56", "-25000.25", "1234567.89"),
)
MARGINS = ("1000", "0.01", "33333.33", "-500")
SPLITS = ((100,), (100,), (100,), (50, 50), (60, 40), (34, 33, 33))
PRODUCTS = ("Nova", "Lyra", "Orion")
AGREED_DAYS = tuple(
    date(2026, month, day)
    for month, day in ((7, 1), (8, 15), (9, 1), (10, 1), (10, 10), (11, 1), (11, 15))
)
DAY = timedelta(days=1)
PERIODS = ("2026-Q3", "2026-Q4", "2026-Q4", "2026")

some_deal = st.integers(0, 11).map(lambda number: f"d-{number:02}")
# Two sell more than the others, so that their deals meet.
some_rep = st.sampled_from((0, 0, 0, 1, 1, 2, 3, 4, 5))
some_terms = st.builds(
    Terms,
    ladder=st.sampled_from(list(LADDERS)),
    mode=st.sampled_from(["marginal", "marginal", "whole"]),
    on_change=st.sampled_from(["continue", "restart", "retro"]),
    on_quota_change=st.sampled_from(["retro", "prorate", "continue", "restart"]),
    asks_evidence=st.sampled_from([False, False, True]),
    factors=st.sampled_from([{}, {"Nova": "1.5"}, {"Nova": "1.3333", "Lyra": "0.5"}]),
    counts_factors=st.booleans(),
    cap_payout=st.sampled_from([0, 5_000, 20_000]),
    deal_cap=st.sampled_from([0, 0, 0, 250_000]),
    clawback=st.sampled_from(["", "all", "by_months_remaining"]),
    draw=st.sampled_from([0, 0, 15_000]),
    draw_kind=st.sampled_from(["recoverable", "non_recoverable"]),
)


class Histories(RuleBasedStateMachine):
    """Everything that may happen; each rule tells the company one thing and looks at the figures."""

    found: LivingCompany | None = None
    begin: Callable[[], LivingCompany]
    happened: Counter[str]
    failures: list[BaseException]

    @initialize(chance=st.integers(0, 1000))
    def open_for_business(self, chance: int) -> None:
        """Hypothesis begins with the simplest history it can think of, which need not be told to anybody."""
        if chance:
            self.found = type(self).begin()
        self.steps_count = 0

    @precondition(lambda self: self.found is None)
    @rule()
    def nothing(self) -> None:
        """What happens in the history that is told to nobody."""

    @property
    def company(self) -> LivingCompany:
        assert self.found is not None
        return self.found

    def did(self, what: str, *reps: str) -> None:
        """After every step: the figures of all, the phones of those it is about, and sometimes everything."""
        company = self.company
        company.learn()
        self.happened[what] += 1
        self.steps_count += 1
        if self.steps_count % STEPS_BETWEEN_FULL_CHECKS:
            check_figures(company)
            check_pages(company, sorted(set(reps)))
        else:
            check_everything(company)

    def say(self, what: str, deal_id: str, **changes: Any) -> None:
        """The source says something new of a deal, whose reps before and now look at their phones."""
        company = self.company
        known = company.newest[deal_id]["deal"] if deal_id in company.newest else {}
        deal = {key: value for key, value in (known | changes).items() if value is not None}
        company.send(company.tell_of(deal_id, deal))
        self.did(what, *reps_of(known), *reps_of(deal))

    def teardown(self) -> None:
        """Look at everything once more; or keep what went wrong, with all that was told."""
        failure = sys.exc_info()[1]
        if self.found is None:
            return
        if failure is None:
            check_everything(self.company)
        else:
            failure.add_note("\n".join(["What was told:", *self.company.told]))
            type(self).failures.append(failure)


def reps_of(deal: Any) -> list[str]:
    return [credit["rep"] for credit in deal.get("credits", ())]


def credits(split: tuple[int, ...], first: int) -> list[dict[str, str]]:
    return [
        {"rep": REPS[(first + number) % len(REPS)], "share": f"{share}%"}
        for number, share in enumerate(split)
    ]


is_told = precondition(lambda self: self.found is not None)
has_deals = precondition(lambda self: self.found is not None and bool(self.found.newest))


class Deals(Histories):
    """What the CRM says."""

    @is_told
    @rule(
        deal_id=some_deal,
        first=some_rep,
        split=st.sampled_from(SPLITS),
        day=st.sampled_from(DAYS),
        amount=st.sampled_from(AMOUNTS),
        margin=st.sampled_from(MARGINS),
        currency=st.sampled_from(["DKK", "DKK", "DKK", "EUR"]),
        product=st.sampled_from(PRODUCTS),
        evidence=st.sampled_from([[], [EVIDENCE]]),
    )
    def won_or_told_anew(self, deal_id: str, first: int, **told: Any) -> None:
        deal = {
            "name": f"Customer of {deal_id}",
            "status": "won",
            "effective_on": str(told["day"]),
            "currency": told["currency"],
            "amount": told["amount"],
            "margin": told["margin"],
            "product": told["product"],
            "evidence": told["evidence"],
            "credits": credits(told["split"], first),
            "ended_on": None,
        }
        self.say("won", deal_id, **deal)

    @has_deals
    @rule(number=st.integers(0, 11), amount=st.sampled_from(AMOUNTS))
    def amount_changed(self, number: int, amount: str) -> None:
        self.say("amount changed", self.one(number), amount=amount, status="won")

    @has_deals
    @rule(number=st.integers(0, 11), status=st.sampled_from(["lost", "cancelled", "open", "won"]))
    def lost_deleted_reopened_or_returned(self, number: int, status: str) -> None:
        deal_id = self.one(number)
        is_credit_note = self.company.newest[deal_id]["deal"]["amount"].startswith("-")
        status = "cancelled" if is_credit_note and status != "won" else status
        self.say(f"became {status}", deal_id, status=status)

    @has_deals
    @rule(number=st.integers(0, 11), first=some_rep)
    def owner_moved(self, number: int, first: int) -> None:
        self.say("owner moved", self.one(number), credits=credits((100,), first))

    @has_deals
    @rule(
        number=st.integers(0, 11),
        first=some_rep,
        split=st.sampled_from(SPLITS[3:]),
    )
    def split(self, number: int, first: int, split: tuple[int, ...]) -> None:
        self.say("split", self.one(number), credits=credits(split, first))

    @has_deals
    @rule(number=st.integers(0, 11), product=st.sampled_from(PRODUCTS))
    def product_changed(self, number: int, product: str) -> None:
        self.say("product changed", self.one(number), product=product)

    @has_deals
    @rule(number=st.integers(0, 11), evidence=st.sampled_from([[], [EVIDENCE], [EVIDENCE]]))
    def evidence_came_or_went(self, number: int, evidence: list[str]) -> None:
        self.say("evidence changed", self.one(number), evidence=evidence)

    @has_deals
    @rule(number=st.integers(0, 11), day=st.sampled_from(DAYS))
    def day_changed(self, number: int, day: date) -> None:
        self.say("day changed", self.one(number), effective_on=str(day), ended_on=None)

    @has_deals
    @rule(number=st.integers(0, 11), days=st.sampled_from([None, 0, 20, 45, 91, 92, 120]))
    def customer_left_or_stayed(self, number: int, days: int | None) -> None:
        deal_id = self.one(number)
        since = date.fromisoformat(self.company.newest[deal_id]["deal"]["effective_on"])
        left_on = None if days is None else str(since + timedelta(days=days))
        self.say("customer left or stayed", deal_id, ended_on=left_on)

    @has_deals
    @rule(number=st.integers(0, 1000), count=st.integers(1, 3))
    def said_again(self, number: int, count: int) -> None:
        """The same events as before: each is known."""
        known = [event for event in self.company.facts.events if event["event_id"][-1] != "~"]
        again = [known[(number + place) % len(known)] for place in range(count)]
        assert set(self.company.send(*again)) == {"duplicate"}
        self.did("said again", *(rep for event in again for rep in reps_of(event["deal"])))

    @has_deals
    @rule(number=st.integers(0, 11), amount=st.sampled_from(AMOUNTS), later=st.integers(-9, 0))
    def said_late(self, number: int, amount: str, later: int) -> None:
        """Of a version that is not newer; of two with one version the later id counts."""
        company, deal_id = self.company, self.one(number)
        deal = company.newest[deal_id]["deal"] | {"amount": amount, "status": "won"}
        company.send(company.tell_of(deal_id, deal, later))
        self.did("said late", *reps_of(deal))

    @has_deals
    @rule(numbers=st.lists(st.integers(0, 11), min_size=2, max_size=4), first=some_rep)
    def several_at_once(self, numbers: list[int], first: int) -> None:
        """In one request, one deal perhaps twice."""
        company, events = self.company, []
        touched: list[str] = []
        for place, number in enumerate(numbers):
            deal_id = self.one(number)
            known = company.newest[deal_id]["deal"]
            deal = known | {"credits": credits((60, 40), first + place)}
            events.append(company.tell_of(deal_id, deal, 10 + place))
            touched += [*reps_of(known), *reps_of(deal)]
        company.send(*events)
        self.did("several at once", *touched)

    @has_deals
    @rule(number=st.integers(0, 11), amount=st.sampled_from(["150000.00", "1.25", "200000.01"]))
    def corrected_after_a_dispute(self, number: int, amount: str) -> None:
        deal_id = self.one(number)
        if self.company.newest[deal_id]["deal"]["amount"] != amount:
            self.company.correct(deal_id, amount)
        self.did("corrected", *reps_of(self.company.newest[deal_id]["deal"]))

    def one(self, number: int) -> str:
        """One of the deals that are known."""
        known = sorted(self.company.newest)
        return known[number % len(known)]


class Agreements(Histories):
    """What is agreed with people."""

    @is_told
    @rule(terms=some_terms, starts_on=st.sampled_from(AGREED_DAYS))
    def plan_changed(self, terms: Terms, starts_on: date) -> None:
        """On a day no version begins on yet: one is never edited."""
        taken = {version.starts_on for version in self.company.facts.versions}
        while starts_on in taken:
            starts_on += DAY
        self.company.activate(terms, starts_on)
        self.did(f"plan changed ({terms.on_change})", *REPS)

    @is_told
    @rule(
        rep=st.sampled_from(REPS),
        period=st.sampled_from(PERIODS),
        amount=st.sampled_from([100_000, 250_000, 1_000_003, 400_000]),
        since=st.sampled_from([None, None, None, date(2026, 9, 10), date(2026, 11, 10)]),
    )
    def quota_changed(self, rep: str, period: str, amount: int, since: date | None) -> None:
        self.company.set_quota(rep, period, amount, since)
        self.did("quota changed", rep)

    @is_told
    @rule(rep=st.sampled_from(REPS), starts_on=st.sampled_from(AGREED_DAYS))
    def joined(self, rep: str, starts_on: date) -> None:
        """Who is on the plan from then on is not put on it twice."""
        on_plan = self.company.facts.on_plan
        ends = [end for (whose, _), end in on_plan.items() if whose == rep]
        if all(end is not None and end < starts_on for end in ends):
            self.company.put_on_plan(rep, starts_on, None)
        self.did("joined", rep)

    @is_told
    @rule(number=st.integers(0, 11), days=st.sampled_from([0, 30, 75, 100, 300]))
    def left(self, number: int, days: int) -> None:
        known = sorted(self.company.facts.on_plan)
        rep, starts_on = known[number % len(known)]
        later = [since for whose, since in known if whose == rep and since > starts_on]
        ends_on = min([starts_on + timedelta(days=days), *(day - DAY for day in later)])
        self.company.end_on_plan(rep, starts_on, ends_on)
        self.did("left", rep)

    @is_told
    @rule(day=st.sampled_from(AGREED_DAYS), rate=st.sampled_from(["7.4605", "7.5", "0.333333"]))
    def rate_told(self, day: date, rate: str) -> None:
        self.company.set_rate("EUR", day, rate)
        self.did("rate told", *REPS)


class Payroll(Histories):
    """What is paid."""

    @precondition(lambda self: self.found is not None and self.next_month < "2026-11")
    @rule()
    def closed(self) -> None:
        self.company.close(self.next_month)
        self.did("closed", *REPS)

    @precondition(lambda self: self.found is not None and bool(self.found.payroll.closed))
    @rule()
    def reopened(self) -> None:
        self.company.reopen()
        self.did("reopened", *REPS)

    @is_told
    @rule(
        rep=st.sampled_from(REPS),
        month=st.sampled_from(["2026-08", "2026-10", "2026-11"]),
        amount_minor=st.sampled_from([150_000_50, -7_500_01, 1]),
    )
    def adjusted(self, rep: str, month: str, amount_minor: int) -> None:
        self.company.adjust(rep, month, amount_minor)
        self.did("adjusted", rep)

    @property
    def next_month(self) -> str:
        closed = self.company.payroll.closed
        return month_after(closed[-1]) if closed else FIRST_MONTH


class Everything(Deals, Agreements, Payroll):
    """All of it together."""
