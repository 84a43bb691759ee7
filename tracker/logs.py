"""What the running product says to whoever operates it: one line for each event, on the standard error of the process.

A log travels further than the product: to disks, collectors and people who may see no pay. So what may be said is
listed here, and everything else stays unsaid, at every level, whoever says it, our own code or a library's:

    words     an event's text is shown only when it stands in the program itself; one that was put together is withheld
    fields    those of FIELDS, each of its form; a value of another form is withheld
    faults    the types of the errors and the places they passed, never their messages, which may quote anything
    others    libraries are heard from WARNING up; below it they speak of packets, rows and addresses

A line is JSON, or easier to read where a person watches. Whoever reads too slowly holds up nobody: lines that do not
fit are dropped and counted in the next one that does.
"""

import logging
import os
import re
import select
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Literal, Protocol, TextIO

import structlog
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

from tracker import clock

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["auto", "json", "console"]
Fault = tuple[type[BaseException], BaseException, TracebackType | None]

PLACES_MAX = 12
LINE_BYTES_MAX = select.PIPE_BUF
"""A line of up to this many bytes is written whole or not at all, and never waits."""

WITHHELD = "withheld"
ROOT = str(Path(__file__).resolve().parents[1]) + os.sep

_WORD = re.compile(r"[\w.:/<>-]{1,120}", re.ASCII)
_NAME = re.compile(r"[\w .:/-]{1,60}")


def _is_count(value: object) -> bool:
    return isinstance(value, int)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


FIELDS: Mapping[str, Callable[[object], bool]] = {
    **dict.fromkeys(
        ("request_id", "who", "method", "route", "room", "reason", "problem"), _is_word
    ),
    **dict.fromkeys(("database", "version", "revision_before", "revision_after"), _is_word),
    **dict.fromkeys(("command", "network", "purpose"), _is_word),
    **dict.fromkeys(("source", "sender"), _is_name),
    **dict.fromkeys(("status", "duration_ms", "port", "lines_lost"), _is_count),
    **dict.fromkeys(("event_count", "request_count", "gap_count", "mended_count"), _is_count),
}
"""What can be said beside the event. `who` is a kind and a number, such as person:12; `route` the pattern of an
address, never the address; `problem` the type of an error; `source` and `sender` are names of systems."""


Log = structlog.stdlib.BoundLogger
"""Says events: a text that stands in the program, and fields of FIELDS."""


class HasLogSettings(Protocol):
    """The part of the settings that says how much is said, and how."""

    @property
    def log_level(self) -> Level: ...

    @property
    def log_format(self) -> Format: ...


