"""A request that is sent again under its Idempotency-Key is answered as it was the first time, and has one effect."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.ingest.conftest import EVENTS, Company
from tests.ingest.records import NOW, record
from tracker import clock, flow_calendar
from tracker.errors import Unavailable
from tracker.ingest import intake
from tracker.ingest.intake import Batch
from tracker.ingest.once import KeyBusy
from tracker.store import backup, keys
from tracker.store.database import Database, upgrade
from tracker.store.kept_answers import Claim

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def named(
    company: Company, body: Any, name: str = KEY, key: str | None = None, **more: Any
) -> TestResponse:
    """Send a body under a name of the request."""
    headers = {"Authorization": f"Bearer {key or company.key}", "Idempotency-Key": name}
    content = {"data": body} if isinstance(body, bytes) else {"json": body}
    return company.client.post(EVENTS, headers=headers, **content, **more)


def kinds_of(answer: TestResponse) -> list[str]:
    assert answer.json is not None
    return [outcome["outcome"] for outcome in answer.json["outcomes"]]


def test_the_same_request_is_answered_as_it_was_the_first_time(company_on_each: Company) -> None:
    body = [record(), record(event_id="e-2", deal_id="d-2", deal__currency="XYZ"), 7]
    first, again = named(company_on_each, body), named(company_on_each, body)
    assert kinds_of(first) == ["recorded", "quarantined", "refused"]
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert company_on_each.event_count() == 1


def test_another_body_under_the_same_key_is_refused_and_leaves_nothing(company: Company) -> None:
    named(company, record())
    other = named(company, record(event_id="e-2", deal_id="d-2"))
    assert other.status_code == 422
    assert other.json is not None
    assert [one["field"] for one in other.json["problems"]] == ["Idempotency-Key"]
    assert "another body" in other.json["problems"][0]["problem"]
    assert company.event_count() == 1


def test_the_same_key_of_another_client_is_another_key(company: Company) -> None:
    named(company, record())
    with company.database.write() as connection:
        other = keys.create_key(connection, "Other", frozenset({"ingest"}), NOW)
    answer = named(company, record(event_id="e-2", deal_id="d-2"), key=other)
    assert kinds_of(answer) == ["recorded"]
    assert kinds_of(named(company, record(), "another", key=other)) == ["duplicate"]


def test_what_could_not_be_used_may_come_again_under_its_key(company: Company) -> None:
    assert named(company, record(deal_id="")).status_code == 422
    assert named(company, b"{broken", content_type="application/json").status_code == 400
    assert named(company, b"x", content_type="text/plain").status_code == 415
    named(company, record(), "first")
    assert named(company, record(deal__amount="1.00")).status_code == 409
    assert kinds_of(named(company, record(event_id="e-2", deal_id="d-2"))) == ["recorded"]


def test_a_request_that_met_a_closed_door_may_come_again(company: Company) -> None:
    running = company.client.application.extensions["tracker"]

    def away(_batch: Batch) -> Any:
        raise Unavailable("The database does not answer.")

    company.client.application.extensions["tracker"] = replace(running, record=away)
    assert named(company, record()).status_code == 503
    company.client.application.extensions["tracker"] = running
    assert kinds_of(named(company, record())) == ["recorded"]


@pytest.mark.parametrize("name", ["", "k" * 256, "na\u00efve", "a\tb", "\u00a0"])
def test_a_key_that_is_none_is_refused_before_anything_is_done(company: Company, name: str) -> None:
    assert named(company, record(), name).status_code == 400
    assert company.event_count() == 0


@pytest.mark.parametrize("name", ["k", "k" * 255, '"8e03978e-40d5"', "two words"])
def test_any_printable_key_of_up_to_255_characters_is_taken(company: Company, name: str) -> None:
    assert kinds_of(named(company, record(), name)) == ["recorded"]
    assert kinds_of(named(company, record(), name)) == ["recorded"]


def test_a_long_batch_is_answered_again_part_by_part(company: Company) -> None:
    batch = [record(event_id=f"e-{n}", deal_id=f"d-{n}", deal__amount="10.00") for n in range(1001)]
    first, again = named(company, batch), named(company, batch)
    assert set(kinds_of(first)) == {"recorded"}
    assert again.data == first.data
    assert company.event_count() == 1001


def test_a_batch_of_which_a_part_was_committed_goes_on_where_it_stopped(company: Company) -> None:
    batch = [record(event_id=f"e-{n}", deal_id=f"d-{n}", deal__amount="10.00") for n in range(501)]
    running = company.client.application.extensions["tracker"]
    done: list[Batch] = []

    def once_only(of: Batch) -> Any:
        if done:
            raise Unavailable("The process was killed.")
        done.append(of)
        return running.record(of)

    company.client.application.extensions["tracker"] = replace(running, record=once_only)
    assert named(company, batch).status_code == 503
    company.client.application.extensions["tracker"] = running
    assert set(kinds_of(named(company, batch))) == {"recorded"}
    assert company.event_count() == 501


def test_the_answer_is_kept_for_a_week_and_the_effect_for_ever(company: Company) -> None:
    first = named(company, record())
    for days, kinds in ((7, ["recorded"]), (8, ["duplicate"])):
        with clock.stopped_at(NOW + timedelta(days=days)):
            flow_calendar.forget_old_answers(company.database, clock.now())
            again = named(company, record())
        assert kinds_of(again) == kinds, days
    assert first.status_code == 200
    assert company.event_count() == 1


def test_the_answer_outlives_the_process_and_moves_with_a_backup(
    start_company: Callable[[str], Company], sqlite_url: str, tmp_path: Path
) -> None:
    company = start_company(sqlite_url)
    first = named(company, record())
    backup.write_backup(company.database, tmp_path / "kept.backup", NOW)
    elsewhere = Database(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    backup.restore_backup(elsewhere, tmp_path / "kept.backup")
    upgrade(elsewhere)
    running = company.client.application.extensions["tracker"]
    company.client.application.extensions["tracker"] = replace(
        running, database=elsewhere, record=lambda batch: intake.record_batch(elsewhere, batch)
    )
    assert named(company, record()).data == first.data
    elsewhere.dispose()


def test_fifty_posts_at_once_have_one_effect_and_one_answer(company_on_each: Company) -> None:
    company = company_on_each
    body = json.dumps(record()).encode()

    def post(_number: int) -> tuple[int, bytes]:
        with clock.stopped_at(NOW):
            headers = {"Authorization": f"Bearer {company.key}", "Idempotency-Key": KEY}
            client = company.client.application.test_client()
            answer = client.post(
                EVENTS, data=body, headers=headers, content_type="application/json"
            )
        return answer.status_code, answer.data

    with ThreadPoolExecutor(10) as threads:
        answers = set(threads.map(post, range(50)))
    assert len(answers) == 1
    assert {status for status, _ in answers} == {200}
    assert company.event_count() == 1
    assert company.earned_minor() == 5_000_000


def test_two_of_one_key_in_one_commit_are_told_apart(company: Company) -> None:
    same = [record()]
    batches = [
        Batch([intake.Entry(one) for one in same], "CRM", NOW, NOW.date(), Claim("c", KEY, 0, "h"))
        for _ in range(2)
    ]
    with pytest.raises(KeyBusy, match="not done yet"):
        intake.record_batches(company.database, batches)
    assert company.event_count() == 0


def test_a_request_without_a_key_asks_the_database_nothing_more(company: Company) -> None:
    asked: list[str] = []
    engine = company.database._engine

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    company.post(record())
    event.remove(engine, "before_cursor_execute", note)
    assert asked
    assert not [statement for statement in asked if "kept_answer" in statement]
