"""The production server: gunicorn with one gevent worker. Import this before anything that opens sockets."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import errno  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from flask import Flask  # noqa: E402
from gevent.hub import Hub  # noqa: E402
from gunicorn import glogging  # noqa: E402
from gunicorn.app.base import BaseApplication  # noqa: E402

from tracker import logs  # noqa: E402
from tracker.errors import PortInUse  # noqa: E402
from tracker.garbage import collect_seldom  # noqa: E402
from tracker.live import websocket  # noqa: E402
from tracker.live.gateway import Gateway  # noqa: E402
from tracker.live.worker import Worker  # noqa: E402

BACKLOG_COUNT = 2048
WORKER_CONNECTIONS_COUNT = 20_000
GRACEFUL_TIMEOUT_SECONDS = 10
"""Later than `worker.FINISH_SECONDS`: by then everybody has an answer."""
KEEPALIVE_SECONDS = 15

log = logs.log_of(__name__)

# Builds the application and its gateway, in the worker, after the fork.
Build = Callable[[], tuple[Flask, Gateway]]


class HeardByAll(glogging.Logger):
    """gunicorn's own words, left to whoever listens to the process instead of printed as they are."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class Server(BaseApplication):
    """gunicorn around our application; every option is set here and nowhere else."""

    def __init__(
        self,
        build: Build,
        listener: socket.socket,
        on_ready: Callable[[], None],
        workers_count: int,
    ) -> None:
        self._build, self._listener = build, listener
        self._on_ready, self._workers_count = on_ready, workers_count
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": f"fd://{self._listener.fileno()}",
            "worker_class": Worker,
            "workers": self._workers_count,
            "worker_connections": WORKER_CONNECTIONS_COUNT,
            "backlog": BACKLOG_COUNT,
            "graceful_timeout": GRACEFUL_TIMEOUT_SECONDS,
            "keepalive": KEEPALIVE_SECONDS,
            "loglevel": "warning",
            "logger_class": HeardByAll,
            "control_socket_disable": True,
            "post_worker_init": self._after_start,
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app, self._gateway = self._build()
        return app

    def _after_start(self, worker: Worker) -> None:
        for stop in (signal.SIGINT, signal.SIGQUIT):
            # gunicorn would exit from inside a greenlet, and Ctrl-C would print a traceback.
            signal.signal(stop, worker.handle_exit)
        self._gateway.start()
        gevent.spawn(worker.leave_when_asked, self._gateway.let_go)
        collect_seldom()
        self._on_ready()


def serve(
    host: str,
    port: int,
    build: Build,
    *,
    on_ready: Callable[[], None] = lambda: None,
    workers_count: int = 1,
) -> None:
    """Serves until stopped. `on_ready` is called in each worker once it can answer.

    Raises PortInUse, and BadConfiguration when the WebSocket path cannot be trusted.
    """
    websocket.install()
    Hub.print_exception = _say_fault
    # A thread that was just joined has one last step to take; forked before it, that would fail in the worker.
    gevent.sleep(0)
    Server(build, _listen(host, port), on_ready, workers_count).run()


def refuse_taken_port(host: str, port: int) -> None:
    """Raises PortInUse now, rather than after a long preparation."""
    _listen(host, port).close()


def _listen(host: str, port: int) -> socket.socket:
    # Bound here and handed over: gunicorn itself would retry for five seconds and then exit.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG_COUNT)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from None
        raise
    listener.set_inheritable(True)
    return listener


def _say_fault(_hub: Hub, _context: object, kind: Any, error: Any, trace: Any) -> None:
    """In place of gevent's own print, which quotes the error's message and whatever the greenlet was given."""
    log.error("a greenlet failed", exc_info=(kind, error, trace))
