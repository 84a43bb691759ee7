"""Connections to PostgreSQL that notice when the other end has gone silent.

A statement may rightly take long, so it has no deadline. But a server that was cut off without a word (a pulled cable,
a firewall that drops packets) would be waited for until TCP gives up, a quarter of an hour later. So whoever has
waited a moment asks on a second line whether anybody is still there: a slow answer is told apart from none.
"""

import socket
import struct
import threading
from collections.abc import Generator, Mapping
from typing import Any, Self, TypeVar

import psycopg

from tracker import clock

PATIENCE_SECONDS = 0.6
"""How long a statement is waited for before the other end is asked for."""
ASKING_SECONDS = 0.5
"""How long it may take to answer that. Both together, and another 0.5 s, are within the 2 s that are promised."""
THERE_SECONDS = 0.1
"""How long an answer counts for others, too. That there was none counts as long as it took to find out."""
CONNECT_SECONDS = 2
UNACKNOWLEDGED_MILLISECONDS = 5000

_SSL_REQUEST = struct.pack("!ii", 8, 80877103)
"""What any PostgreSQL answers with one letter, before it asks who is there."""

Answer = TypeVar("Answer")


class Silent(psycopg.OperationalError):
    """Nobody answers at the address of the database."""


class OtherEnd:
    """The server at one address: whether it answers, asked by one for all."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        """Of these parameters of a connection, it is the one at `host` and `port`."""
        self._address = _address_of(parameters)
        self._is_there, self._known_until_seconds = True, 0.0
        self._one_asks = threading.Lock()

    def require(self) -> None:
        """Raises Silent when it does not answer. While that is known, everybody is told at once."""
        with self._one_asks:  # a connection that is begun meanwhile would wait much longer
            if clock.monotonic_seconds() > self._known_until_seconds:
                self._is_there = self._address is None or _answers(*self._address)
                counts_seconds = THERE_SECONDS if self._is_there else ASKING_SECONDS
                self._known_until_seconds = clock.monotonic_seconds() + counts_seconds
        if not self._is_there:
            raise Silent("nobody answers at its address")


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that is given up, and said to be broken, once the other end is silent."""

    other_end: OtherEnd
    patience_seconds = PATIENCE_SECONDS

    @classmethod
    def to(cls, other_end: OtherEnd, **parameters: Any) -> Self:
        """A new one. Raises OperationalError, Silent among them, soon."""
        other_end.require()
        limits = {
            "connect_timeout": CONNECT_SECONDS,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": UNACKNOWLEDGED_MILLISECONDS,
        }
        connection = cls.connect(**{**limits, **parameters})
        connection.other_end = other_end
        return connection

    def wait(self, gen: Any, *arguments: Any, **options: Any) -> Any:
        """As its parent does, which goes on with the generator whenever something came, or an interval has passed."""
        return super().wait(self._watching(gen), *arguments, **options)

    def _watching(self, steps: Generator[Any, Any, Answer]) -> Generator[Any, Any, Answer]:
        heard_at_seconds = clock.monotonic_seconds()
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if ready:
                    heard_at_seconds = clock.monotonic_seconds()
                elif clock.monotonic_seconds() - heard_at_seconds > self.patience_seconds:
                    self._require_other_end()
                    heard_at_seconds = clock.monotonic_seconds()
                wanted = steps.send(ready)
        except StopIteration as end:
            answer: Answer = end.value
            return answer

    def _require_other_end(self) -> None:
        other_end = getattr(self, "other_end", None)  # None while it is being made
        if other_end is None:
            return
        try:
            other_end.require()
        except Silent:
            self.pgconn.finish()  # a goodbye would be waited for, too
            raise


def _address_of(parameters: Mapping[str, Any]) -> tuple[str, int] | None:
    """Where to knock; None where several servers share a name, and only the driver knows which one it found."""
    host = str(parameters.get("hostaddr") or parameters.get("host") or "")
    port = str(parameters.get("port") or 5432)
    return None if not host or "," in host + port else (host, int(port))


def _answers(host: str, port: int) -> bool:
    try:
        with _line_to(host, port) as line:
            line.sendall(_SSL_REQUEST)
            return bool(line.recv(1))
    except OSError:
        return False


def _line_to(host: str, port: int) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, port), timeout=ASKING_SECONDS)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(ASKING_SECONDS)
    try:
        line.connect(f"{host}/.s.PGSQL.{port}")
    except OSError:
        line.close()
        raise
    return line