def log_of(module: str) -> Log:
    """The log of a module; ask for it with `__name__`. Until `start` it says warnings in one plain line."""
    wrapped: Log = structlog.wrap_logger(
        logging.getLogger(module),
        processors=[structlog.stdlib.filter_by_level, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    return wrapped


def start(settings: HasLogSettings, stream: TextIO | None = None) -> None:
    """From here on everything this process has to say goes through the funnel. May be called again."""
    stream = stream or sys.stderr
    is_for_people = settings.log_format == "console" or (
        settings.log_format == "auto" and stream.isatty()
    )
    level = settings.log_level.upper()
    root = logging.getLogger()
    for earlier in [one for one in root.handlers if isinstance(one, Funnel)]:
        root.removeHandler(earlier)
    root.addHandler(Funnel(stream, is_for_people))
    logging.getLogger("tracker").setLevel(level)
    # A record that cannot be said must not be printed with its arguments instead.
    logging.raiseExceptions = False
    sys.excepthook = _say_fault
    threading.excepthook = lambda failed: _say_fault(
        failed.exc_type, failed.exc_value, failed.exc_traceback
    )
    sys.unraisablehook = lambda failed: _say_fault(
        failed.exc_type, failed.exc_value, failed.exc_traceback
    )
    warnings.showwarning = _say_warning


def begin_request(request_id: str, method: str, route: str) -> None:
    """What is said from here on belongs to this request, until `end_request`."""
    clear_contextvars()
    bind_contextvars(request_id=request_id, method=method, route=route)


def end_request() -> None:
    clear_contextvars()


def asked_by(kind: str, number: int | None) -> None:
    """Who asks in this request, as an opaque id."""
    bind_contextvars(who=kind if number is None else f"{kind}:{number}")


def say_fault(log: Log, event: str, error: BaseException, **fields: object) -> None:
    """An error that nobody foresaw: its type and the places it passed."""
    log.error(event, exc_info=(type(error), error, error.__traceback__), **fields)


class Funnel(logging.Handler):
    """The one way out: puts a line together from what may be said, and writes it without ever waiting."""

    def __init__(self, stream: TextIO, is_for_people: bool) -> None:
        super().__init__()
        self._stream, self._lost_count = stream, 0
        self._render: Callable[..., Any] = (
            structlog.dev.ConsoleRenderer(colors=stream.isatty())
            if is_for_people
            else structlog.processors.JSONRenderer(ensure_ascii=False)
        )

    def handle(self, record: logging.LogRecord) -> bool:
        # No lock: lines come from several threads of which gevent's cannot share one, and one write is one line.
        if _is_ours(record.name) or record.levelno >= logging.WARNING:
            self.emit(record)
        return True

    def emit(self, record: logging.LogRecord) -> None:
        said = line_of(record)
        if self._lost_count:
            said["lines_lost"] = self._lost_count
        line = f"{self._render(None, '', said)}\n".encode(errors="backslashreplace")
        is_written = len(line) <= LINE_BYTES_MAX and _write_at_once(self._stream, line)
        self._lost_count = 0 if is_written else self._lost_count + 1


def line_of(record: logging.LogRecord) -> dict[str, object]:
    """What may be said of a record."""
    event, place = _event_and_place(record)
    said: dict[str, object] = {
        "at": clock.now().isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "event": event,
        **{name: _said(name, value) for name, value in get_contextvars().items()},
        **{name: _said(name, value) for name, value in vars(record).items() if name in FIELDS},
    }
    if not _is_ours(record.name):
        said |= {"library": record.name, "place": place}
    if record.exc_info and record.exc_info[1] is not None:
        said["faults"] = list(_faults(record.exc_info[1]))
    return said


def _is_ours(logger_name: str) -> bool:
    return logger_name.partition(".")[0] == "tracker"


def _said(name: str, value: object) -> object:
    check = FIELDS.get(name)
    return value if check is not None and check(value) else WITHHELD


def _event_and_place(record: logging.LogRecord) -> tuple[str, str]:
    """The text as it stands in the code that says it, unfilled, and where that is."""
    place = f"{_short(record.pathname)}:{record.lineno}"
    frame: FrameType | None = sys._getframe() if isinstance(record.msg, str) else None
    while frame is not None:
        if record.msg in frame.f_code.co_consts:
            return record.msg, f"{_short(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back
    return WITHHELD, place


def _faults(error: BaseException) -> Iterable[dict[str, object]]:
    """The error, then what caused it, and so on."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen and len(seen) < 5:
        seen.add(id(cause))
        passed = traceback.extract_tb(cause.__traceback__)[-PLACES_MAX:]
        places = [f"{_short(place.filename)}:{place.lineno} {place.name}" for place in passed]
        yield {"problem": type(cause).__name__, "places": places}
        cause = cause.__cause__ or cause.__context__


def _short(filename: str) -> str:
    """A path from the project or from the library it belongs to."""
    return filename.removeprefix(ROOT).rpartition("site-packages/")[2]


def _write_at_once(stream: TextIO, line: bytes) -> bool:
    """Whether the line could be written without waiting for whoever reads it."""
    try:
        target = stream.fileno()
        ready = _poll()()
        ready.register(target, select.POLLOUT)
        return bool(ready.poll(0)) and os.write(target, line) == len(line)
    except (OSError, ValueError):
        return False


def _poll() -> Callable[[], Any]:
    """The system's own: gevent's would give way to others, which cannot be done everywhere a line is said."""
    monkey = sys.modules.get("gevent.monkey")
    found: Callable[[], Any] = monkey.get_original("select", "poll") if monkey else select.poll
    return found


def _say_fault(
    kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
) -> None:
    if error is not None and not issubclass(kind, KeyboardInterrupt | SystemExit):
        log.error("a fault ended what was going on", exc_info=(kind, error, trace))


def _say_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    log.warning("a library warns", problem=category.__name__)


log = log_of(__name__)
