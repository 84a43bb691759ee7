"""When a room may be sent to: at once after a quiet spell, then at most ten times a second."""

from __future__ import annotations

INTERVAL_SECONDS = 0.1


class Pacer:
    """Merges what happens to a room while it must wait. The caller brings the time, in seconds."""

    def __init__(self, interval_seconds: float = INTERVAL_SECONDS) -> None:
        self._interval_seconds = interval_seconds
        self._waiting: dict[str, None] = {}  # a set that remembers who came first
        self._sent_at_seconds: dict[str, float] = {}

    def ask(self, room: str) -> None:
        """Notes that the room has something to hear."""
        self._waiting[room] = None

    def take_due(self, now_seconds: float) -> list[str]:
        """The waiting rooms whose turn it is, oldest first; they count as sent to now."""
        self._forget_quiet_rooms(now_seconds)
        due = [room for room in self._waiting if room not in self._sent_at_seconds]
        for room in due:
            del self._waiting[room]
            self._sent_at_seconds[room] = now_seconds
        return due

    def pause_seconds(self, now_seconds: float) -> float | None:
        """How long until the next waiting room is due; None when none waits."""
        turns = [self._turn_seconds(room, now_seconds) for room in self._waiting]
        return max(0.0, min(turns) - now_seconds) if turns else None

    def _turn_seconds(self, room: str, now_seconds: float) -> float:
        sent_at_seconds = self._sent_at_seconds.get(room)
        return now_seconds if sent_at_seconds is None else sent_at_seconds + self._interval_seconds

    def _forget_quiet_rooms(self, now_seconds: float) -> None:
        self._sent_at_seconds = {
            room: sent_at_seconds
            for room, sent_at_seconds in self._sent_at_seconds.items()
            if sent_at_seconds + self._interval_seconds > now_seconds
        }
