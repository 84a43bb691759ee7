"""gunicorn's gevent worker, which stops so that nobody is left without an answer.

Asked to stop, it tells every socket to come again, ends the connections that wait for nothing, and lets what is under
way finish. What has not finished by then is broken off, which undoes what it was about to write, and told to come back.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from tracker import logs
from tracker.clock import monotonic_seconds
from tracker.errors import Stopping
from tracker.live.gate import Application, Environ, StartResponse

STOP_WATCH_SECONDS = 0.2
FINISH_SECONDS = 7.0
"""How long a request may go on after the server was asked to stop; as many service managers kill after 10.

What is being committed then has another second (`group_writer.LAST_SECONDS`), and a busy process the rest.
"""

log = logs.log_of(__name__)


class AnsweredAtTheLast:
    """WSGI middleware: a request that is broken off is answered all the same, by `come_back`."""

    def __init__(self, application: Application, come_back: Application) -> None:
        self._application, self._come_back = application, come_back

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self._application(environ, start_response)
        except Stopping:
            log.warning("a request was not finished before the stop", status=503)
            return self._come_back(environ, start_response)


class Worker(GeventWorker):
    """Knows which of its connections are between two requests, and which are being answered."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._between_requests: set[Any] = set()
        self._silent: set[Any] = set()
        self._answering: set[gevent.Greenlet] = set()
        self._broken_off: set[gevent.Greenlet] = set()

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        self._between_requests.add(client)
        try:
            super().handle(listener, client, addr)
        finally:
            self._between_requests.discard(client)

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        greenlet = gevent.getcurrent()
        self._between_requests.discard(sock)
        self._answering.add(greenlet)
        try:
            return super().handle_request(listener_name, req, sock, addr)
        except Stopping:  # amid its answer, of which a part is on its way
            raise StopIteration from None  # gunicorn's word for the end of a connection
        finally:
            self._answering.discard(greenlet)
            self._between_requests.add(sock)

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        if not isinstance(exc, Stopping):  # which may come a moment after a request has ended
            super().handle_error(req, client, addr, exc)

    def leave_when_asked(self, let_sockets_go: Callable[[], None]) -> None:
        """Wait until the worker is asked to stop, then see to it that its connections end. Runs beside everything."""
        while self.alive:
            gevent.sleep(STOP_WATCH_SECONDS)
        log.info("stopping")
        give_up_at_seconds = monotonic_seconds() + FINISH_SECONDS
        while True:
            let_sockets_go()
            self._end_what_waits_for_nothing()
            if monotonic_seconds() >= give_up_at_seconds:
                self._break_off()
            gevent.sleep(STOP_WATCH_SECONDS)

    def _break_off(self) -> None:
        """Whatever has not finished; once, since what is being written by then is waited for."""
        for greenlet in self._answering - self._broken_off:
            greenlet.kill(Stopping, block=False)
        self._broken_off |= self._answering

    def _end_what_waits_for_nothing(self) -> None:
        """Connections on which nothing has come since the last look."""
        for client in self._silent & self._between_requests:
            # By a copy: on the connection's own object gevent would raise in whoever reads, whatever just came.
            with (
                suppress(OSError),
                socket.fromfd(client.fileno(), client.family, client.type) as copy,
            ):
                copy.shutdown(socket.SHUT_RD)
        self._silent = set(self._between_requests)
