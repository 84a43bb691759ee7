"""Files that somebody has sent by a page and not imported yet: kept in the data folder, few, and not for long.

Each has a folder of its own, named by us; the name a file came with is only shown. What a person has chosen and what
was found is kept beside it, so it does not matter which process asks, or whether the page was lost meanwhile. Whoever
works on a file holds its lock; when that process dies the lock is free, and all can see that the work has stopped.
"""

import fcntl
import json
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tracker.errors import Problem, TooLarge, Unavailable

FILE_BYTES_MAX = 20 * 1024 * 1024
STAGED_MAX = 20
KEPT_FOR = timedelta(days=1)
NAME_LENGTH_MAX = 200

_ID = re.compile(r"[0-9a-f]{16}")
_FILE, _STAGED, _PROGRESS, _LOCK = "file", "staged.json", "progress.json", "lock"


@dataclass(frozen=True, slots=True)
class Staged:
    """A file on its way in, or (`import_id`) an import on its way out. `choices` say how the file is to be read."""

    id: str
    name: str
    by: str
    at: datetime
    sheet: str = ""
    choices: Mapping[str, Any] = field(default_factory=dict)
    keeps_going: bool = False
    import_id: int = 0
    reason: str = ""

    @property
    def is_undo(self) -> bool:
        return self.import_id > 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a step of the work is."""

    step: str
    done: int
    total: int

    @property
    def percent(self) -> int:
        return min(100 * self.done // self.total, 100) if self.total else 0


class Stage:
    """Everything staged in a data folder."""

    def __init__(self, data_folder: Path) -> None:
        self._folder = data_folder / "imports"

    def add_file(self, name: str, content: bytes, by: str, at: datetime) -> Staged:
        """Keep a file that was sent. Raises TooLarge, or Unavailable while too many wait."""
        if len(content) > FILE_BYTES_MAX:
            what = f"it has more than {FILE_BYTES_MAX // 1024 // 1024} MB."
            fix = "Import it by the command, which takes files of any size, or divide it."
            raise TooLarge([Problem("the file", what, fix)])
        shown = "".join(letter for letter in name if letter.isprintable())
        return self._add(Staged(_new_id(), shown[-NAME_LENGTH_MAX:], by, at), content)

    def add_undo(self, import_id: int, name: str, by: str, at: datetime) -> Staged:
        """Keep that somebody thinks of taking an import back."""
        return self._add(Staged(_new_id(), name, by, at, import_id=import_id), b"")

    def staged(self, staged_id: str) -> Staged | None:
        """What is kept under an id."""
        if not _ID.fullmatch(staged_id):
            return None
        values = self._read(staged_id, _STAGED)
        return (
            None
            if values is None
            else Staged(**{**values, "at": datetime.fromisoformat(values["at"])})
        )

    def on_their_way(self) -> list[Staged]:
        """Files that were sent and are not imported yet, the newest first."""
        every = [self.staged(folder.name) for folder in self._folder.glob("*")]
        files = [one for one in every if one and not one.is_undo and not self.written_id(one)]
        return sorted(files, key=lambda one: one.at, reverse=True)

    def change(self, staged: Staged, **changes: Any) -> Staged:
        """Keep what was chosen. What was found by other choices is no longer true."""
        changed = replace(staged, **changes)
        self._write(staged.id, _STAGED, asdict(changed) | {"at": staged.at.isoformat()})
        return changed

    def discard(self, staged_id: str) -> None:
        shutil.rmtree(self._folder / staged_id, ignore_errors=True)

    def discard_file(self, staged_id: str) -> None:
        """The file itself is needed no longer; what was found stays a while for whoever comes back to the page."""
        self.path(staged_id).unlink(missing_ok=True)

    def path(self, staged_id: str) -> Path:
        """Where the file is."""
        return self._folder / staged_id / _FILE

    # --- work on it

    def held(self, staged_id: str) -> int | None:
        """The lock of a file, as an open descriptor that a process may inherit; None while another holds it."""
        descriptor = os.open(self._folder / staged_id / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
        return descriptor

    def is_worked_on(self, staged_id: str) -> bool:
        descriptor = self.held(staged_id)
        if descriptor is None:
            return True
        os.close(descriptor)
        return False

    def say(self, staged_id: str, progress: Progress) -> None:
        self._write(staged_id, _PROGRESS, asdict(progress))

    def progress(self, staged_id: str) -> Progress | None:
        """What was worked on last, and how far it came."""
        values = self._read(staged_id, _PROGRESS)
        return None if values is None else Progress(**values)

    def keep_found(self, staged_id: str, step: str, found: Mapping[str, Any]) -> None:
        """Keep what a step came to."""
        self._write(staged_id, f"found-{step}.json", found)

    def found(self, staged_id: str, step: str) -> dict[str, Any] | None:
        return self._read(staged_id, f"found-{step}.json")

    def written_id(self, staged: Staged) -> int:
        """The number of the import it has become, or which was taken back; 0 before that."""
        found = self.found(staged.id, "undo-write" if staged.is_undo else "write") or {}
        return int(found.get("import_id", 0))

    def forget_found(self, staged_id: str, *steps: str) -> None:
        for step in steps:
            (self._folder / staged_id / f"found-{step}.json").unlink(missing_ok=True)

    # --- files

    def _add(self, staged: Staged, content: bytes) -> Staged:
        self._clean(staged.at)
        (self._folder / staged.id).mkdir(mode=0o700, parents=True)
        with open(self.path(staged.id), "xb", opener=_private) as file:
            file.write(content)
        return self.change(staged)

    def _clean(self, now: datetime) -> None:
        """Forget what is old. Raises Unavailable while too much is new."""
        waiting = [one for one in self._folder.glob("*") if _ID.fullmatch(one.name)]
        for folder in waiting:
            staged = self.staged(folder.name)
            if (staged is None or now - staged.at > KEPT_FOR) and not self.is_worked_on(
                folder.name
            ):
                self.discard(folder.name)
        if sum(folder.exists() for folder in waiting) >= STAGED_MAX:
            raise Unavailable(
                "Too many files wait to be imported. Import or put away one of them, then try again."
            )

    def _write(self, staged_id: str, name: str, values: Mapping[str, Any]) -> None:
        """Whole or not at all, whoever reads meanwhile."""
        path = self._folder / staged_id / name
        part = path.with_name(f"{name}.{secrets.token_hex(4)}.part")
        with open(part, "w", encoding="utf-8", opener=_private) as file:
            json.dump(values, file, ensure_ascii=False)
        part.replace(path)

    def _read(self, staged_id: str, name: str) -> dict[str, Any] | None:
        try:
            text = (self._folder / staged_id / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        values: dict[str, Any] = json.loads(text)
        return values


def _new_id() -> str:
    return secrets.token_hex(8)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
