"""Every message the server pushes. A client receives nothing that is not declared here."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import ClassVar, Literal, Self

Json = str | int | dict[str, int]


class Message:
    """A message with a fixed name and a closed set of fields."""

    event: ClassVar[str]

    def payload(self) -> dict[str, Json]:
        """The JSON object that goes over the wire."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def parse(cls, payload: dict[str, Json]) -> Self:
        """The message a payload stands for. Raises ValueError naming unknown or missing fields."""
        declared = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        unexpected = sorted(declared.symmetric_difference(payload))
        if unexpected:
            raise ValueError(f"{cls.__name__}: unknown or missing fields: {', '.join(unexpected)}")
        return cls(**payload)


@dataclass(frozen=True, slots=True)
class Joined(Message):
    """Where each room of a fresh socket stands: a page that shows another sequence fetches again."""

    event: ClassVar[str] = "joined"
    sequences: dict[str, int]


@dataclass(frozen=True, slots=True)
class Fragment(Message):
    """The rendered partial of one room, and where it stands in that room's order.

    A client that does not hold `previous_sequence` has missed something and fetches the fragment
    instead. `sent_at` is UTC, ISO 8601.
    """

    event: ClassVar[str] = "fragment"
    room: str
    html: str
    sequence: int
    previous_sequence: int
    sent_at: str


@dataclass(frozen=True, slots=True)
class Celebration(Message):
    """A win to cheer on a wall, in whole sentences of the wall's language. Never pay, never an amount.

    `person` and `initials` are empty for someone who did not opt in to being named.
    """

    event: ClassVar[str] = "celebration"
    room: str
    sequence: int
    person: str
    initials: str
    headline: str
    team_line: str
    step_line: str


@dataclass(frozen=True, slots=True)
class Resync(Message):
    """The server cannot say what changed: fetch the fragment again."""

    event: ClassVar[str] = "resync"
    reason: Literal["scope_changed", "not_rendered", "back"]


@dataclass(frozen=True, slots=True)
class Away(Message):
    """The database does not answer the server: what is shown is the last known, until a Resync says “back”."""

    event: ClassVar[str] = "away"


@dataclass(frozen=True, slots=True)
class SignedOut(Message):
    """The session behind this socket ended; the socket closes after this."""

    event: ClassVar[str] = "signed_out"
