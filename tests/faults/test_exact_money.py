"""Money through the API: parts sum to the whole, digits are the currency's, and what does not fit is set aside."""

import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import date

from tests.faults.company import AT, REPS, Company, stored_event_ids
from tests.faults.deals_sent import Crm, Event
from tests.faults.servers import running_fleet
from tests.faults.size import chance, sized
from tests.faults.test_natural_keys import outcome_of, post
from tracker import flow
from tracker.store import credits, deals, people
from tracker.store.database import Database
from tracker.verify import verify

AMOUNT_MAX = "100000000000.00"
"""The largest that a deal may be, as the README and the answers say: ten to the thirteenth in minor units."""


def a_deal(event_id: str, amount: str, currency: str = "DKK", **changes: object) -> Event:
    event = Crm("money", chance(event_id), REPS).event(event_id, f"d-{event_id}", 1)
    deal = {
        "status": "won",
        "amount": amount,
        "margin": amount,
        "currency": currency,
        "credits": [{"rep": REPS[0], "share": "100%"}],
        "effective_on": "2026-11-10",
    }
    return event | {"deal": event["deal"] | deal | changes}


def eleven_reps(database: Database) -> None:
    """rep0 to rep10, on the plan."""
    with database.write() as connection:
        payee_ids = [people.add_payee(connection, f"rep{n}", f"Rep {n}", None) for n in range(11)]
    for payee_id in payee_ids:
        flow.assign_plan(database, payee_id, "fault", date(2026, 1, 1), None, "test", AT)


def test_every_split_of_every_ore_sums_to_the_whole(
    company: Company, tell: Callable[[str], None]
) -> None:
    database, amounts = Database(company.database_url), range(1, sized(12, 60))
    eleven_reps(database)
    sent: dict[str, int] = {}
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        for count in (3, 7, 11):
            parts = [{"rep": f"rep{n}", "share": f"1/{count}"} for n in range(count)]
            batch = [
                a_deal(f"{count}-{sign}{ore}", f"{sign}0.{ore:02}", credits=parts)
                for ore in amounts
                for sign in ("", "-")
            ]
            sent |= {f"crm:d-{count}-{ore}": ore for ore in amounts}
            sent |= {f"crm:d-{count}--{ore}": -ore for ore in amounts}
            status, body = post(company, fleet.ports[0], batch)
            assert status == 200, body
            assert {one["outcome"] for one in body["outcomes"]} == {"recorded"}
    with database.read() as connection:
        found = Counter[str]()
        for credit in credits.all_credits(connection):
            if credit.component_key == "fault/sales":
                found[credit.deal_key] += credit.attainment_minor
    assert dict(found) == sent
    assert verify(database).differences == ()
    database.dispose()
    tell(f"{len(sent)} deals of up to {len(amounts)} øre over 3, 7 and 11 reps: parts sum to each")


REFUSED = {
    "more digits than the currency has": ("1.005", "DKK"),
    "digits that yen do not have": ("1250.5", "JPY"),
    "a currency of three digits, which is not known": ("1.005", "BHD"),
    "more digits than euro have": ("0.001", "EUR"),
    "one more than the largest": ("100000000000.01", "DKK"),
    "one less than the least": ("-100000000000.01", "DKK"),
    "above what a float holds exactly": (str(2**53 + 1), "DKK"),
    "the largest of 64 bits": (str(2**63 - 1), "DKK"),
    "one more than 64 bits": (str(2**63), "JPY"),
    "the least of 64 bits": (str(-(2**63)), "JPY"),
    "an exponent": ("1e5", "DKK"),
    "no number": ("NaN", "DKK"),
}
KEPT = {
    "the largest": (AMOUNT_MAX, "DKK"),
    "the least": (f"-{AMOUNT_MAX}", "DKK"),
    "what a float holds exactly, in minor units": ("90071992547.40", "DKK"),
    "whole yen": ("1250", "JPY"),
    "one cent": ("0.01", "EUR"),
}


def test_an_amount_is_kept_to_its_last_digit_or_set_aside_with_the_reason(company: Company) -> None:
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        (port,) = fleet.ports
        for number, (name, (amount, currency)) in enumerate(REFUSED.items()):
            status, body = post(company, port, a_deal(f"bad-{number}", amount, currency))
            assert (status, outcome_of(body)) == (200, "quarantined"), name
            assert body["outcomes"][0]["problems"], name
        for number, (name, (amount, currency)) in enumerate(KEPT.items()):
            status, body = post(company, port, a_deal(f"good-{number}", amount, currency))
            assert (status, outcome_of(body)) == (200, "recorded"), (name, body)
    database = Database(company.database_url)
    with database.read() as connection:
        kept = {one.deal.key: one.deal.amount_minor for one in deals.all_deals(connection)}
    assert kept == {
        "crm:d-good-0": 10**13,
        "crm:d-good-1": -(10**13),
        "crm:d-good-2": 9_007_199_254_740,
        "crm:d-good-3": 1250,
        "crm:d-good-4": 1,
    }
    assert verify(database).differences == ()
    database.dispose()


def test_a_deal_that_makes_a_sum_outgrow_64_bits_is_set_aside_by_name(
    sqlite_company: Company,
) -> None:
    """No single deal can do it; here the sum is put just below the bound first."""
    company = sqlite_company
    database_file = company.folder.parent / "tracker.sqlite3"
    with running_fleet(company.folder, company.database_url, 1) as fleet:
        assert outcome_of(post(company, fleet.ports[0], a_deal("one", "1.00"))[1]) == "recorded"
        with sqlite3.connect(database_file, timeout=30) as connection:
            for table in ("running_total", "running_total_day"):
                connection.execute(f"UPDATE {table} SET attainment_minor = {2**63 - 2}")
        connection.close()
        status, body = post(company, fleet.ports[0], a_deal("two", AMOUNT_MAX))
        assert (status, outcome_of(body)) == (200, "quarantined")
        assert "would grow too large" in body["outcomes"][0]["problems"][0]["problem"]
    database = Database(company.database_url)
    assert stored_event_ids(database) == ["one"]
    database.dispose()


INEXACT = ("REAL", "FLOA", "DOUB", "NUMERIC", "DECIMAL")


def test_no_column_of_the_database_is_inexact(company: Company) -> None:
    database = Database(company.database_url)
    with database.read() as connection:
        if database.dialect == "sqlite":
            tables = (
                "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_info(m.name) c"
            )
        else:
            tables = (
                "SELECT table_name, column_name, data_type FROM information_schema.columns "
                "WHERE table_schema = 'public'"
            )
        columns = [tuple(row) for row in connection.exec_driver_sql(tables)]
    database.dispose()
    assert len(columns) > 200
    found = [one for one in columns if any(word in one[2].upper() for word in INEXACT)]
    assert found == []
