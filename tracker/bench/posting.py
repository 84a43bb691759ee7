"""A sender that posts over many connections at once, each the next request when the last is answered."""

import asyncio
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
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
    # A thread of its own: whoever measures may have a loop running in this one.
    with ThreadPoolExecutor(max_workers=1) as own:
        own.submit(lambda: asyncio.run(_post(port, requests, connections_count))).result()
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
    left = iter(requests)
    await asyncio.gather(*(_post_one_by_one(port, left) for _ in range(connections_count)))


async def _post_one_by_one(port: int, left: Iterator[bytes]) -> None:
    """Over one connection, as long as there are requests."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for request in left:
        writer.write(request)
        head = await reader.readuntil(HEAD_END)
        length = head.lower().partition(LENGTH)[2].partition(b"\r\n")[0]
        body = await reader.readexactly(int(length))
        if b" 200 " not in head.partition(b"\r\n")[0] or b'"problems":[{' in body:
            raise AssertionError(f"the server answered {head + body[:300]!r}")
    writer.close()
    await writer.wait_closed()
