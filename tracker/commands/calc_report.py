"""What a calculation says: as JSON, or as tables for people."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tracker.commands.calc_terms import (
    exception_values,
    exception_words,
    is_reckoned,
    quota_values,
    quota_words,
)
from tracker.commands.plain_figures import amount_text, percent_text
from tracker.engine.agreement.ladder_terms import LadderTerms
from tracker.engine.agreement.plans import COUNT_MEASURES, Component, PersonalException, PlanVersion
from tracker.engine.crediting.credits import CHURN_PART, split_component_key
from tracker.engine.deals import Deal
from tracker.engine.earning.explain import LineKind, TierLine, explain_deals
from tracker.engine.earning.paying import ComponentPay, PayeePay, Payroll, Terms
from tracker.engine.earning.why_no_pay import explain_no_pay
from tracker.engine.money import minor_digits
from tracker.engine.payroll_months.equity import GrantStanding
from tracker.engine.payroll_months.settlement import Settled
from tracker.engine.periods import months_later
from tracker.engine.plan_files.plan_reader import COUNT_DIGITS

LINE_WORDS = {
    LineKind.BONUS: "bonus",
    LineKind.WEIGHTS: "multipliers",
    LineKind.CAP: "cap",
    LineKind.SHARE: "of what the team earned",
}


@dataclass(frozen=True, slots=True)
class Calculation:
    """A payroll with what is needed to tell it; `tells_deals` adds what each deal added."""

    payroll: Payroll
    terms: Terms
    references: Mapping[int, str]
    names: Mapping[int, str]
    as_of: date | None
    tells_deals: bool
    equity: Mapping[int, Sequence[GrantStanding]] = field(default_factory=dict)

    def component(self, of: ComponentPay) -> Component:
        return self.terms.component(of.key.component_key)

    @property
    def versions(self) -> list[PlanVersion]:
        """Every plan version of the calculation, in the order given."""
        return sorted(self.terms.book.versions, key=lambda version: version.version_id)

    def exceptions(self, of: ComponentPay) -> list[PersonalException]:
        """What was agreed with a payee for a component, on any day of a window."""
        window = LadderTerms(of.key, self.terms.book).window
        return [
            exception
            for exception in self.terms.book.exceptions_of(of.key.payee_id)
            if exception.component_key == of.key.component_key
            and (exception.starts_on or date.min) <= window.ends_on
            and window.starts_on <= (exception.ends_on or date.max)
        ]

    def is_team(self, payee_id: int) -> bool:
        return self.terms.book.teams.is_team(payee_id)


def own_key_of(component_key: str) -> str:
    return split_component_key(component_key)[1]


# --- JSON ------------------------------------------------------------------------------------------------------------


def as_json(calculation: Calculation) -> str:
    plan = calculation.terms.plan
    told: dict[str, Any] = {
        "plan": plan.name,
        "currency": plan.currency,
        "as_of": calculation.as_of.isoformat() if calculation.as_of else None,
        "payees": [_payee(payee, calculation) for payee in calculation.payroll.payees],
        "unpaid": [
            told for deal in calculation.payroll.unpaid for told in _unpaid(deal, calculation)
        ],
    }
    if len(calculation.versions) > 1:
        told["plans"] = [_version(version) for version in calculation.versions]
    return json.dumps(told, ensure_ascii=False, indent=2)


def _version(version: PlanVersion) -> dict[str, Any]:
    is_dated = version.effective_from > date.min
    return {
        "plan": version.plan_key,
        "name": version.plan.name,
        "from": version.effective_from.isoformat() if is_dated else None,
    }


def _payee(payee: PayeePay, calculation: Calculation) -> dict[str, Any]:
    reference = calculation.references[payee.payee_id]
    return {
        "payee": reference,
        "name": calculation.names.get(payee.payee_id, reference),
        "kind": "team" if calculation.is_team(payee.payee_id) else "rep",
        "components": [_component(component, calculation) for component in payee.components],
        "periods": [
            _period(period) | {"base_minor": base_minor}
            for period, base_minor in zip(payee.periods, payee.base_minor, strict=True)
        ],
        "equity": [_grant(standing) for standing in calculation.equity.get(payee.payee_id, ())],
        "total_minor": payee.total_minor,
        "with_base_minor": payee.total_minor + sum(payee.base_minor),
    }


def _grant(standing: GrantStanding) -> dict[str, Any]:
    following = standing.next
    return {
        "name": standing.grant.name,
        "units": standing.grant.units,
        "vested_units": standing.vested_units,
        "forfeited_units": standing.forfeited_units,
        "next_on": following.on.isoformat() if following else None,
        "next_units": following.units if following else 0,
    }


def _component(of: ComponentPay, calculation: Calculation) -> dict[str, Any]:
    component = calculation.component(of)
    told: dict[str, Any] = {
        "component": component.key,
        "window": of.key.window_key,
        "deals_count": of.credit_count,
        "attainment_minor": of.attainment_minor,
        "quota_minor": of.quota_minor,
        "earned_minor": of.earned_minor,
        "lines": [_line(line, component) for line in of.lines],
        "held": [
            {"deal_id": credit.deal_key, "missing": list(credit.missing_evidence)}
            for credit in of.held
        ],
        "held_minor": of.held_minor,
        "clawed_back": [
            {
                "deal_id": one.credit.deal_key,
                "ended_on": one.ended_on.isoformat(),
                "full_months": one.months_count,
                "kept": percent_text(one.kept),
            }
            for one in of.clawed
        ],
        "clawed_back_minor": of.clawed_minor,
    }
    if of.pool is not None:
        told["shared"] = of.pool.sharing.value
    if len({version.plan_key for version in calculation.versions}) > 1:
        told["plan"] = split_component_key(of.key.component_key)[0]
    if of.quota is not None and is_reckoned(of.quota):
        told["quotas"] = quota_values(of.quota)
    if exceptions := calculation.exceptions(of):
        told["exceptions"] = [exception_values(exception) for exception in exceptions]
    if calculation.tells_deals:
        told["deals"] = list(_deals(of, component, calculation))
    return told


def _line(line: TierLine, component: Component) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": line.kind.value, "amount_minor": line.amount_minor}
    if line.kind is LineKind.TIER:
        told |= {
            "tier": line.number,
            "from_minor": line.starts_at_minor,
            "up_to_minor": line.up_to_minor,
            "basis_minor": line.basis_minor,
        }
        if pays_by_count(component):
            told["per_unit_minor"] = int(line.rate * 10**COUNT_DIGITS)
        else:
            told["rate"] = percent_text(line.rate)
    if line.kind is LineKind.YEAR:
        rate = percent_text(line.rate)
        told |= {"year": line.number, "basis_minor": line.basis_minor, "rate": rate}
    if line.kind is LineKind.SHARE:
        told |= {"basis_minor": line.basis_minor, "share": str(line.rate)}
    return told


def _deals(
    of: ComponentPay, component: Component, calculation: Calculation
) -> Iterator[dict[str, Any]]:
    for line in explain_deals(of.credited, calculation.terms.book):
        credit = line.credit
        told = {
            "deal_id": credit.deal_key,
            "effective_on": credit.effective_on.isoformat(),
            "attainment_minor": credit.attainment_minor,
            "added_minor": line.added_minor,
            "tiers": list(line.tier_numbers),
        }
        if credit.rate:
            told["original"] = {
                "currency": credit.currency,
                "amount_minor": credit.original_minor,
                "rate": credit.rate,
            }
        if component.years:
            told["instalment"] = credit.part + 1
        elif credit.part == CHURN_PART:
            told["is_churn"] = True
        if component.clawback is not None:
            safe_on = months_later(credit.effective_on, component.clawback.within_months)
            told["safe_on"] = safe_on.isoformat()
        yield told


def _period(period: Settled) -> dict[str, Any]:
    return {
        "period": period.period.key,
        "earned_minor": period.earned_minor,
        "draw_minor": period.draw_minor,
        "paid_minor": period.paid_minor,
        "debt_minor": period.debt_minor,
        "forgiven_minor": period.forgiven_minor,
    }


def _unpaid(deal: Deal, calculation: Calculation) -> Iterator[dict[str, Any]]:
    """Why a won deal gave each of its participants nothing."""
    for share in deal.credit_shares:
        reasons = explain_no_pay(deal, share.payee_id, calculation.terms.book)
        yield {
            "deal_id": deal.key,
            "payee": calculation.references[share.payee_id],
            "reasons": [
                {
                    "kind": reason.kind.value,
                    "component": own_key_of(reason.component_key),
                    "detail": list(reason.detail),
                }
                for reason in reasons
            ],
        }


def pays_by_count(component: Component) -> bool:
    """Whether the rates of a component are money for each unit or deal, not a share of money."""
    return (component.pays_on or component.measure) in COUNT_MEASURES


# --- tables ----------------------------------------------------------------------------------------------------------


def print_report(calculation: Calculation) -> None:
    """Each payee's figures, with the lines they are made of, on the terminal."""
    _Report(calculation).print()


