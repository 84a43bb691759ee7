"""From what was sold to what the rates are paid on: which multipliers added how much, on how many deals."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import COUNT_MEASURES, WEIGHT_SCALE, Assignment
from tracker.engine.crediting.credits import Credit, credits_of, multipliers_on
from tracker.engine.deals import Deal
from tracker.engine.earning.standing import Standing
from tracker.engine.money import round_to_minor_unit
from tracker.pages.deal_rows import component_of, multiplier_words
from tracker.pages.formatting import count, measured, signed_money
from tracker.pages.i18n import gettext as _
from tracker.pages.i18n import ngettext
from tracker.pages.sheets import Row, Section
from tracker.store import deals
from tracker.store.types import Connection


def multipliers_section(
    connection: Connection, credited: Sequence[Credit], standing: Standing, book: PlanBook
) -> Section | None:
    """The way from the plain sum of a window's credits to the sum its rates act on; None without a multiplier."""
    multiplied = [one for one in credited if component_of(one, book).multipliers]
    found = deals.deals(connection, {one.deal_key for one in multiplied})
    deal_of = {stored.deal.key: stored.deal for stored in found}
    added: dict[str, list[Fraction]] = defaultdict(list)
    for credit in multiplied:
        names, added_minor = _multiplied(credit, deal_of[credit.deal_key], book)
        if names:
            added[names].append(added_minor)
    if not added:
        return None
    counted_minor = Fraction(sum(one.weight_scaled for one in credited), WEIGHT_SCALE)
    plain_minor = counted_minor - sum(sum(gains, Fraction(0)) for gains in added.values())
    rows = [_multiplier_row(names, gains, standing) for names, gains in added.items()]
    return Section(
        heading=_("What the rates are paid on"),
        rows=(_plain_row(standing, plain_minor), *sorted(rows, key=lambda row: row.label)),
        total=Row(_("Counts as"), _measured(counted_minor, standing)),
    )


def _multiplied(credit: Credit, deal: Deal, book: PlanBook) -> tuple[str, Fraction]:
    """The multipliers of a credit by name, and what they added to it in minor units."""
    role = deal.credit_shares[credit.line].role
    found = multipliers_on(component_of(credit, book), deal, role)
    if not found:
        return "", Fraction(0)
    plain = credits_of(deal, _book_without_multipliers(credit, book))
    place = credit.line, credit.part
    plain_scaled = sum(one.weight_scaled for one in plain if (one.line, one.part) == place)
    names = " · ".join(multiplier_words(one) for one in found)
    return names, Fraction(credit.weight_scaled - plain_scaled, WEIGHT_SCALE)


def _book_without_multipliers(credit: Credit, book: PlanBook) -> PlanBook:
    """The plan version a credit was given under, with its component alone and no multiplier in it."""
    version, component = book.version(credit.plan_version_id), component_of(credit, book)
    plain = replace(component, multipliers=(), multiplier_limit=None)
    alone = replace(version, plan=replace(version.plan, components=(plain,)))
    return PlanBook(
        [alone],
        [Assignment(credit.payee_id, version.plan_key, date.min)],
        until=book.until,
        exchange_rates=book.exchange,
    )


def _plain_row(standing: Standing, plain_minor: Fraction) -> Row:
    label = _("Sold so far") if standing.paid_measure == "revenue" else _("Before multipliers")
    return Row(label, _measured(plain_minor, standing))


def _multiplier_row(names: str, gains: Sequence[Fraction], standing: Standing) -> Row:
    number, gained_minor = len(gains), sum(gains, Fraction(0))
    counted = ngettext("%(count)s deal", "%(count)s deals", number, count=count(number))
    gained = (
        _measured(gained_minor, standing)
        if standing.paid_measure in COUNT_MEASURES
        else signed_money(round_to_minor_unit(gained_minor), standing.currency)
    )
    return Row(names, gained, note=counted, tone="loss" if gained_minor < 0 else "gain")


def _measured(amount_minor: Fraction, standing: Standing) -> str:
    return measured(round_to_minor_unit(amount_minor), standing.paid_measure, standing.currency)
