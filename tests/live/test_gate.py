"""Nobody holds a socket who may not."""

import pytest

from tests.live.conftest import Toy
from tests.live.raw_client import RawClient, Refused


def test_without_a_session_the_handshake_is_refused_and_nothing_is_held(toy: Toy) -> None:
    with pytest.raises(Refused) as refused:
        RawClient(toy.port, Cookie=None)
    assert refused.value.status == 401
    with pytest.raises(Refused) as refused:
        RawClient(toy.port, Cookie="who=nobody")
    assert refused.value.status == 401
    assert toy.get("/state")["links"] == 0


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "", "http://127.0.0.1"])
def test_an_origin_that_is_not_listed_is_refused(toy: Toy, origin: str | None) -> None:
    with pytest.raises(Refused) as refused:
        RawClient(toy.port, Origin=origin)
    assert refused.value.status == 403
    assert toy.get("/state")["links"] == 0


def test_a_forwarded_host_does_not_vouch_for_an_origin(toy: Toy) -> None:
    with pytest.raises(Refused) as refused:
        RawClient(toy.port, Origin="http://evil.example", X_Forwarded_Host="evil.example")
    assert refused.value.status == 403


@pytest.mark.parametrize(
    "path",
    [
        "/socket.io/?EIO=4&transport=polling",
        "/socket.io/?EIO=4",
        "/socket.io/?EIO=4&transport=websocket&sid=abc",
        "/socket.io/?EIO=4&transport=polling&transport=websocket",
    ],
)
def test_only_a_fresh_websocket_handshake_passes(toy: Toy, path: str) -> None:
    with pytest.raises(Refused) as refused:
        RawClient(toy.port, path=path)
    assert refused.value.status == 400
    assert toy.get("/state")["links"] == 0


def test_the_offer_to_compress_is_not_taken_up(toy: Toy) -> None:
    with RawClient(toy.port, Sec_WebSocket_Extensions="permessage-deflate") as client:
        assert "extensions" not in client.head.lower()
        client.join()


def test_one_session_cannot_hold_endless_sockets(toy: Toy) -> None:
    clients = [RawClient(toy.port) for _ in range(20)]
    with pytest.raises(Refused) as refused:
        RawClient(toy.port)
    assert refused.value.status == 429
    with RawClient(toy.port, Cookie="who=bo") as other:
        other.join()
    for client in clients:
        client.close()


def test_a_seat_is_free_again_when_its_socket_has_left(toy: Toy) -> None:
    for _ in range(25):
        with RawClient(toy.port) as client:
            client.join()
            client.send_frame(0x88, b"\x03\xe8")
            client.read_to_the_end()
