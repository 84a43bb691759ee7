"""Which rooms may hear of a change. A room has one kind and one owner: `rep:7`, `team:3`, `manager:3`, `screen:2`."""

from __future__ import annotations

from typing import Protocol

FRAGMENT_KINDS = ("rep", "team", "manager")
ACCESS_KINDS = ("access", "screen")


class Change(Protocol):
    """What the outbox says of one change."""

    @property
    def sequence(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def payee_id(self) -> int | None: ...
    @property
    def team_id(self) -> int | None: ...
    @property
    def deal_key(self) -> str | None: ...
    @property
    def is_win(self) -> bool: ...


def rooms_for(change: Change) -> tuple[str, ...]:
    """The rooms whose partial shows what the change touched; the person it is about comes first."""
    rep = () if change.payee_id is None else (f"rep:{change.payee_id}",)
    team = () if change.team_id is None else (f"team:{change.team_id}", f"manager:{change.team_id}")
    return rep + team


def changes_access(change: Change) -> bool:
    """True when open sockets may no longer be entitled to their rooms."""
    return change.kind in ACCESS_KINDS


def split_room(room: str) -> tuple[str, int]:
    """A room's kind and the id of its owner."""
    kind, _, owner_id = room.partition(":")
    return kind, int(owner_id)
