"""A plan tried on made-up sales: what they earn one person, and whether the author's own examples come out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import COUNT_MEASURES, Assignment, Component, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership, Whose
from tracker.engine.crediting.credits import split_component_key
from tracker.engine.deals import CreditShare, Deal, DealStatus
from tracker.engine.earning.paying import ComponentPay, Terms, pay
from tracker.engine.money import minor_digits
from tracker.engine.plan_files.plan_file import PlanFileError, parse_plan
from tracker.engine.plan_files.plan_lines import lines_of
from tracker.engine.plan_files.plan_reader import Report
from tracker.engine.plan_trials.example_sales import Example, Sale

PAYEE_ID, COLLEAGUE_ID, TEAM_ID = 1, 2, 3
"""Who sells in a trial, who has the rest of a deal that is shared, and the team the seller belongs to."""

PLAN_KEY = "plan"
TRIAL_YEAR = 2026
ONE_DEAL = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """An example that does not come out: what its author says, and what the plan earns instead."""

    example: Example
    earned_minor: int


def earned_minor(
    plan: Plan,
    sales: Sequence[Sale],
    component_key: str = "",
    quota_minor: int | None = None,
    until: date | None = None,
) -> int:
    """What these sales earn one person: under one component, or under the whole plan. Draws are no part of it.

    What comes in instalments is counted until a day, or else until the last sale's settlement period ends.
    """
    return sum(of.earned_minor for of in trial(plan, sales, component_key, quota_minor, until))


def trial(
    plan: Plan,
    sales: Sequence[Sale],
    component_key: str = "",
    quota_minor: int | None = None,
    until: date | None = None,
) -> list[ComponentPay]:
    """The same with all that explains it."""
    component = plan.component(component_key) or _only_component(plan)
    deals = [_deal(plan, component, sale, number) for number, sale in enumerate(sales)]
    payroll = pay(deals, _terms(plan, deals, quota_minor, until))
    return [
        of
        for payee in payroll.payees
        for of in payee.components
        if payee.payee_id == _whom_it_pays(plan, of) and component_key in ("", _own_key(of))
    ]


def _own_key(of: ComponentPay) -> str:
    return split_component_key(of.key.component_key)[1]


def _whom_it_pays(plan: Plan, of: ComponentPay) -> int:
    component = plan.component(_own_key(of))
    return TEAM_ID if component and component.of is Whose.TEAM else PAYEE_ID


def sales_of(component: Component, sold_minor: int, like: Sale | None = None) -> list[Sale]:
    """So much sold of what a component measures, in as few deals as its cap per deal allows."""
    like = like or Sale({})
    if component.measure == "deals":
        whole, rest = divmod(sold_minor, ONE_DEAL)
        parts = [replace(like) for _ in range(whole)]
        return parts + ([replace(like, share=Fraction(rest, ONE_DEAL))] if rest else [])
    cap = component.deal_cap_minor
    sizes = [sold_minor]
    if cap is not None and sold_minor > cap:
        whole, rest = divmod(sold_minor, cap)
        sizes = [cap] * whole + ([rest] if rest else [])
    return [_sale_of(component, size, sold_minor, like) for size in sizes]


def _sale_of(component: Component, size_minor: int, sold_minor: int, like: Sale) -> Sale:
    """One part of what is sold; other measures said of the whole are divided alike."""
    shared = {
        name: amount_minor * size_minor // sold_minor if sold_minor else amount_minor
        for name, amount_minor in like.measures.items()
    }
    return replace(like, measures={**shared, component.measure: size_minor})


def differences(plan: Plan) -> Iterator[Difference]:
    """The author's examples that do not come out."""
    for example in plan.examples:
        found = earned_minor(
            plan,
            _sales(plan, example),
            example.component_key,
            example.quota_minor,
            example.until,
        )
        if found != example.earned_minor:
            yield Difference(example, found)


