"""A sender that posts over many connections at once, each the next request when the last is answered."""

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

NO_OP = "/api/v1/no-op"
"""What `no_op_server` answers on beside the product's own addresses."""
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Posted:
    """How many requests were answered in how many seconds, and how much processor time the server took for them."""

    count: int
    seconds: float
    processor_seconds: float


def post_all(
    port: int, path: str, key: str, bodies: Iterable[bytes], connections_count: int, pid: int
) -> Posted:
    """Posts every body and waits for its answer; AssertionError unless each is taken without a problem."""
    requests = [_request(port, path, key, body) for body in bodies]
    before, started = processor_seconds(pid), perf_counter()
    asyncio.run(_post(port, requests, connections_count))
    return Posted(len(requests), perf_counter() - started, processor_seconds(pid) - before)


def processor_seconds(pid: int) -> float:
    """What a process and those it started have taken of the processor so far."""
    try:
        times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0.0
    own = (int(times[11]) + int(times[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(processor_seconds(int(child)) for child in children)


def _request(port: int, path: str, key: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join(head).encode() + HEAD_END + body


async def _post(port: int, requests: list[bytes], connections_count: int) -> None:
    loop, left = asyncio.get_running_loop(), iter(requests)
    lanes = [
        _Lane(lambda: next(left, None), loop.create_future()) for _ in range(connections_count)
    ]
    for lane in lanes:
        await loop.create_connection(lambda lane=lane: lane, "127.0.0.1", port)  # type: ignore[misc]
    await asyncio.gather(*(lane.done for lane in lanes))


class _Lane(asyncio.Protocol):
    """One connection. As little work as can be: what the sender takes, the server lacks on a small machine."""

    def __init__(
        self, next_request: Callable[[], bytes | None], done: "asyncio.Future[None]"
    ) -> None:
        self.done = done
        self._next_request, self._received = next_request, b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:  # the protocol's own name for it
        self._received += data
        head, _, body = self._received.partition(HEAD_END)
        length_at = head.lower().find(LENGTH)
        if not body and HEAD_END not in self._received:
            return
        if len(body) < int(head[length_at + len(LENGTH) :].split(b"\r\n", 1)[0]):
            return
        if b" 200 " not in head.split(b"\r\n", 1)[0] or b'"problems":[{' in body:
            self.done.set_exception(AssertionError(f"the server answered {self._received[:300]!r}"))
            return
        self._received = b""
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(AssertionError(f"the server hung up: {error}"))

    def _send(self) -> None:
        assert self._transport is not None
        request = self._next_request()
        if request is not None:
            self._transport.write(request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()
