"""On which line of a TOML text each key stands: tomllib does not say, and a problem without its line is half a help.

Meant for a text that tomllib has accepted; it follows the text, it does not check it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the top of the file: ("components", 0, "tiers", 2, "rate")."""

_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'', re.DOTALL
)
_BARE_VALUE = re.compile(r"[^,\]}#\n]*")


def lines_of(text: str) -> Mapping[KeyPath, int]:
    """The line, from 1, of every key, list element and table header of a TOML text."""
    follower = _Follower(text)
    follower.follow()
    return follower.lines


@dataclass
class _Follower:
    text: str
    position: int = 0
    lines: dict[KeyPath, int] = field(default_factory=dict)
    table_counts: dict[KeyPath, int] = field(default_factory=dict)
    _counted_to: int = 0
    _line: int = 1

    def follow(self) -> None:
        table: KeyPath = ()
        self._skip_space()
        while self.position < len(self.text):
            table = self._header() if self._next_is("[") else self._pair(table)
            self._skip_space()

    def _header(self) -> KeyPath:
        is_list = self._next_is("[[")
        self.position += 2 if is_list else 1
        line = self._line_here()
        parts = self._dotted_key()
        self.position += 2 if is_list else 1
        table: KeyPath = ()
        for part in parts[:-1]:
            table = self._latest((*table, part))
        table = (*table, parts[-1])
        if is_list:
            self.table_counts[table] = self.table_counts.get(table, 0) + 1
        table = self._latest(table)
        self.lines[table] = line
        return table

    def _latest(self, table: KeyPath) -> KeyPath:
        """A header that passes through a list of tables means its latest table."""
        return (*table, self.table_counts[table] - 1) if table in self.table_counts else table

    def _pair(self, table: KeyPath) -> KeyPath:
        line = self._line_here()
        path: KeyPath = (*table, *self._dotted_key())
        self.position += 1
        for end in range(len(table) + 1, len(path) + 1):
            self.lines.setdefault(path[:end], line)
        self._value(path)
        return table

    def _dotted_key(self) -> list[str]:
        parts: list[str] = []
        while (match := _KEY_PART.match(self.text, self.position)) is not None:
            parts.append(match[1].strip("\"'"))
            self.position = match.end()
            if not self._next_is("."):
                break
            self.position += 1
        return parts

    def _value(self, path: KeyPath) -> None:
        self._skip_space()
        self.lines.setdefault(path, self._line_here())
        if self._next_is("["):
            self._list(path)
        elif self._next_is("{"):
            self._inline_table(path)
        else:
            pattern = _STRING if self.text[self.position] in "\"'" else _BARE_VALUE
            match = pattern.match(self.text, self.position)
            self.position = match.end() if match else len(self.text)

    def _list(self, path: KeyPath) -> None:
        self._step()
        index = 0
        while not self._next_is("]") and self.position < len(self.text):
            self._value((*path, index))
            index += 1
            self._after_element()
        self.position += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._step()
        while not self._next_is("}") and self.position < len(self.text):
            self._pair(path)
            self._after_element()
        self.position += 1

    def _after_element(self) -> None:
        self._skip_space()
        if self._next_is(","):
            self._step()

    def _step(self) -> None:
        self.position += 1
        self._skip_space()

    def _skip_space(self) -> None:
        match = _SPACE.match(self.text, self.position)
        self.position = match.end() if match else self.position

    def _next_is(self, mark: str) -> bool:
        return self.text.startswith(mark, self.position)

    def _line_here(self) -> int:
        self._line += self.text.count("\n", self._counted_to, self.position)
        self._counted_to = self.position
        return self._line
