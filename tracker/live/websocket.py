"""One WebSocket connection under gunicorn's gevent worker, correct when the client is slow.

The stock path ignores short writes, which corrupts the stream of every client that stops reading
for a while, and it assembles messages of any size before it looks at them. This one never leaves
a frame half sent with another behind it, and holds a bounded amount for any client in either
direction. It stands in for the class Engine.IO's gevent driver would use; that seam is not public,
so `install` checks its shape at start.
"""

from __future__ import annotations

import inspect
import socket
from collections import deque
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from gunicorn.workers.base_async import ALREADY_HANDLED
from wsproto.utilities import generate_accept_token

from tracker.errors import BadConfiguration, Problem
from tracker.live.frames import EVENT, NORMAL, Ending, Receiver, Sender, message_frame

SEND_BUFFER_BYTES = 128 * 1024
RECEIVE_BYTES = 16 * 1024
STALL_TIMEOUT_MILLISECONDS = 15_000

GEVENT_WEBSOCKET_PRESENT = Problem(
    "gevent-websocket",
    "this package is installed, and its presence alone breaks live updates.",
    "Remove it: python3 -m pip uninstall gevent-websocket",
)


class GeventWebSocket:
    """What Engine.IO calls a WebSocket: made per request, then `wait`, `send` and `close`."""

    goodbye_code = NORMAL
    """What clients are told when the server ends a connection."""

    def __init__(self, handler: Callable[[GeventWebSocket], Any], server: object) -> None:
        self._handler = handler

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        accept = _handshake_answer(environ)
        if accept is None:
            start_response("400 Bad Request", [("Content-Type", "text/plain")])
            return [b"This address speaks WebSocket version 13 only."]
        self._stream = environ["gunicorn.socket"]
        self._inbox: deque[str] = deque()
        self._sender, self._receiver = Sender(self._stream), Receiver()
        try:
            _tune(self._stream)
            self._stream.sendall(accept)
            self._handler(self)
        finally:
            self._sender.abort()
        return ALREADY_HANDLED

    def send(self, message: str | bytes) -> None:
        """Queues one message. Raises OSError when the connection is gone."""
        self._sender.send(message_frame(message))

    def wait(self) -> str | None:
        """The next message, or None when the connection has ended."""
        while not self._inbox:
            try:
                chunk = self._stream.recv(RECEIVE_BYTES)
            except OSError:
                return None
            if not chunk or not self._take_in(chunk):
                return None
        return self._inbox.popleft()

    def close(self) -> None:
        """Ends the connection politely."""
        self._sender.close(self.goodbye_code)

    def _take_in(self, chunk: bytes) -> bool:
        """Returns False when the client said goodbye; what a refused client still sends is lost."""
        if self._sender.closing:
            return True
        try:
            messages, answers = self._receiver.receive(chunk)
            self._inbox.extend(said for said in messages if not said.startswith(EVENT))
            for answer in answers:
                self._sender.send(answer)
        except Ending as ending:
            self._sender.close(ending.code)
            return ending.code != NORMAL
        except OSError:
            self._sender.close()
        return True


def install() -> None:
    """Makes Engine.IO's gevent driver use this class.

    Raises BadConfiguration when the environment would silently use another WebSocket, or when
    the driver no longer has the shape this module was written for.
    """
    if find_spec("geventwebsocket") is not None:
        raise BadConfiguration([GEVENT_WEBSOCKET_PRESENT])
    from engineio.async_drivers import gevent as driver

    stock = getattr(driver, "_async", {}).get("websocket")
    if stock is not GeventWebSocket and not _has_known_shape(stock):
        raise BadConfiguration([_unknown_driver()])
    driver._async["websocket"] = GeventWebSocket


def _unknown_driver() -> Problem:
    return Problem(
        f"python-engineio {version('python-engineio')}",
        "its WebSocket driver is not the one the live gateway was written for.",
        "Install the pinned one: python3 -m pip install --require-hashes -r requirements/run.txt",
    )


def _has_known_shape(stock: Any) -> bool:
    if not inspect.isclass(stock):
        return False
    takes = list(inspect.signature(stock).parameters)
    return takes == ["handler", "server"] and all(
        callable(getattr(stock, name, None)) for name in ("__call__", "send", "wait", "close")
    )


def _handshake_answer(environ: dict[str, Any]) -> bytes | None:
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or len(key) != 24 or not key.isascii():
        return None
    # No extension is ever accepted: permessage-deflate has no limit on what it unpacks.
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + generate_accept_token(key.encode()) + b"\r\n\r\n"
    )


def _tune(stream: Any) -> None:
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Without it a live peer with a zero window could pin its socket for ever.
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALL_TIMEOUT_MILLISECONDS)
