"""Every error a person can see, in one tree. Each message says what is wrong, why, and what to do next.

TrackerError                  exit 1, HTTP 500
  BadInput(problems)          422   what was sent or typed cannot be used; names every problem at once
    TooLarge                  413
  SignInNeeded                401   nobody is signed in, or the session has ended
  NotAllowed                  403   signed in, but not for this
  NotFound                    404
  Conflict                    409   it clashes with what is already there
  TooMany                     429   too often; says when to come back
  Unavailable                 503   not now; the same again later may work
    DatabaseFails                   the database does not answer, or its disk refuses
    PortInUse                       another program listens there
  BadConfiguration(problems)  exit 2   a TRACKER_ setting cannot be used; the program does not start
  Drift                       the running totals are not what a full recomputation gives

A folder may narrow BadInput beside the code that raises it, as `ingest` does for bodies and mappings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: where (a line, a field, a setting), what, and how to put it right."""

    where: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" {self.fix}" if self.fix else "")

    @property
    def plain(self) -> dict[str, str]:
        """As the API tells it."""
        return {"field": self.where, "problem": self.what, "fix": self.fix}


class TrackerError(Exception):
    """An error meant for a person. Anything else that is raised is a fault of the program."""

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class _WithProblems(TrackerError):
    summary: ClassVar[str]

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        if not self.problems:
            raise ValueError("An error that lists problems needs at least one.")
        super().__init__("\n".join([self.summary, *(f"  {problem}" for problem in self.problems)]))


class BadInput(_WithProblems):
    """What was sent or typed cannot be used."""

    http_status = 422
    summary = "This cannot be used as it is:"


class TooLarge(BadInput):
    """More than we accept at once."""

    http_status = 413
    summary = "This is too large:"


class SignInNeeded(TrackerError):
    """Nobody is signed in, or the session has ended. `challenge` tells a program how to prove who it is."""

    http_status = 401
    challenge: ClassVar[str] = "Bearer"


class NotAllowed(TrackerError):
    """Signed in, but not for this."""

    http_status = 403


class NotFound(TrackerError):
    """There is no such thing, or none that this person may know of."""

    http_status = 404


class Conflict(TrackerError):
    """It clashes with what is already there."""

    http_status = 409


class TooMany(TrackerError):
    """Too often. `retry_after_seconds` says when it is worth trying again."""

    http_status = 429

    def __init__(self, message: str, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


RETRY_AFTER_SECONDS = 5
"""When it is worth trying again what was not possible now."""


class Unavailable(TrackerError):
    """Not now; the same again later may work."""

    http_status = 503


class DatabaseFails(Unavailable):
    """The database does not answer, is held by another program or a newer version's, or its disk refuses."""


class PortInUse(Unavailable):
    """Another program already listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is already used by another program. "
            f"Stop that program, or choose another port: --port {port + 1} or TRACKER_PORT={port + 1}."
        )
        self.host, self.port = host, port


class BadConfiguration(_WithProblems):
    """A setting cannot be used, so the program does not start."""

    exit_code = 2
    summary = "The tracker cannot start with these settings:"


class Drift(TrackerError):
    """The running totals are not what a full recomputation gives."""


class Stopping(BaseException):
    """Raised in a request that has not finished when the server must end. No error: nothing may take it for one."""
