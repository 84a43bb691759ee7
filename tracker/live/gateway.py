"""Puts the parts of the live gateway together around one Flask application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import gevent
from flask import Flask

from tracker.live import hints, websocket
from tracker.live.audiences import Change
from tracker.live.follower import Follower
from tracker.live.frames import SERVICE_RESTART
from tracker.live.gate import Gate, PrincipalOf
from tracker.live.renderers import CELEBRATORS, RENDERERS
from tracker.live.socket import LocaleOf, RoomsOf, Sockets


@dataclass(frozen=True, slots=True)
class Sources:
    """What the gateway asks of the rest of the product."""

    principal_of: PrincipalOf
    rooms_of: RoomsOf
    locale_of: LocaleOf
    changes_after: Callable[[int, int], Sequence[Change]]
    last_sequence: Callable[[], int]
    sequence_of: Callable[[str], int]
    on_commit: Callable[[Callable[[], None]], Any]


class Gateway:
    """The sockets, the gate before them and the follower behind them."""

    def __init__(
        self, app: Flask, sources: Sources, allowed_origins: Iterable[str], database_url: str
    ) -> None:
        websocket.install()
        origins = tuple(allowed_origins)
        self._database_url, self._sources = database_url, sources
        self.sockets = Sockets(
            app,
            allowed_origins=origins,
            principal_of=sources.principal_of,
            rooms_of=sources.rooms_of,
            locale_of=sources.locale_of,
            sequence_of=lambda room: self.follower.sequence_of(room),
        )
        self.follower = Follower(
            app,
            self.sockets,
            changes_after=sources.changes_after,
            last_sequence=sources.last_sequence,
            sequence_of=sources.sequence_of,
            renderers=RENDERERS,
            celebrators=CELEBRATORS,
            poll_seconds=hints.poll_seconds(database_url),
        )
        # Outermost, so that nothing of Socket.IO sees a request the gate refuses.
        app.wsgi_app = Gate(app.wsgi_app, origins, sources.principal_of)  # type: ignore[method-assign]

    def start(self) -> None:
        """Starts following. Call once per process, after the fork."""
        self._sources.on_commit(self.follower.wake)
        gevent.spawn(self.follower.run)
        gevent.spawn(self.sockets.recheck_for_ever)
        if self._database_url.startswith("postgresql"):
            gevent.spawn(hints.listen_for_ever, self._database_url, self.follower.wake)

    def let_go(self) -> None:
        """Tells every client to come again, since the server is about to stop; also those that came meanwhile."""
        websocket.GeventWebSocket.goodbye_code = SERVICE_RESTART
        self.sockets.disconnect_all()
