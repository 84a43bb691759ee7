"""What is authentic but wrong is set aside whole, holds nobody up, and is used once when the reason is put right."""

from concurrent.futures import ThreadPoolExecutor
from zoneinfo import ZoneInfo

import pytest

from tests.builders import a_rep
from tests.ingest.conftest import Company
from tests.ingest.records import NOW, record
from tests.ingest.test_api import outcomes_of
from tracker import flow
from tracker.cli import main
from tracker.errors import Unavailable
from tracker.ingest.setting_aside import Replayed, replay
from tracker.store import quarantine
from tracker.store.quarantine import SetAside, Unclaimed
from tracker.verify import verify

ZONE = ZoneInfo("Europe/Copenhagen")
STRANGER = "nina@firma.dk"


def a_deal_of_nobody(number: int = 1, **changes: object) -> dict[str, object]:
    names = {"event_id": f"lost-{number}", "deal_id": f"d-lost-{number}"}
    return record(**{**names, "deal__credits": [{"rep": STRANGER}], **changes})


def waiting(company: Company) -> list[SetAside]:
    with company.database.read() as connection:
        return quarantine.waiting(connection)


def ended(company: Company) -> list[SetAside]:
    with company.database.read() as connection:
        return quarantine.ended(connection, 10)


def play(company: Company, entries: list[SetAside]) -> list[Replayed]:
    return replay(company.database, entries, "ida", NOW, ZONE)


def claim(company: Company, reference: str, rep: str) -> None:
    with company.database.write() as connection:
        quarantine.claim(connection, reference, company.payee_ids[rep], "ida", NOW)


def test_a_deal_of_a_rep_nobody_knows_is_kept_whole_with_its_sender_and_its_problems(
    company_on_each: Company,
) -> None:
    sent = a_deal_of_nobody(deal__amount="500000.10")
    answer = company_on_each.post(sent)
    assert (answer.status_code, outcomes_of(answer)) == (200, [("lost-1", "quarantined")])
    (entry,) = waiting(company_on_each)
    assert (entry.sender, entry.received_at) == ("CRM", NOW)
    assert entry.event.unclaimed == (STRANGER,)
    assert '"500000.10"' in entry.event.body
    assert "no active rep" in entry.event.problems[0].what


def test_a_retry_is_the_same_entry_and_another_content_another(company: Company) -> None:
    for amount in ("1.00", "1.00", "2.00"):
        company.post(a_deal_of_nobody(deal__amount=amount))
    assert len(waiting(company)) == 2


def test_numbers_stay_as_they_were_written(company: Company) -> None:
    body = (
        b'{"source": "crm", "event_id": "e", "deal_id": "d", "version": 1.50, "deal": {"a": [1e3]}}'
    )
    company.post(body)
    (entry,) = waiting(company)
    assert '"version": 1.50' in entry.event.body
    assert '"a": [1e3]' in entry.event.body


def test_a_good_deal_between_two_bad_ones_pays_at_once(company_on_each: Company) -> None:
    bad = a_deal_of_nobody(2, deal__currency="XYZ")
    answer = company_on_each.post([a_deal_of_nobody(), record(), bad])
    kinds = [kind for _, kind in outcomes_of(answer)]
    assert kinds == ["quarantined", "recorded", "quarantined"]
    assert company_on_each.earned_minor() == 5_000_000


def test_money_that_nobody_gets_is_counted_by_currency(company: Company) -> None:
    company.post(
        [
            a_deal_of_nobody(1, deal__amount="100.00"),
            a_deal_of_nobody(2, deal__amount="50.00"),
            a_deal_of_nobody(3, deal__amount="7.00", deal__currency="EUR"),
            a_deal_of_nobody(4, deal__amount="9.00", deal__status="open"),
            record(event_id="e-5", deal_id="d-5", deal__name=""),
        ]
    )
    with company.database.read() as connection:
        found = quarantine.unclaimed(connection)
    assert found == [Unclaimed("DKK", 2, 15_000), Unclaimed("EUR", 1, 700)]


