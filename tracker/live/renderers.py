"""What the follower calls to render a room's partial. The composition root registers the pages' own.

A partial goes to everyone in its room, so it may show only what each of them may see. Managers and
administrators share the room of a team: pay belongs in it only when the company lets managers see it.
It is rendered outside any request, so it holds plain addresses (no `url_for`) and no form token.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from flask import Flask

from tracker.live.audiences import Change


class Rendered(NamedTuple):
    """A partial and the highest outbox sequence it already shows."""

    html: str
    sequence: int


# (app, id of the room's owner, locale) -> the same partial the page itself shows
Renderer = Callable[[Flask, int, str], Rendered]
# (app, the change, locale) -> the fields of messages.Celebration but room and sequence; None: no cheer
Celebrator = Callable[[Flask, Change, str], Mapping[str, str] | None]

# Both by kind of room: rep, team, manager.
RENDERERS: dict[str, Renderer] = {}
CELEBRATORS: dict[str, Celebrator] = {}