def refuse_wrong_examples(text: str) -> None:
    """Raises PlanFileError for a plan file whose own examples do not come out, each with its line."""
    plan = parse_plan(text)
    report = Report(lines_of(text.removeprefix("\ufeff").replace("\r\n", "\n")))
    digits = minor_digits(plan.currency)
    for difference in differences(plan):
        said, found = (
            _amount_text(minor, digits)
            for minor in (difference.example.earned_minor, difference.earned_minor)
        )
        name = f"“{difference.example.name}” " if difference.example.name else ""
        what = f"the example {name}says {said}, but the plan earns {found}."
        fix = f'Correct the plan, or write earned = "{found}".'
        report.add((*difference.example.path, "earned"), what, fix)
    if report.problems:
        raise PlanFileError(report.problems)


def _amount_text(amount_minor: int, digits: int) -> str:
    """As the file would write it."""
    sign, (whole, part) = "-" * (amount_minor < 0), divmod(abs(amount_minor), 10**digits)
    return f"{sign}{whole}.{part:0{digits}}" if part else f"{sign}{whole}"


def _sales(plan: Plan, example: Example) -> Sequence[Sale]:
    component = plan.component(example.component_key)
    if example.sold_minor is None or component is None:
        return example.sales
    like = example.sales[0] if example.sales else None
    return sales_of(component, example.sold_minor, like)


def _only_component(plan: Plan) -> Component | None:
    return plan.components[0] if len(plan.components) == 1 else None


def _deal(plan: Plan, component: Component | None, sale: Sale, number: int) -> Deal:
    """A sale as the deal the component wants, where the sale says nothing else."""
    wanted = {name: words[0] for name, words in component.where.items()} if component else {}
    role = sale.role or wanted.pop("role", "")
    wanted.pop("role", None)
    evidence = sale.evidence
    if evidence is None:
        evidence = frozenset(word for one in plan.components for word in one.requires)
    shares = [CreditShare(PAYEE_ID, sale.share, role)]
    if sale.share < 1:
        shares.append(CreditShare(COLLEAGUE_ID, 1 - sale.share))
    measures = dict(sale.measures)
    amount_minor = measures.pop("revenue", None)
    if amount_minor is None:
        money = [minor for name, minor in measures.items() if name not in COUNT_MEASURES]
        amount_minor = money[0] if money else 0
    return Deal(
        key=f"example-{number:05}",
        name="",
        status=DealStatus.WON,
        effective_on=sale.effective_on or _first_day(plan, component),
        currency=plan.currency,
        amount_minor=amount_minor,
        credit_shares=tuple(shares),
        measures=measures,
        properties={**wanted, **sale.properties},
        evidence=evidence,
        ended_on=sale.ended_on,
    )


def _first_day(plan: Plan, component: Component | None) -> date:
    """The first day of a fiscal year, or of a campaign."""
    if component is not None and component.starts_on is not None:
        return component.starts_on
    first_day = date(TRIAL_YEAR, plan.year_starts_in_month, 1)
    if component is not None and component.ends_on is not None:
        return min(first_day, component.ends_on)
    return first_day


def _terms(plan: Plan, deals: Sequence[Deal], quota_minor: int | None, until: date | None) -> Terms:
    plain = replace(plan, draw=None)
    version = PlanVersion(1, PLAN_KEY, date.min, plain)
    payee_ids = (PAYEE_ID, TEAM_ID)
    quotas = [QuotaFact(payee_id, "", "", quota_minor or 0) for payee_id in payee_ids]
    last_day = max((deal.effective_on for deal in deals), default=_first_day(plan, None))
    return Terms(
        plan=plain,
        book=PlanBook(
            [version],
            [Assignment(payee_id, PLAN_KEY, date.min) for payee_id in payee_ids],
            quotas=[] if quota_minor is None else quotas,
            has_plan_quotas=True,
            memberships=[Membership(TEAM_ID, PAYEE_ID, date.min)],
            until=until or plain.settlement_period_of(last_day).ends_on,
            exchange_rates=plain.exchange_rates,
        ),
        last_day=last_day,
    )