def _grant_in_words(standing: GrantStanding) -> str:
    words = f"{standing.grant.name}: {standing.vested_units} of {standing.grant.units} units vested"
    if standing.forfeited_units:
        words += f", {standing.forfeited_units} forfeited"
    if following := standing.next:
        words += f", {following.units} on {following.on}"
    return words


class _Report:
    def __init__(self, calculation: Calculation) -> None:
        from rich.console import Console

        self.calculation = calculation
        self.currency = calculation.terms.plan.currency
        self.digits = minor_digits(self.currency)
        self.is_one_plan = len({one.plan_key for one in calculation.versions}) == 1
        self.console = Console(highlight=False, markup=False)

    def print(self) -> None:
        payroll = self.calculation.payroll
        for payee in payroll.payees:
            self._payee(payee)
        total = self.money(sum(payee.total_minor for payee in payroll.payees))
        paid_count = sum(not self.calculation.is_team(of.payee_id) for of in payroll.payees)
        self.console.print(f"{paid_count} payees are paid {total} {self.currency} in all.")
        if payroll.unpaid:
            ids = ", ".join(deal.key for deal in payroll.unpaid[:10])
            more = " and more" if len(payroll.unpaid) > 10 else ""
            count = len(payroll.unpaid)
            self.console.print(f"{count} won deals paid nobody ({ids}{more}); --json says why.")

    def money(self, amount_minor: int) -> str:
        sign = "-" if amount_minor < 0 else ""
        return sign + amount_text(abs(amount_minor), self.digits)

    def _payee(self, payee: PayeePay) -> None:
        from rich.box import SIMPLE_HEAD
        from rich.table import Table

        self.console.print(self._heading(payee))
        lines = Table(box=SIMPLE_HEAD)
        lines.add_column("Component, window")
        lines.add_column("Why")
        for heading in ("Of", "Rate", "Earned"):
            lines.add_column(heading, justify="right")
        for component in payee.components:
            for row in self._rows(component):
                lines.add_row(*row)
        periods = Table(box=SIMPLE_HEAD)
        periods.add_column("Period")
        for heading in ("Earned", "Draw", "Paid", "Owed after"):
            periods.add_column(heading, justify="right")
        for period in payee.periods:
            amounts = (period.earned_minor, period.draw_minor, period.paid_minor, period.debt_minor)
            periods.add_row(period.period.key, *map(self.money, amounts))
        for table in (lines, periods):
            if table.row_count:
                self.console.print(table)
        for standing in self.calculation.equity.get(payee.payee_id, ()):
            self.console.print(f"  {_grant_in_words(standing)}")

    def _heading(self, payee: PayeePay) -> str:
        reference = self.calculation.references[payee.payee_id]
        name = self.calculation.names.get(payee.payee_id, reference)
        if self.calculation.is_team(payee.payee_id):
            return f"{name}: a team; its members are paid, each under their own name"
        paid = f"{name}: paid {self.money(payee.total_minor)} {self.currency}"
        if any(payee.base_minor):
            with_base = self.money(payee.total_minor + sum(payee.base_minor))
            paid += f", with the base salary {with_base}"
        return paid

    def _rows(self, of: ComponentPay) -> Iterator[tuple[str, str, str, str, str]]:
        component = self.calculation.component(of)
        quota = f" of quota {self.amount(of.quota_minor, component)}" if of.quota_minor else ""
        why = f"{self.amount(of.attainment_minor, component)}{quota}"
        if of.is_part_of_pool:
            why = "as a member of a team"
        elif component.needs_quota and not of.quota_minor:
            why = "no quota, so nothing is earned"
        name = component.key if self.is_one_plan else of.key.component_key
        yield f"{name}, {of.key.window_key}", why, "", "", self.money(of.earned_minor)
        for told in self._terms(of, component):
            yield "", f"  {told}", "", "", ""
        yield from self._lines(of, component)
        for credit in of.held:
            missing = ", ".join(credit.missing_evidence)
            yield "", f"  held: {credit.deal_key} waits for {missing}", "", "", ""
        if of.held:
            yield "", "  would add", "", "", f"({self.money(of.held_minor)})"
        for one in of.clawed:
            left = f"left {one.ended_on} after {one.months_count} full months"
            kept = f"{percent_text(one.kept)} is kept"
            yield "", f"  clawed back: {one.credit.deal_key} {left}; {kept}", "", "", ""
        if of.clawed:
            yield "", "  would be more without", "", "", f"({self.money(of.clawed_minor)})"

    def _lines(
        self, of: ComponentPay, component: Component
    ) -> Iterator[tuple[str, str, str, str, str]]:
        for line in of.lines:
            told, basis, rate = LINE_WORDS.get(line.kind, f"{line.kind} {line.number}"), "", ""
            if line.kind in (LineKind.TIER, LineKind.YEAR):
                basis, rate = self.basis(line.basis_minor, component), self.rate(line, component)
            elif line.kind is LineKind.SHARE:
                basis, rate = self.money(line.basis_minor), percent_text(line.rate)
            yield "", f"  {told}", basis, rate, self.money(line.amount_minor)

    def _terms(self, of: ComponentPay, component: Component) -> Iterator[str]:
        if of.quota is not None and is_reckoned(of.quota):
            yield from quota_words(of.quota, lambda minor: self.amount(minor, component))
        for exception in self.calculation.exceptions(of):
            yield exception_words(exception, self.money)

    def rate(self, line: TierLine, component: Component) -> str:
        if pays_by_count(component):
            return f"{self.money(int(line.rate * 10**COUNT_DIGITS))} each"
        return percent_text(line.rate)

    def amount(self, amount_minor: int | None, component: Component) -> str:
        return self._in_units_of(component.measure, amount_minor or 0)

    def basis(self, amount_minor: int, component: Component) -> str:
        return self._in_units_of(component.pays_on or component.measure, amount_minor)

    def _in_units_of(self, measure: str, amount_minor: int) -> str:
        if measure not in COUNT_MEASURES:
            return self.money(amount_minor)
        sign = "-" if amount_minor < 0 else ""
        return sign + amount_text(abs(amount_minor), COUNT_DIGITS).removesuffix(".00")
