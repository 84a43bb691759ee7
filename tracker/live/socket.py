"""The one Socket.IO object: who is connected, in which rooms, and for how long they may be.

Rooms come from the session alone. No event a client can send names one; every inbound event is
ignored. Each fragment room exists once per language, so that one rendering serves all its members.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import flask_socketio
import gevent
from flask import Flask

from tracker import logs
from tracker.errors import Unavailable
from tracker.live.audiences import FRAGMENT_KINDS
from tracker.live.frames import MESSAGE_LIMIT_BYTES
from tracker.live.gate import Environ, HasSession, PrincipalOf
from tracker.live.messages import Joined, Message, Resync, SignedOut
from tracker.live.room_index import IndexedRooms

log = logs.log_of(__name__)
# Given as an object: asked for by a flag, Socket.IO prints to a stream of its own, and below errors whole packets.
QUIET = logging.getLogger("socketio")
QUIET.setLevel(logging.ERROR)

# Together under 10 seconds: a page must notice a lost link and mark its figures stale within that.
PING_INTERVAL_SECONDS = 4
PING_TIMEOUT_SECONDS = 4
RECHECK_SECONDS = 5.0

RoomsOf = Callable[[Any], frozenset[str]]
LocaleOf = Callable[[Any, Environ], str]


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """One connected client and what it is entitled to hear."""

    sid: str
    link_id: str  # Engine.IO's id of the connection below
    session_key: str
    environ: Environ
    locale: str
    rooms: frozenset[str]


class Sockets:
    """Every open socket of this process."""

    def __init__(
        self,
        app: Flask,
        *,
        allowed_origins: Iterable[str],
        principal_of: PrincipalOf,
        rooms_of: RoomsOf,
        locale_of: LocaleOf,
        sequence_of: Callable[[str], int],
        async_mode: str = "gevent",
    ) -> None:
        self._principal_of, self._rooms_of = principal_of, rooms_of
        self._locale_of, self._sequence_of = locale_of, sequence_of
        self._open: dict[str, OpenSocket] = {}
        self._locales: set[str] = set()
        self._silent_links: set[str] = set()
        self._is_rechecking = False
        self._must_recheck_again = False
        self._rooms = IndexedRooms()
        self.socketio = flask_socketio.SocketIO(
            app,
            async_mode=async_mode,
            async_handlers=False,
            logger=QUIET,
            engineio_logger=QUIET,
            client_manager=self._rooms,
            cors_allowed_origins=sorted(allowed_origins),
            manage_session=False,
            max_http_buffer_size=MESSAGE_LIMIT_BYTES,
            ping_interval=PING_INTERVAL_SECONDS,
            ping_timeout=PING_TIMEOUT_SECONDS,
            transports=["websocket"],
        )
        # On the server itself: Flask-SocketIO would open a request, with all its hooks, around each.
        self.socketio.server.on("connect", self._connect)
        self.socketio.server.on("disconnect", self._disconnect)

    def variants(self, room: str) -> list[tuple[str, str]]:
        """(name, locale) of the language variants of a room that somebody is in."""
        named = ((f"{room}:{locale}", locale) for locale in sorted(self._locales))
        return [(name, locale) for name, locale in named if self._rooms.is_used(name)]

    def send(self, message: Message, room: str) -> None:
        """Sends to everyone in a room (or to one socket, by its id)."""
        self.socketio.emit(message.event, message.payload(), to=room)

    def send_to_all(self, message: Message) -> None:
        """Sends to everyone who is connected."""
        self.socketio.emit(message.event, message.payload())

    def recheck(self) -> None:
        """Cuts or re-scopes every socket whose session ended or whose rights changed.

        Whoever asks while this runs is answered by one more round: a day's changes of access cost no more than that.
        """
        self._must_recheck_again = True
        if self._is_rechecking:
            return
        self._is_rechecking = True
        try:
            while self._must_recheck_again:
                self._must_recheck_again = False
                self._recheck_all()
        finally:
            self._is_rechecking = False

    def _recheck_all(self) -> None:
        entitled: dict[tuple[str, str], frozenset[str] | None] = {}
        for socket in list(self._open.values()):
            gevent.sleep(0)
            if socket.sid not in self._open:
                continue
            key = (socket.session_key, socket.locale)
            if key not in entitled:
                entitled[key] = self._rooms_now(socket)
            self._apply(socket, entitled[key])
        self._cut_silent_links()

    def disconnect_all(self) -> None:
        """Tells every client to come back later; for a server that is about to stop."""
        for link in list(self.socketio.server.eio.sockets.values()):
            gevent.spawn(link.close)

    def recheck_for_ever(self) -> None:
        """Runs `recheck` at its interval; a failing database must not end it."""
        while True:
            gevent.sleep(RECHECK_SECONDS)
            try:
                self.recheck()
            except Exception as problem:
                logs.say_fault(log, "open sockets could not be rechecked", problem)

    def _connect(self, sid: str, environ: Environ, auth: object = None) -> None:
        try:
            self._let_in(sid, environ)
        except Unavailable:
            self._open.pop(sid, None)  # its rooms go with the refusal
            raise flask_socketio.ConnectionRefusedError("away") from None

    def _let_in(self, sid: str, environ: Environ) -> None:
        principal = self._principal_of(environ)
        if principal is None:
            raise flask_socketio.ConnectionRefusedError("signed_out")
        socket = self._socket_for(sid, principal, environ)
        self._open[socket.sid] = socket
        self._locales.add(socket.locale)
        for room in socket.rooms:
            self.socketio.server.enter_room(socket.sid, room)
        self.send(Joined(self._sequences(principal)), socket.sid)

    def _socket_for(self, sid: str, principal: HasSession, environ: Environ) -> OpenSocket:
        locale = self._locale_of(principal, environ)
        return OpenSocket(
            sid=sid,
            link_id=self._rooms.eio_sid_from_sid(sid, "/"),
            session_key=principal.session_key,
            environ=environ,
            locale=locale,
            rooms=_variants_in(self._rooms_of(principal), locale),
        )

    def _sequences(self, principal: HasSession) -> dict[str, int]:
        rooms = (room for room in self._rooms_of(principal) if _is_rendered(room))
        return {room: self._sequence_of(room) for room in rooms}

    def _disconnect(self, sid: str, reason: object = None) -> None:
        self._open.pop(sid, None)

    def _rooms_now(self, socket: OpenSocket) -> frozenset[str] | None:
        principal = self._principal_of(socket.environ)
        if principal is None:
            return None
        return _variants_in(self._rooms_of(principal), socket.locale)

    def _apply(self, socket: OpenSocket, rooms: frozenset[str] | None) -> None:
        if rooms is None:
            self._cut(socket)
        elif rooms != socket.rooms:
            # A page drawn for the old rights must be fetched anew, and the new rooms joined clean.
            self.send(Resync("scope_changed"), socket.sid)
            self._cut(socket, is_signed_out=False)

    def _cut(self, socket: OpenSocket, is_signed_out: bool = True) -> None:
        if self._open.pop(socket.sid, None) is None:
            return
        if is_signed_out:
            self.send(SignedOut(), socket.sid)
        for room in socket.rooms:
            self.socketio.server.leave_room(socket.sid, room)
        # The link below goes too: over it, a client could sign in again as who it was.
        gevent.spawn(self.socketio.server.eio.disconnect, socket.link_id)

    def _cut_silent_links(self) -> None:
        connected = {socket.link_id for socket in self._open.values()}
        silent = set(self.socketio.server.eio.sockets) - connected
        for link_id in silent & self._silent_links:
            gevent.spawn(self.socketio.server.eio.disconnect, link_id)
        self._silent_links = silent


def _is_rendered(room: str) -> bool:
    return room.partition(":")[0] in FRAGMENT_KINDS


def _variants_in(rooms: frozenset[str], locale: str) -> frozenset[str]:
    return frozenset(f"{room}:{locale}" if _is_rendered(room) else room for room in rooms)
