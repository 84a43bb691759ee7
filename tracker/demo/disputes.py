"""A few disputes in the demo company, in different states, through the same functions the pages use."""

from dataclasses import replace
from datetime import datetime, timedelta

from tracker import flow_disputes
from tracker.demo.company import TEAMS, email_of
from tracker.engine.claims.disputes import Act
from tracker.engine.deals import DealStatus
from tracker.pages.doubts import DEAL, MISSING, Claim, doubt_of, pointed_at
from tracker.pages.i18n import speaking
from tracker.store import deals, people
from tracker.store.database import Database
from tracker.store.deals import StoredDeal
from tracker.store.people import Payee
from tracker.store.types import Connection

MANAGER = email_of(TEAMS[0].manager)
ANNA, MIKKEL, SOFIE = TEAMS[0].reps[:3]
AN_HOUR = timedelta(hours=1)
QUIET = timedelta(days=4)


def add_disputes(database: Database, now: datetime) -> None:
    """Three that wait for the manager of the first team or were answered, and one that was corrected.

    None in a company without a history: there is nothing to doubt.
    """
    with database.read() as connection:
        quiet = [
            _won_deals(connection, _payee(connection, rep), now - QUIET) for rep in (ANNA, MIKKEL)
        ]
    if min(map(len, quiet)) < 2:
        return
    first = _doubt_deal(database, ANNA, 0, "Vi aftalte Nova på denne. Den står som Core.", now, 30)
    _act(database, first, Act.ANSWER, 1, "Jeg spørger CRM-holdet og vender tilbage i dag.", now, 26)
    _doubt_deal(database, ANNA, 1, "Beløbet er uden tillægget på 8.000 kr.", now, 3)
    _doubt_missing(database, SOFIE, "Havn & Søn", now, 20)
    corrected = _doubt_deal(
        database, MIKKEL, 0, "Beløbet er uden opsætningen på 5.000 kr.", now, 50
    )
    _correct(database, corrected, MIKKEL, now)


def _doubt_deal(
    database: Database, rep: str, place: int, words: str, now: datetime, hours: int
) -> int:
    with speaking("da"), database.read() as connection:
        payee = _payee(connection, rep)
        stored = _won_deals(connection, payee, now - QUIET)[place]
        pointed = pointed_at(connection, payee, DEAL, stored.deal.key)
        doubt = doubt_of(connection, payee, pointed, "", Claim())
    at = now - hours * AN_HOUR
    return flow_disputes.raise_dispute(database, doubt, words, email_of(rep), at)


def _doubt_missing(database: Database, rep: str, customer: str, now: datetime, hours: int) -> None:
    at = now - hours * AN_HOUR
    claim = Claim(customer, (at - timedelta(days=2)).date(), 52_000_00, "DKK")
    with speaking("da"), database.read() as connection:
        payee = _payee(connection, rep)
        doubt = doubt_of(connection, payee, pointed_at(connection, payee, MISSING, ""), "", claim)
    words = "Kontrakten er underskrevet, men salget er ikke her."
    flow_disputes.raise_dispute(database, doubt, words, email_of(rep), at)


def _act(
    database: Database,
    dispute_id: int,
    act: Act,
    read_count: int,
    words: str,
    now: datetime,
    hours: int,
) -> None:
    at = now - hours * AN_HOUR
    flow_disputes.act_on_dispute(database, dispute_id, act, words, read_count, MANAGER, at)


def _correct(database: Database, dispute_id: int, rep: str, now: datetime) -> None:
    at = now - 44 * AN_HOUR
    with database.read() as connection:
        stored = _won_deals(connection, _payee(connection, rep), now - QUIET)[0]
    deal = replace(stored.deal, amount_minor=stored.deal.amount_minor + 5_000_00)
    words = "Du har ret. Beløbet manglede opsætningen; nu er den med."
    flow_disputes.correct_deal(database, dispute_id, deal, stored.event_id, words, 1, MANAGER, at)


def _payee(connection: Connection, rep: str) -> Payee:
    payee = people.payee_by_reference(connection, email_of(rep))
    assert payee is not None
    return payee


def _won_deals(connection: Connection, payee: Payee, before: datetime) -> list[StoredDeal]:
    """The latest deals that were won before there was anything to say about them."""
    latest = deals.deals_of_payee(connection, payee.id, DealStatus.WON, limit=100)
    return [stored for stored in latest if stored.changed_at < before]