def test_once_the_name_is_claimed_what_waited_is_paid_once_whatever_is_clicked_twice(
    company_on_each: Company,
) -> None:
    company = company_on_each
    company.post([a_deal_of_nobody(1), a_deal_of_nobody(2)])
    entries = waiting(company)
    assert [one.kind for one in play(company, entries)] == ["waiting", "waiting"]
    claim(company, STRANGER.upper(), "anna@firma.dk")
    with ThreadPoolExecutor(4) as clicks:
        list(clicks.map(lambda _: play(company, entries), range(4)))
    assert company.earned_minor() == 10_000_000
    assert company.event_count() == 2
    assert waiting(company) == []
    assert {entry.end for entry in ended(company)} == {"replayed"}
    assert verify(company.database).drift_minor == 0


def test_the_next_event_under_a_claimed_name_is_used_at_once(company: Company) -> None:
    claim(company, STRANGER, "anna@firma.dk")
    assert outcomes_of(company.post(a_deal_of_nobody())) == [("lost-1", "recorded")]
    assert company.earned_minor() == 5_000_000


def test_a_rep_who_is_added_later_is_found_by_a_replay(company: Company) -> None:
    company.post(a_deal_of_nobody())
    with company.database.write() as connection:
        a_rep(connection, STRANGER)
    assert [one.kind for one in play(company, waiting(company))] == ["recorded"]


def test_what_its_sender_puts_right_ends_by_itself(company: Company) -> None:
    company.post(a_deal_of_nobody())
    again = a_deal_of_nobody(deal__credits=[{"rep": "anna@firma.dk"}])
    assert outcomes_of(company.post(again)) == [("lost-1", "recorded")]
    assert waiting(company) == []
    assert [entry.end for entry in ended(company)] == ["superseded"]


def test_what_is_sent_again_and_refused_ends_nothing(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.post(a_deal_of_nobody())
    refused = [flow.Outcome("lost-1", "refused", "Another content.", is_conflict=True)]
    monkeypatch.setattr(flow, "record_within", lambda connection, events, at: refused)
    again = a_deal_of_nobody(deal__credits=[{"rep": "anna@firma.dk"}])
    assert company.post(again).status_code == 409
    assert [entry.event.source_event_id for entry in waiting(company)] == ["lost-1"]


def test_an_older_state_of_a_deal_played_again_is_stale_and_changes_nothing(
    company: Company,
) -> None:
    company.post(a_deal_of_nobody(version=1, deal__amount="1.00"))
    newer = a_deal_of_nobody(2, deal_id="d-lost-1", version=2)
    company.post(newer | {"deal": {**newer["deal"], "credits": [{"rep": "anna@firma.dk"}]}})
    claim(company, STRANGER, "anna@firma.dk")
    assert [one.kind for one in play(company, waiting(company))] == ["stale"]
    assert company.earned_minor() == 5_000_000


def test_what_is_discarded_keeps_its_reason_and_is_never_played(company: Company) -> None:
    company.post(a_deal_of_nobody())
    (entry,) = waiting(company)
    with company.database.write() as connection:
        quarantine.end(connection, [entry.id], "discarded", "ida", "a test of the CRM", NOW)
        quarantine.end(connection, [entry.id], "replayed", "bo", "", NOW)
    claim(company, STRANGER, "anna@firma.dk")
    (kept,) = ended(company)
    assert (kept.end, kept.reason) == ("discarded", "a test of the CRM")
    assert [one.kind for one in play(company, [kept])] == ["ended"]
    assert company.earned_minor() == 0


def test_a_source_gone_mad_is_told_to_come_back(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quarantine, "WAITING_MAX", 1)
    company.post(a_deal_of_nobody())
    answer = company.post([a_deal_of_nobody(2), record()])
    assert answer.status_code == Unavailable.http_status
    assert answer.headers["Retry-After"]
    assert company.event_count() == 0


def test_the_command_lists_claims_and_replays(
    company: Company, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", str(company.database.url))
    company.post(a_deal_of_nobody())
    assert main(["quarantine", "list"]) == 0
    assert STRANGER in capsys.readouterr().out
    assert main(["quarantine", "replay", "1"]) == 1
    assert main(["quarantine", "replay"]) == 1
    assert main(["quarantine", "discard", "1", "--reason", " "]) == 1
    assert main(["quarantine", "claim", STRANGER, "nobody@firma.dk"]) == 1
    assert main(["quarantine", "claim", STRANGER, "anna@firma.dk"]) == 0
    assert main(["quarantine", "replay", "--all"]) == 0
    assert main(["quarantine", "show", "1"]) == 0
    assert "replayed" in capsys.readouterr().out
    assert company.earned_minor() == 5_000_000
