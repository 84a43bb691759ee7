"""An outbound message of Salesforce: from our own organization, kept, and only then acknowledged."""

from typing import Any
from xml.sax.saxutils import escape

import pytest
from werkzeug.test import TestResponse

from tests.ingest.conftest import Company
from tests.ingest.records import NOW
from tracker.cli import main
from tracker.store import connections, quarantine
from tracker.store.connections import NewConnection

ORGANIZATION = "00D2400000abcdEAAQ"
KEY = "k" * 43
MAPPING = 'currency = "DKK"\n[fields]\nrep = "Owner_Email__c"\nmargin = "Margin__c"\n'
WON = {
    "Id": "0062400000XyZaBAAV",
    "Name": "Nordwind A/S",
    "StageName": "Underskrevet",
    "IsClosed": "true",
    "IsWon": "true",
    "Amount": "500000.0",
    "CloseDate": "2026-11-22",
    "OwnerId": "0052400000AAAAAAA4",
    "Owner_Email__c": "anna@firma.dk",
    "SystemModstamp": "2026-11-22T10:15:00.000Z",
}


def message(
    *opportunities: dict[str, Any],
    organization: str = ORGANIZATION,
    kind: str = "Opportunity",
    first: int = 1,
) -> bytes:
    """As Salesforce writes it; None is an empty field."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>{organization}</OrganizationId>
   <ActionId>04k240000004C92AAE</ActionId>
   <SessionId xsi:nil="true"/>
   <EnterpriseUrl>https://firma.my.salesforce.com/services/Soap/c/65.0/{organization}</EnterpriseUrl>
   <PartnerUrl>https://firma.my.salesforce.com/services/Soap/u/65.0/{organization}</PartnerUrl>
   {"".join(notification(one, kind, number) for number, one in enumerate(opportunities, first))}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>""".encode()


def notification(fields: dict[str, Any], kind: str, number: int) -> str:
    written = "".join(
        f'<sf:{name} xsi:nil="true"/>'
        if value is None
        else f"<sf:{name}>{escape(value)}</sf:{name}>"
        for name, value in fields.items()
    )
    return (
        f"<Notification><Id>04l240000008Orq{number:04}</Id>"
        f'<sObject xsi:type="sf:{kind}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">{written}'
        "</sObject></Notification>"
    )


@pytest.fixture(autouse=True)
def connected(company: Company) -> None:
    with company.database.write() as connection:
        new = NewConnection("sf", "salesforce", "", ORGANIZATION, KEY, MAPPING)
        connections.add(connection, new, NOW)


def send(company: Company, body: bytes, query: str = f"?key={KEY}") -> TestResponse:
    return company.client.post(
        f"/api/v1/webhooks/sf{query}", data=body, content_type="text/xml; charset=UTF-8"
    )


def waiting_problems(company: Company) -> list[str]:
    with company.database.read() as connection:
        entries = quarantine.waiting(connection)
    return [str(problem) for entry in entries for problem in entry.event.problems]


def test_a_won_opportunity_pays_its_owner_and_is_acknowledged_exactly(company: Company) -> None:
    answer = send(company, message(WON))
    assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert "<Ack>true</Ack>" in answer.text
    assert 'xmlns="http://soap.sforce.com/2005/09/outbound"' in answer.text
    assert company.earned_minor() == 5_000_000


def test_the_same_message_again_changes_nothing(company: Company) -> None:
    for _ in range(3):
        assert send(company, message(WON)).status_code == 200
    assert company.event_count() == 1


def test_an_older_message_that_comes_later_changes_nothing(company: Company) -> None:
    before = {**WON, "Amount": "100.0", "SystemModstamp": "2026-11-22T10:14:59.000Z"}
    send(company, message(WON))
    assert send(company, message(before, first=2)).status_code == 200
    assert company.earned_minor() == 5_000_000


def test_of_two_changes_in_one_second_the_later_notification_counts(company: Company) -> None:
    later = {**WON, "Amount": "100000.0"}
    for body in (message(later, first=2), message(WON, first=1)):
        assert send(company, body).status_code == 200
    assert company.earned_minor() == 1_000_000


