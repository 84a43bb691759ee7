"""Connects the live gateway to the rest of the product: who asks, what changed, and what is rendered."""

from datetime import datetime

from flask import Flask

from tracker import access, clock
from tracker.access import Principal
from tracker.live.audiences import split_room
from tracker.live.gate import Environ
from tracker.live.gateway import Gateway, Sources
from tracker.live.renderers import CELEBRATORS, RENDERERS
from tracker.pages import i18n, manager, my_earnings, team_board
from tracker.pages.context import Tracker
from tracker.store import outbox, screens


def gateway_around(app: Flask) -> Gateway:
    """The live gateway of an application made by `create_app`. Start it after the fork."""
    parts: Tracker = app.extensions["tracker"]
    settings = parts.settings
    _register_renderers()
    return Gateway(app, _Product(parts).sources(), settings.allowed_origins, settings.database_url)


def _register_renderers() -> None:
    RENDERERS["rep"] = my_earnings.render_fragment
    RENDERERS["team"] = team_board.render_fragment
    RENDERERS["manager"] = manager.render_fragment
    CELEBRATORS["team"] = team_board.celebration_for


class _Product:
    """Answers the gateway's questions from the database, one short read each."""

    def __init__(self, parts: Tracker) -> None:
        self._database, self._settings = parts.database, parts.settings

    def sources(self) -> Sources:
        return Sources(
            principal_of=self.principal_of,
            rooms_of=access.rooms_of,
            locale_of=locale_of,
            changes_after=self.changes_after,
            last_sequence=self.last_sequence,
            sequence_of=self.sequence_of,
            on_commit=self._database.on_commit,
        )

    def principal_of(self, environ: Environ) -> Principal | None:
        now = clock.now()
        with self._database.read() as connection:
            found = access.principal_of_environ(
                connection, environ, now, self._settings.cookie_secure
            )
        if found is not None and found.screen_id is not None:
            self._note_seen(found.screen_id, now)
        return found

    def _note_seen(self, screen_id: int, now: datetime) -> None:
        """A wall asks for no page for hours; its open socket shows that it is there."""
        with self._database.read() as connection:
            screen = screens.screen_by_id(connection, screen_id)
        if screen is not None and screens.is_seen_worth_noting(screen, now):
            self._database.write_if_possible(
                lambda connection: screens.note_seen(connection, screen_id, now)
            )

    def changes_after(self, sequence: int, limit: int) -> list[outbox.OutboxChange]:
        with self._database.read() as connection:
            return outbox.changes_after(connection, sequence, limit)

    def last_sequence(self) -> int:
        with self._database.read() as connection:
            return outbox.last_sequence(connection)

    def sequence_of(self, room: str) -> int:
        kind, owner_id = split_room(room)
        newest = outbox.sequence_of_payee if kind == "rep" else outbox.sequence_of_team
        with self._database.read() as connection:
            return newest(connection, owner_id)


def locale_of(principal: Principal, environ: Environ) -> str:
    """The language a socket's pages are in, chosen as the pages choose it."""
    return i18n.choose_locale(
        principal.locale, accept_language=str(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
    )
