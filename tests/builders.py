"""Deals, plans, events and reps with sensible defaults, so that a test says only what it is about."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import Connection

from tracker.engine.agreement.ladder_terms import quota_minor_of
from tracker.engine.agreement.plan_book import PlanBook
from tracker.engine.agreement.plans import Assignment, Plan, PlanVersion
from tracker.engine.agreement.quota_facts import QuotaFact
from tracker.engine.agreement.teams import Membership
from tracker.engine.deals import CreditShare, Deal, DealEvent, DealStatus
from tracker.engine.earning.totals import TotalKey
from tracker.engine.plan_files.plan_file import parse_plan
from tracker.store import people, plans

ANNA, BO, CARL, SOFIE = 1, 2, 3, 4
"""Payees of tests that need no database."""
NORTH, SOUTH = 11, 12
"""Teams of theirs."""

A_DAY = date(2026, 11, 2)
A_MOMENT = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
FLAT_RATE = 'tiers = [ { rate = "10%" } ]'


def a_deal(key: str = "d-1", amount_minor: int = 10_000_000, **changes: Any) -> Deal:
    """A deal of 100,000.00 DKK that Anna won alone; `changes` are other fields of Deal."""
    defaults: dict[str, Any] = {
        "name": f"Customer of {key}",
        "status": DealStatus.WON,
        "effective_on": A_DAY,
        "currency": "DKK",
        "credit_shares": (CreditShare(ANNA, Fraction(1)),),
    }
    return Deal(key=key, amount_minor=amount_minor, **{**defaults, **changes})


def shared_by(*payee_ids: int) -> tuple[CreditShare, ...]:
    """An equal split."""
    return tuple(CreditShare(payee_id, Fraction(1, len(payee_ids))) for payee_id in payee_ids)


def an_event(deal: Deal | None = None, version: int = 1, **changes: Any) -> DealEvent:
    """The CRM says this about a deal; each version comes a minute after the one before, with its own id."""
    deal = deal or a_deal()
    defaults: dict[str, Any] = {
        "source": "crm",
        "event_id": f"{deal.key}-{version}",
        "occurred_at": A_MOMENT + timedelta(minutes=version),
        "body_hash": hashlib.sha256(repr(deal).encode()).hexdigest(),
    }
    return DealEvent(version=version, deal=deal, **{**defaults, **changes})


def a_plan_text(
    component: str = FLAT_RATE,
    window: str = "quarter",
    settlement: str = "month",
    measure: str = "revenue",
    key: str = "sales",
    **plan_keys: str,
) -> str:
    """A plan file of one component; `component` holds its further lines, `plan_keys` further words of the plan."""
    words = {
        "name": "AE 2026",
        "currency": "DKK",
        "window": window,
        "settlement": settlement,
        **plan_keys,
    }
    plan_lines = [f'{word} = "{value}"' for word, value in words.items()]
    return "\n".join(
        [*plan_lines, "[[components]]", f'key = "{key}"', f'measure = "{measure}"', component, ""]
    )


def a_plan(component: str = FLAT_RATE, **words: str) -> Plan:
    """The plan of `a_plan_text`."""
    return parse_plan(a_plan_text(component, **words))


def a_book(
    plans: Mapping[str, Plan] | Plan | None = None,
    payee_ids: Iterable[int] = (ANNA, BO, CARL, SOFIE),
    effective_from: date = date(2020, 1, 1),
    memberships: Iterable[Membership] = (),
    until: date | None = None,
    quotas: Iterable[QuotaFact] = (),
) -> PlanBook:
    """Every payee on every plan, since long ago. A single plan has the key "ae"."""
    by_key = {"ae": plans or a_plan()} if plans is None or isinstance(plans, Plan) else plans
    versions = [
        PlanVersion(number, plan_key, effective_from, plan)
        for number, (plan_key, plan) in enumerate(by_key.items(), start=1)
    ]
    return PlanBook(
        versions,
        [Assignment(payee_id, key, effective_from) for payee_id in payee_ids for key in by_key],
        memberships=memberships,
        until=until,
        quotas=quotas,
    )


def quota_facts(quotas: Mapping[tuple[int, str, str], int]) -> list[QuotaFact]:
    """Quotas by payee, component ("" for all) and period, as facts."""
    return [QuotaFact(*place, amount_minor) for place, amount_minor in quotas.items()]


def a_rep(
    connection: Connection, reference: str = "anna@firma.dk", team_name: str = "Aarhus"
) -> int:
    """The id of a rep in a team; the team is made when it is not there yet."""
    team = people.team_named(connection, team_name)
    team_id = team.id if team else people.add_team(connection, team_name)
    name = reference.partition("@")[0].capitalize()
    return people.add_payee(connection, reference, name, team_id)


def quota_in_force(
    connection: Connection, payee_id: int, component_key: str, window_key: str
) -> int | None:
    """The quota that holds in a window as it ends, as the engine finds it among what is stored."""
    book = plans.load_plan_book(connection, [payee_id])
    return quota_minor_of(book, TotalKey(payee_id, component_key, window_key))
