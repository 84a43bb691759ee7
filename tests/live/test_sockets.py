"""Rooms follow the session: who hears what, and for how long."""

import signal

import pytest

from tests.live.conftest import Toy
from tests.live.raw_client import RawClient, Refused


def test_a_change_reaches_the_room_it_concerns_and_no_other(toy: Toy) -> None:
    with RawClient(toy.port) as anna, RawClient(toy.port, Cookie="who=bo") as bo:
        anna.join()
        bo.join()
        toy.change(payee_id=1, team_id=3)
        toy.change(payee_id=2, team_id=3)
        assert anna.next_event("fragment")["room"] == "rep:1"
        assert bo.next_event("fragment")["room"] == "rep:2"


def test_a_fragment_carries_the_partial_and_both_sequences(toy: Toy) -> None:
    toy.change(payee_id=1)
    with RawClient(toy.port) as anna:
        assert anna.join() == {"sequences": {"rep:1": 1}}
        toy.change(payee_id=2)
        toy.change(payee_id=1)
        fragment = anna.next_event("fragment")
    assert fragment["sequence"] == 3
    assert fragment["previous_sequence"] == 1
    assert "rep 1" in fragment["html"]
    assert fragment["sent_at"].endswith("+00:00")
    assert set(fragment) == {"room", "html", "sequence", "previous_sequence", "sent_at"}


def test_a_client_cannot_name_a_room_or_make_the_server_say_anything(toy: Toy) -> None:
    with RawClient(toy.port) as anna:
        anna.join()
        for event in (
            "join",
            "subscribe",
            "enter_room",
            "message",
            "connect",
            "fragment",
            "my event",
        ):
            for room in ("rep:2", "rep:2:da", "manager:3:en", "team:3:en"):
                anna.send_text(f'42["{event}","{room}"]')
        for namespace in ("/admin", "/rep:2", "/x"):
            anna.send_text(f"40{namespace},")
        toy.change(payee_id=2, team_id=3)
        toy.change(payee_id=1)
        heard = []
        while not (heard and heard[-1].startswith('42["fragment"')):
            heard.append(anna.next_text())
    assert not [text for text in heard if "rep:2" in text and text.startswith("42")]
    assert '"rep:1"' in heard[-1]


def test_a_socket_is_cut_when_its_session_is_revoked(toy: Toy) -> None:
    with RawClient(toy.port) as anna, RawClient(toy.port, Cookie="who=bo") as bo:
        anna.join()
        bo.join()
        toy.post("/revoke/anna")
        assert anna.next_event("signed_out") == {}
        anna.read_to_the_end()
        toy.change(payee_id=2)
        bo.next_event("fragment")  # nobody else was cut


def test_an_access_change_in_the_outbox_cuts_who_lost_it_at_once(toy: Toy) -> None:
    with RawClient(toy.port) as anna:
        anna.join()
        toy.post("/rooms/anna", None)
        toy.change(kind="access", payee_id=1)
        assert anna.next_event("signed_out", within_seconds=4) == {}
        anna.read_to_the_end()


def test_many_access_changes_at_once_are_looked_at_together(toy: Toy) -> None:
    with RawClient(toy.port) as anna:
        anna.join()
        before = toy.get("/asked")["count"]
        toy.post("/changes", [{"kind": "access"}] * 50 + [{"payee_id": 1}])
        anna.next_event("fragment")
        assert toy.get("/asked")["count"] - before <= 10
        toy.post("/rooms/anna", None)
        toy.change(kind="access")
        assert anna.next_event("signed_out", within_seconds=4) == {}


def test_an_expired_session_is_noticed_without_any_change(toy: Toy) -> None:
    with RawClient(toy.port) as anna:
        anna.join()
        toy.post("/rooms/anna", None)
        assert anna.next_event("signed_out") == {}


