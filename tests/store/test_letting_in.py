"""Sessions, links, keys, attempts and pairings on both kinds of database."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tracker.store import accounts, attempts, keys, links, people, screens, sessions
from tracker.store.database import Database
from tracker.store.tokens import token_hash

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
SOURCE = attempts.source_of("ida@firma.dk", "203.0.113.9")


@pytest.fixture
def ida(database: Database) -> int:
    """The id of somebody who manages the only team."""
    with database.write() as connection:
        team_id = people.add_team(connection, "North")
        person_id = people.add_person(connection, "Ida", "ida@firma.dk", "manager", NOW)
        people.set_manager(connection, team_id, person_id)
    return person_id


def at_once(count: int, attempt: Callable[[int], bool]) -> list[bool]:
    """What each of some attempts made by threads of their own came to."""
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda number=number: results.append(attempt(number)))
        for number in range(count)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_a_session_is_found_by_its_token_until_it_is_revoked(database: Database, ida: int) -> None:
    with database.write() as connection:
        token = sessions.open_session(connection, ida, NOW)
        other = sessions.open_session(connection, ida, NOW)
        key = token_hash(token)
        assert sessions.live_session(connection, token, NOW) is None, "the token itself is not kept"
        found = sessions.live_session(connection, key, NOW)
        assert found
        assert found.person_id == ida
        sessions.revoke_session(connection, key, NOW)
        assert sessions.live_session(connection, key, NOW) is None
        assert sessions.live_session(connection, token_hash(other), NOW)
        accounts.end_sessions(connection, ida, NOW)
        assert sessions.live_sessions_of(connection, ida, NOW) == []


def test_of_many_who_use_a_link_at_once_one_gets_in(database: Database, ida: int) -> None:
    with database.write() as connection:
        token = links.make_sign_in_link(connection, ida, NOW + timedelta(hours=1))

    def use(_number: int) -> bool:
        with database.write() as connection:
            return links.claim(connection, token, links.SIGN_IN, NOW)

    assert sorted(at_once(6, use)) == [False] * 5 + [True]


def test_a_new_setup_link_replaces_the_one_before(database: Database) -> None:
    with database.write() as connection:
        first, second = (
            links.make_setup_link(connection, NOW + timedelta(hours=1)) for _ in range(2)
        )
        assert not links.is_setup_open(connection, first, NOW)
        assert links.is_setup_open(connection, second, NOW)
        assert not links.is_setup_open(connection, second, NOW + timedelta(hours=1))
        assert links.sign_in_link(connection, second, NOW) is None, "each link has one purpose"


def test_of_many_who_confirm_a_code_at_once_one_pairs_the_wall(
    database: Database, ida: int
) -> None:
    with database.write() as connection:
        started = screens.start_pairing(connection, NOW)
    assert started
    device_token, pairing = started

    def confirm(number: int) -> bool:
        with database.write() as connection:
            screen_id = screens.confirm_pairing(
                connection, pairing.code, f"Wall {number}", 1, ida, NOW
            )
        return screen_id is not None

    assert sorted(at_once(6, confirm)) == [False] * 5 + [True]
    with database.read() as connection:
        assert len(screens.screens_of_teams(connection, frozenset({1}))) == 1
        assert screens.live_screen(connection, token_hash(device_token))


def test_guesses_from_many_processes_share_the_limit(database: Database) -> None:
    def guess(_number: int) -> bool:
        with database.write() as connection:
            attempts.note_attempt(connection, SOURCE, NOW)
        with database.read() as connection:
            return attempts.blocked_until(connection, SOURCE, NOW) is None

    assert sum(at_once(20, guess)) <= attempts.FAILURES_PER_ACCOUNT


def test_a_success_does_not_count_against_the_account(database: Database) -> None:
    with database.write() as connection:
        for _ in range(3 * attempts.FAILURES_PER_ACCOUNT):
            attempts.note_success(connection, attempts.note_attempt(connection, SOURCE, NOW))
        assert attempts.blocked_until(connection, SOURCE, NOW) is None


def test_old_attempts_are_forgotten(database: Database) -> None:
    with database.write() as connection:
        for _ in range(attempts.FAILURES_PER_ACCOUNT + 1):
            attempts.note_attempt(connection, SOURCE, NOW)
        until = attempts.blocked_until(connection, SOURCE, NOW)
        assert until == NOW + attempts.ATTEMPT_WINDOW
        assert attempts.blocked_until(connection, SOURCE, until) is None


def test_a_key_is_shown_once_and_does_only_what_its_scopes_say(database: Database) -> None:
    with database.write() as connection:
        text = keys.create_key(connection, "CRM", frozenset({"ingest"}), NOW)
        (listed,) = keys.all_keys(connection)
        assert text.startswith(listed.prefix)
        assert len(text) > len(listed.prefix) + 30
        found = keys.live_key(connection, text)
        assert found
        assert found.scopes == {"ingest"}
        keys.note_use(connection, found.id, NOW)
        assert keys.revoke_key(connection, found.id, NOW)
        assert keys.live_key(connection, text) is None
        assert not keys.revoke_key(connection, found.id, NOW), "it was stopped before"
