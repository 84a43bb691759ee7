"""HubSpot's deal splits credit each of those who share a deal, where the company says that they count."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from tests.ingest.conftest import Company
from tests.ingest.fake_hubspot import FakeHubSpot
from tests.ingest.hubspot_reading import Read, connect
from tracker.cli import main
from tracker.errors import BadInput
from tracker.ingest.connectors.asking import CrmRefuses
from tracker.ingest.connectors.deal_mapping import parse_deal_mapping
from tracker.store.connections import Wanted
from tracker.verify import verify

ANNA, BO = "11", "12"


@pytest.fixture
def sharing(company: Company, crm: FakeHubSpot) -> Read:
    return connect(company, crm, 'splits = "required"\n')


def parts(read: Read, deal_id: int = 1) -> dict[int, Fraction]:
    deal = read.deal(deal_id)
    assert deal is not None, [str(one) for entry in read.waiting() for one in entry.event.problems]
    return {credit.payee_id: credit.share for credit in deal.credit_shares}


def test_each_of_those_who_share_a_deal_is_credited_with_a_part(sharing: Read) -> None:
    sharing.crm.put(1, amount="1000")
    sharing.crm.split(1, {ANNA: "0.6", BO: "0.40000000"})
    sharing.crm.put(2, amount="1000")
    sharing.pull()
    anna, bo = (sharing.company.payee_ids[rep] for rep in ("anna@firma.dk", "bo@firma.dk"))
    assert parts(sharing) == {anna: Fraction(3, 5), bo: Fraction(2, 5)}
    assert parts(sharing, 2) == {anna: Fraction(1)}
    assert sharing.company.earned_minor() == 16_000
    assert verify(sharing.company.database).differences == ()


def test_thirds_of_a_deal_are_whole_together(sharing: Read) -> None:
    sharing.crm.owners["13"] = "cecilie"
    sharing.crm.put(1, amount="1000")
    sharing.crm.split(1, {ANNA: "0.33333334", BO: "0.33333333", "13": "0.33333333000000001"})
    sharing.pull()
    assert sum(parts(sharing).values()) == 1


def test_another_split_counts_though_the_deal_itself_has_not_changed(sharing: Read) -> None:
    for number in range(1, 4):
        sharing.crm.put(number, amount="1000")
    sharing.pull()
    sharing.crm.split(2, {ANNA: "0.25", BO: "0.75"})
    assert sharing.pull().recorded_count == 1
    sharing.crm.split(2, {ANNA: "0.5", BO: "0.5"})
    assert sharing.pull().recorded_count == 1
    assert set(parts(sharing, 2).values()) == {Fraction(1, 2)}
    assert sharing.pull().recorded_count == 0


def test_a_notice_brings_the_splits_of_its_deal(sharing: Read) -> None:
    sharing.crm.put(1, amount="1000")
    sharing.crm.split(1, {ANNA: "0.5", BO: "0.5"})
    sharing.note(Wanted("1"))
    sharing.puller().fetch_noted()
    assert len(parts(sharing)) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({ANNA: "0.5", BO: "0.4"}, "the deal splits come to 90 %, not to 100 %"),
        ({ANNA: "0.7", BO: "0.4"}, "the deal splits come to 110 %, not to 100 %"),
        ({ANNA: "half", BO: "0.5"}, "“half” is no part of a deal"),
        ({ANNA: "1.5", BO: "-0.5"}, "“1.5” is no part of a deal"),
    ],
)
def test_splits_that_make_no_whole_wait_and_pay_nobody(
    sharing: Read, given: dict[str, str], said: str
) -> None:
    sharing.crm.put(1, amount="1000")
    sharing.crm.split(1, given)
    sharing.pull()
    (entry,) = sharing.waiting()
    (problem,) = entry.event.problems
    assert said in str(problem)
    assert "in HubSpot" in problem.fix
    assert len(json.loads(entry.event.body)["splits"]) == 2
    assert sharing.company.earned_minor() == 0
    sharing.crm.split(1, {ANNA: "0.5", BO: "0.5"})
    sharing.pull()
    assert (sharing.waiting(), len(parts(sharing))) == ([], 2)


def test_a_part_of_somebody_unknown_waits_under_a_name_that_can_be_claimed(
    sharing: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", str(sharing.company.database.url))
    sharing.crm.put(1, amount="1000")
    sharing.crm.split(1, {ANNA: "0.5", "99": "0.5"})
    sharing.pull()
    assert len(sharing.waiting()) == 1
    assert main(["quarantine", "claim", "hubspot: owner 99", "bo@firma.dk"]) == 0
    assert main(["quarantine", "replay", "--all"]) == 0
    assert sharing.waiting() == []
    assert len(parts(sharing)) == 2


def test_who_may_not_read_splits_reads_nothing_where_they_are_required(sharing: Read) -> None:
    sharing.crm.splits.may_be_read = False
    sharing.crm.put(1, amount="1000")
    with pytest.raises(CrmRefuses, match=r"crm\.dealsplits\.read_write"):
        sharing.pull()
    assert 'splits = "optional"' in sharing.connection().trouble
    assert sharing.deal(1) is None


def test_where_splits_are_optional_the_owner_is_credited_until_they_may_be_read(
    company: Company, crm: FakeHubSpot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", str(company.database.url))
    read = connect(company, crm, 'splits = "optional"\n')
    crm.splits.may_be_read = False
    crm.put(1, amount="1000")
    crm.split(1, {ANNA: "0.5", BO: "0.5"}, is_of_deal=True)
    read.pull()
    read.pull()
    assert len(parts(read)) == 1
    crm.splits.may_be_read = True
    mapping = tmp_path / "hubspot.toml"
    mapping.write_text('splits = "required"\n')
    assert main(["connection", "map", "hubspot", str(mapping)]) == 0
    read.pull(again=True)
    assert len(parts(read)) == 2


def test_splits_are_not_asked_for_where_nobody_wants_them(read: Read) -> None:
    read.crm.put(1, amount="1000")
    read.crm.split(1, {ANNA: "0.5", BO: "0.5"})
    read.pull()
    assert len(parts(read)) == 1
    assert not [request for request in read.crm.requests if "split" in request]


@pytest.mark.parametrize("line", ['splits = "yes"', "splits = true"])
def test_a_wish_for_splits_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(BadInput, match="required"):
        parse_deal_mapping(line)


def test_a_crm_without_splits_refuses_to_be_asked_for_them(
    company: Company,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", str(company.database.url))
    mapping = tmp_path / "sf.toml"
    mapping.write_text('splits = "required"\n')
    command = ["connection", "add", "sf", "--kind", "salesforce", "--token", "00D2400000abcdEAAQ"]
    assert main([*command, "--mapping", str(mapping)]) == 1
    assert "not read from this CRM" in capsys.readouterr().err
