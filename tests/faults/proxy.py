"""A line to PostgreSQL that can be made to fail: refused, silent, reset, slow, or cut right after a COMMIT went out.

pass        as if it were not there
refuse      nobody listens any more, and open connections are closed
blackhole   connections are made, and nothing gets through until it passes again; then all that was held does
reset       open connections are reset, and so is every new one
delay       each piece is held for so many seconds, in both directions
cut         the first COMMIT is let through; its answer is not, and the connection is reset; then it passes
"""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit

DELAY_SECONDS = 3.0
SERVER_COMMITS_WITHIN_SECONDS = 0.5
PIECE_BYTES = 65_536
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: nothing is sent any more but a reset


class Proxy:
    """Between a client and the server's Unix socket, in a thread of its own."""

    def __init__(self, server_socket: str) -> None:
        self.cuts = 0
        self._commits_before_cut = 0
        self._server_socket = server_socket
        self._mode = "pass"
        self._open: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._passes = self._run(self._open_gate())
        self._listener: asyncio.Server | None = None
        self.port = 0
        self._run(self._listen())

    def set(self, mode: str) -> None:
        """From now on; open connections included."""
        self._run(self._set(mode))

    def cut_after_commit(self, number: int) -> None:
        """Cut at the COMMIT of this number from now, the first being 0."""
        self._commits_before_cut = number
        self.set("cut")

    def end(self) -> None:
        self.set("refuse")
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, what):
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(timeout=20)

    async def _open_gate(self) -> asyncio.Event:
        gate = asyncio.Event()
        gate.set()
        return gate

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._listener.sockets[0].getsockname()[1]

    async def _set(self, mode: str) -> None:
        self._mode = mode
        if mode == "blackhole":
            self._passes.clear()
        else:
            self._passes.set()
        if mode in ("refuse", "reset"):
            self._reset_all()
        if mode == "refuse" and self._listener is not None:
            self._listener.close()
            self._listener = None
        elif mode != "refuse" and self._listener is None:
            await self._listen()

    def _reset_all(self) -> None:
        for writer in list(self._open):
            self._reset(writer)

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        line = writer.get_extra_info("socket")
        if line is not None and line.family == socket.AF_INET:
            with suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(OSError):  # also when the server itself is down
            if self._mode != "reset":
                await self._passes.wait()
                await self._connect_through(reader, writer)
        self._reset(writer)

    async def _connect_through(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        from_server, to_server = await asyncio.open_unix_connection(self._server_socket)
        self._open.add(to_server)
        there = self._carry(reader, to_server, is_from_client=True)
        back = self._carry(from_server, writer, is_from_client=False)
        try:
            await asyncio.gather(there, back)
        finally:
            self._reset(to_server)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_from_client: bool
    ) -> None:
        """Piece by piece; ends with an error, so that the other direction ends, too."""
        while piece := await reader.read(PIECE_BYTES):
            await self._passes.wait()
            if self._mode == "delay":
                await asyncio.sleep(DELAY_SECONDS)
            writer.write(piece)
            await writer.drain()
            if self._mode == "cut" and is_from_client and b"COMMIT" in piece:
                await self._cut_or_count()
        raise ConnectionResetError

    async def _cut_or_count(self) -> None:
        if self._commits_before_cut:
            self._commits_before_cut -= 1
            return
        await self._set("blackhole")
        await asyncio.sleep(SERVER_COMMITS_WITHIN_SECONDS)
        self.cuts += 1
        self._reset_all()
        await self._set("pass")


@contextmanager
def proxied(database_url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy before the PostgreSQL of an address, and the address that leads through it."""
    parts = urlsplit(database_url)
    (folder,) = parse_qs(parts.query)["host"]
    proxy = Proxy(f"{folder}/.s.PGSQL.{parts.port or 5432}")
    user = parts.username or "postgres"
    try:
        yield proxy, f"postgresql://{user}@127.0.0.1:{proxy.port}{parts.path}"
    finally:
        proxy.end()
