"""A client that reads slowly or sends too much harms only itself."""

import struct
import time

import pytest

from tests.live.conftest import Toy
from tests.live.raw_client import RawClient

MEBIBYTE = 1024 * 1024


def read_to_the_end(client: RawClient) -> tuple[list[str], int | None]:
    """(flood payloads in order, close code); a corrupt stream raises AssertionError."""
    floods: list[str] = []
    while True:
        try:
            opcode, payload = client.next_frame()
        except (EOFError, ConnectionResetError):
            return floods, None
        if opcode == 8:
            return floods, struct.unpack("!H", payload[:2])[0]
        if payload.startswith(b'42["flood"'):
            floods.append(payload[12:18].decode())


@pytest.mark.parametrize(("size_bytes", "count"), [(8_000, 3_000), (240, 60_000)])
def test_a_reader_that_stalls_and_resumes_never_sees_a_corrupt_stream(
    toy: Toy, size_bytes: int, count: int
) -> None:
    with RawClient(toy.port, receive_buffer_bytes=4096) as slow:
        slow.join()
        flood = {"room": "rep:1:en", "size_bytes": size_bytes, "count": count}
        toy.post("/flood", flood)
        floods, close_code = read_to_the_end(slow)
    assert floods == [f"{number:06d}" for number in range(len(floods))]
    assert floods
    assert len(floods) < count, "the backlog was not bounded"
    assert close_code in (1013, None)


def test_a_reader_that_pauses_within_the_backlog_gets_every_frame_in_order(toy: Toy) -> None:
    with RawClient(toy.port, receive_buffer_bytes=4096) as slow:
        slow.join()
        toy.post("/flood", {"room": "rep:1:en", "size_bytes": 8_000, "count": 100})
        floods = [slow.next_event("flood")[:6] for _ in range(100)]
    assert floods == [f"{number:06d}" for number in range(100)]


def test_a_stalled_reader_does_not_delay_the_others_and_is_cut(toy: Toy) -> None:
    stalled = [RawClient(toy.port, receive_buffer_bytes=4096) for _ in range(10)]
    for client in stalled:
        client.join()
    before_bytes = toy.get("/state")["rss_bytes"]
    toy.post("/flood", {"room": "rep:1:en", "size_bytes": 8_000, "count": 2_000})
    with RawClient(toy.port, Cookie="who=bo") as healthy:
        healthy.join()
        toy.change(payee_id=2)
        assert healthy.next_event("fragment")["sequence"] == 1
    assert toy.get("/state")["rss_bytes"] - before_bytes < 40 * MEBIBYTE
    wait_until_links(toy, 0)
    for client in stalled:
        client.close()


def wait_until_links(toy: Toy, expected: int) -> None:
    for _ in range(200):
        if toy.get("/state")["links"] == expected:
            return
        time.sleep(0.1)
    pytest.fail(f"{toy.get('/state')['links']} links are still open")


def test_a_megabyte_message_is_cut_before_it_is_assembled(toy: Toy) -> None:
    with RawClient(toy.port) as client:
        client.join()
        before_bytes = toy.get("/state")["rss_bytes"]
        send_until_cut(client, [(0x81, b"x" * (8 * MEBIBYTE))])
        assert toy.get("/state")["rss_bytes"] - before_bytes < 4 * MEBIBYTE
        assert close_code_of(client) in (1009, None)


def test_endless_fragments_of_one_message_are_cut(toy: Toy) -> None:
    with RawClient(toy.port) as client:
        client.join()
        before_bytes = toy.get("/state")["rss_bytes"]
        send_until_cut(client, [(0x01, b"x" * 1000)] + [(0x00, b"x" * 1000)] * 20_000)
        assert toy.get("/state")["rss_bytes"] - before_bytes < 4 * MEBIBYTE
        assert close_code_of(client) in (1009, None)


def test_endless_empty_fragments_are_cut(toy: Toy) -> None:
    with RawClient(toy.port) as client:
        client.join()
        send_until_cut(client, [(0x01, b"")] + [(0x00, b"")] * 5_000)
        assert close_code_of(client) in (1008, None)


def test_too_many_messages_are_cut(toy: Toy) -> None:
    with RawClient(toy.port) as client:
        client.join()
        send_until_cut(client, [(0x81, b'42["anything"]')] * 5_000)
        assert close_code_of(client) in (1008, None)


@pytest.mark.parametrize(
    "nonsense",
    [
        (0xC1, b"compressed bit without an extension"),
        (0x83, b"unknown opcode"),
        (0x00, b"continues nothing"),
        (0x81, b"\xff\xfe not utf-8"),
    ],
)
def test_what_breaks_the_protocol_ends_that_connection_only(
    toy: Toy, nonsense: tuple[int, bytes]
) -> None:
    with RawClient(toy.port) as client:
        client.join()
        client.send_frame(*nonsense)
        assert close_code_of(client) == 1002
    with RawClient(toy.port) as other:
        other.join()


@pytest.mark.parametrize(
    "attachment",
    [(0x81, b'459999999-["anything",{"_placeholder":true,"num":0}]'), (0x82, b"x" * 60_000)],
)
def test_a_message_that_waits_for_attachments_is_cut(
    toy: Toy, attachment: tuple[int, bytes]
) -> None:
    with RawClient(toy.port) as client:
        client.join()
        client.send_frame(*attachment)
        assert close_code_of(client) == 1008


def test_an_event_is_not_even_parsed(toy: Toy) -> None:
    with RawClient(toy.port) as client:
        client.join()
        client.send_text("42" + "[" * 60_000)
        client.send_text("42 this is not JSON")
        toy.change(payee_id=1)
        assert client.next_event("fragment")["sequence"] == 1
    toy.stop()
    assert toy.errors == ""


def test_a_ping_is_answered(toy: Toy) -> None:
    with RawClient(toy.port) as client:
        client.join()
        client.send_frame(0x89, b"still there?")
        opcode, payload = client.next_frame()
        while opcode != 0xA:
            opcode, payload = client.next_frame()
        assert payload == b"still there?"


def send_until_cut(client: RawClient, frames: list[tuple[int, bytes]]) -> None:
    try:
        for first_byte, payload in frames:
            client.send_frame(first_byte, payload)
    except (BrokenPipeError, ConnectionResetError):
        pass


def close_code_of(client: RawClient) -> int | None:
    """The code the server closed with; None when the reset overtook the close frame."""
    try:
        while True:
            client.next_text()
    except EOFError as end:
        return end.args[0] if end.args else None
    except ConnectionResetError:
        return None
