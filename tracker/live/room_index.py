"""Socket.IO's room book with an index from socket to rooms.

The stock book walks every room of the server for each socket that leaves, and every socket owns a
room: when all leave at once, nothing else is served for seconds.
"""

from __future__ import annotations

from typing import Any

from socketio import Manager


class IndexedRooms(Manager):
    """The same rooms, found from the socket's side without a search."""

    def __init__(self) -> None:
        super().__init__()
        self._rooms_by_socket: dict[tuple[str, str], dict[str | None, None]] = {}

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._rooms_by_socket.setdefault((namespace, sid), {})[room] = None

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        super().basic_leave_room(sid, namespace, room)
        rooms = self._rooms_by_socket.get((namespace, sid), {})
        rooms.pop(room, None)
        if not rooms:
            self._rooms_by_socket.pop((namespace, sid), None)

    def basic_disconnect(self, sid: str, namespace: str, **kwargs: Any) -> None:
        for room in list(self._rooms_by_socket.get((namespace, sid), {})):
            self.basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            _forget(pending, namespace, sid)

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        rooms = self._rooms_by_socket.get((namespace, sid), {})
        return [room for room in rooms if room is not None]

    def is_used(self, room: str, namespace: str = "/") -> bool:
        """True when at least one socket is in the room."""
        return room in self.rooms.get(namespace, {})


def _forget(pending: dict[str, list[str]], namespace: str, sid: str) -> None:
    if sid in pending.get(namespace, ()):
        pending[namespace].remove(sid)
        if not pending[namespace]:
            del pending[namespace]