def test_a_socket_with_other_rights_than_before_must_start_over(toy: Toy) -> None:
    with RawClient(toy.port, Cookie="who=mette") as mette:
        mette.join()
        toy.post("/rooms/mette", ["manager:4"])
        toy.change(kind="access")
        assert mette.next_event("resync") == {"reason": "scope_changed"}
        toy.change(team_id=3)
        assert "fragment" not in "".join(mette.read_to_the_end())
    with RawClient(toy.port, Cookie="who=mette") as mette:
        assert list(mette.join()["sequences"]) == ["manager:4"]


def test_over_a_cut_link_nobody_can_connect_again(toy: Toy) -> None:
    with RawClient(toy.port) as anna:
        anna.join()
        toy.post("/revoke/anna")
        anna.send_text("40")
        assert "joined" not in "".join(anna.read_to_the_end())


@pytest.mark.parametrize("question", ["principal_of", "sequence_of"])
def test_who_connects_while_the_database_is_away_is_told_so_and_may_try_again(
    toy: Toy, question: str
) -> None:
    with RawClient(toy.port) as anna:
        assert anna.next_text().startswith("0")
        toy.post("/unanswered", [question])
        anna.send_text("40")
        assert anna.next_text() == '44{"message":"away"}'
        toy.post("/unanswered", [])
        toy.change(payee_id=1)
        anna.send_text("40")
        assert anna.next_event("joined") == {"sequences": {"rep:1": 1}}
        toy.change(payee_id=1)
        assert anna.next_event("fragment")["sequence"] == 2
    toy.stop(signal.SIGTERM)
    assert toy.errors == ""


def test_a_handshake_while_the_database_is_away_is_refused_until_it_is_back(toy: Toy) -> None:
    toy.post("/unanswered", ["principal_of"])
    with pytest.raises(Refused) as refused:
        RawClient(toy.port)
    assert refused.value.status == 503
    assert "\r\nRetry-After: " in refused.value.head
    toy.post("/unanswered", [])
    with RawClient(toy.port) as anna:
        anna.join()


def test_a_link_that_never_connects_is_cut(toy: Toy) -> None:
    with RawClient(toy.port) as silent:
        silent.read_to_the_end()
    assert toy.get("/state")["links"] == 0


def test_a_win_is_celebrated_on_the_wall_without_pay(toy: Toy) -> None:
    with RawClient(toy.port, Cookie="who=wall") as wall:
        wall.join()
        toy.change(kind="deal", payee_id=1, team_id=3, is_win=True)
        cheer = wall.next_event("celebration")
    assert cheer["headline"] == "A win for Team Nord"
    assert set(cheer) == {
        "room", "sequence", "person", "initials", "headline", "team_line", "step_line"
    }  # fmt: skip


def test_a_partial_that_cannot_be_rendered_asks_for_a_refetch_and_leaks_nothing(toy: Toy) -> None:
    with RawClient(toy.port) as anna:
        anna.join()
        toy.post("/break-rendering", True)
        toy.change(payee_id=1)
        assert anna.next_event("resync") == {"reason": "not_rendered"}
        toy.post("/break-rendering", False)
        toy.change(payee_id=1)
        assert anna.next_event("fragment")["sequence"] == 2
    toy.stop(signal.SIGTERM)
    assert "123456" not in toy.errors
    assert "RuntimeError" in toy.errors


def test_a_burst_is_merged_and_its_end_is_never_lost(toy: Toy) -> None:
    with RawClient(toy.port) as anna:
        anna.join()
        for _ in range(10):
            toy.post("/changes", [{"payee_id": 1}] * 20)
        count, sequence = 0, 0
        while sequence < 200:
            sequence = anna.next_event("fragment")["sequence"]
            count += 1
    assert count <= 20


def test_a_stopping_server_lets_its_clients_go(toy: Toy) -> None:
    with RawClient(toy.port) as anna:
        anna.join()
        toy.process.send_signal(signal.SIGTERM)
        heard = anna.read_to_the_end()
    assert "41" not in heard, "a page does not come again by itself once it is told to disconnect"
    toy.process.wait(timeout=15)
    assert toy.process.returncode == 0