def test_all_hundred_opportunities_of_a_message_are_kept(company: Company) -> None:
    many = [{**WON, "Id": f"00624000000{number:04}AAV", "Amount": "1.0"} for number in range(100)]
    assert send(company, message(*many)).status_code == 200
    assert company.event_count() == 100


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"IsClosed": "false", "IsWon": "false", "Probability": "40.0"}, "open"),
        ({"IsWon": "false"}, "lost"),
        ({"IsDeleted": "true"}, "cancelled"),
        ({"IsClosed": None, "IsWon": None, "StageName": "Closed Lost"}, "lost"),
        ({"IsClosed": None, "IsWon": None, "StageName": "Closed Won"}, "won"),
    ],
)
def test_what_an_opportunity_is_follows_from_what_salesforce_says_of_it(
    company: Company, changes: dict[str, Any], status: str
) -> None:
    send(company, message({**WON, **changes}))
    assert company.deal("sf:0062400000XyZaBAAV").status == status


def test_a_stage_nobody_has_explained_waits_until_it_is(company: Company) -> None:
    unsaid = {**WON, "IsClosed": None, "IsWon": None}
    assert send(company, message(unsaid)).status_code == 200
    assert "Underskrevet" in "".join(waiting_problems(company))
    assert company.earned_minor() == 0


def test_an_owner_nobody_knows_waits_under_a_name_that_can_be_claimed(company: Company) -> None:
    send(company, message({**WON, "Owner_Email__c": None}))
    with company.database.read() as connection:
        assert quarantine.unclaimed_names(connection) == {"sf: owner 0052400000AAAAAAA4": 1}


def test_amounts_are_exact_however_salesforce_writes_them(company: Company) -> None:
    send(company, message({**WON, "Amount": "1.25E7", "Margin__c": "0.1"}))
    deal = company.deal("sf:0062400000XyZaBAAV")
    assert (deal.amount_minor, deal.measures["margin"]) == (1_250_000_000, 10)


def test_other_objects_are_acknowledged_and_left(company: Company) -> None:
    answer = send(company, message({"Id": "003240000000001AAA"}, kind="Contact"))
    assert (answer.status_code, company.event_count()) == (200, 0)
    assert waiting_problems(company) == []


@pytest.mark.parametrize(
    "query", ["", "?key=", "?key=wrong", f"?key={KEY}&key={KEY}", "?key=%C3%A6"]
)
def test_without_the_key_of_the_address_nothing_is_taken(company: Company, query: str) -> None:
    assert send(company, message(WON), query).status_code == 401
    assert company.event_count() == 0


def test_another_organization_is_refused_even_with_the_key(company: Company) -> None:
    other = message(WON, organization="00D2400000zzzzEAAQ")
    assert send(company, other).status_code == 401
    assert send(company, message(WON, organization=ORGANIZATION[:15])).status_code == 200


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
    b"<a>&c;&c;&c;&c;</a>"
)
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><a>&b;</a>'


@pytest.mark.parametrize(
    "body", [b"", b"<a", b"<a/>", BOMB, OUTSIDE, b"{}", b"<a>" * 200_000, b"\xff\xfe\x00"]
)
def test_what_is_no_outbound_message_is_refused_and_never_a_fault(
    company: Company, body: bytes
) -> None:
    answer = send(company, body)
    assert answer.status_code == 401
    assert "hostname" not in answer.text.replace("localhost", "")


def test_the_command_prints_the_address_with_its_key_once(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", str(company.database.url))
    assert main(["connection", "add", "sales", "--kind", "salesforce", "--token", "00D"]) == 1
    assert "18 characters" in capsys.readouterr().err
    added = ["connection", "add", "sales", "--kind", "salesforce", "--token", ORGANIZATION]
    assert main(added) == 0
    address = next(word for word in capsys.readouterr().out.split() if "?key=" in word)
    path = address[address.index("/api/") :]
    answer = company.client.post(path, data=message(WON), content_type="text/xml")
    assert answer.status_code == 200
    main(["connection", "list"])
    assert path.partition("=")[2] not in capsys.readouterr().out
