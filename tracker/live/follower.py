"""Follows the outbox and brings every room that somebody is in up to date.

A room gets the page's own partial, rendered after the change was committed. Whatever is lost on the
way (a hint, a message, this process) costs nothing: the outbox is read again, and a message always
carries the whole partial.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import gevent
from flask import Flask
from gevent.event import Event

from tracker import clock, logs
from tracker.live.audiences import Change, changes_access, rooms_for, split_room
from tracker.live.messages import Away, Celebration, Fragment, Message, Resync
from tracker.live.pacing import Pacer
from tracker.live.renderers import Celebrator, Renderer

log = logs.log_of(__name__)

BATCH_COUNT = 500
# More wins than this at once are an import, and a wall shows each of them for seconds.
CHEERS_COUNT = 20
# A database that does not answer for longer than this is said to the pages: what they show may no longer be the newest.
AWAY_AFTER_SECONDS = 2.0


class Rooms(Protocol):
    """What the follower needs of the open sockets."""

    def variants(self, room: str) -> list[tuple[str, str]]: ...
    def send(self, message: Message, room: str) -> None: ...
    def send_to_all(self, message: Message) -> None: ...
    def recheck(self) -> None: ...


class Follower:
    """One per process. `run` never returns; `wake` may be called from any thread."""

    def __init__(
        self,
        app: Flask,
        rooms: Rooms,
        *,
        changes_after: Callable[[int, int], Sequence[Change]],
        last_sequence: Callable[[], int],
        sequence_of: Callable[[str], int],
        renderers: Mapping[str, Renderer],
        celebrators: Mapping[str, Celebrator],
        poll_seconds: float,
        now_seconds: Callable[[], float] = clock.monotonic_seconds,
    ) -> None:
        self._app, self._rooms = app, rooms
        self._changes_after, self._last_sequence = changes_after, last_sequence
        self._load_sequence = sequence_of
        self._renderers, self._celebrators = renderers, celebrators
        self._poll_seconds, self._now_seconds = poll_seconds, now_seconds
        self._pacer = Pacer()
        self._position: int | None = None
        self._sequences: dict[str, int] = {}
        self._failing_since_seconds: float | None = None
        self._is_away = False
        self._awake = Event()
        self._hub = gevent.get_hub()

    def wake(self) -> None:
        """Says that something was committed. Cheap, safe from any thread, harmless when wrong."""
        self._hub.loop.run_callback_threadsafe(self._awake.set)

    def sequence_of(self, room: str) -> int:
        """Where the room stands: the sequence of what its members were last told, or would read."""
        if room not in self._sequences:
            self._sequences[room] = self._load_sequence(room)
        return self._sequences[room]

    def run(self) -> None:
        """Follows for ever; a failing database only delays it."""
        while True:
            self.try_step()
            self._awake.wait(self._pause_seconds())
            self._awake.clear()

    def try_step(self) -> None:
        """A step; where the database does not answer, the pages are told that it is away, and later that it is back."""
        try:
            self.step()
            self._come_back()
        except Exception as problem:
            logs.say_fault(log, "the outbox could not be read", problem)
            self._say_away()

    def step(self) -> None:
        """Reads what is new, sends to every room whose turn it is, then cheers the wins."""
        changes = self._read_new()
        for change in changes:
            self._note(change)
        started_at_seconds = self._now_seconds()
        for room in self._pacer.take_due(started_at_seconds):
            self._bring_up_to_date(room)
            gevent.sleep(0)
        # Rest as long as it took: requests keep at least half of the process, whatever happens.
        gevent.sleep(self._now_seconds() - started_at_seconds)
        for win in [change for change in changes if change.is_win][-CHEERS_COUNT:]:
            self._celebrate(win)
            gevent.sleep(0)

    def told_sequence(self) -> int | None:
        """Up to which change of the outbox everybody was told; None before the first look at it."""
        return self._position

    def _say_away(self) -> None:
        """Once, when it has lasted a moment: no figure can be followed now, so each is the last known."""
        now_seconds = self._now_seconds()
        if self._failing_since_seconds is None:
            self._failing_since_seconds = now_seconds
        if not self._is_away and now_seconds - self._failing_since_seconds > AWAY_AFTER_SECONDS:
            self._is_away = True
            self._rooms.send_to_all(Away())

    def _come_back(self) -> None:
        self._failing_since_seconds = None
        if self._is_away:
            self._is_away = False
            self._rooms.send_to_all(Resync("back"))

    def _read_new(self) -> list[Change]:
        if self._position is None:
            self._position = self._last_sequence()
        changes: list[Change] = []
        while batch := self._changes_after(self._position, BATCH_COUNT):
            self._position = batch[-1].sequence
            changes.extend(batch)
        return changes

    def _note(self, change: Change) -> None:
        if changes_access(change):
            gevent.spawn(self._rooms.recheck)
        for room in rooms_for(change):
            if not self._rooms.variants(room):
                self._sequences.pop(room, None)  # asked for anew when somebody joins
            elif change.sequence > self._sequences.get(room, 0):
                self._pacer.ask(room)

    def _bring_up_to_date(self, room: str) -> None:
        previous_sequence = self.sequence_of(room)
        for name, locale in self._rooms.variants(room):
            try:
                self._send_fragment(room, name, locale, previous_sequence)
            except Exception as problem:
                logs.say_fault(log, "a room could not be rendered", problem, room=room)
                self._rooms.send(Resync("not_rendered"), name)

    def _send_fragment(self, room: str, name: str, locale: str, previous_sequence: int) -> None:
        kind, owner_id = split_room(room)
        rendered = self._renderers[kind](self._app, owner_id, locale)
        fragment = Fragment(
            room=room,
            html=rendered.html,
            sequence=rendered.sequence,
            previous_sequence=previous_sequence,
            sent_at=clock.now().isoformat(timespec="milliseconds"),
        )
        self._rooms.send(fragment, name)
        log.debug("pushed", room=room)
        self._sequences[room] = max(rendered.sequence, self._sequences.get(room, 0))

    def _celebrate(self, win: Change) -> None:
        for room in rooms_for(win):
            for name, locale in self._rooms.variants(room):
                try:
                    self._send_cheer(win, room, name, locale)
                except Exception as problem:
                    logs.say_fault(log, "a room could not celebrate", problem, room=room)

    def _send_cheer(self, win: Change, room: str, name: str, locale: str) -> None:
        celebrator = self._celebrators.get(split_room(room)[0])
        fields = celebrator(self._app, win, locale) if celebrator else None
        if fields is not None:
            self._rooms.send(Celebration(room=room, sequence=win.sequence, **fields), name)

    def _pause_seconds(self) -> float:
        turn_seconds = self._pacer.pause_seconds(self._now_seconds())
        return self._poll_seconds if turn_seconds is None else min(turn_seconds, self._poll_seconds)
