"""WebSocket frames in both directions, each with a limit, for a client that may be slow or hostile."""

from __future__ import annotations

import socket
import struct
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from typing import Any

import gevent
from wsproto import ConnectionType
from wsproto.connection import Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage

from tracker.clock import monotonic_seconds

MESSAGE_LIMIT_BYTES = 64 * 1024
BACKLOG_LIMIT_BYTES = 1024 * 1024
BACKLOG_LIMIT_FRAMES = 256
CLOSE_TIMEOUT_SECONDS = 5.0
INBOUND_BURST = 200
INBOUND_PER_SECOND = 5.0

# What a page says in Engine.IO and Socket.IO: close, pong, connect, disconnect, event. A binary event
# would be kept until all its attachments have come, and nobody listens to any event: not even parsed.
EVENT = "42"
SPOKEN = ("1", "3", "40", "41", EVENT)

NORMAL, PROTOCOL_ERROR, BROKEN_POLICY, TOO_BIG = 1000, 1002, 1008, 1009
SERVICE_RESTART, TRY_AGAIN_LATER = 1012, 1013
_TEXT, _BINARY, _CLOSE, _PONG = 0x1, 0x2, 0x8, 0xA


def frame(opcode: int, payload: bytes) -> bytes:
    """One final, unmasked frame: what a server sends."""
    if len(payload) < 126:
        return struct.pack("!BB", 0x80 | opcode, len(payload)) + payload
    if len(payload) < 65536:
        return struct.pack("!BBH", 0x80 | opcode, 126, len(payload)) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, len(payload)) + payload


@lru_cache(maxsize=64)
def message_frame(message: str | bytes) -> bytes:
    """The frame of a message; kept, because every member of a room gets the same bytes."""
    if isinstance(message, bytes):
        return frame(_BINARY, message)
    return frame(_TEXT, message.encode())


class Sender:
    """Sends whole frames in order without ever blocking its caller.

    What the kernel does not take at once waits in a bounded backlog that one greenlet drains.
    When the backlog is full, the client is told to try again later and closed.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._backlog: deque[memoryview] = deque()
        self._backlog_bytes = 0
        self._draining = False
        self.closing = False

    def send(self, whole_frame: bytes) -> None:
        """Hands one frame over. Raises OSError when the connection is closing or overflows."""
        if self.closing:
            raise OSError("the connection is closing")
        self._push(whole_frame)
        if self._backlog_bytes > BACKLOG_LIMIT_BYTES or len(self._backlog) > BACKLOG_LIMIT_FRAMES:
            self._give_up_on_slow_client()
            raise OSError("the client reads too slowly")

    def close(self, code: int = NORMAL) -> None:
        """Says goodbye after what is queued, then cuts the link even if the client never reads."""
        if self.closing:
            return
        self.closing = True
        gevent.spawn_later(CLOSE_TIMEOUT_SECONDS, self.abort)
        try:
            self._push(frame(_CLOSE, struct.pack("!H", code)))
            if not self._backlog:
                self._stream.shutdown(socket.SHUT_WR)
        except OSError:
            self.abort()

    def abort(self) -> None:
        """Cuts the link now; both directions fail from here on."""
        self.closing = True
        with suppress(OSError):  # the peer may have been faster
            self._stream.shutdown(socket.SHUT_RDWR)

    def _push(self, whole_frame: bytes) -> None:
        rest = memoryview(whole_frame)
        if not self._backlog:
            rest = rest[self._send_now(rest) :]
        if rest:
            self._backlog.append(rest)
            self._backlog_bytes += len(rest)
            self._start_draining()

    def _send_now(self, rest: memoryview) -> int:
        try:
            return int(self._stream.send(rest, socket.MSG_DONTWAIT, timeout=0.0))
        except BlockingIOError:
            return 0

    def _start_draining(self) -> None:
        if not self._draining:
            self._draining = True
            gevent.spawn(self._drain)

    def _drain(self) -> None:
        try:
            while self._backlog:
                self._send_head()
            if self.closing:
                self._stream.shutdown(socket.SHUT_WR)
        except OSError:
            self._backlog.clear()
            self.abort()
        finally:
            self._draining = False

    def _send_head(self) -> None:
        # The head stays queued while it is being sent, so that nobody can slip a frame into it.
        head = self._backlog[0]
        sent = self._stream.send(head)
        self._backlog_bytes -= sent
        if sent == len(head):
            self._backlog.popleft()
        else:
            self._backlog[0] = head[sent:]

    def _give_up_on_slow_client(self) -> None:
        head = self._backlog[0]
        self._backlog.clear()
        self._backlog.append(head)
        self._backlog_bytes = len(head)
        self.close(TRY_AGAIN_LATER)


class Ending(Exception):
    """The connection must end; `code` is the WebSocket close code that says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Receiver:
    """Turns received bytes into whole messages, never holding more than one message's limit."""

    def __init__(self, seconds: Callable[[], float] = monotonic_seconds) -> None:
        self._frames = Connection(ConnectionType.SERVER)
        self._parts: list[bytes] = []
        self._size_bytes = 0
        self._seconds = seconds
        self._allowance = float(INBOUND_BURST)
        self._counted_at_seconds = seconds()

    def receive(self, chunk: bytes) -> tuple[list[str], list[bytes]]:
        """Returns (messages finished, frames to answer with). Raises Ending."""
        messages: list[str] = []
        answers: list[bytes] = []
        self._frames.receive_data(chunk)
        for event in self._frames.events():
            self._count()
            if isinstance(event, CloseConnection):
                said_goodbye = self._frames.state is ConnectionState.REMOTE_CLOSING
                raise Ending(NORMAL if said_goodbye else PROTOCOL_ERROR)
            if isinstance(event, Ping):
                answers.append(frame(_PONG, bytes(event.payload)))
            elif isinstance(event, (TextMessage, BytesMessage)) and self._add(event):
                messages.append(self._take(event))
        return messages, answers

    def _count(self) -> None:
        elapsed_seconds = self._seconds() - self._counted_at_seconds
        self._counted_at_seconds += elapsed_seconds
        refilled = self._allowance + elapsed_seconds * INBOUND_PER_SECOND
        self._allowance = min(float(INBOUND_BURST), refilled) - 1
        if self._allowance < 0:
            raise Ending(BROKEN_POLICY)

    def _add(self, event: TextMessage | BytesMessage) -> bool:
        part = event.data.encode() if isinstance(event, TextMessage) else bytes(event.data)
        self._size_bytes += len(part)
        if self._size_bytes > MESSAGE_LIMIT_BYTES:
            raise Ending(TOO_BIG)
        self._parts.append(part)
        return event.message_finished

    def _take(self, event: Event) -> str:
        whole = b"".join(self._parts).decode() if isinstance(event, TextMessage) else ""
        self._parts, self._size_bytes = [], 0
        if not whole.startswith(SPOKEN):
            raise Ending(BROKEN_POLICY)
        return whole
