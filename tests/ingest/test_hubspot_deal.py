"""What HubSpot says of a deal is understood exactly, or waits as it came until the company says what it means."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from tests.ingest.conftest import Company
from tests.ingest.fake_hubspot import FakeHubSpot, stage
from tests.ingest.hubspot_reading import ZONE, Read, connect
from tests.ingest.records import NOW
from tracker import flow_connections
from tracker.cli import main
from tracker.engine.deals import Deal, DealEvent
from tracker.ingest.setting_aside import replay
from tracker.store import connections, quarantine
from tracker.store.connections import Wanted
from tracker.store.quarantine import Unclaimed
from tracker.store.statements import OutOfRange
from tracker.verify import verify

MAPPING = """
currency = "SEK"
[stages]
contractsent = "won"
"default/closedlost" = "cancelled"
[fields]
margin = "gross_margin"
kind = { field = "dealtype", map = { newbusiness = "new" }, default = "other" }
[properties]
region = "sales_region"
[evidence]
icp_match = "icp_confirmed"
decision_maker = "met_decision_maker"
"""


def put_and_read(read: Read, deal_id: int = 1, **properties: object) -> Deal:
    """A deal as it stands here once it was put into HubSpot and read."""
    read.crm.put(deal_id, **properties)
    read.pull()
    deal = read.deal(deal_id)
    assert deal is not None, [
        str(problem) for one in read.waiting() for problem in one.event.problems
    ]
    return deal


@pytest.mark.parametrize(
    ("amount", "currency", "amount_minor"),
    [
        ("1234.5", "DKK", 123_450),
        ("1234", "EUR", 123_400),
        ("0.01", "DKK", 1),
        ("1000.00", "ISK", 1_000),
        ("12345678901.23", "DKK", 1_234_567_890_123),
        ("1.5E3", "DKK", 150_000),
        ("-250.75", "DKK", -25_075),
    ],
)
def test_an_amount_is_exact_in_the_currency_of_its_deal(
    read: Read, amount: str, currency: str, amount_minor: int
) -> None:
    deal = put_and_read(read, amount=amount, deal_currency_code=currency)
    assert (deal.amount_minor, deal.currency) == (amount_minor, currency)


@pytest.mark.parametrize("amount", ["1234.567", "twelve", "1e99", "99999999999999999"])
def test_an_amount_that_is_none_waits_and_is_never_rounded(read: Read, amount: str) -> None:
    read.crm.put(1, amount=amount)
    read.pull()
    (entry,) = read.waiting()
    assert any("amount" in problem.where for problem in entry.event.problems)
    assert json.loads(entry.event.body)["properties"]["amount"] == amount


def test_a_deal_without_an_amount_can_be_open_but_not_won(read: Read) -> None:
    deal = put_and_read(read, amount=None, dealstage="appointmentscheduled", closedate=None)
    assert (deal.status, deal.amount_minor, str(deal.probability)) == ("open", 0, "1/5")
    read.crm.put(2, amount=None)
    read.pull()
    assert len(read.waiting()) == 1


def test_a_probability_with_the_digits_of_a_float_is_a_plain_part(read: Read) -> None:
    digits = "0.200000000000000011102230246251565404236316680908203125"
    open_deal = {"dealstage": "appointmentscheduled", "hs_deal_stage_probability": digits}
    assert put_and_read(read, **open_deal).probability == Fraction(1, 5)


@pytest.mark.parametrize(
    ("closedate", "day"),
    [
        ("2026-11-20T23:30:00Z", "2026-11-21"),
        ("2026-11-20T23:30:00.000Z", "2026-11-21"),
        ("2026-07-31T22:30:00Z", "2026-08-01"),
        ("1795217400000", "2026-11-21"),
        ("2026-11-20", "2026-11-20"),
    ],
)
def test_a_close_date_is_the_day_in_the_companys_zone(read: Read, closedate: str, day: str) -> None:
    assert str(put_and_read(read, closedate=closedate).effective_on) == day


def test_the_companys_words_become_ours(company: Company, crm: FakeHubSpot) -> None:
    read = connect(company, crm, MAPPING)
    deal = put_and_read(
        read,
        dealname="  Nordwind\nA/S ",
        dealstage="contractsent",
        deal_currency_code=None,
        gross_margin="400.25",
        dealtype="newbusiness",
        sales_region="North",
        icp_confirmed="true",
        met_decision_maker="false",
    )
    assert (deal.name, deal.status, deal.currency) == ("Nordwind A/S", "won", "SEK")
    assert deal.measures == {"margin": 40_025}
    assert deal.properties == {"kind": "new", "region": "North"}
    assert deal.evidence == {"icp_match"}
    assert deal.stage == "Contract sent"
    assert put_and_read(read, 2, dealstage="closedlost").status == "cancelled"
    assert put_and_read(read, 3, dealtype="partner").properties["kind"] == "partner"
    assert put_and_read(read, 4).properties["kind"] == "other"


def test_an_edit_moves_pay_and_another_owner_takes_it_along(read: Read) -> None:
    put_and_read(read, amount="1000")
    assert read.company.earned_minor() == 10_000
    put_and_read(read, amount="3000")
    assert read.company.earned_minor() == 30_000
    put_and_read(read, hubspot_owner_id="12")
    assert (read.company.earned_minor(), read.company.earned_minor("bo@firma.dk")) == (0, 30_000)
    put_and_read(read, dealstage="closedlost")
    assert read.company.earned_minor("bo@firma.dk") == 0
    assert verify(read.company.database).differences == ()


def test_an_owner_nobody_knows_is_money_nobody_gets_until_somebody_is_named(read: Read) -> None:
    read.crm.owners["13"] = "cille@gammel.dk"
    for amount in ("1000", "1500"):
        read.crm.put(1, hubspot_owner_id="13", amount=amount)
        read.pull()
    read.crm.put(2, hubspot_owner_id="14", amount="700")
    read.crm.put(3, hubspot_owner_id=None, amount="10")
    read.pull()
    with read.company.database.read() as connection:
        assert quarantine.unclaimed(connection) == [Unclaimed("DKK", 3, 221_000)]
        names = quarantine.unclaimed_names(connection)
    assert set(names) == {"cille@gammel.dk", "hubspot: owner 14", "hubspot: no owner"}
    cecilie = read.company.payee_ids["cecilie"]
    with read.company.database.write() as connection:
        quarantine.claim(connection, "cille@gammel.dk", cecilie, "ida", NOW)
    waiting = read.waiting()
    for _ in range(2):
        replay(read.company.database, waiting, "ida", NOW, ZONE)
    assert read.company.earned_minor("cecilie") == 15_000
    assert len(read.waiting()) == 2
    put_and_read(read, 2, hubspot_owner_id="11")
    assert len(read.waiting()) == 1
    assert read.company.earned_minor() == 7_000


def test_a_stage_nobody_has_explained_waits_as_it_came_and_comes_in_with_the_mapping(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read.crm.stages.append(stage("halfway", "Half closed", True, "0.5"))
    read.crm.put(1, dealstage="halfway", amount="1000")
    read.crm.put(2, dealstage="never heard of", amount="2000")
    read.pull()
    assert [json.loads(one.event.body)["id"] for one in read.waiting()] == ["1", "2"]
    assert "default/halfway" in str(read.waiting()[0].event.problems[0])
    file = tmp_path / "hubspot.toml"
    file.write_text('[stages]\nhalfway = "won"\n"never heard of" = "won"\n', encoding="utf-8")
    monkeypatch.setenv("TRACKER_DATABASE_URL", str(read.company.database.url))
    assert main(["connection", "map", "hubspot", str(file)]) == 0
    assert read.waiting() == []
    assert read.company.earned_minor() == 30_000
    read.pull()
    read.pull(again=True)
    assert read.company.earned_minor() == 30_000


def test_a_new_stage_and_a_new_owner_are_learned_when_a_deal_names_them(read: Read) -> None:
    puller = read.puller()
    read.crm.put(1)
    puller.pull()
    puller._learned_at_seconds -= 61  # type: ignore[operator]  # a minute later
    read.crm.stages.append(stage("signed", "Signed", True, "1.0"))
    read.crm.owners["15"] = "cecilie"
    read.crm.put(2, dealstage="signed", hubspot_owner_id="15", amount="500")
    puller.pull()
    assert read.waiting() == []
    assert read.company.earned_minor("cecilie") == 5_000


def test_another_mapping_counts_for_what_is_in_once_it_is_read_again(read: Read) -> None:
    put_and_read(read, dealstage="contractsent", amount="1000")
    assert read.company.earned_minor() == 0
    for text, earned_minor in (
        ('[stages]\ncontractsent = "won"\n', 10_000),
        ("", 0),
        ('[stages]\ncontractsent = "won"\n', 10_000),
    ):
        with read.company.database.write() as connection:
            connections.change_mapping(connection, "hubspot", text)
        read.pull(again=True)
        assert read.company.earned_minor() == earned_minor
    assert verify(read.company.database).differences == ()


def test_what_waits_of_a_deal_gives_way_to_what_is_said_of_it_later(read: Read) -> None:
    for amount in ("none", "nothing", "nil"):
        read.crm.put(1, amount=amount)
        read.note(Wanted("1"))
        read.pull()
    assert [json.loads(one.event.body)["properties"]["amount"] for one in read.waiting()] == ["nil"]
    put_and_read(read, amount="10")
    assert read.waiting() == []


def test_a_deal_that_makes_a_total_too_large_waits_and_holds_up_no_other(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_within = flow_connections.record_within

    def add_up(connection: object, events: list[DealEvent], at: object) -> object:
        if any(event.deal.amount_minor == 77_700 for event in events):
            raise OutOfRange("9999999999999999999 is larger than the product can add up")
        return record_within(connection, events, at)  # type: ignore[arg-type]

    monkeypatch.setattr(flow_connections, "record_within", add_up)
    read.crm.put(1)
    read.crm.put(2, amount="777")
    read.crm.put(3)
    kept = read.pull()
    assert (kept.recorded_count, kept.waiting_count) == (2, 1)
    (entry,) = read.waiting()
    assert (entry.event.deal_key, entry.event.problems[0].where) == ("hubspot:2", "amount")
    assert read.pull().recorded_count == 0
    assert len(read.waiting()) == 1


def test_a_deal_that_waits_is_let_go_when_hubspot_deletes_it(read: Read) -> None:
    read.crm.put(1, hubspot_owner_id="99")
    read.crm.put(2, hubspot_owner_id="99")
    read.pull()
    assert len(read.waiting()) == 2
    for delete in (read.crm.bin, read.crm.purge):
        delete(1 if delete == read.crm.bin else 2)
    read.note(Wanted("1"), Wanted("2"))
    read.pull()
    assert read.waiting() == []
    assert read.keys() == []
